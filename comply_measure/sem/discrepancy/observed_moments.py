"""Distribution-free pieces whose weight is the observed information of the saturated moments.

The weight of :mod:`comply_measure.sem.discrepancy.casewise` is the normal-theory one, ``V = ½ E[∂²F/∂σ∂σᵀ]``.
Without the expectation, at the implied moments and with ``K = W (S + d dᵀ) W``, ``w = W d``, half the second
derivatives of F along a change (e, X) of means and covariances are the slopes::

    Y = ½ (K X W + W X K − W X W) + ½ (W e wᵀ + w eᵀ W)     in Σ
    y = W e + W X w                                          in μ

Then ``d_iᵀ J d_j = tr(Y_i X_j) + y_iᵀ e_j`` and ``Δᵀ J d_i = [tr(Y_i ∂Σ) + y_iᵀ ∂μ]``, with the casewise deviations
``X = z zᵀ − h hᵀ``, e = z − h, each minus its mean, or with their sums over clusters. Under the model K → W and
w → 0, so that J → V. lavaan 0.7 takes J where information is observed (``observed.information = "h1"`` of the test).
Rows are worked on in runs; memory is (rows of a run) × p².
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comply_measure.sem.arrays import Array, Index, weighed
from comply_measure.sem.discrepancy.base import CurvedWeight, RobustPieces
from comply_measure.sem.discrepancy.casewise import Deviations, cluster_rows
from comply_measure.sem.errors import ModelError

RUN = 256  # rows worked on at a time


def observed_pieces(at: CurvedWeight, found: Deviations, second_order: bool) -> RobustPieces:
    """Traces and quadratic forms with Γ and the observed information of the saturated moments.

    Parameters
    ----------
    at : CurvedWeight
        The evaluation of the likelihood.
    found : Deviations
        Casewise deviations of the sample.
    second_order : bool
        Whether those of J Γ J Γ are asked for, too.

    Raises
    ------
    ModelError
        When second-order pieces are asked for with clusters.
    """
    if second_order and found.cluster is not None:
        raise ModelError("tests that need tr((UΓ)²) are not available with clusters of continuous cases")
    trace, parts = 0.0, []
    for X, e in _rows(found):
        Y, y = _slopes(at, X, e)
        trace += float(np.vdot(Y, X)) + (float(np.vdot(y, e)) if at.implied.layout.has_mean else 0.0)
        parts.append(_along(at, Y, y))
    n = found.n
    S = np.vstack(parts)
    meat = S.T @ S / n
    if not second_order:
        return RobustPieces(trace / n, meat)
    square, middle, first = 0.0, np.zeros_like(meat), 0
    for X, e in _rows(found):
        Y, y = _slopes(at, X, e)
        own = S[first : first + len(X)]
        first, start = first + len(X), 0
        for other, moved in _rows(found):
            block = Y.reshape(len(Y), -1) @ other.reshape(len(other), -1).T
            if at.implied.layout.has_mean:
                block += y @ moved.T
            square += float(np.vdot(block, block))
            middle += own.T @ (block @ S[start : start + len(other)])
            start += len(other)
    return RobustPieces(trace / n, meat, square / n**2, middle / n**2)


def _rows(found: Deviations) -> Iterator[tuple[Array, Array]]:
    """Deviations (rows, p, p) and (rows, p), whose outer products sum to n Γ."""
    z, h, e, weights = found.z, found.h, found.e, found.weights
    mean = z.T @ weighed(z, weights) / found.n
    if h is not None:
        mean = mean - h.T @ weighed(h, weights) / found.n
    if found.cluster is None:
        for start in range(0, len(z), RUN):
            rows = slice(start, start + RUN)
            X = z[rows, :, None] * z[rows, None, :] - mean
            if h is not None:
                X -= h[rows, :, None] * h[rows, None, :]
            if weights is None:
                yield X, e[rows]
            else:
                yield X * weights[rows, None, None], e[rows] * weights[rows, None]
        return
    groups = cluster_rows(found.cluster)
    factor = np.sqrt(len(groups) / (len(groups) - 1.0))
    heavy, heavy_e = weighed(z, weights), weighed(e, weights)
    heavy_h = None if h is None else weighed(h, weights)
    for start in range(0, len(groups), RUN):
        chosen = groups[start : start + RUN]
        sums = np.array([_sum_of(rows, z, heavy, h, heavy_h) for rows in chosen])
        sizes = np.array([len(rows) if weights is None else weights[rows].sum() for rows in chosen])
        along = np.array([heavy_e[rows].sum(axis=0) for rows in chosen])
        yield factor * (sums - sizes[:, None, None] * mean), factor * along


def _sum_of(rows: Index, z: Array, heavy: Array, h: Array | None, heavy_h: Array | None) -> Array:
    """Sum of the products of a cluster's cases (p, p)."""
    total = z[rows].T @ heavy[rows]
    return np.asarray(total if h is None or heavy_h is None else total - h[rows].T @ heavy_h[rows])


def _slopes(at: CurvedWeight, X: Array, e: Array) -> tuple[Array, Array]:
    """Half the second derivatives of F along each row: slopes in Σ (rows, p, p) and in μ (rows, p)."""
    W, right = at.W, X @ at.W
    half = (at.Q + W) @ right
    Y = 0.5 * (half + half.transpose(0, 2, 1) - W @ right)
    y = e @ W
    if at.w is not None:
        across = 0.5 * y[:, :, None] * at.w
        Y = Y + across + across.transpose(0, 2, 1)
        y = y + (X @ at.w) @ W
    return Y, y


def _along(at: CurvedWeight, Y: Array, y: Array) -> Array:
    """tr(Y ∂Σ) + yᵀ ∂μ for each row and parameter (rows, q)."""
    implied, layout = at.implied, at.implied.layout
    H = np.hstack([np.eye(layout.p), implied.X])
    total = 2.0 * layout.kappa * np.einsum("pq,bpq->bq", H[:, layout.u], Y @ H[:, layout.v])
    return np.asarray(total + y @ implied.mean_derivatives() if layout.has_mean else total)
