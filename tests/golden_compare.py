"""Compare two results folders number by number: ``python tests/golden_compare.py OLD NEW``.

Run one study from an older checkout and from this one, then compare: CSV files and ``results.json`` must hold the same
bytes, or differ by no more than ``--tolerance`` (relative). Of tables with the same number of rows the columns that
both have are compared. Exit code 1 where anything differs::

    git worktree add /tmp/older COMMIT
    (cd /tmp/older && PYTHONPATH=. python -m comply_measure run STUDY --out /tmp/then)
    python -m comply_measure run STUDY --out /tmp/now
    python tests/golden_compare.py /tmp/then /tmp/now --tolerance 1e-9
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def differences(old: Path, new: Path, tolerance: float) -> Iterator[str]:
    """One line for every file that is absent on one side, and for every table or value that differs."""
    files = {
        path.relative_to(root).as_posix() for root in (old, new) for path in (root / "tables").glob("*.csv")
    }
    for name in sorted(files):
        one, other = old / name, new / name
        if not (one.is_file() and other.is_file()):
            yield f"{name}: only in {'new' if other.is_file() else 'old'}"
        elif one.read_bytes() != other.read_bytes():
            yield from _tables(name, _rows(one), _rows(other), tolerance)
    one, other = old / "results.json", new / "results.json"
    if one.read_bytes() != other.read_bytes():
        before, after = (_leaves(json.loads(path.read_text(encoding="utf-8"))) for path in (one, other))
        yield from _values(dict(before), dict(after), tolerance)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _tables(name: str, old: list[list[str]], new: list[list[str]], tolerance: float) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{name}: {len(old) - 1} rows, now {len(new) - 1}"
        return
    for side, mine, other in (("old", old[0], new[0]), ("new", new[0], old[0])):
        if missing := [column for column in mine if column not in other]:
            yield f"{name}: columns only in {side}: {', '.join(missing)}"
    for column in (column for column in old[0] if column in new[0]):
        was, now = old[0].index(column), new[0].index(column)
        gaps = [_gap(one[was], other[now]) for one, other in zip(old[1:], new[1:], strict=True)]
        if differing := [gap for gap in gaps if gap > tolerance]:
            yield f"{name}: {column}: {len(differing)} cells differ, by up to {max(differing):.3g}"


def _values(old: dict[str, Any], new: dict[str, Any], tolerance: float) -> Iterator[str]:
    for place in sorted(set(old) ^ set(new)):
        yield f"results.json: {place}: only in {'old' if place in old else 'new'}"
    for place in sorted(set(old) & set(new)):
        if (gap := _gap(old[place], new[place])) > tolerance:
            yield f"results.json: {place}: {old[place]!r}, now {new[place]!r} ({gap:.3g})"


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            # Tables are compared in their CSV files.
            if key not in ("rows", "columns"):
                yield from _leaves(part, f"{place}/{key}")
    else:
        yield place, value


def _gap(was: Any, now: Any) -> float:
    """Relative difference of two numbers; infinite where texts differ."""
    if was == now:
        return 0.0
    try:
        one, other = float(was), float(now)
    except (TypeError, ValueError):
        return math.inf
    return abs(one - other) / max(abs(one), abs(other), 1e-300)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.0)
    given = parser.parse_args()
    lines = list(differences(given.old, given.new, given.tolerance))
    print("\n".join(lines) or "no differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
