"""How items read: formulas by hand, words that are found, languages without a formula."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.instrument import Scale, load_scale, readability
from comply_measure.instrument.reading_ease import _syllables_de, _syllables_en

HEAD = """
key: small
languages: [en, de, fr]
roles: {sales: {en: sales, de: Vertrieb, fr: vente}, it: {en: IT, de: IT, fr: IT}}
response: {minimum: 1, maximum: 5}
constructs: [{key: a, label: {en: A, de: A, fr: A}}]
items:
"""
TEXTS = (
    ("a1", "We share our goals.", "Wir teilen unsere Ziele.", "Un."),
    (
        "a2",
        "Sales and IT do not meet, nor do they talk.",
        "Vertrieb und IT reden nicht miteinander.",
        "Deux.",
    ),
    (
        "a3",
        "They plan and carry out tasks (mail or phone).",
        "Sie planen und erledigen Aufgaben ohne Hilfe.",
        "Trois.",
    ),
    ("a4", " ".join(["word"] * 21) + ".", " ".join(["Wort"] * 20) + ".", "Quatre."),
)


@pytest.fixture
def scale(tmp_path) -> Scale:
    lines = [
        f"  - {{id: {id}, construct: a, text: {{en: '{en}', de: '{de}', fr: '{fr}'}}}}"
        for id, en, de, fr in TEXTS
    ]
    (tmp_path / "small.yaml").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return load_scale(tmp_path / "small.yaml")


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("the", 1), ("makes", 1), ("table", 2), ("tables", 2), ("united", 3), ("used", 1), ("changes", 2),
        ("shared", 1), ("goals", 1), ("people", 2), ("business", 3), ("customers", 3), ("technology", 4), ("we", 1),
        ("b", 1),
    ],
)  # fmt: skip
def test_english_syllables(word: str, count: int) -> None:
    assert _syllables_en(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("Zusammenarbeit", 5),
        ("Vertrauen", 3),
        ("Ziele", 2),
        ("neue", 2),
        ("Bedürfnisse", 4),
        ("Häuser", 2),
        ("Tee", 1),
    ],
)
def test_german_syllables(word: str, count: int) -> None:
    assert _syllables_de(word) == count


def test_reading_ease_by_hand(scale: Scale) -> None:
    """One sentence of four words: five syllables in English (we share our goals: 4), eight in German."""
    table = readability(scale).items.set_index(["id", "language"])
    assert table.loc[("a1", "en"), ["n_words", "n_sentences", "n_syllables"]].tolist() == [4, 1, 4]
    assert table.loc[("a1", "en"), "reading_ease"] == pytest.approx(206.835 - 1.015 * 4 - 84.6 * 4 / 4)
    assert table.loc[("a1", "de"), ["n_words", "n_sentences", "n_syllables"]].tolist() == [4, 1, 8]
    assert table.loc[("a1", "de"), "reading_ease"] == pytest.approx(180 - 4 - 58.5 * 8 / 4)
    found = readability(scale)
    own = found.items[found.items["language"] == "de"]
    row = found.languages.set_index("language").loc["de"]
    words, sentences, syllables = (
        own["n_words_read"].sum(),
        own["n_sentences"].sum(),
        own["n_syllables"].sum(),
    )
    assert row["reading_ease"] == pytest.approx(180 - words / sentences - 58.5 * syllables / words)
    assert row["formula"] == "Amstad (1978)"


def test_words_to_look_at(scale: Scale) -> None:
    """Lists of roles and brackets join no questions; two negations are double; 21 words are long, 20 are not."""
    table = readability(scale).items.set_index(["id", "language"])
    assert table.loc[("a2", "en"), ["negations", "conjunctions", "note"]].tolist() == [
        "not, nor",
        "",
        "double negation",
    ]
    assert table.loc[("a2", "de"), ["negations", "conjunctions", "note"]].tolist() == [
        "nicht",
        "",
        "negation",
    ]
    assert table.loc[("a3", "en"), ["conjunctions", "note"]].tolist() == [
        "and",
        "perhaps two questions in one",
    ]
    assert table.loc[("a3", "de"), "note"] == "negation; perhaps two questions in one"
    assert table.loc[("a4", "en"), "note"] == "more than 20 words" and table.loc[("a4", "de"), "note"] == ""


def test_a_language_without_a_formula_has_lengths_only(scale: Scale) -> None:
    found = readability(scale)
    own = found.items[found.items["language"] == "fr"]
    assert (
        own["n_words"].tolist() == [1, 1, 1, 1]
        and np.isnan(own["reading_ease"]).all()
        and not own["note"].any()
    )
    assert found.items.attrs["undefined"] == "no formula of reading ease for the language"
    lines = found.lines()
    assert "fr: 4 items, 1.0 words per sentence, no formula of reading ease" in lines
    assert "en: double negation, 1 of 4 items: a2" in lines and "de: negation, 2 of 4 items: a2, a3" in lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Unsere Kolleginnen und Kollegen wissen Bescheid.", ""),
        ("Mitarbeiterinnen und Mitarbeitern wird geholfen.", ""),
        ("Kunden und Kundinnen fragen oft.", ""),
        ("Ärztinnen oder Ärzte antworten.", ""),
        ("Kolleginnen und Kunden fragen.", "und"),
        ("Kolleginnen und Kollegen planen und entscheiden.", "und"),
    ],
)
def test_a_noun_in_both_genders_is_one_group(tmp_path, text: str, found: str) -> None:
    lines = f"  - {{id: a1, construct: a, text: {{en: 'One.', de: '{text}', fr: 'Un.'}}}}\n"
    (tmp_path / "small.yaml").write_text(HEAD + lines, encoding="utf-8")
    table = readability(load_scale(tmp_path / "small.yaml")).items.set_index("language")
    assert table.loc["de", "conjunctions"] == found
