"""A report in German reads German: every sentence that chapters print in English has a translation."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from chapter_texts import output_text, stored, study
from matplotlib.figure import Figure as Drawing
from printed_lines import printed_texts

from comply_measure.pipeline import STEPS
from comply_measure.report import Labels, Report, Section, render_html
from comply_measure.report.canvas import retell
from comply_measure.report.labels import in_words, spaced
from comply_measure.report.quantities.dictionary import quantity
from comply_measure.report.translation.catalogue import entries_of, languages
from comply_measure.report.translation.translator import translator

_WORD = re.compile(r"[^\W\d]{2,}")
_PLACE = re.compile(r"\{\w+\}")
GERMAN = translator("de")


def words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_PLACE.sub("", text))}


def labels_of_studies() -> Labels:
    return Labels.of([scale for step in ("", "journey", "pairs") for scale in study(step).scales], "en")


def english_words(labels: Labels) -> set[str]:
    """Words that stand in the English half of the catalogue alone, and in no label or category of the data."""
    entries = entries_of("de")
    names = (labels.constructs, labels.roles, labels.stages)
    known = [*entries.values(), *(text for each in names for text in each.values())]
    known += [scale.title["en"] for scale in study().scales]
    kinds = study().responses.units.select_dtypes(exclude="number")
    known += [spaced(value).replace(" of ", " ") for name in kinds for value in kinds[name].unique()]
    return (set().union(*map(words, entries)) - {"small", "large", "by"}).difference(*map(words, known)) | {
        "the",
        "in",
    }


def test_no_sentence_of_a_chapter_stays_english() -> None:
    """Lists what is not translated yet; verdicts, labels and names of variables have words of their own."""
    labels = labels_of_studies()
    english, lacking = english_words(labels), Counter[str]()
    named = {*labels.items.values(), *labels.constructs.values()}
    units = [in_words(str(name)) for name in study().responses.units.columns]
    named |= {*units, *(f"Marketing-sales-IT alignment → {name}" for name in units)}
    assert {"the", "units", "interval"} <= english
    named |= {
        title
        for step in ("", "journey", "pairs")
        for scale in study(step).scales
        for title in scale.title.values()
    }
    for text in (text.replace("_\n", "_") for text in printed_texts() if text not in named):
        lacking.update(part for part in GERMAN.untranslated(text) if words(part) & english)
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("language", languages())
def test_translations_have_the_numbers_of_the_english_text(language: str) -> None:
    """Digits outside of places: limits, years, names such as ICC(2)."""
    for english, target in entries_of(language).items():
        ours, theirs = (sorted(re.findall(r"\d+", _PLACE.sub("", text))) for text in (english, target))
        assert ours == theirs, english


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("240 units, 667 informants.", "240 Einheiten, 667 Informanten."),
        ("1 unit, 2 informants. Least squares, CR2 by firm.",
         "1 Einheit, 2 Informanten. Kleinste Quadrate, CR2 nach Unternehmen."),
        (
            "One factor: χ²(9, N = 667) = 12.30, p < .001, CFI = .91, TLI = .90, RMSEA = .04, "
            "90% CI [.03, .05], SRMR = .06.",
            "Ein Faktor: χ²(9, N = 667) = 12.30, p < .001, CFI = .91, TLI = .90, RMSEA = .04, "
            "90%-KI [.03, .05], SRMR = .06.",
        ),
        (
            "One factor: χ²(—, N = 667) = —, p undefined, CFI = —, TLI = —, RMSEA = —, 90% CI —, SRMR = —.",
            "Ein Faktor: χ²(—, N = 667) = —, p nicht definiert, CFI = —, TLI = —, RMSEA = —, 90%-KI —, SRMR = —.",
        ),
        ("By SRMR, RMSEA, and CFI it does not.", "Nach SRMR, RMSEA und CFI nicht."),
        ("Left out of these scores: a1, b2, and c3.", "Aus diesen Werten ausgelassen: a1, b2 und c3."),
        (
            "HTMT: Henseler et al. (2015); HTMT2: Roemer et al. (2021).",
            "HTMT: Henseler et al. (2015); HTMT2: Roemer et al. (2021).",
        ),
        ("Mean\nof the\nroles", "Mittel\nder\nRollen"),
        ("Nobody ever wrote this.", "Nobody ever wrote this."),
        (".36 to .74", ".36 bis .74"),
        ("—", "—"),
    ],
)  # fmt: skip
def test_sentences_keep_their_numbers(english: str, german: str) -> None:
    assert GERMAN(english) == german
    assert translator("en")(english) == english


def test_power_is_that_of_a_test_in_heads_alone() -> None:
    assert quantity("power").heading_in("de") == "Teststärke"
    assert quantity("power").heading_in("en") == "Power"
    assert GERMAN("Power") == "Power"


def test_a_chapter_prints_german_and_keeps_its_data() -> None:
    step, found = STEPS["sample"], stored("sample")
    german = step.print(found, Labels.of(study().scales, "de"), study().cutoffs)
    english = step.print(found, Labels.of(study().scales, "en"), study().cutoffs)
    assert german.section.title == "Stichprobe und Vollständigkeit"
    printed = output_text(german)
    assert "240 Einheiten in 60 Unternehmen mit 667 Informanten" in printed
    assert not re.search(r"\b(?:the|units|informants)\b", printed.split("latex:")[0])
    for key, table in english.tables.items():
        numbers = table.data.select_dtypes("number")
        assert german.tables[key].data.select_dtypes("number").equals(numbers)
        first, second = (
            [
                cell.text.replace(" to ", " bis ")
                for row in each.printed.rows
                for cell in row.cells
                if cell.numeric
            ]
            for each in (table, german.tables[key])
        )
        assert first == second


def test_structures_of_verdicts_have_german_names() -> None:
    german = STEPS["cfa"].print(stored("cfa"), Labels.of(study().scales, "de"), study().cutoffs)
    assert "„Ein Faktor“ passt nicht" in output_text(german)


def test_the_frame_of_a_page_is_german() -> None:
    step, found = STEPS["sample"], stored("sample")
    section = step.print(found, Labels.of(study().scales, "de"), study().cutoffs).section
    page = render_html(Report("T", (section, Section("s", "S")), language="de", n_main=1))
    assert "<b>Tabelle 1.</b>" in page and "<i>Anmerkung.</i>" in page and "Inhalt</p>" in page
    assert ">Anhang<" in page and "Table 1" not in page


def test_texts_of_a_drawing_are_told_again() -> None:
    drawing = Drawing()
    axes = drawing.add_subplot()
    axes.plot([1, 2], [1, 2], label="Data")
    axes.set(xlabel="Position", ylabel="Eigenvalue", title="Components")
    axes.set_xticks([1, 2], ["One factor", "x"])
    axes.legend()
    retell(drawing, GERMAN)
    assert (axes.get_ylabel(), axes.get_title()) == ("Eigenwert", "Komponenten")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Ein Faktor", "x"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Daten"]


def test_remarks_side_by_side_are_told_each_by_itself() -> None:
    """A remark whose place takes any text ends at the semicolon."""
    turned = "between units: runs against the others (not reversed?): DES_6"
    assert GERMAN(f"Heywood case; {turned}") == f"Heywood-Fall; {GERMAN(turned)}"
    assert GERMAN(f"{turned}; {turned}") == f"{GERMAN(turned)}; {GERMAN(turned)}"
    assert GERMAN(turned).startswith("zwischen Einheiten: läuft")
