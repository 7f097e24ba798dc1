"""A manuscript as Markdown: numbers link to their tables in the report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from comply_measure.report.manuscript.sources import Source, sources
from comply_measure.report.manuscript.text import Paragraph, Passage

# What Markdown (Pandoc's mathematics and superscripts, too) or HTML would read as markup; at the start of a line also
# what begins a list, a quotation or a heading.
_MARKUP = re.compile(r"([\\`*_\[\]<>&|~$^])")
_OPENING = re.compile(r"^(\s*)([-+#]|\d+[.)](?=\s))")


def render_markdown(
    title: str, passages: Sequence[Passage], numbers: Mapping[str, int], *, report: str, language: str
) -> str:
    """The text of a Markdown file.

    Parameters
    ----------
    title : str
        Heading of level 1.
    passages : sequence of Passage
        From :func:`.manuscript`.
    numbers : mapping of str to int
        Table or figure -> number.
    report : str
        Relative place of the report.
    language : str
        Language of the words for tables and figures.
    """
    lines = [f"# {escape(title)}", ""]
    for passage in passages:
        lines += [f"{'#' * (passage.level + 1)} {escape(passage.title)}", ""]
        for paragraph in passage.paragraphs:
            lines += [_paragraph(paragraph, numbers, report, language), ""]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text that Markdown prints as it is, on one line."""
    plain = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return (
        _OPENING.sub(r"\1\\\2", plain)
        if not plain[:1].isdigit()
        else re.sub(r"^(\d+)([.)]\s)", r"\1\\\2", plain)
    )


def _paragraph(paragraph: Paragraph, numbers: Mapping[str, int], report: str, language: str) -> str:
    named = "".join(_link(source, report) for source in sources(paragraph, numbers, language))
    parts = [escape(paragraph.text)] if paragraph.text else []
    return " ".join([*parts, f"({named})"] if named else parts)


def _link(source: Source, report: str) -> str:
    return f"{source.before}[{source.label}]({report}#{source.kind}-{source.keys[0]})"
