"""JSON of web surveys: an object per interview, in a list, in a page of results, or one a line (JSON Lines)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.encoding import decoded
from comply_measure.responses.files.limits import too_many_cells
from comply_measure.responses.files.raw import RawTable, encoded, trimmed
from comply_measure.responses.mapping import FileFormat
from comply_measure.statistics.words import counted, did_you_mean

MAX_JSON: Final = 50_000_000
MAX_DEPTH: Final = 8
_NEEDED: Final = "an object per interview, or a list of them"

_CONTEXT: Final = "@odata.context"
_NEXT: Final = "@odata.nextLink"
_LINK: Final = "@odata.navigationLink"

Record = tuple[int, dict[str, Any]]
"""Row of the file (of JSON Lines the line, else the place in the list) and what stands there."""


def read_json(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read one record, a list of them, or one a line, as web surveys and their interfaces save them.

    Parts of a matrix become columns ``matrix.row``; several answers of one question stand in one cell between blanks.
    Groups that repeat (a list of objects) stand in one cell as text; ``sheet`` names one that is read with a row for
    each repetition, beside which the answers of its interview stand. A group within another is named with it
    (``team.members``, as KoboToolbox writes it ``team/members``). OData documents (ODK Central) are read by ``value``.

    Parameters
    ----------
    path, file_format, faults
        As in :func:`~comply_measure.responses.files.load.load_table`.

    Returns
    -------
    RawTable or None
        None if faults leave nothing to read.
    """
    if path.stat().st_size > MAX_JSON:
        faults.add("the file is too large", allowed=f"at most {MAX_JSON:,} bytes")
        return None
    text = decoded(path.read_bytes(), file_format.encoding, faults)
    records = None if text is None else _records(text, path.suffix.lower() in (".jsonl", ".ndjson"), faults)
    if records is None:
        return None
    flat = [(row, _Flat(row, faults).of(record)) for row, record in records]
    flat, notes = _without_links(flat)
    if file_format.sheet is not None:
        unfolded = _repetitions(flat, file_format.sheet, faults)
        if unfolded is None:
            return None
        flat, notes = unfolded[0], (*notes, *unfolded[1])
    if faults.problems:
        return None
    names = dict.fromkeys(name for _, record in flat for name in record)
    if too_many_cells(len(flat), len(names), faults):
        return None
    columns = {name: encoded(name, [_cell(record.get(name)) for _, record in flat]) for name in names}
    rows = np.asarray([row for row, _ in flat], dtype=np.intp)
    groups = tuple(_groups(flat))
    return RawTable(path.name, columns, rows, notes=(*notes, *map(_told_group, groups)), groups=groups)


def _records(text: str, lines: bool, faults: Faults) -> list[Record] | None:
    """The interviews with their rows; None, with problems, where there are none."""
    if lines or _is_a_record_a_line(text):
        found = list(_by_line(text, faults))
    else:
        try:
            content = _parsed(text)
        except (ValueError, RecursionError) as error:
            faults.add(f"not JSON: {error}")
            return None
        if isinstance(content, dict) and {"count", "results"} <= content.keys():
            if content.get("next"):
                faults.add("the file holds one page of the results, and more follow", allowed="all of them")
            content = content["results"]
        elif isinstance(content, dict) and _CONTEXT in content and isinstance(content.get("value"), list):
            if content.get(_NEXT):
                faults.add("the file holds one page of the results, and more follow", allowed="all of them")
            content = content["value"]
        listed = content if isinstance(content, list) else [content]
        found = list(enumerate(listed, 1))
    if faults.problems:
        return None
    if not found or not all(isinstance(record, dict) for _, record in found):
        faults.add("the file holds no answers", allowed=_NEEDED)
        return None
    return [(row, _answers(record)) for row, record in found]


def _answers(record: dict[str, Any]) -> dict[str, Any]:
    inner = record.get("answers") if "format" in record else None
    return inner if isinstance(inner, dict) else record


def _is_a_record_a_line(text: str) -> bool:
    """Whether the first two lines that hold anything are an object each."""
    filled = [line for line in text.split("\n", 20)[:20] if line.strip()]
    return len(filled) > 1 and all(line.strip()[0] == "{" and line.strip()[-1] == "}" for line in filled[:2])


