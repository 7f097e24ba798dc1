"""Verdicts of many simulated studies against the populations they were drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.calibration.journeys import KnownJourney
from comply_measure.evidence.calibration.known import Known
from comply_measure.evidence.calibration.pairs import KnownPairs
from comply_measure.evidence.calibration.result import COLUMNS, SEPARATOR, Calibration
from comply_measure.evidence.calibration.rules import Calibrated, Kind, calibrated
from comply_measure.simulation.journey import JourneyPopulation
from comply_measure.simulation.nulls import null_population
from comply_measure.simulation.pairs import PairPopulation

if TYPE_CHECKING:
    from comply_measure.responses import Responses
    from comply_measure.simulation import Population

Concluded = tuple[str, str, str, str]
AnyKnown: TypeAlias = Known | KnownJourney | KnownPairs


def calibrate(
    population: Population | JourneyPopulation | PairPopulation,
    conventions: Mapping[str, float],
    *,
    rules: Sequence[str] = (),
    populations: Sequence[str] = (),
    units: Sequence[int] = (240,),
    studies: int = 200,
    first: int = 0,
    seed: int = 0,
    jobs: int = 1,
) -> Calibration:
    """How often verdicts are right, wrong or cannot say, in studies of a population and of its nulls.

    Parameters
    ----------
    population : Population, JourneyPopulation or PairPopulation
        From :func:`comply_measure.simulation.load_population`,
        :func:`~comply_measure.simulation.load_journey_population` or
        :func:`~comply_measure.simulation.load_pair_population`; each has rules of its own.
    conventions : mapping of str to float
        Cut-offs of the verdicts, by key.
    rules : sequence of str
        Keys of rules; all that have a truth in such a population by default.
    populations : sequence of str
        Keys of ``comply_measure.simulation.NULLS`` (``JOURNEY_NULLS``, ``PAIR_NULLS``) and ``stated``, the population
        itself; by
        default those that each rule must tell apart.
    units : sequence of int
        Numbers of units; a study has so many in expectation, by its number of firms.
    studies : int
        Studies of each population and number of units.
    first : int
        Number of the first study: studies of the same number are the same, so that a run can be continued.
    seed : int
        Study `i` has the first word of ``SeedSequence(seed, spawn_key=(i,))`` as seed, in all populations.
    jobs : int
        Worker processes; results do not depend on them.

    Returns
    -------
    Calibration

    Raises
    ------
    ComplyError
        For an unknown rule or population.
    InputError
        For numbers that make no study.
    """
    _require(units, studies, first, seed)
    chosen = calibrated(tuple(rules), kind_of(population))
    names = tuple(dict.fromkeys(populations or [name for entry in chosen for name in entry.populations]))
    numbers = range(first, first + studies)
    parts = []
    for name in names:
        mine = tuple(entry for entry in chosen if populations or name in entry.populations)
        known = known_of(population, name, conventions)
        for n_units in units:
            part = cell_answers(known, mine, n_units, numbers, seed, jobs)
            parts.append(part.assign(population=name, units=n_units))
    return Calibration(pd.concat(parts, ignore_index=True)[list(COLUMNS)])


def kind_of(population: Population | JourneyPopulation | PairPopulation) -> Kind:
    """Which rules have a truth in a population."""
    if isinstance(population, JourneyPopulation):
        return "journeys"
    return "pairs" if isinstance(population, PairPopulation) else "informants"


def known_of(
    population: Population | JourneyPopulation | PairPopulation, name: str, conventions: Mapping[str, float]
) -> AnyKnown:
    """A population or one of its nulls, with what holds in it."""
    if isinstance(population, JourneyPopulation):
        return KnownJourney(null_population(population, name), conventions)
    if isinstance(population, PairPopulation):
        return KnownPairs(null_population(population, name), conventions)
    return Known(null_population(population, name), conventions)


def cell_answers(
    known: AnyKnown,
    entries: Sequence[Calibrated],
    n_units: int,
    numbers: Sequence[int],
    seed: int,
    jobs: int = 1,
) -> pd.DataFrame:
    """Verdicts of some studies of one population and number of units, a row each; columns as in :class:`Calibration`.

    Parameters
    ----------
    known : Known, KnownJourney or KnownPairs
        The population.
    entries : sequence of Calibrated
        Rules.
    n_units : int
        Units in expectation.
    numbers : sequence of int
        Numbers of the studies.
    seed, jobs : int
        As in :func:`calibrate`.
    """
    cell = _Cell(known.drawing(n_units), tuple(entries), known.conventions, seed)
    truth = {entry.rule: entry.truth for entry in entries}
    rows = [
        (number, rule, subject, answer, _joined(known.right(truth[rule], subject) if answer else ()), note)
        for number, found in zip(numbers, _each(cell, numbers, jobs), strict=True)
        for rule, subject, answer, note in found
    ]
    return pd.DataFrame(rows, columns=["study", "rule", "subject", "answer", "right", "note"])


def _joined(parts: Sequence[str]) -> str:
    return SEPARATOR.join(parts)


def _require(units: Sequence[int], studies: int, first: int, seed: int) -> None:
    least = [("units", n, 20) for n in units] + [
        ("studies", studies, 1),
        ("first", first, 0),
        ("seed", seed, 0),
    ]
    problems = [
        Problem("too small", column=name, value=value, allowed=f"{limit} or more")
        for name, value, limit in least
        if value < limit
    ]
    if problems:
        raise InputError("Verdicts cannot be calibrated.", problems)


@dataclass(frozen=True)
class _Cell:
    """Studies of one population and number of units."""

    study: Callable[[int], Responses]
    entries: tuple[Calibrated, ...]
    conventions: Mapping[str, float]
    seed: int

    def conclude(self, number: int) -> list[Concluded]:
        """What one study concludes: rule, subject, answer, and why there is none."""
        drawn = int(np.random.SeedSequence(self.seed, spawn_key=(number,)).generate_state(1)[0])
        responses = self.study(drawn)
        found: list[Concluded] = []
        for compute in dict.fromkeys(entry.compute for entry in self.entries):
            evidence, why = attempt(partial(compute, responses, drawn))
            verdicts = () if evidence is None else evidence.verdicts(self.conventions)
            for rule in (entry.rule for entry in self.entries if entry.compute is compute):
                own = [(rule, _joined(v.subject), v.answer, "") for v in verdicts if v.rule == rule]
                found += own or [(rule, "", "", why or "no verdict")]
        return found


def _each(cell: _Cell, numbers: Sequence[int], jobs: int) -> list[list[Concluded]]:
    if jobs == 1:
        return [cell.conclude(number) for number in numbers]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=jobs)(delayed(cell.conclude)(number) for number in numbers))
