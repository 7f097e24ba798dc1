"""Normal-theory maximum likelihood.

``F = log|Σ| + tr(S Σ⁻¹) − log|S| − p + (m − μ)ᵀ Σ⁻¹ (m − μ)`` (Jöreskog, 1967), S with divisor n.

With ``W = Σ⁻¹``, ``d = m − μ``, ``w = W d`` and ``Q = W (S + d dᵀ) W − W``::

    dF = −tr(Q dΣ) − 2 wᵀ dμ
    ½ E[∂²F/∂a∂b] = ½ tr(W ∂_aΣ W ∂_bΣ) + ∂_aμᵀ W ∂_bμ

and every trace is a sum of products of entries of ``Hᵀ W H`` (see :mod:`comply_measure.sem.implied`).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.discrepancy.base import RobustPieces
from comply_measure.sem.discrepancy.casewise import Deviations, group_deviations
from comply_measure.sem.discrepancy.curvature import second_derivatives, second_order_part
from comply_measure.sem.discrepancy.observed_moments import observed_pieces
from comply_measure.sem.implied import Implied
from comply_measure.sem.sample import GroupSample


class MLDiscrepancy:
    """Maximum likelihood for one group of complete data or of given moments.

    Parameters
    ----------
    sample : GroupSample
        The moments, and the cases where casewise statistics are asked for.
    exogenous : tuple of str
        Fixed exogenous variables.
    """

    def __init__(self, sample: GroupSample, exogenous: tuple[str, ...] = ()) -> None:
        self.sample = sample
        self.exogenous = exogenous
        self.cov = sample.cov
        self.mean = sample.mean
        self.saturated = sample.inverse_logdet[1] + sample.p

    @cached_property
    def deviations(self) -> Deviations:
        """Casewise deviations from the sample moments."""
        return group_deviations(self.sample, self.exogenous)

    def evaluate(self, implied: Implied) -> MLEvaluation:
        """F at the implied moments (raises NotPositiveDefiniteError)."""
        return MLEvaluation(self, implied)


class MLEvaluation:
    """F and its derivatives at one θ."""

    def __init__(self, discrepancy: MLDiscrepancy, implied: Implied) -> None:
        self.implied = implied
        self.discrepancy = discrepancy
        self.W = implied.inverse
        self.second_moment = discrepancy.cov
        if implied.mu is not None and discrepancy.mean is not None:
            d = discrepancy.mean - implied.mu
            self.w: Array | None = self.W @ d
            self.second_moment = discrepancy.cov + np.outer(d, d)
        else:
            self.w = None
        trace = float(np.vdot(self.second_moment, self.W))
        self.value = implied.logdet + trace - discrepancy.saturated

    @cached_property
    def Q(self) -> Array:
        """W (S + d dᵀ) W − W (p, p)."""
        return self.W @ self.second_moment @ self.W - self.W

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return self.implied.gradient(-self.Q, None if self.w is None else -2.0 * self.w)

    @cached_property
    def looked_up(self) -> tuple[Array, Array, Array]:
        """``u_aᵀ W u_b``, ``v_aᵀ W v_b`` and ``u_aᵀ W v_b`` for all pairs of parameters, three (q, q)."""
        return pair_products(self.implied, self.implied.sandwich(self.W))

    @property
    def information_weight(self) -> Array:
        """What stands in the place of Σ⁻¹ in the information (p, p)."""
        return self.W

    def information(self) -> Array:
        """Expected information per case (q, q)."""
        return expected_information(self.implied, self.W, self.looked_up)

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q)."""
        return 2.0 * self.information() + second_order_part(
            self.implied, self.W, self.Q, self.w, self.looked_up
        )

    def hessian_of_moments(self) -> Array:
        """Hessian of F less what the moments' own second derivatives add: Δᵀ (∂²F/∂σ∂σᵀ) Δ (q, q)."""
        slope = None if self.w is None else 2.0 * self.w
        return self.hessian() + second_derivatives(self.implied, self.Q, slope)

    def observed_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ, the weight being the observed information of the moments at Σ."""
        return observed_pieces(self, self.discrepancy.deviations, second_order)

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ, the weight being normal-theory at Σ."""
        return self.discrepancy.deviations.pieces(self.implied, self.W, second_order)

    def scores(self) -> Array:
        """Gradient of each case's weighted log-likelihood (n, q); without a mean structure at the sample means."""
        implied, layout = self.implied, self.implied.layout
        y = self.discrepancy.deviations.z
        if implied.mu is not None and self.discrepancy.mean is not None:
            y = y + (self.discrepancy.mean - implied.mu)
        H = implied.project(y @ self.W)
        product = implied.sandwich(self.W)[layout.u, layout.v]
        total = layout.kappa * (H[:, layout.u] * H[:, layout.v] - product)
        if layout.has_mean:
            total += H[:, layout.mean_column] * implied.mean_scale
        return weighed(np.asarray(total), self.discrepancy.sample.weights)

    def saturated_trace(self) -> float:
        """tr(A₁⁻¹ B₁) of the saturated model."""
        inverse = self.discrepancy.sample.inverse_logdet[0]
        return self.discrepancy.deviations.trace(inverse, self.implied.layout.has_mean)


def pair_products(implied: Implied, product: Array) -> tuple[Array, Array, Array]:
    """Entries uu, vv and uv of ``Hᵀ M H`` for all pairs of parameters.

    Parameters
    ----------
    implied : Implied
        Gives the column pairs.
    product : array (p + 2k, p + 2k)
        Hᵀ M H.
    """
    u, v = implied.layout.u, implied.layout.v
    by_u, by_v = product[u], product[v]
    return by_u[:, u], by_v[:, v], by_u[:, v]


def expected_information(implied: Implied, W: Array, looked_up: tuple[Array, Array, Array]) -> Array:
    """½ tr(W ∂_aΣ W ∂_bΣ) + ∂_aμᵀ W ∂_bμ for all pairs (q, q).

    Parameters
    ----------
    implied : Implied
        Moments and columns.
    W : array (p, p)
        Weight, Σ⁻¹ under ML.
    looked_up : three arrays (q, q)
        From :func:`pair_products` with W.
    """
    uu, vv, uv = looked_up
    kappa = implied.layout.kappa
    information = (uu * vv + uv * uv.T) * kappa * kappa[:, None]
    if implied.layout.has_mean:
        D = mean_derivatives(implied)
        information += D.T @ (W @ D)
    return information


def mean_derivatives(implied: Implied) -> Array:
    """∂μ/∂θ (p, q)."""
    return implied.mean_derivatives()