def _by_line(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, _parsed(line)
            except (ValueError, RecursionError) as error:
                faults.add(f"not JSON: {error}", row=number, allowed="an object per line")


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose names occurs once: JSON lets the last of several win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {doubled!r} occurs twice in one object")
    return found


def _is_repeated(value: Any) -> bool:
    """Whether a value is a group that repeats: a list of objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)


def _groups(records: list[Record]) -> list[str]:
    return list(dict.fromkeys(name for _, r in records for name, value in r.items() if _is_repeated(value)))


def _told_group(name: str) -> str:
    return f"'{name}' is a group that repeats and stands in one cell; sheet: {name} reads a row for each repetition"


def _without_links(records: list[Record]) -> tuple[list[Record], tuple[str, ...]]:
    """Records of OData without the links to groups whose rows are elsewhere, and what is to be told of these."""
    linked = dict.fromkeys(name for _, record in records for name in record if name.endswith(_LINK))
    if not linked:
        return records, ()
    kept = [(row, {n: value for n, value in record.items() if n not in linked}) for row, record in records]
    there = {name for _, record in kept for name in record}
    gone = [group for group in (name.removesuffix(_LINK) for name in linked) if group not in there]
    return kept, tuple(
        f"'{group}' is a group that repeats whose rows are not in the file: $expand=* in the address exports them"
        for group in gone
    )


def _repetitions(
    records: list[Record], group: str, faults: Faults
) -> tuple[list[Record], tuple[str, ...]] | None:
    """A record for each repetition of a group, beside it the answers of its interview and of groups around it."""
    notes: tuple[str, ...] = ()
    known: list[str] = []
    while True:
        groups = _groups(records)
        known += groups
        within = [name for name in groups if name == group or group.startswith((f"{name}/", f"{name}."))]
        if not within:
            near = did_you_mean(group, known)
            allowed = ", ".join(dict.fromkeys(known)) or "no sheet"
            faults.add(f"no group of this name repeats{near}", value=group, allowed=allowed)
            return None
        outer = max(within, key=len)
        unfolded = _unfolded(records, outer, faults)
        if unfolded is None:
            return None
        records, notes = unfolded[0], (*notes, *unfolded[1])
        if outer == group:
            return records, notes


def _unfolded(
    records: list[Record], group: str, faults: Faults
) -> tuple[list[Record], tuple[str, ...]] | None:
    """A record for each repetition of a group of the records; None, with problems, where that cannot be."""
    found: list[Record] = []
    without = 0
    for row, record in records:
        parts = record.get(group) or []
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            faults.add("the group is no list of objects here", row=row, column=group)
            continue
        without += not parts
        shared = {name: value for name, value in record.items() if name != group}
        for part in parts:
            own = {
                name if name.startswith(f"{group}/") else f"{group}.{name}": value
                for name, value in _Flat(row, faults).of(part).items()
            }
            if doubled := sorted(own.keys() & shared.keys()):
                faults.add("the name stands in the group and beside it", row=row, column=doubled[0])
            found.append((row, shared | own))
    if faults.problems or not found:
        return None
    found, links = _without_links(found)
    none = f"{counted(without, 'interview has', 'interviews have')} no repetition of '{group}' and no row"
    return found, (*links, none) if without else links


class _Flat:
    """The columns of one record, lists as they are; what would be lost or stand for two things is a problem."""

    def __init__(self, row: int, faults: Faults) -> None:
        self._row, self._faults = row, faults
        self._found: dict[str, Any] = {}

    def of(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Name -> value, which is no object but an empty one."""
        self._add(record, "", 0)
        return self._found

    def _add(self, record: Mapping[str, Any], before: str, depth: int) -> None:
        for name, value in record.items():
            full = f"{before}{trimmed(name)}"
            if isinstance(value, dict) and value:
                if depth == MAX_DEPTH:
                    allowed = f"at most {MAX_DEPTH} objects within each other"
                    self._faults.add(
                        "objects within objects too deep", row=self._row, column=full, allowed=allowed
                    )
                else:
                    self._add(value, f"{full}.", depth + 1)
            elif full in self._found:
                allowed = "each name once, matrix.row included"
                self._faults.add("two answers have this name", row=self._row, column=full, allowed=allowed)
            else:
                self._found[full] = value


def _cell(value: Any) -> Any:
    """A cell: text, a number (whole ones with every digit), a truth value, or None."""
    if isinstance(value, list):
        if any(isinstance(part, dict | list) for part in value):
            return json.dumps(value, ensure_ascii=False)
        return " ".join(str(part) for part in value) or None
    return None if isinstance(value, dict) else value
