"""CSV and TSV files, read with the line of every record."""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.header import checked_header
from comply_measure.responses.files.raw import Column, RawTable, from_dictionary
from comply_measure.responses.mapping import FileFormat

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BLOCK = 5_000
_DELIMITERS = (",", ";", "\t", "|")


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
    text = _decoded(path.read_bytes(), file_format.encoding, faults)
    if text is None:
        return None
    first, skip = _announced_delimiter(text)
    delimiter = file_format.delimiter or first or _likely_delimiter(text, path.suffix.lower())
    reader = _Records(text, delimiter, skip)
    records = _until_broken(reader, faults)
    titles = next(records, None)
    if titles is None:
        if not faults.problems:
            faults.add("the file is empty", allowed="a header line and one row per informant or unit")
        return None
    title_row = reader.begins
    columns, rows = _encoded_columns(_blocks(records, reader, len(titles), faults), len(titles))
    header = checked_header(titles, lambda place: len(columns[place].distinct) > 0, faults, row=title_row)
    if not len(rows):
        if not faults.problems:
            faults.add("the file has a header and no rows", allowed="at least one row of answers")
        return None
    named = {
        name: replace(column, name=name)
        for name, column in zip(header, columns, strict=True)
        if name is not None
    }
    notes = (f"{reader.blank} blank lines were skipped",) if reader.blank else ()
    return RawTable(path.name, named, rows, may_use_decimal_comma=delimiter != ",", notes=notes)


def _decoded(raw: bytes, stated: str | None, faults: Faults) -> str | None:
    """Text of the file, or None and a problem that names the first wrong byte."""
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    if stated is not None:
        try:
            known = codecs.lookup(stated).name
        except LookupError:
            faults.add("unknown text encoding", value=stated, allowed="such as utf-8, cp1252 or utf-16")
            return None
        if marked and not marked.startswith(known):
            faults.add("the byte-order mark contradicts the stated encoding", value=stated, allowed=marked)
            return None
    encoding = marked or stated or "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        _add_wrong_byte(raw, encoding, error, faults, stated or marked)
        return None
    if "\x00" in text:
        place = text.index("\x00")
        faults.add(
            f"not text: zero byte at position {place}",
            row=text.count("\n", 0, place) + 1,
            allowed=f"text; read as {encoding}; UTF-16 needs a byte-order mark or a stated encoding",
        )
        return None
    return text


def _add_wrong_byte(
    raw: bytes, encoding: str, error: UnicodeDecodeError, faults: Faults, known: str | None
) -> None:
    position = error.start
    start = raw.rfind(b"\n", 0, position) + 1
    line = raw.count(b"\n", 0, position) + 1
    tried = encoding if known else f"{encoding} (there is no byte-order mark of UTF-8, UTF-16 or UTF-32)"
    allowed = f"text in the encoding; tried: {tried}"
    if encoding != "cp1252":
        around = raw[max(start, position - 12) : position + 12].split(b"\n")[0]
        sample = around.decode("cp1252", errors="replace").strip()
        allowed += f"; if '…{sample}…' is right, state encoding: cp1252"
    faults.add(
        f"wrong encoding: byte 0x{raw[position]:02X} at position {position} is not {encoding}",
        row=line,
        allowed=allowed,
    )


def _announced_delimiter(text: str) -> tuple[str | None, int]:
    """Delimiter from Excel's first line ``sep=;``, and the lines to skip."""
    line = next(io.StringIO(text, newline=""), "").strip("\r\n")
    if len(line) == 5 and line.lower().startswith("sep="):
        return line[4], 1
    return None, 0


def _likely_delimiter(text: str, ending: str) -> str:
    """The delimiter that splits the header into most columns; the ending's own where they tie."""
    lines = (line.strip("\r\n") for line in io.StringIO(text, newline=""))
    header = next((line for line in lines if line.strip()), "")
    usual = "\t" if ending == ".tsv" else ","
    order = (usual, *(sign for sign in _DELIMITERS if sign != usual))
    return max(order, key=lambda sign: len(next(csv.reader([header], delimiter=sign), [])))


class _Records:
    """The records of a text, each with the line it begins in; blank ones are counted and left out."""

    def __init__(self, text: str, delimiter: str, skip: int) -> None:
        self._reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
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


def _until_broken(reader: _Records, faults: Faults) -> Iterator[list[str]]:
    """The records; broken quoting ends them with a problem, since nothing after it can be told apart."""
    try:
        yield from reader
    except csv.Error as error:
        faults.add(
            f"broken quoting in or after this row: {error}",
            row=reader.begins,
            allowed='quoted cells, with "" for a quotation mark inside',
        )


def _blocks(
    records: Iterator[list[str]], reader: _Records, width: int, faults: Faults
) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Blocks of records as wide as the header, with their lines."""
    block: list[list[str]] = []
    rows: list[int] = []
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
            yield block, rows
            block, rows = [], []
    if block:
        yield block, rows


def _encoded_columns(
    blocks: Iterator[tuple[list[list[str]], list[int]]], width: int
) -> tuple[list[Column], NDArray[np.intp]]:
    """Columns by place, and the line of each record; of a block only distinct cells and codes are kept."""
    known: list[defaultdict[str, int]] = [defaultdict(count().__next__) for _ in range(width)]
    codes: list[list[NDArray[np.int32]]] = [[np.empty(0, dtype=np.int32)] for _ in range(width)]
    lines: list[int] = []
    for block, rows in blocks:
        lines += rows
        for place, cells in enumerate(zip(*block, strict=True)):
            code_of = known[place].__getitem__
            codes[place].append(np.fromiter(map(code_of, cells), dtype=np.int32, count=len(cells)))
    columns = [
        from_dictionary("", np.concatenate(codes[place]), list(known[place])) for place in range(width)
    ]
    return columns, np.asarray(lines, dtype=np.intp)
