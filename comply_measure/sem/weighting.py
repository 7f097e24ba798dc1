"""Sampling weights: one positive number per case, read from a column and normalised over the cases that are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

NORMALIZATIONS = ("group", "total", "none")
SHOWN = 10  # rows that a message names


@dataclass(frozen=True)
class Weighting:
    """Sampling weights of the rows of the user's data.

    Attributes
    ----------
    values : array (rows,) or None
        As given; None for no weights.
    normalization : str
        lavaan's words: ``group``, weights of a group sum to its number of cases; ``total``, those of all groups to the
        number of all cases; ``none``, as given.
    """

    values: Array | None = None
    normalization: str = "group"

    def of(self, kept: Sequence[Index]) -> tuple[Array | None, ...]:
        """Normalised weights of the cases used, per group.

        Parameters
        ----------
        kept : sequence of int arrays
            Rows of the cases that are used, per group.
        """
        if self.values is None:
            return tuple(None for _ in kept)
        parts = [self.values[rows] for rows in kept]
        if self.normalization == "group":
            return tuple(part * (len(part) / part.sum()) for part in parts)
        if self.normalization == "total":
            factor = sum(len(part) for part in parts) / sum(float(part.sum()) for part in parts)
            return tuple(part * factor for part in parts)
        return tuple(parts)


LARGEST = 1e100  # weight: sums of them and of their squares must be numbers
UNWEIGHTED = Weighting()


def read_weights(frame: pd.DataFrame, column: str | None, normalization: str) -> Weighting:
    """Sampling weights from a column of the data.

    Raises
    ------
    InputError
        When the column holds no numbers, or values that are missing, infinite, zero or negative; with their rows.
    """
    import pandas as pd

    if column is None:
        return UNWEIGHTED
    given = frame[column]
    if not pd.api.types.is_numeric_dtype(given.dtype) or pd.api.types.is_complex_dtype(given.dtype):
        problem = Problem("not a number", column=column, value=str(given.dtype), allowed="positive numbers")
        raise InputError("The sampling weights cannot be used.", [problem])
    values = given.to_numpy(dtype=float, na_value=np.nan)
    problems = []
    for message, bad in (
        ("missing", np.isnan(values)),
        ("infinite", np.isinf(values)),
        ("negative", np.isfinite(values) & (values < 0.0)),
        ("zero: leave the case out instead", values == 0.0),
        ("too large to add up", np.isfinite(values) & (values > LARGEST)),
        ("too small to divide by", (values > 0.0) & (values < 1.0 / LARGEST)),
    ):
        rows = np.flatnonzero(bad)
        if len(rows):
            labels = ", ".join(str(frame.index[i]) for i in rows[:SHOWN]) + ", …" * (len(rows) > SHOWN)
            message = f"{message} ({len(rows)} cases; rows {labels})"
            problems.append(Problem(message, column=column, allowed="positive numbers"))
    if problems:
        raise InputError("The sampling weights cannot be used.", problems)
    return Weighting(values, normalization)
