"""CSV and TSV files, read with the line of every record."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.encoding import decoded
from comply_measure.responses.files.header import (
    check_import_row,
    checked_header,
    further_titles,
    joined_titles,
    skipped_rows,
)
from comply_measure.responses.files.limits import MAX_CELL_LENGTH, MAX_TEXT_BYTES, too_many_cells
from comply_measure.responses.files.plain_text import plain_columns
from comply_measure.responses.files.raw import Column, RawTable, from_dictionary
from comply_measure.responses.mapping import FileFormat
from comply_measure.statistics.words import counted

BLOCK = 5_000
#: Characters from which on it is faster to load the library that reads plain texts at once (33 MB) than not to.
LONG = 1_000_000
_DELIMITERS = (",", ";", "\t", "|")
_LINE = re.compile(r"[^\r\n]*")
_NEEDED = "a header line and one row per informant or unit"
_QUOTED = re.compile('"[^"]*"')


def read_delimited(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read a CSV or TSV file; None if faults leave nothing to read.

    Parameters
    ----------
    path : Path
        The file.
    file_format : FileFormat
        Encoding and delimiter where the user states them.
    faults : Faults
        Receives wrong bytes, bad quoting, ragged rows and faults of the header.
    """
    if (size := path.stat().st_size) > MAX_TEXT_BYTES:
        faults.add("the file is too large", value=size, allowed=f"at most {MAX_TEXT_BYTES:,} bytes")
        return None
    text = decoded(path.read_bytes(), file_format.encoding, faults)
    if text is None:
        return None
    first, skip = _announced_delimiter(text)
    at = file_format.header_rows
    delimiter = file_format.delimiter or first or _likely_delimiter(text, path.suffix.lower(), min(at))
    reader = Records(text, delimiter, skip)
    records = until_broken(reader, faults)
    above = list(islice(records, max(at) + 1))
    if len(above) <= max(at):
        if not faults.problems:
            faults.add(
                "the file is empty" if not above else "the file ends before its header does", allowed=_NEEDED
            )
        return None
    stated = [above[place] for place in at]
    titles = joined_titles(stated) if len(at) > 1 else stated[0]
    if too_many_cells(1, len(titles), faults):
        return None
    title_row = reader.begins
    plain = plain_columns(text, delimiter, len(titles), title_row) if len(text) >= LONG else None
    if plain is not None:
        columns, rows = plain, np.arange(title_row + 1, title_row + 1 + len(plain[0].codes), dtype=np.intp)
    else:
        columns, rows = encoded_columns(blocks(records, reader, len(titles), faults), len(titles))
    header = checked_header(titles, lambda place: len(columns[place].distinct) > 0, faults, row=title_row)
    if not len(rows):
        if not faults.problems:
            faults.add("the file has a header and no rows", allowed="at least one row of answers")
        return None
    for place in range(min(2, len(rows))):
        check_import_row([column.cell(place) for column in columns], int(rows[place]), faults)
    named = {
        name: replace(column, name=name, label=label)
        for name, column, label in zip(header, columns, further_titles(stated, titles), strict=True)
        if name is not None
    }
    blank = f"{counted(reader.blank, 'blank line was', 'blank lines were')} skipped"
    notes = (*skipped_rows(at), *((blank,) if reader.blank else ()))
    return RawTable(path.name, named, rows, may_use_decimal_comma=delimiter != ",", notes=notes)


def first_records(path: Path, file_format: FileFormat, count: int) -> list[list[Any]]:
    """The first records of a text file as they stand there; fewer where it cannot be read on."""
    faults = Faults(path.name)
    text = decoded(path.read_bytes(), file_format.encoding, faults)
    if text is None:
        return []
    first, skip = _announced_delimiter(text)
    delimiter = file_format.delimiter or first or _likely_delimiter(text, path.suffix.lower(), 0)
    return list(islice(until_broken(Records(text, delimiter, skip), faults), count))


