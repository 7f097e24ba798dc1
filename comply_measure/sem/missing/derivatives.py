"""Derivatives of the moments with respect to parameters, in their rank-two form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.missing.patterns import FloatArray


@dataclass(frozen=True, slots=True)
class MomentDerivatives:
    """``∂Σ/∂θ_a = u_a v_aᵀ + v_a u_aᵀ`` and ``∂μ/∂θ_a = d_a``.

    Attributes
    ----------
    left, right : (p, q) float arrays
        Columns ``u_a`` and ``v_a``; the halved one carries the ½ of a variance.
    mean : (p, q) float array
        Columns ``d_a``.
    """

    left: FloatArray
    right: FloatArray
    mean: FloatArray

    @property
    def n_parameters(self) -> int:
        """Number of parameters, q."""
        return int(self.left.shape[1])

    def contract(self, covariance: FloatArray, mean: FloatArray) -> FloatArray:
        """Gradient ``tr(G ∂_aΣ) + gᵀ ∂_aμ`` for a symmetric ``G``; (q,) array."""
        through_sigma = 2.0 * np.einsum("pa,pa->a", self.left, covariance @ self.right)
        return np.asarray(through_sigma + mean @ self.mean)


def trace_pairs(derivatives: MomentDerivatives, first: FloatArray, second: FloatArray) -> FloatArray:
    """``tr(∂_aΣ A ∂_bΣ B)`` for all pairs of parameters.

    With ``∂_aΣ = u_a v_aᵀ + v_a u_aᵀ`` the trace is
    ``(v_aᵀA u_b)(v_bᵀB u_a) + (v_aᵀA v_b)(u_bᵀB u_a) + (u_aᵀA u_b)(v_bᵀB v_a) + (u_aᵀA v_b)(u_bᵀB v_a)``.

    Parameters
    ----------
    derivatives : MomentDerivatives
    first, second : (p, p) float arrays
        ``A`` and ``B``, symmetric.

    Returns
    -------
    (q, q) float array
        Symmetric only if ``A = B``; entry (a, b) is the trace above.
    """
    u, v = derivatives.left, derivatives.right
    au, av, bu, bv = first @ u, first @ v, second @ u, second @ v
    total = (v.T @ au) * (u.T @ bv)
    total += (v.T @ av) * (u.T @ bu)
    total += (u.T @ au) * (v.T @ bv)
    total += (u.T @ av) * (v.T @ bu)
    return np.asarray(total)
