"""Report parts as JSON and back: what the cache stores, without pickle and without loss.

Floats keep every digit (JSON writes the shortest text that reads back to the same double); NaN is ``null``
in a column that says it holds floats; bytes are base64.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from comply_measure.errors import ComplyError
from comply_measure.report.parts import (
    Block,
    Bullets,
    Column,
    Details,
    Figure,
    Heading,
    Notice,
    Prose,
    Section,
    Table,
)

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]


def encode_section(section: Section) -> Json:
    """A section as plain JSON values."""
    return {"key": section.key, "title": section.title, "blocks": [_encode(b) for b in section.blocks]}


def decode_section(data: Json) -> Section:
    """The inverse of :func:`encode_section`."""
    return Section(data["key"], data["title"], tuple(_decode(block) for block in data["blocks"]))


def encode_frame(frame: pd.DataFrame) -> Json:
    """A data frame (its index dropped) as typed columns.

    Raises
    ------
    ComplyError
        If a column holds anything but numbers, truth values and texts.
    """
    return {"columns": [_encode_column(name, frame[name]) for name in frame.columns], "rows": len(frame)}


def decode_frame(data: Json) -> pd.DataFrame:
    """The inverse of :func:`encode_frame`."""
    import pandas as pd

    columns = {column["name"]: _decode_column(column) for column in data["columns"]}
    return pd.DataFrame(columns, index=pd.RangeIndex(data["rows"]))


def _encode_column(name: Any, series: pd.Series[Any]) -> Json:
    kind = _kind(series)
    if kind == "float":
        values: list[Any] = [_float(value) for value in series.to_list()]
    elif kind == "text":
        values = [None if value is None or value != value else str(value) for value in series.to_list()]
    elif kind == "integer_or_missing":
        values = [
            None if value is None else int(value)
            for value in series.astype(object).where(series.notna(), None)
        ]
    elif kind == "truth_or_missing":
        values = [
            None if value is None else bool(value)
            for value in series.astype(object).where(series.notna(), None)
        ]
    else:
        values = [bool(value) if kind == "truth" else int(value) for value in series.to_list()]
    return {"name": str(name), "kind": kind, "values": values}


def _kind(series: pd.Series[Any]) -> str:
    import numpy as np
    from pandas.api import types

    if types.is_bool_dtype(series.dtype) and not series.hasnans:
        return "truth"
    if types.is_integer_dtype(series.dtype):
        return "integer_or_missing" if types.is_extension_array_dtype(series.dtype) else "integer"
    if types.is_float_dtype(series.dtype):
        return "float"
    present = series.dropna()
    if all(isinstance(value, str) for value in present):
        return "text"
    if all(isinstance(value, bool | np.bool_) for value in present):
        return "truth" if len(present) == len(series) else "truth_or_missing"
    # Columns built row by row are of type object; their values count, not their type.
    if not any(isinstance(value, bool | np.bool_) for value in present):
        if all(isinstance(value, int | np.integer) for value in present):
            return "integer_or_missing"
        if all(isinstance(value, int | float | np.integer | np.floating) for value in present):
            return "float"
    raise ComplyError(f"column '{series.name}' of a table mixes kinds of values: {_kinds_of(present)}")


def _kinds_of(series: pd.Series[Any]) -> str:
    return ", ".join(sorted({type(value).__name__ for value in series}))


def _float(value: Any) -> float | str | None:
    if value is None or value != value:
        return None
    return float(value) if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _decode_column(column: Json) -> pd.Series[Any]:
    import pandas as pd

    values, kind = column["values"], column["kind"]
    if kind == "float":
        return pd.Series([math.nan if v is None else float(v) for v in values], dtype="float64")
    dtypes = {
        "truth": "bool",
        "truth_or_missing": "boolean",
        "integer": "int64",
        "integer_or_missing": "Int64",
        "text": "str",
    }
    return pd.Series(values, dtype=dtypes[kind])


def _encode(block: Block) -> Json:
    if isinstance(block, Table):
        return _encode_table(block)
    if isinstance(block, Figure):
        return _encode_figure(block)
    if isinstance(block, Details):
        blocks = [_encode(inner) for inner in block.blocks]
        return {"block": "details", "summary": block.summary, "blocks": blocks}
    if isinstance(block, Bullets):
        return {"block": "bullets", "items": list(block.items)}
    if isinstance(block, Notice):
        return {"block": "notice", "text": block.text, "kind": block.kind}
    return {"block": "heading" if isinstance(block, Heading) else "prose", "text": block.text}


def _encode_table(table: Table) -> Json:
    return {
        "block": "table",
        "key": table.key,
        "title": table.title,
        "data": encode_frame(table.data),
        "columns": [[c.label, list(c.sources), c.format] for c in table.columns],
        "notes": list(table.notes),
        "n_units": table.n_units,
        "n_informants": table.n_informants,
        "estimator": table.estimator,
        "warnings": list(table.warnings),
        "group": table.group,
        "rows_shown": table.rows_shown,
    }


def _encode_figure(figure: Figure) -> Json:
    return {
        "block": "figure",
        "key": figure.key,
        "title": figure.title,
        "svg": base64.b64encode(figure.svg).decode("ascii"),
        "png": base64.b64encode(figure.png).decode("ascii"),
        "alt": figure.alt,
        "notes": list(figure.notes),
        "min_width": figure.min_width,
    }


def _decode(data: Json) -> Block:
    kind = data["block"]
    if kind == "table":
        return _decode_table(data)
    if kind == "figure":
        return _decode_figure(data)
    if kind == "details":
        return Details(data["summary"], tuple(_decode(inner) for inner in data["blocks"]))
    if kind == "bullets":
        return Bullets(tuple(data["items"]))
    if kind == "notice":
        return Notice(data["text"], data["kind"])
    return Heading(data["text"]) if kind == "heading" else Prose(data["text"])


def _decode_table(data: Json) -> Table:
    return Table(
        key=data["key"],
        title=data["title"],
        data=decode_frame(data["data"]),
        columns=tuple(
            Column(label, sources[0] if len(sources) == 1 else tuple(sources), kind)
            for label, sources, kind in data["columns"]
        ),
        notes=tuple(data["notes"]),
        n_units=data["n_units"],
        n_informants=data["n_informants"],
        estimator=data["estimator"],
        warnings=tuple(data["warnings"]),
        group=data["group"],
        rows_shown=data["rows_shown"],
    )


def _decode_figure(data: Json) -> Figure:
    return Figure(
        key=data["key"],
        title=data["title"],
        svg=base64.b64decode(data["svg"]),
        png=base64.b64decode(data["png"]),
        alt=data["alt"],
        notes=tuple(data["notes"]),
        min_width=data["min_width"],
    )
