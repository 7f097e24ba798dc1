"""What the optimiser and the inference ask of a discrepancy."""

from __future__ import annotations

from typing import Protocol

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
        """Half the expected Hessian of F (q, q): the expected information per case under ML."""

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q); half of it is the observed information per case under ML."""


class Discrepancy(Protocol):
    """A discrepancy of one group: knows its sample, is evaluated at implied moments."""

    def evaluate(self, implied: Implied) -> Evaluation:
        """The discrepancy at the implied moments (raises NotPositiveDefiniteError)."""
