"""How a file of answers is written, as far as it can be seen: encoding and header rows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.east_asian import east_asian_encoding
from comply_measure.responses.files.header import is_import_row
from comply_measure.responses.files.load import top_rows
from comply_measure.responses.mapping import FileFormat
from comply_measure.responses.numerals import PLAIN

_ROWS: Final = 6
_TEXT_ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".tab"})
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CODE: Final = re.compile(r"[A-Za-z]\w*(\[\w+\]){0,2}")
_SAMPLE: Final = 4096
_VV: Final = frozenset({"id", "submitdate", "lastpage"})


@dataclass(frozen=True, slots=True)
class Opening:
    """How a file is written.

    Parameters
    ----------
    encoding : str or None
        Where it has no byte-order mark and is not UTF-8.
    encoding_why, header_why : str
        How that was seen; empty where nothing had to be.
    header_rows : tuple of int
        Rows of its header.
    sheet : str or None
        Group of a JSON file that repeats and holds the items.
    sheet_why : str
        How that was seen.
    """

    encoding: str | None = None
    encoding_why: str = ""
    header_rows: tuple[int, ...] = (0,)
    header_why: str = ""
    sheet: str | None = None
    sheet_why: str = ""

    @property
    def file_format(self) -> FileFormat:
        """As a study file states it."""
        return FileFormat(encoding=self.encoding, header_rows=self.header_rows, sheet=self.sheet)


def opening_of(path: Path, faults: Faults) -> Opening:
    """Look at the beginning of a file; its faults are added where it cannot be read."""
    encoding, why = _encoding(path)
    header, header_why = _header(top_rows(path, FileFormat(encoding=encoding), faults, _ROWS))
    return Opening(encoding, why, header, header_why)


def _encoding(path: Path) -> tuple[str | None, str]:
    """Encoding of a text file without a mark: UTF-16 by its zero bytes, else Windows-1252 if it is not UTF-8."""
    if path.suffix.lower() not in _TEXT_ENDINGS or not path.is_file():
        return None, ""
    with path.open("rb") as stream:
        raw = stream.read()
    if raw.startswith(_MARKS):
        return None, ""
    head = raw[:_SAMPLE]
    for name, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if zeros and zeros.count(0) > 0.8 * len(zeros) and not others.count(0):
            return name, "every other byte is zero, as in UTF-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        plausible, own = east_asian_encoding(raw)
        if plausible:
            return plausible, f"it is not UTF-8; as {plausible} it begins with the word {own!r}"
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            return None, ""
        place = len(raw[: error.start].decode("cp1252"))
        word = re.split(r"[\s;,\"]", text[max(place - 15, 0) : place + 1])[-1]
        word += re.split(r"[\s;,\"]", text[place + 1 : place + 16])[0]
        return "cp1252", f"it is not UTF-8; as Windows-1252 it has the word {word!r}: look at the umlauts"
    return None, ""


def _header(rows: Sequence[Sequence[Any]]) -> tuple[tuple[int, ...], str]:
    """Header rows, and how they were told from answers."""
    for place in (1, 2):
        if place < len(rows) and is_import_row(rows[place]):
            said = f"row {place + 1} has the ids that Qualtrics writes below the questions"
            return tuple(range(place + 1)), said
    if len(rows) < 3:
        return (0,), ""
    first, second, third = ([_shown(cell) for cell in row] for row in rows[:3])
    if sum(map(bool, first)) == 1 and sum(map(bool, second)) > 2 and not any(map(_is_number, second)):
        return (1,), "the first row has one cell, a title above the names of the columns"
    if any(not cell and below for cell, below in zip(first, second, strict=False)) and not any(
        _is_number(cell) for cell in second
    ):
        return (0, 1), "the first row has blanks above the parts of questions, as SurveyMonkey writes"
    if _parts_below(first, second):
        return (
            0,
            1,
        ), "the first row has blanks where the second numbers the parts of questions: merged cells"
    numbers = [place for place, cell in enumerate(third) if _is_number(cell)]
    above = [second[place] for place in numbers if place < len(second)]
    if {*second} >= _VV and not {*first} >= _VV:
        return (
            1,
            0,
        ), "the second row has codes of questions below their texts, as LimeSurvey's VV files have"
    if len(numbers) > 1 and all(above) and not any(map(_is_number, above)) and len({*above}) > len(above) / 2:
        return (0, 1), "the second row has texts where the rows below have numbers: labels of the columns"
    if len(second) > 3 and _are_codes(first) and _are_labels(second, third):
        return (0, 1), "the second row has texts of several words below short names: labels of the columns"
    return (0,), ""


def _parts_below(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the second row has cells below titles that span several columns, and nothing below the others."""
    width = max(len(first), len(second))
    above, below = ([*row, *[""] * (width + 1 - len(row))] for row in (first, second))
    spans = [not above[place] or not above[place + 1] for place in range(width)]
    spans[-1] = not above[width - 1]
    filled = [bool(below[place]) for place in range(width)]
    return bool(above[0]) and spans == filled and 1 < sum(spans) < width


def _are_codes(cells: Sequence[str]) -> bool:
    """Names without blanks, each once."""
    return len(cells) > 3 and len({*cells}) == len(cells) and all(map(_CODE.fullmatch, cells))


def _are_labels(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Texts that differ, most of several words, with no number and no cell of the row below among them."""
    told = [cell for cell in cells if cell]
    return (
        len(told) == len(cells)
        and len({*told}) == len(told)
        and sum(" " in cell for cell in told) > len(told) / 2
        and not any(map(_is_number, told))
        and not {*told} & {*below}
    )


def _shown(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _is_number(cell: str) -> bool:
    return PLAIN.number(cell) is not None
