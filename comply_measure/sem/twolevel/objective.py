"""The two-level discrepancy as a function of the free coordinates φ, for the optimiser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.blocks import Component
from comply_measure.sem.discrepancy.curvature import second_order_part
from comply_measure.sem.discrepancy.fiml import implied_mean, moment_derivatives
from comply_measure.sem.implied import Implied
from comply_measure.sem.objective import Objective, Point
from comply_measure.sem.twolevel.incomplete import Clusters
from comply_measure.sem.twolevel.information import (
    TwoLevelDerivatives,
    expected_information,
    observed_information,
)
from comply_measure.sem.twolevel.likelihood import LevelSlopes, TwoLevelMoments, slopes


@dataclass(frozen=True)
class TwoLevelObjective(Objective):
    """``F(φ) = −2 Σ_g (l_g − l_sat,g) / n``; layouts come in pairs, within and between, group by group.

    Attributes
    ----------
    samples : tuple of TwoLevelSample or IncompleteClusters
        One per group.
    saturated : tuple of float
        Log-likelihood of unrestricted moments, per group.
    """

    samples: tuple[Clusters, ...] = ()
    saturated: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        """Number of cases."""
        return sum(sample.n for sample in self.samples)

    @property
    def together(self) -> tuple[tuple[int, ...], ...]:
        """The two levels of a group share its likelihood."""
        return tuple((2 * g, 2 * g + 1) for g in range(len(self.samples)))

    def at(self, phi: Array) -> TwoLevelPoint:
        """The objective at φ; ``value`` is infinite where a covariance matrix is not positive definite."""
        return TwoLevelPoint(self, phi)


class TwoLevelPoint(Point):
    """F at one φ; derivatives are computed on demand and kept."""

    objective: TwoLevelObjective

    def __init__(self, objective: TwoLevelObjective, phi: Array) -> None:
        self.objective = objective
        self.phi = phi
        self.theta = objective.space.expand(phi)
        self.evaluations = []
        self.inverses = {}
        self.slopes: list[LevelSlopes] = []
        self.implied = [
            layout.at(self.theta[layout.first : layout.first + layout.q]) for layout in objective.layouts
        ]
        self.value = math.inf
        try:
            total = 0.0
            for g, (sample, saturated) in enumerate(zip(objective.samples, objective.saturated, strict=True)):
                at = slopes(sample, level_moments(sample, *self.levels(g)))
                self.slopes.append(at)
                total += at.loglik - saturated
            self.value = -2.0 * total / objective.n if math.isfinite(total) else math.inf
        except (NotPositiveDefiniteError, np.linalg.LinAlgError):
            self.value = math.inf

    def levels(self, group: int) -> tuple[Implied, Implied]:
        """Implied moments of both levels of a group."""
        return self.implied[2 * group], self.implied[2 * group + 1]

    def derivatives(self, group: int) -> TwoLevelDerivatives:
        """Derivatives of both levels' moments of a group."""
        within, between = self.levels(group)
        return TwoLevelDerivatives(moment_derivatives(within), moment_derivatives(between))

    def place(self, group: int) -> slice:
        """Where the group's parameters stand in θ."""
        pair = [layout for layout in self.objective.layouts[2 * group : 2 * group + 2] if layout.q]
        return slice(pair[0].first, pair[-1].first + pair[-1].q) if pair else slice(0, 0)

    def theta_block(self, kind: str, component: Component) -> Array:
        """Information or Hessian in the parameters of some groups (q, q)."""
        whole = self.theta_information if kind == "information" else self.theta_hessian
        return whole[np.ix_(component.theta, component.theta)]

    @cached_property
    def theta_gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        scale = -2.0 / self.objective.n
        parts = []
        for g, (sample, at) in enumerate(zip(self.objective.samples, self.slopes, strict=True)):
            within, between = self.levels(g)
            parts.append(within.gradient(scale * at.within, scale * at.mean[sample.within]))
            parts.append(between.gradient(scale * at.between, scale * at.mean[sample.between]))
        return np.concatenate(parts)

    @cached_property
    def theta_information(self) -> Array:
        """Half the expected Hessian of F in θ (q, q)."""
        total = np.zeros((len(self.theta),) * 2)
        for g, (sample, at) in enumerate(zip(self.objective.samples, self.slopes, strict=True)):
            place = self.place(g)
            total[place, place] = expected_information(sample, at, self.derivatives(g)) / self.objective.n
        return total

    @cached_property
    def theta_hessian(self) -> Array:
        """Exact Hessian of F in θ (q, q)."""
        n = self.objective.n
        total = np.zeros((len(self.theta),) * 2)
        for g, (sample, at) in enumerate(zip(self.objective.samples, self.slopes, strict=True)):
            place = self.place(g)
            total[place, place] = 2.0 / n * observed_information(sample, at, self.derivatives(g))
            within, between = self.levels(g)
            for implied, slope, mean in (
                (within, at.within, at.mean[sample.within]),
                (between, at.between, at.mean[sample.between]),
            ):
                layout = implied.layout
                own = slice(layout.first, layout.first + layout.q)
                total[own, own] += curved_part(implied, 2.0 / n * slope, mean / n)
        return total


def level_moments(sample: Clusters, within: Implied, between: Implied) -> TwoLevelMoments:
    """Implied moments of both levels; the means of a variable in both levels add up."""
    mean = np.zeros(sample.p)
    mean[sample.within] += implied_mean(within)
    mean[sample.between] += implied_mean(between)
    return TwoLevelMoments(within.sigma, between.sigma, mean)


def curved_part(implied: Implied, Q: Array, w: Array) -> Array:
    """``−tr(Q ∂²Σ) − 2 wᵀ ∂²μ`` for all pairs of a level's parameters (q, q)."""
    layout = implied.layout
    none = np.zeros((layout.q, layout.q))
    return second_order_part(
        implied, np.zeros((layout.p, layout.p)), Q, w if layout.has_mean else None, (none, none, none)
    )
