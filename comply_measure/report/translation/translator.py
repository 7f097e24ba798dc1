"""Printed prose in the language of a report, sentence by sentence, after a catalogue.

Chapters and notes of evidence say what they say in English, once; a sentence is found again by its words, and the
numbers and labels in it are carried over as they are. What the catalogue does not have stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from comply_measure.report.translation.catalogue import Catalogue, catalogue_of, languages

_LETTERS = re.compile(r"[^\W\d_]{2}")
# Some begin with a symbol ("b, p: ..."), and an estimator after the number of units.
_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[^\W_a-z]|[αβλωκχρηημσττφΔ“…√]|[a-z][,:] )|(?<=units\.)\s+")
# A sentence may hold what looks like the end of one, as in "Henseler et al. (2015)".
_MOST_JOINED = 4
_ENGLISH = "en"
# "Power" is a test's in a head, and anywhere else what somebody measures.
_HEADING = "heading|"


class Translator:
    """Texts of one language from the English ones.

    Parameters
    ----------
    catalogue : Catalogue
        Entries of the language.
    """

    #: Whether every text is told as it stands, so that none needs to be looked for.
    leaves_texts = False

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The text with every sentence that the catalogue has translated."""
        if text not in self._known:
            self._known[text] = self._told(text)
        return self._known[text]

    def heading(self, text: str) -> str:
        """The heading of a quantity; entries ``heading|...`` are for words that may be names of constructs, too."""
        return self._catalogue.exact.get(f"{_HEADING}{text}") or self(text)

    def untranslated(self, text: str) -> list[str]:
        """Sentences of a text, and parts between semicolons, that stay as they are."""
        flat = " ".join(text.split())
        return [source for source, target in self._pieces(flat) if target is None and _LETTERS.search(source)]

    def _told(self, text: str) -> str:
        if not _LETTERS.search(text):
            return text
        if "\n" in text:
            return self._wrapped(text)
        return "".join(source if target is None else target for source, target in self._pieces(text))

    def _wrapped(self, text: str) -> str:
        """A text on several lines, as labels of figures are."""
        from textwrap import fill

        flat = " ".join(text.split())
        told = self(flat)
        width = max(map(len, text.splitlines()))
        return text if told == flat else fill(told, width + 2, break_long_words=False)

    def _pieces(self, text: str) -> Iterator[tuple[str, str | None]]:
        """Parts of a text in order, each with its translation; what is between them counts as translated."""
        if (remarks := self._remarks(text)) is not None:
            yield text, remarks
            return
        whole = self._whole(text)
        if whole is not None or not _LETTERS.search(text):
            yield text, whole
            return
        ends = [0, *(gap.end() for gap in _SENTENCES.finditer(text)), len(text)]
        place = 0
        while place < len(ends) - 1:
            for last in range(place + 1, min(place + _MOST_JOINED, len(ends) - 1) + 1):
                part = text[ends[place] : ends[last]]
                bare = part.rstrip()
                target = self._whole(bare)
                if target is not None:
                    yield part, target + part[len(bare) :]
                    place = last
                    break
            else:
                part = text[ends[place] : ends[place + 1]]
                yield from self._parts(part)
                place += 1

    def _remarks(self, text: str) -> str | None:
        """Remarks side by side, each an entry: what one says ends at the semicolon, whatever its place would take."""
        if "; " not in text or text in self._catalogue.exact:
            return None
        told = [self._whole(part) for part in text.split("; ")]
        return None if None in told else "; ".join(part for part in told if part is not None)

    def _parts(self, sentence: str) -> Iterator[tuple[str, str | None]]:
        """A sentence that has no entry: what stands before and after its colon, or between its semicolons or commas."""
        bare = sentence.rstrip()
        rest = sentence[len(bare) :]
        for mark, most in ((": ", 1), ("; ", -1), (", ", -1)):
            if mark not in bare:
                continue
            parts = bare.split(mark, most)
            if mark == ", " and parts[-1].startswith("and "):
                yield bare, self._list(bare)
                yield rest, rest
                return
            told = [self._whole(part) for part in parts]
            if mark == ": " and told[1] is None and "; " not in parts[1]:
                told[1] = self._list(parts[1]) if ", and " in parts[1] else None
            if any(target is not None for target in told) or mark == "; ":
                for position, (part, target) in enumerate(zip(parts, told, strict=True)):
                    if target is None:
                        yield from self._parts(part)
                    else:
                        yield part, target
                    if position < len(parts) - 1:
                        yield mark, mark
                yield rest, rest
                return
        yield sentence, None

    def _whole(self, text: str) -> str | None:
        """The translation of a text that is an entry; its last full stop does not count."""
        if text in self._catalogue.exact or not text.endswith("."):
            return self._entry(text)
        found = self._entry(text[:-1])
        return None if found is None else f"{found}."

    def _entry(self, text: str) -> str | None:
        exact = self._catalogue.exact.get(text)
        if exact is not None:
            return exact
        for pattern in self._catalogue.candidates(text):
            if match := pattern.expression.fullmatch(text):
                words = {key[1:]: self._place(key[1:], value) for key, value in match.groupdict().items()}
                return pattern.filled(words)
        return None

    def _place(self, name: str, value: str) -> str:
        """What fills a place: a number as it is, words translated, the last "and" of a list, too."""
        if name.isdecimal():
            return self._catalogue.exact.get(value, value)
        whole = self._whole(value)
        if whole is not None:
            return whole
        return self(value) if ". " in value else self._list(value) or self(value)

    def _list(self, text: str) -> str | None:
        """``a, b, and c`` or ``a and b`` with the parts translated; None where it is no list."""
        conjunction = self._catalogue.exact.get("and")
        head, mark, last = text.rpartition(", and ")
        parts = [*head.split(", "), last]
        if not mark:
            head, mark, last = text.rpartition(" and ")
            parts = [head, last]
        if not mark or conjunction is None:
            return None
        told = [self(part) for part in parts]
        return f"{', '.join(told[:-1])} {conjunction} {told[-1]}"


class _English(Translator):
    """English, as it stands."""

    leaves_texts = True

    def __init__(self) -> None:
        super().__init__(Catalogue({}, ()))

    def __call__(self, text: str) -> str:
        return text


@cache
def translator(language: str) -> Translator:
    """The translator of a language; one that leaves texts as they are for English and unknown languages."""
    if language == _ENGLISH or language not in languages():
        return _English()
    return Translator(catalogue_of(language))
