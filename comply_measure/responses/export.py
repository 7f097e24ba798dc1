"""Tables written so that numbers keep every digit and no cell is run by a spreadsheet."""

from __future__ import annotations

import csv
import re
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from comply_measure.tables.values import plain_values

RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Lines joined before they are written.
_LINES: Final = 20_000
#: Rows up to which finding equal cells costs more than writing each.
_FEW: Final = 200
#: Whether a cell needs no quotes, beyond doubt.
_PLAIN: Final = re.compile(r"[\w .:;+()\[\]–-]*").fullmatch
_NOT_IN_XML: Final = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)}


def neutralise_cell(value: Any) -> Any:
    """Text that a spreadsheet might run, with a ``'`` in front; everything else unchanged.

    Spreadsheets treat text that begins with ``=``, ``+``, ``-``, ``@``, tab or a line break as a formula
    (OWASP, "CSV Injection"). Numbers are not text and stay as they are. Text that begins like a neutralised one gets
    a further ``'``, so that :func:`unmarked` gives every text back.

    Parameters
    ----------
    value : object
        Content of a cell.

    Returns
    -------
    object
    """
    if isinstance(value, str) and value.lstrip("'").startswith(RUN_BY_SPREADSHEETS):
        return "'" + value
    return value


def unmarked(text: str) -> str:
    """The text that :func:`neutralise_cell` made into this one."""
    marked = text.startswith("'") and text.lstrip("'").startswith(RUN_BY_SPREADSHEETS)
    return text[1:] if marked else text


def write_csv(frame: pd.DataFrame, path: str | Path, *, index: bool = False) -> None:
    """Write a table as CSV: UTF-8, comma, decimal point, line feed; the same table gives the same bytes.

    Floats are written with the fewest digits that give the same number back; missing entries are blank;
    text and names are neutralised (:func:`neutralise_cell`).

    Parameters
    ----------
    frame : DataFrame
        The table.
    path : path-like
        File to write; an existing one is replaced.
    index : bool
        Write the index as first columns.
    """
    table = frame.reset_index() if index else frame
    columns = [_texts(column) for _, column in table.items()]
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([neutralise_cell(str(name)) for name in table.columns])
        if len(columns) == 1:
            # A row of one blank cell would be a blank line; csv quotes it.
            columns[0] = [cell or '""' for cell in columns[0]]
        rows = map(",".join, zip(*columns, strict=True))
        while lines := list(islice(rows, _LINES)):
            stream.write("\n".join(lines) + "\n")


def write_xlsx(frame: pd.DataFrame, path: str | Path, *, sheet: str = "data", index: bool = False) -> None:
    """Write a table as an Excel workbook; cells as in :func:`write_csv`, infinite numbers as text.

    Parameters
    ----------
    frame : DataFrame
        The table.
    path : path-like
        File to write; an existing one is replaced.
    sheet : str
        Name of the worksheet.
    index : bool
        Write the index as first columns.
    """
    from openpyxl import Workbook

    table = frame.reset_index() if index else frame
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append([_excel_text(str(name)) for name in table.columns])
    columns = [
        [_excel_cell(value, page) for value in table.iloc[:, place]] for place in range(table.shape[1])
    ]
    for record in zip(*columns, strict=True) if columns else ():
        page.append(record)
    book.save(path)


def _texts(values: pd.Series[Any]) -> list[str]:
    """Cells of one column as text, in quotes where CSV needs them; texts that recur are made once."""
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else ""
    if len(values) <= _FEW:
        if kind == "f":
            return ["" if v != v else repr(v) for v in values.to_numpy(dtype=np.float64).tolist()]
        return [_quoted(_text(value)) for value in plain_values(values)]
    if kind == "f":
        # Means of answers take few values: each is written once. By bits, so that -0.0 stays what it is.
        codes, bits = pd.factorize(values.to_numpy(dtype=np.float64).view(np.int64))
        return _each(codes, ["" if v != v else repr(v) for v in np.asarray(bits).view(np.float64).tolist()])
    if kind in ("i", "u", "b"):
        return list(map(str, values.tolist()))
    texts = (
        isinstance(values.dtype, pd.StringDtype) or pd.api.types.infer_dtype(values, skipna=False) == "string"
    )
    if texts or isinstance(values.dtype, pd.BooleanDtype):
        codes, found = pd.factorize(values)
        return _each(codes, [_quoted(_text(text)) for text in found] + [""])
    return [_quoted(_text(value)) for value in values]


def _quoted(text: str) -> str:
    """A cell as the csv module writes it."""
    if _PLAIN(text):
        return text
    cell = StringIO()
    csv.writer(cell, lineterminator="\n").writerow([text, ""])
    return cell.getvalue()[: -len(",\n")]


def _each(codes: np.ndarray[Any, Any], texts: list[str]) -> list[str]:
    """The text of every code; −1 is the last one."""
    found: list[str] = np.array(texts, dtype=object)[codes].tolist() if len(codes) else []
    return found


def _text(value: Any) -> str:
    if _is_missing(value):
        return ""
    if isinstance(value, float | np.floating):
        return repr(float(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(neutralise_cell(value))


def _excel_cell(value: Any, page: Any) -> Any:
    if _is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _excel_number(float(value), page) if np.isfinite(value) else repr(float(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return _excel_text(str(value))


def _excel_number(value: float, page: Any) -> Any:
    """A number with all its digits: openpyxl writes 16, and many need 17."""
    if float(f"{value:.16g}") == value:
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value=repr(value))
    cell.data_type = "n"
    return cell


def _excel_text(text: str) -> str:
    """Neutralised text without the control characters that XML cannot hold."""
    return str(neutralise_cell(text)).translate(_NOT_IN_XML)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)
