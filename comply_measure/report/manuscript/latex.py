r"""A manuscript in LaTeX: sections for ``\input``, and a whole paper with them and what they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comply_measure.report.manuscript.sources import Source, sources
from comply_measure.report.manuscript.text import Paragraph, Passage
from comply_measure.report.parts import Figure
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.statistics.latex import escape

_LEVELS = {1: "section", 2: "subsection", 3: "subsubsection"}
_PACKAGES = "array,booktabs,longtable,rotating,pdflscape,graphicx"
# Hyphens and captions of the language. Without its definition file no word is hyphenated, which beats English hyphens;
# without shorthands a quotation mark is one.
_LANGUAGES = {
    "de": r"\IfFileExists{ngerman.ldf}{\usepackage[ngerman,shorthands=off]{babel}}"
    r"{\usepackage{babel}\babelprovide[import,main]{german}}"
}


def render_sections(passages: Sequence[Passage], numbers: Mapping[str, int], language: str) -> str:
    r"""Sections for ``\input``; tables and figures of the main part are ``\ref``, those of the appendix numbers.

    Parameters
    ----------
    passages : sequence of Passage
        From :func:`.manuscript`.
    numbers : mapping of str to int
        Table or figure -> number.
    language : str
        Language of the words for tables and figures.
    """
    lines: list[str] = []
    for passage in passages:
        lines += [rf"\{_LEVELS[passage.level]}{{{escape(passage.title)}}}", ""]
        for paragraph in passage.paragraphs:
            lines += [_paragraph(paragraph, numbers, language), ""]
    return "\n".join(lines)


def render_paper(
    title: str,
    tables: Sequence[TableSpec],
    figures: Sequence[Figure],
    places: Mapping[str, str],
    *,
    text: str,
    language: str = "en",
) -> str:
    r"""A document that LaTeX turns into a PDF: the sections, then tables and figures, a float each.

    Parameters
    ----------
    title : str
        Title of the paper.
    tables, figures : sequence
        What the sections refer to, in the order of their numbers.
    places : mapping of str to str
        Table or figure -> its files without their endings, relative to the document.
    text : str
        Name of the file of sections.
    language : str
        Language of the words before the numbers of tables and figures.
    """
    say = translator(language)
    named = [
        rf"\AtBeginDocument{{\renewcommand{{\{command}}}{{{escape(say(word))}}}}}"
        for command, word in (("tablename", "Table"), ("figurename", "Figure"))
        if say(word) != word
    ]
    if language in _LANGUAGES:
        named.insert(0, _LANGUAGES[language])
    lines = [
        r"\documentclass[11pt,a4paper]{article}",
        r"\usepackage[T1]{fontenc}",
        rf"\usepackage{{{_PACKAGES}}}",
        *named,
        r"\begin{document}\sloppy",
        rf"\title{{{escape(title)}}}\author{{}}\date{{}}\maketitle",
        rf"\input{{{text}}}",
        r"\clearpage",
        *(rf"\input{{{places[table.key]}.tex}}\clearpage" for table in tables),
    ]
    for figure in figures:
        # The file's name is a key: letters, digits, hyphens and underscores.
        lines += [
            r"\begin{figure}[p]\centering",
            rf"\includegraphics[width=\linewidth,height=.8\textheight,keepaspectratio]{{{places[figure.key]}.png}}",
            rf"\caption{{{escape(figure.title)}}}\label{{fig:{figure.key}}}",
            r"\end{figure}\clearpage",
        ]
    return "\n".join([*lines, r"\end{document}", ""])


def _paragraph(paragraph: Paragraph, numbers: Mapping[str, int], language: str) -> str:
    main = set(paragraph.tables) | set(paragraph.figures)
    named = "".join(_reference(source, main) for source in sources(paragraph, numbers, language))
    parts = [escape(" ".join(paragraph.text.split()))] if paragraph.text else []
    return " ".join([*parts, f"({named})"] if named else parts)


def _reference(source: Source, main: set[str]) -> str:
    if source.keys[0] not in main:
        return escape(source.before + source.label)
    mark = "tab" if source.kind == "table" else "fig"
    return escape(source.before) + "--".join(rf"\ref{{{mark}:{key}}}" for key in source.keys)
