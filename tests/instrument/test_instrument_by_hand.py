"""Small parts of the instrument by hand: names, trees of constructs, drafts of scales."""

from __future__ import annotations

import pandas as pd
import pytest

from comply_measure.documents import read_yaml_text
from comply_measure.instrument import draft_scale, fitted_tree
from comply_measure.instrument.load import parse_scale
from comply_measure.instrument.naming import Names, plain_name
from comply_measure.instrument.tree import ancestors, in_cycle, levels


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("trust_1", "trust_1"),
        ("Größe & Maß", "Groesse_Mass"),
        ("ÄÖÜß", "AeOeUess"),
        ("café crème", "cafe_creme"),
        ("1st item", "st_item"),
        ("12", ""),
        ("12_", ""),
        ("12 3", ""),
        ("_a_", "a"),
        ("日本", ""),
        ("a" * 64, "a" * 64),
        ("a" * 65, "a" * 40),
        ("x" * 39 + " y", "x" * 39),
    ],
)
def test_names_of_letters_digits_and_lines(text: str, name: str) -> None:
    assert plain_name(text) == name


def test_names_differ_in_more_than_case() -> None:
    names = Names(["taken"])
    assert names.take("Taken", "x") == "Taken_2" and names.take("TAKEN", "x") == "TAKEN_3"
    assert names.take("12", "item_4") == "item_4" and names.take("??", "item_4") == "item_4_2"
    assert names.take("unit", "x") == "unit_2"  # a column of response tables


def test_levels_follow_from_parents() -> None:
    parents = {"top": None, "d": "top", "a": "d", "b": "d", "e": "top", "c": "e", "alone": None, "f": "top"}
    assert levels(parents) == {
        "top": "construct", "d": "dimension", "a": "attribute", "b": "attribute", "e": "dimension", "c": "attribute",
        "alone": "construct", "f": "construct",
    }  # fmt: skip
    assert levels({"d": None, "a": "d"}) == {"d": "dimension", "a": "attribute"}
    assert levels({"a": "absent"}) == {"a": "construct"}
    assert ancestors("a", parents) == ["d", "top"] and ancestors("top", parents) == []
    round_about = {"a": "b", "b": "c", "c": "a", "d": "a", "e": "e"}
    assert [in_cycle(key, round_about) for key in "abcde"] == [True, True, True, False, True]
    assert ancestors("d", round_about) == ["a", "b", "c"] and ancestors("e", round_about) == []


def scale(constructs: str, items: dict[str, str]) -> object:
    lines = "".join(f"  - {{id: {id}, construct: {key}, text: Text of {id}.}}\n" for id, key in items.items())
    text = f"key: k\nresponse: {{minimum: 1, maximum: 5}}\n{constructs}items:\n{lines}"
    return parse_scale(read_yaml_text(text, "own.yaml"))


def test_the_fitted_tree_is_drawn_and_what_may_surprise_is_told() -> None:
    constructs = (
        "constructs:\n  - {key: d, label: D}\n  - {key: a, label: A, parent: d}\n  - {key: b, label: B, parent: d}\n"
        "  - {key: z, label: Z}\n"
    )
    tree = fitted_tree(scale(constructs, {"a1": "a", "a2": "a", "b1": "b", "z1": "z"}))  # type: ignore[arg-type]
    assert tree.by_scores and dict(tree.factors) == {"d": ("a", "b")}
    assert tree.lines == (
        "d: factor of 2 scores",
        "├─ a: mean of a1, a2",
        "└─ b: mean of b1",
        "z: in no factor, score of 1 item",
        "└─ z1",
    )
    assert tree.notes == (
        "as written, d is a dimension and a, b are its attributes: models fit a single factor on 2 scores, not factors "
        "of items. Leave d out if a, b are to be the factors",
        "d has 2 scores: alone, such a factor is not identified",
        "models of dimensions leave out z: no dimension stands above",
    )
    flat = fitted_tree(scale("", {"x1": "x", "x2": "x", "x3": "x", "y1": "y"}))  # type: ignore[arg-type]
    assert not flat.by_scores and flat.lines[:2] == ("x: factor of 3 items", "├─ x1")
    assert flat.notes == ("y has 1 item: alone, such a factor is not identified",)


def test_a_draft_takes_ids_constructs_and_keying_where_there_are_some() -> None:
    table = pd.DataFrame({"text": ["One.", "Two.", "One."], "construct": ["A b", "A b", "C"]})
    drafted = parse_scale(read_yaml_text(draft_scale(table, "k", minimum=0, maximum=3), "k.yaml"))
    assert [(i.id, i.construct, i.keying) for i in drafted.items] == [
        ("A_b_1", "A_b", 1),
        ("A_b_2", "A_b", 1),
        ("C_1", "C", 1),
    ]
    assert [item.text("en") for item in drafted.items] == ["One.", "Two.", "One. (C_1)"]
    assert (drafted.response.minimum, drafted.response.maximum) == (0, 3)
    assert drafted.construct("A_b").label["en"] == "A b"
    given = table.assign(id=["q1", "2", "q3"], keying=["-1", "+", "r"]).drop(columns="construct")
    text = draft_scale(given, "k")
    drafted = parse_scale(read_yaml_text(text, "k.yaml"))
    assert [(i.id, i.construct, i.keying) for i in drafted.items] == [
        ("q1", "k", -1),
        ("item_2", "k", 1),
        ("q3", "k", -1),
    ]
    assert "the id was made; the table has '2'" in text and text.count("the id was made") == 1
