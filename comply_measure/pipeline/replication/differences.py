"""What differs between a package as it was made and as it is: answers, keys of the study, cells of tables."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any

#: Numbers that agree so far are the same: what is left is the order of additions on another machine or Python, which
#: also moves where a search ends. No printed digit hangs on it.
TOLERANCE = 1e-6
_NEAR_ZERO = 1e-8


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    Parameters
    ----------
    kind : str
        ``deleted``, ``added``, ``changed``, ``answer``, ``option``, ``number`` or ``table``.
    place : str
        File, and where in it.
    detail : str
        What it was and what it is.
    """

    kind: str
    place: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}" + (f": {self.detail}" if self.detail else "")


def of_files(listed: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Difference]:
    """Files that are gone, new, or of other content; a folder of which nothing is listed is named once.

    Folders with a ``pyvenv.cfg``, of which nothing is listed, are environments of Python, made to run the study: what
    they hold is no part of it.
    """
    for name, digest in listed.items():
        if name not in there:
            yield Difference("deleted", name)
        elif there[name] != digest:
            yield Difference("changed", name)
    known = {str(folder) for name in listed for folder in PurePosixPath(name).parents}
    new = [name for name in there if name not in listed]
    environments = {str(path.parent) for path in map(PurePosixPath, new) if path.name == "pyvenv.cfg"} - known
    files, folders = [], Counter[str]()
    for name in new:
        inside = [str(folder) for folder in PurePosixPath(name).parents]
        if environments.intersection(inside):
            continue
        if outermost := [folder for folder in inside if folder not in known]:
            folders[outermost[-1]] += 1
        else:
            files.append(name)
    yield from (Difference("added", name) for name in files)
    for folder, n in folders.items():
        yield Difference("added", f"{folder}/", f"{n} file{'s' if n > 1 else ''}")


def of_keys(before: Any, after: Any, place: str = "") -> Iterator[Difference]:
    """Keys of a study file whose values differ, each by its dotted name."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{place}.{key}" if place else str(key)
            yield from of_keys(before.get(key), after.get(key), inner)
    elif str(before) != str(after):
        yield Difference("option", f"study.yaml, {place}", f"{_shown(before)} → {_shown(after)}")


def of_answers(before: Path, after: Path, file: str, keys: tuple[str, ...]) -> Iterator[Difference]:
    """Cells that differ between two files of answers, a row per informant, named by unit, role and variable."""
    old, new = _rows(before), _rows(after)
    for number, (one, two) in enumerate(zip_longest(old, new), start=1):
        if one is None or two is None:
            yield Difference(
                "answer", f"{file}, row {number}", "row is gone" if two is None else "row is new"
            )
            continue
        who = ", ".join(f"{key} {one[key]}" for key in keys if one.get(key))
        for name in dict.fromkeys((*one, *two)):
            if one.get(name) != two.get(name):
                told = f"{_shown(one.get(name))} → {_shown(two.get(name))}"
                yield Difference("answer", f"{file}, row {number} ({who}), {name}", told)


def of_tables(before: Path, after: Path, tolerance: float = TOLERANCE) -> Iterator[Difference]:
    """Cells that differ between the tables of two folders; numbers by a relative tolerance."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.csv")})
    for name in names:
        one, two = before / name, after / name
        if not (one.is_file() and two.is_file()):
            yield Difference("table", name, "is not made any more" if one.is_file() else "is new")
            continue
        yield from _of_table(name, _cells(one), _cells(two), tolerance)


def _of_table(
    name: str, one: list[list[str]], two: list[list[str]], tolerance: float
) -> Iterator[Difference]:
    if len(one) != len(two) or one[:1] != two[:1]:
        yield Difference("table", name, f"{len(one) - 1} rows before, {len(two) - 1} now, or other columns")
        return
    heads = one[0] if one else []
    for number, (old, new) in enumerate(zip(one[1:], two[1:], strict=True), start=1):
        for column, before, after in zip(heads, old, new, strict=False):
            if not same(before, after, tolerance):
                yield Difference("number", f"{name}, row {number}, {column}", f"{before} → {after}")


def same(before: str, after: str, tolerance: float = TOLERANCE) -> bool:
    """Whether two cells say the same: equal texts, or numbers within the tolerance, also those inside of JSON."""
    if before == after:
        return True
    try:
        return _alike(_number_or_json(before), _number_or_json(after), tolerance)
    except ValueError:
        return False


def _number_or_json(cell: str) -> Any:
    return json.loads(cell) if cell.startswith(("{", "[")) else float(cell)


def _alike(old: Any, new: Any, tolerance: float) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=tolerance, abs_tol=_NEAR_ZERO)
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(_alike(old[key], new[key], tolerance) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_alike, old, new, [tolerance] * len(old)))
    return bool(old == new)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _shown(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)
