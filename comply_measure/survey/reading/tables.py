"""Files of answers as tables of cells: CSV, TSV, Excel, SPSS, Stata, Parquet, and JSON of web surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.responses.cells import name_in
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table, top_rows
from comply_measure.responses.mapping import FileFormat

if TYPE_CHECKING:
    import pandas as pd

Cell = str | float | None


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
        ``.csv``, ``.tsv``, ``.txt``, ``.tab``, ``.xlsx``, ``.sav``, ``.zsav``, ``.dta``, ``.parquet``, ``.json``,
        ``.jsonl`` or ``.ndjson``.
    header_rows : sequence of int
        Rows of the header, as in study files.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    faults = Faults(str(path))
    stated = FileFormat(header_rows=tuple(header_rows)) if tuple(header_rows) != (0,) else FileFormat()
    table = load_table(path, stated, faults)
    if table is None or faults.problems:
        refuse(f"{path} cannot be read as answers to the survey", faults)
    columns = {name: column.cells() for name, column in table.columns.items()}
    sparse = path.suffix.lower() in (".json", ".jsonl", ".ndjson")
    return AnswerTable(str(path), columns, [int(row) for row in table.rows], table.notes, sparse)


def first_rows(path: Path, count: int) -> list[list[Any]]:
    """The first rows of a text file or worksheet before anything is a header; none of files that name their columns."""
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
