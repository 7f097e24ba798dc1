"""From a path to a table of cells: the reader is chosen by the ending, and the content must agree with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.documents import path_fault
from comply_measure.responses.export import unmarked
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.delimited import first_records, read_delimited
from comply_measure.responses.files.excel import first_rows, read_excel
from comply_measure.responses.files.json_records import read_json
from comply_measure.responses.files.labelled import read_spss, read_stata
from comply_measure.responses.files.parquet import read_parquet
from comply_measure.responses.files.raw import Column, RawTable, encoded
from comply_measure.responses.files.signature import ENDINGS, actual_kind, expected_kind, has_single_zeros
from comply_measure.responses.files.syntax import read_with_syntax, syntax_of
from comply_measure.responses.mapping import FileFormat
from comply_measure.statistics.words import did_you_mean

Reader = Callable[[Path, FileFormat, Faults], RawTable | None]

READERS: dict[str, Reader] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".tab": read_delimited,
    ".dat": read_with_syntax,
    ".xlsx": read_excel,
    ".parquet": read_parquet,
    ".sav": read_spss,
    ".zsav": read_spss,
    ".dta": read_stata,
    ".json": read_json,
    ".jsonl": read_json,
    ".ndjson": read_json,
}


_NUMBERS = frozenset({"decimal", "thousands"})
_WRITTEN = _NUMBERS | {"header_rows", "neutralised"}
_MEANT = {
    "text": _WRITTEN | {"encoding", "delimiter"},
    "Excel workbook (.xlsx)": _WRITTEN | {"sheet", "merged"},
    "Parquet file": _NUMBERS,
    "SPSS file": _NUMBERS | {"encoding"},
    "Stata file": _NUMBERS | {"encoding"},
    "JSON": _NUMBERS | {"encoding", "sheet"},
}


def load_table(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read a file into a table of cells.

    Parameters
    ----------
    path : Path
        The file; its ending names the format.
    file_format : FileFormat
        What the file does not show by itself.
    faults : Faults
        Receives every problem.

    Returns
    -------
    RawTable or None
        None if the faults leave nothing to read.
    """
    if not _is_what_it_says(path, file_format, faults):
        return None
    _check_format(path, file_format, faults)
    reader = read_with_syntax if syntax_of(path) else READERS[path.suffix.lower()]
    table = reader(path, file_format, faults)
    if table is None:
        return None
    if file_format.neutralised:
        table = replace(table, columns=_without_marks(table.columns))
    return replace(table, file=faults.file, sha256=digest(path))


def files_of(path: Path) -> tuple[Path, ...]:
    """A file of answers with what is read beside it: the syntax file that describes its columns."""
    beside = syntax_of(path)
    return (path,) if beside is None else (path, beside)


def top_rows(path: Path, file_format: FileFormat, faults: Faults, count: int) -> list[list[Any]]:
    """The first rows of a text file or worksheet before anything is a header; none of files that name their variables.

    Parameters
    ----------
    path, file_format, faults
        As in :func:`load_table`.
    count : int
        How many rows at most.
    """
    if not _is_what_it_says(path, file_format, faults):
        return []
    reader = READERS[path.suffix.lower()]
    if syntax_of(path):
        return []
    if reader is read_delimited:
        return first_records(path, file_format, count)
    return first_rows(path, file_format, count) if reader is read_excel else []


def _without_marks(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Columns with the mark taken off that keeps spreadsheets from running a text."""
    found = {}
    for column in columns.values():
        name = unmarked(column.name)
        cells = tuple(unmarked(cell) if isinstance(cell, str) else cell for cell in column.distinct)
        found[name] = replace(column, name=name, distinct=cells)
    return found


def _check_format(path: Path, stated: FileFormat, faults: Faults) -> None:
    """What is stated has a meaning for this kind of file: nothing is overlooked without a word."""
    kind = expected_kind(path)
    for name in sorted(stated.model_fields_set - _MEANT[str(kind)]):
        if getattr(stated, name) != FileFormat.model_fields[name].default:
            faults.add(
                f"the format states {name}, which has no meaning for this file",
                value=str(getattr(stated, name)),
                allowed=", ".join(sorted(_MEANT[str(kind)])),
            )


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_what_it_says(path: Path, file_format: FileFormat, faults: Faults) -> bool:
    expected = expected_kind(path)
    if expected is None:
        allowed = ", ".join(ENDINGS) + did_you_mean(path.suffix, ENDINGS)
        faults.add("unknown file ending", value=path.suffix, allowed=allowed)
        return False
    if fault := path_fault(path):
        faults.add(fault)
        return False
    if path.stat().st_size == 0:
        faults.add("the file is empty", allowed="a header line and one row per informant or unit")
        return False
    actual = actual_kind(path)
    if actual == "binary data" and _is_wide(file_format.encoding):
        actual = "text"  # of UTF-16 and UTF-32 without a mark, which hold zero bytes
    if actual == "binary data" and expected in ("text", "JSON") and has_single_zeros(path):
        actual = "text"  # which reading it names with its row
    if actual == "text" and expected == "JSON":
        actual = expected
    if actual != expected:
        faults.add(f"the file is not what its ending says: {actual}", value=path.suffix, allowed=expected)
        return False
    return True


def _is_wide(encoding: str | None) -> bool:
    return encoding is not None and encoding.lower().replace("_", "-").startswith(
        ("utf-16", "utf-32", "utf16", "utf32")
    )


def table_of_frame(frame: pd.DataFrame, file: str, faults: Faults) -> RawTable | None:
    """A data frame as a table of cells; rows count from 1."""
    names = [str(name).strip() for name in frame.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    for name in doubled:
        faults.add("the column name occurs twice", column=name, allowed="each name once")
    if doubled:
        return None
    if len(frame) == 0:
        faults.add("the table has no rows", allowed="at least one row of answers")
        return None
    columns = {name: _frame_column(name, frame.iloc[:, place]) for place, name in enumerate(names)}
    return RawTable(file, columns, np.arange(1, len(frame) + 1, dtype=np.intp))


def _frame_column(name: str, values: pd.Series[Any]) -> Column:
    if pd.api.types.is_float_dtype(values.dtype) and isinstance(values.dtype, np.dtype):
        return encoded(name, values.to_numpy())
    return encoded(name, values.astype(object).tolist())
