"""The header line of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comply_measure.responses.faults import Faults


def checked_header(
    cells: Sequence[Any], body: Sequence[Sequence[Any]], faults: Faults, row: int = 1
) -> list[str | None]:
    """Names of the columns; None for a column that has no name and no content.

    Parameters
    ----------
    cells : sequence
        The header's cells.
    body : sequence of sequences
        The records below, to tell an empty column from one whose name is missing.
    faults : Faults
        Receives double names and columns that have content and no name.
    row : int
        Row of the header in the file.
    """
    names: list[str | None] = []
    for place, cell in enumerate(cells):
        name = "" if cell is None else str(cell).strip().strip("\ufeff").strip()
        if not name:
            if any(len(record) > place and not _blank(record[place]) for record in body):
                faults.add("the column has no name", row=row, column=f"column {place + 1}")
            names.append(None)
        elif name in names:
            faults.add("the column name occurs twice", row=row, column=name, allowed="each name once")
            names.append(None)
        else:
            names.append(name)
    return names


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
