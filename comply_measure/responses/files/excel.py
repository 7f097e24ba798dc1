"""Excel workbooks. Formulas are never run: what counts is the value that Excel stored for them."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.header import checked_header
from comply_measure.responses.files.raw import RawTable, encoded
from comply_measure.responses.mapping import FileFormat

MAX_UNPACKED = 2_000_000_000

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
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > MAX_UNPACKED:
        faults.add("the workbook is too large", value=unpacked, allowed=f"{MAX_UNPACKED} bytes unpacked")
        return None
    sheets = _sheets(path, faults)
    if sheets is None:
        return None
    name = _chosen_sheet(sheets, file_format.sheet, faults)
    if name is None:
        return None
    grid = sheets[name]
    if not grid:
        faults.add(
            "the worksheet is empty", column=name, allowed="a header row and one row per informant or unit"
        )
        return None
    first, titles = grid[0]
    filled = grid[1:]

    def has_content(place: int) -> bool:
        return any(place < len(cells) and cells[place] is not None for _, cells in filled)

    header = checked_header(titles, has_content, faults, row=first)
    if not filled:
        faults.add(
            "the worksheet has a header and no rows", column=name, allowed="at least one row of answers"
        )
        return None
    _drop_empty_formulas(filled, header, faults)
    columns = {
        title: encoded(title, [cells[place] if place < len(cells) else None for _, cells in filled])
        for place, title in enumerate(header)
        if title is not None
    }
    return RawTable(path.name, columns, np.asarray([row for row, _ in filled], dtype=np.intp))


class FormulaCell(str):
    """A formula for which the workbook stores no value."""

    __slots__ = ()


Grid = list[tuple[int, list[Any]]]


def _sheets(path: Path, faults: Faults) -> dict[str, Grid] | None:
    """Every worksheet as rows of values; a formula's value is the one stored by Excel."""
    try:
        formulas, found = _grids(path, values=False)
        if not found:
            return formulas
        values, _ = _grids(path, values=True)
    except _DAMAGE as error:
        faults.add(f"the workbook is damaged: {error}", allowed="an .xlsx file that Excel can open")
        return None
    for name, grid in formulas.items():
        stored = dict(values[name])
        for row, cells in grid:
            for place, cell in enumerate(cells):
                if isinstance(cell, FormulaCell):
                    value = stored.get(row, [])[place : place + 1]
                    cells[place] = value[0] if value and value[0] is not None else cell
    return formulas


def _grids(path: Path, *, values: bool) -> tuple[dict[str, Grid], bool]:
    """Filled rows of each worksheet, and whether any cell holds a formula."""
    from openpyxl import load_workbook

    found = False
    grids: dict[str, Grid] = {}
    with warnings.catch_warnings(), path.open("rb") as stream:
        # openpyxl warns of styles and validations that it drops; only cell values matter here.
        warnings.simplefilter("ignore", UserWarning)
        book = load_workbook(stream, read_only=True, data_only=values, keep_links=False)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                grid: Grid = []
                for row, cells in enumerate(sheet.iter_rows(), start=1):
                    plain = [_value(cell) for cell in cells]
                    found = found or any(isinstance(value, FormulaCell) for value in plain)
                    if any(value is not None for value in plain):
                        grid.append((row, plain))
                grids[sheet.title] = grid
        finally:
            book.close()
    return grids, found


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return FormulaCell(value)
    if isinstance(value, str) and not value.strip():
        return None
    return value


def _chosen_sheet(sheets: dict[str, Grid], stated: str | None, faults: Faults) -> str | None:
    if stated is not None:
        if stated in sheets:
            return stated
        faults.add("the workbook has no such worksheet", value=stated, allowed=", ".join(sheets))
        return None
    filled = [name for name, grid in sheets.items() if grid]
    if not filled:
        faults.add("the workbook is empty", allowed="a header row and one row per informant or unit")
        return None
    if len(filled) > 1:
        faults.add("several worksheets hold data", allowed=f"state sheet: one of {', '.join(filled)}")
        return None
    return filled[0]


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