def _lines(text: str) -> Iterator[str]:
    """Lines from the first on, one by one, without their ends."""
    return (found[0] for found in _LINE.finditer(text))


def _announced_delimiter(text: str) -> tuple[str | None, int]:
    """Delimiter from Excel's first line ``sep=;``, and the lines to skip."""
    line = next(_lines(text), "")
    if len(line) == 5 and line.lower().startswith("sep=") and not line[4].isalnum() and line[4] != '"':
        return line[4], 1
    return None, 0


def _likely_delimiter(text: str, ending: str, skipped: int) -> str:
    """The delimiter that splits the header into most columns; the ending's own where they tie."""
    header = next(islice((line for line in _lines(text) if line.strip()), skipped, None), "")
    usual = "," if ending == ".csv" else "\t"
    order = (usual, *(sign for sign in _DELIMITERS if sign != usual))
    outside = _QUOTED.sub("", header)
    return max(order, key=outside.count)


class Records:
    """The records of a text, each with the line it begins in; blank ones are counted and left out."""

    def __init__(self, text: str, delimiter: str, skip: int, quote: str = '"') -> None:
        source = io.StringIO(text, newline="")
        self._reader = csv.reader(source, delimiter=delimiter, quotechar=quote, strict=True)
        self._skip = skip
        self.begins = 1
        self.blank = 0

    def __iter__(self) -> Iterator[list[str]]:
        waiting = 0
        seen = False
        while True:
            begins = self._reader.line_num + 1
            record = next(self._reader, None)
            if record is None:
                return
            if begins > self._skip and "".join(record).strip():
                # Blank lines count once a record follows; those at the end of a file mean nothing.
                self.begins, self.blank, waiting = begins, self.blank + (waiting if seen else 0), 0
                seen = True
                yield record
            else:
                waiting += 1


def until_broken(reader: Records, faults: Faults) -> Iterator[list[str]]:
    """The records; broken quoting ends them with a problem, since nothing after it can be told apart."""
    try:
        yield from reader
    except csv.Error as error:
        if "field limit" in str(error):
            message = f"a cell of more than {MAX_CELL_LENGTH:,} characters in or after this row"
        else:
            message = f"broken quoting in or after this row: {error}"
        faults.add(message, row=reader.begins, allowed='quoted cells, with "" for a quotation mark inside')


def blocks(
    records: Iterator[list[str]], reader: Records, width: int, faults: Faults
) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Blocks of records as wide as the header, with their lines."""
    block: list[list[str]] = []
    rows: list[int] = []
    n_rows = 0
    for record in records:
        if len(record) != width:
            if len(record) < width or any(cell.strip() for cell in record[width:]):
                allowed = f"{width} cells, as in the header"
                faults.add(f"the row has {len(record)} cells", row=reader.begins, allowed=allowed)
                continue
            record = record[:width]
        block.append(record)
        rows.append(reader.begins)
        if len(block) == BLOCK:
            n_rows += BLOCK
            if too_many_cells(n_rows, width, faults):
                return
            yield block, rows
            block, rows = [], []
    if block:
        yield block, rows


def encoded_columns(
    found: Iterator[tuple[list[list[str]], list[int]]], width: int
) -> tuple[list[Column], NDArray[np.intp]]:
    """Columns by place, and the line of each record; of a block only distinct cells and codes are kept."""
    known: list[defaultdict[str, int]] = [defaultdict(count().__next__) for _ in range(width)]
    codes: list[list[NDArray[np.int32]]] = [[np.empty(0, dtype=np.int32)] for _ in range(width)]
    lines: list[int] = []
    for block, rows in found:
        lines += rows
        for place, cells in enumerate(zip(*block, strict=True)):
            code_of = known[place].__getitem__
            codes[place].append(np.fromiter(map(code_of, cells), dtype=np.int32, count=len(cells)))
    columns = [
        from_dictionary("", np.concatenate(codes[place]), list(known[place])) for place in range(width)
    ]
    return columns, np.asarray(lines, dtype=np.intp)
