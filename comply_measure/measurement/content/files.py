"""Files of experts and judges, read strictly: every problem of a file with its row and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.responses.cells import add_cells, name_in
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table
from comply_measure.responses.files.raw import Cell, Column, RawTable
from comply_measure.responses.mapping import FileFormat
from comply_measure.responses.numerals import Numerals, numerals_of
from comply_measure.statistics.words import did_you_mean

Reader = Callable[[RawTable, Faults], pd.DataFrame]


def read_expert_ratings(
    path: str | Path, items: Sequence[str], *, minimum: int = 1, maximum: int = 4
) -> pd.DataFrame:
    """Relevance ratings: a row per expert (column ``expert``), a column per item; empty = not rated.

    Parameters
    ----------
    path : str or Path
        CSV, TSV, Excel or another format of :func:`comply_measure.read_responses`.
    items : sequence of str
        Items that may occur; not all have to.
    minimum, maximum : int
        Ends of the rating scale; ratings are whole numbers.

    Returns
    -------
    DataFrame
        Index: experts; columns: items of the file in the order of `items`; float, NaN = not rated.

    Raises
    ------
    InputError
        With every problem of the file: file, row, column, value, allowed.
    """
    faults = Faults(str(path))
    found = ratings_of(path, items, minimum, maximum, faults)
    if found is None:
        refuse(f"{path} cannot be used", faults)
    return found


def read_item_sorts(path: str | Path, items: Sequence[str], constructs: Sequence[str]) -> pd.DataFrame:
    """Item sorts: a row per judge (column ``judge``), a column per item with the construct chosen; empty = not sorted.

    Parameters
    ----------
    path, items
        As for :func:`read_expert_ratings`, and so are the errors.
    constructs : sequence of str
        Offered to the judges.
    """
    faults = Faults(str(path))
    found = sorts_of(path, items, constructs, faults)
    if found is None:
        refuse(f"{path} cannot be used", faults)
    return found


def read_definitional_ratings(
    path: str | Path, items: Sequence[str], constructs: Sequence[str], *, anchors: int = 7
) -> pd.DataFrame:
    """Ratings of items against definitions: columns ``judge``, ``item`` and one per construct, 1 to ``anchors``.

    Parameters
    ----------
    path, items
        As for :func:`read_expert_ratings`, and so are the errors.
    constructs : sequence of str
        Whose definitions were rated.
    anchors : int
        Points of the rating scale.

    Returns
    -------
    DataFrame
        Long: judge, item, construct, rating, as :func:`definitional_ratings` takes it; empty cells are left out.
    """
    faults = Faults(str(path))
    found = definitions_of(path, items, constructs, anchors, faults)
    if found is None:
        refuse(f"{path} cannot be used", faults)
    return found


def ratings_of(
    path: str | Path, items: Sequence[str], minimum: int, maximum: int, faults: Faults
) -> pd.DataFrame | None:
    """As :func:`read_expert_ratings`; problems go to `faults`, and then there is no table."""
    table = _table(path, faults)
    if table is None:
        return None
    _known_columns(table, "expert", items, "item", faults)
    people = _people(table, "expert", faults)
    present = [item for item in items if item in table.columns]
    numerals = numerals_of(table, [table.columns[item] for item in present], FileFormat(), faults)
    values = {i: _numbers(table, table.columns[i], numerals, minimum, maximum, faults) for i in present}
    return None if faults.problems else pd.DataFrame(values, index=pd.Index(people, name="expert"))


def sorts_of(
    path: str | Path, items: Sequence[str], constructs: Sequence[str], faults: Faults
) -> pd.DataFrame | None:
    """As :func:`read_item_sorts`, with `faults`."""
    table = _table(path, faults)
    if table is None:
        return None
    _known_columns(table, "judge", items, "item", faults)
    people = _people(table, "judge", faults)
    values = {
        i: _names(table, table.columns[i], constructs, "not one of the constructs", faults)
        for i in items
        if i in table.columns
    }
    return None if faults.problems else pd.DataFrame(values, index=pd.Index(people, name="judge"))


def definitions_of(
    path: str | Path, items: Sequence[str], constructs: Sequence[str], anchors: int, faults: Faults
) -> pd.DataFrame | None:
    """As :func:`read_definitional_ratings`, with `faults`."""
    table = _table(path, faults)
    if table is None:
        return None
    _known_columns(table, "judge", ("item", *constructs), "construct", faults)
    present = [c for c in constructs if c in table.columns]
    judges = _people(table, "judge", faults, unique=False)
    if "item" not in table.columns:
        faults.add("missing column", column="item")
        return None
    rated = _names(table, table.columns["item"], items, "unknown item", faults)
    blank = np.flatnonzero(table.columns["item"].codes < 0)
    faults.add_rows("no item is named", table.rows[blank], column="item")
    numerals = numerals_of(table, [table.columns[c] for c in present], FileFormat(), faults)
    values = {c: _numbers(table, table.columns[c], numerals, 1, anchors, faults) for c in present}
    wide = pd.DataFrame({"judge": judges, "item": rated, **values})
    double = np.flatnonzero(wide.duplicated(["judge", "item"]).to_numpy() & wide["item"].notna().to_numpy())
    faults.add_rows(
        "rated twice by the same judge", table.rows[double], column="item", values=wide["item"].iloc[double]
    )
    if faults.problems:
        return None
    return wide.melt(["judge", "item"], present, "construct", "rating").dropna().reset_index(drop=True)


def _table(path: str | Path, faults: Faults) -> RawTable | None:
    return load_table(Path(path), FileFormat(), faults)


def _known_columns(table: RawTable, person: str, names: Sequence[str], what: str, faults: Faults) -> None:
    """Name unknown columns with the nearest known one, and a file without any known one."""
    for name in table.columns:
        if name != person and name not in names:
            faults.add(f"unknown {what}{did_you_mean(name, names)}", column=name)
    if not any(name in names for name in table.columns):
        faults.add(f"no column is a known {what}", allowed=", ".join(names[:10]) + (" …" * (len(names) > 10)))


def _people(table: RawTable, column: str, faults: Faults, unique: bool = True) -> list[str]:
    """Names of experts or judges."""
    if column not in table.columns:
        faults.add(f"missing column{did_you_mean(column, table.columns)}", column=column)
        return [str(row) for row in table.rows]
    cells = table.columns[column].cells()
    names = ["" if cell is None else name_in(cell) for cell in cells]
    blank = [place for place, name in enumerate(names) if not name]
    faults.add_rows(f"no {column} is named", table.rows[blank], column=column)
    if unique:
        double = [p for p, name in enumerate(names) if name and name in names[:p]]
        faults.add_rows(
            f"the {column} has a row already",
            table.rows[double],
            column=column,
            values=[names[p] for p in double],
        )
    return names


def _numbers(
    table: RawTable, column: Column, numerals: Numerals, minimum: int, maximum: int, faults: Faults
) -> np.ndarray:
    """Whole numbers within the scale; everything else is a problem."""

    def value(cell: Cell) -> float | None:
        number = numerals.number(cell)
        whole = number is not None and np.isfinite(number) and number.is_integer()
        return number if whole and number is not None and minimum <= number <= maximum else None

    read = [value(cell) for cell in column.distinct]
    wrong = [place for place, number in enumerate(read) if number is None]
    allowed = f"whole numbers {minimum} to {maximum}, or empty"
    add_cells(faults, "not a rating", table, column, wrong, allowed)
    lookup = np.array([*(np.nan if number is None else number for number in read), np.nan])
    return np.asarray(lookup[column.codes])


def _names(
    table: RawTable, column: Column, allowed: Sequence[str], message: str, faults: Faults
) -> list[str | None]:
    """Names out of a list; everything else is a problem."""
    read = [name_in(cell) for cell in column.distinct]
    wrong = [place for place, name in enumerate(read) if name not in allowed]
    shown = ", ".join(allowed[:12]) + (" …" if len(allowed) > 12 else "")
    add_cells(faults, message, table, column, wrong, shown)
    lookup: Mapping[int, str | None] = dict(enumerate(read)) | {-1: None}
    return [lookup[int(code)] for code in column.codes]
