"""Runs of words that the shipped scales share with other texts: ``python tests/instrument/shared_runs.py FILE ...``.

The files are plain text: items of published scales, one a line or several, or whole papers. Every English text of the
scale files is held against them: titles, definitions, stems, items, questions, sections; not references and rationales.
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
_NOT_READ = ("references", "provenance", "rationale")


def words(text: str) -> list[str]:
    """The words of a text in small letters; signs and ends of lines do not count."""
    return re.findall(r"[\wäöüß]+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    found = words(text)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


def english_texts(value: object, key: str = "", english: bool = False) -> Iterator[str]:
    """Every English text of a scale file."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in _NOT_READ:
                yield from english_texts(part, name, english or name == "en")
    elif isinstance(value, list):
        for part in value:
            yield from english_texts(part, key, english)
    elif isinstance(value, str) and english and key != "de":
        yield value


def texts_of(name: str) -> list[str]:
    """English texts of a shipped scale, its items as each role reads them."""
    scale = load_scale(name)
    texts = list(english_texts(read_yaml(shipped("scales") / f"{name}.yaml").data))
    return texts + [item.text("en", role) for item in scale.items for role in item.roles]


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
    given = parser.parse_args()
    theirs = [file.read_text(encoding="utf-8") for file in given.files]
    ours = [text for name in SCALES for text in texts_of(name)]
    found = shared(ours, theirs, given.words)
    for run, texts in found.items():
        print(f"{run}: {texts[0]}")
    known = len(set().union(*(runs(text, given.words) for text in theirs)))
    print(
        f"{len(set(ours))} texts, {known} runs of {given.words} words to hold them against: {len(found)} shared"
    )


if __name__ == "__main__":
    main()
