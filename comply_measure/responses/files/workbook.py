"""Worksheets of an .xlsx file, streamed: no cell is made that the file does not hold."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.limits import (
    FREE_UNPACKED,
    MAX_CELLS,
    MAX_RATIO,
    MAX_SHEET_COLUMNS,
    MAX_SHEET_ROWS,
    MAX_UNPACKED,
)
from comply_measure.responses.files.raw import MAX_EXACT

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1."""

_HEAD: Final = 4096


class FormulaCell(str):
    """A formula for which the workbook stores no value."""

    __slots__ = ()


class TooLarge(Exception):  # noqa: N818 - control flow between this module and its reader
    """A worksheet beyond the limits; what it says is the problem."""


@dataclass(slots=True)
class Sheet:
    """One worksheet.

    Parameters
    ----------
    name : str
        Its title.
    hidden : bool
        True if the workbook hides it.
    rows : list of (int, list)
        Rows that hold something, by number, each with its cells up to the last filled one.
    merged : tuple of Range
        Merged cells.
    hidden_rows : set of int
        Rows that the worksheet hides, by a filter or by hand.
    hidden_columns : set of int
        Columns that it hides, from 1.
    """

    name: str
    hidden: bool
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    merged: tuple[Range, ...] = ()
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def packed_well(path: Path, faults: Faults) -> bool:
    """False, with a problem, for an archive that is too large, packed too densely, or declares entities."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > MAX_UNPACKED:
            faults.add(
                "the workbook is too large", value=unpacked, allowed=f"{MAX_UNPACKED:,} bytes unpacked"
            )
            return False
        packed = max(path.stat().st_size, 1)
        if unpacked > FREE_UNPACKED and unpacked > MAX_RATIO * packed:
            faults.add(
                f"the workbook unpacks to {unpacked // packed} times its size",
                allowed=f"at most {MAX_RATIO} times; save it again in Excel",
            )
            return False
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as stream:
                    # No workbook has a document type; only one can declare entities, which may grow without bound.
                    if b"<!DOCTYPE" in stream.read(_HEAD).replace(b"\0", b""):
                        faults.add("the workbook declares a document type", value=member.filename)
                        return False
    return True


def read_sheets(path: Path) -> list[Sheet]:
    """Every worksheet of a workbook; a formula's value is the one that Excel stored.

    Raises
    ------
    TooLarge
        If a worksheet has more rows, columns or cells than are allowed.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings(), path.open("rb") as stream:
        # openpyxl warns of styles and validations that it drops; only cell values matter here.
        warnings.simplefilter("ignore", UserWarning)
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            return [_sheet(page) for page in book.worksheets]
        finally:
            book.close()


def _sheet(page: Any) -> Sheet:
    found = Sheet(page.title, page.sheet_state != "visible")
    with page.parent._archive.open(page._worksheet_path) as source:
        parser = _parser(source, page)
        n_cells = 0
        last = 0
        for number, cells in parser.parse():
            if number <= last:
                raise ValueError(f"row {number} follows row {last}")
            last = number
            n_cells += max((cell["column"] for cell in cells), default=0)
            _check_place(number, cells, n_cells, page.title)
            if row := _values(cells):
                found.rows.append((number, row))
        if parser.merged_cells:
            found.merged = tuple(_ranges(parser.merged_cells, page.title))
        found.hidden_rows = {
            int(number)
            for number, given in parser.row_dimensions.items()
            if given.get("hidden") in ("1", "true")
        }
        found.hidden_columns = {
            number
            for given in parser.column_dimensions.values()
            if given.get("hidden") in ("1", "true")
            for number in range(int(given["min"]), min(int(given["max"]), MAX_SHEET_COLUMNS) + 1)
        }
    return found


def _parser(source: Any, page: Any) -> Any:
    """Openpyxl's streaming parser, which here also marks formulas without a stored value."""
    from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

    book = page.parent
    parser = WorkSheetParser(
        source,
        page._shared_strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,
        timedelta_formats=book._timedelta_formats,
    )
    as_stored = parser.parse_cell

    def parse_cell(element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = as_stored(element)
        formula = element.find(FORMULA_TAG)
        # A text formula may store the empty text: that is a value, and blank.
        blank_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
        if formula is not None and cell["value"] is None and not blank_text:
            cell["value"] = FormulaCell(f"={formula.text or ''}")
        return cell

    parser.parse_cell = parse_cell
    # Colours by rules mean nothing here.
    parser.parse_formatting = lambda element: None
    return parser


def _check_place(number: int, cells: list[dict[str, Any]], n_cells: int, title: str) -> None:
    if number > MAX_SHEET_ROWS:
        raise TooLarge(f"worksheet '{title}' has a row {number:,}; Excel has {MAX_SHEET_ROWS:,}")
    if any(cell["column"] > MAX_SHEET_COLUMNS for cell in cells):
        raise TooLarge(
            f"worksheet '{title}' has a column beyond Excel's {MAX_SHEET_COLUMNS:,} in row {number}"
        )
    if n_cells > MAX_CELLS:
        raise TooLarge(f"worksheet '{title}' has more than {MAX_CELLS:,} cells")


def _values(cells: list[dict[str, Any]]) -> list[Any]:
    """Values of a row up to its last filled cell."""
    row: list[Any] = []
    for cell in cells:
        value = cell["value"]
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if isinstance(value, int) and abs(value) >= MAX_EXACT:
            value = float(value)  # Excel keeps 15 digits of what it shows as a whole number
        missing = cell["column"] - len(row) - 1
        if missing >= 0:
            row.extend([None] * missing)
            row.append(value)
        else:
            row[cell["column"] - 1] = value
    return row


def _ranges(merged: Any, title: str) -> Iterator[Range]:
    for entry in merged.mergeCell:
        left, top, right, bottom = entry.bounds
        if bottom > MAX_SHEET_ROWS or right > MAX_SHEET_COLUMNS:
            raise TooLarge(f"worksheet '{title}' has merged cells beyond Excel's last row or column")
        if bottom > top or right > left:
            yield top, left, bottom, right
