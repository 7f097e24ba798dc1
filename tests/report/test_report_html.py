"""One HTML file: escaped, self-contained, numbered, the same bytes for the same report."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from comply_measure.report.charts import dot_plot, heat_map, profile_plot
from comply_measure.report.diagram import diagram_figure
from comply_measure.report.html import render_html
from comply_measure.report.parts import Bullets, Details, Figure, Heading, Notice, Prose, Report, Section
from comply_measure.report.tables import Column, TableSpec
from comply_measure.sem.diagram.diagram import diagram_of_table

EVIL = "<script>alert(1)</script> & \"'"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Checker(HTMLParser):
    """Collects identifiers, links and scripts, and checks that tags nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def figures() -> tuple[Figure, ...]:
    level = np.array([3.0, 4.0])
    bounds = (level, level - 0.5, level + 0.5)
    profile = {"marketing": ("Marketing", *bounds), "sales": ("Sales", *bounds)}
    gaps = np.array([[0.5, np.nan], [-0.25, 0.0]])
    rows = {"lhs": ["b"], "op": ["~"], "rhs": ["a"], "est": [0.5], "ci_lower": [-0.1], "ci_upper": [1.1]}
    paths = diagram_of_table(pd.DataFrame(rows), "est", labels={"a": EVIL})
    return (
        profile_plot("profile", "Profile", ["C", "O"], profile, axis_label="M", limits=(1, 7), alt=EVIL),
        heat_map("heat", "Gaps", gaps, ["x", "y"], ["M", "S"], bar_label="gap", alt="gaps", marks=gaps > 0.4),
        dot_plot("dots", "Dots", ["x", "y"], {"one": bounds}, axis_label="r", alt="dots", reference=3.5),
        diagram_figure("paths", "Paths", paths, alt="a to b"),
    )


def report() -> Report:
    data = pd.DataFrame(
        {
            "text": [EVIL, "=cmd()"],
            "m": [3.2, np.nan],
            "low": [0.1, np.nan],
            "high": [0.3, 0.5],
            "g": ["A", "B"],
        }
    )
    table = TableSpec(
        "t",
        EVIL,
        data,
        (Column("Text", "text"), Column("M", "m", "number"), Column("CI", ("low", "high"), "interval")),
        notes=("A note.",),
        n_units=2,
        n_informants=6,
        estimator="ML",
        warnings=("It did not converge.",),
        group="g",
    )
    second = TableSpec("u", "Second", data, rows_shown=1)
    empty = TableSpec("v", "Empty", data.iloc[:0])
    blocks = (
        Heading("Head"),
        Prose(f"N = 3, p < .001, t(58) = 3.2 {EVIL}"),
        Notice("careful", "warning"),
        Bullets(("one", EVIL)),
        table,
        Details("Folded", (second, empty)),
        *figures(),
    )
    return Report(
        f"Title {EVIL}", (Section("one", "First", blocks),), "Sub", ("Overview.",), (("Seed", "1"),)
    )


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(report())


def test_texts_are_escaped_and_never_markup(html: str) -> None:
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6


def test_the_page_is_well_formed_with_unique_identifiers(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert checker.scripts == 1


def test_nothing_is_fetched(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    outside = {address for address in checker.addresses if not address.startswith("data:")}
    assert outside <= {f"#{name}" for name in checker.ids}
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in html
    urls = re.findall(r"url\(([^)]*)\)", html)
    assert all(url.startswith("#") for url in urls)


def test_statistical_symbols_are_italic_and_stay_with_their_number(html: str) -> None:
    assert "<i>N</i>\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}3" in html
    assert "<i>p</i>\N{NO-BREAK SPACE}&lt;\N{NO-BREAK SPACE}.001" in html
    assert "<i>t</i>(58)\N{NO-BREAK SPACE}=" in html


def test_tables_are_numbered_grouped_and_say_what_they_rest_on(html: str) -> None:
    assert "<b>Table 1.</b>" in html
    assert "<b>Table 3.</b>" in html
    assert "<b>Figure 4.</b>" in html
    assert html.count('scope="rowgroup"') == 2
    assert "<i>Note.</i> 2 units, 6 informants. ML. A note.</p>" in html.replace("\N{NO-BREAK SPACE}", " ")
    assert "It did not converge." in html
    assert "1 of 2 rows are printed" in html
    assert "No rows." in html


def test_an_undefined_cell_is_a_dash(html: str) -> None:
    assert '<td class="num">—</td>' in html


def test_figures_follow_the_colours_of_the_page(html: str) -> None:
    drawings = re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL)
    assert len(drawings) == 4
    for drawing in drawings:
        assert "var(--fig-ink)" in drawing
        assert "#1b1f24" not in drawing
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_the_same_report_gives_the_same_bytes(html: str) -> None:
    assert render_html(report()) == html


def test_figure_files_hold_no_dates_and_are_reproducible() -> None:
    for first, second in zip(figures(), figures(), strict=True):
        assert first == second
        assert b"<dc:date>" not in first.svg
        assert first.png.startswith(b"\x89PNG")
