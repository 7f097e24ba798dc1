"""CSV and TSV files, read with the line of every record."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.header import checked_header
from comply_measure.responses.files.raw import RawTable, encoded
from comply_measure.responses.mapping import FileFormat

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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
    records, rows, blank = _records(text, delimiter, skip, faults)
    if not records:
        if not faults.problems:
            faults.add("the file is empty", allowed="a header line and one row per informant or unit")
        return None
    header = checked_header(records[0], records[1:], faults, row=rows[0])
    body, body_rows = _full_records(records[1:], rows[1:], len(header), faults)
    if not body:
        if not faults.problems:
            faults.add("the file has a header and no rows", allowed="at least one row of answers")
        return None
    by_column = list(zip(*body, strict=True))
    columns = {name: encoded(name, by_column[place]) for place, name in enumerate(header) if name is not None}
    notes = (f"{blank} blank lines were skipped",) if blank else ()
    return RawTable(
        path.name,
        columns,
        np.asarray(body_rows, dtype=np.intp),
        may_use_decimal_comma=delimiter != ",",
        notes=notes,
    )


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
    line = text.split("\n", 1)[0].strip("\r")
    if len(line) == 5 and line.lower().startswith("sep="):
        return line[4], 1
    return None, 0


def _likely_delimiter(text: str, ending: str) -> str:
    """The delimiter that splits the header into most columns; the ending's own where they tie."""
    line = text.lstrip("\r\n").split("\n", 1)[0]
    usual = "\t" if ending == ".tsv" else ","
    order = (usual, *(sign for sign in _DELIMITERS if sign != usual))
    return max(order, key=lambda sign: len(next(csv.reader([line], delimiter=sign), [])))


def _records(text: str, delimiter: str, skip: int, faults: Faults) -> tuple[list[list[str]], list[int], int]:
    """Records that hold anything, the line each begins in, and the number of blank lines between them."""
    lines: Iterator[str] = iter(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    rows: list[int] = []
    blank = waiting = 0
    begins = 1
    try:
        for record in reader:
            if begins > skip and any(record) and any(cell.strip() for cell in record):
                records.append(record)
                rows.append(begins)
                blank, waiting = blank + waiting, 0
            elif records:
                waiting += 1
            begins = reader.line_num + 1
    except csv.Error as error:
        faults.add(
            f"the quoting of the file is broken: {error}", row=begins, allowed='"" inside a quoted cell'
        )
    return records, rows, blank


def _full_records(
    records: list[list[str]], rows: list[int], width: int, faults: Faults
) -> tuple[list[list[str]], list[int]]:
    """Records as wide as the header; others are problems, unless only blank cells are too many."""
    full: list[list[str]] = []
    kept: list[int] = []
    for record, row in zip(records, rows, strict=True):
        if len(record) != width:
            if len(record) < width or any(cell.strip() for cell in record[width:]):
                faults.add(
                    f"the row has {len(record)} cells", row=row, allowed=f"{width} cells, as in the header"
                )
                continue
            record = record[:width]
        full.append(record)
        kept.append(row)
    return full, kept
