r"""The linear system of unit-level latent variables: order, disturbance variances, covariances.

Each latent variable is standardised,

.. math::
   \eta_j &= \sum_k \beta_{jk}\eta_k
             + \sum_m \delta_m(\eta_{p_m}\eta_{q_m} - \sigma_{p_m q_m}) + \psi_j\zeta_j \\
   \psi_j^2 &= 1 - \mathrm{Var}(\text{explained}).

Variables in a product must be normal (no product stands behind them). Then products have mean zero after
centring, are uncorrelated with every normal variable, and (Isserlis, 1918)
:math:`\mathrm{Cov}(\eta_a\eta_b, \eta_c\eta_d) = \sigma_{ac}\sigma_{bd} + \sigma_{ad}\sigma_{bc}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from comply_measure.simulation.faults import Fault
from comply_measure.simulation.schema import (
    AmountVariable,
    ConstructSpec,
    Moderation,
    OrderedVariable,
    PopulationSpec,
)

ALIGNMENT = "alignment"


@dataclass(frozen=True, slots=True)
class Node:
    """One unit-level latent variable.

    Parameters
    ----------
    name : str
        Key of the variable.
    paths : tuple of (str, float)
        Predictors with standardised coefficients.
    products : tuple of Moderation
        Moderated effects.
    firm_share : float
        Share of the disturbance's variance that all units of a firm have in common.
    residual_sd : float
        Standard deviation of the disturbance.
    mixing : tuple of (str, float)
        The standardised disturbance as a sum of independent normals named after variables (Cholesky row).
    gaussian : bool
        False if a product of variables stands behind this one.
    """

    name: str
    paths: tuple[tuple[str, float], ...]
    products: tuple[Moderation, ...]
    firm_share: float
    residual_sd: float
    mixing: tuple[tuple[str, float], ...]
    gaussian: bool


@dataclass(frozen=True, slots=True)
class UnitModel:
    """All unit-level latent variables in causal order, with their covariance matrix (n×n)."""

    nodes: tuple[Node, ...]
    covariance: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, ...]:
        """Keys in causal order."""
        return tuple(node.name for node in self.nodes)

    def index(self, name: str) -> int:
        """Position of a variable."""
        return self.names.index(name)

    def covariance_of(self, one: str, other: str) -> float:
        """Covariance (correlation: all variances are 1) of two variables."""
        return float(self.covariance[self.index(one), self.index(other)])


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    paths: dict[str, float]
    products: tuple[Moderation, ...]
    firm_share: float
    place: tuple[str, ...]

    @property
    def parents(self) -> set[str]:
        return set(self.paths) | {name for m in self.products for name in (m.predictor, m.moderator)}


def _drafts(spec: PopulationSpec) -> list[_Draft]:
    """Every unit-level latent variable of the file, in the order of the file."""
    drafts = [
        _Draft(name, {}, (), variable.firm_share, ("unit_variables", name))
        for name, variable in spec.unit_variables.items()
        if isinstance(variable, (OrderedVariable, AmountVariable))
    ]
    top = spec.alignment
    drafts.append(_Draft(ALIGNMENT, dict(top.predictors), (), top.firm_share, (ALIGNMENT,)))
    drafts += [
        _Draft(key, {ALIGNMENT: part.loading}, (), part.firm_share, ("dimensions", key))
        for key, part in spec.dimensions.items()
    ]
    drafts += [_construct_draft(key, part) for key, part in spec.constructs.items()]
    return drafts


def _construct_draft(key: str, part: ConstructSpec) -> _Draft:
    return _Draft(key, dict(part.paths), part.moderations, part.firm_share, ("constructs", key))


def latent_names(spec: PopulationSpec) -> tuple[str, ...]:
    """Names that paths, coefficients and predictors may refer to."""
    return tuple(draft.name for draft in _drafts(spec))


def build_unit_model(spec: PopulationSpec) -> tuple[UnitModel | None, list[Fault]]:
    """Order the variables, solve the disturbance variances and all covariances.

    Parameters
    ----------
    spec : PopulationSpec
        A population whose references are known to exist.

    Returns
    -------
    UnitModel or None
        None if there are problems.
    list of Fault
        Cycles, explained variances of 1 or more, products of variables that are not normal, residual
        correlations
        that the system does not allow.
    """
    ordered, problems = _sort(_drafts(spec))
    if problems:
        return None, problems
    builder = _Builder(ordered, spec)
    for draft in ordered:
        builder.add(draft)
    if builder.problems:
        return None, builder.problems
    return UnitModel(tuple(builder.nodes), builder.covariance), []


def _sort(drafts: list[_Draft]) -> tuple[list[_Draft], list[Fault]]:
    """Causes before effects; the file's order otherwise."""
    waiting, placed = list(drafts), list[_Draft]()
    while waiting:
        known = {draft.name for draft in placed}
        ready = next((draft for draft in waiting if draft.parents <= known), None)
        if ready is None:
            names = ", ".join(draft.name for draft in waiting)
            return placed, [Fault(waiting[0].place, f"paths run in a circle among {names}")]
        placed.append(ready)
        waiting.remove(ready)
    return placed, []


