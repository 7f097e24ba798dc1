r"""Moments of products of factors from scores with known error.

Scores of the structural part's variables are ``f = η + e`` with ``e ~ N(0, B)``, ``B = M Θ Mᵀ``, independent of η (for
observed variables e = 0; they are taken as deviations from their mean before they are multiplied). With a one before
them, every variable is a product of two: η_a = η_r η_s, and η_r alone is η_r · 1. Then

    E(η_r η_s)       = mean(f_r f_s) − κ B_rs
    Cov(η_r η_s, η_t η_u) = cov(f_r f_s, f_t f_u) − κ₂ (E_rt B_su + E_su B_rt + E_ru B_st + E_st B_ru
                                                        + B_rt B_su + B_ru B_st),        E = E(η ηᵀ)

(Wall & Amemiya, 2000; Rosseel, Burghgraeve, Loh & Schermelleh-Engel, 2025). κ is the correction of the factors' own
covariance matrix, κ₂ that of the products': 1, unless the smallest root λ of ``|cov − λ error| = 0`` is below
``1 + 2/n``, where ``κ₂ = max(0, λ − s/(n − 1))`` keeps the matrix positive definite (Fuller, 1987; as in lavaan).

Each moment is a mean over the cases, so that its direct influence is known case by case; what the first step adds
follows from the derivatives of the means in Λ, Θ and ν. Nothing is assumed about the distribution of the factors, but
the errors are taken for normal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.after_measurement.moments import FactorMoments, Measurement, smallest_root
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.language.records import Product
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable

STEP = 1e-4  # of central differences of polynomials of degree four: exact to rounding


@dataclass(frozen=True)
class Scores:
    """What moments of products are computed from, at one point of the first step.

    Attributes
    ----------
    values : array (n, 1 + s₀)
        A one, then M (y − ν) less the centres.
    error : array (1 + s₀, 1 + s₀)
        B, bordered by zeros.
    centres : array (s₀,)
        Means of observed variables; 0 for factors.
    """

    values: Array
    error: Array
    centres: Array


@dataclass(frozen=True)
class ProductMoments:
    """Moments of the variables and products of the structural part in one group.

    Attributes
    ----------
    names : tuple of str
        Factors, observed variables, products.
    base : FactorMoments
        Of the factors and observed variables alone.
    measurement : Measurement
    data : array (n, p)
    pairs : int array (s, 2)
        Places, in the scores, of what each variable is a product of; 0 is the one.
    centred : int array
        Places of the observed components, among factors and observed variables.
    """

    names: tuple[str, ...]
    base: FactorMoments
    measurement: Measurement
    data: Array
    pairs: Index
    centred: Index

    @cached_property
    def scores(self) -> Scores:
        """At the estimates of the first step."""
        M, found = self.base.mapping, self.measurement
        centres = np.zeros(len(self.base.names))
        centres[self.centred] = self.base.mean[self.centred]
        return _scores(self.data, M, found.intercepts, found.residuals, centres)

    @cached_property
    def multiplied(self) -> Array:
        """η_a of each case with its error (n, s)."""
        return _multiplied(self.scores, self.pairs)

    @cached_property
    def error(self) -> Array:
        """What error adds to the covariances (s, s)."""
        return _error(self.scores, self.pairs, self.base.correction)

    @cached_property
    def root(self) -> float:
        """λ; infinite without measurement error."""
        return smallest_root(_covariance(self.multiplied), self.error)

    @cached_property
    def correction(self) -> float:
        """κ₂."""
        n = len(self.data)
        if not self.root < 1.0 + 2.0 / n:
            return 1.0
        return max(self.root - len(self.names) / (n - 1.0), 0.0)

    @cached_property
    def mean(self) -> Array:
        """E(η_a) (s,)."""
        return self._moments(self.scores)[0]

    @cached_property
    def cov(self) -> Array:
        """Cov(η_a, η_b) (s, s)."""
        return self._moments(self.scores)[1]

    def _moments(self, scores: Scores) -> tuple[Array, Array]:
        multiplied, kappa = _multiplied(scores, self.pairs), self.base.correction
        r, s = self.pairs.T
        mean = multiplied.mean(axis=0) - kappa * scores.error[r, s]
        mean[: len(scores.centres)] += scores.centres
        return mean, _covariance(multiplied) - self.correction * _error(scores, self.pairs, kappa)

    @cached_property
    def direct(self) -> tuple[Array, Array]:
        """Direct influence of the cases on means (n, s) and covariances (n, s, s)."""
        f, B = self.scores.values, self.scores.error
        r, s = self.pairs.T
        p = self.multiplied - self.multiplied.mean(axis=0)
        F = f[:, :, None] * f[:, None, :]
        F = F - F.mean(axis=0)
        moved = F[:, r[:, None], r] * B[s[:, None], s] + F[:, s[:, None], s] * B[r[:, None], r]
        moved += F[:, r[:, None], s] * B[s[:, None], r] + F[:, s[:, None], r] * B[r[:, None], s]
        squares = p[:, :, None] * p[:, None, :] - _covariance(self.multiplied)
        return p, squares - self.correction * moved

    def slopes(self, changes: Iterator[tuple[int, Array, Array, Array]], size: int) -> tuple[Array, Array]:
        """Derivatives of means (s, size) and covariances (s, s, size) along changes of M, ν and Θ.

        Parameters
        ----------
        changes : iterator of (int, array (s₀, p), array (p,), array (p, p))
            Place of a parameter, and the derivatives of M, ν and Θ in it.
        size : int
            Number of places.
        """
        s = len(self.names)
        mean, cov = np.zeros((s, size)), np.zeros((s, s, size))
        M, found, centres = self.base.mapping, self.measurement, self.scores.centres
        for place, dM, dnu, dtheta in changes:
            ends = [
                self._moments(
                    _scores(
                        self.data,
                        M + step * dM,
                        found.intercepts + step * dnu,
                        found.residuals + step * dtheta,
                        centres,
                    )
                )
                for step in (STEP, -STEP)
            ]
            mean[:, place] = (ends[0][0] - ends[1][0]) / (2.0 * STEP)
            cov[:, :, place] = (ends[0][1] - ends[1][1]) / (2.0 * STEP)
        return mean, cov

    def centre_slopes(self) -> tuple[Array, Array]:
        """Derivatives of means (s, c) and covariances (s, s, c) in the centres of the observed components."""
        s, c = len(self.names), len(self.centred)
        mean, cov = np.zeros((s, c)), np.zeros((s, s, c))
        M, found = self.base.mapping, self.measurement
        for number, place in enumerate(self.centred.tolist()):
            ends = []
            for step in (STEP, -STEP):
                centres = self.scores.centres.copy()
                centres[place] += step
                ends.append(self._moments(_scores(self.data, M, found.intercepts, found.residuals, centres)))
            mean[:, number] = (ends[0][0] - ends[1][0]) / (2.0 * STEP)
            cov[:, :, number] = (ends[0][1] - ends[1][1]) / (2.0 * STEP)
        return mean, cov

    @property
    def centre_influence(self) -> Array:
        """Influence of the cases on the centres (n, c)."""
        own = self.scores.values[:, 1 + self.centred]
        return np.asarray(own - own.mean(axis=0))


def product_moments(
    base: FactorMoments, measurement: Measurement, sample: GroupSample, products: Sequence[Product]
) -> ProductMoments:
    """Moments of the structural part's variables and of products of these, for one group of complete cases."""
    assert sample.data is not None
    place = {name: number for number, name in enumerate(base.names, start=1)}
    pairs = [(number, 0) for number in place.values()]
    pairs += [(place[one], place[other]) for one, other in (product.parts for product in products)]
    observed = set(sample.names)
    components = dict.fromkeys(part for product in products for part in product.parts)
    centred = np.array([place[name] - 1 for name in components if name in observed], dtype=np.int64)
    names = (*base.names, *products)
    return ProductMoments(names, base, measurement, sample.data, np.array(pairs), centred)


