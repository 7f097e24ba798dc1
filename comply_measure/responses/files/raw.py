"""A file's table as it stands there: columns of distinct cells, with the file row of every record.

Cells repeat: a 7-point item holds about eight different ones. Each column is therefore stored as codes into
its distinct cells, and everything after this reads each distinct cell once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Cell = str | float

#: Whole numbers below are kept as floats; Excel keeps 15 digits, and beyond 2^53 a float stands for several numbers.
MAX_EXACT: Final = 10**15

#: What shows nothing at the ends of a text: byte-order mark, zero-width and soft characters, marks of direction.
_INVISIBLE = (
    "\ufeff\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
)


def trimmed(text: str) -> str:
    """Text without blanks and invisible characters around it."""
    return text.strip().strip(_INVISIBLE).strip()


class DateCell(str):
    """Text of a cell that the file stores as a date or time."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of a file.

    Parameters
    ----------
    name : str
        Name as in the file, without surrounding blanks.
    codes : ndarray of int
        Per record the position in `distinct`; -1 for a blank cell.
    distinct : tuple of str or float
        The different cells.
    value_labels : mapping
        Value -> label, where the file has labels (SPSS, Stata).
    missing_ranges : tuple of (low, high)
        Values the file declares as user-missing (SPSS).
    missing_texts : frozenset of str
        Texts the file declares as user-missing (SPSS).
    nominal : bool
        True if the file declares the variable nominal (SPSS).
    label : str
        What the file says about the column beside its name: a variable label (SPSS, Stata), the question in a further
        header row.
    ordered : tuple
        All categories from the lowest, where the file orders them (Parquet).
    """

    name: str
    codes: NDArray[np.intp]
    distinct: tuple[Cell, ...]
    value_labels: Mapping[Cell, str] = field(default_factory=dict)
    missing_ranges: tuple[tuple[float, float], ...] = ()
    missing_texts: frozenset[str] = frozenset()
    nominal: bool = False
    label: str = ""
    ordered: tuple[Cell, ...] = ()

    def is_declared_missing(self, value: Cell) -> bool:
        """True if the file declares this value as user-missing."""
        if isinstance(value, str):
            return value in self.missing_texts
        return any(low <= value <= high for low, high in self.missing_ranges)

    def cells(self) -> list[Cell | None]:
        """The cell of every record; None where blank."""
        lookup: list[Cell | None] = [*self.distinct, None]
        return [lookup[code] for code in self.codes]

    def cell(self, record: int) -> Cell | None:
        """The cell of one record; None where blank."""
        code = self.codes[record]
        return self.distinct[code] if code >= 0 else None

    def where(self, positions: Iterable[int]) -> NDArray[np.intp]:
        """Records whose cell is one of the distinct cells at `positions`."""
        return np.flatnonzero(np.isin(self.codes, np.fromiter(positions, dtype=np.intp)))


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A file's table before it is understood.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    columns : mapping
        Name -> column, in the order of the file.
    rows : ndarray of int
        Row of the file of each record. A header line counts as row 1; files without one (SPSS, Stata,
        Parquet) count records from 1.
    sha256 : str or None
        Digest of the file; None for a table that was not read from a file.
    may_use_decimal_comma : bool
        True if numbers may be written with a decimal comma (text files not separated by commas).
    notes : tuple of str
        What was noticed and set right while reading.
    groups : tuple of str
        Groups that repeat and stand in one cell each (JSON).
    """

    file: str
    columns: Mapping[str, Column]
    rows: NDArray[np.intp]
    sha256: str | None = None
    may_use_decimal_comma: bool = False
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def without(self, dropped: NDArray[np.bool_]) -> RawTable:
        """The table without some records; cells that only these had are gone."""
        kept = ~dropped
        columns = {name: _of_records(column, kept) for name, column in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[kept])


def _of_records(column: Column, kept: NDArray[np.bool_]) -> Column:
    codes = column.codes[kept]
    used = np.zeros(len(column.distinct) + 1, dtype=bool)
    used[codes] = True
    used[-1] = False
    position = np.full(len(used), -1, dtype=np.intp)
    position[used] = np.arange(int(used.sum()))
    distinct = tuple(cell for cell, there in zip(column.distinct, used, strict=False) if there)
    return replace(column, codes=position[codes], distinct=distinct)


def encoded(name: str, values: Sequence[Any] | NDArray[Any], **described: Any) -> Column:
    """Column of the distinct cells of `values`.

    Parameters
    ----------
    name : str
        Column name.
    values : sequence
        One entry per record: text, numbers, dates, None or NaN.
    **described
        Further fields of :class:`Column`.

    Returns
    -------
    Column
    """
    array = np.asarray(values) if isinstance(values, np.ndarray) else _object_array(values)
    try:
        codes, distinct = pd.factorize(array, use_na_sentinel=True)
    except TypeError:  # lists and the like in the cells of a frame: no answers, told by their text
        text = [value if isinstance(value, Hashable) else str(value) for value in array]
        codes, distinct = pd.factorize(_object_array(text), use_na_sentinel=True)
    return from_dictionary(name, codes, list(distinct), **described)


def from_dictionary(name: str, codes: NDArray[Any], distinct: Sequence[Any], **described: Any) -> Column:
    """Column from codes and distinct values that may still hold blanks and foreign types."""
    cells = [plain(value) for value in distinct]
    kept = [cell for cell in cells if cell is not None]
    position = np.full(len(cells) + 1, -1, dtype=np.intp)
    position[: len(cells)][[cell is not None for cell in cells]] = np.arange(len(kept))
    return Column(name, position[np.asarray(codes, dtype=np.intp)], tuple(kept), **described)


def plain(value: Any) -> Cell | None:
    """A cell as stripped text, float or None if blank; truth values and dates as marked text."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        text = trimmed(value)
        return (DateCell(text) if isinstance(value, DateCell) else text) or None
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | np.integer):
        # Two long ids would become one float.
        return float(value) if abs(int(value)) < MAX_EXACT else str(value)
    if isinstance(value, float | np.floating):
        return None if value != value else float(value)
    if hasattr(value, "isoformat"):
        return DateCell(value.isoformat())
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def _object_array(values: Sequence[Any]) -> NDArray[Any]:
    """Object array in which truth values are text: pandas would merge True with 1."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    if not {bool, np.bool_}.isdisjoint(map(type, values)):
        array[:] = [("TRUE" if v else "FALSE") if isinstance(v, bool | np.bool_) else v for v in values]
    return array
