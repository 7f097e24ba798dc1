r"""Simulated ratings of the stages of the customer journey, with their truth.

The latent answer of role r in unit u at stage s on dimension d is

.. math::
   y = \mu_s + b_{rs} + \delta_{sd} + x_u'\gamma + \sqrt{v_U}\,U_u + \sqrt{v_R}\,P_{ur}
       + \sqrt{v_S}\,(\sqrt{c_s}\,S_{us} + \sqrt{1 - c_s}\,Q_{urs})
       + \sqrt{v_D}\,D_{ud} + \sqrt{v_{DR}}\,V_{urd} + \sqrt{v_E}\,\varepsilon,

with shares v that add up to 1 and independent standard normal variables; U has a part that units of a firm share.
Answers are categories between thresholds, so that the mean answer is ``1 + Σ_k Φ(mean − τ_k)`` in closed form (of units
without effects of unit variables; with them, their mixture).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from comply_measure.instrument import Scale
from comply_measure.simulation.ratings import (
    Named,
    RatingPopulation,
    RatingSpec,
    SimulatedRatings,
    drawn_firms,
    generator,
    rating_tables,
    read_ratings,
    unit_states,
)
from comply_measure.simulation.schema import OpenShare, Share, Strict
from comply_measure.statistics.arrays import Floats

FORMAT = "comply-measure journey population 1"


class StageSpec(Strict):
    """Level of a stage, agreement on what is its own, shifts of roles, and how often a role is not involved."""

    level: float
    agreement: Share
    role_bias: dict[str, float] = Field(default_factory=dict)
    not_involved: dict[str, OpenShare] = Field(default_factory=dict)


class VarianceSpec(Strict):
    """Shares of the variance of an answer; the rest is its own."""

    unit: Share
    role: Share
    stage: Share
    dimension: Share
    dimension_role: Share

    @property
    def rest(self) -> float:
        """What is left for the single answer."""
        return 1.0 - (self.unit + self.role + self.stage + self.dimension + self.dimension_role)

    @model_validator(mode="after")
    def _leaves_a_rest(self) -> VarianceSpec:
        if self.rest <= 0:
            raise ValueError("the shares add up to 1 or more: nothing is left for the single answer")
        return self


class ShiftSpec(Strict):
    """Shift of one dimension at one stage."""

    stage: str
    dimension: str
    shift: float


class GroupSpec(Strict):
    """A nominal variable of firms or units, with effects of its categories on alignment."""

    level: Literal["firm", "unit"]
    categories: dict[str, Share]
    effects: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _adds_up(self) -> GroupSpec:
        if abs(sum(self.categories.values()) - 1.0) > 1e-9:
            raise ValueError("shares must add up to 1")
        if unknown := set(self.effects) - set(self.categories):
            raise ValueError(f"effects of unknown categories: {', '.join(sorted(unknown))}")
        return self


class JourneySpec(RatingSpec):
    """A whole population file of journeys."""

    format: Literal["comply-measure journey population 1"]
    variance: VarianceSpec
    stages: dict[str, StageSpec] = Field(min_length=2)
    dimension_shifts: tuple[ShiftSpec, ...] = ()
    unit_variables: dict[str, GroupSpec] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class JourneyPopulation(RatingPopulation[JourneySpec]):
    """A checked population of journeys.

    Attributes
    ----------
    spec : JourneySpec
    scale : Scale
    dimensions : tuple of str
        Rated at every stage.
    items : mapping
        (stage, dimension) -> item.
    """

    def means(self) -> Floats:
        """Latent means (roles, stages, dimensions) without effects of unit variables."""
        spec, stages = self.spec, list(self.spec.stages.values())
        base = np.array([[s.level + s.role_bias.get(role, 0.0) for s in stages] for role in spec.roles])
        shifts = np.zeros((len(stages), len(self.dimensions)))
        for entry in spec.dimension_shifts:
            shifts[list(spec.stages).index(entry.stage), self.dimensions.index(entry.dimension)] += (
                entry.shift
            )
        return np.asarray(base[:, :, None] + shifts)

    def implied_means(self) -> Floats:
        """Expected recoded answers (roles, stages, dimensions) over the groups of unit variables, in closed form."""
        shifts, weights = np.zeros(1), np.ones(1)
        for group in self.spec.unit_variables.values():
            effects = np.array([group.effects.get(name, 0.0) for name in group.categories])
            shares = np.array(list(group.categories.values()))
            shifts = (shifts[:, None] + effects).ravel()
            weights = (weights[:, None] * shares).ravel()
        return np.asarray(self.expected(self.means()[..., None] + shifts) @ weights)


@dataclass(frozen=True, eq=False)
class SimulatedJourney(SimulatedRatings[JourneyPopulation]):
    """A simulated study of journeys: answers as a survey would deliver them, and units."""


def load_journey_population(path: str | Path) -> JourneyPopulation:
    """Read and check a population file of journeys.

    Raises
    ------
    InputError
        Listing every fault.
    """
    spec, scale, items = read_ratings(path, JourneySpec, _asked, _names)
    return JourneyPopulation(spec, scale, _dimensions(items), items)


def _asked(spec: JourneySpec, scale: Scale) -> dict[tuple[str, str], str]:
    """The first item of every stage and dimension."""
    items: dict[tuple[str, str], str] = {}
    for item in scale.items:
        if item.stage is not None and item.kind == "content":
            items.setdefault((item.stage, item.construct), item.id)
    return items


def _dimensions(items: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(construct for _, construct in items))


def _names(spec: JourneySpec, scale: Scale, items: Mapping[tuple[str, str], str]) -> Iterator[Named]:
    stages = [stage.key for stage in scale.stages]
    yield from (Named(("stages", stage), "stage", stage, stages) for stage in spec.stages)
    for stage, own in spec.stages.items():
        for part, mapping in (("role_bias", own.role_bias), ("not_involved", own.not_involved)):
            yield from (Named(("stages", stage, part, role), "role", role, spec.roles) for role in mapping)
    for k, entry in enumerate(spec.dimension_shifts):
        yield Named(("dimension_shifts", k, "stage"), "stage", entry.stage, tuple(spec.stages))
        yield Named(("dimension_shifts", k, "dimension"), "dimension", entry.dimension, _dimensions(items))


def simulate_journey(population: JourneyPopulation, seed: int) -> SimulatedJourney:
    """Simulate a study; the same seed gives the same study.

    Raises
    ------
    ComplyError
        If the seed is negative.
    """
    spec, rng = population.spec, generator(seed)
    firm = drawn_firms(spec.sample, rng)
    groups = _groups(spec, firm, rng)
    ids = [population.items[stage, dimension] for stage in spec.stages for dimension in population.dimensions]
    keying = np.array([population.scale.item(name).keying for name in ids])
    latent = _latent(population, firm, groups, rng)
    there, answers = _with_gaps(spec, population.answered(latent, keying.reshape(latent.shape[2:])), rng)
    table = pd.DataFrame(answers[there].reshape(-1, len(ids)), columns=ids).astype("Int64")
    return SimulatedJourney(*rating_tables(spec, firm, there, table, groups), population, seed)


def _groups(spec: JourneySpec, firm: NDArray[np.intp], rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    found = {}
    for name, group in spec.unit_variables.items():
        n = spec.sample.firms if group.level == "firm" else len(firm)
        drawn = rng.choice(list(group.categories), n, p=np.array(list(group.categories.values())))
        found[name] = drawn[firm] if group.level == "firm" else drawn
    return found


def _latent(
    population: JourneyPopulation,
    firm: NDArray[np.intp],
    groups: Mapping[str, NDArray[Any]],
    rng: np.random.Generator,
) -> Floats:
    """Latent answers, units × roles × stages × dimensions."""
    spec, v = population.spec, population.spec.variance
    G, R, S, D = len(firm), len(spec.roles), len(spec.stages), len(population.dimensions)
    unit = unit_states(spec, firm, rng)
    agreement = np.array([stage.agreement for stage in spec.stages.values()])[:, None]
    normal = rng.standard_normal
    own = np.sqrt(agreement) * normal((G, 1, S, 1)) + np.sqrt(1 - agreement) * normal((G, R, S, 1))
    moved = sum(
        np.array([spec.unit_variables[name].effects.get(str(value), 0.0) for value in values])
        for name, values in groups.items()
    )
    return np.asarray(
        population.means()
        + (math.sqrt(v.unit) * unit + moved)[:, None, None, None]
        + math.sqrt(v.role) * normal((G, R, 1, 1))
        + math.sqrt(v.stage) * own
        + math.sqrt(v.dimension) * normal((G, 1, 1, D))
        + math.sqrt(v.dimension_role) * normal((G, R, 1, D))
        + math.sqrt(v.rest) * normal((G, R, S, D))
    )


def _with_gaps(
    spec: JourneySpec, answers: Floats, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Floats]:
    """Who took part (units × roles), and the answers without what was left out."""
    G, R, S, _ = answers.shape
    there = rng.random((G, R)) >= spec.missing.informants
    away = np.array(
        [[stage.not_involved.get(role, 0.0) for stage in spec.stages.values()] for role in spec.roles]
    )
    absent = rng.random((G, R, S)) < away
    blank = rng.random(answers.shape) < spec.missing.items
    return there, np.where(absent[..., None] | blank, np.nan, answers)
