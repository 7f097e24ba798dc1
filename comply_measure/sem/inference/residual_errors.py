"""Standard errors of residuals of complete data; see :mod:`comply_measure.sem.inference.residuals`."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, sum_within_clusters
from comply_measure.sem.discrepancy.base import is_curved, is_given, is_normal
from comply_measure.sem.discrepancy.ls import Moments
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.sample import GroupSample
from comply_measure.statistics.correlation import to_correlations

ROBUST_ERRORS = ("robust.sem", "robust.huber.white", "robust.cluster")


def residual_matrices(sample: GroupSample, implied: Implied, kind: str) -> tuple[Array, Array | None]:
    """Residual covariances (p, p) and means (p,) of one group, in one of the kinds without errors."""
    S, sigma = sample.cov, implied.sigma
    s = np.sqrt(S.diagonal())
    mean = None
    if implied.mu is not None and sample.mean is not None:
        mean = sample.mean - implied.mu
    if kind == "raw":
        return S - sigma, mean
    scaled = None if mean is None else mean / s
    if kind == "cor.bentler":
        return (S - sigma) / np.outer(s, s), scaled
    return to_correlations(S) - to_correlations(sigma), scaled


class ResidualErrors:
    """Standard errors of one group's residuals.

    Parameters
    ----------
    model : Model
    point : Point
        The optimum.
    group : int
        Group, from 0.
    distribution_free : bool
        Whether the sampling errors of the moments rest on no distribution, whatever the errors of parameters do.
    """

    def __init__(self, model: Model, point: Point, group: int, distribution_free: bool = False) -> None:
        self.sample = model.sample.groups[group]
        self.implied, self.evaluation = point.implied[group], point.evaluations[group]
        self.moments = Moments(self.sample, model.exogenous[group], self.implied.layout.has_mean)
        self.observed = model.options.information == "observed"
        self.robust = distribution_free or model.options.se in ROBUST_ERRORS
        layout = self.implied.layout
        self.place = slice(layout.first, layout.first + layout.q)
        self.S = self.sample.cov
        self.given = self._explained(model.exogenous[group])

    def _explained(self, exogenous: tuple[str, ...]) -> Array:
        """Covariances that fixed exogenous variables explain (p, p)."""
        if not exogenous:
            return np.zeros_like(self.S)
        x = [self.sample.names.index(name) for name in exogenous]
        return np.asarray(self.S[:, x] @ np.linalg.solve(self.S[np.ix_(x, x)], self.S[x]))

    def sampling(self) -> Array:
        """Variances of the sample moments, times n."""
        if self.robust:
            return np.asarray(np.sum(self.units**2, axis=0) / self.sample.n)
        return self._normal_variances()

    @cached_property
    def units(self) -> Array:
        """Casewise deviations of the moments, summed within clusters where there are any (units, moments)."""
        cases, cluster = self.moments.cases, self.sample.cluster
        return cases if cluster is None else sum_within_clusters(cases, cluster)

    def _normal_variances(self) -> Array:
        i, j = self.moments.rows, self.moments.columns
        total = np.zeros(len(i) + self.sample.p * self.moments.with_means)
        for cov, sign in ((self.S, 1.0), (self.given, -1.0)):
            parts = cov[i, i] * cov[j, j] + cov[i, j] ** 2
            if self.moments.with_means:
                parts = np.concatenate([cov.diagonal(), parts])
            total += sign * parts
        return np.asarray(total[self.moments.kept])

    @cached_property
    def jacobian(self) -> Array:
        """Δ (moments, q)."""
        return self.moments.jacobian(self.implied)

    @cached_property
    def weighted(self) -> Array:
        """V Δ (moments, q), V the weight in the estimating equations."""
        if is_given(self.evaluation):
            return self.evaluation.weighted
        if not is_normal(self.evaluation):
            raise ModelError("residuals have no standard errors: the estimator has no weight of the moments")
        W = self.evaluation.W
        Q, w = np.zeros_like(W), np.zeros(len(W))
        if self.observed and is_curved(self.evaluation):
            Q = self.evaluation.Q
            w = w if self.evaluation.w is None else self.evaluation.w
        return self._likelihood_weight(W, Q, w)

    def _likelihood_weight(self, W: Array, Q: Array, w: Array) -> Array:
        """Second derivatives of F/2 in the moments, times Δ; Q = 0 and w = 0 give the expected ones."""
        implied, moments = self.implied, self.moments
        layout = implied.layout
        H = np.hstack([np.eye(layout.p), implied.X])
        WH, QH = W @ H, Q @ H
        u, v, kappa = layout.u, layout.v, layout.kappa
        i, j = moments.rows, moments.columns
        pairs = [(WH[:, u], 0.5 * WH[:, v] + QH[:, v]), (WH[:, v], 0.5 * WH[:, u] + QH[:, u])]
        pairs = [(a * kappa, b) for a, b in pairs]
        if moments.with_means:
            mean = WH[:, layout.mean_column] * implied.mean_scale
            pairs.append((w[:, None] * np.ones_like(mean), mean))
        total = np.zeros((len(i), layout.q))
        for a, b in pairs:
            total += a[i] * b[j] + a[j] * b[i]
        total *= np.where(i == j, 0.5, 1.0)[:, None]
        if moments.with_means:
            along = w @ H
            mean += kappa * (WH[:, u] * along[v] + WH[:, v] * along[u])
            total = np.vstack([mean, total])
        return np.asarray(total[moments.kept])

    def residual(self, P: Array, sandwich: Array, share: float) -> Array:
        """Variances of the residuals, times n.

        Parameters
        ----------
        P : array (q, q)
            Inverse information of the group's own parameters.
        sandwich : array (q, q)
            ``P (Σ f ΔᵀVΩVΔ) P`` over all groups, Ω times n, at the group's parameters.
        share : float
            Share of the group in the cases.
        """
        J = self.jacobian
        own = np.einsum("ij,ij->i", J @ P, self.spread())
        variance = self.sampling() - 2.0 * share * own
        return np.asarray(variance + share * np.einsum("ij,ij->i", J @ sandwich, J))

    def meat(self) -> Array:
        """Δᵀ V Ω V Δ (q, q), Ω times n."""
        return self.weighted.T @ self.spread()

    def spread(self) -> Array:
        """Ω V Δ (moments, q), Ω times n."""
        if not self.robust:
            return self.normal_spread()
        return np.asarray(self.units.T @ (self.units @ self.weighted) / self.sample.n)

    def normal_spread(self) -> Array:
        """Ω V Δ with the normal-theory Ω at S, given fixed exogenous variables (moments, q)."""
        moments, p = self.moments, self.sample.p
        first = p * moments.with_means
        full = np.zeros((len(moments.rows) + first, self.weighted.shape[1]))
        full[moments.kept] = self.weighted
        result = np.zeros_like(full)
        result[:first] = (self.S - self.given) @ full[:first] if first else 0.0
        for a in range(full.shape[1]):
            X = np.zeros((p, p))
            X[moments.rows, moments.columns] = full[first:, a]
            X = X + X.T
            moved = self.S @ X @ self.S - self.given @ X @ self.given
            result[first:, a] = moved[moments.rows, moments.columns]
        return np.asarray(result[moments.kept])

    def z(self, variance: Array) -> tuple[Array, Array | None]:
        """Raw residuals over their errors, as a matrix (p, p) and a vector (p,)."""
        cov, mean = residual_matrices(self.sample, self.implied, "raw")
        moments, p = self.moments, self.sample.p
        offset = p if moments.with_means else 0
        all_variances = np.zeros(len(moments.rows) + offset)
        all_variances[moments.kept] = variance / self.sample.n
        scale = np.zeros_like(all_variances)
        scale[moments.kept] = self._normal_variances() / self.sample.n
        raw = cov[moments.rows, moments.columns]
        if mean is not None:
            raw = np.concatenate([mean, raw])
        exact = all_variances <= 1e-10 * scale
        with np.errstate(invalid="ignore", divide="ignore"):
            z = raw / np.sqrt(all_variances)
        negligible = np.abs(raw) <= 1e-5 * np.sqrt(np.maximum(scale, 1e-300))
        z[exact] = np.where(negligible[exact], 0.0, np.nan)
        matrix = np.zeros((p, p))
        matrix[moments.rows, moments.columns] = z[offset:]
        matrix[moments.columns, moments.rows] = z[offset:]
        return matrix, None if mean is None else z[:p]
