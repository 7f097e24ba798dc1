"""How wide texts are in Computer Modern, the usual type of LaTeX, so that tables are laid out without running it.

Widths are those of the font metrics of cmr10, or of ecrm1000 and lmr10 in T1 encoding where these are wider, rounded
up; letters with accents are as wide as their base, signs that are not in the tables as wide as the widest letter.
Kerning and ligatures, which make texts narrower, are left out.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from types import MappingProxyType

#: Size at which :func:`width` measures: ``\\small`` in a document of 11 points.
POINTS = 10.0
_WIDEST = 1.03
_CLASSES = MappingProxyType(
    {
        0.278: "!',.:;[]`il|‘’",
        0.306: "fj",
        0.333: "- \N{NO-BREAK SPACE}′",
        0.362: "I",
        0.389: "()t",
        0.395: "rs",
        0.45: "cez²³½₀₁₂₃₄₅₆₇₈₉",
        0.473: "?τξζδ",
        0.50: '"$*/0123456789\\ago{}“”ßθην',
        0.528: "Jkqvxyργ",
        0.56: "–SbdhnpuβεÐ",
        0.584: "πσκλ",
        0.612: "Z^~",
        0.63: "Lμµωχ",
        0.655: "Fαψφ",
        0.71: "EPB",
        0.723: "CTwæœΣΦ",
        0.737: "R",
        0.751: "AHNUVXYΛΩ",
        0.765: "D",
        0.786: "_&+=@KOQG<>−±×·≥≤≈≠",
        0.834: "#%mΔ√",
        0.917: "M",
        1.0: "—→←↔∞",
        1.03: "WÆŒ",
        1.18: "…",
    }
)
_WIDTHS = MappingProxyType({sign: width for width, signs in _CLASSES.items() for sign in signs})
#: Bold (cmbx10) and slanted letters (cmti10) beside upright ones, at most.
_BOLD, _ITALIC = 1.27, 1.11


@lru_cache(maxsize=50_000)
def width(text: str, *, bold: bool = False, italic: bool = False) -> float:
    r"""Width of a line of text in points at ``\small`` of a document of 11 points, rounded up.

    Examples
    --------
    >>> round(width("WABl"), 2)
    27.69
    """
    ems = sum(_em(sign) for sign in text)
    return POINTS * ems * (_BOLD if bold else _ITALIC if italic else 1.0)


@lru_cache(maxsize=2000)
def _em(sign: str) -> float:
    known = _WIDTHS.get(sign)
    if known is not None:
        return known
    return _WIDTHS.get(unicodedata.normalize("NFD", sign)[0], _WIDEST)
