"""Weighted least squares between sample and implied thresholds, correlations and variances.

``F = (n − 1)/n · (s − m(θ))ᵀ W (s − m(θ))`` with W = Γ⁻¹ (WLS), the inverse of its diagonal (DWLS) or the
identity (ULS); n F is the group's share of χ². The factor (n − 1)/n is lavaan's. W takes cases for independent;
errors and scaled tests rest on the Γ of what is drawn independently, cases or clusters.
"""

from __future__ import annotations

from functools import cached_property
from typing import cast

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.base import RobustPieces
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.ordinal.layout import OrdinalImplied
from comply_measure.sem.ordinal.robust import WeightedGamma
from comply_measure.sem.ordinal.sample import OrdinalGroup


class OrdinalDiscrepancy:
    """Weighted least squares for one group with ordered variables.

    Parameters
    ----------
    sample : OrdinalGroup
    kind : str
        ``wls``, ``dwls`` or ``uls``.

    Attributes
    ----------
    n_inference : float
        Cases for standard errors and fit indices, n − 1 (as in lavaan).
    """

    def __init__(self, sample: OrdinalGroup, kind: str) -> None:
        self.sample = sample
        self.statistics = sample.statistics
        self.factor = (sample.n - 1.0) / sample.n
        self.n_inference = sample.n - 1.0
        self.weights = weights_for(sample, kind)

    @property
    def n_pairs(self) -> int:
        """Number of correlations, which stand last among the statistics."""
        p = len(self.sample.moments.names)
        return p * (p - 1) // 2

    @cached_property
    def weighted_gamma(self) -> WeightedGamma:
        """W and Γ with their products."""
        return WeightedGamma(self.weights, self.sample.spread, self.n_pairs)

    def independence_value(self) -> float:
        """F of the model of uncorrelated variables, its thresholds, slopes and variances being free.

        Under a diagonal W these fit exactly and the correlations r leave ``rᵀ W r``; under a full W they
        adapt, which leaves the Schur complement ``rᵀ (W₂₂ − W₂₁ W₁₁⁻¹ W₁₂) r``.
        """
        first = len(self.statistics) - self.n_pairs
        r, W = self.statistics[first:], self.weights
        if W.ndim == 1:
            return self.factor * float(r @ (W[first:] * r))
        pull = W[:first, first:] @ r
        adapted = float(pull @ np.linalg.solve(W[:first, :first], pull))
        return self.factor * (float(r @ W[first:, first:] @ r) - adapted)

    def evaluate(self, implied: Implied) -> OrdinalEvaluation:
        """F at the implied moments, thresholds among them."""
        return OrdinalEvaluation(self, cast(OrdinalImplied, implied))


def weights_for(sample: OrdinalGroup, kind: str) -> Array:
    """W as a diagonal (D,) for DWLS and ULS, as a matrix (D, D) for WLS.

    Raises
    ------
    ModelError
        If Γ has no inverse (WLS), as with more statistics than cases.
    """
    size = len(sample.statistics)
    if kind == "uls":
        return np.ones(size)
    gamma = sample.gamma
    if kind == "dwls":
        return np.asarray(1.0 / gamma.diagonal())
    place = f" in group '{sample.name}'" if sample.name else ""
    if sample.n_cases <= size:
        raise ModelError(
            f"WLS needs more cases than statistics{place}: {sample.n_cases} cases, {size} statistics; use WLSMV"
        )
    try:
        root = np.linalg.inv(np.linalg.cholesky(gamma.dense()))
    except np.linalg.LinAlgError:
        message = f"the weight matrix of WLS cannot be inverted{place}; use WLSMV"
        raise ModelError(message) from None
    return np.asarray(root.T @ root)


class OrdinalEvaluation:
    """F and its derivatives at one θ."""

    def __init__(self, discrepancy: OrdinalDiscrepancy, implied: OrdinalImplied) -> None:
        self.implied = implied
        self.discrepancy = discrepancy
        self.sample = discrepancy.sample
        self.weights = discrepancy.weights
        self.factor = discrepancy.factor
        self.residual = discrepancy.statistics - implied.moments
        w = self.weights
        self.pull = w @ self.residual if w.ndim == 2 else w * self.residual
        self.value = self.factor * float(self.residual @ self.pull)

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return self.implied.pulled_gradient(-2.0 * self.factor * self.pull)

    @cached_property
    def gram(self) -> Array:
        """``Jᵀ W J`` (q, q)."""
        return self.implied.jacobian.gram(self.weights)

    def information(self) -> Array:
        """``Jᵀ W J``, the expected information per case of least squares (without the factor (n − 1)/n)."""
        return self.gram

    def hessian(self) -> Array:
        """Gauss-Newton Hessian of F (q, q): second derivatives of the moments are left out."""
        return np.asarray(2.0 * self.factor * self.gram)

    @cached_property
    def _side(self) -> Array:
        """Γ's root, or Γ, times W J: kept, because errors and tests both need it."""
        return self.discrepancy.weighted_gamma.side(self.implied.jacobian)

    @cached_property
    def _meat(self) -> Array:
        """``Jᵀ W Γ W J``."""
        return self.discrepancy.weighted_gamma.meat(self.implied.jacobian, self._side)

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ (see :mod:`comply_measure.sem.ordinal.robust`)."""
        known = self.discrepancy.weighted_gamma
        meat = self._meat
        twice = known.double_meat(self._side) if second_order else None
        square = known.trace_squared if second_order else float("nan")
        return RobustPieces(known.trace, meat, square, twice)
