"""Files of answers as tables of cells: CSV, TSV, Excel, SPSS, Stata, Parquet, and JSON of web surveys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents import path_fault
from comply_measure.errors import InputError, Problem
from comply_measure.responses.cells import name_in
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table, top_rows
from comply_measure.responses.mapping import FileFormat

if TYPE_CHECKING:
    import pandas as pd

Cell = str | float | None
MAX_JSON: Final = 50_000_000
MAX_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """One file of answers.

    Parameters
    ----------
    file : str
        Name, for messages.
    columns : mapping
        Name -> cells, one per row.
    rows : sequence of int
        Row of the file of each record.
    notes : tuple of str
        What was noticed while reading.
    sparse : bool
        Whether what was not answered has no column (JSON).
    """

    file: str
    columns: Mapping[str, Sequence[Cell]]
    rows: Sequence[int]
    notes: tuple[str, ...] = ()
    sparse: bool = False


def read_table(path: Path, header_rows: Sequence[int] = (0,)) -> AnswerTable:
    """Read a file whatever tool wrote it.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv``, ``.txt``, ``.tab``, ``.xlsx``, ``.sav``, ``.zsav``, ``.dta``, ``.parquet`` or ``.json``.
    header_rows : sequence of int
        Rows of the header, as in study files.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if path.suffix.lower() == ".json":
        return _read_json(path)
    faults = Faults(str(path))
    stated = FileFormat(header_rows=tuple(header_rows)) if tuple(header_rows) != (0,) else FileFormat()
    table = load_table(path, stated, faults)
    if table is None or faults.problems:
        refuse(f"{path} cannot be read as answers to the survey", faults)
    columns = {name: column.cells() for name, column in table.columns.items()}
    return AnswerTable(str(path), columns, [int(row) for row in table.rows], table.notes)


def first_rows(path: Path, count: int) -> list[list[Any]]:
    """The first rows of a text file or worksheet before anything is a header; none of files that name their columns."""
    if path.suffix.lower() == ".json":
        return []
    faults = Faults(str(path))
    found = top_rows(path, FileFormat(), faults, count)
    if faults.problems:
        refuse(f"{path} cannot be read as answers to the survey", faults)
    return found


def text_table(path: Path) -> pd.DataFrame:
    """A table of texts, such as units or codes; InputError if it cannot be read."""
    import pandas as pd

    table = read_table(Path(path))
    cells = {
        name: ["" if cell is None else name_in(cell) for cell in column]
        for name, column in table.columns.items()
    }
    return pd.DataFrame(cells, dtype="str")


def _read_json(path: Path) -> AnswerTable:
    """One record or a list of them: what the HTML questionnaire saves, and results of SurveyJS."""

    def refused(message: str, allowed: str | None = None) -> InputError:
        return InputError(
            f"{path} cannot be read as answers to the survey", [Problem(message, str(path), allowed=allowed)]
        )

    if fault := path_fault(path):
        raise refused(fault)
    if path.stat().st_size > MAX_JSON:
        raise refused("the file is too large", f"at most {MAX_JSON:,} bytes")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refused(f"not JSON: {error}") from None
    records = content if isinstance(content, list) else [content]
    needed = "an object per interview, or a list of them"
    if not records or not all(isinstance(record, dict) for record in records):
        raise refused("the file holds no answers", needed)
    flat = [_flat(record.get("answers", record) if "format" in record else record) for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    columns = {name: [record.get(name) for record in flat] for name in names}
    return AnswerTable(str(path), columns, list(range(1, len(flat) + 1)), sparse=True)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _flat(record: Any, before: str = "", depth: int = 0) -> dict[str, Cell]:
    """Name -> cell; parts of a matrix go by ``matrix.row``, several answers by their codes between blanks."""
    if not isinstance(record, dict) or depth > MAX_DEPTH:
        return {}
    found: dict[str, Cell] = {}
    for name, value in record.items():
        full = f"{before}{name}"
        if isinstance(value, dict):
            found |= _flat(value, f"{full}.", depth + 1)
        elif isinstance(value, list):
            found[full] = " ".join(str(part) for part in value) or None
        elif isinstance(value, bool):
            found[full] = "1" if value else "0"
        elif isinstance(value, int | float):
            found[full] = float(value)
        elif value is not None:
            found[full] = str(value).strip() or None
    return found
