"""Drawn blocks as tables: responses as a survey file has them, units, and their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.simulation.answers import ANSWERED, CANNOT_JUDGE, DOES_NOT_APPLY
from comply_measure.simulation.plan import plan_items
from comply_measure.simulation.population import Population

if TYPE_CHECKING:
    from comply_measure.simulation.study import Block


def firm_ids(population: Population, blocks: Sequence[Block]) -> list[str]:
    """Firm of every unit: ``F01``, ``F02``, …"""
    width = max(2, len(str(population.spec.sample.firms)))
    return [f"F{number + 1:0{width}d}" for block in blocks for number in block.firm]


def unit_ids(population: Population, blocks: Sequence[Block]) -> list[str]:
    """Unit ids: ``F01-U1``, ``F01-U2``, …"""
    within = [number for block in blocks for number in block.unit_in_firm]
    return [
        f"{firm}-U{number + 1}" for firm, number in zip(firm_ids(population, blocks), within, strict=True)
    ]


def informant_index(population: Population, blocks: Sequence[Block]) -> pd.DataFrame:
    """Firm, unit, role and id of every place of an informant, unit by unit in order of roles, second ones last."""
    seats = population.seats
    firms, units = firm_ids(population, blocks), unit_ids(population, blocks)
    names = [seat.role + ("" if seat.first == place else "-2") for place, seat in enumerate(seats)]
    return pd.DataFrame(
        {
            "firm": np.repeat(firms, len(seats)),
            "unit": np.repeat(units, len(seats)),
            "role": np.tile([seat.role for seat in seats], len(units)),
            "informant": [f"{unit}-{name}" for unit in units for name in names],
        }
    )


def stacked(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join blocks (n_units, R, …) into rows per informant."""
    joined = np.concatenate(arrays, axis=0)
    return joined.reshape(joined.shape[0] * joined.shape[1], *joined.shape[2:])


def invited(blocks: Sequence[Block]) -> NDArray[np.bool_]:
    """Which places of informants are taken, unit by unit."""
    return stacked([block.answers.invited for block in blocks]).astype(bool)


def response_frame(population: Population, blocks: Sequence[Block]) -> pd.DataFrame:
    """Raw answers of the informants who took part."""
    plan = plan_items(population)
    reason = stacked([block.answers.reason for block in blocks])
    answers = np.where(
        reason == CANNOT_JUDGE, plan.cannot_judge, stacked([block.answers.answers for block in blocks])
    )
    answers = np.where(reason == DOES_NOT_APPLY, plan.does_not_apply, answers)
    blank = ~np.isin(reason, (ANSWERED, CANNOT_JUDGE, DOES_NOT_APPLY))
    items = pd.DataFrame(
        {
            name: pd.array(np.where(blank[:, i], np.nan, answers[:, i]), dtype="Int64")
            for i, name in enumerate(plan.ids)
        }
    )
    table = pd.concat([informant_index(population, blocks), items], axis=1)
    present = ~stacked([block.answers.absent for block in blocks]).astype(bool) & invited(blocks)
    return table.loc[present].reset_index(drop=True)


def unit_frame(population: Population, blocks: Sequence[Block]) -> pd.DataFrame:
    """Unit-level variables, one row per unit."""
    observed = {
        name: np.concatenate([block.units.observed[name] for block in blocks])
        for name in population.spec.unit_variables
    }
    table = pd.DataFrame({"firm": firm_ids(population, blocks), "unit": unit_ids(population, blocks)})
    for name, values in observed.items():
        table[name] = pd.Series(list(values)).infer_objects()
    return table
