"""Undefined numbers anywhere in a result that no word explains."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from unexplained import Said, unexplained

from comply_measure import sem
from comply_measure.errors import ComplyError

#: Attributes that say why a number of their owner, or of what it holds, is undefined.
WORDS = (
    "note", "notes", "reason", "reasons", "problems", "undefined", "failures", "faults", "message", "warnings",
)  # fmt: skip
#: Public methods without arguments that are not looked into: they draw, print or write.
SKIPPED = ("bootstrap", "plot", "record", "to_latex", "to_word")
#: What a fit keeps of its making beside its tables.
INSIDE = (
    "model",
    "optimum",
    "given_errors",
    "covariance",
    "structural",
    "blocks",
    "moments",
    "first",
    "second",
)
#: Inputs that come back with a result.
INPUTS = ("comply_measure.instrument", "comply_measure.simulation.population", "comply_measure.responses")
#: Results hold results; beyond this depth they are walked by the test of the function that made them.
DEPTH = 3


def silences(result: Any, told: str = "", said: Mapping[str, Said] | None = None) -> Iterator[str]:
    """Places in a result that hold a number which is undefined, or infinite, without a word beside it.

    A word is a note or reason in the row of a table, an entry ``undefined`` of its ``attrs``, or words of the result
    that holds the number. A number that a kind of result never has is said in the docstring: its attribute, or for bare
    numbers the function (``told``), mentions NaN.
    """
    words = "told" if "NaN" in told else ""
    yield from _walk(result, "", words, dict(said or {}), DEPTH)


def _walk(value: Any, place: str, words: str, said: dict[str, Said], depth: int) -> Iterator[str]:
    if isinstance(value, pd.DataFrame):
        if not (_said_of(value) or (words and _is_matrix(value))):
            yield from (
                f"{place}[{column}]"
                for column in unexplained(value, {c: s for c, s in said.items() if _speaks(s, value)})
            )
    elif isinstance(value, pd.Series | np.ndarray | float):
        if not words and not _said_of(value) and _undefined(value):
            yield place
    elif is_dataclass(value) and not isinstance(value, type):
        module = type(value).__module__
        if depth and module.startswith("comply_measure.") and not module.startswith(INPUTS):
            yield from _walk_owner(value, place, words, said, depth - 1)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{place}[{key}]", words, said, depth)
    elif isinstance(value, tuple | list):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{place}[{number}]", words, said, depth)


def _undefined(value: Any) -> bool:
    found = np.asarray(value)
    return found.dtype.kind == "f" and not bool(np.isfinite(found).all())


def _is_matrix(table: pd.DataFrame) -> bool:
    """A square of numbers, which has no place for notes of its own."""
    return set(table.index) == set(table.columns)


def _said_of(table: Any) -> bool:
    said = getattr(table, "attrs", {})
    return bool(said.get("undefined") or said.get("no score"))


def _walk_owner(owner: Any, place: str, words: str, said: dict[str, Said], depth: int) -> Iterator[str]:
    """The fields of a result, its properties, and what its methods hand out when asked nothing."""
    if isinstance(owner, sem.Fit) and place:
        return  # the fits within a result: the tests of what made them
    own = () if isinstance(owner, sem.Fit) else WORDS  # a fit's tables are read without it
    words = words or "; ".join(_text(getattr(owner, name, "")) for name in own).strip("; ")
    for name, value in _parts(owner):
        yield from _walk(value, f"{place}.{name}", words or _documented(type(owner), name), said, depth)


def _speaks(said: Said, table: pd.DataFrame) -> bool:
    """Whether the table has the column that says it."""
    try:
        said(table)
    except KeyError:
        return False
    return True


def _text(words: Any) -> str:
    if isinstance(words, str):
        return words
    if isinstance(words, Mapping):
        words = list(words.values())
    return "".join(str(part) for part in words) if isinstance(words, tuple | list | np.ndarray) else ""


def _documented(kind: type, name: str) -> str:
    """What the docstring says of an attribute or property, where it says when it is NaN or infinite."""
    entry = re.search(
        rf"^    (?:\w+, )*{name}\b.*\n((?:        .*\n|\n)*)", f"{kind.__doc__}\n", re.MULTILINE
    )
    text = entry[0] if entry else str(inspect.getattr_static(kind, name, None).__doc__)
    return text if re.search(r"\bNaN\b|\b[Ii]nfinite\b", text) else ""


def _parts(owner: Any) -> Iterator[tuple[str, Any]]:
    kind = type(owner)
    own = [field.name for field in fields(owner)]
    methods = [name for name in dir(kind) if name not in own]
    for name in (*own, *methods):
        if name.startswith("_") or name in SKIPPED or (isinstance(owner, sem.Fit) and name in INSIDE):
            continue
        try:
            if name in own or not inspect.isroutine(inspect.getattr_static(kind, name)):
                yield name, getattr(owner, name)
            elif _asks_nothing(inspect.getattr_static(kind, name)):
                value = getattr(owner, name)()
                if not isinstance(value, kind):
                    yield f"{name}()", value
        except ComplyError as error:
            if not str(error).strip():
                yield name, math.nan


def _asks_nothing(method: Any) -> bool:
    if not inspect.isfunction(method):
        return False
    others = list(inspect.signature(method).parameters.values())[1:]
    return all(p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in others)


__all__ = ["silences"]
