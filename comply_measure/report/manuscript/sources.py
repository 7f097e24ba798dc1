"""Where the numbers of a paragraph stand, in words: the same in Markdown, LaTeX and Word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from comply_measure.evidence.verdicts import Words
from comply_measure.report.manuscript.text import Paragraph

_TABLE, _TABLES = Words("Table", "Tabelle"), Words("Tables", "Tabellen")
_FIGURE, _FIGURES = Words("Figure", "Abbildung"), Words("Figures", "Abbildungen")
_APPENDIX = Words("appendix", "Anhang")
_TO = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Source:
    """A table or figure, or the first and last of several in a row.

    Parameters
    ----------
    kind : {"table", "figure"}
        What it is.
    keys : tuple of str
        One key, or the first and the last.
    numbers : tuple of int
        Their numbers.
    before : str
        Words before it: a comma, or what is named first.
    """

    kind: str
    keys: tuple[str, ...]
    numbers: tuple[int, ...]
    before: str

    @property
    def label(self) -> str:
        """``7`` or ``7–9``."""
        return _TO.join(str(number) for number in self.numbers)


def sources(paragraph: Paragraph, numbers: Mapping[str, int], language: str) -> tuple[Source, ...]:
    """What stands in parentheses after a paragraph, in order; empty where it has no tables and figures."""
    found: list[Source] = []
    groups = (
        ("table", paragraph.tables, _TABLE, _TABLES, ""),
        ("figure", paragraph.figures, _FIGURE, _FIGURES, ""),
        ("table", paragraph.appendix, _TABLE, _TABLES, f"{_APPENDIX.of(language)}: "),
    )
    for kind, keys, one, many, place in groups:
        runs = _runs(sorted(set(keys), key=lambda key: numbers[key]), numbers)
        word = (one if len(set(keys)) == 1 else many).of(language)
        for position, run in enumerate(runs):
            before = f"{'; ' if found else ''}{place}{word} " if not position else ", "
            ends = run if len(run) == 1 else (run[0], run[-1])
            found.append(Source(kind, tuple(ends), tuple(numbers[key] for key in ends), before))
    return tuple(found)


def _runs(keys: Sequence[str], numbers: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Keys with numbers in a row together; two of them stay two."""
    runs: list[list[str]] = [[keys[0]]] if keys else []
    for last, key in pairwise(keys):
        if numbers[key] == numbers[last] + 1:
            runs[-1].append(key)
        else:
            runs.append([key])
    return [part for run in runs for part in ([tuple(run)] if len(run) != 2 else [(run[0],), (run[1],)])]
