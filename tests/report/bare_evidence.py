"""Evidence that the shipped study does not have: its stored evidence with fields emptied, undefined or turned round.

What chapters say of a lone role, of numbers without a value, of tables without rows, of everything or nothing flagged
is printed from these forms. Some changes make no evidence of a topic (two fields contradict each other); those are
listed in ``tests/report/evidence/unchanged.json`` and stay as they were stored. ``python tests/report/chapter_texts.py
--evidence`` finds that list anew.
"""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from comply_measure.errors import ComplyError
from comply_measure.pipeline.step import Found
from comply_measure.sem import Fit

UNCHANGED = Path(__file__).parent / "evidence" / "unchanged.json"
REASON = "the reason is said here"
WARNING = "A warning of the estimation."
_REMARKS = frozenset({"note", "reason", "why", "remark"})
_KEPT = object()
_CANNOT_PRINT = (
    ArithmeticError, AssertionError, AttributeError, ComplyError, LookupError, TypeError, ValueError, Warning,
)  # fmt: skip
#: What a form does to a value (with its name, and whether it may be None): the value in its place.
Change = Callable[[str, Any, bool], Any]


def _few(name: str, value: Any, optional: bool) -> Any:
    """One row, one element; nothing is flagged, no remarks."""
    if isinstance(value, pd.DataFrame):
        return value.iloc[:1]
    if isinstance(value, pd.Series):
        return _column(name, value, False, lambda _: "", lambda numbers: numbers)
    if isinstance(value, tuple) and len(value) > 1:
        return value[:1]
    if isinstance(value, Mapping) and len(value) > 1:
        return dict(list(value.items())[:1])
    return False if isinstance(value, bool) else _KEPT


def _gaps(name: str, value: Any, optional: bool) -> Any:
    """Every second number is undefined and says why; everything is flagged."""
    if isinstance(value, pd.Series):
        return _column(name, value, True, lambda _: REASON, _undefined)
    if isinstance(value, bool):
        return True
    if isinstance(value, float):
        return math.nan
    return REASON if isinstance(value, str) and name in _REMARKS else _KEPT


def _none(name: str, value: Any, optional: bool) -> Any:
    """Tables without rows, no elements, nothing that can be absent is there."""
    if optional:
        return None
    if isinstance(value, pd.DataFrame):
        return value.iloc[:0]
    if isinstance(value, tuple | Mapping):
        parts = value if isinstance(value, tuple) else value.values()
        if any(dataclasses.is_dataclass(part) for part in parts):
            return _KEPT  # what a chapter is about: of nothing there is no chapter
        return () if isinstance(value, tuple) else {}
    return "" if isinstance(value, str) and name in _REMARKS else _KEPT


def _turned(name: str, value: Any, optional: bool) -> Any:
    """Shares and coefficients change sides, counts are zero or, where they were, three."""
    if isinstance(value, pd.Series):
        return _column(name, value, None, str, _other_side)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return 0 if value else 3
    return 1.0 - value if isinstance(value, float) and abs(value) <= 1.0 else _KEPT


FORMS: Mapping[str, Change] = {"few": _few, "gaps": _gaps, "none": _none, "turned": _turned}


def _column(
    name: str,
    column: pd.Series[Any],
    flag: bool | None,
    remark: Callable[[str], str],
    numbers: Callable[[pd.Series[Any]], pd.Series[Any]],
) -> Any:
    if types.is_bool_dtype(column.dtype):
        return ~column if flag is None else column.where(column.isna(), flag)
    if types.is_float_dtype(column.dtype) or (types.is_integer_dtype(column.dtype) and flag is None):
        return numbers(column)
    if name in _REMARKS:
        return pd.Series([remark(str(text)) for text in column], index=column.index, dtype="str")
    return _KEPT


