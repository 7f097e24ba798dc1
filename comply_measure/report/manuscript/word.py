"""A manuscript as a Word document: headings, paragraphs, links from numbers to their tables in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from comply_measure.report.manuscript.sources import sources
from comply_measure.report.manuscript.text import Paragraph, Passage
from comply_measure.report.word_document import (
    document_bytes,
    outer_link,
    paragraph,
    run,
    titled_document,
)

if TYPE_CHECKING:
    from docx.document import Document


def render_document(
    title: str, passages: Sequence[Passage], numbers: Mapping[str, int], *, report: str, language: str
) -> bytes:
    """The bytes of a .docx file; the same manuscript gives the same bytes.

    Parameters
    ----------
    title : str
        Title of the document.
    passages : sequence of Passage
        From :func:`.manuscript`.
    numbers : mapping of str to int
        Table or figure -> number.
    report : str
        Relative place of the report.
    language : str
        Language of the words for tables and figures.
    """
    document = titled_document(title)
    parts: list[str] = []
    for passage in passages:
        parts.append(paragraph(run(passage.title), f"Heading {passage.level}", keep=True))
        parts += [_paragraph(document, text, numbers, report, language) for text in passage.paragraphs]
    return document_bytes(document, parts)


def _paragraph(
    document: Document, told: Paragraph, numbers: Mapping[str, int], report: str, language: str
) -> str:
    named = sources(told, numbers, language)
    content = run(told.text)
    for position, source in enumerate(named):
        opening = (" (" if told.text else "(") if not position else ""
        content += run(opening + source.before)
        content += outer_link(document, f"{report}#{source.kind}-{source.keys[0]}", source.label)
    return paragraph(content + (run(")") if named else ""))
