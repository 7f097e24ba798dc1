r"""Simulated ratings of pairs of functions and of the whole triad, with their truth.

The state of pair p in unit u is :math:`T_{up} = \sqrt{g}\,U_u + \sqrt{1-g}\,A_{up}`, U with a part that units of a firm
share; that of the triad is :math:`Z_u = a\,\bar T_u + b\,\min_p T_{up} + \sqrt{c}\,\zeta_u`, standardised. Latent
answers of rater r are

.. math::
   y_{urpd} &= \mu_p + \delta_{pd} + b_{pr} + \sqrt{v_{T}}\,T_{up} + \sqrt{v_Q}\,Q_{urp} + \sqrt{v_R}\,R_{ur}
       + \sqrt{v_E}\,\varepsilon, \\
   y_{uri} &= \kappa + b_r + \sqrt{w_Z}\,Z_u + \sqrt{w_D}\,D_{ud} + \sqrt{v_R}\,R_{ur} + \sqrt{w_E}\,\varepsilon

with independent standard normal variables and shares that add up to 1; who looks at a pair from outside has another
:math:`v_T`. Means of answers, and correlations of T, Z, the mean and the minimum are known in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from comply_measure.instrument import Item, Scale
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
from comply_measure.simulation.schema import Share, Strict
from comply_measure.statistics.arrays import Floats

ByPair = Mapping[str, Mapping[str, str]]
FORMAT = "comply-measure pair population 1"
#: Variance of the smallest of three independent standard normal variables, 1 + √3/(2π) − 9/(4π) (Jones, 1948).
MINIMUM_VARIANCE = 1 + math.sqrt(3) / (2 * math.pi) - 9 / (4 * math.pi)


class PairSpec(Strict):
    """Level of a pair, shifts of its raters (by role), and of single dimensions."""

    level: float
    rater_bias: dict[str, float] = Field(default_factory=dict)
    shifts: dict[str, float] = Field(default_factory=dict)


class PairVariance(Strict):
    """Shares of the variance of an answer about a pair; the rest is its own.

    Parameters
    ----------
    inside, outside : float
        Of the pair's state, for its two members and for the role that looks at it from outside.
    view : float
        Of the rater's own view of this pair.
    rater : float
        Of what the rater gives all answers, those about the triad among them.
    """

    inside: Share
    outside: Share
    view: Share
    rater: Share

    @model_validator(mode="after")
    def _leaves_a_rest(self) -> PairVariance:
        if max(self.inside, self.outside) + self.view + self.rater >= 1:
            raise ValueError("the shares add up to 1 or more: nothing is left for the single answer")
        return self


class TriadSpec(Strict):
    """How the triad's state follows from its pairs, and how it is answered.

    Parameters
    ----------
    mean, minimum : float
        Weights a and b of the mean and the minimum of the three pairs.
    own : float
        Variance c of what is the triad's alone.
    level : float
    role_bias : dict
    state, dimension : float
        Shares of an answer's variance: of the state, and of a dimension.
    """

    mean: float
    minimum: float
    own: Annotated[float, Field(gt=0)]
    level: float
    role_bias: dict[str, float] = Field(default_factory=dict)
    state: Share
    dimension: Share


class PairsSpec(RatingSpec):
    """A whole population file of pairs."""

    format: Literal["comply-measure pair population 1"]
    attribute_set: str | None = None
    roles: tuple[str, ...] = Field(min_length=3, max_length=3)
    common: Share
    pairs: dict[str, PairSpec] = Field(min_length=3, max_length=3)
    variance: PairVariance
    triad: TriadSpec

    @model_validator(mode="after")
    def _leaves_a_rest(self) -> PairsSpec:
        if self.triad.state + self.triad.dimension + self.variance.rater >= 1:
            raise ValueError("triad: the shares add up to 1 or more: nothing is left for the single answer")
        return self


@dataclass(frozen=True, eq=False)
class PairPopulation(RatingPopulation[PairsSpec]):
    """A checked population of pairs.

    Attributes
    ----------
    spec : PairsSpec
    scale : Scale
    dimensions : tuple of str
        Rated of every pair.
    items : mapping
        (pair, dimension) -> item.
    triad_items : tuple of Item
        Items about the triad, of the short form.
    """

    triad_items: tuple[Item, ...]

    def inside(self) -> NDArray[np.bool_]:
        """Whether a role is a member of a pair (roles, pairs)."""
        members = {pair.key: pair.roles for pair in self.scale.pairs}
        return np.array([[role in members[pair] for pair in self.spec.pairs] for role in self.spec.roles])

    def means(self) -> Floats:
        """Latent means of answers about pairs (roles, pairs, dimensions)."""
        pairs = self.spec.pairs.values()
        rater = np.array([[p.rater_bias.get(role, 0.0) for p in pairs] for role in self.spec.roles])
        level = np.array([[p.level + p.shifts.get(d, 0.0) for d in self.dimensions] for p in pairs])
        return np.asarray(rater[:, :, None] + level)

    def implied_means(self) -> Floats:
        """Expected recoded answers (roles, pairs, dimensions), in closed form."""
        return self.expected(self.means())

    def state_covariance(self) -> pd.DataFrame:
        """Covariance of the three pairs, their mean and minimum, and the triad, before it is standardised.

        The states of pairs have common variance g; their minimum has the variance ``g + (1 − g) · V`` with V that of
        the smallest of three independent normal variables, and covaries with each pair, and with the mean, by
        ``g + (1 − g)/3``, as three covariances of independent variables with their minimum add up to 1.
        """
        g, spec = self.spec.common, self.spec.triad
        names = [*self.spec.pairs, "mean", "minimum"]
        third = g + (1 - g) / 3
        table = np.full((5, 5), third)
        table[:3, :3] = g + (1 - g) * np.eye(3)
        table[4, 4] = g + (1 - g) * MINIMUM_VARIANCE
        weights = np.array([0.0, 0.0, 0.0, spec.mean, spec.minimum])
        triad = table @ weights
        whole = np.block([[table, triad[:, None]], [triad, weights @ triad + spec.own]])
        return pd.DataFrame(whole, index=[*names, "triad"], columns=[*names, "triad"])


@dataclass(frozen=True, eq=False)
class SimulatedPairs(SimulatedRatings[PairPopulation]):
    """A simulated study of pairs: answers as a survey would deliver them, and units."""


def load_pair_population(path: str | Path) -> PairPopulation:
    """Read and check a population file of pairs.

    Raises
    ------
    InputError
        Listing every fault.
    """
    spec, scale, (by_pair, triad_items) = read_ratings(path, PairsSpec, _asked, _names)
    items = {(pair, d): item for pair, own in by_pair.items() for d, item in own.items()}
    return PairPopulation(spec, scale, _dimensions(by_pair), items, triad_items)


def _asked(spec: PairsSpec, scale: Scale) -> tuple[ByPair, tuple[Item, ...]]:
    """Items about pairs, and those about the triad."""
    of_triad = scale.items_for("short", spec.attribute_set or scale.collection_set, kind="content")
    return scale.items_by_pair(form="dyad"), tuple(of_triad)


def _dimensions(by_pair: ByPair) -> tuple[str, ...]:
    return tuple(next(iter(by_pair.values()), {}))


def _names(spec: PairsSpec, scale: Scale, asked: tuple[ByPair, tuple[Item, ...]]) -> Iterator[Named]:
    pairs, dimensions = [pair.key for pair in scale.pairs], _dimensions(asked[0])
    for key, own in spec.pairs.items():
        yield Named(("pairs", key), "pair", key, pairs)
        yield from (Named(("pairs", key, "rater_bias", r), "role", r, spec.roles) for r in own.rater_bias)
        yield from (Named(("pairs", key, "shifts", d), "dimension", d, dimensions) for d in own.shifts)
    yield from (Named(("triad", "role_bias", r), "role", r, spec.roles) for r in spec.triad.role_bias)


def simulate_pairs(population: PairPopulation, seed: int) -> SimulatedPairs:
    """Simulate a study; the same seed gives the same study.

    Raises
    ------
    ComplyError
        If the seed is negative.
    """
    spec, rng = population.spec, generator(seed)
    firm = drawn_firms(spec.sample, rng)
    ids = _ids(population)
    keying = np.array([population.scale.item(name).keying for name in ids])
    answers = population.answered(_latent(population, firm, rng), keying)
    answers = np.where(rng.random(answers.shape) < spec.missing.items, np.nan, answers)
    there = rng.random(answers.shape[:2]) >= spec.missing.informants
    table = pd.DataFrame(answers[there], columns=ids).astype("Int64")
    return SimulatedPairs(*rating_tables(spec, firm, there, table, {}), population, seed)


def _ids(population: PairPopulation) -> list[str]:
    """Columns: items about the triad, then about pairs."""
    about = [population.items[p, d] for p in population.spec.pairs for d in population.dimensions]
    return [*(item.id for item in population.triad_items), *about]


def pair_states(spec: PairsSpec, firm: NDArray[np.intp], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """States of the pairs (units, 3) and of the triad, standardised by its variance in closed form."""
    n = len(firm)
    unit = unit_states(spec, firm, rng)
    pairs = np.sqrt(spec.common) * unit[:, None] + np.sqrt(1 - spec.common) * rng.standard_normal((n, 3))
    t = spec.triad
    triad = t.mean * pairs.mean(axis=1) + t.minimum * pairs.min(axis=1)
    return pairs, triad + np.sqrt(t.own) * rng.standard_normal(n)


def _latent(population: PairPopulation, firm: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Latent answers, units × roles × items."""
    spec, v, t = population.spec, population.spec.variance, population.spec.triad
    n, R, D = len(firm), len(spec.roles), len(population.dimensions)
    normal = rng.standard_normal
    pairs, triad = pair_states(spec, firm, rng)
    states = population.state_covariance()
    centre = t.minimum * math.sqrt(1 - spec.common) * -3 / (2 * math.sqrt(math.pi))  # mean of the minimum
    triad = (triad - centre) / math.sqrt(states.to_numpy()[-1, -1])
    rater = math.sqrt(v.rater) * normal((n, R, 1))
    share = np.where(population.inside(), v.inside, v.outside)[:, :, None]
    about = (
        population.means()
        + np.sqrt(share) * pairs[:, None, :, None]
        + math.sqrt(v.view) * normal((n, R, 3, 1))
        + rater[..., None]
        + np.sqrt(1 - share - v.view - v.rater) * normal((n, R, 3, D))
    )
    parents = {c.key: c.parent or c.key for c in population.scale.constructs}
    place = [population.dimensions.index(parents[item.construct]) for item in population.triad_items]
    bias = np.array([t.level + t.role_bias.get(role, 0.0) for role in spec.roles])
    whole = (
        bias[:, None]
        + math.sqrt(t.state) * triad[:, None, None]
        + math.sqrt(t.dimension) * normal((n, 1, D))[:, :, place]
        + rater
        + math.sqrt(1 - t.state - t.dimension - v.rater) * normal((n, R, len(place)))
    )
    return np.concatenate([whole, about.reshape(n, R, -1)], axis=2)
