"""Tables in LaTeX and Word: the printed cells, escaped, with their notes; the same bytes every time."""

from __future__ import annotations

import io
import math
import re
import time
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from docx import Document

from comply_measure.report.html import number_blocks
from comply_measure.report.latex import render_latex
from comply_measure.report.names import shortened
from comply_measure.report.parts import Details, Prose, Report, Section
from comply_measure.report.tables import Column, TableSpec
from comply_measure.report.word import render_word
from comply_measure.statistics.latex import escape

EVIL = "100 % of $x_1$ & \\input{/etc/passwd} #^~{} <b>"


def table(key: str = "loadings", n: int = 3) -> TableSpec:
    data = pd.DataFrame(
        {
            "text": [EVIL, *["α ≥ .70"] * (n - 1)],
            "value": [0.456, np.nan, *[-0.25] * (n - 2)],
            "part": ["a & b", "a & b", *["c"] * (n - 2)],
        }
    )
    columns = (Column("Text_1", "text"), Column("χ²", "value", "bounded"))
    return TableSpec(
        key,
        "Loadings & more",
        data,
        columns,
        notes=("Means ± SD.",),
        n_units=240,
        n_informants=667,
        estimator="MLR",
        warnings=("50% inadmissible",),
        group="part",
    )


def report() -> Report:
    folded = Details("More", (table("second", 60),))
    return Report(
        "Title\x00 & more", (Section("s", "Section one", (table(), folded)), Section("t", "T", (Prose("x"),)))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & 5%", r"a\_b \& 5\%"),
        ("χ²", r"$\chi^{2}$"),
        ("λ₂ r′", r"$\lambda_{2}$ r$^{\prime}$"),
        ("$α", r"\$$\alpha$"),
        ("−.25", "$-$.25"),
        ("\\{}", r"\textbackslash{}\{\}"),
        ("~^<>|", r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"),
        ("a\nb\x07c", "a b c"),
        ("Müller – ß", "Müller -- ß"),
    ],
)
def test_every_special_sign_is_escaped(text: str, expected: str) -> None:
    assert escape(text) == expected


@pytest.mark.parametrize("n", [3, 60])
def test_a_latex_table_is_balanced_and_complete(n: int) -> None:
    text = render_latex(table(n=n))
    assert "longtable" in text if n > 40 else "\\begin{tabular}" in text
    opened, closed = re.findall(r"\\begin\{(\w+)\}", text), re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(opened) == sorted(closed)
    plain = re.sub(r"\\[{}\\]", "", text)
    assert plain.count("{") == plain.count("}")
    # Every printed row has one separator between its two cells.
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    cells = [re.sub(r"\\&", "", line).count("&") for line in rows if "caption" not in line]
    assert set(cells) == {1}
    assert len(cells) == n + (2 if n > 40 else 1)
    assert r"\input" not in text
    for part in (r"\toprule", r"\bottomrule", r"\label{tab:loadings}", "240 units", "MLR", r"50\%"):
        assert part in text
    assert text == render_latex(table(n=n))


def test_the_word_document_opens_and_holds_every_table() -> None:
    made = report()
    document = Document(io.BytesIO(render_word(made, number_blocks(made.sections))))
    first, second = document.tables
    cells = [[cell.text for cell in row.cells] for row in first.rows]
    assert cells[0] == ["Text_1", "χ²"]
    assert cells[1][0] == "a & b"
    assert cells[2] == [EVIL, ".46"]
    assert cells[3] == ["α ≥ .70", "—"]
    assert len(second.rows) == 60 + 1 + 2
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert "Title\ufffd & more" in texts
    assert texts.count("1. Section one") == 1  # no contents for one chapter
    assert "T" not in texts  # no tables there
    captions = [place for place, text in enumerate(texts) if text.startswith("Table ")]
    assert [texts[place : place + 2] for place in captions] == [
        ["Table 1", "Loadings & more"], ["Table 2", "Loadings & more"],
    ]  # fmt: skip
    assert [document.paragraphs[place].style.name for place in captions] == ["Caption"] * 2
    assert "Warning. 50% inadmissible" in texts
    assert "Note. 240 units, 667 informants. MLR. Means ± SD." in texts
    page = document.sections[0]
    assert page.page_width < page.page_height and len(document.sections) == 1
    assert "PAGE" in page.footer._element.xml


