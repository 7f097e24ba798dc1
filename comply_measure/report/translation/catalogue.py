"""Catalogues of prose: English sentences as the package prints them, and the same in another language.

A catalogue is a folder of YAML files with entries of two keys, ``en`` and the language. Both texts may hold places in
braces, each name once in either: ``{1}``, ``{2}`` stand for numbers with their relation sign and unit (``.05``,
``< .001``, ``95%``, ``[.12, .34]``, ``—``), ``{a}``, ``{b}`` for words: labels, lists of them, or sentences with
entries of their own, and ``{A}``, ``{B}`` for labels alone, which begin with a capital letter or are keys. An entry
``heading|Power`` is for heads of tables only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from comply_measure.documents import read_yaml
from comply_measure.errors import ComplyError

_FOLDER = Path(__file__).parent
_WORD = re.compile(r"[^\W\d_]+")
_PLACE = re.compile(r"\{(\w+)\}")
_SINGLE = r"[−+-]?(?:\d[\d,]*)?\.?\d+(?:e[−-]?\d+)?%?"
# A sentence does not end within a place.
_WORDS = r"(?:(?![.?!]\s+[^\W_a-z]).)*?"
_LABEL = r"(?:[^\W_a-z\d]|[a-z]+_)[^.;:()]{0,80}?"
_NUMBER = rf"(?:[=<>≤≥] )?(?:{_SINGLE}|\[[^\[\]]*\]|—%?|nan)|undefined"


@dataclass(frozen=True, slots=True)
class Pattern:
    """An entry with places.

    Parameters
    ----------
    expression : re.Pattern
        Finds the English text as a whole; a group for every place.
    target : str
        The translation, with the same places.
    anchor : str
        A word that every text has that the entry fits, or nothing.
    weight : int
        Number of letters outside places: of several entries that fit, the one with most is meant.
    """

    expression: re.Pattern[str]
    target: str
    anchor: str
    weight: int

    def filled(self, words: Mapping[str, str]) -> str:
        """The translation with its places filled."""
        return _PLACE.sub(lambda place: words[place[1]], self.target)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entries of a language.

    Parameters
    ----------
    exact : mapping of str to str
        Texts without places.
    patterns : tuple of Pattern
        Entries with places, those with most letters first.
    """

    exact: Mapping[str, str]
    patterns: tuple[Pattern, ...]
    _by_anchor: Mapping[str, Sequence[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_anchor: dict[str, list[int]] = {}
        for place, pattern in enumerate(self.patterns):
            by_anchor.setdefault(pattern.anchor, []).append(place)
        object.__setattr__(self, "_by_anchor", by_anchor)

    def candidates(self, text: str) -> Iterator[Pattern]:
        """Entries with places that may fit a text, those with most letters first."""
        words = {"", *_WORD.findall(text)}
        places = sorted(place for word in words for place in self._by_anchor.get(word, ()))
        return (self.patterns[place] for place in places)


def languages() -> tuple[str, ...]:
    """Languages that have a catalogue; English needs none."""
    return tuple(sorted(path.name for path in _FOLDER.iterdir() if any(path.glob("*.yaml"))))


def entries_of(language: str) -> dict[str, str]:
    """Entries of a language as they are written.

    Raises
    ------
    ComplyError
        If an entry stands in several files, or its two texts differ in their places.
    """
    found: dict[str, str] = {}
    for path in sorted((_FOLDER / language).glob("*.yaml")):
        for entry in read_yaml(path).data:
            english, target = entry["en"], entry[language]
            if english in found:
                raise ComplyError(f"{path.name}: '{english}' stands in another file, too")
            ours, theirs = (sorted(_PLACE.findall(text)) for text in (english, target))
            if ours != theirs or len(set(ours)) < len(ours):
                raise ComplyError(f"{path.name}: '{english}' and its translation have different places")
            found[english] = target
    return found


@cache
def catalogue_of(language: str) -> Catalogue:
    """The catalogue of a language."""
    entries = entries_of(language)
    exact = {english: target for english, target in entries.items() if not _PLACE.search(english)}
    patterns = [_pattern(english, target) for english, target in entries.items() if english not in exact]
    return Catalogue(exact, tuple(sorted(patterns, key=lambda pattern: -pattern.weight)))


def _pattern(english: str, target: str) -> Pattern:
    parts = _PLACE.split(english)
    literals = parts[::2]
    found = []
    for position, part in enumerate(parts):
        if position % 2:
            kind = _NUMBER if part.isdecimal() else _LABEL if part.isupper() else _WORDS
            found.append(f"(?P<_{part}>{kind})")
        else:
            found.append(re.escape(part))
    expression = re.compile("".join(found))
    # A word beside a place may be part of a longer one in the text.
    words = [word for part in literals for word in _WORD.findall(f"x{part}x")[1:-1]]
    return Pattern(expression, target, max(words, key=len, default=""), sum(map(len, literals)))