class _Builder:
    """Adds variables one after the other; keeps the covariances of those already added."""

    def __init__(self, ordered: list[_Draft], spec: PopulationSpec) -> None:
        self.names = [draft.name for draft in ordered]
        self.firm_share = {draft.name: draft.firm_share for draft in ordered}
        self.covariance = np.eye(len(ordered))
        self.nodes: list[Node] = []
        self.problems: list[Fault] = []
        self.ancestors: dict[str, set[str]] = {}
        self.correlated: dict[str, dict[str, float]] = {name: {} for name in self.names}
        for position, pair in enumerate(spec.residual_correlations):
            first, second = pair.between
            if self.names.index(first) > self.names.index(second):
                first, second = second, first
            self._check_pair(first, second, ("residual_correlations", position))
            self.correlated[second][first] = pair.correlation

    def _check_pair(self, first: str, second: str, place: tuple[str | int, ...]) -> None:
        if first == second:
            self.problems.append(Fault(place, "a disturbance cannot correlate with itself"))
        if self.firm_share[first] != self.firm_share[second]:
            message = f"{first} and {second} need the same firm_share to have correlated disturbances"
            self.problems.append(Fault(place, message))

    def sigma(self, one: str, other: str) -> float:
        return float(self.covariance[self.names.index(one), self.names.index(other)])

    def add(self, draft: _Draft) -> None:
        self.ancestors[draft.name] = draft.parents.union(*(self.ancestors[p] for p in draft.parents))
        gaussian = self._check_products(draft)
        explained = self._linear_variance(draft) + self._product_variance(draft.products)
        if explained >= 1.0:
            message = (
                f"the paths explain {explained:.3f} of a variance of 1: nothing is left for the disturbance"
            )
            self.problems.append(Fault(draft.place, message, allowed="less than 1"))
            explained = 0.0
        residual_sd = sqrt(1.0 - explained)
        mixing = self._mixing(draft)
        node = Node(
            draft.name,
            tuple(draft.paths.items()),
            draft.products,
            draft.firm_share,
            residual_sd,
            mixing,
            gaussian,
        )
        self.nodes.append(node)
        self._fill_covariances(draft, residual_sd)

    def _check_products(self, draft: _Draft) -> bool:
        normal = {node.name: node.gaussian for node in self.nodes}
        bent = sorted(name for name in draft.parents if not normal[name])
        if bent:
            message = f"{', '.join(bent)} has moderated effects and can only be an end of the system"
            self.problems.append(Fault(draft.place, message))
        return not draft.products

    def _linear_variance(self, draft: _Draft) -> float:
        total = 0.0
        for one, a in draft.paths.items():
            for other, b in draft.paths.items():
                total += a * b * self.sigma(one, other)
        return total

    def _product_variance(self, products: tuple[Moderation, ...]) -> float:
        return sum(
            one.coefficient * other.coefficient * self._product_covariance(one, other)
            for one in products
            for other in products
        )

    def _product_covariance(self, one: Moderation, other: Moderation) -> float:
        return self.sigma(one.predictor, other.predictor) * self.sigma(
            one.moderator, other.moderator
        ) + self.sigma(one.predictor, other.moderator) * self.sigma(one.moderator, other.predictor)

    def _mixing(self, draft: _Draft) -> tuple[tuple[str, float], ...]:
        """Row of the Cholesky factor of the disturbances' correlation matrix."""
        earlier = {node.name: dict(node.mixing) for node in self.nodes}
        row: dict[str, float] = {}
        for name in (node.name for node in self.nodes):
            target = self.correlated[draft.name].get(name, 0.0)
            shared = sum(weight * earlier[name].get(key, 0.0) for key, weight in row.items())
            value = (target - shared) / earlier[name][name]
            if value != 0.0:
                row[name] = value
        rest = 1.0 - sum(value * value for value in row.values())
        if rest <= 0.0:
            self.problems.append(
                Fault(("residual_correlations",), "the residual correlations contradict each other")
            )
            rest = 1.0
        row[draft.name] = sqrt(rest)
        return tuple(row.items())

    def _fill_covariances(self, draft: _Draft, residual_sd: float) -> None:
        here = self.names.index(draft.name)
        blocked = sorted(set(self.correlated[draft.name]) & self.ancestors[draft.name])
        if blocked:
            message = f"the disturbance of {draft.name} cannot correlate with that of its cause {blocked[0]}"
            self.problems.append(Fault(("residual_correlations",), message))
        for other in self.nodes[:-1]:
            there = self.names.index(other.name)
            value = sum(b * self.sigma(parent, other.name) for parent, b in draft.paths.items())
            value += residual_sd * self._disturbance_with(draft.name, other)
            value += sum(
                one.coefficient * two.coefficient * self._product_covariance(one, two)
                for one in draft.products
                for two in other.products
            )
            self.covariance[here, there] = self.covariance[there, here] = value

    def _disturbance_with(self, name: str, other: Node) -> float:
        """Covariance of the standardised disturbance of `name` with an earlier variable."""
        by_name = {node.name: node for node in self.nodes}
        total = other.residual_sd * self._disturbance_correlation(name, other.name)
        for parent, coefficient in other.paths:
            total += coefficient * self._disturbance_with(name, by_name[parent])
        return total

    def _disturbance_correlation(self, name: str, other: str) -> float:
        return self.correlated[name].get(other, 0.0)
