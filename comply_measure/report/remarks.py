"""What is said of several models or rows alike is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from comply_measure.report.parts import Block, Details, Notice, Section
from comply_measure.report.tables import TableSpec

_FEW = re.compile(
    r"(?P<who>.+?): (?P<clusters>\d+) clusters for (?P<parameters>\d+) parameters; (?P<rest>standard errors .+)"
)


def told_together(texts: Iterable[str]) -> tuple[str, ...]:
    """Warnings, those of too few clusters in one sentence that names the models; each text once.

    ``60 clusters for 60 to 75 parameters (One factor; Correlated dimensions); standard errors and tests that rest on
    clusters cannot be trusted: fit smaller models.``

    Parameters
    ----------
    texts : iterable of str
        In English; a model's name stands before the colon.

    Returns
    -------
    tuple of str
        In order of the first of each kind.
    """
    every = tuple(dict.fromkeys(texts))
    alike: dict[tuple[str, str], list[re.Match[str]]] = {}
    places: dict[str, tuple[str, str]] = {}
    for text in every:
        if match := _FEW.fullmatch(text):
            places[text] = (match["clusters"], match["rest"])
            alike.setdefault(places[text], []).append(match)
    found = (_joined(alike[places[text]]) if text in places else text for text in every)
    return tuple(dict.fromkeys(found))


def _joined(matches: list[re.Match[str]]) -> str:
    if len(matches) == 1:
        return matches[0].string
    parameters = sorted(int(match["parameters"]) for match in matches)
    low, high = parameters[0], parameters[-1]
    span = f"{low}" if low == high else f"{low} to {high}"
    models = "; ".join(match["who"] for match in matches)
    first = matches[0]
    return f"{first['clusters']} clusters for {span} parameters ({models}); {first['rest']}"


def said_once(section: Section) -> Section:
    """A section in which no warning of a table stands that it has told above; tables by themselves keep theirs."""
    told: set[str] = set()
    return Section(section.key, section.title, tuple(_heard(block, told) for block in section.blocks))


def _heard(block: Block, told: set[str]) -> Block:
    if isinstance(block, Details):
        return Details(block.summary, tuple(_heard(inner, told) for inner in block.blocks))
    if isinstance(block, Notice):
        told.add(block.text)
    elif isinstance(block, TableSpec):
        fresh = tuple(text for text in block.warnings if text not in told)
        told.update(fresh)
        return block if fresh == block.warnings else replace(block, warnings=fresh)
    return block