def measurement_changes(
    table: ParameterTable, group: int, found: ProductMoments, sample: GroupSample, measured: NDArray[np.bool_]
) -> Iterator[tuple[int, Array, Array, Array]]:
    """Place of every parameter of the first step in θ with the derivatives of M, ν and Θ in it.

    ``dM = B dΛᵀ W R − M dΛ M`` and for ML weights ``− M dΘ W R`` besides, R = I − Λ M (see
    :class:`~comply_measure.sem.after_measurement.moments.MappingSlopes`).

    Parameters
    ----------
    table : ParameterTable
        Of the whole model.
    group : int
        From 0.
    found : ProductMoments
    sample : GroupSample
    measured : bool array (q,)
        Which parameters are those of the first step.
    """
    base, M = found.base, found.base.mapping
    left = np.eye(M.shape[1]) - found.measurement.loadings @ M
    H = base.slopes.weighted(found.measurement, sample, left)
    at = {name: place for place, name in enumerate(sample.names)}
    of = {name: place for place, name in enumerate(base.names)}
    for row in np.flatnonzero((table.group == group + 1) & (table.free > 0)).tolist():
        place = int(table.free[row]) - 1
        if not measured[place]:
            continue
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        dM, dnu, dtheta = np.zeros_like(M), np.zeros(M.shape[1]), np.zeros((M.shape[1],) * 2)
        if op == "=~":
            dM = np.outer(base.slopes.spread[:, of[lhs]], H[at[rhs]]) - np.outer(M[:, at[rhs]], M[of[lhs]])
        elif op == "~1":
            dnu[at[lhs]] = 1.0
        else:
            i, j = at[lhs], at[rhs]
            dtheta[i, j] = dtheta[j, i] = 1.0
            if base.slopes.with_residuals:
                dM = -M @ dtheta @ H
        yield place, dM, dnu, dtheta


