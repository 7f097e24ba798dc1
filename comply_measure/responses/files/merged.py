"""Merged cells of a worksheet: one stored value that stands for several cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.limits import MAX_CELLS
from comply_measure.responses.files.workbook import Range

Grid = list[tuple[int, list[Any]]]
"""Rows by number, each with its cells."""


def settle_merged(
    merged: Sequence[Range], rows: Grid, header: Sequence[str | None], faults: Faults, *, fill: bool
) -> None:
    """Give every cell of a merged range its value, or report the range.

    Excel stores a merged value once, in the upper left cell; read as they stand, the other cells are blank.

    Parameters
    ----------
    merged : sequence of Range
        Merged cells of the worksheet.
    rows : Grid
        Rows below the header; changed in place where `fill` is set.
    header : sequence of str or None
        Names of the columns.
    faults : Faults
        Receives each range that holds a value and is not to be filled.
    fill : bool
        Whether the user says that the value stands for every cell.
    """
    by_number = dict(rows)
    first = rows[0][0]
    # Ranges may not overlap in Excel; those of a forged file could be worked through for ever.
    area = sum(
        (bottom - top + 1) * (min(right, len(header)) - left + 1) for top, left, bottom, right in merged
    )
    if area > MAX_CELLS:
        faults.add("the merged cells cover more than the worksheet holds")
        return
    for top, left, bottom, right in merged:
        names = [name for name in header[left - 1 : right] if name is not None]
        cells = by_number.get(top, [])
        value = cells[left - 1] if left <= len(cells) else None
        if bottom < first or not names or (value is None and top >= first):
            continue
        if fill and top >= first:
            _fill(by_number, (top, left, bottom, min(right, len(header))), value)
        else:
            faults.add(
                f"merged cells: rows {top} to {bottom} of {_columns(names)} hold one value",
                row=max(top, first),
                column=names[0],
                value=value,
                allowed="a value in every cell, or state merged: fill if the value stands for all of them",
            )


def _fill(by_number: dict[int, list[Any]], cells: Range, value: Any) -> None:
    """Write the value into every cell of the range; rows that hold nothing else stay blank lines."""
    top, left, bottom, right = cells
    for number in range(top, bottom + 1):
        row = by_number.get(number)
        if row is not None:
            row.extend([None] * (right - len(row)))
            row[left - 1 : right] = [value] * (right - left + 1)


def _columns(names: list[str]) -> str:
    return f"column {names[0]}" if len(names) == 1 else f"columns {names[0]} to {names[-1]}"
