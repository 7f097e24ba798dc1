"""All tables of a report in one Word document, numbered as in the report, and the works they cite.

Captions are fields that Word numbers, titles and notes have styles, the contents link to the chapters. A table stands
on an upright page where it fits there. The same report gives the same bytes: dates in the document and in its archive
are constants.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from comply_measure.report.parts import Reference, Report, Section
from comply_measure.report.references.citations import block_texts, works_of
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work
from comply_measure.report.tables import Cell, Printed, Row, TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.report.word_document import (
    CELL_POINTS,
    CELL_STYLE,
    TITLE_STYLE,
    TURNED,
    UPRIGHT,
    Page,
    bookmark,
    document_bytes,
    field,
    inner_link,
    numbered_pages,
    outer_link,
    page_of,
    paragraph,
    run,
    set_last_page,
    titled_document,
)

if TYPE_CHECKING:
    from docx.document import Document

# Widths in twentieths of a point: a letter of table text, the margins of a cell.
_LETTER, _PADDING = 92, 180
# Heads are bold, and many of them capitals.
_BOLD = 1.35
# Letters: of a column of sentences, and of a word that may not be broken.
_WIDEST, _LONGEST_WORD = 60, 26
# An upright page is wide enough for a table if it holds its words, and this share of what its columns want.
_ENOUGH = 0.7


def render_word(report: Report, numbers: Mapping[str, int]) -> bytes:
    """Every table of the report as a Word document.

    Parameters
    ----------
    report : Report
        The report; sections without tables are left out.
    numbers : mapping of str to int
        TableSpec key -> number, as the report prints them.

    Returns
    -------
    bytes
        A .docx file on A4 pages, one heading per section; at its end the works that its tables cite.
    """
    say = translator(report.language)
    document = titled_document(report.title, report.subtitle)
    sections = [section for section in report.sections if section.tables()]
    titles = {section.key: f"{report.numbers[section.key]}. {section.title}" for section in sections}
    if len(report.sections) == 1:
        titles = {section.key: section.title for section in sections}
    works = _cited(sections)
    if works:
        titles[_REFERENCES] = say("References")
    writer = _Writer(numbers, numbered_pages(document), report.language)
    parts = list(_contents(titles)) if len(titles) > 1 else []
    for position, section in enumerate(sections):
        parts += writer.section(section, titles[section.key], position)
    if works:
        parts += _works(document, works, titles[_REFERENCES], len(sections))
    set_last_page(document, writer.page)
    return document_bytes(document, parts)


_REFERENCES = "references"


class _Writer:
    """Writes chapters, and turns the page where a table needs it."""

    def __init__(self, numbers: Mapping[str, int], footer: str, language: str) -> None:
        self._numbers, self._footer, self._language = numbers, footer, language
        self.page: Page = UPRIGHT

    def section(self, section: Section, title: str, position: int) -> Iterator[str]:
        """A chapter: its heading stands on the page of its first table."""
        yield from self._turn(_page_of(section.tables()[0]))
        yield _heading(title, position)
        for block in section.walk():
            if isinstance(block, TableSpec):
                yield from self._turn(_page_of(block))
                yield from _table(block, self._numbers[block.key], self.page)
            elif isinstance(block, Reference):
                yield paragraph(run(block.sentence(self._numbers, self._language)))

    def _turn(self, page: Page) -> Iterator[str]:
        if page != self.page:
            yield f"<w:p><w:pPr>{self.page.properties(self._footer)}</w:pPr></w:p>"
            self.page, self._footer = page, ""


def _contents(titles: Mapping[str, str]) -> Iterator[str]:
    """The contents: chapters and their pages.

    A page is a field of its own, which Word works out as it opens the document and LibreOffice as it shows it. Within a
    field of the whole contents LibreOffice would keep what is stored, and no page is known before it is set.
    """
    for position, title in enumerate(titles.values()):
        link = inner_link(_name(position), title)
        page, stop = page_of(_name(position), UPRIGHT.room)
        yield paragraph(link + page, CELL_STYLE, more=stop)


def _heading(title: str, position: int) -> str:
    return paragraph(bookmark(_name(position), position, run(title)), "Heading 1", keep=True)


def _name(position: int) -> str:
    return f"_Toc{position + 1:08d}"


def _cited(sections: list[Section]) -> tuple[Work, ...]:
    """Works that the document cites: it holds less than the report."""
    kept = [
        block for section in sections for block in section.walk() if isinstance(block, TableSpec | Reference)
    ]
    return works_of(text for block in kept for text in block_texts(block))


def _works(document: Document, works: tuple[Work, ...], title: str, position: int) -> Iterator[str]:
    yield _heading(title, position)
    for work in works:
        content = "".join(run(text, "<w:i/>" if slanted else "") for text, slanted in apa(work))
        if address := doi_address(work):
            content += run(" ") + outer_link(document, address, address)
        yield paragraph(content, more='<w:ind w:left="709" w:hanging="709"/>')


def _table(table: TableSpec, number: int, page: Page) -> Iterator[str]:
    say = translator(table.language)
    yield paragraph(
        run(f"{say('Table')} ") + field("SEQ Table \\* ARABIC", str(number)), "Caption", keep=True
    )
    yield paragraph(run(table.title, "<w:i/>"), TITLE_STYLE, keep=True)
    for text in table.warnings:
        yield _remark(f"{say('Warning.')} ", text)
    yield _element(table, page)
    yield _remark(f"{say('Note.')} ", table.printed.note) if table.printed.note else paragraph("", CELL_STYLE)


def _remark(head: str, text: str) -> str:
    return paragraph(run(head, "<w:i/>") + run(text), CELL_STYLE)


def _element(table: TableSpec, page: Page) -> str:
    """The table as XML; python-docx's own cells would take seconds for long tables."""
    printed = table.printed
    n, (widths, smaller) = len(printed.heads), _widths(printed, page)
    body = [_row(printed.heads, widths, smaller, head=True)]
    for row in printed.rows:
        if row.group is not None:
            body.append(_group(row, n))
        body.append(_row(row.cells, widths, smaller))
    if not printed.rows:
        body.append(_group(Row((), translator(table.language)("No rows.")), n))
    rule = '<w:{} w:val="single" w:sz="8" w:space="0" w:color="auto"/>'
    properties = (
        '<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>'
        f"{rule.format('top')}{rule.format('bottom')}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return f"<w:tbl>{properties}<w:tblGrid>{columns}</w:tblGrid>{''.join(body)}</w:tbl>"


def _page_of(table: TableSpec) -> Page:
    """The page a table is printed on: upright where its words fit and its lines need not be broken often."""
    least, wanted = _bounds(table.printed)
    room = UPRIGHT.room
    fits = sum(wanted) <= room or (sum(least) <= room and room >= _ENOUGH * sum(wanted))
    return UPRIGHT if fits else TURNED


def _bounds(printed: Printed) -> tuple[list[int], list[int]]:
    """Widths of the columns in twentieths of a point: that their words need, and that their texts want."""
    least, wanted = [], []
    for place, head in enumerate(printed.heads):
        cells = [head, *(row.cells[place] for row in printed.rows)]
        parts = [[cell.text] if cell.numeric else cell.text.split() for cell in cells[1:]]
        words = [_BOLD * len(word) for word in head.text.split()]
        words += [len(word) for part in parts for word in part]
        least.append(_PADDING + int(_LETTER * min(max(words, default=1), _LONGEST_WORD)))
        longest = max((len(cell.text) for cell in cells[1:]), default=1)
        wanted.append(max(least[-1], _PADDING + _LETTER * min(longest, _WIDEST)))
    return least, wanted


def _widths(printed: Printed, page: Page) -> tuple[list[int], float]:
    """Widths of the columns, and by what the letters are smaller.

    As the texts want them, or where the page is too narrow the words' widths and a share of what is left. Where not
    even the words have room, letters are smaller, not words broken.
    """
    least, wanted = _bounds(printed)
    spare, missing = page.room - sum(least), sum(wanted) - sum(least)
    smaller = min(1.0, page.room / sum(least)) if least else 1.0
    share = min(1.0, max(0.0, spare / missing)) if missing else 0.0
    return [
        int(smaller * (low + share * (high - low))) for low, high in zip(least, wanted, strict=True)
    ], smaller


def _row(cells: tuple[Cell, ...], widths: list[int], smaller: float, *, head: bool = False) -> str:
    properties = f"<w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>"
    made = [_cell(cell, width, smaller, head=head) for cell, width in zip(cells, widths, strict=True)]
    return f"<w:tr>{properties}{''.join(made)}</w:tr>"


def _cell(cell: Cell, twips: int, smaller: float, *, head: bool = False) -> str:
    width = f'<w:tcW w:w="{twips}" w:type="dxa"/>'
    rule = '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    border = f"<w:tcBorders>{rule}</w:tcBorders>" if head else ""
    whole = "<w:noWrap/>" if cell.numeric and not head else ""
    text = _cell_paragraph(cell.text, cell.numeric, bold=head, italic=cell.italic, smaller=smaller)
    return f"<w:tc><w:tcPr>{width}{border}{whole}</w:tcPr>{text}</w:tc>"


def _group(row: Row, n: int) -> str:
    span = f'<w:tcPr><w:tcW w:w="0" w:type="auto"/><w:gridSpan w:val="{n}"/></w:tcPr>'
    return (
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        f"<w:tc>{span}{_cell_paragraph(row.group or '', False, bold=True, keep=True)}</w:tc></w:tr>"
    )


def _cell_paragraph(
    text: str,
    right: bool,
    *,
    bold: bool = False,
    italic: bool = False,
    keep: bool = False,
    smaller: float = 1.0,
) -> str:
    looks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    if smaller < 1:
        looks += f'<w:sz w:val="{math.floor(2 * CELL_POINTS * smaller)}"/>'
    return paragraph(run(text, looks), CELL_STYLE, keep=keep, more='<w:jc w:val="right"/>' if right else "")
