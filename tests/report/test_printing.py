"""The printed report: contents with the page of each chapter."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfWriter

from comply_measure.report.html import render_html
from comply_measure.report.parts import Prose, Report, Section
from comply_measure.report.printing import browser, paged, pages_of, print_report
from comply_measure.report.tables import Column, TableSpec


def test_pages_of_anchors_are_read(tmp_path: Path) -> None:
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(200, 200)
    writer.add_named_destination("section-a", 0)
    writer.add_named_destination("section-b_details", 2)
    writer.write(tmp_path / "some.pdf")
    assert pages_of(tmp_path / "some.pdf") == {"section-a": 1, "section-b_details": 3}


def report() -> Report:
    data = pd.DataFrame({"x": [0.5] * 90})
    rows = TableSpec("t", "Long", data, (Column("X", "x"),))
    return Report("R", (Section("one", "One", (rows,)), Section("two", "Two", (Prose("Short."),))))


def test_contents_stand_before_the_chapters_with_their_pages() -> None:
    html = render_html(report())
    made = paged(html, {"section-one": 2, "section-two": 4})
    nav = re.search(r'<nav class="paged".*?</nav>', made, re.DOTALL)
    assert nav is not None
    assert made.count("<nav ") == 1
    assert nav.end() == made.index('<section id="section-one"')
    assert re.findall(r'#([\w-]+)">[^<]+</a><span class="at-page">(\d*)</span>', nav[0]) == [
        ("section-one", "2"),
        ("section-two", "4"),
    ]
    # what holds the place of numbers that are not known yet, and of none that is never known
    assert paged(html, {}).count('<span class="at-page">000</span>') == 2
    assert paged(html, {"section-one": 2}).count('<span class="at-page"></span>') == 1
    assert paged("<p>no report</p>", {}) == "<p>no report</p>"


@pytest.mark.skipif(
    browser() is None or shutil.which("pdftotext") is None,
    reason="Chromium, which prints, or pdftotext, which reads the pages, is not installed; contents are tested above",
)
def test_the_printed_numbers_are_the_pages(tmp_path: Path) -> None:
    html, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    html.write_text(render_html(report()), encoding="utf-8")
    assert print_report(html, pdf)
    found = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    pages = found.stdout.split("\f")[:-1]
    head = {
        page: n
        for n, text in enumerate(pages, start=1)
        for page in re.findall(r"^\s*(\d\. (?:One|Two))$", text, re.M)
    }
    listed = re.findall(r"(\d\. (?:One|Two))\s+(\d+)", found.stdout)
    assert dict(listed) == {name: str(page) for name, page in head.items()}
    assert len(listed) == 2
    assert head["1. One"] < head["2. Two"] == len(pages)
    assert all(re.search(rf"\b{n} ?/ ?{len(pages)}\s*$", text) for n, text in enumerate(pages, start=1))
