r"""How a table fits a page: size of type, widths of columns, page turned, or columns in parts.

The page is that of ``\documentclass[11pt,a4paper]{article}``. A table stands as it is where it fits; else its heads and
columns of texts are wrapped, then smaller type, then a page on its side, then parts one below the other, each with the
columns that say what its rows are. Widths come from :mod:`comply_measure.report.latex_metrics`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from comply_measure.report.latex_metrics import width
from comply_measure.report.tables import Cell, Printed

#: Width and height of text, in points; a page on its side has them the other way round.
PAGE = (360.0, 595.0)
#: A table of more rows, or one that fills a page, is broken over pages.
LONG = 40
_FILLED = 0.85
#: What estimates may be short of.
_SLACK = 2.0
#: Beyond this width words are broken at signs within them.
_WORD = 60.0
#: What is still wider than this is broken anywhere.
_LETTERS = 120.0
#: A wrapped column of texts has a quarter of its longest text, within these bounds.
_LINES, _NARROW, _BROAD = 4, 90.0, 200.0
#: Long words may end a line after these signs.
BREAKS = re.compile(r"(?<=[_/:.|=–-])(?=[^\s_/:.|=–-])")


@dataclass(frozen=True, slots=True)
class Type:
    r"""A size of type: its command, its size and height of line beside ``\small``, half the space between columns."""

    command: str
    size: float
    line: float
    gap: float


SMALL, CLOSE = Type("small", 1.0, 12.0, 6.0), Type("small", 1.0, 12.0, 4.0)
# Smaller letters are wider than in proportion: cmr9 by 2.9 %.
FOOTNOTE = Type("footnotesize", 0.926, 11.0, 3.5)


@dataclass(frozen=True, slots=True)
class Field:
    """A column in a part of a table.

    Parameters
    ----------
    place : int
        Which of the printed columns.
    width : float
        Its width in points.
    wrapped : bool
        Whether its texts run over several lines.
    head : tuple of str
        Lines of its head.
    """

    place: int
    width: float
    wrapped: bool
    head: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands on pages.

    Parameters
    ----------
    type : Type
        Size of type.
    parts : tuple of tuple of Field
        Columns of each part.
    turned, long : bool
        On a page on its side; broken over pages.
    """

    type: Type
    parts: tuple[tuple[Field, ...], ...]
    turned: bool
    long: bool

    def part_width(self, part: Sequence[Field]) -> float:
        """Width of a part in points."""
        return sum(field.width for field in part) + 2 * self.type.gap * (len(part) - 1)


@dataclass(frozen=True)
class _Column:
    r"""What a column asks for, in points at ``\small``."""

    head: Cell
    cells: tuple[Cell, ...]

    @cached_property
    def body(self) -> float:
        """Its widest cell."""
        return max((_wide(cell) for cell in self.cells), default=0.0)

    @cached_property
    def wanted(self) -> float:
        """Its width if nothing is wrapped."""
        return max(self.body, _wide(self.head))

    @cached_property
    def least(self) -> float:
        """Its width if all is wrapped; numbers never are."""
        words = max((_wide(self.head, piece) for _, piece in _pieces(self.head.text)), default=0.0)
        if self.head.numeric:
            return max(self.body, words)
        longest = max((width(piece) for cell in self.cells for _, piece in _pieces(cell.text)), default=0.0)
        return max(longest, words, min(self.body, max(_NARROW, min(self.body / _LINES, _BROAD))))


def layout_of(printed: Printed, title: str = "", warnings: Sequence[str] = ()) -> Layout:
    """The first way in which a table fits a page.

    Parameters
    ----------
    printed : Printed
        The printed table.
    title : str
        Its caption.
    warnings : sequence of str
        Texts that stand below it beside the note.
    """
    columns = [
        _Column(head, tuple(row.cells[place] for row in printed.rows))
        for place, head in enumerate(printed.heads)
    ]
    places = range(len(columns))
    texts = (title, printed.note, *warnings)
    for kind, turned in ((SMALL, False), (CLOSE, False), (FOOTNOTE, False), (FOOTNOTE, True)):
        ask = "wanted" if kind is SMALL else "least"
        if _needed([getattr(columns[place], ask) for place in places], kind) <= _room(turned):
            whole = (_fields(columns, places, kind, turned),)
            return Layout(kind, whole, turned, _is_long(printed, columns, whole, kind, texts, turned))
    parts = tuple(_fields(columns, part, FOOTNOTE, False) for part in _split(columns))
    return Layout(FOOTNOTE, parts, False, _is_long(printed, columns, parts, FOOTNOTE, texts, False))


