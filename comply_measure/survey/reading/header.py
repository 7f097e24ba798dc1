"""Which rows of a file are its header: those that no interview could have written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comply_measure.responses.files.header import is_import_row
from comply_measure.survey.reading.answers import CellReader
from comply_measure.survey.reading.columns import Resolver
from comply_measure.survey.reading.tables import first_rows

_ROWS = 6
_MOST = 3


def header_of(path: Path, resolvers: Sequence[Resolver]) -> tuple[int, ...]:
    """Rows of the header, counted from 0 without blank ones.

    The first row names the columns. A row below it belongs to the header if it has Qualtrics' ids, or if most of its
    cells in columns of the survey are neither codes nor labels of their questions: the wording of the questions, as
    Qualtrics and SoSci Survey write it.

    Parameters
    ----------
    path : Path
        The file.
    resolvers : sequence of Resolver
        Of all sheets of the survey.
    """
    rows = [row for row in first_rows(path, _ROWS) if any(_text(cell) for cell in row)]
    if len(rows) < 2:
        return (0,)
    readers = _readers(rows[0], resolvers)
    header = [0]
    for number, row in enumerate(rows[1 : _MOST + 1], 1):
        if not (is_import_row(row) or _is_wording(row, readers)):
            break
        header.append(number)
    return tuple(header)


def _readers(names: Sequence[Any], resolvers: Sequence[Resolver]) -> dict[int, list[CellReader]]:
    """Place of a column with answers to choose from -> its readers, one for each sheet that has it."""
    found: dict[int, list[CellReader]] = {}
    for place, name in enumerate(names):
        for resolver in resolvers:
            target = resolver.target(_text(name)) if _text(name) else None
            if target is not None and (target.field.answers or target.field.kind == "number"):
                found.setdefault(place, []).append(CellReader(target))
    return found


def _is_wording(row: Sequence[Any], readers: dict[int, list[CellReader]]) -> bool:
    told = fits = 0
    for place, found in readers.items():
        if place >= len(row) or not (cell := _text(row[place])):
            continue
        told += 1
        fits += any(not reader.read(cell).fault for reader in found)
    return told >= 2 and fits * 2 < told


def _text(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).strip("\ufeff").split())
