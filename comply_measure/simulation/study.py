"""Simulate a whole study: firms in blocks, each block from its own random streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.simulation.answers import AnswerDraw, AnswerStreams, draw_answers
from comply_measure.simulation.informant_level import InformantDraw, draw_informants
from comply_measure.simulation.plan import Integers, ItemPlan, TargetPlan, plan_items, plan_targets
from comply_measure.simulation.population import Population
from comply_measure.simulation.streams import FIRMS_PER_BLOCK, block_stream, sizes_stream
from comply_measure.simulation.unit_level import DECIMALS, UnitDraw, draw_units

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.simulation.truth import Truth


@dataclass(frozen=True, slots=True)
class SimulatedStudy:
    """A simulated study as a survey would deliver it, with its truth beside it.

    Parameters
    ----------
    responses : pandas.DataFrame
        One row per informant: ``firm``, ``unit``, ``role``, ``informant``, then raw answers (nullable
        integers; "cannot judge" by its code; reverse-keyed items as answered).
    units : pandas.DataFrame
        One row per unit: ``firm``, ``unit``, then the unit's variables.
    truth : Truth
        What the data were made from.
    population : Population
    seed : int
    """

    responses: pd.DataFrame
    units: pd.DataFrame
    truth: Truth
    population: Population
    seed: int


@dataclass(frozen=True, slots=True)
class Block:
    """Everything drawn for one block of firms; `firm` counts from 0 over the whole study."""

    firm: Integers
    unit_in_firm: Integers
    units: UnitDraw
    informants: InformantDraw
    answers: AnswerDraw


def simulate(population: Population, seed: int, *, n_jobs: int = 1) -> SimulatedStudy:
    """Simulate a study.

    Parameters
    ----------
    population : Population
        From :func:`load_population`.
    seed : int
        At least 0. The same seed gives the same study, whatever `n_jobs`.
    n_jobs : int
        Worker processes.

    Returns
    -------
    SimulatedStudy

    Raises
    ------
    ComplyError
        If the seed is negative.
    """
    from comply_measure.simulation.frames import response_frame, unit_frame
    from comply_measure.simulation.truth import collect_truth

    blocks = simulate_blocks(population, seed, n_jobs=n_jobs)
    return SimulatedStudy(
        responses=response_frame(population, blocks),
        units=unit_frame(population, blocks),
        truth=collect_truth(population, blocks),
        population=population,
        seed=seed,
    )


def simulate_blocks(population: Population, seed: int, *, n_jobs: int = 1) -> list[Block]:
    """Draw all blocks of firms, in order."""
    if seed < 0:
        raise ComplyError(f"the seed must be 0 or more, not {seed}")
    sizes = firm_sizes(population, seed)
    targets, items = plan_targets(population), plan_items(population)
    starts = range(0, len(sizes), FIRMS_PER_BLOCK)
    tasks = [(sizes[start : start + FIRMS_PER_BLOCK], start) for start in starts]
    if n_jobs == 1:
        return [simulate_block(population, targets, items, part, start, seed) for part, start in tasks]
    from joblib import Parallel, delayed

    run = delayed(simulate_block)
    return list(
        Parallel(n_jobs=n_jobs)(run(population, targets, items, part, start, seed) for part, start in tasks)
    )


def firm_sizes(population: Population, seed: int) -> Integers:
    """Number of units of every firm, (n_firms,): the stated shares by largest remainder, in random order."""
    sample = population.spec.sample
    exact = [(share * sample.firms, size) for size, share in sample.units_per_firm.items()]
    counts = {size: int(round(quota, DECIMALS)) for quota, size in exact}
    left = sample.firms - sum(counts.values())
    by_remainder = sorted(exact, key=lambda entry: round(entry[0] - counts[entry[1]], DECIMALS), reverse=True)
    for _, size in by_remainder[:left]:
        counts[size] += 1
    sizes = np.repeat(list(counts), list(counts.values())).astype(np.int64)
    return sizes_stream(seed).permutation(sizes)


def simulate_block(
    population: Population, targets: TargetPlan, items: ItemPlan, sizes: Integers, start: int, seed: int
) -> Block:
    """Draw one block.

    Parameters
    ----------
    population, targets, items : Population, TargetPlan, ItemPlan
        The population and its parameters as arrays.
    sizes : (n_firms,) array
        Units of each firm of the block.
    start : int
        Position of the block's first firm in the study.
    seed : int
        Seed of the study.

    Returns
    -------
    Block
    """
    number = start // FIRMS_PER_BLOCK

    def stream(purpose: str) -> np.random.Generator:
        return block_stream(seed, number, purpose)

    firm = np.repeat(np.arange(len(sizes)), sizes)
    units = draw_units(population, firm, stream("groups"), stream("unit"))
    informants = draw_informants(targets, units, stream("informant"))
    streams = AnswerStreams(stream("items"), stream("careless"), stream("gaps"), stream("absence"))
    answers = draw_answers(population, items, units, informants, streams)
    unit_in_firm = np.concatenate([np.arange(size) for size in sizes])
    return Block(firm + start, unit_in_firm, units, informants, answers)
