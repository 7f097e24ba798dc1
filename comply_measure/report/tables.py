"""A table as a value: what it shows, columns by name from the dictionary, and its one printed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from comply_measure.errors import ComplyError
from comply_measure.report.format import FORMATS, NUMERIC, Format, plural, text
from comply_measure.report.names import require_key
from comply_measure.report.quantities.dictionary import quantity
from comply_measure.report.quantities.entry import Quantity
from comply_measure.report.quantities.names import Name
from comply_measure.report.translation.translator import translator
from comply_measure.tables.values import plain_values

if TYPE_CHECKING:
    import pandas as pd

_WIDE_TEXT = 48
_ENDS = frozenset(name for name in FORMATS if "span" in name or "interval" in name)


@dataclass(frozen=True, slots=True)
class Column:
    """One printed column of a table.

    Parameters
    ----------
    label : str
        Column head.
    source : str or tuple of str
        Column(s) of the data the cell is made of; two for an interval.
    format : str
        A key of :data:`comply_measure.report.format.FORMATS`.
    name : str
        Name of the quantity in the dictionary; empty for a column of a chapter's own.
    """

    label: str
    source: str | tuple[str, ...]
    format: Format = "text"
    name: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The data columns as a tuple."""
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)


def of(name: Name, *source: str, heading: str = "") -> Column:
    """A column of the dictionary.

    Parameters
    ----------
    name : str
        The quantity; its heading and format are those of the column.
    *source : str
        Column(s) of the data; by default the quantity's usual ones. One for an interval stands for that with
        ``_lower`` and ``_upper``.
    heading : str
        Head where the data name what the column is about, such as a role; the quantity's own if empty.

    Raises
    ------
    ComplyError
        If the dictionary has no such name.
    """
    entry = quantity(name)
    where = source or entry.data or (("lower", "upper") if entry.format in _ENDS else (name,))
    if entry.format in _ENDS and len(where) == 1:
        where = (f"{where[0]}_lower", f"{where[0]}_upper")
    return Column(heading or entry.heading, where[0] if len(where) == 1 else where, entry.format, name)


def column_of(column: Name | Column) -> Column:
    """A column by its name, or as it is."""
    return column if isinstance(column, Column) else of(column)


