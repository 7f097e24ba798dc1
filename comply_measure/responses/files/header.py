"""The header line of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from comply_measure.responses.faults import Faults


def checked_header(
    cells: Sequence[Any], has_content: Callable[[int], bool], faults: Faults, row: int = 1
) -> list[str | None]:
    """Names of the columns; None for a column that has no name and no content.

    Parameters
    ----------
    cells : sequence
        The header's cells.
    has_content : callable
        Tells of a column, by its place, whether any cell below is not blank.
    faults : Faults
        Receives double names and columns that have content and no name.
    row : int
        Row of the header in the file.
    """
    names: list[str | None] = []
    for place, cell in enumerate(cells):
        name = "" if cell is None else str(cell).strip().strip("\ufeff").strip()
        if not name:
            if has_content(place):
                faults.add("the column has no name", row=row, column=f"column {place + 1}")
            names.append(None)
        elif name in names:
            faults.add("the column name occurs twice", row=row, column=name, allowed="each name once")
            names.append(None)
        else:
            names.append(name)
    return names
