"""What a single cell says: numbers as they are written, texts that can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Cell, Column, RawTable

_MONTH: Final = r"(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[^\W\d]*\.?"
_DATE: Final = re.compile(
    rf"\d{{1,4}}[-./ ]+(\d{{1,2}}|{_MONTH})([-./ ]+\d{{2,4}})?\.?( [\d:]+)?", re.IGNORECASE
)
_STATA_TAG: Final = re.compile(r"\.[a-z]", re.ASCII)

#: Texts that mean "nothing was entered": R writes NA, Stata and SAS a dot, LimeSurvey what was not shown.
NOTHING: Final = frozenset({"na", "n/a", "#n/a n/a", ".", "{question_not_shown}"})
NOT_FINITE: Final = frozenset({"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "1.#inf"})


def has_invisible(text: str) -> bool:
    """Whether text holds format characters, such as zero-width spaces or marks of direction."""
    return any(unicodedata.category(character) == "Cf" for character in text)


def folded(text: str) -> str:
    """Text for comparison: without case, compatibility forms, invisible signs and superfluous blanks."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(plain.casefold().split())


def looks_like_a_date(text: str) -> bool:
    """True for text such as ``2024-05-03``, ``3/5`` or ``03. Mai``."""
    return _DATE.fullmatch(text) is not None


def is_stata_tag(text: str) -> bool:
    """True for a tagged missing value, ``.a`` to ``.z``."""
    return _STATA_TAG.fullmatch(text) is not None


def add_cells(
    faults: Faults,
    message: str,
    table: RawTable,
    column: Column,
    positions: Iterable[int],
    allowed: str | None = None,
) -> None:
    """Add a problem for every record whose cell is one of the distinct cells at `positions`."""
    records = column.where(positions)
    values = (shown(column.distinct[column.codes[record]]) for record in records)
    faults.add_rows(message, table.rows[records], column=column.name, values=values, allowed=allowed)


def shown(cell: Cell) -> str | int | float:
    """A cell for a message: plain text, whole numbers without decimals."""
    if isinstance(cell, str):
        return str(cell)
    return int(cell) if cell.is_integer() else float(cell)


def name_in(cell: Cell) -> str:
    """A cell as an identifier: whole numbers without decimals, text as it stands."""
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if cell.is_integer() else repr(cell)
