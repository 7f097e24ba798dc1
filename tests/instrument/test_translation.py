"""A third language by one table: every text goes out and comes back, faults of the table are told at once."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from comply_measure.cli import main
from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import (
    compare_back_translation,
    load_scale,
    translated_scale,
    translation_table,
)
from comply_measure.survey import export_survey, load_survey

SCALE = """
key: trust
languages: [en, de]
roles: {buyer: {en: Buyer, de: Einkauf}, seller: {en: Seller, de: Verkauf}}
response: {minimum: 1, maximum: 3, anchors: {en: [no, '', 'yes'], de: [nein, '', ja]}}
constructs: [{key: honesty, label: {en: Honesty, de: Ehrlichkeit}}]
items:
  - {id: h1, construct: honesty, text: {en: '=They say what they mean.', de: 'Sie sagen, was sie meinen.'}}
  - id: h2
    construct: honesty
    text:
      en: {buyer: The seller is open., seller: The buyer is open.}
      de: {buyer: Der Verkauf ist offen., seller: Der Einkauf ist offen.}
"""
PLACES = [
    "title", "roles.buyer", "roles.seller", "forms.full.title", "response.anchors.1", "response.anchors.2",
    "response.anchors.3", "constructs.honesty.label", "items.h1.text", "items.h2.text@buyer", "items.h2.text@seller",
]  # fmt: skip


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "trust.yaml").write_text(SCALE, encoding="utf-8")
    return tmp_path / "trust.yaml"


def filled(path: Path) -> pd.DataFrame:
    return translation_table(path, "fr").assign(
        translation=lambda t: [f"fr {text}" if text else "" for text in t["en"]]
    )


def test_every_text_has_its_row(path: Path) -> None:
    table = translation_table(path, "fr")
    assert set(table["place"]) == set(PLACES)
    rows = table.set_index("place")
    assert rows.loc["items.h2.text@buyer", ["en", "de"]].tolist() == [
        "The seller is open.",
        "Der Verkauf ist offen.",
    ]
    assert rows.loc["response.anchors.3", "de"] == "ja" and rows.loc["response.anchors.2", "en"] == ""
    assert not table[["translation", "back_translation", "note"]].to_numpy().any()


def test_the_filled_table_makes_a_scale_in_three_languages(path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(translated_scale(path, filled(path), "fr"), encoding="utf-8")
    scale = load_scale(new)
    assert scale.languages == ("en", "de", "fr")
    assert scale.item("h1").text("fr") == "fr =They say what they mean."
    assert scale.item("h2").text("fr", "seller") == "fr The buyer is open."
    assert scale.response.anchors["fr"] == ("fr no", "", "fr yes")
    assert scale.item("h2").text("de", "seller") == load_scale(path).item("h2").text("de", "seller")
    plan = "format: comply-measure survey 1\nkey: s\nversion: '1'\nscales: [new.yaml]\nlanguages: [fr]\n"
    plan += "title: {fr: Enquête}\nclosing: {fr: Merci.}\n"
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    export_survey(load_survey(tmp_path / "plan.yaml"), tmp_path / "field", ["surveyjs"])
    (seller,) = (tmp_path / "field").rglob("*seller*.json")
    assert "fr The buyer is open." in seller.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_tables_go_out_and_come_back_by_commands(path: Path, tmp_path: Path, ending: str, capsys) -> None:
    """What a spreadsheet would run is marked, and the mark is taken off again."""
    out, new = tmp_path / f"fr.{ending}", tmp_path / "new.yaml"
    assert call("scale", "translate", path, "--to", "fr", "--out", out) == 0
    if ending == "csv":
        table = pd.read_csv(out, dtype=str, keep_default_na=False)
        assert "'=They say what they mean." in set(table["en"])
        table["translation"], table["back_translation"] = table["en"], table["en"]
        table.to_csv(out, index=False)
    else:
        book = openpyxl.load_workbook(out)
        for row in book.active.iter_rows(min_row=2):
            row[3].value = row[1].value
        book.save(out)
    capsys.readouterr()
    assert call("scale", "translated", path, out, "--to", "fr", "--out", new) == 0
    told = capsys.readouterr().out
    assert f"{new}, {len(PLACES)} texts in fr, {10 if ending == 'csv' else 0} with a back-translation" in told
    assert load_scale(new).item("h1").text("fr") == "=They say what they mean."
    assert call("scale", "translated", path, out, "--to", "fr", "--out", new) == 2  # nothing is overwritten


def test_back_translations_are_compared_with_their_source(path: Path, tmp_path: Path, capsys) -> None:
    """Dice's coefficient of words by hand; a lost negation and another number are named, however alike the texts."""
    back = {
        "title": "Trust",
        "items.h1.text": "They mean what they say.",  # the same words but for the sign
        "items.h2.text@buyer": "The seller is not open.",
        "items.h2.text@seller": "The purchaser was frank.",
        "response.anchors.1": "no",
        "constructs.honesty.label": "Honesty 2",
    }
    table = translation_table(path, "fr").assign(back_translation=lambda t: t["place"].map(back))
    found = compare_back_translation(table, "en").set_index("place")
    assert found["similarity"].round(4).to_dict() == {
        "items.h2.text@seller": 0.25, "constructs.honesty.label": 0.6667, "items.h2.text@buyer": 0.8889,
        "title": 1.0, "response.anchors.1": 1.0, "items.h1.text": 1.0,
    }  # fmt: skip
    seller = found.loc["items.h2.text@seller"]
    assert (seller["only_source"], seller["only_back"]) == ("buyer is open", "purchaser was frank")
    assert found["note"][found["note"] != ""].to_dict() == {
        "items.h2.text@buyer": "negations: 0 in the source, 1 in the back-translation",
        "constructs.honesty.label": "other numbers",
    }
    table.fillna("").to_csv(tmp_path / "fr.csv", index=False)
    out = tmp_path / "back.csv"
    assert (
        call("scale", "back-translated", tmp_path / "fr.csv", "--source", "en", "--most", "1", "--out", out)
        == 0
    )
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "6 back-translations, 3 of the same words as the source"
    assert told[1] == "items.h2.text@seller (0.25): The buyer is open. | The purchaser was frank."
    assert told[2].startswith("2 more that differ") and len(pd.read_csv(out)) == 6
    with pytest.raises(InputError) as caught:
        compare_back_translation(translation_table(path, "fr"), "fr")
    assert [problem.message for problem in caught.value.problems] == ["no language of the table"]
    with pytest.raises(InputError, match="no back-translation in the table"):
        compare_back_translation(translation_table(path, "fr"), "en")


