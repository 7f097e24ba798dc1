"""A questionnaire to print, as a Word document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from comply_measure.survey.drawn import drawn
from comply_measure.survey.formats.printed import beside as beside, only_if
from comply_measure.survey.formats.words import words
from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Field, Sheet

_BOX = "☐"
_ROUND = "○"


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The questionnaire of one role in one language; the same sheet gives the same bytes."""
    from docx import Document

    document = Document()
    _set_up(document, sheet, language)
    _body(document, drawn(sheet), language)
    stream = BytesIO()
    document.save(stream)
    return _without_times(stream.getvalue())


def _without_times(content: bytes) -> bytes:
    """The archive with the same time for every part."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    stream = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), ZIP_DEFLATED)
    return stream.getvalue()


def _set_up(document: Any, sheet: Sheet, language: str) -> None:
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(1.8)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    style.paragraph_format.space_after = Pt(4)
    properties = document.core_properties
    properties.title = sheet.title[language]
    properties.author = ""
    properties.language = language
    properties.created = properties.modified = datetime(1980, 1, 1, tzinfo=UTC)
    footer = section.footer.paragraphs[0]
    footer.text = f"{words(language)['version']} {sheet.stamp}"


def _body(document: Any, sheet: Sheet, language: str) -> None:
    word = words(language)
    document.add_heading(sheet.title[language], level=0)
    document.add_paragraph(word["for_role"].format(role=sheet.role_label[language]))
    numbers = iter(range(1, len(sheet.fields) + 1))
    for page in sheet.pages:
        texts = [text[language] for text in page.texts]
        if page.headed:
            heading = texts.pop(0)
            if heading != sheet.title[language]:
                document.add_heading(heading, level=1)
        if condition := only_if(sheet, page, language):
            document.add_paragraph().add_run(condition).italic = True
        for text in texts:
            document.add_paragraph(text)
        for group in grid_names(page).values():
            if group[0].kind == "rating":
                _table(document, group, numbers, language)
            else:
                _single(document, group[0], next(numbers), language)


def _table(document: Any, group: tuple[Field, ...], numbers: Iterator[int], language: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    first = group[0]
    if first.stem:
        paragraph = document.add_paragraph()
        paragraph.add_run(first.stem[language]).bold = True
        paragraph.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=1 + len(first.answers))
    table.style = "Table Grid"
    table.autofit = False
    widths = [Cm(7.4), *[Cm(10.0 / len(first.answers))] * len(first.answers)]
    head = table.rows[0]
    _repeated(head)
    for cell, answer in zip(head.cells[1:], first.answers, strict=True):
        _write(cell, answer.shown(language), Pt(7), WD_ALIGN_PARAGRAPH.CENTER)
    for entry in group:
        row = table.add_row()
        _whole(row)
        _write(row.cells[0], f"{next(numbers)}  {entry.text[language]}", Pt(10), WD_ALIGN_PARAGRAPH.LEFT)
        for cell, answer in zip(row.cells[1:], entry.answers, strict=True):
            _write(cell, f"{_ROUND}\n{answer.code}", Pt(8), WD_ALIGN_PARAGRAPH.CENTER)
    # Word goes by the widths of cells, LibreOffice by those of columns.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    document.add_paragraph()


def _write(cell: Any, text: str, size: Any, alignment: Any) -> None:
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    paragraph.alignment = alignment
    for place, line in enumerate(text.split("\n")):
        run = paragraph.add_run(line)
        run.font.size = size
        if place == 0 and "\n" in text:
            run.font.size = Pt(13)
            run.add_break()


def _repeated(row: Any) -> None:
    """The head of a table is repeated on the next page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """A row is not torn between pages."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _single(document: Any, entry: Field, number: int, language: str) -> None:
    paragraph = document.add_paragraph(f"{number}  {entry.text[language]}")
    paragraph.paragraph_format.keep_with_next = True
    notes = [entry.help.get(language, ""), words(language)["several"] if entry.kind == "several" else ""]
    for note in filter(None, notes):
        document.add_paragraph().add_run(note).italic = True
    if entry.answers:
        sign = _BOX if entry.kind == "several" else _ROUND
        for answer in entry.answers:
            document.add_paragraph(f"     {sign}  {answer.code}  {answer.shown(language)}")
    else:
        lines = 3 if entry.kind == "text" else 1
        for _ in range(lines):
            document.add_paragraph(
                "_" * (70 if entry.kind == "text" else 30) + f" {entry.measure.get(language, '')}"
            )
