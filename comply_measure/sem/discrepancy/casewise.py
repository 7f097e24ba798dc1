"""Casewise moments of complete data: everything with fourth moments, without forming them.

The asymptotic covariance matrix Γ of the sample moments is the covariance matrix of the casewise
deviations ``d_i = [e_i, vech(D_i)]`` with ``D_i = z_i z_iᵀ − h_i h_iᵀ``, z the centred case. With fixed
exogenous variables x, h is the case's projection on x and e = z − h, so that only what is left to chance
counts; otherwise h = 0 and e = z. Because V is normal-theory, ``V = blockdiag(W, ½ Dᵀ(W ⊗ W)D)``,
every product is one of inner products ``aᵀ W b``::

    Δᵀ V d_i    = κ (uᵀW z_i · vᵀW z_i − uᵀW h_i · vᵀW h_i) + gᵀW e_i · (scale of ∂μ)
    d_iᵀ V d_j  = ½ [(z_iᵀWz_j)² − (z_iᵀWh_j)² − (h_iᵀWz_j)² + (h_iᵀWh_j)²] + e_iᵀWe_j

each minus its mean. With sampling weights w the mean is weighted and d_i counts w_i times (pseudo-maximum likelihood:
``Γ = Σ w_i² d_i d_iᵀ / Σ w_i``; Asparouhov, 2005). Nothing of size p(p+1)/2 squared is formed; memory is n × (p + q).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, Index, summed, total_weight, weighed
from comply_measure.sem.discrepancy.base import RobustPieces
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.sample import GroupSample
from comply_measure.statistics.arrays import group_sums

BLOCK = 512  # cases per block of the n × n products


@dataclass(frozen=True)
class Deviations:
    """Casewise deviations of one group.

    Attributes
    ----------
    z : array (n, p)
        Cases minus their mean.
    h : array (n, p) or None
        Their projection on fixed exogenous variables; None when there are none.
    cluster : int array (n,) or None
        Cluster of each case, coded from 0.
    weights : array (n,) or None
        Sampling weights.
    """

    z: Array
    h: Array | None = None
    cluster: Index | None = None
    weights: Array | None = None

    @property
    def n(self) -> float:
        """Number of cases, or the sum of their weights."""
        return len(self.z) if self.weights is None else total_weight(self.weights)

    @cached_property
    def e(self) -> Array:
        """What the means leave to chance (n, p)."""
        return self.z if self.h is None else self.z - self.h

    def scores(self, implied: Implied, W: Array) -> Array:
        """Δᵀ V d_i for all cases, centred and weighted (n, q)."""
        layout = implied.layout
        H = implied.project(self.z @ W)
        total = H[:, layout.u] * H[:, layout.v]
        if self.h is not None:
            H = implied.project(self.h @ W)
            total -= H[:, layout.u] * H[:, layout.v]
        total *= layout.kappa
        total -= total.mean(axis=0) if self.weights is None else summed(total, self.weights) / self.n
        if layout.has_mean:
            H = H if self.h is None else implied.project(self.e @ W)
            total += H[:, layout.mean_column] * implied.mean_scale
        return weighed(total, self.weights)

    def root(self, W: Array) -> Array:
        """L with L Lᵀ = W, so that aᵀWb = (Lᵀa)ᵀ(Lᵀb)."""
        return np.asarray(np.linalg.cholesky(W))

    def trace(self, W: Array, with_means: bool) -> float:
        """tr(V Γ)."""
        L = self.root(W)
        if self.cluster is not None:
            return self._clustered_trace(L, with_means)
        if self.weights is not None:
            return self._weighted_trace(L, with_means, self.weights)
        z = self.z @ L
        own = np.einsum("ij,ij->i", z, z)
        total = float(own @ own) / self.n
        mean = z.T @ z / self.n
        if self.h is not None:
            h = self.h @ L
            both, proj = np.einsum("ij,ij->i", z, h), np.einsum("ij,ij->i", h, h)
            total += float(proj @ proj - 2.0 * (both @ both)) / self.n
            mean -= h.T @ h / self.n
        total = 0.5 * (total - float(np.vdot(mean, mean)))
        if with_means:
            e = self.e @ L
            total += float(np.vdot(e, e)) / self.n
        return total

    def _weighted_trace(self, L: Array, with_means: bool, weights: Array) -> float:
        """tr(V Γ) with ``Γ = Σ w_i² d_i d_iᵀ / Σ w_i``."""
        z, h = self.z @ L, None if self.h is None else self.h @ L
        mean = z.T @ weighed(z, weights) / self.n
        squares = np.einsum("ij,ij->i", z, z) ** 2
        if h is not None:
            mean -= h.T @ weighed(h, weights) / self.n
            proj, both = np.einsum("ij,ij->i", h, h), np.einsum("ij,ij->i", z, h)
            squares += proj**2 - 2.0 * both**2
        along = np.einsum("ij,ij->i", z @ mean, z)
        if h is not None:
            along -= np.einsum("ij,ij->i", h @ mean, h)
        own = 0.5 * (squares - 2.0 * along + float(np.vdot(mean, mean)))
        if with_means:
            e = self.e @ L
            own += np.einsum("ij,ij->i", e, e)
        return float(weights**2 @ own) / self.n

    def _clustered_trace(self, L: Array, with_means: bool) -> float:
        """tr(V Γ) with Γ from the sums over clusters, times C/(C − 1)."""
        groups = cluster_rows(self.cluster)
        z = self.z @ L
        h = None if self.h is None else self.h @ L
        e = weighed(self.e @ L, self.weights)
        heavy, heavy_h = weighed(z, self.weights), None if h is None else weighed(h, self.weights)
        mean = z.T @ heavy / self.n - (0.0 if h is None or heavy_h is None else h.T @ heavy_h / self.n)
        total = 0.0
        for rows in groups:
            size = len(rows) if self.weights is None else self.weights[rows].sum()
            moved = z[rows].T @ heavy[rows] - size * mean
            if h is not None and heavy_h is not None:
                moved -= h[rows].T @ heavy_h[rows]
            total += 0.5 * float(np.vdot(moved, moved))
            if with_means:
                along = e[rows].sum(axis=0)
                total += float(along @ along)
        return total / self.n * len(groups) / (len(groups) - 1)

    def pieces(self, implied: Implied, W: Array, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ."""
        S = self.scores(implied, W)
        trace = self.trace(W, implied.layout.has_mean)
        meat = first_order(S, self.cluster, self.n)
        if not second_order:
            return RobustPieces(trace, meat)
        if self.cluster is not None:
            raise ModelError("tests that need tr((UΓ)²) are not available with clusters of continuous cases")
        square, middle = 0.0, np.zeros_like(meat)
        for rows, block in self._gram(self.root(W), implied.layout.has_mean):
            square += float(np.vdot(block, block))
            middle += S[rows].T @ (block @ S)
        n = self.n
        return RobustPieces(trace, meat, square / n**2, middle / n**2)

    def _gram(self, L: Array, with_means: bool) -> Iterator[tuple[slice, Array]]:
        """Centred and weighted d_iᵀ V d_j, one block of rows after the other."""
        z, e = self.z @ L, self.e @ L
        h, w = None if self.h is None else self.h @ L, self.weights
        M = z.T @ weighed(z, w) if h is None else z.T @ weighed(z, w) - h.T @ weighed(h, w)
        column = np.einsum("ij,ij->i", z @ M, z)
        if h is not None:
            column -= np.einsum("ij,ij->i", h @ M, h)
        column *= 0.5 / self.n  # mean of each column before centring
        level = float(column.mean() if w is None else w @ column / self.n)
        for start in range(0, len(z), BLOCK):
            rows = slice(start, start + BLOCK)
            block = (z[rows] @ z.T) ** 2
            if h is not None:
                block += (h[rows] @ h.T) ** 2 - (z[rows] @ h.T) ** 2 - (h[rows] @ z.T) ** 2
            block *= 0.5
            block += level - column[rows][:, None] - column
            if with_means:
                block += e[rows] @ e.T
            yield rows, block if w is None else block * w[rows][:, None] * w


