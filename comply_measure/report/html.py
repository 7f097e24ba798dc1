"""One self-contained HTML file: styles, figures and a one-line print script inline, nothing fetched.

Every text is escaped; a content security policy in the file forbids scripts (but that one, by its hash)
and any request, so text that respondents typed can be shown but never run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure import __version__
from comply_measure.report.canvas import inline_svg
from comply_measure.report.format import FORMATS, NUMERIC, text
from comply_measure.report.parts import Block, Column, Figure, Report, Section, Table

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"
_WIDE_TEXT = 48
# Closed details would print as their summary only.
_SCRIPT = "addEventListener('beforeprint',()=>document.querySelectorAll('details').forEach(d=>{d.open=true}))"
# APA sets statistical symbols in italics: a lone symbol before a relation sign, "t(58) =" included.
_SYMBOL = re.compile(r"(?<![\w&#;])([pNnMFtzrd]|SD|SE|df)(?=(?:\([\d., ]+\))?\s(?:=|&lt;|&gt;|≥|≤))")
_RELATION = re.compile(r" (=|&lt;|&gt;|≥|≤) (?=[\d.−\[])")


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    css: Markup | str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[_Cell, ...]
    group: str | None = None


def render_html(report: Report) -> str:
    """The report as the text of one HTML file.

    Returns
    -------
    str
        The same report gives the same text.
    """
    script_hash = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")
    from markupsafe import Markup

    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            numbers=number_blocks(report.sections),
            version=__version__,
            css=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
            script=Markup(_SCRIPT),
            script_hash=script_hash,
        )
    )


def number_blocks(sections: tuple[Section, ...]) -> dict[str, int]:
    """Table and figure numbers by key, counted separately in reading order."""
    tables = [table.key for section in sections for table in section.tables()]
    figures = [figure.key for section in sections for figure in section.figures()]
    return {key: number for keys in (tables, figures) for number, key in enumerate(keys, start=1)}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "prose": _prose,
        "heads": _heads,
        "rows": _rows,
        "note": _note,
        "svg": _svg,
        "kind": _kind,
    }
    return environment


def _kind(block: Block) -> str:
    return type(block).__name__


def _prose(value: Any) -> Markup:
    """Escaped text with statistical symbols in italics; a symbol, its relation and its number stay together."""
    from markupsafe import Markup, escape

    text = _RELATION.sub("\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", str(escape(value)))
    return Markup(_SYMBOL.sub(r"<i>\1</i>", text))


def _svg(figure: Figure) -> Markup:
    from markupsafe import Markup

    svg = inline_svg(figure)
    if figure.min_width:
        svg = svg.replace("<svg ", f'<svg style="min-width:{figure.min_width}px" ', 1)
    return Markup(svg)


def _css(*classes: str) -> Markup | str:
    from markupsafe import Markup

    names = " ".join(name for name in classes if name)
    return Markup(f' class="{names}"') if names else ""


def _heads(table: Table) -> list[_Cell]:
    return [_Cell(c.label, _css("num" if c.format in NUMERIC else "")) for c in table.columns]


def _rows(table: Table) -> list[_Row]:
    """Formatted rows; a row that opens a new group carries the group's name."""
    shown = table.data if table.rows_shown is None else table.data.head(table.rows_shown)
    columns = [_column_cells(shown, column) for column in table.columns]
    groups = shown[table.group].to_list() if table.group else [None] * len(shown)
    rows = []
    for index, cells in enumerate(zip(*columns, strict=True)):
        opens = table.group is not None and (index == 0 or groups[index] != groups[index - 1])
        rows.append(_Row(cells, text(groups[index]) if opens else None))
    return rows


def _note(table: Table) -> str:
    """What stands under a table."""
    parts = [f"{table.basis}." if table.basis else "", *table.notes]
    if table.rows_shown is not None and table.rows_shown < len(table.data):
        parts.append(f"{table.rows_shown} of {len(table.data)} rows are printed; the CSV file holds all.")
    return " ".join(part for part in parts if part)


def _column_cells(data: pd.DataFrame, column: Column) -> list[_Cell]:
    shape = FORMATS[column.format]
    values = [data[name].to_list() for name in column.sources]
    texts = [shape(*parts) for parts in zip(*values, strict=True)]
    if column.format in NUMERIC:
        return [_Cell(value, _css("num")) for value in texts]
    wide = max((len(value) for value in texts), default=0) > _WIDE_TEXT
    return [_Cell(value, _css("wide" if wide else "")) for value in texts]
