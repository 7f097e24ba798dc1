"""Runs of words that the shipped scales share with other texts: ``python tests/instrument/shared_runs.py FILE ...``.

The files are plain text: items of published scales, one a line or several, or whole papers. Every English text of the
scale files (``--language de``: every German one) is held against them: titles, definitions, stems, items, questions,
sections; not references and rationales.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from comply_measure.documents import read_yaml
from comply_measure.instrument import load_scale
from comply_measure.resources import shipped

SCALES = ("comply", "smsc", "marker", "desirability")
LANGUAGES = ("en", "de")
_NOT_READ = ("references", "provenance", "rationale")


def words(text: str) -> list[str]:
    """The words of a text in small letters; signs and ends of lines do not count."""
    return re.findall(r"[\wäöüß]+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    found = words(text)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


def texts_in(value: object, language: str, inside: bool = False) -> Iterator[str]:
    """Every text of a scale file in a language."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in _NOT_READ and (name == language or name not in LANGUAGES):
                yield from texts_in(part, language, inside or name == language)
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part, language, inside)
    elif isinstance(value, str) and inside:
        yield value


def texts_of(name: str, language: str = "en") -> list[str]:
    """Texts of a shipped scale in a language, its items as each role reads them."""
    scale = load_scale(name)
    texts = list(texts_in(read_yaml(shipped("scales") / f"{name}.yaml").data, language))
    return texts + [item.text(language, role) for item in scale.items for role in item.roles]


def shared(ours: Iterable[str], theirs: Iterable[str], length: int) -> dict[str, list[str]]:
    """Runs that stand in both, each with our texts that hold it."""
    known = set().union(*(runs(text, length) for text in theirs))
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys(ours):
        for run in sorted(runs(text, length) & known):
            found.setdefault(" ".join(run), []).append(text)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--words", type=int, default=6, help="length of a run")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of our texts")
    given = parser.parse_args()
    theirs = [file.read_text(encoding="utf-8") for file in given.files]
    ours = [text for name in SCALES for text in texts_of(name, given.language)]
    found = shared(ours, theirs, given.words)
    for run, texts in found.items():
        print(f"{run}: {texts[0]}")
    known = len(set().union(*(runs(text, given.words) for text in theirs)))
    print(
        f"{len(set(ours))} texts, {known} runs of {given.words} words to hold them against: {len(found)} shared"
    )


if __name__ == "__main__":
    main()
