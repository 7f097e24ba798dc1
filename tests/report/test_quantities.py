"""The dictionary of quantities: complete, in one spelling, and what tables print by it."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.report.format import FORMATS, Format
from comply_measure.report.glossary import glossary
from comply_measure.report.latex import render_latex
from comply_measure.report.parts import Details, Notice, Reference, Section
from comply_measure.report.quantities.dictionary import QUANTITIES
from comply_measure.report.quantities.entry import Quantity
from comply_measure.report.quantities.names import Name
from comply_measure.report.repeats import printed_once
from comply_measure.report.tables import Column, Counts, TableSpec, of, table_of

FRAME = pd.DataFrame(
    {
        "label": ["A", "B"],
        "chisq": [12.3456, 7.0], "df": [2.0, 2.5], "pvalue": [0.0004, 0.0316], "rmsea": [0.0512, 0.0],
        "rmsea_lower": [0.0312, 0.0], "rmsea_upper": [0.0712, 0.02], "se": [0.0314, 1.5], "estimate": [0.75, -0.25],
        "est_lower": [0.5, -1.0], "est_upper": [1.0, 0.5], "note": ["", ""],
    }
)  # fmt: skip


def test_every_name_has_an_entry_and_every_entry_a_name() -> None:
    assert set(get_args(Name)) == set(QUANTITIES)
    assert all(key == entry.key for key, entry in QUANTITIES.items())
    assert set(get_args(Format)) == set(FORMATS) == {entry.format for entry in QUANTITIES.values()}


def test_one_spelling_has_one_meaning() -> None:
    """Entries that share a heading differ in the range of their numbers alone, or are words beside numbers."""
    explained: dict[str, set[str]] = {}
    for entry in QUANTITIES.values():
        if entry.meaning:
            explained.setdefault(entry.heading, set()).add(entry.meaning)
    assert {heading for heading, meanings in explained.items() if len(meanings) > 1} == set()
    assert all(entry.meaning for entry in QUANTITIES.values() if entry.source)
    assert all(entry.meaning.endswith(".") for entry in QUANTITIES.values() if entry.meaning)


def test_a_table_prints_by_the_dictionary() -> None:
    columns: tuple[Name | Column, ...] = (
        "dimension", "chisq", "df", of("p", "pvalue"), "rmsea", "rmsea_ci", "se", of("ci", "est"), "remark",
        of("estimate", heading="Sales"), Column("Own", "se", "number"),
    )  # fmt: skip
    table = table_of(Counts(3, 9), "t", "T", FRAME, columns, "One.", "", "Two.", estimator="ML")
    heads = [cell.text for cell in table.printed.heads]
    assert heads == ["Dimension", "χ²", "df", "p", "RMSEA", "90% CI", "SE", "95% CI", "Sales", "Own"]
    assert [cell.text for cell in table.printed.rows[0].cells] == [
        "A", "12.35", "2", "< .001", ".051", "[.031, .071]", "0.031", "[0.50, 1.00]", "0.750", "0.03",
    ]  # fmt: skip
    assert [cell.text for cell in table.printed.rows[1].cells] == [
        "B", "7.00", "2.50", ".032", ".000", "[.000, .020]", "1.500", "[−1.00, 0.50]", "−0.250", "1.50",
    ]  # fmt: skip
    assert [cell.italic for cell in table.printed.heads] == [
        False,
        False,
        True,
        True,
        *[False] * 2,
        True,
        *[False] * 3,
    ]
    assert [cell.latex for cell in table.printed.heads[1:4]] == [
        r"$\chi^{2}$",
        r"$\mathit{df}$",
        r"$\mathit{p}$",
    ]
    assert table.printed.note == "3 units, 9 informants. ML. One. Two."
    assert table.printed is table.printed  # formatted once


def test_remarks_are_printed_where_there_are_any() -> None:
    made = TableSpec("t", "T", FRAME.assign(note=["", "boundary"]), ("dimension", "remark"))
    assert [[cell.text for cell in row.cells] for row in made.printed.rows] == [["A", ""], ["B", "boundary"]]
    for data in (FRAME, FRAME.drop(columns="note"), FRAME.assign(note=[None, float("nan")])):
        assert [column.name for column in TableSpec("t", "T", data, ("dimension", "remark")).shown] == [
            "dimension"
        ]
    late = TableSpec("t", "T", FRAME.assign(note=["", "boundary"]), ("dimension", "remark"), rows_shown=1)
    assert [column.name for column in late.shown] == ["dimension"]  # the row with the remark is not printed


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(ComplyError, match="unknown quantity 'rmsae'; did you mean 'rmsea'"):
        TableSpec("t", "T", FRAME, ("rmsae",))  # type: ignore[arg-type]
    with pytest.raises(ComplyError, match="lack: cfi"):
        TableSpec("t", "T", FRAME, ("cfi",))


def test_headings_can_be_translated() -> None:
    entry = Quantity("mean", "Mean")
    assert (entry.heading_in("de"), entry.heading_in("en"), entry.heading_in("fr")) == (
        "Mittelwert",
        "Mean",
        "Mean",
    )


def pair(
    *, chisq: float = 12.3456, informants: int = 9, note: str = "", warnings: tuple[str, ...] = ()
) -> tuple[Section, ...]:
    small = FRAME.assign(chisq=[chisq, 7.0], note=[note, ""])
    first = table_of(
        Counts(3, informants), "small", "Fit of two", small, ("dimension", "chisq", "df", "remark"), "Shared.", "Own.",
        estimator="ML", warnings=warnings, twin="large",
    )  # fmt: skip
    large = pd.concat([FRAME.iloc[::-1], FRAME.assign(chisq=1.0)], ignore_index=True)
    second = table_of(
        Counts(3, 9),
        "large",
        "Fit of all",
        large,
        ("dimension", "rmsea", "df", "chisq"),
        "Shared.",
        estimator="ML",
    )
    return Section("one", "One", (Details("More", (first,)),)), Section("two", "Two", (second,))


def test_a_table_that_stands_elsewhere_is_printed_once() -> None:
    first, second = printed_once(pair(warnings=("Careful.",)))
    assert [table.key for table in second.tables()] == ["large"]
    assert first.tables() == ()
    notice, reference = list(first.walk())[1:]
    assert notice == Notice("Careful.", "warning")
    assert reference == Reference("Fit of two", "large", ("Own.",))
    assert isinstance(reference, Reference)
    assert reference.sentence({"large": 12}) == "Fit of two: see Table 12. Own."


def test_another_number_sample_or_remark_keeps_the_table() -> None:
    assert printed_once(pair(chisq=12.3454))[0].tables() == ()  # the same in print
    for other in (pair(chisq=12.36), pair(informants=8), pair(note="boundary")):
        assert [table.key for table in printed_once(other)[0].tables()] == ["small"]
    alone = printed_once(pair()[:1])
    assert [table.key for table in alone[0].tables()] == ["small"]


def test_the_glossary_explains_what_occurs_once() -> None:
    columns: tuple[Name | Column, ...] = (
        "dimension", "se", "chisq", of("ci", "est"), of("ci3", "est"), of("p", "pvalue"), Column("p", "df", "number"),
    )  # fmt: skip
    section = glossary((Section("s", "S", (Details("More", (TableSpec("t", "T", FRAME, columns),)),)),))
    assert section is not None
    (table,) = section.tables()
    assert [[cell.text for cell in row.cells] for row in table.printed.rows] == [
        ["SE", "Standard error.", ""],
        ["95% CI", "Confidence interval: in 95% of samples it contains the parameter.", ""],
        [
            "χ²",
            "Test statistic compared with the chi-square distribution; the scaled one where there is one.",
            "",
        ],
        ["p", "Probability of data at least as extreme if the null hypothesis holds.", ""],
    ]
    assert [row.cells[0].italic for row in table.printed.rows] == [True, False, False, True]
    assert r"$\mathit{SE}$ & Standard error. &" in render_latex(table)
    assert r"$\chi^{2}$ & Test statistic" in render_latex(table)
    assert glossary((Section("s", "S", (TableSpec("t", "T", FRAME, ("dimension",)),)),)) is None
