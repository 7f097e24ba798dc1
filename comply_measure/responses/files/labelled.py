"""SPSS and Stata files, with their value labels and user-missing values."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.encoding import known_encoding
from comply_measure.responses.files.limits import MAX_CELLS, too_many_cells
from comply_measure.responses.files.raw import Cell, Column, RawTable, encoded
from comply_measure.responses.mapping import FileFormat


def read_spss(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read an SPSS file (``.sav``, ``.zsav``); None if faults leave nothing to read.

    Values declared as user-missing stay in the cells; their ranges stand in the columns.
    """
    import pyreadstat

    return _read(pyreadstat.read_sav, path, file_format, faults)


def read_stata(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read a Stata file; None if faults leave nothing to read.

    Tagged missing values become the texts ``.a`` to ``.z``.
    """
    import pyreadstat

    return _read(pyreadstat.read_dta, path, file_format, faults)


def _read(reader: Any, path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    import pyreadstat

    if file_format.encoding is not None and known_encoding(file_format.encoding, faults) is None:
        return None
    try:
        _, shape = reader(str(path), metadataonly=True, encoding=file_format.encoding, output_format="dict")
        columns = max(len(shape.column_names), 1)
        if too_many_cells(max(shape.number_rows or 0, 0), columns, faults):
            return None
        with warnings.catch_warnings(record=True) as doubts:
            warnings.simplefilter("always")
            data, meta = reader(
                str(path),
                user_missing=True,
                encoding=file_format.encoding,
                output_format="dict",
                row_limit=MAX_CELLS // columns + 1,
            )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        allowed = None
        if "encoding" in str(error).lower() or "convert" in str(error).lower():
            allowed = f"state the encoding; tried: {file_format.encoding or 'the one the file declares'}"
        faults.add(f"the file cannot be read: {error}", allowed=allowed)
        return None
    except UnicodeDecodeError as error:
        faults.add(
            f"wrong encoding: byte 0x{error.object[error.start]:02X} in a text or label",
            allowed=f"state the encoding; tried: {error.encoding}",
        )
        return None
    for doubt in doubts:
        faults.add(str(doubt.message))
    if None in data:
        faults.add("a variable has no name; the file is damaged")
    if faults.problems:
        return None
    if meta.number_rows == 0 or not data:
        faults.add("the file has no cases", allowed="at least one case")
        return None
    n = len(next(iter(data.values())))
    if too_many_cells(n, len(data), faults):
        return None
    named = {name.strip(): _column(name, values, meta) for name, values in data.items()}
    return RawTable(path.name, named, np.arange(1, n + 1, dtype=np.intp))


def _column(name: str, values: Any, meta: Any) -> Column:
    tags = set(meta.missing_user_values.get(name, ()))
    cells = [f".{value}" if isinstance(value, str) and value in tags else value for value in values]
    ranges = tuple(
        (float(entry["lo"]), float(entry["hi"]))
        for entry in meta.missing_ranges.get(name, ())
        if not isinstance(entry["lo"], str)
    )
    texts = {
        str(entry["lo"]).strip()
        for entry in meta.missing_ranges.get(name, ())
        if isinstance(entry["lo"], str)
    }
    return encoded(
        name.strip(),
        cells,
        missing_texts=frozenset(texts - {""}),
        value_labels=_labels(meta.variable_value_labels.get(name, {}), tags),
        missing_ranges=ranges,
        nominal=meta.variable_measure.get(name) == "nominal",
        label=" ".join((meta.column_names_to_labels.get(name) or "").split()),
    )


def _labels(labels: Mapping[Any, str], tags: Set[Any]) -> dict[Cell, str]:
    """Value -> label; Stata's tagged missing values go by ``.a`` to ``.z``."""
    named: dict[Cell, str] = {}
    for value, text in labels.items():
        key = value if isinstance(value, str) else float(value)
        named[f".{value}" if value in tags else key] = str(text)
    return named
