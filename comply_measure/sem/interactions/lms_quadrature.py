"""The likelihood of what products lead to, given the normal part: Gauss-Hermite quadrature, and its derivatives.

Given the normal part u and the moderating variables m, the residual parts are normal, and

    f(H v | u) = ∫ N(m; m̂, L Lᵀ) N(0; Σ_f m_f (ρ̂_f + W_f s), Σ_fg m_f m_g C_fg) dm,     m = m̂ + L s.

Nodes lie where u says the moderating variables of *this case* are, spread by what it leaves open, so that the second
factor varies little over them. Moderating variables that u determines (observed ones) take one node.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.interactions.lms_matrices import inverse, inverse_of, lower, transposed
from comply_measure.sem.interactions.lms_reduction import Reduction
from comply_measure.sem.sample import LOG_2PI

KNOWN = 1e-12  # share of its variance below which u determines a moderating variable
NEGLIGIBLE = 1e-14  # weight of a node, relative to the largest, below which it is left out
CHUNK = 16_384  # cases times nodes that are worked on at once


class CaseSlopes:
    """Log-likelihood of each case given its normal part, with derivatives.

    Attributes
    ----------
    loglik : array (n,)
    z : array (n, z)
        Derivatives in the features.
    """

    def __init__(self, loglik: Array, z: Array) -> None:
        self.loglik, self.z = loglik, z

    def S(self, rows: slice) -> Array:
        """Derivatives in the conditional covariance matrix of the features, of some cases (n, z, z); symmetric."""
        return np.zeros((*self.z[rows].shape, self.z.shape[1]))

    @property
    def S_total(self) -> Array:
        """Their sum over all cases (z, z)."""
        return np.zeros((*self.z.shape[:-2], *(self.z.shape[-1],) * 2))


class IntegralSlopes(CaseSlopes):
    """Those of integrals, from derivatives in the parts of the covariance matrix."""

    def __init__(self, parts: Conditional, chunks: list[_Chunk]) -> None:
        super().__init__(
            np.concatenate([chunk.loglik for chunk in chunks], axis=-1),
            np.concatenate([chunk.z for chunk in chunks], axis=-2),
        )
        self.parts = parts
        self.pieces = [
            np.concatenate([getattr(chunk, name) for chunk in chunks], axis=-3) for name in ("L", "W", "C")
        ]

    def S(self, rows: slice) -> Array:
        """Derivatives in the conditional covariance matrix of the features, of some cases (n, z, z); symmetric."""
        return self.parts.pull(*(piece[rows] for piece in self.pieces))

    @property
    def S_total(self) -> Array:
        """Their sum over all cases (z, z)."""
        return self.parts.pull(*(piece.sum(axis=-3) for piece in self.pieces))


@lru_cache(maxsize=32)
def grid(nodes: int, dimensions: int) -> tuple[Array, Array]:
    """Nodes (J, dimensions) and log weights (J,) for the standard normal density.

    Parameters
    ----------
    nodes : int
        Per dimension.
    dimensions : int
    """
    if not dimensions:
        return np.zeros((1, 0)), np.zeros(1)
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    places = np.stack(np.meshgrid(*[np.arange(nodes)] * dimensions, indexing="ij"), -1).reshape(
        -1, dimensions
    )
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)[places].sum(axis=1)
    keep = log_weights > log_weights.max() + np.log(NEGLIGIBLE)
    return points[places[keep]], log_weights[keep]


@dataclass(frozen=True)
class Conditional:
    """The conditional covariance matrix of the features in the parts that the integral needs.

    ``S_mm = L Lᵀ``, ``W = S_ρm L⁻ᵀ`` and ``C = S_ρρ − W Wᵀ``; only dimensions that u leaves open have a column.
    """

    L: Array
    W: Array
    C: Array
    open: NDArray[np.bool_]  # whether each moderating variable needs nodes (k,)
    square: Array  # L without the rows of known variables

    @classmethod
    def of(cls, S: Array, prior: Array) -> Conditional:
        """The parts of S (z, z); ``prior`` are the variances of the moderating variables."""
        k, lead = prior.shape[-1], S.shape[:-2]
        variance = S.diagonal(axis1=-2, axis2=-1)[..., :k]
        open_ = np.asarray((variance > KNOWN * np.maximum(prior, 0.0)).reshape(-1, k).any(axis=0))
        if (variance < -KNOWN * np.abs(prior)).any():
            raise NotPositiveDefiniteError
        at = np.flatnonzero(open_)
        square = np.zeros((*lead, 0, 0))
        if len(at):
            square = _cholesky(S[..., at[:, None], at])
        L = np.zeros((*lead, k, len(at)))
        L[..., at, :] = square
        W = transposed(np.asarray(np.linalg.solve(square, transposed(S[..., k:, at])), dtype=np.float64))
        return cls(L, W, S[..., k:, k:] - W @ transposed(W), open_, square)

    def pull(self, L_bar: Array, W_bar: Array, C_bar: Array) -> Array:
        """Derivatives in S (…, z, z), symmetric, from those in the parts."""
        k, at = len(self.open), np.flatnonzero(self.open)
        size = k + self.W.shape[-2]
        S = np.zeros((*C_bar.shape[:-2], size, size))
        S[..., k:, k:] = C_bar
        if len(at):
            inverted = inverse(self.square)
            cross = (W_bar - 2.0 * C_bar @ self.W) @ inverted
            L_own = L_bar[..., at, :] - transposed(cross) @ self.W
            phi = np.tril(transposed(self.square) @ L_own)
            phi[..., np.arange(len(at)), np.arange(len(at))] *= 0.5
            own = transposed(inverted) @ phi @ inverted
            S[..., at[:, None], at] = 0.5 * (own + transposed(own))
            S[..., k:, at] = 0.5 * cross
            S[..., at, k:] = 0.5 * transposed(cross)
        return S


def _cholesky(matrix: Array) -> Array:
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise NotPositiveDefiniteError from error


def integrate(reduction: Reduction, z: Array, nodes: int, slopes: bool = True) -> CaseSlopes:
    """``log f(H v | u)`` of every case.

    Parameters
    ----------
    reduction : Reduction
        Its S and dimensions.
    z : array (n, z)
        Features of the cases.
    nodes : int
        Per dimension.
    slopes : bool
        Whether derivatives are wanted.

    Raises
    ------
    NotPositiveDefiniteError
        Where a variance is negative at some node.
    """
    parts = Conditional.of(reduction.S, reduction.prior)
    points, log_weights = grid(nodes, parts.L.shape[-1])
    step = max(CHUNK // (len(points) * math.prod(z.shape[:-2])), 1)
    chunks = [
        _Chunk(reduction, parts, z[..., first : first + step, :], points, log_weights, slopes)
        for first in range(0, z.shape[-2], step)
    ]
    if not slopes:
        return CaseSlopes(np.concatenate([chunk.loglik for chunk in chunks], axis=-1), np.zeros_like(z))
    return IntegralSlopes(parts, chunks)


class _Chunk:
    """Cases by nodes: all arrays are (…, n, J)."""

    def __init__(
        self, of: Reduction, parts: Conditional, z: Array, points: Array, log_weights: Array, slopes: bool
    ) -> None:
        self.k, self.q, self.z_in, self.points, self.parts = of.k, of.q, z, points, parts
        k, q = of.k, of.q
        shifts = points @ transposed(parts.L)  # (…, J, k)
        self.m = [z[..., f, None] + shifts[..., None, :, f] for f in range(k)]
        moved = points @ transposed(parts.W)  # (…, J, q (k + 1))
        self.rho = [
            [z[..., k + f * q + a, None] + moved[..., None, :, f * q + a] for a in range(q)]
            for f in range(k + 1)
        ]
        residual = [self._combined(a) for a in range(q)]
        C = parts.C.reshape(*parts.C.shape[:-2], k + 1, q, k + 1, q)
        variance = [[self._quadratic(C[..., a, :, b]) for b in range(a + 1)] for a in range(q)]
        inverse, log_det = inverse_of(variance)
        kappa = [-np.asarray(sum(lower(inverse, a, b) * residual[b] for b in range(q))) for a in range(q)]
        distance = -np.asarray(sum(kappa[a] * residual[a] for a in range(q)))
        log_f = log_weights - 0.5 * (log_det + distance + q * LOG_2PI)
        top = log_f.max(axis=-1, keepdims=True)
        weight = np.exp(log_f - top)
        total = weight.sum(axis=-1, keepdims=True)
        self.loglik = (top + np.log(total))[..., 0]
        self.posterior = weight / total
        if slopes:
            self._pull(kappa, inverse, C)

    def _combined(self, a: int) -> Array:
        total = self.rho[0][a]
        for f in range(self.k):
            total = total + self.m[f] * self.rho[f + 1][a]
        return total

    def _quadratic(self, C: Array) -> Array:
        """``Σ_fg m_f m_g C_fg`` for matrices (…, k + 1, k + 1)."""
        C = C[..., None, None]
        total: Array = C[..., 0, 0, :, :]
        for f in range(self.k):
            inner: Array = (
                C[..., 0, f + 1, :, :] + C[..., f + 1, 0, :, :] + C[..., f + 1, f + 1, :, :] * self.m[f]
            )
            for g in range(f):
                inner = inner + (C[..., f + 1, g + 1, :, :] + C[..., g + 1, f + 1, :, :]) * self.m[g]
            total = total + self.m[f] * inner
        return np.broadcast_to(total, (*self.z_in.shape[:-1], len(self.points)))

    def _pull(self, kappa: list[Array], inverse: list[list[Array]], C: Array) -> None:
        k, q, d = self.k, self.q, self.points.shape[1]
        n = self.z_in.shape[:-1]
        pi = self.posterior
        r_bar = [pi * kappa[a] for a in range(q)]
        v_bar = [
            [0.5 * (r_bar[a] * kappa[b] - pi * lower(inverse, a, b)) for b in range(a + 1)] for a in range(q)
        ]
        self.z = np.zeros((*n, k + q * (k + 1)))
        self.W = np.zeros((*n, q * (k + 1), d))
        self.C = np.zeros((*n, q * (k + 1), q * (k + 1)))
        self.L = np.zeros((*n, k, d))
        one = [None, *self.m]
        for f in range(k + 1):
            for a in range(q):
                weighted = r_bar[a] if f == 0 else r_bar[a] * self.m[f - 1]
                self.z[..., k + f * q + a] = weighted.sum(axis=-1)
                self.W[..., f * q + a, :] = weighted @ self.points
        for a in range(q):
            for b in range(a + 1):
                for f in range(k + 1):
                    left = v_bar[a][b] if f == 0 else v_bar[a][b] * one[f]
                    for g in range(k + 1):
                        value = (
                            left.sum(axis=-1) if g == 0 else np.einsum("...j,...j->...", left, self.m[g - 1])
                        )
                        self.C[..., f * q + a, g * q + b] = value
                        if a != b:
                            self.C[..., g * q + b, f * q + a] = value
        for f in range(k):
            m_bar = sum(r_bar[a] * self.rho[f + 1][a] for a in range(q))
            for a in range(q):
                for b in range(a + 1):
                    slope = self._slope(C[..., a, :, b] + transposed(C[..., a, :, b]), f)
                    m_bar = m_bar + (1.0 if a == b else 2.0) * v_bar[a][b] * slope
            self.z[..., f] = m_bar.sum(axis=-1)
            self.L[..., f, :] = m_bar @ self.points

    def _slope(self, C: Array, f: int) -> Array:
        """``Σ_g m_g C_fg`` for symmetric matrices."""
        total: Array = C[..., f + 1, 0, None, None]
        for g in range(self.k):
            total = total + C[..., f + 1, g + 1, None, None] * self.m[g]
        return total
