"""Quasi-likelihood of what products lead to, given the normal part: a normal density with the exact moments.

Klein & Muthén (2007): ``f(H v | u)`` is replaced by the normal density with the conditional mean and covariance matrix
that products of normal variables have (Isserlis). With ``δ`` the deviations of the features from their means given u::

    E[ρ]     = ρ̂_0 + Σ_f (m̂_f ρ̂_f + S(m_f, ρ_f))
    Cov[ρ]ab = d_aᵀ S d_b + Σ_fg (S(m_f, m_g) S(ρ_fa, ρ_gb) + S(m_f, ρ_gb) S(ρ_fa, m_g))

where ``d_a`` has 1 at ρ_0a, m̂_f at ρ_fa and ρ̂_fa at m_f.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.interactions.lms_matrices import inverse_of, lower, times, transposed
from comply_measure.sem.interactions.lms_quadrature import CaseSlopes
from comply_measure.sem.interactions.lms_reduction import Reduction
from comply_measure.sem.sample import LOG_2PI


class QuasiSlopes(CaseSlopes):
    """Quasi-log-likelihood of every case given its normal part, with derivatives.

    Parameters
    ----------
    reduction : Reduction
        Its S and dimensions.
    z : array (n, z)
        Features of the cases.

    Raises
    ------
    NotPositiveDefiniteError
        Where a conditional covariance matrix is not positive definite.
    """

    def __init__(self, reduction: Reduction, z: Array) -> None:
        k, q, S = reduction.k, reduction.q, reduction.S
        self.k, self.q, self.S_given = k, q, S
        self.places: Index = k + np.arange(q * (k + 1)).reshape(k + 1, q)
        m = z[..., :k]
        self.d = [self._directions(z, a) for a in range(q)]
        dS = [d @ S for d in self.d]
        fixed = self._fixed()
        cells = [
            [np.einsum("...z,...z->...", dS[a], self.d[b]) + fixed[..., a, b, None] for b in range(a + 1)]
            for a in range(q)
        ]
        inverse, log_det = inverse_of(cells)
        mean = []
        for a in range(q):
            own = z[..., self.places[0, a]] + np.einsum("...f,...f->...", m, z[..., self.places[1:, a]])
            mean.append(own + S[..., np.arange(k), self.places[1:, a]].sum(axis=-1)[..., None])
        kappa = [-np.asarray(sum(lower(inverse, a, b) * mean[b] for b in range(q))) for a in range(q)]
        distance = -np.asarray(sum(kappa[a] * mean[a] for a in range(q)))
        self.kappa = np.stack(kappa, axis=-1)
        self.V = np.empty((*z.shape[:-1], q, q))
        for a in range(q):
            for b in range(q):
                self.V[..., a, b] = 0.5 * (kappa[a] * kappa[b] - lower(inverse, a, b))
        super().__init__(-0.5 * (log_det + distance + q * LOG_2PI), self._features(z, dS))

    def _directions(self, z: Array, a: int) -> Array:
        d = np.zeros_like(z)
        d[..., self.places[0, a]] = 1.0
        d[..., self.places[1:, a]] = z[..., : self.k]
        d[..., : self.k] = z[..., self.places[1:, a]]
        return d

    def _fixed(self) -> Array:
        """The part of the covariance matrix that no case changes (q, q)."""
        S = self.S_given
        total = np.zeros((*S.shape[:-2], self.q, self.q))
        for f in range(self.k):
            for g in range(self.k):
                first, second = self.places[f + 1], self.places[g + 1]
                total += S[..., f, g, None, None] * S[..., first[:, None], second]
                total += S[..., g, first][..., :, None] * S[..., f, second][..., None, :]
        return total

    def _features(self, z: Array, dS: list[Array]) -> Array:
        """Derivatives in the features."""
        out, k = np.zeros_like(z), self.k
        for a in range(self.q):
            own = self.places[1:, a]
            slope = 2.0 * np.asarray(sum(self.V[..., a, b, None] * dS[b] for b in range(self.q)))
            out[..., self.places[0, a]] += self.kappa[..., a]
            out[..., :k] += slope[..., own] + self.kappa[..., a, None] * z[..., own]
            out[..., own] += slope[..., :k] + self.kappa[..., a, None] * z[..., :k]
        return out

    def S(self, rows: slice) -> Array:
        """Derivatives in the conditional covariance matrix of the features, of some cases (n, z, z); symmetric."""
        d = np.stack([each[rows] for each in self.d], axis=1)
        return self._spread(np.swapaxes(d, 1, 2) @ self.V[rows] @ d, self.kappa[rows], self.V[rows])

    @property
    def S_total(self) -> Array:
        """Their sum over all cases (z, z)."""
        pairs = [(a, b) for a in range(self.q) for b in range(self.q)]
        square = sum(transposed(self.V[..., a, b, None] * self.d[a]) @ self.d[b] for a, b in pairs)
        return self._spread(np.asarray(square), self.kappa.sum(axis=-2), self.V.sum(axis=-3))

    def _spread(self, square: Array, kappa: Array, V: Array) -> Array:
        """All that moves the mean and the fixed part, added to the part of the directions."""
        S = self.S_given
        for f in range(self.k):
            square[..., f, self.places[f + 1]] += kappa
            for g in range(self.k):
                first, second = self.places[f + 1], self.places[g + 1]
                square[..., f, g] += (V * S[..., first[:, None], second]).sum(axis=(-2, -1))
                square[..., first[:, None], second] += S[..., f, g, None, None] * V
                square[..., g, first] += times(V, S[..., f, second])
                square[..., f, second] += (S[..., g, first][..., None, :] @ V)[..., 0, :]
        return np.asarray(0.5 * (square + np.swapaxes(square, -1, -2)))
