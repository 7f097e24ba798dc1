"""How a table writes its numbers: decimal sign, groups of thousands, and what only looks like a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Cell, Column, RawTable
from comply_measure.responses.mapping import FileFormat

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WITH_COMMA: Final = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_WITH_POINT: Final = re.compile(r"[+-]?\d*\.\d+", re.ASCII)
# One sign before exactly three digits: 1.200 is 1.2 with a decimal sign, 1200 with groups of thousands.
_EITHER: Final = {
    sign: re.compile(rf"[+-]?[1-9]\d{{0,2}}{re.escape(sign)}\d{{3}}", re.ASCII) for sign in ".,"
}
_SPACES: Final = "\u0020\u00a0\u2009\u202f"
_APOSTROPHES: Final = "'\u2019"
_GROUP_SIGNS: Final = {"none": "", ".": ".", ",": ",", "space": _SPACES, "apostrophe": _APOSTROPHES}
_GROUPED: Final = re.compile(
    rf"[+-]?\d{{1,3}}(?:(?P<sign>[.,{_SPACES}{_APOSTROPHES}])\d{{3}})(?:(?P=sign)\d{{3}})*([.,]\d+)?",
    re.ASCII,
)
_CURRENCIES: Final = "EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|Euro|TEUR"
#: Longer texts are no numbers.
_LONGEST: Final = 40
_LIKE_A_NUMBER: Final = (
    (re.compile(r"[+-]?[\d.,]*\d[\d.,]*\s*%", re.ASCII), "a number with a percent sign"),
    (
        re.compile(r"[+-]?\s*[^\W\d_]{0,3}\s*[$€£¥₹]\s*[+-]?\d[\d.,'’\s]*", re.ASCII),
        "a number with a currency",
    ),
    (re.compile(rf"[+-]?\d[\d.,'’\s]*\s*([$€£¥₹]|{_CURRENCIES})", re.ASCII), "a number with a currency"),
    (re.compile(rf"({_CURRENCIES})\s*[+-]?\d[\d.,'’\s]*", re.ASCII), "a number with a currency"),
    (re.compile(r"[\d.,]*\d[\d.,]*\s*-", re.ASCII), "a number with its minus sign behind it"),
    (re.compile(r"\(\s*[\d.,]*\d[\d.,]*\s*\)", re.ASCII), "a number in brackets"),
    (
        re.compile(r"[\u2212\u2013\u2014\ufe63\uff0d]\s*[\d.,]*\d[\d.,]*", re.ASCII),
        "a number with a dash for a minus sign",
    ),
    (re.compile(r"[+-]?0[xXbBoO][\da-fA-F]+", re.ASCII), "a number in another base than ten"),
    (re.compile(r"[+-]?\d+(_\d+)+", re.ASCII), "a number with underscores"),
    (
        re.compile(r"[+-]?[\d.,]*\d[\d.,]*(E|e|\*10\^|x10\^)[+-]?\d+", re.ASCII),
        "a number in an unusual notation",
    ),
    (re.compile(r"true|false", re.IGNORECASE), "a truth value"),
    (re.compile(r"[+-]?[\d.,]*\d[\d.,]*", re.ASCII), "digits with signs that make no number"),
)

#: What programs write for "no value" and spreadsheets for an error: never a name, never a number.
NO_VALUE: Final = frozenset(
    {"nan", "null", "<na>", "nat", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#n/a"}
    | {
        "#getting_data",
        "#spill!",
        "#calc!",
        "#wert!",
        "#bezug!",
        "#zahl!",
        "#nv",
        "#leer!",
        "err:502",
        "#####",
    }
)
SETTLED: Final = (
    "plain numbers (1200 or 1.2), or state decimal and thousands in the format; text is listed under as_text"
)
NO_VALUE_SETTLED: Final = "a value or a blank cell; a word that means missing is listed under missing"


@dataclass(frozen=True, slots=True)
class Numerals:
    """Signs of the numbers that a table writes as text.

    Parameters
    ----------
    decimal : {".", ","}
        Decimal sign.
    thousands : str
        Signs that separate groups of three digits; empty if groups are not allowed.
    stated : bool
        Whether the user says so; otherwise ``1.200`` alone in a column is not decided.
    """

    decimal: str = "."
    thousands: str = ""
    stated: bool = False

    def number(self, cell: Cell) -> float | None:
        """The number a cell holds, or None; text must be one number and nothing else."""
        if not isinstance(cell, str):
            return cell
        if self.thousands and (match := _GROUPED.fullmatch(cell)) and match["sign"] in self.thousands:
            cell = cell.replace(match["sign"], "")
        if self.decimal == ",":
            if "." in cell:
                return None
            cell = cell.replace(",", ".")
        return float(cell) if _NUMBER.fullmatch(cell) else None

    def either(self, cell: Cell) -> bool:
        """Whether the sign of a text may be a decimal sign or a sign of thousands, as in ``1.200``."""
        return not self.stated and isinstance(cell, str) and _EITHER[self.decimal].fullmatch(cell) is not None


PLAIN: Final = Numerals()


def numerals_of(table: RawTable, used: Iterable[Column], stated: FileFormat, faults: Faults) -> Numerals:
    """How a table writes its numbers.

    Parameters
    ----------
    table : RawTable
        The table; without a statement, only some text files may use a decimal comma.
    used : iterable of Column
        Columns that may hold numbers.
    stated : FileFormat
        What the user says.
    faults : Faults
        Receives the problem that both signs occur as decimal signs.
    """
    groups = _GROUP_SIGNS[stated.thousands]
    if stated.decimal != "auto" or groups:
        decimal = stated.decimal if stated.decimal != "auto" else "," if groups == "." else "."
        return Numerals(decimal, groups, stated=True)
    if not table.may_use_decimal_comma:
        return PLAIN
    texts = [(column.name, cell) for column in used for cell in column.distinct if isinstance(cell, str)]
    comma = next((entry for entry in texts if _WITH_COMMA.fullmatch(entry[1])), None)
    point = next((entry for entry in texts if _WITH_POINT.fullmatch(entry[1])), None)
    if comma and point:
        faults.add(
            f"the decimal sign is ambiguous: '{comma[0]}' has {comma[1]}, '{point[0]}' has {point[1]}",
            allowed="one sign throughout, or state decimal (',' or '.') and thousands",
        )
    return Numerals(",") if comma else PLAIN


def looks_like_a_number(text: str, numerals: Numerals) -> str | None:
    """What keeps a text that a person reads as a number from being one; None if it is no such text.

    Parameters
    ----------
    text : str
        A cell that :meth:`Numerals.number` does not take.
    numerals : Numerals
        How the table writes its numbers.

    Returns
    -------
    str or None
        Such as ``a number with a percent sign``.
    """
    if len(text) > _LONGEST:
        return None
    if _GROUPED.fullmatch(text):
        return "a number with a decimal sign or groups of thousands that the file does not state"
    if _WITH_COMMA.fullmatch(text) or _WITH_POINT.fullmatch(text):
        return f"a number with another decimal sign than '{numerals.decimal}'"
    for pattern, what in _LIKE_A_NUMBER:
        if pattern.fullmatch(text):
            return what
    plain = unicodedata.normalize("NFKC", text)
    if any(sign.isdigit() and not sign.isascii() for sign in text):
        digits = "".join(str(unicodedata.digit(s)) if s.isdigit() else s for s in plain)
        if _NUMBER.fullmatch(digits):
            return f"digits of another script: write {digits}"
    return None
