"""Codebook and descriptions of scales."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import codebook, describe_scale, describe_scales, load_scale

COMPLY = load_scale("comply")
SMSC = load_scale("smsc")
OWN = load_scale(Path(__file__).parent / "own_scale.yaml")


@pytest.mark.parametrize(("attribute_set", "rows"), [("20", 99), ("21", 103)])
def test_the_codebook_follows_the_attribute_set(attribute_set: str, rows: int) -> None:
    book = codebook(COMPLY, "en", attribute_set)
    assert len(book) == book["variable"].nunique() == rows
    assert ("innovativeness" in set(book["construct"])) == (attribute_set == "21")


def test_a_codebook_row_tells_everything_about_a_variable() -> None:
    row = codebook(COMPLY, "de").set_index("variable").loc["O_def_3"]
    assert row["dimension"] == "O"
    assert row["construct_label"] == "Definition"
    assert row["keying"] == -1
    assert row["text"].startswith(
        "Bezogen auf die Arbeit unserer Geschäftseinheit für Kunden in den vergangenen zwölf Monaten gilt: Marketing, "
    )
    assert row["value_labels"].startswith("1 = Stimme überhaupt nicht zu; 2 = ")
    assert row["value_labels"].endswith("99 = Kann ich nicht beurteilen")
    assert (row["minimum"], row["maximum"], row["cannot_judge"]) == (1, 7, 99)
    assert row["wording_for"] == row["roles"] == "marketing sales it"
    assert row["paper"] == "G24"


def test_wordings_by_role_have_a_row_each() -> None:
    book = codebook(SMSC, "en")
    rows = book[book["variable"] == "MP_1"]
    assert list(rows["wording_for"]) == ["marketing", "sales"]
    assert rows["text"].nunique() == 2
    assert set(book["variable"]) == {item.id for item in SMSC.items_for("full")}
    assert set(book["dimension"]) == {""}


def test_the_journey_codebook_names_the_stage() -> None:
    book = codebook(COMPLY, form="journey").set_index("variable")
    assert book.loc["S_bond_C", "stage"] == "bond"
    assert book.loc["INF_comp_1", "stage"] == ""


def test_codebook_of_an_own_scale_without_cannot_judge() -> None:
    book = codebook(OWN)
    assert book["cannot_judge"].isna().all()
    assert set(book["dimension"]) == {"trust", ""}


def test_unknown_language_or_form_is_an_error() -> None:
    with pytest.raises(ComplyError, match="unknown language of scale comply 'fr'"):
        codebook(COMPLY, "fr")
    with pytest.raises(ComplyError, match="unknown form"):
        describe_scale(COMPLY, form="long")


def test_the_list_of_scales_counts_the_full_form_in_the_default_set() -> None:
    table = describe_scales().set_index("scale")
    assert list(table.index) == ["comply", "desirability", "marker", "smsc"]
    assert table.loc["comply", ["constructs", "items"]].tolist() == [20, 99]
    assert describe_scales("de").set_index("scale").loc["marker", "title"].startswith("Marker: Tageslicht")


def test_a_description_counts_by_form_and_construct() -> None:
    described = describe_scale(COMPLY, "21", language="de")
    assert list(described.tables()) == ["facts", "forms", "anchors", "constructs", "items"]
    forms = described.forms.set_index("form")
    assert forms["content_items"].to_dict() == {
        "pool": 125,
        "full": 84,
        "short": 27,
        "journey": 36,
        "dyad": 18,
    }
    assert forms["informant_items"].unique().tolist() == [8]
    constructs = described.constructs.set_index("construct")
    assert constructs.loc["innovativeness", "items"] == 4
    assert constructs.loc["C", "items"] == 1
    assert constructs.loc["definition", "reverse_keyed"] == 1
    assert len(described.items) == 103
    assert described.anchors["code"].tolist() == [1, 2, 3, 4, 5, 6, 7, 99, 98]


def test_a_description_shows_every_role_wording_once() -> None:
    items = describe_scale(SMSC).items.set_index("id")
    assert " / " in items.loc["MP_1", "text"]
    assert " / " not in items.loc["JP_1", "text"]


def test_the_rooms_load_nothing_heavy_by_themselves() -> None:
    code = (
        "import sys, comply_measure.instrument, comply_measure.framework, comply_measure.documents\n"
        "print([m for m in ('pandas', 'numpy', 'pydantic', 'yaml') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
