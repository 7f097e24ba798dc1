"""A table as formatted text, cell by cell: what the HTML, LaTeX and Word renderers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from comply_measure.report.format import FORMATS, NUMERIC, text
from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd

_WIDE_TEXT = 48


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell.

    Parameters
    ----------
    text : str
        The formatted value, not escaped.
    numeric : bool
        Whether it is set flush right.
    wide : bool
        Whether its column holds sentences.
    """

    text: str
    numeric: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row; one that opens a new group carries the group's name."""

    cells: tuple[Cell, ...]
    group: str | None = None


_PRINTED: WeakKeyDictionary[Table, tuple[Row, ...]] = WeakKeyDictionary()


def heads(table: Table) -> tuple[Cell, ...]:
    """Column heads."""
    return tuple(Cell(column.label, column.format in NUMERIC) for column in table.columns)


def rows(table: Table) -> tuple[Row, ...]:
    """The rows that are printed; made once for all renderers."""
    found = _PRINTED.get(table)
    if found is None:
        found = _PRINTED[table] = _printed(table)
    return found


def _printed(table: Table) -> tuple[Row, ...]:
    shown = table.data if table.rows_shown is None else table.data.head(table.rows_shown)
    columns = [_column(shown, column) for column in table.columns]
    groups = shown[table.group].to_list() if table.group else [None] * len(shown)
    found = []
    for index, cells in enumerate(zip(*columns, strict=True)):
        opens = table.group is not None and (index == 0 or groups[index] != groups[index - 1])
        found.append(Row(cells, text(groups[index]) if opens else None))
    return tuple(found)


def note(table: Table) -> str:
    """What stands under a table: N, estimator, notes, and how many rows are left to the CSV file."""
    parts = [f"{table.basis}." if table.basis else "", *table.notes]
    if table.rows_shown is not None and table.rows_shown < len(table.data):
        parts.append(f"{table.rows_shown} of {len(table.data)} rows are printed; the CSV file holds all.")
    return " ".join(part for part in parts if part)


def _column(data: pd.DataFrame, column: Column) -> list[Cell]:
    shape = FORMATS[column.format]
    values = [data[name].to_list() for name in column.sources]
    texts = [shape(*parts) for parts in zip(*values, strict=True)]
    if column.format in NUMERIC:
        return [Cell(value, numeric=True) for value in texts]
    wide = max((len(value) for value in texts), default=0) > _WIDE_TEXT
    return [Cell(value, wide=wide) for value in texts]