def test_the_page_escapes_texts(path: Path, tmp_path: Path) -> None:
    path.write_text(SCALE.replace("Honesty", "<b>Honesty</b>"), encoding="utf-8")
    assert call("scale", "translate", path, "--to", "fr", "--out", tmp_path / "fr.html") == 0
    page = (tmp_path / "fr.html").read_text(encoding="utf-8")
    assert "<td>&lt;b&gt;Honesty&lt;/b&gt;</td>" in page and page.count("<tr>") == len(PLACES) + 1
    assert call("scale", "translate", path, "--to", "fr", "--out", tmp_path / "fr.pdf") == 2


def test_faults_of_a_table_come_at_once(path: Path) -> None:
    table = filled(path).set_index("place")
    table.loc["items.h1.text", "translation"] = " "
    table.loc["title", "en"] = "Another title"
    table = table.drop("roles.buyer").rename({"roles.seller": "roles.sellers"}).reset_index()
    table = pd.concat([table, table.iloc[[0]]])
    with pytest.raises(InputError) as caught:
        translated_scale(path, table, "fr")
    told = [(problem.message.split(";")[0], problem.value) for problem in caught.value.problems]
    assert sorted(told, key=str) == sorted(
        [
            ("the scale has another text here: the table is of another version", "Another title"),
            ("no text of the scale", "roles.sellers"),
            ("no translation", "items.h1.text"),
            ("the place occurs twice", "title"),
            ("the table lacks a text", "roles.buyer"),
            ("the table lacks a text", "roles.seller"),
        ],
        key=str,
    )
    with pytest.raises(InputError, match="lacks a column"):
        translated_scale(path, table[["place"]], "fr")
    for language, fault in (("de", "has the language de already"), ("French!", "names no language")):
        with pytest.raises(ComplyError, match=fault):
            translation_table(path, language)
