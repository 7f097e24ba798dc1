"""The weighted sum of the groups' discrepancies as a function of the free coordinates φ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.blocks import BlockMatrix, Component, components_of
from comply_measure.sem.discrepancy.base import CurvedEvaluation, Discrepancy, Evaluation
from comply_measure.sem.implied import Implied, Layout
from comply_measure.sem.table.space import Space

EXACT_BELOW = 0.05


@dataclass(frozen=True)
class Objective:
    """F(φ) = Σ_g (n_g / n) F_g(θ(φ)).

    Attributes
    ----------
    layouts : tuple of Layout
        One per group.
    discrepancies : tuple of Discrepancy
        One per group.
    weights : tuple of float
        Share of each group in the cases.
    space : Space
        The map from φ to θ.
    """

    layouts: tuple[Layout, ...]
    discrepancies: tuple[Discrepancy, ...]
    weights: tuple[float, ...]
    space: Space

    @property
    def exact_below(self) -> float:
        """Predicted gain in F below which a search tries the exact Hessian."""
        return EXACT_BELOW

    @property
    def together(self) -> tuple[tuple[int, ...], ...]:
        """Layouts that belong to one likelihood; each alone unless a family says otherwise."""
        return ()

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Groups that hang together by common parameters."""
        slices = [slice(layout.first, layout.first + layout.q) for layout in self.layouts]
        return tuple(components_of(self.space, slices, self.together))

    def at(self, phi: Array) -> Point:
        """The objective at φ; ``value`` is infinite where Σ is not positive definite."""
        return Point(self, phi)


class Point:
    """F at one φ; derivatives are computed on demand and kept."""

    def __init__(self, objective: Objective, phi: Array) -> None:
        self.objective = objective
        self.phi = phi
        self.theta = objective.space.expand(phi)
        self.implied: list[Implied] = []
        self.evaluations: list[Evaluation] = []
        self.inverses: dict[str, Any] = {}  # inverse information by kind, kept by the inference
        self.value = math.inf
        try:
            total = 0.0
            for layout, discrepancy, weight in zip(
                objective.layouts, objective.discrepancies, objective.weights, strict=True
            ):
                implied = layout.at(self.theta[layout.first : layout.first + layout.q])
                evaluation = discrepancy.evaluate(implied)
                self.implied.append(implied)
                self.evaluations.append(evaluation)
                total += weight * evaluation.value
            self.value = total if math.isfinite(total) else math.inf
        except (NotPositiveDefiniteError, np.linalg.LinAlgError):
            self.value = math.inf

    def _blocks(self, parts: Sequence[Array]) -> Array:
        q = len(self.theta)
        if len(parts) == 1:
            return self.objective.weights[0] * parts[0]
        total = np.zeros((q, q))
        for layout, weight, part in zip(self.objective.layouts, self.objective.weights, parts, strict=True):
            stop = layout.first + layout.q
            total[layout.first : stop, layout.first : stop] = weight * part
        return total

    @cached_property
    def theta_gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        parts = [
            weight * evaluation.gradient()
            for weight, evaluation in zip(self.objective.weights, self.evaluations, strict=True)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @cached_property
    def theta_information(self) -> Array:
        """Half the expected Hessian of F in θ (q, q)."""
        return self._blocks([evaluation.information() for evaluation in self.evaluations])

    @cached_property
    def theta_hessian(self) -> Array:
        """Exact Hessian of F in θ (q, q)."""
        return self._blocks([evaluation.hessian() for evaluation in self.evaluations])

    @cached_property
    def gradient(self) -> Array:
        """∂F/∂φ (r,)."""
        return self.objective.space.gradient(self.theta_gradient)

    def theta_block(self, kind: str, component: Component) -> Array:
        """Information or Hessian in the parameters of some groups (q, q)."""
        size = len(component.theta)
        if len(component.groups) == 1:
            g = component.groups[0]
            own: Array = getattr(self.evaluations[g], kind)()
            return self.objective.weights[g] * own
        total, first = np.zeros((size, size)), 0
        for g in component.groups:
            stop = first + self.objective.layouts[g].q
            total[first:stop, first:stop] = self.objective.weights[g] * getattr(self.evaluations[g], kind)()
            first = stop
        return total

    def _by_component(self, kind: str) -> BlockMatrix:
        components = self.objective.components
        blocks = tuple(c.space.curvature(self.theta_block(kind, c)) for c in components)
        return BlockMatrix(len(self.phi), tuple(c.phi for c in components), blocks)

    @cached_property
    def information_blocks(self) -> BlockMatrix:
        """Half the expected Hessian of F in φ, by groups that hang together."""
        return self._by_component("information")

    @cached_property
    def hessian_blocks(self) -> BlockMatrix:
        """Exact Hessian of F in φ, by groups that hang together."""
        return self._by_component("hessian")

    @cached_property
    def information(self) -> Array:
        """Half the expected Hessian of F in φ (r, r)."""
        return self.information_blocks.dense()

    @cached_property
    def hessian(self) -> Array:
        """Exact Hessian of F in φ (r, r)."""
        return self.hessian_blocks.dense()

    @property
    def is_curved(self) -> bool:
        """Whether observed and expected information of the saturated moments differ, in all groups."""
        return all(isinstance(evaluation, CurvedEvaluation) for evaluation in self.evaluations)

    @property
    def hessian_of_moments(self) -> Array:
        """Hessian of F in φ without the second derivatives of the moments (r, r), where :attr:`is_curved`."""
        parts = [e.hessian_of_moments() for e in self.evaluations if isinstance(e, CurvedEvaluation)]
        return self.objective.space.curvature(self._blocks(parts))
