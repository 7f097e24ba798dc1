"""Rows of a file that are no answers of informants: test rows, rejected ones, what else the user leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.cells import folded, name_in
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.statistics.words import counted, did_you_mean


def rows_with(column: Column, cells: Collection[str]) -> NDArray[np.bool_]:
    """Which records have one of these cells: codes or their labels, compared without case; ``""`` is a blank cell."""
    wanted = {folded(cell) for cell in cells}
    hit = np.zeros(len(column.distinct) + 1, dtype=bool)
    for place, cell in enumerate(column.distinct):
        label = column.value_labels.get(cell)
        hit[place] = folded(name_in(cell)) in wanted or (label is not None and folded(label) in wanted)
    hit[-1] = "" in wanted
    return hit[column.codes]


def without_rows(
    table: RawTable, leave_out: Mapping[str, Sequence[str]], faults: Faults
) -> tuple[RawTable, tuple[str, ...]]:
    """The table without the rows that the user leaves out, and a note per column on how many these are.

    Parameters
    ----------
    table : RawTable
        The file.
    leave_out : mapping
        Column -> cells whose rows go. A row counts at the first column that leaves it out.
    faults : Faults
        Receives unknown columns, and the problem that no row is left.
    """
    dropped = np.zeros(len(table), dtype=bool)
    notes = []
    for name, cells in leave_out.items():
        if name not in table.columns:
            hint = did_you_mean(name, table.columns)
            faults.add(f"missing column, which leaves out rows{hint}", column=name)
            continue
        new = rows_with(table.columns[name], cells) & ~dropped
        dropped |= new
        rows = counted(int(new.sum()), "row was", "rows were")
        notes.append(f"{rows} left out, whose {name} is {' or '.join(cell or 'blank' for cell in cells)}")
    if len(table) and dropped.all():
        faults.add("no row is left", allowed="leave_out keeps at least one row")
        return table, tuple(notes)
    return (table.without(dropped) if dropped.any() else table), tuple(notes)
