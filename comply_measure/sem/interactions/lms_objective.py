"""The discrepancy of a model with products as a function of the free coordinates φ, for optimiser and inference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.blocks import Component
from comply_measure.sem.implied import Implied
from comply_measure.sem.interactions.lms_likelihood import GroupLikelihood, GroupPoint
from comply_measure.sem.interactions.lms_moments import TotalImplied
from comply_measure.sem.objective import Objective, Point

NEAR = 0.5  # distance, in standard errors, within which a search keeps a Hessian
STEP = 2e-6  # of differences of the gradient, in standard errors
MANY = 40  # cases for each parameter from which on a sample is large
TOGETHER = 10_000  # cases times steps that are worked on at once


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
        """In large samples outer products of the scores do nearly to the end, and cost less than the Hessian."""
        return 1.0 / self.n if self.n > MANY * len(self.space.k0) else super().exact_below

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
        """Hessian of F in θ by differences of the exact gradient (q, q)."""
        last = self.objective.last
        if last and not self.objective.exact:
            moved = self.theta - last[0][0]
            if 0.5 * self.objective.n * abs(float(moved @ last[0][1] @ moved)) < NEAR**2:
                return last[0][1]
        out, steps = np.zeros((len(self.theta),) * 2), self._steps()
        for group, layout in zip(self.groups, self.objective.layouts, strict=True):
            own = slice(layout.first, layout.first + layout.q)
            rows = _differences(group, self.theta[own], steps[own])
            out[own, own] = -1.0 / self.objective.n * (rows + rows.T)
        last[:] = [(self.theta, out)]
        return out

    def _steps(self) -> Array:
        """Steps of differences (q,): a part of the error of each parameter, whatever its units."""
        last = self.objective.last
        curvature = 0.5 * last[0][1].diagonal() if last else np.zeros(0)
        if not len(curvature) or not (curvature > 0.0).all():
            curvature = self.theta_information.diagonal()
        with np.errstate(divide="ignore"):
            steps = STEP / np.sqrt(self.objective.n * curvature)
        return np.where(np.isfinite(steps), steps, STEP * np.maximum(np.abs(self.theta), 0.1))


def _differences(at: GroupPoint, theta: Array, steps: Array) -> Array:
    """Derivatives of the gradient of a group's log-likelihood, a row per parameter (q, q).

    One-sided: standard errors are right to a few parts in ten million.
    """
    rows, here = np.zeros((len(theta), len(theta))), at.gradient()
    moved = theta + np.diag(steps)
    at_once = max(TOGETHER // max(at.of.n, 1), 1)
    for first in range(0, len(theta), at_once):
        few = slice(first, first + at_once)
        rows[few] = at.of.at(moved[few]).gradient() - here
    return np.asarray(rows / (moved.diagonal() - theta)[:, None])
