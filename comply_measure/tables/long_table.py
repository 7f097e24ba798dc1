"""The boundary of this room: a long table of informants, checked once and turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.grouping import Grouping
from comply_measure.statistics.labels import twofold_labels
from comply_measure.tables.numbers import INFINITE, column_numbers, number_problems

HEADLINE = "The table of informants cannot be used."


@dataclass(frozen=True, slots=True)
class LongTable:
    """One row per informant, as arrays.

    Attributes
    ----------
    unit : ndarray, shape (n,)
        Unit of each informant.
    role, firm : ndarray, shape (n,), or None
        Role and firm of each informant, when asked for.
    columns : tuple of str
        Names of the J variables.
    values : ndarray, shape (n, J)
        Answers or scores; NaN where missing.
    """

    unit: NDArray[Any]
    role: NDArray[Any] | None
    firm: NDArray[Any] | None
    columns: tuple[str, ...]
    values: Floats

    def grouping(self) -> Grouping:
        """Rows gathered by unit."""
        return Grouping.from_labels(self.unit)


def long_table(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    role: str | None = None,
    firm: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    several: bool = False,
) -> LongTable:
    """Check a long data frame and take the named columns out as arrays.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : sequence of str
        Variables to use.
    unit, role, firm : str
        Names of the key columns; `role` and `firm` are read only when named.
    minimum, maximum : float, optional
        Range of the answers; values outside are problems.
    several : bool
        Whether a role may have several informants in a unit.

    Raises
    ------
    InputError
        Lists every fault: absent or repeated columns, text where numbers belong, infinite or out-of-range
        values, labels that stand as text and as number, rows without unit or role, two rows of one role in one
        unit, an empty table.
    """
    columns = tuple(columns)
    keys = [key for key in (unit, role, firm) if key is not None]
    problems = _column_problems(data, columns, keys)
    if problems:
        raise InputError(HEADLINE, problems)
    read = (column_numbers(data[name]) for name in columns)
    values = np.column_stack([column for column in read if column is not None])
    problems = [problem for key in keys for problem in twofold_labels(data[key], key)]
    problems += _key_problems(data, unit, role, several=several) + _range_problems(
        data, columns, values, minimum, maximum
    )
    if problems:
        raise InputError(HEADLINE, problems)
    return LongTable(
        data[unit].to_numpy(),
        data[role].to_numpy() if role else None,
        data[firm].to_numpy() if firm else None,
        columns,
        values,
    )


def _column_problems(data: pd.DataFrame, columns: tuple[str, ...], keys: list[str]) -> list[Problem]:
    if not len(data):
        return [Problem("the table has no rows")]
    if not columns:
        return [Problem("no columns were named")]
    problems = [
        Problem("column is absent", column=key, allowed="a column of the table")
        for key in keys
        if key not in data.columns
    ]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    problems += [Problem("column is named twice", column=name) for name in repeated]
    # infinite values are named row by row
    return problems + [p for p in number_problems(data, columns) if p.message != INFINITE]


def _key_problems(data: pd.DataFrame, unit: str, role: str | None, *, several: bool) -> list[Problem]:
    problems = []
    for key in (unit, role):
        if key is not None:
            rows = np.flatnonzero(data[key].isna().to_numpy())
            problems += [
                Problem(f"informant without {key}", row=str(data.index[i]), column=key) for i in rows.tolist()
            ]
    if role is not None and not several:
        doubled = np.flatnonzero(data.duplicated([unit, role]).to_numpy())
        problems += [
            Problem(
                "two informants of one role in one unit",
                row=str(data.index[i]),
                column=role,
                value=(data[unit].iloc[i], data[role].iloc[i]),
                allowed="one informant per role and unit",
            )
            for i in doubled.tolist()
        ]
    return problems


def _range_problems(
    data: pd.DataFrame,
    columns: tuple[str, ...],
    values: Floats,
    minimum: float | None,
    maximum: float | None,
) -> list[Problem]:
    bad = np.isinf(values)
    if minimum is not None:
        bad |= values < minimum
    if maximum is not None:
        bad |= values > maximum
    low = "-inf" if minimum is None else f"{minimum:g}"
    high = "inf" if maximum is None else f"{maximum:g}"
    return [
        Problem(
            "value outside the scale",
            row=str(data.index[i]),
            column=columns[j],
            value=float(values[i, j]),
            allowed=f"{low} to {high}, or missing",
        )
        for i, j in zip(*(axis.tolist() for axis in np.nonzero(bad)), strict=True)
    ]


def scale_items(scales: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], dict[str, NDArray[np.int64]]]:
    """All items of several scales, each once, and the positions of each scale's items among them.

    Raises
    ------
    InputError
        A scale without items, or an item twice within a scale.
    """
    problems = []
    for key, items in scales.items():
        if not len(items):
            problems.append(Problem("scale has no items", column=key))
        if len(set(items)) < len(items):
            problems.append(Problem("scale names an item twice", column=key))
    if not scales:
        problems.append(Problem("no scales were named"))
    if problems:
        raise InputError("The scales cannot be used.", problems)
    place: dict[str, int] = {}
    for items in scales.values():
        for item in items:
            place.setdefault(item, len(place))
    return tuple(place), {
        key: np.array([place[item] for item in items], dtype=np.int64) for key, items in scales.items()
    }
