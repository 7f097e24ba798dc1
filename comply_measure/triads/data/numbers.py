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

#: Numbers beyond this, or all below its inverse, cannot be raised to the powers that are needed.
LARGEST = 1e75
_NUMBERS = f"numbers up to {LARGEST:g} in size, or missing"


def column_numbers(column: pd.Series[Any] | pd.DataFrame) -> Floats | None:
    """A column as floats, NaN where missing; None if it holds anything but real numbers.

    Any real kind is read: ``float32``, nullable integers, and ``Decimal`` or numbers in a column of objects.
    """
    if not isinstance(column, pd.Series) or pd.api.types.is_complex_dtype(column):
        return None
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype != object:
        return None
    missing = column.isna().to_numpy()
    cells = column.to_numpy()
    if not all(isinstance(cell, Real | Decimal) and not isinstance(cell, bool) for cell in cells[~missing]):
        return None
    return np.array([np.nan if gone else float(cell) for cell, gone in zip(cells, missing, strict=True)])


def number_problems(data: pd.DataFrame, columns: Sequence[str]) -> list[Problem]:
    """Faults of columns that must hold numbers: absent, text, infinite, too large or too small to compute with."""
    problems = []
    for name in dict.fromkeys(columns):
        if name not in data.columns:
            allowed = ", ".join(map(str, data.columns))
            problems.append(Problem("column is not in the data", column=name, allowed=allowed))
            continue
        values = column_numbers(data[name])
        if values is None:
            problems.append(Problem("column holds no numbers", column=name, allowed=_NUMBERS))
        elif fault := size_fault(values):
            problems.append(Problem(fault, column=name, allowed=_NUMBERS))
    return problems


def size_fault(values: Floats) -> str:
    """Why numbers cannot be computed with; empty if they can."""
    known = np.abs(values[~np.isnan(values)])
    if not known.size:
        return ""
    if np.isinf(known.max()):
        return "infinite value"
    if known.max() > LARGEST:
        return "numbers too large to compute with"
    return "numbers too small to compute with" if 0 < known.max() < 1 / LARGEST else ""
