"""Groups that repeat within an interview and hold its informants: chosen in JSON, joined where they are files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.responses.files.raw import RawTable, encoded
from comply_measure.responses.sketch.opening import Opening
from comply_measure.statistics.words import counted

#: Columns by which ODK Central and SurveyCTO tie the rows of a group's file to their interviews.
KEY: Final = "KEY"
PARENT_KEY: Final = "PARENT_KEY"


def with_group(
    opening: Opening,
    table: RawTable,
    has_items: Callable[[RawTable], bool],
    unfolded: Callable[[str], tuple[Opening, RawTable]],
) -> tuple[Opening, RawTable]:
    """The table with a row for each repetition of the group that holds the items, where the interviews hold none.

    The group may stand within another one.

    Parameters
    ----------
    opening, table
        The file with a row per interview.
    has_items : callable
        Whether a table has blocks of items.
    unfolded : callable
        Group -> the file with a row for each of its repetitions.
    """
    if not table.groups or has_items(table):
        return opening, table
    waiting, seen = list(table.groups), set(table.groups)
    holding = []
    while waiting:
        group = waiting.pop(0)
        made = unfolded(group)
        if has_items(made[1]):
            holding.append((group, made))
            continue
        # Groups within this one.
        inner = [name for name in made[1].groups if name not in seen]
        waiting += inner
        seen.update(inner)
    if len(holding) != 1:
        return opening, table
    group, (_, rows) = holding[0]
    why = f"the items stand in '{group}', a group that repeats: a row for each repetition"
    return replace(opening, sheet=group, sheet_why=why), rows


def of_json(table: RawTable) -> list[Problem]:
    """Columns that hold all answers of a row in one cell, as jsPsych writes them in CSV files."""
    return [
        Problem(
            "the cells hold several answers as JSON",
            table.file,
            column=name,
            allowed="a column per question, or the tool's export as JSON",
        )
        for name, column in table.columns.items()
        if column.distinct
        and all(isinstance(cell, str) and cell.startswith('{"') for cell in column.distinct)
    ]


def joined_groups(tables: Mapping[str, RawTable]) -> tuple[RawTable, list[str]] | None:
    """Files of groups that repeat, as ODK Central and SurveyCTO write them, beside the interviews they belong to.

    Parameters
    ----------
    tables : mapping
        File -> its table.

    Returns
    -------
    tuple or None
        A row for each repetition of the innermost group, and what is to be told; None where no file has the columns
        ``KEY`` and ``PARENT_KEY``.

    Raises
    ------
    InputError
        If the files do not hang together in one line, an interview is not there or there twice, or a name stands in
        both files.
    """
    if not any(PARENT_KEY in table.columns for table in tables.values()):
        return None
    above = {file: _parent(file, tables) for file in tables}
    tops = [file for file, parent in above.items() if parent is None]
    inner = [file for file in tables if file not in above.values()]
    if len(tops) != 1 or len(inner) != 1:
        allowed = "one file of interviews, and one of each group, each within the other"
        _refuse("the files are no single line of groups that repeat", ", ".join(tables), allowed=allowed)
    line = [inner[0]]
    while (parent := above[line[-1]]) is not None:
        line.append(parent)
    made, told = tables[line[-1]], []
    for file in reversed(line[:-1]):
        made, alone = _beside(file, tables[file], made)
        told.append(f"{file} is a group that repeats: each row stands beside its interview")
        if alone:
            told.append(
                f"{counted(alone, 'interview has', 'interviews have')} no repetition in {file} and no row"
            )
    return made, told


def _parent(file: str, tables: Mapping[str, RawTable]) -> str | None:
    """The file that holds the interviews of a group's rows; None for that of the interviews themselves."""
    table = tables[file]
    if PARENT_KEY not in table.columns:
        return None
    wanted = {str(cell) for cell in table.columns[PARENT_KEY].distinct}
    shared = {
        other: len(wanted & {str(cell) for cell in rows.columns[KEY].distinct})
        for other, rows in tables.items()
        if other != file and KEY in rows.columns
    }
    best = max(shared, key=lambda other: shared[other], default=None)
    if best is None or not shared[best]:
        allowed = f"the file of the interviews beside it, with the column {KEY}"
        _refuse("no file has the interviews of this group", file, column=PARENT_KEY, allowed=allowed)
    return best


def _beside(file: str, group: RawTable, whole: RawTable) -> tuple[RawTable, int]:
    """Rows of a group with the answers of their interviews, and how many interviews have no row."""
    keys = [str(cell) for cell in whole.columns[KEY].cells()]
    place = {key: number for number, key in enumerate(keys)}
    if len(place) < len(keys):
        _refuse("numbers of interviews occur twice", whole.file, column=KEY, allowed="each number once")
    parents = [str(cell) for cell in group.columns[PARENT_KEY].cells()]
    if gone := [number for number, key in enumerate(parents) if key not in place]:
        row, allowed = int(group.rows[gone[0]]), f"a value of {KEY} in {whole.file}"
        _refuse("no interview has this number", file, row=row, column=PARENT_KEY, allowed=allowed)
    shared = {name: column for name, column in whole.columns.items() if name not in (KEY, PARENT_KEY)}
    if doubled := sorted(shared.keys() & group.columns.keys()):
        allowed = "each name in one of the files"
        _refuse("the name stands in the group and beside it", file, column=doubled[0], allowed=allowed)
    at = [place[key] for key in parents]
    beside = {}
    for name, column in shared.items():
        cells = column.cells()
        beside[name] = encoded(name, [cells[number] for number in at], label=column.label)
    rows = np.arange(2, 2 + len(group), dtype=np.intp)
    return RawTable(file, {**beside, **group.columns}, rows), len(place.keys() - {*parents})


def _refuse(
    message: str, file: str, *, row: int | None = None, column: str | None = None, allowed: str
) -> None:
    problem = Problem(message, file, row=row, column=column, allowed=allowed)
    raise InputError("the files of groups that repeat cannot be joined", [problem])
