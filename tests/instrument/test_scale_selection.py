"""Selections from a scale: forms, sets, roles, kinds, levels; with shipped and own scales."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale

COMPLY = load_scale("comply")
SMSC = load_scale("smsc")
OWN = load_scale(Path(__file__).parent / "own_scale.yaml")


def ids(items) -> list[str]:
    return [item.id for item in items]


def test_set_21_adds_the_items_of_innovativeness_and_nothing_else() -> None:
    twenty, all_ = ids(COMPLY.items_for()), ids(COMPLY.items_for(attribute_set="21"))
    assert [id for id in all_ if id not in twenty] == ["M_inn_1", "M_inn_4", "M_inn_3", "M_inn_5"]
    assert [id for id in all_ if id in twenty] == twenty


@pytest.mark.parametrize(("attribute_set", "in_m"), [("20", 12), ("21", 16)])
def test_the_set_is_honoured_on_every_level(attribute_set: str, in_m: int) -> None:
    by_dimension = COMPLY.measurement("dimension", attribute_set)
    by_attribute = COMPLY.measurement("attribute", attribute_set)
    assert list(by_dimension) == list("COMPLY")
    assert len(by_dimension["M"]) == in_m
    assert len(by_attribute) == int(attribute_set) == len(COMPLY.attributes(attribute_set))
    assert sorted(i for items in by_dimension.values() for i in items) == sorted(
        i for items in by_attribute.values() for i in items
    )
    assert len(COMPLY.dimensions(attribute_set)) == 6


def test_the_default_set_is_20() -> None:
    assert COMPLY.attribute_sets[0] == "20"
    assert COMPLY.measurement() == COMPLY.measurement("attribute", "20")


def test_a_scale_without_sets_takes_any_study_wide_choice() -> None:
    assert SMSC.items_for(attribute_set="21") == SMSC.items_for()
    assert SMSC.resolve_set("21") is None


def test_flat_constructs_stand_for_themselves_on_both_levels() -> None:
    assert SMSC.measurement("dimension") == SMSC.measurement("attribute")
    assert SMSC.dimensions() == SMSC.attributes() == ()


def test_the_journey_form_measures_dimensions_only() -> None:
    assert {len(items) for items in COMPLY.measurement("dimension", form="journey").values()} == {6}
    with pytest.raises(ComplyError, match="measures dimensions, not attributes"):
        COMPLY.measurement("attribute", form="journey")


def test_roles_and_kinds_select() -> None:
    assert ids(OWN.items_for(role="seller", kind="content")) == [
        "hon1",
        "hon2",
        "hon3",
        "car1",
        "car2",
        "car3",
        "pac1",
        "pac2",
    ]
    assert ids(OWN.items_for(kind=("global", "informant"))) == ["tru", "kno1"]
    assert OWN.measurement(role="seller")["pace"] == ("pac1", "pac2")


def test_an_own_two_level_scale_gets_its_levels_from_its_tree() -> None:
    assert {entry.key: entry.level for entry in OWN.constructs} == {
        "trust": "dimension",
        "honesty": "attribute",
        "care": "attribute",
        "pace": "construct",
        "knowledge": "informant",
    }
    assert OWN.measurement("dimension") == {
        "trust": ("hon1", "hon2", "hon3", "car1", "car2", "car3"),
        "pace": ("pac1", "pac2", "pac3"),
    }
    assert list(OWN.measurement("attribute")) == ["honesty", "care", "pace"]
    assert OWN.measurement("attribute", form="brief")["care"] == ("car1",)
    assert OWN.dimension_of("care") == "trust"
    assert OWN.dimension_of("pace") == "pace"
    assert OWN.reverse_keyed() == {"hon2"}
    assert [entry.order for entry in OWN.constructs] == [1, 2, 3, 4, 5]


def test_wordings_by_language_and_role() -> None:
    item = OWN.item("pac2")
    assert item.role_specific
    assert item.text("en", "buyer") == "We buyers decide quickly."
    assert item.sentence("en", "seller") == "The buyers decide quickly."
    assert OWN.item("hon1").sentence("en") == "In our team, people tell the truth."
    with pytest.raises(ComplyError, match="depends on the role"):
        item.text("en")
    with pytest.raises(ComplyError, match="unknown language 'de'"):
        item.text("de", "buyer")
    with pytest.raises(ComplyError, match="unknown role for item pac3 'seller'"):
        OWN.item("pac3").text("en", "seller")


def test_unnamed_categories_have_no_value_label() -> None:
    assert OWN.response.value_labels("en") == {0: "Never", 2: "Sometimes", 4: "Always"}
    assert list(OWN.response.categories) == [0, 1, 2, 3, 4]
    assert OWN.response.cannot_judge is None


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: COMPLY.items_for("ful"), "unknown form of scale comply 'ful'; did you mean 'full'"),
        (lambda: COMPLY.items_for(attribute_set="22"), "unknown attribute set of scale comply '22'"),
        (lambda: COMPLY.items_for(role="IT"), "did you mean 'it'"),
        (lambda: COMPLY.items_for(kind="contents"), "did you mean 'content'"),
        (lambda: COMPLY.measurement("attributes"), "did you mean 'attribute'"),
        (lambda: COMPLY.construct("equalty"), "did you mean 'equality'"),
        (lambda: COMPLY.item("C_dig_2"), "did you mean 'C_dig_"),
        (lambda: COMPLY.response.value_labels("fr"), "unknown language 'fr'"),
        (lambda: COMPLY.attributes("22"), "known: 20, 21"),
    ],
)
def test_an_unknown_name_is_an_error_with_the_nearest(ask, message: str) -> None:
    with pytest.raises(ComplyError, match=message):
        ask()


def test_a_scale_is_frozen_hashable_and_survives_pickling() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        COMPLY.key = "x"
    copy = pickle.loads(pickle.dumps(COMPLY))  # noqa: S301 - our own bytes
    assert copy == COMPLY
    assert hash(copy) == hash(COMPLY)
