"""The first page answers a question per row; the appendix takes what is looked up."""

from __future__ import annotations

import json

import pandas as pd

from comply_measure.evidence.rules.models import FIT, SUPERORDINATE
from comply_measure.evidence.rules.structure import PATH
from comply_measure.report.appendix import MOST_ROWS, with_appendix
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.first_page import first_page
from comply_measure.report.html import number_blocks, render_html
from comply_measure.report.labels import Labels
from comply_measure.report.parts import (
    Conclusions,
    Details,
    Elsewhere,
    Figure,
    Heading,
    Prose,
    Report,
    Section,
)
from comply_measure.report.serialise import decode_section, encode_section
from comply_measure.report.tables import TableSpec
from comply_measure.report.verdicts import StatedVerdict, state

LABELS = Labels.of((), "en")
CUTOFFS = Cutoffs({"small_effect": 0.15})


def path(answer: str, beta: float, name: str) -> StatedVerdict:
    numbers = {"beta": beta, "ci": (beta - 0.1, beta + 0.1), "p": 0.01, "sign": 1}
    return state(PATH.verdict(answer, "alignment", name, numbers=numbers), LABELS, CUTOFFS)  # type: ignore[arg-type]


def fit(rmsea: float) -> StatedVerdict:
    numbers = {"rmsea_value": rmsea, "ci": (0.0, 0.051), "cfi_value": 0.98, "srmr_value": 0.03}
    return state(FIT.verdict("supported", "m", numbers=numbers), LABELS, CUTOFFS)


def test_a_row_counts_answers_and_prints_the_number_with_its_convention() -> None:
    paths = (path("supported", 0.3, "a"), path("supported", 0.45, "b"), path("cannot say", -0.02, "c"))
    found = first_page(
        {"cfa": (fit(0.0316),), "structure": paths},
        CUTOFFS,
        measured=("A scale.",),
        remarks={"cfa": ("few units", "few firms", "odd"), "items": ()},
        language="en",
    )
    assert found is not None and found.measured == ("A scale.",)
    assert [answer for answer, _ in found.answers] == ["supported", "not supported", "cannot say"]
    one, many = found.rows
    assert (one.counts, one.number, one.section) == ((1, 0, 0), "RMSEA = .032 [.000, .051]", "cfa")
    assert one.convention == "RMSEA ≤ .06, CFI ≥ .95, SRMR ≤ .08 (Hu & Bentler, 1999)"
    assert (many.counts, many.number, many.section) == ((2, 0, 1), "β −.02 to .45", "structure")
    assert many.convention == "standardised effect ≥ .15 (set in the study file)"
    assert [(risk.section, risk.text) for risk in found.risks] == [
        ("cfa", "few units (2 more in the chapter)")
    ]


def test_rules_without_own_conventions_name_their_source_and_german_reports_german_words() -> None:
    numbers = {"construct": "f", "p_superordinate": 0.0002, "p_aggregate": 0.4}
    verdict = state(SUPERORDINATE.verdict("cannot say", numbers=numbers), LABELS, CUTOFFS)
    found = first_page({"rivals": (verdict,)}, CUTOFFS, measured=(), remarks={}, language="de")
    assert (
        found is not None
        and found.heads[0] == "Frage"
        and found.answers[2] == ("cannot say", "Nicht zu entscheiden")
    )
    assert (found.rows[0].number, found.rows[0].convention) == ("p < .001", "Edwards (2001)")
    assert first_page({"rivals": ()}, CUTOFFS, measured=("x",), remarks={"rivals": ()}, language="en") is None


def test_undefined_numbers_are_left_out_of_the_range() -> None:
    found = first_page(
        {"structure": (path("supported", 0.3, "a"), path("cannot say", float("nan"), "b"))},
        CUTOFFS, measured=(), remarks={}, language="en",
    )  # fmt: skip
    assert found is not None and found.rows[0].number == "β = .30" and found.rows[0].counts == (1, 0, 1)


def table(key: str, n: int) -> TableSpec:
    return TableSpec(key, f"Title of {key}", pd.DataFrame({"item": [f"i{k}" for k in range(n)]}), ("item",))


def figure(key: str) -> Figure:
    return Figure(key, f"Title of {key}", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", "alt")


def chapters() -> tuple[Section, ...]:
    blocks = (
        Conclusions(()),
        Prose("Text."),
        table("short", MOST_ROWS),
        table("long", MOST_ROWS + 1),
        figure("one"),
        figure("two"),
        Details("Folded", (table("inner", 1), figure("three"))),
        Details("Words", (Prose("only words"),)),
    )
    return Section("plain", "Plain", (Heading("H"),)), Section("full", "Full", blocks)


def test_the_appendix_takes_folded_parts_long_tables_and_further_figures_and_nothing_is_lost() -> None:
    main, appendix = with_appendix(chapters())
    assert [section.key for section in main] == ["plain", "full"] and main[0] == chapters()[0]
    assert [(section.key, section.title) for section in appendix] == [("full_details", "Full")]
    assert [block for block in main[1].blocks if isinstance(block, Elsewhere)] == [
        Elsewhere("Title of long", ("long",), ()),
        Elsewhere("Title of two", (), ("two",)),
        Elsewhere("Folded", ("inner",), ("three",)),
        Elsewhere("Words", (), ()),
    ]
    assert [t.key for s in main for t in s.tables()] == ["short"]
    assert decode_section(json.loads(json.dumps(encode_section(main[1])))).blocks[-4:] == main[1].blocks[-4:]
    assert [t.key for t in appendix[0].tables()] == ["long", "inner"]
    assert [f.key for f in main[1].figures()] == ["one"]
    assert [f.key for f in appendix[0].figures()] == ["two", "three"]


def test_the_page_links_to_the_chapters_and_to_what_the_appendix_holds() -> None:
    main, appendix = with_appendix(chapters())
    first = first_page(
        {"full": (fit(0.03),)}, CUTOFFS, measured=("<b>",), remarks={"plain": ("not run",)}, language="en"
    )
    report = Report("R", (*main, *appendix), first_page=first, n_main=2)
    assert report.numbers == {"plain": "1", "full": "2", "full_details": "A2"}
    assert number_blocks(report.sections)["inner"] == 3
    extra = Report("R", (*report.sections, Section("symbols", "S")), n_main=2)
    assert extra.numbers["symbols"] == "A3"
    html = render_html(report)
    assert "<p>&lt;b&gt;</p>" in html
    assert '<td class="count supported" data-label="Supported">1</td>' in html
    assert '<a href="#section-full">2</a>' in html and '<a href="#section-plain">1</a>: not run' in html
    assert 'Folded: <a href="#table-inner">Table 3</a>, <a href="#figure-three">Figure 3</a></p>' in html
    assert 'Words: <a href="#section-full_details">appendix</a>' in html
    assert html.index('id="appendix"') < html.index('id="table-long"')
