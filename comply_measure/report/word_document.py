"""What Word documents of a report share: pages, styles, links, and the same bytes for the same content.

Paragraphs are made as XML: python-docx would go through all styles for every name.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from xml.sax.saxutils import escape

from comply_measure.report.names import shortened

if TYPE_CHECKING:
    from docx.document import Document

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACES = f'xmlns:w="{NAMESPACE}" xmlns:r="{_RELATIONSHIPS}"'
_EPOCH = datetime(1980, 1, 1)
CELL_STYLE, TITLE_STYLE = "Table cell", "Table title"
CELL_POINTS = 8
# Characters that XML 1.0 cannot hold: control signs, surrogates, two non-characters.
_NOT_IN_XML = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)}
_NOT_IN_XML |= dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd")
# What python-docx allows a property of the document; the heading holds the whole title.
_LONGEST_PROPERTY = 255
# Where the XML goes; no text can look like it, since texts are escaped.
_PLACE = '<w:bookmarkStart w:id="0" w:name="_here"/>'
_BLACK = ("Title", "Heading 1", "Heading 2", "Heading 3", "Caption")


def titled_document(title: str, subtitle: str = "") -> Document:
    """A new document on A4 pages with its title; headings and captions are black."""
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Mm, Pt, RGBColor

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(15)
    for name, size in ((CELL_STYLE, CELL_POINTS), (TITLE_STYLE, 10)):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        style.font.size = Pt(size)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(1)
    for name in _BLACK:
        document.styles[name].font.color.rgb = RGBColor(0, 0, 0)
    document.styles["Caption"].font.size = Pt(10)
    properties = document.core_properties
    properties.title = shortened(clean(title), _LONGEST_PROPERTY)
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = _EPOCH
    properties.revision = 1
    document.add_heading(clean(title), level=0)
    if subtitle:
        document.add_paragraph(clean(subtitle))
    return document


def document_bytes(document: Document, parts: Iterable[str]) -> bytes:
    """The .docx file with XML after what the document holds; every entry of its archive is dated alike.

    The XML goes into the file as text: as elements the tables of a report would take more than 100 MB.
    """
    from docx.oxml import parse_xml

    body = document.element.body
    body.insert(len(body) - 1, parse_xml(f"<w:p {_SPACES}>{_PLACE}</w:p>"))
    buffer = io.BytesIO()
    document.save(buffer)
    found = io.BytesIO()
    with (
        zipfile.ZipFile(buffer) as source,
        zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            info = zipfile.ZipInfo(entry.filename, date_time=_EPOCH.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with target.open(info, "w") as stream:
                if entry.filename == "word/document.xml":
                    before, after = source.read(entry).split(f"<w:p>{_PLACE}</w:p>".encode())
                    stream.write(before)
                    for part in parts:
                        stream.write(part.encode())
                    stream.write(after)
                else:
                    stream.write(source.read(entry))
    return found.getvalue()


def clean(text: str) -> str:
    """Text that XML can hold."""
    return text.translate(_NOT_IN_XML)


def run(text: str, looks: str = "") -> str:
    """A run of text as XML; `looks` are its properties."""
    properties = f"<w:rPr>{looks}</w:rPr>" if looks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r>'


def paragraph(content: str, style: str = "", *, keep: bool = False, more: str = "") -> str:
    """A paragraph as XML: its runs, the name of its style, whether it stays with the next one, other properties."""
    named = f'<w:pStyle w:val="{style.replace(" ", "")}"/>' if style else ""
    properties = f"{named}{'<w:keepNext/>' if keep else ''}{more}"
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>" if properties else f"<w:p>{content}</w:p>"


def field_mark(kind: str) -> str:
    """The begin, the separate or the end of a field as XML."""
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def instruction(text: str) -> str:
    """What a field does, as XML."""
    return f'<w:r><w:instrText xml:space="preserve"> {escape(text)} </w:instrText></w:r>'


def field(text: str, result: str, *, due: bool = False) -> str:
    """A field as XML with the result it shows until Word updates it: as it opens the document, if that is due."""
    begin = field_mark("begin")
    if due:
        begin = begin.replace("/>", ' w:dirty="true"/>', 1)
    opening = begin + instruction(text) + field_mark("separate")
    return f"{opening}{run(result)}{field_mark('end')}"


def bookmark(name: str, number: int, content: str) -> str:
    """Content that links can lead to; names have at most 40 letters and digits, numbers are unique in the document."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def inner_link(name: str, text: str) -> str:
    """A link to a bookmark as XML."""
    return f'<w:hyperlink w:anchor="{name}" w:history="1">{run(text)}</w:hyperlink>'


def page_of(name: str, room: int) -> tuple[str, str]:
    """Dots and the page of a bookmark at the end of a line, and the property its paragraph needs, as XML."""
    stop = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{room}"/></w:tabs>'
    page = field(rf"PAGEREF {name} \h", "", due=True)
    return f"<w:r><w:tab/></w:r>{page}", stop


def outer_link(document: Document, address: str, text: str) -> str:
    """A link to an address as XML."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    target = document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    looks = '<w:color w:val="1D4F91"/><w:u w:val="single"/>'
    return f'<w:hyperlink r:id="{target}" w:history="1">{run(text, looks)}</w:hyperlink>'


@dataclass(frozen=True, slots=True)
class Page:
    """A4, upright or on its side.

    Parameters
    ----------
    width, height : int
        In twentieths of a point.
    """

    width: int
    height: int

    MARGIN: ClassVar[int] = 850

    @property
    def room(self) -> int:
        """Width between the margins."""
        return self.width - 2 * self.MARGIN

    def properties(self, footer: str = "") -> str:
        """Properties of a section with such pages as XML; sections without a footer have that of the one before."""
        turned = ' w:orient="landscape"' if self.width > self.height else ""
        margins = " ".join(f'w:{side}="{self.MARGIN}"' for side in ("top", "right", "bottom", "left"))
        return (
            f'<w:sectPr>{footer}<w:pgSz w:w="{self.width}" w:h="{self.height}"{turned}/>'
            f'<w:pgMar {margins} w:header="425" w:footer="425" w:gutter="0"/></w:sectPr>'
        )


UPRIGHT, TURNED = Page(11906, 16838), Page(16838, 11906)


def numbered_pages(document: Document) -> str:
    """Give the pages their number in a footer; returns the reference that the first section needs."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    last: Any = document.sections[-1]
    line = last.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for element in list(parse_xml(f"<w:p {_SPACES}>{field('PAGE', '1')}</w:p>")):
        line._p.append(element)
    reference = last._sectPr.find(qn("w:footerReference"))
    return f'<w:footerReference w:type="default" r:id="{reference.get(qn("r:id"))}"/>'


def set_last_page(document: Document, page: Page) -> None:
    """The pages of the last section."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Twips

    last = document.sections[-1]
    last.page_width, last.page_height = Twips(page.width), Twips(page.height)
    last.orientation = WD_ORIENT.LANDSCAPE if page == TURNED else WD_ORIENT.PORTRAIT