def test_pages_turn_for_tables_that_need_it_and_the_contents_link_to_the_chapters() -> None:
    wide = TableSpec(
        "wide", "Wide", pd.DataFrame({"x": [0.25]}), tuple(Column(f"Number {k}", "x") for k in range(16))
    )
    sections = tuple(
        Section(f"s{k}", f"S{k}", (spec,)) for k, spec in enumerate((table(), wide, table(key="last")))
    )
    made = Report("R", sections)
    document = Document(io.BytesIO(render_word(made, number_blocks(sections))))
    assert [page.page_width > page.page_height for page in document.sections] == [False, True, False]
    assert all("PAGE" in page.footer._element.xml for page in document.sections)
    contents, headings = (
        [p for p in document.paragraphs if p.style is not None and p.style.name == name]
        for name in ("Table cell", "Heading 1")
    )
    titles = ["1. S0", "2. S1", "3. S2"]
    assert [p.text for p in headings] == titles
    assert [p.text for p in contents[:3]] == [f"{title}\t" for title in titles]
    # the page of its own heading, which Word works out as it opens the document, at the right edge; LibreOffice works
    # out no field that stands within one of the contents
    xml = document.element.body.xml
    assert "TOC \\o" not in xml and xml.count('fldCharType="begin"') == xml.count('fldCharType="end"')
    pages = [re.search(r'w:dirty="true".*?PAGEREF (\w+)', p._p.xml, re.DOTALL) for p in contents[:3]]
    assert [found and found[1] for found in pages] == ["_Toc00000001", "_Toc00000002", "_Toc00000003"]
    assert all('w:leader="dot" w:pos="10206"' in p._p.xml for p in contents[:3])
    names = [re.findall(r'w:(?:anchor|name)="([^"]+)"', p._p.xml) for p in (*contents[:3], *headings)]
    assert names[:3] == names[3:] and len({name for found in names for name in found}) == 3


def test_the_subtitle_stands_between_title_and_first_section() -> None:
    for subtitle, opening in (("Sub & \x00title", ["R", "Sub & \ufffdtitle", "S"]), ("", ["R", "S"])):
        made = Report("R", (Section("s", "S", (table(),)),), subtitle)
        document = Document(io.BytesIO(render_word(made, {"loadings": 1})))
        assert [paragraph.text for paragraph in document.paragraphs][: len(opening)] == opening


def test_the_word_document_has_the_same_bytes_later() -> None:
    made = report()
    numbers = number_blocks(made.sections)
    first = render_word(made, numbers)
    time.sleep(2.1)  # the archive counts time in steps of two seconds
    assert render_word(made, numbers) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


def test_an_empty_table_is_said_to_be_empty() -> None:
    empty = TableSpec("none", "None", pd.DataFrame({"a": []}))
    assert "No rows." in render_latex(empty)
    made = Report("R", (Section("s", "S", (empty,)),))
    document = Document(io.BytesIO(render_word(made, {"none": 1})))
    assert document.tables[0].rows[1].cells[0].text == "No rows."


def test_a_title_longer_than_a_property_may_be_is_whole_on_the_page() -> None:
    for length, kept in ((255, "t" * 255), (256, shortened("t" * 256, 255))):
        made = Report("t" * length, ())
        document = Document(io.BytesIO(render_word(made, {})))
        assert document.core_properties.title == kept
        assert document.paragraphs[0].text == "t" * length


def test_a_table_is_printed_once_for_all_renderers() -> None:
    one, other = table(), table()
    assert one.printed is one.printed
    assert one.printed == other.printed
    assert replace(one, rows_shown=2).printed.rows == one.printed.rows[:2]


def test_columns_of_a_word_table_share_the_page() -> None:
    def made(text: str, n: int) -> Any:
        data = pd.DataFrame({"label": ["a b"], "note": [text], "x": [0.25]})
        numbers = [Column("Number", "x", "bounded")] * n
        spec = TableSpec("t", "T", data, ("dimension", *numbers, "remark"))
        document = Document(io.BytesIO(render_word(Report("R", (Section("s", "S", (spec,)),)), {"t": 1})))
        return document.tables[0]

    def widths(text: str, n: int) -> list[int]:
        return [column.width.twips for column in made(text, n).columns]

    def points(text: str, n: int) -> set[float | None]:
        runs = [run for cell in made(text, n).rows[1].cells for each in cell.paragraphs for run in each.runs]
        return {run.font.size and run.font.size.pt for run in runs}

    word = int(92 * 1.35 * 6) + 180  # of a head, bold
    assert widths("word " * 5, 1) == [180 + int(92 * 1.35 * 9), word, 180 + 92 * 25]
    narrow = widths("word " * 40, 13)
    assert narrow[1:14] == [word] * 13
    assert narrow[14] == pytest.approx(16838 - 2 * 850 - 13 * word - narrow[0], abs=1)
    # No word is broken for a page too narrow: letters of 8 points are smaller, by half points.
    room, first = 16838 - 2 * 850, 180 + int(92 * 1.35 * 9)
    full = first + 17 * word
    assert widths("word " * 40, 16) == [int(width * room / full) for width in (first, *[word] * 17)]
    assert points("word " * 40, 16) == {math.floor(16 * room / full) / 2} == {7.0}
    assert points("word " * 40, 13) == {None}
