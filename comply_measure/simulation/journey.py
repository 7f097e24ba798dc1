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
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from pydantic import Field, model_validator

from comply_measure.documents import YamlDocument, problem_at, read_yaml, validate
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.instrument import Scale, load_scale
from comply_measure.simulation.schema import Cuts, OpenShare, Share, Strict
from comply_measure.statistics.words import unknown_message

Floats = NDArray[np.float64]
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


class JourneySample(Strict):
    """Number of firms, and the distribution of the number of units in a firm."""

    firms: Annotated[int, Field(ge=2)]
    units_per_firm: dict[Annotated[int, Field(ge=1)], Share]


class JourneyMissing(Strict):
    """Share of informants that do not take part, and of single answers left out."""

    informants: OpenShare
    items: OpenShare


class JourneySpec(Strict):
    """A whole population file of journeys."""

    format: Literal["comply-measure journey population 1"]
    title: str
    description: str
    scale: str
    roles: tuple[str, ...] = Field(min_length=2)
    sample: JourneySample
    variance: VarianceSpec
    firm_share: Share
    stages: dict[str, StageSpec] = Field(min_length=2)
    dimension_shifts: tuple[ShiftSpec, ...] = ()
    thresholds: Cuts
    missing: JourneyMissing
    unit_variables: dict[str, GroupSpec] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class JourneyPopulation:
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

    spec: JourneySpec
    scale: Scale
    dimensions: tuple[str, ...]
    items: Mapping[tuple[str, str], str]

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
        cuts = np.array(self.spec.thresholds)
        latent = self.means()[..., None, None] + shifts[:, None]
        answer = self.scale.response.minimum + scipy.special.ndtr(latent - cuts).sum(axis=-1)
        return np.asarray(answer @ weights)

    def with_units(self, n_units: int) -> JourneyPopulation:
        """The same population with as many firms as have this number of units on average, at least one."""
        shares = self.spec.sample.units_per_firm
        mean = sum(size * share for size, share in shares.items())
        return self.with_firms(max(1, round(n_units / mean)))

    def with_firms(self, firms: int) -> JourneyPopulation:
        """The same population with another number of firms."""
        sample = self.spec.sample.model_copy(update={"firms": firms})
        return self.with_spec(self.spec.model_copy(update={"sample": sample}))

    def with_spec(self, spec: JourneySpec) -> JourneyPopulation:
        """A population of other parameters, of the same stages and dimensions."""
        return JourneyPopulation(spec, self.scale, self.dimensions, self.items)


@dataclass(frozen=True, eq=False)
class SimulatedJourney:
    """A simulated study of journeys: answers as a survey would deliver them, and units."""

    responses: pd.DataFrame
    units: pd.DataFrame
    population: JourneyPopulation
    seed: int


def is_journey(path: str | Path) -> bool:
    """Whether a population file is one of journeys."""
    document = read_yaml(path)
    return isinstance(document.data, dict) and document.data.get("format") == FORMAT


def load_journey_population(path: str | Path) -> JourneyPopulation:
    """Read and check a population file of journeys.

    Raises
    ------
    InputError
        Listing every fault.
    """
    document = read_yaml(path)
    headline = f"{document.file} is not a usable population"
    spec, problems = validate(JourneySpec, document)
    if spec is None:
        raise InputError(headline, problems)
    try:
        scale = load_scale(spec.scale)
    except ComplyError as error:
        raise InputError(headline, [problem_at(document, ("scale",), str(error), spec.scale)]) from error
    items: dict[tuple[str, str], str] = {}
    for item in scale.items:
        if item.stage is not None and item.kind == "content":
            items.setdefault((item.stage, item.construct), item.id)
    dimensions = tuple(dict.fromkeys(construct for _, construct in items))
    if faults := list(_faults(spec, scale, dimensions, document)):
        raise InputError(headline, faults)
    return JourneyPopulation(spec, scale, dimensions, items)


