"""JSON of web surveys: an object per interview."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.limits import too_many_cells
from comply_measure.responses.files.raw import Cell, RawTable, encoded, trimmed
from comply_measure.responses.mapping import FileFormat

MAX_JSON: Final = 50_000_000
MAX_DEPTH: Final = 8


def read_json(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read one record or a list of them, as SurveyJS and questionnaires in HTML save them.

    Parts of a matrix become columns ``matrix.row``; several answers of one question stand in one cell between blanks.

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
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        faults.add(f"not JSON: {error}")
        return None
    records = content if isinstance(content, list) else [content]
    if not records or not all(isinstance(record, dict) for record in records):
        faults.add("the file holds no answers", allowed="an object per interview, or a list of them")
        return None
    flat = [_flat(record.get("answers", record) if "format" in record else record) for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    if too_many_cells(len(flat), len(names), faults):
        return None
    columns = {name: encoded(name, [record.get(name) for record in flat]) for name in names}
    return RawTable(path.name, columns, np.arange(1, len(flat) + 1, dtype=np.intp))


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


def _flat(record: Any, before: str = "", depth: int = 0) -> dict[str, Cell | None]:
    if not isinstance(record, dict) or depth > MAX_DEPTH:
        return {}
    found: dict[str, Cell | None] = {}
    for name, value in record.items():
        full = f"{before}{trimmed(name)}"
        if isinstance(value, dict):
            found |= _flat(value, f"{full}.", depth + 1)
        elif isinstance(value, list):
            found[full] = " ".join(str(part) for part in value) or None
        elif isinstance(value, bool):
            found[full] = "1" if value else "0"
        elif isinstance(value, int | float):
            found[full] = float(value)
        elif value is not None:
            found[full] = str(value).strip() or None
    return found
