"""Collects the problems of one input, so that all of them are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem

MAX_ROWS_LISTED = 100


@dataclass(slots=True)
class Faults:
    """The problems of one file, in the order of the file.

    Parameters
    ----------
    file : str
        Name of the file, put into every problem.
    """

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        message: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: Any = None,
        allowed: str | None = None,
    ) -> None:
        """Add one problem."""
        self.problems.append(Problem(message, self.file, row, column, value, allowed))

    def add_rows(
        self,
        message: str,
        rows: Sequence[int] | NDArray[np.intp],
        *,
        column: str | None = None,
        values: Iterable[Any] | None = None,
        allowed: str | None = None,
    ) -> None:
        """Add one problem per row; beyond 100 rows of one fault in one column, their number.

        Parameters
        ----------
        rows : sequence of int
            File rows.
        values : iterable, optional
            The value in each row; only as many as are listed are taken.
        """
        found = repeat(None) if values is None else values
        for row, value in zip(rows[:MAX_ROWS_LISTED], found, strict=False):
            self.add(message, row=int(row), column=column, value=value, allowed=allowed)
        hidden = len(rows) - MAX_ROWS_LISTED
        if hidden > 0:
            self.add(f"the same in {hidden} more rows: {message}", column=column, allowed=allowed)

    def in_file_order(self) -> list[Problem]:
        """Problems of the whole file first, then row by row."""
        rows = [problem.row if isinstance(problem.row, int) else 0 for problem in self.problems]
        return [self.problems[place] for place in np.argsort(rows, kind="stable")]


def refuse(headline: str, *collections: Faults) -> NoReturn:
    """Raise one :class:`InputError` with the problems of all files."""
    raise InputError(headline, [problem for faults in collections for problem in faults.in_file_order()])
