"""What the optimiser and the inference ask of a discrepancy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeGuard, runtime_checkable

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied


class Evaluation(Protocol):
    """A discrepancy of one group at one θ.

    ``F`` is scaled so that n F is the group's share of χ² (for ML: minus twice the log-likelihood ratio
    against the saturated model, per case).
    """

    @property
    def value(self) -> float:
        """F."""

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""

    def information(self) -> Array:
        """Δᵀ V Δ (q, q): half the expected Hessian of F, the expected information per case under ML.

        Least squares leaves out its factor (n − 1)/n here and counts n − 1 cases in the inference.
        """

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q); half of it is the observed information per case under ML."""


class Discrepancy(Protocol):
    """A discrepancy of one group: knows its sample, is evaluated at implied moments."""

    def evaluate(self, implied: Implied) -> Evaluation:
        """The discrepancy at the implied moments (raises NotPositiveDefiniteError)."""


@dataclass(frozen=True)
class RobustPieces:
    """What robust standard errors and scaled tests need of one group, per case.

    With s the sample moments, V their weight, Δ the derivatives of the implied moments and Γ the
    asymptotic covariance matrix of √n s:

    Attributes
    ----------
    trace : float
        tr(V Γ).
    meat : array (q, q)
        Δᵀ V Γ V Δ.
    trace2 : float
        tr(V Γ V Γ); NaN unless second-order pieces were asked for.
    meat2 : array (q, q) or None
        Δᵀ V Γ V Γ V Δ; None unless asked for.
    """

    trace: float
    meat: Array
    trace2: float = float("nan")
    meat2: Array | None = None


@runtime_checkable
class RobustEvaluation(Protocol):
    """An evaluation that also serves distribution-free standard errors and tests."""

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ; ``second_order`` asks for those of V Γ V Γ too."""


@runtime_checkable
class CurvedEvaluation(Protocol):
    """An evaluation whose weight changes with the data: observed and expected information of the moments differ."""

    def observed_pieces(self, second_order: bool) -> RobustPieces:
        """As :meth:`RobustEvaluation.robust_pieces`, with the observed information of the saturated moments."""

    def hessian_of_moments(self) -> Array:
        """Hessian of F less what the second derivatives of the moments add (q, q)."""


@runtime_checkable
class CasewiseEvaluation(Protocol):
    """An evaluation of a likelihood: knows each case's contribution."""

    def scores(self) -> Array:
        """Gradient of each case's log-likelihood (n, q)."""

    def saturated_trace(self) -> float:
        """tr(A₁⁻¹ B₁) of the saturated model: observed against first-order information, at its optimum."""


class NormalWeight(Protocol):
    """An evaluation whose moments are weighted as under normality, ``V = blockdiag(W, ½ Dᵀ(W ⊗ W)D)``."""

    W: Array
    implied: Implied


class CurvedWeight(Protocol):
    """One that is normal with a likelihood's own curvature: ``Q = W (S + d dᵀ) W − W`` and ``w = W d``."""

    implied: Implied
    W: Array
    w: Array | None

    @property
    def Q(self) -> Array:
        """W (S + d dᵀ) W − W (p, p)."""

    @property
    def information_weight(self) -> Array:
        """What stands in the place of Σ⁻¹ in the information (p, p)."""


class GivenWeight(Protocol):
    """An evaluation whose moments have a weight V that does not depend on θ."""

    factor: float
    discrepancy: WeightedMoments

    @property
    def value(self) -> float:
        """F."""

    @property
    def jacobian(self) -> Array:
        """Δ (moments, q)."""

    @property
    def weighted(self) -> Array:
        """V Δ (moments, q)."""


class WeightedMoments(Protocol):
    """Sample moments with their weight."""

    weight: Array

    @property
    def moments(self) -> ObservedMoments:
        """The moments."""


class ObservedMoments(Protocol):
    """Sample moments as one vector."""

    observed: Array


def _offers(evaluation: object, name: str) -> bool:
    """Whether an evaluation has a property; it is not computed (isinstance with protocols would)."""
    return hasattr(type(evaluation), name) or name in getattr(evaluation, "__dict__", {})


def is_normal(evaluation: object) -> TypeGuard[NormalWeight]:
    """Whether moments are weighted as under normality."""
    return _offers(evaluation, "W")


def is_curved(evaluation: object) -> TypeGuard[CurvedWeight]:
    """Whether they are, with the curvature of a likelihood."""
    return _offers(evaluation, "information_weight")


def is_given(evaluation: object) -> TypeGuard[GivenWeight]:
    """Whether their weight does not depend on θ."""
    return _offers(evaluation, "weighted")
