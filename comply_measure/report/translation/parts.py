"""Parts of a report in another language: the same values with other words."""

from __future__ import annotations

from dataclasses import replace

from comply_measure.report.parts import (
    Block,
    Bullets,
    Chapter,
    Details,
    Elsewhere,
    Figure,
    Heading,
    Notice,
    Prose,
    Reference,
    Section,
)
from comply_measure.report.remarks import told_together
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import Translator, translator


def chapter_in(language: str, chapter: Chapter) -> Chapter:
    """A chapter in a language; verdicts, which have their own words, come later."""
    say = translator(language)
    problems = None if chapter.problems is None else said(language, told_together(chapter.problems))
    headline = tuple(say(text) for text in chapter.headline)
    return Chapter(section_in(language, chapter.section), headline, problems)


def section_in(language: str, section: Section) -> Section:
    """A section in a language.

    Titles, prose and notes are translated here, heads and cells of tables as they are printed, so that data and
    exports stay what they are. Texts of drawings are translated as they are drawn.
    """
    if language == "en":
        return section
    say = translator(language)
    blocks = tuple(_block(block, say, language) for block in section.blocks)
    return Section(section.key, say(section.title), blocks)


def said(language: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Texts in a language."""
    say = translator(language)
    return tuple(say(text) for text in texts)


def _block(block: Block, say: Translator, language: str) -> Block:
    if isinstance(block, Prose | Heading | Notice):
        return replace(block, text=say(block.text))
    if isinstance(block, Bullets):
        return Bullets(said(language, block.items))
    if isinstance(block, Details):
        return Details(say(block.summary), tuple(_block(inner, say, language) for inner in block.blocks))
    if isinstance(block, TableSpec):
        return _table(block, say, language)
    if isinstance(block, Figure):
        notes = said(language, block.notes)
        return replace(block, title=say(block.title), alt=say(block.alt), notes=notes)
    if isinstance(block, Reference):
        return replace(block, title=say(block.title), notes=said(language, block.notes))
    if isinstance(block, Elsewhere):
        return replace(block, summary=say(block.summary))
    return block


def _table(table: TableSpec, say: Translator, language: str) -> TableSpec:
    return replace(
        table,
        title=say(table.title),
        notes=said(language, table.notes),
        estimator=say(table.estimator),
        warnings=said(language, table.warnings),
        language=language,
    )
