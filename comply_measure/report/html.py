"""One self-contained HTML file: styles, figures and a one-line print script inline, nothing fetched.

Every text is escaped; a content security policy in the file forbids scripts (but that one, by its hash)
and any request, so text that respondents typed can be shown but never run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure import __version__
from comply_measure.report.canvas import inline_svg
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Conclusions, Figure, Heading, Report, Section
from comply_measure.report.references.citations import linked
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work
from comply_measure.report.remarks import said_once
from comply_measure.report.tables import Cell, TableSpec
from comply_measure.report.translation.translator import translator

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"
# Closed details would print as their summary only; rules of verdicts stand in a table of their own.
_SCRIPT = (
    "addEventListener('beforeprint',()=>"
    "document.querySelectorAll('section[id] details:not(.conclusions details)').forEach(d=>{d.open=true}))"
)
# APA sets statistical symbols in italics: a lone symbol before a relation sign, "t(58) =" included.
_SYMBOL = re.compile(r"(?<![\w&#;])([pNnMFtzrd]|SD|SE|df)(?=(?:\([\d., ]+\))?\s(?:=|&lt;|&gt;|≥|≤))")
_RELATION = re.compile(r" (=|&lt;|&gt;|≥|≤) (?=[\d.−\[])")


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
            report=replace(report, sections=tuple(said_once(section) for section in report.sections)),
            say=translator(report.language),
            numbers=number_blocks(report.sections),
            listed=frozenset(work.key for work in report.references),
            version=__version__,
            css=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
            script=Markup(_SCRIPT),
            script_hash=script_hash,
        )
    )


def render_fragment(table: TableSpec, concluded: Conclusions | None = None) -> str:
    """One table, with conclusions above it if there are any, as a piece of a page such as a notebook's.

    Returns
    -------
    str
        Without a script; every text is escaped.
    """
    return (
        _environment()
        .get_template("fragment.html.j2")
        .render(
            title=table.title,
            warnings=table.warnings,
            conclusions=concluded,
            printed=table.printed,
            say=translator(table.language),
        )
    )


def render_lines(lines: Sequence[str]) -> str:
    """A head line and a list of sentences as a piece of a page; every text is escaped."""
    from markupsafe import Markup

    items = "".join(f"<li>{_prose(line)}</li>" for line in lines[1:])
    return str(Markup(f'<div class="comply-measure"><p><b>{_prose(lines[0])}</b></p><ul>{items}</ul></div>'))


def number_blocks(sections: tuple[Section, ...]) -> dict[str, int]:
    """Table and figure numbers by key, counted separately in reading order."""
    tables = [table.key for section in sections for table in section.tables()]
    figures = [figure.key for section in sections for figure in section.figures()]
    return {key: number for keys in (tables, figures) for number, key in enumerate(keys, start=1)}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["zip"] = zip
    environment.filters |= {
        "prose": pass_context(_linked_prose),
        "cells": pass_context(_cells),
        "reference": _reference,
        "heads": _heads,
        "headings": _headings,
        "anchor": _anchor,
        "svg": _svg,
        "kind": _kind,
    }
    return environment


def _kind(block: Block) -> str:
    return type(block).__name__


def _headings(section: Section) -> list[Heading]:
    """Headings that the contents list names; those of folded parts stay out."""
    return [block for block in section.blocks if isinstance(block, Heading)]


def _anchor(heading: Heading, section: str) -> str:
    """Identifier of a heading; texts are unique within a section."""
    words = re.sub(r"[ -]+", "-", heading.text.casefold()).strip("-")
    return f"{section}-{key_of(words)}"


def _prose(value: Any) -> Markup:
    """Escaped text with statistical symbols in italics; a symbol, its relation and its number stay together."""
    from markupsafe import Markup, escape

    text = _RELATION.sub("\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", str(escape(value)))
    return Markup(_SYMBOL.sub(r"<i>\1</i>", text))


def _linked_prose(context: Context, value: Any) -> Markup:
    """Prose with citations that lead to the list of references."""
    from markupsafe import Markup

    return Markup(linked(_prose(value), _listed(context)))


def _listed(context: Context) -> frozenset[str]:
    """Keys of the works that the page lists; a piece of a page lists none."""
    found: frozenset[str] = context.get("listed", frozenset())
    return found


def _reference(work: Work) -> Markup:
    """An entry of the list of references, with its DOI as a link."""
    from markupsafe import Markup, escape

    runs = [f"<i>{escape(text)}</i>" if slanted else escape(text) for text, slanted in apa(work)]
    address = escape(doi_address(work))
    return Markup("".join(runs) + (f' <a href="{address}">{address}</a>' if address else ""))


def _svg(figure: Figure) -> Markup:
    from markupsafe import Markup

    svg = inline_svg(figure)
    if figure.min_width:
        svg = svg.replace("<svg ", f'<svg style="min-width:{figure.min_width}px" ', 1)
    return Markup(svg)


def _heads(cells: Iterable[Cell]) -> Markup:
    """The cells of a head row."""
    return _tagged(cells, '<th scope="col"', "</th>")


def _cells(context: Context, cells: Iterable[Cell]) -> Markup:
    """The cells of a row; a report has tens of thousands, which a template sets slowly one by one."""
    return _tagged(cells, "<td", "</td>", _listed(context))


def _tagged(
    cells: Iterable[Cell], opening: str, closing: str, listed: frozenset[str] = frozenset()
) -> Markup:
    """Cells with their class, their text escaped; a symbol in italics, citations that lead to the references."""
    from markupsafe import Markup, escape

    found = []
    for cell in cells:
        look = ' class="num"' if cell.numeric else ' class="wide"' if cell.wide else ""
        plain = escape(cell.text)
        text = f"<i>{plain}</i>" if cell.italic else plain if cell.numeric else linked(plain, listed)
        found.append(f"{opening}{look}>{text}{closing}")
    return Markup("".join(found))
