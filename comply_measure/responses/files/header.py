"""The header of a table: one row, or several that survey tools write."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import trimmed
from comply_measure.statistics.words import counted

#: Qualtrics' third header row names its own ids, as JSON; exports of 2016 and 2017 have single quotation marks.
_IMPORT_ID: Final = re.compile(r"""\s*\{\s*["']ImportId["']\s*:.*\}\s*""", re.DOTALL)
BETWEEN: Final = " / "


def joined_titles(rows: Sequence[Sequence[Any]]) -> list[str]:
    """One title per column from several header rows, the first of which names the columns.

    A blank cell of a row continues the cell left of it where a later row tells the parts apart (merged cells, and the
    blank ones that survey tools write for them). A name that several columns share is followed by the cells of
    the next rows until the names differ. Qualtrics' ids of imports never enter a name.

    Parameters
    ----------
    rows : sequence of sequence
        Header rows in the order in which they name; short ones are padded.

    Returns
    -------
    list of str
        ``""`` for a column without a title.
    """
    width = max(len(row) for row in rows)
    levels = [[_text(row[place]) if place < len(row) else "" for place in range(width)] for row in rows]
    for number, level in enumerate(levels[:-1]):
        for place in range(1, width):
            if not level[place] and any(later[place] for later in levels[number + 1 :]):
                level[place] = level[place - 1]
    titles = levels[0]
    for level in levels[1:]:
        shared = Counter(titles)
        titles = [
            title if title and shared[title] == 1 else BETWEEN.join(part for part in (title, more) if part)
            for title, more in zip(titles, level, strict=True)
        ]
    return titles


def further_titles(rows: Sequence[Sequence[Any]], titles: Sequence[Any]) -> list[str]:
    """What header rows say about each column beyond its title; ``""`` where they say nothing.

    Parameters
    ----------
    rows : sequence of sequence
        Header rows in the order in which they name.
    titles : sequence
        The titles that :func:`joined_titles` made of them.

    Returns
    -------
    list of str
    """
    found = []
    for place, title in enumerate(titles):
        parts = [text for row in rows[1:] if place < len(row) and (text := _text(row[place]))]
        found.append(BETWEEN.join(part for part in parts if part not in str(title)))
    return found


def _text(cell: Any) -> str:
    text = "" if cell is None else " ".join(str(cell).strip("\ufeff").split())
    return "" if _IMPORT_ID.fullmatch(text) else text


def is_import_row(cells: Sequence[Any]) -> bool:
    """True for a row with the ids that Qualtrics writes below the questions."""
    return any(cell is not None and _IMPORT_ID.fullmatch(str(cell)) for cell in cells)


def check_import_row(cells: Sequence[Any], row: int, faults: Faults) -> None:
    """A problem if the row below the header, or the one after it, holds Qualtrics' ids: it has three header rows."""
    if is_import_row(cells):
        faults.add(
            "a header row of Qualtrics among the answers", row=row, allowed="state header_rows: [0, 1, 2]"
        )


def skipped_rows(header_rows: Sequence[int]) -> tuple[str, ...]:
    """A note on rows above the answers that are no header rows, if there are any."""
    skipped = max(header_rows) + 1 - len(header_rows)
    rows = counted(skipped, "row above the answers was", "rows above the answers were")
    return (f"{rows} skipped, as header_rows says",) if skipped else ()


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
        name = "" if cell is None else trimmed(str(cell))
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
