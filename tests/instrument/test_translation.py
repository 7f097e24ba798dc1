"""A third language by one table: every text goes out and comes back, faults of the table are told at once."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from comply_measure.cli import main
from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale, translated_scale, translation_table
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
