"""A report is a value: frozen parts that renderers read and nobody changes.

A :class:`Report` holds sections, a section holds blocks, a block is prose, a table, a figure, a list, a
notice or a foldable group of blocks. Tables keep their data at full precision; how a column is printed is
said by its :class:`Column` and done by the renderer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from comply_measure.errors import ComplyError
from comply_measure.report.format import FORMATS
from comply_measure.report.names import require_key

if TYPE_CHECKING:
    import pandas as pd


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
    """

    label: str
    source: str | tuple[str, ...]
    format: str = "text"

    @property
    def sources(self) -> tuple[str, ...]:
        """The data columns as a tuple."""
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)


@dataclass(frozen=True, eq=False)
class Table:
    """A table: data at full precision, the columns to print, and what the numbers rest on.

    Parameters
    ----------
    key : str
        Unique name, safe as a file name (:func:`comply_measure.report.names.key_of`); that of the exports, too.
    title : str
        What the table shows, without a number (renderers number tables).
    data : DataFrame
        Tidy data; exported whole, even where only some columns are printed.
    columns : tuple of Column
        The printed columns, in order. Empty: every data column as text.
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

    Raises
    ------
    ComplyError
        If the key is no file name, or a column names data or a format that does not exist.
    """

    key: str
    title: str
    data: pd.DataFrame
    columns: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()
    n_units: int | None = None
    n_informants: int | None = None
    estimator: str = ""
    warnings: tuple[str, ...] = ()
    group: str | None = None
    rows_shown: int | None = None

    def __post_init__(self) -> None:
        require_key(self.key)
        known = set(self.data.columns)
        wanted = {name for column in self.columns for name in column.sources} | ({self.group} - {None})
        if missing := sorted(str(name) for name in wanted - known):
            raise ComplyError(f"table '{self.key}' prints columns its data lack: {', '.join(missing)}")
        if unknown := sorted({column.format for column in self.columns} - set(FORMATS)):
            raise ComplyError(f"table '{self.key}' uses unknown formats: {', '.join(unknown)}")
        if not self.columns:
            object.__setattr__(self, "columns", tuple(Column(str(name), name) for name in self.data.columns))

    @property
    def basis(self) -> str:
        """The sentence every table carries: N units, N informants, estimator."""
        from comply_measure.report.format import count

        parts = []
        if self.n_units is not None:
            parts.append(f"N = {count(self.n_units)} units")
        if self.n_informants is not None:
            parts.append(f"N = {count(self.n_informants)} informants")
        sample = ", ".join(parts)
        return ". ".join(part for part in (sample, self.estimator.rstrip(".")) if part)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure, already rendered.

    Parameters
    ----------
    key, title : str
        Unique name, safe as a file name (that of the exports), and caption.
    svg, png : bytes
        The same drawing as vector and as bitmap.
    alt : str
        What a reader who cannot see the figure needs to know.
    notes : tuple of str
        Sentences printed under the figure.
    min_width : int
        Width in CSS pixels below which the figure scrolls instead of shrinking.
    """

    key: str
    title: str
    svg: bytes
    png: bytes
    alt: str
    notes: tuple[str, ...] = ()
    min_width: int = 0

    def __post_init__(self) -> None:
        require_key(self.key)


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A set-off remark; ``warning`` for what limits the results, ``error`` for what failed."""

    text: str
    kind: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True)
class Bullets:
    """An unordered list of plain texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that start folded, under a one-line summary."""

    summary: str
    blocks: tuple[Block, ...]


Block: TypeAlias = Prose | Heading | Notice | Bullets | Table | Figure | Details


@dataclass(frozen=True, slots=True)
class Section:
    """A titled run of blocks."""

    key: str
    title: str
    blocks: tuple[Block, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """All tables, folded ones included, in order."""
        return tuple(block for block in _walk(self.blocks) if isinstance(block, Table))

    def figures(self) -> tuple[Figure, ...]:
        """All figures, folded ones included, in order."""
        return tuple(block for block in _walk(self.blocks) if isinstance(block, Figure))


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a topic's evidence becomes in print.

    Parameters
    ----------
    section : Section
        Prose, tables and figures.
    headline : tuple of str
        Sentences for the overview.
    problems : tuple of str, optional
        The evidence's problems under the labels of the report; as the evidence has them if not given.
    """

    section: Section
    headline: tuple[str, ...] = ()
    problems: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole document.

    Parameters
    ----------
    title, subtitle : str
        Head of the document.
    summary : tuple of str
        Sentences of the overview, generated from the results.
    sections : tuple of Section
        In reading order.
    facts : tuple of (str, str)
        Name and value pairs of the colophon: versions, seed, input files.
    language : str
        Language tag of the document.
    files : mapping of str to tuple of (str, str)
        Table or figure -> name and relative place of its files, for links.
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    summary: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())
    language: str = "en"
    files: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def _walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _walk(block.blocks)
