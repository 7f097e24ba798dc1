"""Columns of numbers: taken out of a data frame as floats, or refused with every fault."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.errors import Problem
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import LARGEST

INFINITE = "infinite value"
_NUMBERS = f"numbers up to {LARGEST:g} in size, or missing"


def column_numbers(column: pd.Series[Any] | pd.DataFrame) -> Floats | None:
    """A column as floats, NaN where missing; None if it holds anything but real numbers.

    Any real kind is read: ``float32``, nullable integers, and ``Decimal`` or numbers in a column of objects.
    """
    if not isinstance(column, pd.Series) or pd.api.types.is_complex_dtype(column):
        return None
    if column.dtype == np.float64:
        return column.to_numpy()
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype != object:
        return None
    missing = column.isna().to_numpy()
    cells = column.to_numpy()
    if not all(isinstance(cell, Real | Decimal) and not isinstance(cell, bool) for cell in cells[~missing]):
        return None
    return np.array([np.nan if gone else float(cell) for cell, gone in zip(cells, missing, strict=True)])


def column_problem(data: pd.DataFrame, name: str) -> Problem | None:
    """Why a column cannot be computed with: absent, twice, no real numbers, infinite, too large or too small."""
    if name not in data.columns:
        return Problem("column is absent", column=name, allowed="a column of the table")
    if not data.columns.is_unique and (data.columns == name).sum() > 1:
        return Problem("two columns have one name", column=name)
    values = column_numbers(data[name])
    if values is None:
        return Problem("column holds no numbers", column=name, allowed=_NUMBERS)
    fault = size_fault(values)
    return Problem(fault, column=name, allowed=_NUMBERS) if fault else None


def number_problems(data: pd.DataFrame, columns: Sequence[str]) -> list[Problem]:
    """Faults of columns that must hold numbers: absent, text, infinite, too large or too small to compute with."""
    faults = (column_problem(data, name) for name in dict.fromkeys(columns))
    return [fault for fault in faults if fault is not None]


def size_fault(values: Floats) -> str:
    """Why numbers cannot be computed with; empty if they can."""
    largest = float(np.fmax.reduce(np.abs(values), initial=0.0))
    if np.isinf(largest):
        return INFINITE
    if largest > LARGEST:
        return "numbers too large to compute with"
    return "numbers too small to compute with" if 0 < largest < 1 / LARGEST else ""