def deviations(
    data: Array,
    names: tuple[str, ...],
    exogenous: tuple[str, ...],
    cluster: Index | None = None,
    weights: Array | None = None,
) -> Deviations:
    """Casewise deviations of complete cases.

    Parameters
    ----------
    data : array (n, p)
        The cases.
    names : tuple of str
        Their columns.
    exogenous : tuple of str
        Fixed exogenous variables.
    cluster : int array (n,), optional
        Cluster of each case.
    weights : array (n,), optional
        Sampling weights.
    """
    z = data - (data.mean(axis=0) if weights is None else weights @ data / weights.sum())
    if not exogenous:
        return Deviations(z, None, cluster, weights)
    places = [names.index(name) for name in exogenous]
    x = z[:, places]
    root = None if weights is None else np.sqrt(weights)
    slopes = np.linalg.lstsq(weighed(x, root), weighed(z, root), rcond=None)[0]
    h = x @ slopes
    h[:, places] = x
    return Deviations(z, h, cluster, weights)


def group_deviations(sample: GroupSample, exogenous: tuple[str, ...]) -> Deviations:
    """Casewise deviations of a group.

    Raises
    ------
    ModelError
        When only moments are known.
    """
    if sample.data is None:
        raise ModelError("this estimator or its standard errors need raw data, not moments alone")
    return deviations(sample.data, sample.names, exogenous, sample.cluster, sample.weights)


def cluster_rows(cluster: Index | None) -> list[Index]:
    """Rows of each cluster."""
    if cluster is None:
        return []
    order = np.argsort(cluster, kind="stable")
    ends = np.flatnonzero(np.diff(cluster[order])) + 1
    return list(np.split(order, ends))


def first_order(scores: Array, cluster: Index | None, n: float) -> Array:
    """Sum of outer products of scores over n (q, q); with clusters of their sums, times C/(C − 1)."""
    if cluster is None:
        return np.asarray(scores.T @ scores / n)
    _, codes = np.unique(cluster, return_inverse=True)
    sums = group_sums(scores, codes, int(codes.max()) + 1)
    factor = len(sums) / (len(sums) - 1.0)
    return np.asarray(factor * (sums.T @ sums) / n)
