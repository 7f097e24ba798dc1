"""A folder of answers, a file for each role, as one file to begin a study with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comply_measure.errors import InputError, Problem

if TYPE_CHECKING:
    from comply_measure.responses.sketch.joined import Joined
    from comply_measure.responses.sketch.sketch import AnswersSketch

ANSWERS: Final = "answers.csv"


def sketch_of_folder(folder: Path, out: Path) -> tuple[AnswersSketch, Joined]:
    """Look at the files of a folder as one, ``answers.csv`` in `out`, which is not written yet.

    Raises
    ------
    InputError
        If the files cannot be put below each other, or `out` is their folder.
    """
    from comply_measure.responses.sketch.joined import joined_files
    from comply_measure.responses.sketch.opening import Opening
    from comply_measure.responses.sketch.sketch import opened, sketch_table

    if out.resolve() == folder.resolve():
        problem = Problem(
            "a folder of answers needs another folder for the new files", str(folder), allowed="--out DIR"
        )
        raise InputError("nothing was written", [problem])
    joined = joined_files(folder, lambda file: opened(file)[1])
    opening = (
        Opening(header_rows=(0, 1), header_why="labels of the columns") if joined.labelled else Opening()
    )
    return sketch_table(out / ANSWERS, opening, joined.table), joined


def told_of_folder(joined: Joined) -> tuple[list[str], list[str]]:
    """What was found in the files of a folder, and what to check."""
    roles = ", ".join(f"{file} as {role}" for file, role in joined.roles.items())
    found = [f"files put below each other in {ANSWERS}: {roles or ', '.join(joined.files)}"]
    if joined.told:
        found = [f"files put beside each other in {ANSWERS}: {', '.join(joined.files)}", *joined.told]
    checks = [f"columns that not all files have, blank for the others: {'; '.join(joined.partly)}"]
    return found, checks if joined.partly else []


def write_joined(joined: Joined, path: Path) -> None:
    """Write the rows of all files as CSV, a row of labels below the names where there are any."""
    from comply_measure.responses.export import neutralise_cell

    columns = list(joined.table.columns.values())
    cells = [["" if cell is None else _text(cell) for cell in column.cells()] for column in columns]
    with path.open("x", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([neutralise_cell(column.name) for column in columns])
        if joined.labelled:
            writer.writerow([neutralise_cell(column.label) for column in columns])
        writer.writerows(zip(*cells, strict=True))


def _text(cell: str | float) -> str:
    from comply_measure.responses.cells import name_in
    from comply_measure.responses.export import neutralise_cell

    return str(neutralise_cell(str(cell))) if isinstance(cell, str) else name_in(cell)
