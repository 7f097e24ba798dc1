"""Two-stage estimation with missing values (Savalei & Bentler, 2009; Yuan & Lu, 2008).

The first stage estimates the saturated means and covariances by full-information maximum likelihood, the
second fits the model to them as if they came from complete data. Their asymptotic covariance matrix is
that of the first stage,

* ``Γ = n A⁻¹`` (``two.stage``, normal data) or
* ``Γ = n A⁻¹ (Σ_i s_i s_iᵀ) A⁻¹`` (``robust.two.stage``, any data),

with A the observed information about the saturated moments and ``s_i`` the casewise scores. Standard errors
and the test are then those of Satorra & Bentler, with the normal-theory weight V at the saturated moments,
as in lavaan.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.base import RobustPieces
from comply_measure.sem.discrepancy.curvature import second_order_part
from comply_measure.sem.discrepancy.fiml import moment_derivatives
from comply_measure.sem.discrepancy.ml import (
    MLDiscrepancy,
    MLEvaluation,
    expected_information,
    pair_products,
)
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.missing.sample import IncompleteGroup
from comply_measure.sem.missing.saturated_information import complete_information, dual_derivatives


class TwoStageDiscrepancy(MLDiscrepancy):
    """The ML discrepancy from saturated moments of incomplete data.

    Parameters
    ----------
    group : IncompleteGroup
        The group's cases and saturated moments.
    exogenous : tuple of str
        Fixed exogenous variables.
    robust : bool
        Whether Γ allows for data that are not normal.
    """

    def __init__(self, group: IncompleteGroup, exogenous: tuple[str, ...] = (), robust: bool = True) -> None:
        super().__init__(group, exogenous)
        self.group = group
        self.robust = robust

    def evaluate(self, implied: Implied) -> TwoStageEvaluation:
        """F at the implied moments (raises NotPositiveDefiniteError)."""
        return TwoStageEvaluation(self, implied)


class TwoStageEvaluation(MLEvaluation):
    """F and its derivatives at one θ, with the weight at the saturated moments."""

    discrepancy: TwoStageDiscrepancy

    @property
    def information_weight(self) -> Array:
        """Inverse of the saturated covariance matrix (p, p)."""
        return self.discrepancy.sample.inverse_logdet[0]

    def information(self) -> Array:
        """Δᵀ V Δ per case (q, q)."""
        weight = self.information_weight
        looked_up = pair_products(self.implied, self.implied.sandwich(weight))
        return expected_information(self.implied, weight, looked_up)

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q)."""
        expected = expected_information(self.implied, self.W, self.looked_up)
        return 2.0 * expected + second_order_part(self.implied, self.W, self.Q, self.w, self.looked_up)

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """tr(V Γ) and Δᵀ V Γ V Δ."""
        if second_order:
            raise ModelError("two-stage estimation has the Satorra–Bentler test only")
        at, n = self.discrepancy.group.inference(self.discrepancy.exogenous), self.discrepancy.group.n
        weight = self.discrepancy.sample.inverse_logdet[0]
        weighted = complete_information(at.sigma, dual_derivatives(weight, moment_derivatives(self.implied)))
        if self.discrepancy.robust:
            along = weighted.T @ at.influence
            return RobustPieces(float(np.vdot(at.weighted_influence, at.influence)), n * (along @ along.T))
        return RobustPieces(at.trace_of_complete, n * (weighted.T @ at.solve(weighted)))