def _faults(
    spec: JourneySpec, scale: Scale, dimensions: tuple[str, ...], document: YamlDocument
) -> Iterator[Problem]:
    stages = [stage.key for stage in scale.stages]
    named: list[tuple[tuple[str | int, ...], str, str, list[str]]] = []
    named += [(("roles", k), "role", role, list(scale.roles)) for k, role in enumerate(spec.roles)]
    named += [(("stages", stage), "stage", stage, stages) for stage in spec.stages]
    for stage, own in spec.stages.items():
        for part, mapping in (("role_bias", own.role_bias), ("not_involved", own.not_involved)):
            named += [(("stages", stage, part, role), "role", role, list(spec.roles)) for role in mapping]
    for k, entry in enumerate(spec.dimension_shifts):
        named.append((("dimension_shifts", k, "stage"), "stage", entry.stage, list(spec.stages)))
        named.append((("dimension_shifts", k, "dimension"), "dimension", entry.dimension, list(dimensions)))
    for key, what, name, known in named:
        if name not in known:
            yield problem_at(document, key, unknown_message(what, name, known), name)
    n = scale.response.maximum - scale.response.minimum
    if len(spec.thresholds) != n:
        yield problem_at(
            document, ("thresholds",), "one threshold between any two categories", allowed=f"{n} of them"
        )


def simulate_journey(population: JourneyPopulation, seed: int) -> SimulatedJourney:
    """Simulate a study; the same seed gives the same study.

    Raises
    ------
    ComplyError
        If the seed is negative.
    """
    if seed < 0:
        raise ComplyError(f"the seed must be 0 or more, not {seed}")
    spec = population.spec
    rng = np.random.Generator(np.random.PCG64(seed))
    shares = spec.sample.units_per_firm
    sizes = rng.choice(list(shares), spec.sample.firms, p=np.array(list(shares.values())))
    firm = np.repeat(np.arange(spec.sample.firms), sizes)
    groups = _groups(spec, firm, rng)
    latent = _latent(population, firm, groups, rng)
    steps = (latent[..., None] > np.array(spec.thresholds)).sum(axis=-1)
    response = population.scale.response
    keying = np.array(
        [
            [population.scale.item(population.items[s, d]).keying for d in population.dimensions]
            for s in spec.stages
        ]
    )
    answers = np.where(keying > 0, response.minimum + steps, response.maximum - steps).astype(float)
    there, answers = _with_gaps(spec, answers, rng)
    return _frames(population, seed, firm, sizes, groups, there, answers)


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
    shared = np.sqrt(spec.firm_share) * rng.standard_normal(spec.sample.firms)[firm]
    unit = shared + np.sqrt(1 - spec.firm_share) * rng.standard_normal(G)
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


def _frames(
    population: JourneyPopulation, seed: int, firm: NDArray[np.intp], sizes: NDArray[Any],
    groups: Mapping[str, NDArray[Any]], there: NDArray[np.bool_], answers: Floats,
) -> SimulatedJourney:  # fmt: skip
    spec = population.spec
    number = np.concatenate([np.arange(1, size + 1) for size in sizes])
    firms = [f"F{f + 1:02d}" for f in firm]
    units = [f"{name}-U{k}" for name, k in zip(firms, number, strict=True)]
    rows, roles = np.nonzero(there)
    ids = [population.items[stage, dimension] for stage in spec.stages for dimension in population.dimensions]
    table = pd.DataFrame(answers[rows, roles].reshape(len(rows), -1), columns=ids).astype("Int64")
    keys = {
        "firm": [firms[k] for k in rows],
        "unit": [units[k] for k in rows],
        "role": [spec.roles[k] for k in roles],
        "informant": [f"{units[g]}-{spec.roles[r]}" for g, r in zip(rows, roles, strict=True)],
    }
    responses = pd.concat([pd.DataFrame(keys), table], axis=1)
    kept = sorted(set(rows.tolist()))  # a unit in which nobody took part is no row of the survey
    frame = pd.DataFrame({"firm": firms, "unit": units, **groups}).iloc[kept].reset_index(drop=True)
    return SimulatedJourney(responses, frame, population, seed)
