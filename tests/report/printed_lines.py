"""Texts of the stored chapters (``tests/report/texts``), line by line, without what the line says it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
_HEADS = re.compile(r"(?:headline|problem|warning|alt|info|error|note): |[▸#•] |table \w+: |see \w+: ")
_FIGURE = re.compile(r"figure \w+: (.*) \(at least \d+ px\)")
_AXES = re.compile(r"""axes ('.*?'|".*?") \[('.*?'|".*?"), ('.*?'|".*?")\] \(""")
_TEXT = re.compile(r"""text ('.*?'|".*?") at \(""")
# Verdicts have words of their own; the rest is no text of the report.
_OTHER = re.compile(
    r"(headline: )?(Supported|Not supported|Cannot say): |rule: |data: |latex: |drawing of |\d+ blocks in |◂"
    r"|lines? |contours |\w+ \("
)


def printed_texts() -> Iterator[str]:
    """Every text of a chapter in English, once: titles, prose, notes, heads and cells of tables, texts of figures."""
    lines = dict.fromkeys(
        line.removeprefix(f"{path.stem}: ")
        for path in sorted(TEXTS.rglob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    yield from dict.fromkeys(text for line in lines for text in _texts_of(line))


def _texts_of(line: str) -> Iterator[str]:
    bare = line.strip()
    if _OTHER.match(bare):
        return
    if (
        found := _FIGURE.match(bare)
        or re.fullmatch(r"\[([^|]*)\]", bare)
        or re.match(r"legend in \d+: (.*)", bare)
    ):
        yield from found[1].split(", ") if bare.startswith("legend") else [found[1]]
    elif found := _AXES.match(bare) or _TEXT.match(bare):
        yield from (ast.literal_eval(part) for part in found.groups())
    elif found := re.match(r"ticks: (\[.*\]) at", bare):
        yield from ast.literal_eval(found[1])
    elif " | " in bare and line.startswith("  "):
        yield from (cell.strip("_") for cell in bare.removesuffix(" |").split(" | "))
    else:
        yield _HEADS.sub("", bare, count=1)
