"""The framework as data says what the two papers say."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from comply_measure import framework
from comply_measure.errors import ComplyError

PRINTED = {
    "C": ["digitalization", "proactivity", "transparency"],
    "O": ["definition", "prioritization", "measurability"],
    "M": [
        "willingness_motivation",
        "attentiveness_self_efficacy",
        "customer_orientation",
        "innovativeness",
    ],
    "P": ["accessibility", "responsibility", "equality"],
    "L": ["availability", "frequency", "proximity", "team_orientation"],
    "Y": ["product_orientation", "tool_orientation", "market_orientation", "capability"],
}


def test_dimensions_spell_comply_and_carry_one_proposition_each() -> None:
    dimensions = framework.dimensions()
    assert "".join(entry.key for entry in dimensions) == "COMPLY"
    assert [entry.proposition_key for entry in dimensions] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert len({entry.proposition for entry in dimensions}) == 6


def test_set_21_is_table_3_and_set_20_lacks_innovativeness_only() -> None:
    assert {
        key: [entry.key for entry in framework.attributes("21", dimension=key)] for key in PRINTED
    } == PRINTED
    twenty = [entry.key for entry in framework.attributes("20")]
    assert len(twenty) == 20
    assert [key for keys in PRINTED.values() for key in keys if key not in twenty] == ["innovativeness"]


def test_the_default_set_is_the_published_count() -> None:
    assert framework.attributes() == framework.attributes("20")
    assert framework.DEFAULT_ATTRIBUTE_SET == "20"


def test_every_attribute_has_levers_and_reconstructed_ones_are_marked() -> None:
    for attribute in framework.ATTRIBUTES:
        assert attribute.levers, attribute.key
        assert {lever.attribute for lever in attribute.levers} == {attribute.key}
    marked = {
        attribute.key
        for attribute in framework.ATTRIBUTES
        if all(lever.assignment == "reconstructed" for lever in attribute.levers)
    }
    assert marked == {
        "customer_orientation",
        "innovativeness",
        "accessibility",
        "responsibility",
        "equality",
        "availability",
        "frequency",
        "proximity",
    }
    printed = {lever.assignment for key in set(PRINTED["C"]) - marked for lever in framework.levers(key)}
    assert printed == {"printed"}


@pytest.mark.parametrize(
    ("key", "propositions", "dimensions"),
    [
        ("I_A", ("P1", "P2", "P3", "P4"), ("C", "O", "M", "P")),
        ("I_B", ("P1", "P2", "P5"), ("C", "O", "L")),
        ("I_C", ("P3", "P5", "P6"), ("M", "L", "Y")),
    ],
)
def test_interventions_combine_the_printed_propositions(
    key: str, propositions: tuple[str, ...], dimensions: tuple[str, ...]
) -> None:
    intervention = framework.intervention(key)
    assert intervention.propositions == propositions
    assert intervention.dimensions == dimensions


def test_interventions_of_a_dimension() -> None:
    assert [entry.key for entry in framework.interventions("L")] == ["I_B", "I_C"]
    assert len(framework.interventions()) == 3


def test_journey_has_six_stages_in_three_phases_and_one_before_the_loop() -> None:
    stages = framework.journey_stages()
    assert [stage.key for stage in stages] == [
        "be_aware",
        "consider",
        "evaluate",
        "purchase",
        "confirm",
        "bond",
    ]
    assert [stage.order for stage in stages] == [1, 2, 3, 4, 5, 6]
    assert [stage.key for stage in stages if not stage.in_loop] == ["be_aware"]
    phases = ("pre_purchase", "purchase", "post_purchase")
    assert [len(framework.journey_stages(phase)) for phase in phases] == [3, 1, 2]


def test_roles_in_order_with_labels_in_both_languages() -> None:
    assert [(role.key, role.initial) for role in framework.roles()] == [
        ("marketing", "M"),
        ("sales", "S"),
        ("it", "I"),
    ]
    assert framework.role("sales").label["de"] == "Vertrieb"


@pytest.mark.parametrize(
    ("block", "count", "direction"),
    [
        ("preparation", 3, 1),
        ("follow_up", 1, 1),
        ("facilitator", 3, 0),
        ("positive_outcome", 2, 1),
        ("negative_outcome", 3, -1),
    ],
)
def test_selling_center_blocks(block: framework.Block, count: int, direction: int) -> None:
    constructs = framework.smsc_constructs(block)
    assert len(constructs) == count
    assert {construct.direction for construct in constructs} == {direction}
    assert all(len(construct.indicators) >= 3 for construct in constructs)


def test_twelve_selling_center_constructs_and_whom_they_are_about() -> None:
    constructs = framework.smsc_constructs()
    assert len(constructs) == 12
    about = {construct.key: construct.role for construct in constructs}
    assert about["joint_follow_up"] is None
    assert about["salesperson_benefits"] == "sales"
    assert about["marketer_drawbacks"] == "marketing"
    assert about["customer_facilitator"] == "customer"


def test_suggested_relations_link_known_blocks() -> None:
    known = {"alignment", *framework.BLOCKS}
    for relation in framework.relations():
        assert {relation.source, relation.target} <= known
        assert (relation.sign == 0) == (relation.kind == "moderation")
    signs = {(r.source, r.target): r.sign for r in framework.relations()}
    assert signs["preparation", "negative_outcome"] == -1
    assert signs["follow_up", "positive_outcome"] == 1


def test_everything_names_paper_and_place() -> None:
    entries = [
        framework.ALIGNMENT,
        *framework.DIMENSIONS,
        *framework.ATTRIBUTES,
        *(lever for attribute in framework.ATTRIBUTES for lever in attribute.levers),
        *framework.INTERVENTIONS,
        *framework.JOURNEY_STAGES,
        *framework.ROLES,
        *framework.SMSC_CONSTRUCTS,
        *framework.RELATIONS,
        *framework.INCONSISTENCIES,
    ]
    for entry in entries:
        assert entry.provenance.paper in {*framework.PAPERS, "own"}, entry
        assert entry.provenance.place, entry


@pytest.mark.parametrize(
    ("find", "wrong", "right"),
    [
        (framework.attribute, "digitalisation", "digitalization"),
        (framework.levers, "Equality", "equality"),
        (framework.dimension, "c", "C"),
        (framework.role, "market", "marketing"),
        (framework.journey_stage, "aware", "be_aware"),
        (framework.journey_stages, "prepurchase", "pre_purchase"),
        (framework.smsc_construct, "joint_followup", "joint_follow_up"),
        (framework.smsc_constructs, "facilitators", "facilitator"),
        (framework.intervention, "IA", "I_A"),
        (framework.require_attribute_set, "21 ", "21"),
    ],
)
def test_an_unknown_key_names_the_nearest(find: object, wrong: str, right: str) -> None:
    with pytest.raises(ComplyError, match=f"did you mean '{right}'"):
        find(wrong)  # type: ignore[operator]


def test_an_unknown_key_without_a_near_one_lists_the_known() -> None:
    with pytest.raises(ComplyError, match=r"unknown role 'xyz' \(known: marketing, sales, it\)"):
        framework.role("xyz")


def test_attributes_reject_an_unknown_dimension() -> None:
    with pytest.raises(ComplyError, match="unknown dimension 'X'"):
        framework.attributes("21", dimension="X")


def test_entries_are_frozen_hashable_and_survive_pickling() -> None:
    attribute = framework.attribute("equality")
    with pytest.raises(dataclasses.FrozenInstanceError):
        attribute.label = "x"  # type: ignore[misc]
    role = framework.role("it")
    assert hash(role) == hash(pickle.loads(pickle.dumps(role)))  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(role)) == role  # noqa: S301 - our own bytes


def test_inconsistencies_of_the_sources_are_stated_with_a_decision() -> None:
    entries = {entry.key: entry for entry in framework.inconsistencies()}
    assert set(entries) == {"attribute_count", "mean_experience", "lost_row_borders", "dimension_labels"}
    assert "21" in entries["attribute_count"].statement
    assert all(entry.decision for entry in entries.values())