def _undefined(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.mask(np.arange(len(column)) % 2 == (1 if len(column) > 1 else 0))


def _other_side(column: pd.Series[Any]) -> pd.Series[Any]:
    if types.is_integer_dtype(column.dtype):
        return (column == 0) * 3
    return column.where(column.abs() > 1.0, 1.0 - column)


def changed(value: Any, change: Change, left: Iterable[str], seen: dict[str, None] | None = None) -> Any:
    """The value with a change made everywhere but at the paths in `left`; paths that change are added to `seen`."""
    return _Changer(change, frozenset(left), {} if seen is None else seen).visit("", "", value, False)


class _Changer:
    def __init__(self, change: Change, left: frozenset[str], seen: dict[str, None]) -> None:
        self.change, self.left, self.seen = change, left, seen

    def visit(self, path: str, name: str, value: Any, optional: bool) -> Any:
        new = self._new(path, name, value, optional)
        return self._inside(path, value if new is _KEPT else new)

    def _new(self, path: str, name: str, value: Any, optional: bool) -> Any:
        if not path:
            return _KEPT
        new = self.change(name, value, optional and value is not None)
        if new is _KEPT:
            return _KEPT
        self.seen[path] = None
        return _KEPT if path in self.left else new

    def _inside(self, path: str, value: Any) -> Any:
        if isinstance(value, pd.DataFrame):
            new = {name: self._new(f"{path}[{name}]", str(name), value[name], False) for name in value}
            return value.assign(**{str(name): column for name, column in new.items() if column is not _KEPT})
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self._inside_or_new(path, part) for part in value)
        if isinstance(value, Mapping):
            return {key: self._inside_or_new(path, part) for key, part in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type | Fit):
            fields = [field for field in dataclasses.fields(value) if field.init]
            parts = {
                field.name: self.visit(
                    f"{path}.{field.name}" if path else field.name,
                    field.name,
                    getattr(value, field.name),
                    "None" in str(field.type),
                )
                for field in fields
            }
            return dataclasses.replace(value, **parts)
        return value

    def _inside_or_new(self, path: str, part: Any) -> Any:
        """Elements: numbers among them change, texts (keys of scales and roles) do not."""
        if isinstance(part, bool | int | float):
            return self.visit(f"{path}*", "", part, False)
        return self._inside(f"{path}*", part)


def bare(form: str, step: str, found: Found) -> Found:
    """A form of stored evidence."""
    change, left = FORMS[form], unchanged()[form].get(step, ())
    return Found(changed(found.evidence, change, left), () if form == "few" else (WARNING,))


@cache
def unchanged() -> dict[str, dict[str, list[str]]]:
    """Form -> step -> what stays in it."""
    found: dict[str, dict[str, list[str]]] = json.loads(UNCHANGED.read_text(encoding="utf-8"))
    return found


def find_unchanged(form: str, found: Found, *printers: Callable[[Found], object]) -> list[str]:
    """Paths whose change cannot be printed, as few as halving finds; `printers` from the cheapest on."""
    change, seen, left = FORMS[form], dict[str, None](), set[str]()
    for printed in printers:
        while not _prints(found, change, left, printed, seen):  # what stays brings new paths below it
            paths = [path for path in seen if path not in left]
            left |= set(paths)
            _admit(paths, left, lambda kept, printed=printed: _prints(found, change, kept, printed, seen))
    return [path for path in seen if path in left]


def _admit(paths: list[str], left: set[str], prints: Callable[[set[str]], bool]) -> None:
    if len(paths) == 1:
        if prints(left - {*paths}):
            left -= {*paths}
        return
    half = len(paths) // 2
    for part in (paths[:half], paths[half:]):
        if prints(left - {*part}):
            left -= {*part}
        elif len(part) > 1:
            _admit(part, left, prints)


def _prints(
    found: Found, change: Change, left: set[str], printed: Callable[[Found], object], seen: dict[str, None]
) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            printed(Found(changed(found.evidence, change, left, seen), found.warnings))
        except _CANNOT_PRINT:
            return False
    return True
