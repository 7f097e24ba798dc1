"""Plain tables with declared column types, such as the shipped informant tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from comply_measure.responses.cells import add_cells, name_in
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.mapping import FileFormat
from comply_measure.responses.numerals import Numerals, numerals_of
from comply_measure.statistics.words import did_you_mean

ColumnType = Literal["text", "integer", "number"]


def read_typed_table(
    path: Path, types: Mapping[str, ColumnType], file_format: FileFormat | None = None
) -> pd.DataFrame:
    """Read a table whose columns and their types are known.

    Parameters
    ----------
    path : Path
        A file in one of the formats of :func:`~comply_measure.responses.read_responses`.
    types : mapping
        Column -> ``text``, ``integer`` or ``number``; exactly the columns of the file.
    file_format : FileFormat, optional
        What the file does not show by itself.

    Returns
    -------
    DataFrame
        Columns in the order of `types`; text, int64 (float64 if entries are missing) or float64.

    Raises
    ------
    InputError
        Listing missing and unknown columns and cells that are not of their type.
    """
    faults = Faults(str(path))
    stated = file_format or FileFormat()
    table = load_table(path, stated, faults)
    if table is None:
        refuse(f"{path} cannot be used", faults)
    for name in types:
        if name not in table.columns:
            faults.add(f"missing column{did_you_mean(name, table.columns)}", column=name)
    for name in table.columns:
        if name not in types:
            faults.add("unknown column", column=name, allowed=", ".join(types))
    known = {name: table.columns[name] for name in types if name in table.columns}
    numeric = [column for name, column in known.items() if types[name] != "text"]
    numerals = numerals_of(table, numeric, stated, faults)
    read = {name: _column(table, column, types[name], numerals, faults) for name, column in known.items()}
    if faults.problems:
        refuse(f"{path} cannot be used", faults)
    return pd.DataFrame(read)


def _column(
    table: RawTable, column: Column, kind: ColumnType, numerals: Numerals, faults: Faults
) -> pd.Series[Any]:
    if kind == "text":
        texts = np.array([*(name_in(cell) for cell in column.distinct), None], dtype=object)
        return pd.Series(texts[column.codes], dtype="str")
    numbers = [numerals.number(cell) for cell in column.distinct]
    wrong = [
        place
        for place, number in enumerate(numbers)
        if number is None or not np.isfinite(number) or (kind == "integer" and not number.is_integer())
    ]
    message = "not a whole number" if kind == "integer" else "not a number"
    add_cells(faults, message, table, column, wrong)
    lookup = np.array([*(np.nan if number is None else number for number in numbers), np.nan])
    values = pd.Series(lookup[column.codes])
    return values.astype("int64") if kind == "integer" and not wrong and values.notna().all() else values
