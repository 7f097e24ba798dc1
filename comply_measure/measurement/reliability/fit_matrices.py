"""Matrices of a fitted factor model, read from its table of estimates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.linear_algebra import inverse
from comply_measure.measurement.moments import Floats
from comply_measure.sem import Fit

Indices = NDArray[np.intp]
LEVELS = ("within", "between")


@dataclass(frozen=True, slots=True)
class FactorMatrices:
    """One group of a factor model, or one level of a group.

    Attributes
    ----------
    group : str
        Label; empty with one group.
    items, factors : tuple of str
        Observed indicators (p), and latent variables (k), higher-order ones included.
    loadings : ndarray, shape (p, k)
        Λ; zero for factors measured by factors.
    paths : ndarray, shape (k, k)
        B: row on column, loadings of factors on factors included.
    factor_covariance : ndarray, shape (k, k)
        Covariances of the factors, ``(I−B)⁻¹ Ψ (I−B)⁻ᵀ``.
    residuals : ndarray, shape (p, p)
        Θ.
    observed : ndarray, shape (p, p)
        Sample covariances (polychoric correlations for ordered items).
    thresholds : tuple of arrays, or None
        Per item, of its latent response with mean 0 and variance 1, empty for a continuous item; None where all
        items are continuous.
    n : int
        Cases; of the between level, clusters.
    level : str
        ``within`` or ``between`` of a two-level fit, else empty.
    """

    group: str
    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    paths: Floats
    factor_covariance: Floats
    residuals: Floats
    observed: Floats
    thresholds: tuple[Floats, ...] | None
    n: int
    level: str = ""

    @property
    def implied(self) -> Floats:
        """``ΛΦΛ' + Θ``, shape (p, p)."""
        return self.loadings @ self.factor_covariance @ self.loadings.T + self.residuals

    def measured_by(self, factor: int) -> Indices:
        """Items with a non-zero loading, as indices."""
        return np.flatnonzero(self.loadings[:, factor])


def fit_matrices(fit: Fit) -> tuple[FactorMatrices, ...]:
    """Matrices of every group of a fit; of a two-level fit, of the within and the between level of every group.

    Latent responses of ordered items are scaled to unit variance, with their loadings; their thresholds are taken
    from their means: ``(τ − ν − λκ) / σ*``. Predictors of factors count in the covariances of the factors.

    Parameters
    ----------
    fit : Fit
        A converged factor model.

    Returns
    -------
    tuple of FactorMatrices
    """
    table, samples = fit.estimates, fit.model.sample.groups
    if "level" not in table.columns:
        return tuple(
            _group(
                table[table["group"] == g + 1],
                sample.name,
                sample.names,
                np.asarray(sample.cov),
                sample.n_cases,
            )
            for g, sample in enumerate(samples)
        )
    found = []
    counts = [(part.n, part.n_clusters) for part in fit.model.sample.parts]  # type: ignore[attr-defined]
    for block, sample in enumerate(samples):
        group, level = divmod(block, len(LEVELS))
        mine = table[(table["group"] == group + 1) & (table["level"] == level + 1)]
        label, cov = sample.name.removesuffix(LEVELS[level]).strip(), np.asarray(sample.cov)
        one = _group(mine, label, sample.names, cov, counts[group][level])
        found.append(replace(one, level=LEVELS[level]))
    return tuple(found)


def _group(table: pd.DataFrame, label: str, names: tuple[str, ...], sample: Floats, n: int) -> FactorMatrices:
    rows = [
        (str(lhs), str(op), str(rhs), float(est))
        for lhs, op, rhs, est in zip(table["lhs"], table["op"], table["rhs"], table["est"], strict=True)
    ]
    factors = tuple(dict.fromkeys(lhs for lhs, op, _, _ in rows if op == "=~"))
    measured = {rhs for _, op, rhs, _ in rows if op == "=~"}
    items = tuple(name for name in names if name in measured)
    predictors = tuple(
        dict.fromkeys(rhs for lhs, op, rhs, _ in rows if op == "~" and lhs in factors and rhs not in factors)
    )
    item, source = ({name: i for i, name in enumerate(group)} for group in (items, (*factors, *predictors)))
    p, k, m = len(items), len(factors), len(factors) + len(predictors)
    loadings, paths, psi, theta = np.zeros((p, k)), np.zeros((m, m)), np.zeros((m, m)), np.zeros((p, p))
    intercept, alpha = np.zeros(p), np.zeros(m)
    tau: dict[str, list[float]] = {}
    for lhs, op, rhs, est in rows:
        if op == "=~" and rhs in item:
            loadings[item[rhs], source[lhs]] = est
        elif op == "=~":
            paths[source[rhs], source[lhs]] = est
        elif op == "~" and lhs in source and rhs in source:
            paths[source[lhs], source[rhs]] = est
        elif op == "~~" and lhs in source and rhs in source:
            psi[source[lhs], source[rhs]] = psi[source[rhs], source[lhs]] = est
        elif op == "~~" and lhs in item and rhs in item:
            theta[item[lhs], item[rhs]] = theta[item[rhs], item[lhs]] = est
        elif op == "~1" and lhs in item:
            intercept[item[lhs]] = est
        elif op == "~1" and lhs in source:
            alpha[source[lhs]] = est
        elif op == "|":
            tau.setdefault(lhs, []).append(est)
    turn = inverse(np.eye(m) - paths)
    # products of latent variables are predictors whose variances are no parameters
    unknown = [
        source[name] for name in predictors if name not in names and not psi[source[name], source[name]] > 0
    ]
    reached = (turn[:k, unknown] != 0).any(axis=1)
    phi, kappa = (turn @ psi @ turn.T)[:k, :k], (turn @ alpha)[:k]
    phi = np.where(reached | reached[:, None], np.nan, phi)
    place = [names.index(name) for name in items]
    observed = sample[np.ix_(place, place)]
    if not tau:
        return FactorMatrices(label, items, factors, loadings, paths[:k, :k], phi, theta, observed, None, n)
    centre = intercept + loadings @ kappa
    ordered = np.array([name in tau for name in items])
    scale = np.sqrt(np.diag(loadings @ phi @ loadings.T + theta))
    scale = np.where(ordered, scale, 1.0)
    loadings, theta = loadings / scale[:, None], theta / np.outer(scale, scale)
    thresholds = tuple(
        (np.sort(tau[name]) - c) / s if name in tau else np.zeros(0)
        for name, c, s in zip(items, centre, scale, strict=True)
    )
    diagonal = np.where(ordered, np.sqrt(np.diag(observed)), 1.0)
    observed = observed / np.outer(diagonal, diagonal)
    return FactorMatrices(label, items, factors, loadings, paths[:k, :k], phi, theta, observed, thresholds, n)
