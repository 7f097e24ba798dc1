"""Columns that repeat for several words, as in files with a row per unit and a column per item and role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from comply_measure.responses.cells import folded

_WORDS: Final = (
    "marketing sales it hr finance production purchasing operations buyer seller supplier customer client manager "
    "employee leader follower supervisor subordinate boss self other peer ceo cfo cio cmo cso mother father teacher "
    "student vertrieb einkauf verkauf mitarbeiter führungskraft chef kunde lieferant selbst kollege lehrer schüler"
)
#: Words for who answers; two of them make columns that repeat a file with a row per unit.
ANSWERERS: Final = frozenset(_WORDS.split())
_LAST: Final = re.compile(r"(?P<item>.+)(?P<sign>[_\-. @/])(?P<word>[^\W\d_]{2,})")
_FIRST: Final = re.compile(r"(?P<word>[^\W\d_]{2,})(?P<sign>[_\-. @/])(?P<item>.*[^\W\d_]{2,}.*)")
_FEW_ITEMS: Final = 3
_MOST_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class Repeated:
    """Columns that are there for each of several words.

    Parameters
    ----------
    words : tuple of str
        As the columns have them.
    pattern : str
        How a name is made, as ``wide_pattern`` of a study file says it.
    columns : tuple of str
        In the order of the file.
    """

    words: tuple[str, ...]
    pattern: str
    columns: tuple[str, ...]

    @property
    def answerers(self) -> bool:
        """Whether two of the words at least say who answers."""
        return sum(folded(word) in ANSWERERS for word in self.words) > 1


def repeated_columns(names: Iterable[str]) -> Repeated | None:
    """The same three items or more for each of two to eight words, before or behind the item; None without them."""
    names = list(names)
    ways: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
        (_LAST, lambda sign: f"{{item}}{sign}{{role}}"),
        (_FIRST, lambda sign: f"{{role}}{sign}{{item}}"),
    )
    for way, pattern in ways:
        items: dict[tuple[str, str], set[str]] = {}
        for name in names:
            if match := way.fullmatch(name):
                items.setdefault((match["sign"], match["word"]), set()).add(match["item"])
        for sign in dict.fromkeys(sign for sign, _ in items):
            mine = {
                word: found
                for (own, word), found in items.items()
                if own == sign and len(found) >= _FEW_ITEMS
            }
            alike = [word for word, found in mine.items() if found == next(iter(mine.values()))]
            if 2 <= len(alike) == len(mine) <= _MOST_WORDS:
                inside = {
                    f"{i}{sign}{w}" if way is _LAST else f"{w}{sign}{i}" for w in alike for i in mine[w]
                }
                return Repeated(tuple(alike), pattern(sign), tuple(name for name in names if name in inside))
    return None