#: What a table prints: names of the dictionary, or columns made with :func:`of` or by a chapter itself.
Columns: TypeAlias = Sequence[Name | Column]


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
    italic : bool
        Whether it is a symbol set in italics.
    latex : str
        The text in LaTeX; the escaped text if empty.
    """

    text: str
    numeric: bool = False
    wide: bool = False
    italic: bool = False
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row; one that opens a new group carries the group's name."""

    cells: tuple[Cell, ...]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A table as text: what every renderer sets, each in its own markup.

    Parameters
    ----------
    heads : tuple of Cell
        Column heads.
    rows : tuple of Row
        The printed rows.
    note : str
        N, estimator, notes, and how many rows are left to the CSV file.
    """

    heads: tuple[Cell, ...]
    rows: tuple[Row, ...]
    note: str


@dataclass(frozen=True, eq=False)
class TableSpec:
    """A table: data at full precision, the columns to print, and what the numbers rest on.

    Parameters
    ----------
    key : str
        Unique name, safe as a file name (:func:`comply_measure.report.names.key_of`); that of the exports, too.
    title : str
        What the table shows, without a number (renderers number tables).
    data : DataFrame
        Tidy data; exported whole, even where only some columns are printed.
    columns : sequence of str or Column
        The printed columns, in order: names of the dictionary, or columns of one's own. Empty: every data column
        as text. A column of remarks is printed only where a printed row has one; what all rows have
        alike becomes a note.
    notes : tuple of str
        Sentences printed under the table.
    n_units, n_informants : int, optional
        The sample the table rests on.
    estimator : str
        Method or estimator, in words.
    warnings : tuple of str
        What a reader must know before trusting the table (not converged, inadmissible, ...).
    group : str, optional
        Data column whose runs of equal values become heading rows.
    rows_shown : int, optional
        Print only so many rows; the export holds all.
    twin : str
        Key of a table of another chapter that may print the same (:func:`comply_measure.report.repeats.printed_once`).
    language : str
        Language of heads, cells and counts in print; the data stay as they are.

    Raises
    ------
    ComplyError
        If the key is no file name, a name is not in the dictionary, or a column names data or a format that does not
        exist.
    """

    key: str
    title: str
    data: pd.DataFrame
    columns: Columns = ()
    notes: tuple[str, ...] = ()
    n_units: int | None = None
    n_informants: int | None = None
    estimator: str = ""
    warnings: tuple[str, ...] = ()
    group: str | None = None
    rows_shown: int | None = None
    twin: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        require_key(self.key)
        asked = [column_of(column) for column in self.columns]
        remarks = {column: self._remarks(column) for column in asked if column.name == "remark"}
        alike = {column: _of_every_row(texts) for column, texts in remarks.items()}
        columns = tuple(
            column
            for column in asked
            if column not in remarks or (any(remarks[column]) and not alike[column])
        )
        notes = tuple(f"Of every row: {text}." for text in alike.values() if text)
        known = set(self.data.columns)
        wanted = {name for column in columns for name in column.sources} | ({self.group} - {None})
        if missing := sorted(str(name) for name in wanted - known):
            raise ComplyError(f"table '{self.key}' prints columns its data lack: {', '.join(missing)}")
        if unknown := sorted({column.format for column in columns} - set(FORMATS)):
            raise ComplyError(f"table '{self.key}' uses unknown formats: {', '.join(unknown)}")
        if not asked:
            columns = tuple(Column(str(name), name) for name in self.data.columns)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "notes", (*self.notes, *(note for note in notes if note not in self.notes)))

    def _remarks(self, column: Column) -> list[str]:
        """The remarks of the printed rows; none where the data have no column of them."""
        if not all(name in self.data for name in column.sources):
            return []
        return [text(value) for name in column.sources for value in plain_values(_shown(self)[name])]

    @property
    def shown(self) -> tuple[Column, ...]:
        """The printed columns, those named in the dictionary made."""
        return tuple(column_of(column) for column in self.columns)

    @property
    def basis(self) -> str:
        """The sentence every table carries: units, informants, estimator; neither of the two is called N."""
        parts = []
        if self.n_units is not None:
            parts.append(plural(self.n_units, "unit"))
        if self.n_informants is not None:
            parts.append(plural(self.n_informants, "informant"))
        sample = ", ".join(parts)
        return ". ".join(part for part in (sample, self.estimator.rstrip(".")) if part)

    @cached_property
    def printed(self) -> Printed:
        """The table as text, formatted once for all renderers."""
        heads = tuple(_head(column, self.language) for column in self.shown)
        return Printed(heads, _rows(self), _note(self))


@dataclass(frozen=True, slots=True)
class Counts:
    """Units and informants of a table that do not come with a result."""

    n_units: int | None = None
    n_informants: int | None = None


class Counted(Protocol):
    """A result that knows what it rests on."""

    @property
    def n_units(self) -> int | None:
        """Units."""
        ...

    @property
    def n_informants(self) -> int | None:
        """Informants."""
        ...


def table_of(
    result: Counted,
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: Columns,
    *notes: str,
    estimator: str | None = None,
    group: str | None = None,
    warnings: tuple[str, ...] = (),
    rows_shown: int | None = None,
    twin: str = "",
) -> TableSpec:
    """A table of a result: its counts, and its ``estimator`` unless another is named, go into the note.

    Empty notes are left out; the other parameters are those of :class:`TableSpec`.
    """
    words = getattr(result, "estimator", "") if estimator is None else estimator
    return TableSpec(
        key,
        title,
        data,
        columns,
        notes=tuple(note for note in notes if note),
        n_units=result.n_units,
        n_informants=result.n_informants,
        estimator=words,
        warnings=warnings,
        group=group,
        rows_shown=rows_shown,
        twin=twin,
    )


def _head(column: Column, language: str) -> Cell:
    numeric = column.format in NUMERIC
    entry = quantity(column.name) if column.name else None
    if entry is not None and column.label == entry.heading:
        return replace(_symbol(entry, language), numeric=numeric)
    return Cell(translator(language)(column.label), numeric)


def _symbol(entry: Quantity, language: str) -> Cell:
    """The heading of a quantity as a symbol; in words where the language has other ones."""
    told = entry.heading_in(language)
    if told != entry.heading:
        return Cell(told)
    plain = f"$\\mathit{{{entry.heading}}}$" if entry.italic and entry.heading.isascii() else ""
    return Cell(entry.heading, italic=entry.italic, latex=entry.latex or plain)


def _of_every_row(remarks: list[str]) -> str:
    """The remark that several rows have alike; empty where they differ, or one has none."""
    same = len(remarks) > 1 and len(set(remarks)) == 1
    return remarks[0].rstrip(".") if same else ""


def _shown(table: TableSpec) -> pd.DataFrame:
    """The rows that are printed."""
    return table.data if table.rows_shown is None else table.data.head(table.rows_shown)


def _rows(table: TableSpec) -> tuple[Row, ...]:
    shown = _shown(table)
    say = translator(table.language)
    columns = [_cells(shown, column, table.language) for column in table.shown]
    groups = plain_values(shown[table.group]) if table.group else [None] * len(shown)
    found = []
    for index, cells in enumerate(zip(*columns, strict=True)):
        opens = table.group is not None and (index == 0 or groups[index] != groups[index - 1])
        found.append(Row(cells, say(text(groups[index])) if opens else None))
    return tuple(found)


def _cells(data: pd.DataFrame, column: Column, language: str) -> list[Cell]:
    say = translator(language)
    if column.name == "symbol":
        return [_symbol(quantity(key), language) for key in data["quantity"]]
    shape = FORMATS[column.format]
    values = [plain_values(data[name]) for name in column.sources]
    texts = [say(shape(*parts)) for parts in zip(*values, strict=True)]
    if column.format in NUMERIC:
        return [Cell(value, numeric=True) for value in texts]
    wide = max((len(value) for value in texts), default=0) > _WIDE_TEXT
    return [Cell(value, wide=wide) for value in texts]


def _note(table: TableSpec) -> str:
    say = translator(table.language)
    parts = [say(f"{table.basis}.") if table.basis else "", *table.notes]
    if table.rows_shown is not None and table.rows_shown < len(table.data):
        left_out = f"{table.rows_shown} of {len(table.data)} rows are printed; the CSV file holds all."
        parts.append(say(left_out))
    return " ".join(part for part in parts if part)
