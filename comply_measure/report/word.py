"""All tables of a report in one Word document, numbered as in the report, and the works they cite.

The same report gives the same bytes: dates in the document and in its archive are constants.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from comply_measure.report.names import shortened
from comply_measure.report.parts import Reference, Report, Section
from comply_measure.report.references.citations import block_texts, works_of
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work
from comply_measure.report.tables import Cell, Printed, Row, TableSpec

if TYPE_CHECKING:
    from docx.document import Document

_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_EPOCH = datetime(1980, 1, 1)
_CELL_STYLE = "Table cell"
# Style identifiers are style names without blanks.
_STYLED = f'<w:pStyle w:val="{_CELL_STYLE.replace(" ", "")}"/>'
# Characters that XML 1.0 cannot hold: control signs, surrogates, two non-characters.
_NOT_IN_XML = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)}
_NOT_IN_XML |= dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd")
# Widths in twentieths of a point: a letter of table text, the margins of a cell, what a landscape page holds.
_LETTER, _PADDING, _PAGE_TWIPS = 92, 180, 15100
# Heads are bold, and many of them capitals.
_BOLD = 1.35
# Letters: of a column of sentences, and of a word that may not be broken.
_WIDEST, _LONGEST_WORD = 60, 26
# What python-docx allows a property of the document; the heading holds the whole title.
_LONGEST_PROPERTY = 255


def render_word(report: Report, numbers: dict[str, int]) -> bytes:
    """Every table of the report as a Word document.

    Parameters
    ----------
    report : Report
        The report; sections without tables are left out.
    numbers : dict
        TableSpec key -> number, as the report prints them.

    Returns
    -------
    bytes
        A .docx file on landscape A4 pages, one heading per section; at its end the works that its tables cite.
    """
    from docx import Document

    document = Document()
    _prepare(document, report)
    document.add_heading(_clean(report.title), level=0)
    if report.subtitle:
        document.add_paragraph(_clean(report.subtitle))
    for section in report.sections:
        if section.tables():
            _add_section(document, section, numbers)
    _add_references(document, _cited(report))
    buffer = io.BytesIO()
    document.save(buffer)
    return _with_constant_dates(buffer.getvalue())


def _prepare(document: Document, report: Report) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Mm, Pt

    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Mm(297), Mm(210)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(15)
    style = document.styles.add_style(_CELL_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    style.font.size = Pt(8)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(1)
    properties = document.core_properties
    properties.title = shortened(_clean(report.title), _LONGEST_PROPERTY)
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = _EPOCH
    properties.revision = 1


def _add_section(document: Document, section: Section, numbers: dict[str, int]) -> None:
    document.add_heading(_clean(section.title), level=1)
    for block in section.walk():
        if isinstance(block, TableSpec):
            _add_table(document, block, numbers[block.key])
        elif isinstance(block, Reference):
            document.add_paragraph(_clean(block.sentence(numbers)))


def _cited(report: Report) -> tuple[Work, ...]:
    """Works that the document cites: it holds less than the report."""
    printed = [block for section in report.sections if section.tables() for block in section.walk()]
    kept = [block for block in printed if isinstance(block, TableSpec | Reference)]
    return works_of(text for block in kept for text in block_texts(block))


def _add_references(document: Document, works: tuple[Work, ...]) -> None:
    from docx.shared import Mm

    if works:
        document.add_heading("References", level=1)
    for work in works:
        entry = document.add_paragraph()
        entry.paragraph_format.left_indent, entry.paragraph_format.first_line_indent = Mm(12.5), Mm(-12.5)
        for text, slanted in apa(work):
            entry.add_run(_clean(text)).italic = slanted
        if address := doi_address(work):
            entry.add_run(" ")
            entry._p.append(_link(document, address))


def _link(document: Document, address: str) -> Any:
    """The address as a link to itself."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    target = document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    spaces = f'xmlns:w="{_NAMESPACE}" xmlns:r="{_RELATIONSHIPS}"'
    return parse_xml(f'<w:hyperlink {spaces} r:id="{target}">{_run(address)}</w:hyperlink>')


def _add_table(document: Document, table: TableSpec, number: int) -> None:
    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    caption.add_run(f"Table {number}. ").bold = True
    caption.add_run(_clean(table.title)).italic = True
    for text in table.warnings:
        _remark(document, "Warning. ", text)
    # Before the section properties, which Word wants last.
    document.element.body.insert(len(document.element.body) - 1, _table_element(table))
    if table.printed.note:
        _remark(document, "Note. ", table.printed.note)


