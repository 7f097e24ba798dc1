"""Maximum likelihood of many replications at once: F and its gradient with a leading axis of replications.

The formulas are those of :mod:`comply_measure.sem.implied` and :mod:`comply_measure.sem.discrepancy.ml`; only
what the gradient needs is formed: with ``Q = W (S + d dᵀ) W − W``, the look-ups into ``Hᵀ Q H`` come from W S,
Q X and single entries of Q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.moments import BatchMoments
from comply_measure.sem.implied import Fill, Layout

SMALL = 24  # up to this many variables a batch is inverted by one call, beyond one by one


@dataclass(frozen=True)
class Exogenous:
    """Where moments of fixed exogenous variables stand in a group's matrices.

    Attributes
    ----------
    cells, first, second : int arrays
        Flat cells of S_LL, and the variables whose sample covariance stands there.
    mean_cells, variables : int arrays
        Places in m_L, and the variables whose sample mean stands there.
    """

    cells: Index
    first: Index
    second: Index
    mean_cells: Index
    variables: Index


def batch_fill(fill: Fill, theta: Array, constant: Array | None = None) -> Array:
    """A matrix at every θ (B, …).

    Parameters
    ----------
    fill : Fill
        Which parameter stands where.
    theta : array (B, q)
        Parameters of the group.
    constant : array (B, …), optional
        Fixed values per replication, instead of the fill's own.
    """
    shape = fill.constant.shape
    out = np.empty((len(theta), *shape))
    out[:] = fill.constant if constant is None else constant
    out.reshape(len(theta), -1)[:, fill.cells] = theta[:, fill.parameters]
    return out


class BatchImplied:
    """Implied moments of one group in B replications.

    Parameters
    ----------
    layout : Layout
        The group's layout.
    theta : array (B, q)
        Parameters.
    exogenous : Exogenous
        Where sample moments are taken as given.
    given : BatchMoments
        The samples they come from.
    """

    def __init__(self, layout: Layout, theta: Array, exogenous: Exogenous, given: BatchMoments) -> None:
        self.layout = layout
        T = batch_fill(layout.loadings, theta)
        source_cov = batch_fill(layout.source_cov, theta)
        if len(exogenous.cells):
            flat = source_cov.reshape(len(theta), -1)
            flat[:, exogenous.cells] = given.cov[:, exogenous.first, exogenous.second]
        self.T = T
        if layout.has_paths:
            self.E = np.linalg.inv(np.eye(layout.k) - batch_fill(layout.paths, theta))
            self.TE = T @ self.E
            self.V = self.E @ source_cov @ self.E.transpose(0, 2, 1)
        else:
            self.E = np.broadcast_to(np.eye(layout.k), (len(theta), layout.k, layout.k))
            self.TE, self.V = T, source_cov
        self.FV = T @ self.V
        self.sigma = self.FV @ T.transpose(0, 2, 1) + batch_fill(layout.residuals, theta)
        if layout.has_cross:
            cross = batch_fill(layout.cross, theta)
            M = cross @ self.TE.transpose(0, 2, 1)
            self.sigma += M + M.transpose(0, 2, 1)
            self.FV = self.FV + cross @ self.E.transpose(0, 2, 1)
        self.mu: Array | None = None
        self.eta = np.zeros((len(theta), layout.k))
        if layout.has_mean:
            mean = batch_fill(layout.source_mean, theta)
            mean[:, exogenous.mean_cells] = given.mean[:, exogenous.variables]
            self.eta = (self.E @ mean[:, :, None])[:, :, 0]
            self.mu = batch_fill(layout.observed_mean, theta) + (T @ self.eta[:, :, None])[:, :, 0]


class GradientPlan:
    """How the gradient of one layout is looked up; made once."""

    def __init__(self, layout: Layout) -> None:
        p = layout.p
        self.layout = layout
        touches = layout.kappa != 0.0
        low, high = np.minimum(layout.u, layout.v), np.maximum(layout.u, layout.v)
        self.on_cells = np.flatnonzero(touches & (high < p))
        self.on_edges = np.flatnonzero(touches & (low < p) & (high >= p))
        self.on_inner = np.flatnonzero(touches & (low >= p))
        self.cell = low[self.on_cells], high[self.on_cells]
        self.edge = low[self.on_edges], high[self.on_edges] - p
        self.inner = low[self.on_inner] - p, high[self.on_inner] - p

    def value_and_gradient(self, at: BatchImplied, sample: BatchMoments) -> tuple[Array, Array]:
        """F without its constant log|S| + p, infinite where Σ is not positive definite; gradient (B, q)."""
        layout = self.layout
        W, logdet = invert_all(at.sigma)
        S = sample.cov
        d = None
        if at.mu is not None:
            d = sample.mean - at.mu
            S = S + d[:, :, None] * d[:, None, :]
        WS = W @ S
        value = logdet + np.einsum("bii->b", WS)
        X = np.concatenate([at.TE, at.FV], axis=2)
        WX = W @ X
        QX = WS @ WX - WX
        gradient = np.zeros((len(value), layout.q))
        i, j = self.cell
        gradient[:, self.on_cells] = np.einsum("bap,bap->ba", WS[:, i], W[:, j]) - W[:, i, j]
        gradient[:, self.on_edges] = QX[:, self.edge[0], self.edge[1]]
        if len(self.on_inner):
            gradient[:, self.on_inner] = (X.transpose(0, 2, 1) @ QX)[:, self.inner[0], self.inner[1]]
        gradient *= -2.0 * layout.kappa
        if d is not None:
            w = (W @ d[:, :, None])[:, :, 0]
            along = np.hstack([w, (w[:, None, :] @ at.TE)[:, 0]])
            column = np.minimum(layout.mean_column, layout.p + layout.k - 1)
            gradient -= 2.0 * self._mean_scale(at) * along[:, column]
        return value, gradient

    def _mean_scale(self, at: BatchImplied) -> Array:
        source = self.layout.mean_source
        scale = np.zeros((len(at.eta), self.layout.q))
        scale[:, source == -1] = 1.0
        paths = np.flatnonzero(source >= 0)
        scale[:, paths] = at.eta[:, source[paths]]
        return scale


def invert_all(matrices: Array) -> tuple[Array, Array]:
    """Inverses and log-determinants (B, p, p), (B,); zero and infinity where not positive definite."""
    if matrices.shape[1] <= SMALL:
        try:
            root = np.linalg.cholesky(matrices)
        except np.linalg.LinAlgError:
            pass
        else:
            logdet = 2.0 * np.log(np.einsum("bii->bi", root)).sum(axis=1)
            return np.asarray(np.linalg.inv(matrices), dtype=np.float64), np.asarray(logdet)
    return _invert_each(matrices)


def _invert_each(matrices: Array) -> tuple[Array, Array]:
    from scipy.linalg import lapack

    inverse = np.zeros_like(matrices)
    diagonal = np.full(matrices.shape[:2], np.inf)
    for b in np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2))):
        factor, failed = lapack.dpotrf(matrices[b], lower=1, clean=0)
        if not failed:
            diagonal[b] = factor.diagonal()
            inverse[b] = lapack.dpotri(factor, lower=1, overwrite_c=1)[0]
    rows, columns = np.triu_indices(matrices.shape[1], 1)
    inverse[:, rows, columns] = inverse[:, columns, rows]
    logdet = 2.0 * np.log(diagonal).sum(axis=1)
    return inverse, np.where(np.isfinite(logdet), logdet, np.inf)


def log_determinants(matrices: Array) -> Array:
    """log|S| of symmetric matrices (B,); NaN where not positive definite."""
    sign, logdet = np.linalg.slogdet(matrices)
    return np.where(sign > 0, logdet, np.nan)