def _scores(data: Array, M: Array, intercepts: Array, residuals: Array, centres: Array) -> Scores:
    f = (data - intercepts) @ M.T - centres
    n, s = f.shape
    error = np.zeros((s + 1, s + 1))
    error[1:, 1:] = M @ residuals @ M.T
    return Scores(np.hstack([np.ones((n, 1)), f]), error, centres)


def _multiplied(scores: Scores, pairs: Index) -> Array:
    return np.asarray(scores.values[:, pairs[:, 0]] * scores.values[:, pairs[:, 1]])


def _covariance(values: Array) -> Array:
    centred = values - values.mean(axis=0)
    return np.asarray(centred.T @ centred / len(values))


def _error(scores: Scores, pairs: Index, kappa: float) -> Array:
    f, B = scores.values, scores.error
    E = f.T @ f / len(f) - kappa * B
    r, s = pairs.T
    found = E[r[:, None], r] * B[s[:, None], s] + E[s[:, None], s] * B[r[:, None], r]
    found += E[r[:, None], s] * B[s[:, None], r] + E[s[:, None], r] * B[r[:, None], s]
    found += B[r[:, None], r] * B[s[:, None], s] + B[r[:, None], s] * B[s[:, None], r]
    return np.asarray(0.5 * (found + found.T))


@dataclass(frozen=True)
class ProductInfluence:
    """Influence of cases on moments with products, in one group.

    Attributes
    ----------
    mean, cov : arrays (n, s), (n, s, s)
        Direct part, that of the centres in it.
    mean_slopes, cov_slopes : arrays (s, q), (s, s, q)
        What a change of θ₁ does to the moments.
    """

    mean: Array
    cov: Array
    mean_slopes: Array
    cov_slopes: Array

    def flat(self, root: Array, with_means: bool) -> Array:
        """Direct influence of each case in the metric of normal-theory weights (n, s² + s)."""
        n, s = self.mean.shape
        turned = np.einsum("ai,nij,bj->nab", root, self.cov, root, optimize=True).reshape(n, s * s)
        turned /= math.sqrt(2.0)
        return np.hstack([turned, self.mean @ root.T]) if with_means else turned


def product_influence(
    table: ParameterTable, group: int, found: ProductMoments, sample: GroupSample, measured: NDArray[np.bool_]
) -> ProductInfluence:
    """Influence on the moments of one group; ``measured`` says which parameters are those of the first step (q,)."""
    changes = measurement_changes(table, group, found, sample, measured)
    slopes = found.slopes(changes, len(measured))
    mean, cov = found.direct
    if len(found.centred):
        own = found.centre_influence
        dmean, dcov = found.centre_slopes()
        mean = mean + own @ dmean.T
        cov = cov + np.einsum("nc,abc->nab", own, dcov)
    return ProductInfluence(mean, cov, *slopes)
