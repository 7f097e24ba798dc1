"""Excel workbooks. Formulas are never run: what counts is the value that Excel stored for them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.header import (
    check_import_row,
    checked_header,
    further_titles,
    joined_titles,
    skipped_rows,
)
from comply_measure.responses.files.merged import Grid, settle_merged
from comply_measure.responses.files.raw import RawTable, encoded
from comply_measure.responses.files.repeats import beside_interviews, innermost
from comply_measure.responses.files.workbook import FormulaCell, Sheet, TooLarge, packed_well, read_sheets
from comply_measure.responses.mapping import FileFormat

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    EOFError,
    NotImplementedError,  # compression or encryption that zipfile does not know
    RuntimeError,  # a password is needed
    SyntaxError,  # lxml's XMLSyntaxError descends from it
)


def read_excel(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read one worksheet; None if faults leave nothing to read.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` file.
    file_format : FileFormat
        Names the worksheet where there are several.
    faults : Faults
        Receives damage, a missing or ambiguous sheet and formulas without a stored value.
    """
    sheets = _sheets(path, faults)
    if sheets is None:
        return None
    name = _chosen_sheet(sheets, file_format.sheet, faults)
    if name is None:
        return None
    sheet = sheets[name]
    told: tuple[str, ...] = ()
    if file_format.header_rows == (0,):
        sheet, told = beside_interviews(sheet, sheets, faults)
    if not sheet.rows:
        faults.add(
            "the worksheet is empty", column=name, allowed="a header row and one row per informant or unit"
        )
        return None
    at = file_format.header_rows
    if len(sheet.rows) <= max(at):
        faults.add("the worksheet ends before its header does", column=name)
        return None
    first = sheet.rows[at[0]][0]
    filled = sheet.rows[max(at) + 1 :]
    stated = [sheet.rows[place][1] for place in at]
    titles = _titles(stated, max((len(cells) for _, cells in filled), default=0))

    def has_content(place: int) -> bool:
        return any(place < len(cells) and cells[place] is not None for _, cells in filled)

    header = checked_header(titles, has_content, faults, row=first)
    if not filled:
        faults.add(
            "the worksheet has a header and no rows", column=name, allowed="at least one row of answers"
        )
        return None
    _drop_empty_formulas(filled, header, faults)
    settle_merged(sheet.merged, filled, header, faults, fill=file_format.merged == "fill")
    labels = further_titles(stated, titles)
    columns = {
        title: encoded(
            title,
            [cells[place] if place < len(cells) else None for _, cells in filled],
            label=labels[place],
        )
        for place, title in enumerate(header)
        if title is not None
    }
    rows = np.asarray([row for row, _ in filled], dtype=np.intp)
    for row, cells in filled[:2]:
        check_import_row(cells, row, faults)
    return RawTable(path.name, columns, rows, notes=(*skipped_rows(at), *told, *_notes(sheet, rows, header)))


def first_rows(path: Path, file_format: FileFormat, count: int) -> list[list[Any]]:
    """The first rows of the worksheet that is read, as they stand there; none where it cannot be read."""
    faults = Faults(path.name)
    sheets = _sheets(path, faults)
    name = _chosen_sheet(sheets, file_format.sheet, faults) if sheets else None
    return [] if sheets is None or name is None else [list(cells) for _, cells in sheets[name].rows[:count]]


def _titles(rows: list[list[Any]], width: int) -> list[Any]:
    """Titles of all columns that hold anything; blank where the header ends before the answers do."""
    titles = joined_titles(rows) if len(rows) > 1 else list(rows[0])
    return titles + [None] * (width - len(titles))


def _sheets(path: Path, faults: Faults) -> dict[str, Sheet] | None:
    """Every worksheet by name; None if the workbook is damaged or beyond the limits."""
    try:
        if not packed_well(path, faults):
            return None
        return {sheet.name: sheet for sheet in read_sheets(path)}
    except TooLarge as error:
        faults.add(str(error), allowed="a worksheet within Excel's limits and 50,000,000 cells")
    except _DAMAGE as error:
        faults.add(f"the workbook is damaged: {error}", allowed="an .xlsx file that Excel can open")
    return None


def _chosen_sheet(sheets: dict[str, Sheet], stated: str | None, faults: Faults) -> str | None:
    if stated is not None:
        if stated in sheets:
            return stated
        faults.add("the workbook has no such worksheet", value=stated, allowed=", ".join(sheets))
        return None
    filled = [name for name, sheet in sheets.items() if sheet.rows]
    if not filled:
        faults.add("the workbook is empty", allowed="a header row and one row per informant or unit")
        return None
    if (inner := innermost(sheets)) is not None:
        return inner
    if len(filled) > 1:
        faults.add("several worksheets hold data", allowed=f"state sheet: one of {', '.join(filled)}")
        return None
    return filled[0]


def _notes(sheet: Sheet, rows: NDArray[np.intp], header: list[str | None]) -> tuple[str, ...]:
    """What a reader does not see when the file is opened, and what was read all the same."""
    notes = []
    if sheet.hidden:
        notes.append(f"worksheet '{sheet.name}' is hidden; it was read")
    if hidden := len(sheet.hidden_rows.intersection(rows.tolist())):
        notes.append(f"{hidden} hidden rows of worksheet '{sheet.name}' were read")
    columns = [title for place, title in enumerate(header, 1) if title and place in sheet.hidden_columns]
    if columns:
        notes.append(f"hidden columns of worksheet '{sheet.name}' were read: {', '.join(columns)}")
    return tuple(notes)


def _drop_empty_formulas(filled: Grid, header: list[str | None], faults: Faults) -> None:
    """Report formulas without a stored value, column by column, and blank them."""
    for place, title in enumerate(header):
        empty = [
            (row, cells)
            for row, cells in filled
            if place < len(cells) and isinstance(cells[place], FormulaCell)
        ]
        if empty:
            faults.add_rows(
                "the workbook stores no value for this formula",
                [row for row, _ in empty],
                column=title,
                values=[str(cells[place]) for _, cells in empty],
                allowed="values: open the file in Excel and save it, or paste the values",
            )
        for _, cells in empty:
            cells[place] = None
