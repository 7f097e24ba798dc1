"""The discrepancy of a model with products as a function of the free coordinates φ, for optimiser and inference."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.blocks import Component
from comply_measure.sem.implied import Implied
from comply_measure.sem.interactions.lms_likelihood import GroupLikelihood, GroupPoint
from comply_measure.sem.interactions.lms_moments import TotalImplied
from comply_measure.sem.objective import Objective, Point

SAME = 2e-6  # distance, in standard errors, over which a Hessian is one and the same
NEAR = 0.5  # distance, in standard errors, within which a search keeps a Hessian
STEP = 2e-6  # of differences of the model's matrices, in standard errors
FEW = 12  # cases of each pattern that tell the size of a step


@dataclass(frozen=True)
class ProductObjective(Objective):
    """``F(φ) = −2 (Σ_g l_g − l_0) / n``.

    Attributes
    ----------
    likelihoods : tuple of GroupLikelihood
        One per group.
    reference : float
        ``l_0``, which only keeps F of a usual size.
    exact : bool
        Whether the Hessian is that of the point itself. Otherwise the last one serves within half a standard error,
        which is all that a search needs.
    last : list of (array, array)
        The last such θ and Hessian.
    """

    likelihoods: tuple[GroupLikelihood, ...] = ()
    reference: float = 0.0
    exact: bool = True
    last: list[tuple[Array, Array]] = field(default_factory=list, compare=False)

    @property
    def n(self) -> int:
        """Number of cases."""
        return sum(group.n for group in self.likelihoods)

    @property
    def exact_below(self) -> float:
        """The Hessian serves everywhere where it is positive definite: it costs little more than the gradient."""
        return math.inf

    def at(self, phi: Array) -> ProductPoint:
        """The objective at φ; ``value`` is infinite where there is no likelihood."""
        return ProductPoint(self, phi)


class ProductPoint(Point):
    """F at one φ; derivatives are computed on demand and kept."""

    objective: ProductObjective

    def __init__(self, objective: ProductObjective, phi: Array) -> None:
        self.objective = objective
        self.phi = phi
        self.theta = objective.space.expand(phi)
        self.evaluations = []
        self.inverses = {}
        self.value = math.inf
        self.loglik = math.nan
        self.groups: list[GroupPoint] = []
        try:
            self.groups = self._groups(self.theta)
            self.loglik = sum(group.loglik for group in self.groups)
            self.value = -2.0 * (self.loglik - objective.reference) / objective.n
        except (NotPositiveDefiniteError, np.linalg.LinAlgError):
            self.value = math.inf
        if not math.isfinite(self.value):
            self.value = math.inf

    def under(self, objective: ProductObjective) -> ProductPoint:
        """The same point of the same likelihood under an objective with another rule for the Hessian."""
        other = copy(self)
        other.objective, other.inverses = objective, {}
        for name in ("theta_hessian", "hessian_blocks", "hessian"):
            other.__dict__.pop(name, None)
        return other

    @cached_property
    def implied(self) -> list[Implied]:  # type: ignore[override]
        """Means and covariances with the products in them, per group."""
        return [
            TotalImplied(likelihood.equations, self.theta[layout.first : layout.first + layout.q])
            for likelihood, layout in zip(self.objective.likelihoods, self.objective.layouts, strict=True)
        ]

    def _groups(self, theta: Array) -> list[GroupPoint]:
        return [
            likelihood.at(theta[layout.first : layout.first + layout.q])
            for likelihood, layout in zip(self.objective.likelihoods, self.objective.layouts, strict=True)
        ]

    def theta_block(self, kind: str, component: Component) -> Array:
        """Information or Hessian in the parameters of some groups (q, q)."""
        whole = self.theta_information if kind == "information" else self.theta_hessian
        return whole[np.ix_(component.theta, component.theta)]

    @cached_property
    def theta_gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return -2.0 / self.objective.n * self._gradient(self.groups)

    def _gradient(self, groups: list[GroupPoint]) -> Array:
        return np.concatenate([group.gradient() for group in groups])

    @cached_property
    def scores(self) -> Array:
        """Derivatives of the log-likelihood of every case in θ (n, q), group after group."""
        out = np.zeros((self.objective.n, len(self.theta)))
        row = 0
        for group, layout in zip(self.groups, self.objective.layouts, strict=True):
            found = group.scores()
            out[row : row + len(found), layout.first : layout.first + layout.q] = found
            row += len(found)
        return out

    @cached_property
    def theta_information(self) -> Array:
        """Outer products of the scores, Σ s sᵀ / n: stands for half the expected Hessian in the search (q, q)."""
        return self.scores.T @ self.scores / self.objective.n

    @cached_property
    def theta_hessian(self) -> Array:
        """Hessian of F in θ (q, q)."""
        last = self.objective.last
        if last:
            moved, reach = self.theta - last[0][0], SAME if self.objective.exact else NEAR
            if 0.5 * self.objective.n * float(np.abs(moved) @ np.abs(last[0][1]) @ np.abs(moved)) < reach**2:
                return last[0][1]
        out, steps = np.zeros((len(self.theta),) * 2), self._steps()
        for group, layout in zip(self.groups, self.objective.layouts, strict=True):
            own = slice(layout.first, layout.first + layout.q)
            out[own, own] = -2.0 / self.objective.n * group.hessian(steps[own])
        last[:] = [(self.theta, out)]
        return out

    def _steps(self) -> Array:
        """Steps of differences (q,): a part of the error of each parameter, whatever its units."""
        last = self.objective.last
        curvature = 0.5 * last[0][1].diagonal() if last else np.zeros(0)
        if not len(curvature) or not (curvature > 0.0).all():
            curvature = self._squared_scores()
        with np.errstate(divide="ignore"):
            steps = STEP / np.sqrt(self.objective.n * curvature)
        return np.where(np.isfinite(steps), steps, STEP * np.maximum(np.abs(self.theta), 0.1))

    def _squared_scores(self) -> Array:
        """Mean squares of the scores of some cases (q,): all that the size of a step needs."""
        parts = []
        for group in self.groups:
            scores = group.scores(FEW)
            parts.append((scores * scores).mean(axis=0) * group.of.n / self.objective.n)
        return np.concatenate(parts)
