"""What simulated ratings of stages of the journey and of pairs of roles share: their file, sample and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from pydantic import Field

from comply_measure.documents import YamlDocument, problem_at, read_yaml, validate
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.instrument import Scale, load_scale
from comply_measure.simulation.schema import Cuts, OpenShare, Share, Strict
from comply_measure.statistics.arrays import Bools, Floats
from comply_measure.statistics.words import unknown_message


class RatingSample(Strict):
    """Number of firms, and the distribution of the number of units in a firm."""

    firms: Annotated[int, Field(ge=2)]
    units_per_firm: dict[Annotated[int, Field(ge=1)], Share]


class RatingMissing(Strict):
    """Share of informants that do not take part, and of single answers left out."""

    informants: OpenShare
    items: OpenShare


class RatingSpec(Strict):
    """What every population file of ratings states."""

    format: str
    title: str
    description: str
    scale: str
    roles: tuple[str, ...] = Field(min_length=2)
    sample: RatingSample
    firm_share: Share
    thresholds: Cuts
    missing: RatingMissing


Spec = TypeVar("Spec", bound=RatingSpec)
Asked = TypeVar("Asked")
Population = TypeVar("Population")


@dataclass(frozen=True, eq=False)
class RatingPopulation(Generic[Spec]):
    """A checked population of ratings.

    Attributes
    ----------
    spec : RatingSpec
    scale : Scale
    dimensions : tuple of str
        Rated of every object, a stage or a pair.
    items : mapping
        (object, dimension) -> item.
    """

    spec: Spec
    scale: Scale
    dimensions: tuple[str, ...]
    items: Mapping[tuple[str, str], str]

    def expected(self, latent: Floats) -> Floats:
        """Expected recoded answer at a latent mean, in closed form."""
        cuts = np.array(self.spec.thresholds)
        steps = scipy.special.ndtr(latent[..., None] - cuts).sum(axis=-1)
        return np.asarray(self.scale.response.minimum + steps)

    def answered(self, latent: Floats, keying: NDArray[np.int64]) -> Floats:
        """Answers as ticked: categories between the thresholds, turned where an item is."""
        steps = (latent[..., None] > np.array(self.spec.thresholds)).sum(axis=-1)
        response = self.scale.response
        answers = np.where(keying > 0, response.minimum + steps, response.maximum - steps)
        return np.asarray(answers, dtype=float)

    def with_units(self, n_units: int) -> Self:
        """The same population with as many firms as have this number of units on average, at least one."""
        shares = self.spec.sample.units_per_firm
        mean = sum(size * share for size, share in shares.items())
        return self.with_firms(max(1, round(n_units / mean)))

    def with_firms(self, firms: int) -> Self:
        """The same population with another number of firms."""
        sample = self.spec.sample.model_copy(update={"firms": firms})
        return self.with_spec(self.spec.model_copy(update={"sample": sample}))

    def with_spec(self, spec: Spec) -> Self:
        """A population of other parameters, on the same scale."""
        return replace(self, spec=spec)


@dataclass(frozen=True, eq=False)
class SimulatedRatings(Generic[Population]):
    """A simulated study of ratings: answers as a survey would deliver them, and units."""

    responses: pd.DataFrame
    units: pd.DataFrame
    population: Population
    seed: int


class Named(NamedTuple):
    """A name in a population file and those it is chosen from."""

    place: tuple[str | int, ...]
    what: str
    name: str
    known: Sequence[str]


def has_format(path: str | Path, name: str) -> bool:
    """Whether a population file is of this format."""
    document = read_yaml(path)
    return isinstance(document.data, dict) and document.data.get("format") == name


def read_ratings(
    path: str | Path,
    model: type[Spec],
    asked: Callable[[Spec, Scale], Asked],
    names: Callable[[Spec, Scale, Asked], Iterator[Named]],
) -> tuple[Spec, Scale, Asked]:
    """Read and check a population file of ratings.

    Parameters
    ----------
    path : path-like
    model : type
        What the file states.
    asked : callable
        What the scale asks of this population.
    names : callable
        Every name in the file, with those it may be.

    Raises
    ------
    InputError
        Listing every fault.
    """
    document = read_yaml(path)
    headline = f"{document.file} is not a usable population"
    spec, problems = validate(model, document)
    if spec is None:
        raise InputError(headline, problems)
    try:
        scale = load_scale(spec.scale)
        found = asked(spec, scale)
    except ComplyError as error:
        raise InputError(headline, [problem_at(document, ("scale",), str(error), spec.scale)]) from error
    if faults := list(_faults(document, spec, scale, names(spec, scale, found))):
        raise InputError(headline, faults)
    return spec, scale, found


def _faults(
    document: YamlDocument, spec: RatingSpec, scale: Scale, names: Iterator[Named]
) -> Iterator[Problem]:
    roles = (Named(("roles", k), "role", role, scale.roles) for k, role in enumerate(spec.roles))
    for place, what, name, known in (*roles, *names):
        if name not in known:
            yield problem_at(document, place, unknown_message(what, name, known), name)
    n = scale.response.maximum - scale.response.minimum
    if len(spec.thresholds) != n:
        yield problem_at(
            document, ("thresholds",), "one threshold between any two categories", allowed=f"{n} of them"
        )


def generator(seed: int) -> np.random.Generator:
    """Random numbers of a study.

    Raises
    ------
    ComplyError
        If the seed is negative.
    """
    if seed < 0:
        raise ComplyError(f"the seed must be 0 or more, not {seed}")
    return np.random.Generator(np.random.PCG64(seed))


def drawn_firms(sample: RatingSample, rng: np.random.Generator) -> NDArray[np.intp]:
    """Firm of every unit."""
    shares = sample.units_per_firm
    sizes = rng.choice(list(shares), sample.firms, p=np.array(list(shares.values())))
    return np.repeat(np.arange(sample.firms), sizes)


def unit_states(spec: RatingSpec, firm: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Standard normal states of units, with the part that those of a firm share."""
    shared = np.sqrt(spec.firm_share) * rng.standard_normal(spec.sample.firms)[firm]
    return np.asarray(shared + np.sqrt(1 - spec.firm_share) * rng.standard_normal(len(firm)))


def rating_tables(
    spec: RatingSpec,
    firm: NDArray[np.intp],
    there: Bools,
    answers: pd.DataFrame,
    variables: Mapping[str, NDArray[Any]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses and units.

    Parameters
    ----------
    spec : RatingSpec
    firm : ndarray of int, shape (units,)
    there : ndarray of bool, shape (units, roles)
        Who took part.
    answers : DataFrame
        A row per informant that took part, unit by unit, and a column per item.
    variables : mapping
        Values of unit variables.
    """
    number = np.arange(len(firm)) - np.searchsorted(firm, firm)
    firms = [f"F{f + 1:02d}" for f in firm]
    units = [f"{name}-U{k + 1}" for name, k in zip(firms, number, strict=True)]
    rows, roles = np.nonzero(there)
    keys = {
        "firm": [firms[k] for k in rows],
        "unit": [units[k] for k in rows],
        "role": [spec.roles[k] for k in roles],
        "informant": [f"{units[g]}-{spec.roles[r]}" for g, r in zip(rows, roles, strict=True)],
    }
    kept = sorted(set(rows.tolist()))  # a unit in which nobody took part is no row of the survey
    frame = pd.DataFrame({"firm": firms, "unit": units, **variables}).iloc[kept].reset_index(drop=True)
    return pd.concat([pd.DataFrame(keys), answers], axis=1), frame