def _remark(document: Document, head: str, text: str) -> None:
    from docx.oxml import parse_xml

    # The style by its identifier: python-docx would go through all styles for its name.
    content = _run(head, "<w:i/>") + _run(text)
    paragraph = parse_xml(f'<w:p xmlns:w="{_NAMESPACE}"><w:pPr>{_STYLED}</w:pPr>{content}</w:p>')
    document.element.body.insert(len(document.element.body) - 1, paragraph)


def _table_element(table: TableSpec) -> Any:
    """The table as one element; python-docx's own cells would take seconds for long tables."""
    from docx.oxml import parse_xml

    printed = table.printed
    n, widths = len(printed.heads), _widths(printed)
    body = [_row(printed.heads, widths, head=True)]
    for row in printed.rows:
        if row.group is not None:
            body.append(_group(row, n))
        body.append(_row(row.cells, widths))
    if not printed.rows:
        body.append(_group(Row((), "No rows."), n))
    rule = '<w:{} w:val="single" w:sz="8" w:space="0" w:color="auto"/>'
    properties = (
        '<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>'
        f"{rule.format('top')}{rule.format('bottom')}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    grid = f"<w:tblGrid>{columns}</w:tblGrid>"
    return parse_xml(f'<w:tbl xmlns:w="{_NAMESPACE}">{properties}{grid}{"".join(body)}</w:tbl>')


def _widths(printed: Printed) -> list[int]:
    """Widths of the columns in twentieths of a point.

    As the texts want them, or where the page is too narrow the words' widths and a share of what is left.
    """
    least, wanted = [], []
    for place, head in enumerate(printed.heads):
        cells = [head, *(row.cells[place] for row in printed.rows)]
        parts = [[cell.text] if cell.numeric else cell.text.split() for cell in cells[1:]]
        words = [_BOLD * len(word) for word in head.text.split()]
        words += [len(word) for part in parts for word in part]
        least.append(_PADDING + int(_LETTER * min(max(words, default=1), _LONGEST_WORD)))
        longest = max((len(cell.text) for cell in cells[1:]), default=1)
        wanted.append(max(least[-1], _PADDING + _LETTER * min(longest, _WIDEST)))
    spare, missing = _PAGE_TWIPS - sum(least), sum(wanted) - sum(least)
    share = min(1.0, max(0.0, spare / missing)) if missing else 0.0
    return [int(low + share * (high - low)) for low, high in zip(least, wanted, strict=True)]


def _row(cells: tuple[Cell, ...], widths: list[int], *, head: bool = False) -> str:
    properties = f"<w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>"
    made = [_cell(cell, width, head=head) for cell, width in zip(cells, widths, strict=True)]
    return f"<w:tr>{properties}{''.join(made)}</w:tr>"


def _cell(cell: Cell, twips: int, *, head: bool = False) -> str:
    width = f'<w:tcW w:w="{twips}" w:type="dxa"/>'
    rule = '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    border = f"<w:tcBorders>{rule}</w:tcBorders>" if head else ""
    whole = "<w:noWrap/>" if cell.numeric and not head else ""
    text = _paragraph(cell.text, cell.numeric, bold=head, italic=cell.italic)
    return f"<w:tc><w:tcPr>{width}{border}{whole}</w:tcPr>{text}</w:tc>"


def _group(row: Row, n: int) -> str:
    span = f'<w:tcPr><w:tcW w:w="0" w:type="auto"/><w:gridSpan w:val="{n}"/></w:tcPr>'
    return (
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        f"<w:tc>{span}{_paragraph(row.group or '', False, bold=True, keep=True)}</w:tc></w:tr>"
    )


def _paragraph(
    text: str, right: bool, *, bold: bool = False, italic: bool = False, keep: bool = False
) -> str:
    parts = _STYLED + ("<w:keepNext/>" if keep else "")
    parts += '<w:jc w:val="right"/>' if right else ""
    looks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    return f"<w:p><w:pPr>{parts}</w:pPr>{_run(text, looks)}</w:p>"


def _run(text: str, looks: str = "") -> str:
    properties = f"<w:rPr>{looks}</w:rPr>" if looks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(_clean(text))}</w:t></w:r>'


def _clean(text: str) -> str:
    return text.translate(_NOT_IN_XML)


def _with_constant_dates(content: bytes) -> bytes:
    """The same archive with every entry dated alike."""
    found = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            info = zipfile.ZipInfo(entry.filename, date_time=_EPOCH.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, source.read(entry))
    return found.getvalue()
