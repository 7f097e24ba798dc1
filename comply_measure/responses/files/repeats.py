"""Worksheets of groups that repeat, as KoboToolbox writes them: a row per repetition, with its interview elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.workbook import Sheet
from comply_measure.statistics.words import counted

INDEX: Final = "_index"
PARENT: Final = "_parent_table_name"
PARENT_INDEX: Final = "_parent_index"


def parent_of(sheet: Sheet, sheets: Mapping[str, Sheet]) -> str | None:
    """Name of the worksheet that holds the interviews of a group's repetitions; None if it is no such group."""
    if len(sheet.rows) < 2:
        return None
    header = _names(sheet)
    if not {PARENT, PARENT_INDEX} <= set(header):
        return None
    place = header.index(PARENT)
    named = {str(_cell(cells, place)) for _, cells in sheet.rows[1:]}
    parent = named.pop() if len(named) == 1 else ""
    found = parent in sheets and parent != sheet.name and INDEX in _names(sheets[parent])
    return parent if found else None


def innermost(sheets: Mapping[str, Sheet]) -> str | None:
    """The group that repeats within all other filled worksheets; None where they do not hang together in one line."""
    filled = [name for name, sheet in sheets.items() if sheet.rows]
    above = {name: parent_of(sheets[name], sheets) for name in filled}
    inner = [name for name in filled if name not in above.values()]
    tops = [name for name in filled if above[name] is None]
    return inner[0] if len(inner) == len(tops) == 1 and len(filled) > 1 else None


def beside_interviews(
    sheet: Sheet, sheets: Mapping[str, Sheet], faults: Faults
) -> tuple[Sheet, tuple[str, ...]]:
    """A group's repetitions with the answers of their interviews beside them, and what is to be told."""
    parent = parent_of(sheet, sheets)
    if parent is None:
        return sheet, ()
    whole, notes = beside_interviews(
        sheets[parent], {n: s for n, s in sheets.items() if n != sheet.name}, faults
    )
    own, theirs = _names(sheet), _names(whole)
    for name in sorted({name for name in own if name in theirs and name and name[0] != "_"}):
        allowed = f"each name in '{sheet.name}' or in '{parent}'"
        faults.add("the name stands in the group and beside it", column=name, allowed=allowed)
    kept = [place for place, name in enumerate(theirs) if name not in own]
    index = theirs.index(INDEX)
    rows = {_number(_cell(cells, index)): cells for _, cells in whole.rows[1:]}
    if len(rows) < len(whole.rows) - 1:
        faults.add(
            f"numbers of interviews in '{parent}' occur twice", column=INDEX, allowed="each number once"
        )
    place, width = own.index(PARENT_INDEX), len(own)
    top, joined, used = sheet.rows[0], [], set()
    for number, cells in sheet.rows[1:]:
        key = _number(_cell(cells, place))
        if key not in rows:
            allowed = f"a number under {INDEX} of '{parent}'"
            faults.add(
                "no interview has this number", row=number, column=PARENT_INDEX, value=key, allowed=allowed
            )
            continue
        used.add(key)
        padded = [*cells[:width], *[None] * (width - len(cells))]
        joined.append((number, [*padded, *(_cell(rows[key], column) for column in kept)]))
    header = (top[0], [*own, *(theirs[column] for column in kept)])
    told = [
        f"worksheet '{sheet.name}' is a group that repeats: each row stands beside its interview in '{parent}'"
    ]
    if alone := len(rows.keys() - used):
        told.append(
            f"{counted(alone, 'interview has', 'interviews have')} no repetition of '{sheet.name}' and no row"
        )
    return replace(sheet, rows=[header, *joined]), (*notes, *told)


def _names(sheet: Sheet) -> list[str]:
    return [str(cell).strip() if cell is not None else "" for cell in sheet.rows[0][1]] if sheet.rows else []


def _cell(cells: Sequence[Any], place: int) -> Any:
    return cells[place] if place < len(cells) else None


def _number(cell: Any) -> str:
    text = str(cell).strip()
    return text.removesuffix(".0")
