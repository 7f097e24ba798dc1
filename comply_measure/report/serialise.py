"""Report parts as JSON and back: what the cache stores, without pickle and without loss.

Floats keep every digit (JSON writes the shortest text that reads back to the same double); NaN is ``null``
in a column that says it holds floats; bytes are base64.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from comply_measure.evidence.codec import decode_frame, encode_frame
from comply_measure.report.parts import (
    Block,
    Bullets,
    Conclusion,
    Conclusions,
    Details,
    Elsewhere,
    Figure,
    Heading,
    Notice,
    Prose,
    Reference,
    Section,
)
from comply_measure.report.tables import Column, TableSpec

Json = dict[str, Any]


def encode_section(section: Section) -> Json:
    """A section as plain JSON values."""
    return {"key": section.key, "title": section.title, "blocks": [_encode(b) for b in section.blocks]}


def decode_section(data: Json) -> Section:
    """The inverse of :func:`encode_section`."""
    return Section(data["key"], data["title"], tuple(_decode(block) for block in data["blocks"]))


def _encode(block: Block) -> Json:
    if isinstance(block, TableSpec):
        return _encode_table(block)
    if isinstance(block, Figure):
        return _encode_figure(block)
    if isinstance(block, Details):
        blocks = [_encode(inner) for inner in block.blocks]
        return {"block": "details", "summary": block.summary, "blocks": blocks}
    if isinstance(block, Bullets):
        return {"block": "bullets", "items": list(block.items)}
    if isinstance(block, Conclusions):
        return {"block": "conclusions", "items": [asdict(item) for item in block.items]}
    if isinstance(block, Notice):
        return {"block": "notice", "text": block.text, "kind": block.kind}
    if isinstance(block, Reference):
        return {"block": "reference", "title": block.title, "table": block.table, "notes": list(block.notes)}
    if isinstance(block, Elsewhere):
        return {"block": "elsewhere", **asdict(block)}
    return {"block": "heading" if isinstance(block, Heading) else "prose", "text": block.text}


def _encode_table(table: TableSpec) -> Json:
    return {
        "block": "table",
        "key": table.key,
        "title": table.title,
        "data": encode_frame(table.data),
        "columns": [[c.label, list(c.sources), c.format, c.name] for c in table.shown],
        "notes": list(table.notes),
        "n_units": table.n_units,
        "n_informants": table.n_informants,
        "estimator": table.estimator,
        "warnings": list(table.warnings),
        "group": table.group,
        "rows_shown": table.rows_shown,
        "twin": table.twin,
        "language": table.language,
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
    if kind == "conclusions":
        return Conclusions(tuple(Conclusion(**item) for item in data["items"]))
    if kind == "notice":
        return Notice(data["text"], data["kind"])
    if kind == "reference":
        return Reference(data["title"], data["table"], tuple(data["notes"]))
    if kind == "elsewhere":
        return Elsewhere(data["summary"], tuple(data["tables"]), tuple(data["figures"]))
    return Heading(data["text"]) if kind == "heading" else Prose(data["text"])


def _decode_table(data: Json) -> TableSpec:
    return TableSpec(
        key=data["key"],
        title=data["title"],
        data=decode_frame(data["data"]),
        columns=tuple(
            Column(label, sources[0] if len(sources) == 1 else tuple(sources), kind, name)
            for label, sources, kind, name in data["columns"]
        ),
        notes=tuple(data["notes"]),
        n_units=data["n_units"],
        n_informants=data["n_informants"],
        estimator=data["estimator"],
        warnings=tuple(data["warnings"]),
        group=data["group"],
        rows_shown=data["rows_shown"],
        twin=data["twin"],
        language=data["language"],
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
