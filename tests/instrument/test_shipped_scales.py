"""The shipped instruments hold what the framework and the craft of survey writing ask."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from comply_measure import framework
from comply_measure.instrument import check_scale, describe_scale, list_scales, load_scale
from comply_measure.instrument.types import Item

COMPLY = load_scale("comply")
SMSC = load_scale("smsc")
MARKER = load_scale("marker")
DESIRABILITY = load_scale("desirability")
SHIPPED = (COMPLY, SMSC, MARKER, DESIRABILITY)
ALL_ITEMS = [pytest.param(item, id=item.id) for scale in SHIPPED for item in scale.items]


def wordings(item: Item, language: str) -> list[str]:
    return [item.text(language, role) for role in item.roles]


def test_four_scales_ship_without_faults() -> None:
    assert list_scales() == ("comply", "desirability", "marker", "smsc")
    assert [check_scale(name) for name in list_scales()] == [[], [], [], []]


@pytest.mark.parametrize("scale", SHIPPED, ids=lambda scale: scale.key)
def test_seven_named_categories_and_answers_outside_them_in_both_languages(scale) -> None:
    response = scale.response
    assert scale.languages == ("en", "de")
    assert (response.minimum, response.maximum, response.n_categories) == (1, 7, 7)
    offered = {option for item in scale.items for option in item.offers}
    assert (response.cannot_judge == 99) == ("cannot_judge" in offered)
    assert (response.does_not_apply == 98) == ("does_not_apply" in offered)
    assert offered == ({"cannot_judge", "does_not_apply"} if scale in (COMPLY, SMSC) else set())
    outside = [98, 99] if offered else []
    for language in scale.languages:
        labels = response.value_labels(language)
        assert sorted(labels) == [1, 2, 3, 4, 5, 6, 7, *outside]
        assert len(set(labels.values())) == len(labels)
    if offered:
        assert response.value_labels("de")[99] == "Kann ich nicht beurteilen"


# --- COMPLY


def test_constructs_are_those_of_the_framework() -> None:
    assert [entry.key for entry in COMPLY.dimensions()] == [entry.key for entry in framework.dimensions()]
    assert {entry.parent for entry in COMPLY.dimensions()} == {"alignment"}
    for attribute_set in framework.ATTRIBUTE_SETS:
        ours = [(a.key, a.parent, a.label["en"]) for a in COMPLY.attributes(attribute_set)]
        theirs = [(a.key, a.dimension, a.label) for a in framework.attributes(attribute_set)]
        assert ours == theirs
    for entry in COMPLY.dimensions():
        assert entry.label["en"] == framework.dimension(entry.key).label
    assert COMPLY.construct("alignment").label["en"] == framework.ALIGNMENT.label


def test_stages_and_roles_are_those_of_the_framework() -> None:
    assert [(s.key, s.label) for s in COMPLY.stages] == [(s.key, s.label) for s in framework.journey_stages()]
    assert dict(COMPLY.role_labels) == {role.key: role.label for role in framework.roles()}


@pytest.mark.parametrize("attribute_set", ["20", "21"])
def test_content_items_of_every_attribute_by_form(attribute_set: str) -> None:
    """Five to six in the pool, three to four in full, one in short with one more where it is reverse-keyed."""
    for form, allowed in (("pool", {5, 6}), ("full", {3, 4}), ("short", {1, 2})):
        measurement = COMPLY.measurement("attribute", attribute_set, form=form)
        assert list(measurement) == [a.key for a in framework.attributes(attribute_set)]
        assert {len(items) for items in measurement.values()} <= allowed
        n_items = sum(len(items) for items in measurement.values())
        assert len(COMPLY.items_for(form, attribute_set, kind="content")) == n_items


def test_every_attribute_has_a_reverse_keyed_item_in_pool_and_full_form() -> None:
    for form in ("pool", "full"):
        reverse = [item for item in COMPLY.items_for(form, "21", kind="content") if item.keying < 0]
        assert {item.construct for item in reverse} == {a.key for a in framework.attributes("21")}
    assert max(Counter(item.construct for item in reverse).values()) == 1


def test_one_global_item_per_dimension_and_three_for_alignment() -> None:
    assert [item.id for item in COMPLY.items_for(kind="global")] == [f"{key}_global" for key in "COMPLY"]
    overall = COMPLY.items_for(kind="overall")
    assert [item.id for item in overall] == ["AL_overall_1", "AL_overall_2", "AL_overall_3"]
    assert {item.construct for item in overall} == {"alignment"}


def test_informant_items_cover_competence_and_involvement_in_every_form() -> None:
    for form in COMPLY.forms:
        counts = Counter(item.construct for item in COMPLY.items_for(form, kind="informant"))
        assert counts == {"informant_competence": 5, "informant_involvement": 3}
    assert COMPLY.construct("informant_competence").level == "informant"


def test_the_short_form_has_one_plain_item_per_attribute_and_a_reverse_keyed_one_per_dimension() -> None:
    short = COMPLY.items_for("short", "21", kind="content")
    plain = [item.construct for item in short if item.keying > 0]
    assert plain == [a.key for a in framework.attributes("21")]
    reverse = [COMPLY.dimension_of(item.construct) for item in short if item.keying < 0]
    assert reverse == list("COMPLY")
    assert len(COMPLY.items_for("short", kind="overall")) == 3


def test_ids_name_dimension_attribute_and_number() -> None:
    for key, items in COMPLY.measurement("attribute", "21", form="pool").items():
        dimension = framework.attribute(key).dimension
        stem = items[0][:-2]
        assert re.fullmatch(rf"{dimension}_[a-z]{{3,4}}", stem)
        assert all(re.fullmatch(rf"{stem}_[1-9]", item) for item in items)
        assert key.startswith(stem.split("_")[1][:3])


# --- selling center and marker


def test_selling_center_constructs_are_those_of_the_framework() -> None:
    ours = [(entry.key, entry.label["en"], entry.level) for entry in SMSC.constructs]
    assert ours == [(entry.key, entry.label, "construct") for entry in framework.smsc_constructs()]
    for entry in framework.smsc_constructs():
        items = SMSC.measurement()[entry.key]
        assert len(items) >= max(3, len(entry.indicators)), "an item for every indicator"


def test_it_informants_do_not_answer_the_selling_center_scale() -> None:
    assert SMSC.roles == ("marketing", "sales")
    assert {item.roles for item in SMSC.items} == {("marketing", "sales")}


def test_wordings_follow_the_role_where_the_construct_is_about_a_role() -> None:
    for entry in framework.smsc_constructs():
        specific = [SMSC.item(id).role_specific for id in SMSC.measurement()[entry.key]]
        if entry.role in ("marketing", "sales"):
            assert sum(specific) * 2 >= len(specific), entry.key
        else:
            assert not any(specific), entry.key


@pytest.mark.parametrize(
    "item", [item for item in SMSC.items if item.role_specific], ids=lambda item: item.id
)
def test_role_wordings_speak_from_the_right_side(item: Item) -> None:
    assert not re.search(r"we in sales|our marketing colleagues", item.text("en", "marketing"))
    assert not re.search(r"we in marketing|our sales colleagues", item.text("en", "sales"))
    assert not re.search(r"[Ww]ir im Vertrieb|Kollegen im Marketing", item.text("de", "marketing"))
    assert not re.search(r"[Ww]ir im Marketing|Kollegen im Vertrieb", item.text("de", "sales"))


def test_the_short_selling_center_form_has_one_item_per_construct() -> None:
    short = SMSC.measurement(form="short")
    assert [len(items) for items in short.values()] == [1] * 12
    assert not SMSC.reverse_keyed() & {item.id for item in SMSC.items_for("short")}


def test_the_marker_is_short_for_all_roles_and_in_every_form_of_comply() -> None:
    assert 3 <= len(MARKER.items) <= 4
    assert MARKER.roles == COMPLY.roles
    assert set(MARKER.forms) == set(COMPLY.forms)


# --- craft


# "and" or "or" that joins no two statements: two kinds of teams whose distance is asked for; three functions
# named as one group; parties of a meeting.
ONE_IDEA_DESPITE_AND = {
    "L_prox_8",
    "INF_comp_1",
    "INF_inv_1",
    "INF_inv_3",
    "SD_1",
    "SD_2",
}


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_an_item_holds_one_idea(item: Item) -> None:
    joined = [
        wording
        for wording in wordings(item, "en") + wordings(item, "de")
        if re.search(r"\b(and|or|und|oder)\b", wording.replace("Kolleginnen und Kollegen", "Kollegen"))
    ]
    assert bool(joined) == (item.id in ONE_IDEA_DESPITE_AND), joined


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_an_item_is_a_short_plain_statement(item: Item) -> None:
    for language in ("en", "de"):
        for wording in wordings(item, language):
            assert wording.endswith(".")
            # instructed lines quote the answer that is asked for
            plain = re.sub("[„“][^“”]+[“”]", "", wording) if item.kind == "attention" else wording
            assert len(plain.split()) <= 20, wording
            assert wording.startswith("… ") == bool(item.stem)
            assert not re.search(r"\b(never|always|nie|niemals|immer|not|nicht|kein\w*)\b", plain), wording


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_an_item_says_where_it_comes_from_and_why_it_is_there(item: Item) -> None:
    scale = next(scale for scale in SHIPPED if item in scale.items)
    assert item.provenance.paper in scale.references
    assert item.provenance.place
    assert "\n" not in item.rationale
    assert len(item.rationale) >= 5


def test_papers_are_cited_as_the_framework_cites_them() -> None:
    assert COMPLY.references["G24"] == framework.PAPERS["G24"]
    assert SMSC.references["J17"] == framework.PAPERS["J17"]


def test_no_text_states_a_count_of_attributes() -> None:
    texts = [*COMPLY.title.values(), *COMPLY.description.values()]
    texts += [form.title[language] for form in COMPLY.forms.values() for language in COMPLY.languages]
    assert not re.search(r"\d|twenty|zwanzig", " ".join(texts))
    for attribute_set, count in (("20", 20), ("21", 21)):
        facts = describe_scale(COMPLY, attribute_set).facts.set_index("fact")["value"]
        assert facts["attributes"] == count
        assert facts["content items"] == len(COMPLY.items_for("full", attribute_set, kind="content"))