def _room(turned: bool) -> float:
    return PAGE[1 if turned else 0] - _SLACK


def _needed(widths: Sequence[float], kind: Type) -> float:
    return kind.size * sum(widths) + 2 * kind.gap * (len(widths) - 1)


def _split(columns: Sequence[_Column]) -> list[list[int]]:
    """Columns of each part: those that name the rows in all of them, the others in order while they fit."""
    named = [place for place, column in enumerate(columns) if not column.head.numeric]
    keys = named[:1] if named and named[0] == 0 else []
    if named[1:2] == [1] and _needed([columns[p].least for p in named[:2]], FOOTNOTE) < _room(False) / 2:
        keys = named[:2]
    parts: list[list[int]] = []
    for place in (place for place in range(len(columns)) if place not in keys):
        tried = [*(parts[-1] if parts else keys), place]
        fits = _needed([columns[p].least for p in tried], FOOTNOTE) <= _room(False)
        if parts and fits:
            parts[-1] = tried
        else:
            parts.append([*keys, place])
    return parts


def _fields(columns: Sequence[_Column], places: Sequence[int], kind: Type, turned: bool) -> tuple[Field, ...]:
    """Widths of columns: each what it asks for up to a common limit that fills the line, none below its least."""
    room = (_room(turned) - 2 * kind.gap * (len(places) - 1)) / kind.size
    least, wanted = ([getattr(columns[place], ask) for place in places] for ask in ("least", "wanted"))
    low, high = 0.0, max(wanted, default=0.0)

    def given(limit: float) -> list[float]:
        return [max(a, min(b, limit)) for a, b in zip(least, wanted, strict=True)]

    if sum(wanted) > room:
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if sum(given(middle)) <= room else (low, middle)
    else:
        low = high
    return tuple(
        _field(place, columns[place], found, kind) for place, found in zip(places, given(low), strict=True)
    )


def _field(place: int, column: _Column, points: float, kind: Type) -> Field:
    head = _broken(column.head, points)
    wrapped = column.body > points + 1e-6
    needed = points if wrapped else max(column.body, *(_wide(column.head, line) for line in head))
    return Field(place, kind.size * needed, wrapped, head)


def _broken(head: Cell, points: float) -> tuple[str, ...]:
    """A head in lines of a width."""
    lines: list[str] = []
    for space, piece in _pieces(head.text):
        tried = f"{lines[-1]}{space}{piece}" if lines else piece
        if lines and _wide(head, tried) <= points + 1e-6:
            lines[-1] = tried
        else:
            lines.append(piece)
    return tuple(lines) or ("",)


@lru_cache(maxsize=10_000)
def _pieces(text: str) -> tuple[tuple[str, str], ...]:
    """What stays together of a text when it is wrapped, each with what is before it."""
    found = []
    for word in text.split():
        for number, piece in enumerate(broken_word(word) if width(word) > _WORD else [word]):
            found.append(("" if number else " ", piece))
    return tuple(found)


def broken_word(word: str) -> list[str]:
    """Pieces between which a word may end a line: at signs within it, and anywhere where a piece is still too wide.

    Examples
    --------
    >>> broken_word("marketing_sales/it")
    ['marketing_', 'sales/', 'it']
    """
    found: list[str] = []
    for piece in BREAKS.split(word):
        if width(piece) <= _LETTERS:
            found.append(piece)
            continue
        start, so_far = 0, 0.0
        for place, sign in enumerate(piece):
            so_far += width(sign)
            if so_far > _LETTERS:
                found.append(piece[start:place])
                start, so_far = place, width(sign)
        found.append(piece[start:])
    return found


def _wide(cell: Cell, text: str | None = None) -> float:
    return width(cell.text if text is None else text, italic=cell.italic)


def _is_long(
    printed: Printed,
    columns: Sequence[_Column],
    parts: Sequence[Sequence[Field]],
    kind: Type,
    texts: Sequence[str],
    turned: bool,
) -> bool:
    """Whether any part is too long for a page."""
    if len(printed.rows) > LONG:
        return True
    line, height = PAGE[1 if turned else 0], PAGE[0 if turned else 1]
    beside = sum(math.ceil(1.1 * width(text) / line) + 1 for text in texts if text)
    for part in parts:
        rows = beside + 2 + max((len(field.head) for field in part), default=1)
        for number, row in enumerate(printed.rows):
            tall = [
                math.ceil(1.15 * kind.size * width(columns[field.place].cells[number].text) / field.width)
                for field in part
                if field.wrapped
            ]
            rows += max([1, *tall]) + (row.group is not None)
        if rows * kind.line > _FILLED * height:
            return True
    return False
