"""Errors and intervals of effects: delta method, Monte Carlo and bootstrap.

=============  =======================================================================================
delta          ``Var g(θ̂) = ∇gᵀ V ∇g``; the interval is symmetric, which that of a product is not (Sobel, 1982)
Monte Carlo    quantiles of ``g(θ*)``, ``θ* ~ N(θ̂, V)`` (MacKinnon, Lockwood & Williams, 2004)
bootstrap      percentiles and BCa of ``g(θ̂*)``, acceleration from the influence of cases or clusters
=============  =======================================================================================

V is the joint covariance matrix of the fit: from the information, robust, by clusters, of two steps. Standard
deviations that standardise vary with θ: by the exact derivative in the delta method, ``log sd`` to first order in the
draws of the Monte Carlo method, and as they are in the replications of a bootstrap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.bootstrap.intervals import interval
from comply_measure.sem.bootstrap.values import row_values, total_variances
from comply_measure.sem.errors import ModelError
from comply_measure.sem.mediation.effects import Pieces
from comply_measure.statistics.bootstrap import acceleration, percentile_interval, two_tails

if TYPE_CHECKING:
    from comply_measure.sem.bootstrap.fit import BootstrapFit
    from comply_measure.sem.bootstrap.replicate import Replications
    from comply_measure.sem.result import Fit

Limits = tuple[Array, Array]
#: Draws of the parameters that are held at a time; their stream of random numbers does not depend on it.
RUN = 2_000


@dataclass(frozen=True)
class Estimated:
    """Effects with what they vary by.

    Attributes
    ----------
    fit : Fit
    pieces : Pieces
    weights : array (effects, pieces)
    vcov : array (q, q) or None
        Covariance matrix of θ̂; None where the fit has none.
    """

    fit: Fit
    pieces: Pieces
    weights: Array
    vcov: Array | None

    @cached_property
    def _jacobian(self) -> Array:
        """Derivatives of the rows of the parameter table (rows, q)."""
        table = self.fit.model.table
        out = np.zeros((len(table), table.n_free))
        free = np.flatnonzero(table.free > 0)
        out[free, table.free[free] - 1] = 1.0
        return out

    @cached_property
    def _log_scale(self) -> tuple[Array, Array]:
        """Log scale of the pieces (pieces,) and its derivatives (pieces, q)."""
        model, spreads = self.fit.model, self.pieces.spreads
        value, slope = np.zeros(len(spreads)), np.zeros((len(spreads), model.table.n_free))
        implied_of = self.fit.optimum.point.implied
        variances = [model.family.total_variances(implied) for implied in implied_of]
        for j, (number, name) in enumerate(spreads):
            (variance, change), layout = variances[number - 1], implied_of[number - 1].layout
            names = (*layout.observed, *layout.sources)
            place = names.index(name) if name in names else -1
            if place < 0 or not variance[place] > 0.0:
                value[j], slope[j] = math.nan, math.nan
                continue
            value[j] = 0.5 * math.log(variance[place])
            first = layout.first
            slope[j, first : first + layout.q] = 0.5 * change[place] / variance[place]
        powers = self.pieces.powers()
        return powers @ value, powers @ slope

    def points(self) -> tuple[Array, Array]:
        """Estimates (effects,), unstandardised and standardised."""
        found = self.pieces.products(self.fit.model.values(self.fit.theta)[None])[0]
        return self.weights @ found, _weighted(self.weights, found * np.exp(self._log_scale[0]))

    def gradients(self) -> tuple[Array, Array]:
        """Derivatives (effects, q), unstandardised and standardised."""
        row = self.fit.model.values(self.fit.theta)
        found, change = self.pieces.products(row[None])[0], self.pieces.gradient(row, self._jacobian)
        log_scale, slope = self._log_scale
        scale = np.exp(log_scale)[:, None]
        return self.weights @ change, _weighted(self.weights, scale * (change + found[:, None] * slope))

    def errors(self) -> tuple[Array, Array]:
        """Standard errors by the delta method."""
        found = []
        for J in self.gradients():
            if self.vcov is None:
                found.append(np.full(len(J), math.nan))
                continue
            found.append(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, self.vcov, J), 0.0)))
        return found[0], found[1]

    def monte_carlo(self, draws: int, seed: int, level: float) -> tuple[Limits, Limits, Array]:
        """Intervals from draws of the parameters, unstandardised and standardised, and p values.

        p is the smallest level at which the interval leaves zero out: twice the smaller share of draws on one side of
        it, one draw added to each.
        """
        if self.vcov is None or not np.isfinite(self.vcov).all():
            nothing = np.full(len(self.weights), math.nan)
            return (nothing, nothing), (nothing, nothing), nothing
        values, scaled = (np.empty((draws, len(self.weights))) for _ in range(2))
        root, rng = _root(self.vcov).T, np.random.default_rng(seed)
        log_scale, slope = self._log_scale
        for first in range(0, draws, RUN):
            rows = slice(first, min(first + RUN, draws))
            steps = rng.standard_normal((rows.stop - first, len(root))) @ root
            found = self.pieces.products(self._moved(steps))
            values[rows] = found @ self.weights.T
            found *= np.exp(log_scale + steps @ slope.T)
            scaled[rows] = _weighted(self.weights, found.T).T
        below = np.minimum((values <= 0.0).sum(axis=0), (values >= 0.0).sum(axis=0))
        pvalue = np.minimum(2.0 * (below + 1.0) / (draws + 1.0), 1.0)
        plain, standardised = (percentile_interval(each, two_tails(level)) for each in (values, scaled))
        return plain, standardised, pvalue

    def _moved(self, steps: Array) -> Array:
        """Values of all rows of the parameter table after steps of θ (R, rows)."""
        model = self.fit.model
        rows = np.tile(model.values(self.fit.theta), (len(steps), 1))
        free = model.table.free > 0
        rows[:, free] += steps[:, model.table.free[free] - 1]
        return rows

    def bootstrap(self, fit: BootstrapFit, done: Replications, level: float) -> dict[str, Limits]:
        """Intervals ``perc``, ``bca`` and ``std_perc`` from replications of the fit."""
        theta, exogenous = done.theta[done.good], done.exogenous[done.good]
        found = self.pieces.products(row_values(fit.model, theta, exogenous))
        plain, standardised = self.points()
        values = found @ self.weights.T
        scaled = _weighted(self.weights, (found * np.exp(self._replicated_scale(theta, exogenous))).T).T
        try:
            a = acceleration(fit.influence() @ self.gradients()[0].T)
        except ModelError:
            a = np.full(len(self.weights), math.nan)
        return {
            "perc": _limits(values, plain, "perc", level, a),
            "bca": _limits(values, plain, "bca", level, a),
            "std_perc": _limits(scaled, standardised, "perc", level, a),
        }

    def _replicated_scale(self, theta: Array, exogenous: Array) -> Array:
        """Log scale of the pieces in every replication (R, pieces)."""
        model, spreads = self.fit.model, self.pieces.spreads
        numbers = dict.fromkeys(number for number, _ in spreads)
        total = {number: total_variances(model, theta, exogenous, number - 1) for number in numbers}
        value = np.full((len(theta), len(spreads)), math.nan)
        for j, (number, name) in enumerate(spreads):
            if name in total[number]:
                variance = total[number][name]
                value[:, j] = 0.5 * np.log(np.where(variance > 0.0, variance, math.nan))
        return value @ self.pieces.powers().T


def _limits(values: Array, estimates: Array, kind: str, level: float, a: Array) -> Limits:
    ends = np.array(
        [
            interval(column[np.isfinite(column)], float(at), kind, level, math.nan, float(own))
            for column, at, own in zip(values.T, estimates, a, strict=True)
        ]
    )
    return ends[:, 0], ends[:, 1]


def _weighted(weights: Array, pieces: Array) -> Array:
    """Sums of pieces (pieces, …) of which some may be undefined: NaN only where such a piece is part of the sum."""
    lost = ~np.isfinite(pieces)
    found = np.asarray(weights @ np.where(lost, 0.0, pieces))
    found[((weights != 0.0).astype(float) @ lost.astype(float)) > 0.0] = math.nan
    return found


def _root(vcov: Array) -> Array:
    """A matrix L with ``L Lᵀ = V``; V may be singular (parameters at a bound, equal ones)."""
    values, vectors = np.linalg.eigh(0.5 * (vcov + vcov.T))
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
