"""How much room texts need, without a drawing library: widths of DejaVu Sans, names broken into lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

NAME_SIZE = 8.0  # points
VALUE_SIZE = 7.5
LINE = 1.2  # height of a line in sizes

# Advance widths in em, rounded up; other letters are taken for wide, signs of other scripts for square.
_EM: Mapping[str, float] = MappingProxyType(
    {sign: width for signs, width in (
        ("ijlI'|", 0.30), ("ft .,:;/!", 0.40), ("r()[]-", 0.42), ("_sz", 0.53), ("aceghknopqdbuvxyFLJ", 0.64),
        ("0123456789", 0.64), ("ESPTYRBCAXVKZ", 0.71), ("GHNDOQU", 0.79), ("w−×=+<>~", 0.85), ("mM", 0.98),
        ("W@%", 1.0),
    ) for sign in signs}
)  # fmt: skip
_LATIN_EM, _OTHER_EM = 0.80, 1.10
_PIECES = re.compile(r"[^\s_.:@×]*[_.:@×]|[^\s_.:@×]+|\s+")


def width(text: str, size: float) -> float:
    """Width of a line in inches, rather too large than too small."""
    ems = sum(_EM.get(sign, _LATIN_EM if ord(sign) < 0x590 else _OTHER_EM) for sign in text)
    return ems * size / 72


def wrapped(text: str, letters: int) -> tuple[str, ...]:
    """Lines of about `letters` letters, broken at spaces and after signs that join names, else inside words.

    Examples
    --------
    >>> wrapped("joint preparation of sales and marketing", 18)
    ('joint preparation', 'of sales and', 'marketing')
    >>> wrapped("a_long_name_of_an_item", 12)
    ('a_long_name_', 'of_an_item')
    """
    lines = [""]
    for piece in _PIECES.findall(text):
        if piece.isspace():
            lines[-1] += " " if lines[-1] else ""
            continue
        if lines[-1] and len(lines[-1]) + len(piece) > letters:
            lines.append("")
        rest = piece
        while len(rest) > letters:
            lines[-1] += rest[:letters]
            lines.append("")
            rest = rest[letters:]
        lines[-1] += rest
    return tuple(line.strip() for line in lines if line.strip()) or ("",)
