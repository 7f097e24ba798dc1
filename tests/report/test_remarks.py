"""What several models or rows have alike is said once; what small studies say has German words."""

from __future__ import annotations

import pandas as pd
import pytest

from comply_measure.report import Labels, Notice, Report, Section, TableSpec, render_html
from comply_measure.report.remarks import said_once, told_together
from comply_measure.report.translation.translator import translator

REST = "standard errors and tests that rest on clusters cannot be trusted: fit smaller models."
GERMAN = translator("de")


def test_variables_of_units_have_their_german_name_wherever_one_is_known() -> None:
    names = ("customer_satisfaction", "size_of_team")
    german = Labels.of([], "de", {"size_of_team": "Teamgröße"}, names)
    assert [german.variable(name) for name in names] == ["Kundenzufriedenheit", "Teamgröße"]
    assert Labels.of([], "de", None, names).variable("size_of_team") == "Size of team"
    assert Labels.of([], "en", None, names).variable("customer_satisfaction") == "Customer satisfaction"


def few(who: str, parameters: int, clusters: int = 60) -> str:
    return f"{who}: {clusters} clusters for {parameters} parameters; {REST}"


def test_models_with_too_few_clusters_are_named_in_one_sentence() -> None:
    texts = [few("One factor", 75), "No fit.", few("Two, of many", 60), few("Halves", 61, 30), "No fit."]
    assert told_together(texts) == (
        f"60 clusters for 60 to 75 parameters (One factor; Two, of many); {REST}",
        "No fit.",
        few("Halves", 61, 30),
    )
    assert told_together([few("A", 66), few("B", 66)]) == (f"60 clusters for 66 parameters (A; B); {REST}",)
    assert told_together([few("A", 66), few("A", 66)]) == (few("A", 66),)
    assert told_together(()) == ()


def table(key: str, *warnings: str, notes: list[str | None] | None = None) -> TableSpec:
    remarks = notes or [None, None]
    data = pd.DataFrame({"unit": [f"L{k}" for k in range(len(remarks))], "note": remarks})
    return TableSpec(key, "T", data, ("unit", "remark") if notes else ("unit",), warnings=warnings)


def test_a_page_tells_a_warning_once_per_section_and_tables_keep_theirs() -> None:
    text = few("A", 66)
    section = Section(
        "s", "S", (Notice(text, "warning"), table("one", text, "Other."), table("two", text, "Other."))
    )
    kept = said_once(section)
    assert [each.warnings for each in kept.tables()] == [("Other.",), ()]
    assert [each.warnings for each in section.tables()] == [(text, "Other."), (text, "Other.")]
    other = Section("o", "O", (table("three", text),))
    page = render_html(Report("R", (section, other), n_main=2))
    assert page.count("60 clusters for 66 parameters") == 2
    assert page.count("Other.") == 1


def test_a_remark_that_all_rows_have_becomes_a_note() -> None:
    alike = table("a", notes=["no interval", "no interval"])
    assert [column.name for column in alike.shown] == ["unit"]
    assert alike.printed.note == "Of every row: no interval."
    assert list(alike.data["note"]) == ["no interval", "no interval"]
    for notes in (["no interval", None], ["no interval", "other"], ["no interval"]):
        kept = table("a", notes=notes)
        assert [column.name for column in kept.shown] == ["unit", "remark"]
        assert kept.printed.note == ""
    assert [column.name for column in table("a", notes=[None, None]).shown] == ["unit"]


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("no form was asked that has items about stages (journey)",
         "kein eingesetztes Formular hat Items zu Stufen (journey)"),
        ("This step was left out: scale 'duo' was answered by 1 role; this step compares at least 2",
         "Dieser Schritt wurde ausgelassen: Skala 'duo' wurde von 1 Rolle beantwortet; dieser Schritt vergleicht "
         "mindestens 2"),
        ("Cluster-robust inference needs clusters: 'unit': one cluster only; allowed: two or more",
         "Clusterrobuste Schlüsse brauchen Cluster: 'unit': nur ein Cluster; erlaubt: zwei oder mehr"),
        ("Lorenzo-Seva and ten Berge (2006)", "Lorenzo-Seva und ten Berge (2006)"),
        (f"60 clusters for 60 to 75 parameters (One factor; Correlated dimensions); {REST}",
         "60 Cluster für 60 bis 75 Parameter (Ein Faktor; Korrelierte Dimensionen); Standardfehler und Tests, die auf "
         "Clustern beruhen, sind nicht verlässlich: kleinere Modelle anpassen."),
        ("Of every row: 60 clusters for 75 parameters.", "Jede Zeile: 60 Cluster für 75 Parameter."),
        ("1 unit with 1 informant; 0.0% of the units have an informant in every role.",
         "1 Einheit mit 1 Informant; 0.0% der Einheiten haben einen Informanten in jeder Rolle."),
        ("Rounded here only; results.json and the tables folder hold full precision. manifest.json lists versions, "
         "digests and times.",
         "Nur hier gerundet; results.json und der Ordner tables enthalten alle Stellen. manifest.json nennt Versionen, "
         "Prüfsummen und Zeiten."),
    ],
)  # fmt: skip
def test_what_small_studies_say_is_german(english: str, german: str) -> None:
    assert GERMAN(english) == german
