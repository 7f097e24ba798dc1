"""One item left unreversed: every step that prints a coefficient names it, in the rows it spoils and in words."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from comply_measure.evidence.base import KINDS
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.keying import doubt_of, turned_items, with_doubt
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Prose
from comply_measure.report.reversals import reversal_sentence
from comply_measure.responses import Responses, load_dataset

NOTE = "runs against the others (not reversed?)"
OPTIONS: dict[str, dict[str, object]] = {
    "reliability": {"replications": 0},
    "cfa": {"models": ("correlated",), "by_role": False},
    "validity": {"replications": 0, "merge": False},
    "items": {},
    "quality": {"at_least": 1, "estimator": "ML"},
    "rivals": {"replications": 0, "structures": ("one_factor",), "by_role": False, "estimator": "ML"},
    "dimensionality": {"replications": 20},
    "gaps": {},
    "agreement": {"bootstrap": 0},
    "actions": {"replications": 100},
}


def responses(turned: str | None) -> Responses:
    everything = load_dataset("msi_triads")
    part = everything.subset(units=list(everything.units.index[:80]))
    part = replace(part, scales=(part.scale("comply"),))
    if turned is None:
        return part
    response = part.scale("comply").response
    return replace(
        part,
        data=part.data.assign(**{turned: response.minimum + response.maximum - part.data[turned]}),
    )


@pytest.fixture(scope="module")
def place() -> tuple[str, str, str]:
    """Dimension, attribute and the item that is not reversed."""
    chosen = chosen_focal(responses(None), None)
    dimension, (attribute, *_) = next(iter(chosen.factors.items()))
    return dimension, attribute, chosen.items[attribute][-1]


def output(step: str, data: Responses) -> StepOutput:
    context = Context(lambda: data, {}, Cutoffs(), "en", 7)
    return STEPS[step].output(context, STEPS[step].options(**OPTIONS[step]))


@pytest.fixture(scope="module")
def outputs(place: tuple[str, str, str]) -> dict[str, StepOutput]:
    data = responses(place[2])
    return {step: output(step, data) for step in OPTIONS}


def rows(found: StepOutput, table: str, **wanted: str) -> set[str]:
    data = found.tables[table].data
    for column, value in wanted.items():
        data = data[data[column] == value]
    assert len(data), table
    sources = {column.label: column.source for column in found.tables[table].shown}
    assert "Remark" in sources
    return set(data[str(sources["Remark"])])


def test_the_item_is_found_and_nothing_else(place: tuple[str, str, str]) -> None:
    _, attribute, item = place
    assert turned_items(chosen_focal(responses(None), None)) == {}
    found = turned_items(chosen_focal(responses(item), None))
    assert found == {attribute: (item,)}
    assert doubt_of(found, [attribute]) == f"{NOTE}: {item}" and doubt_of(found, ["nobody"]) == ""
    assert with_doubt(["", f"x; {NOTE}: {item}", "y"], [(attribute,), (attribute,), ()], found) == [
        f"{NOTE}: {item}",
        f"x; {NOTE}: {item}",
        "y",
    ]


@pytest.mark.parametrize("step", OPTIONS)
def test_the_chapter_names_the_item_in_words(
    outputs: dict[str, StepOutput], place: tuple[str, str, str], step: str
) -> None:
    _, attribute, item = place
    label = Labels.of(responses(None).scales, "en").construct(attribute)
    prose = [block.text for block in outputs[step].section.blocks if isinstance(block, Prose)]
    assert sum(f"{item} against the rest of {label}" in text for text in prose) == 1
    assert reversal_sentence({}, Labels.of((), "en")) == ""


def test_rows_of_the_construct_name_the_item(
    outputs: dict[str, StepOutput], place: tuple[str, str, str]
) -> None:
    dimension, attribute, item = place
    named = f"{NOTE}: {item}"
    found = outputs["reliability"]
    assert found.problems == (f"{chosen_focal(responses(None), None).title}: {named}",)
    for table, key in (
        ("reliability_comply_constructs", attribute),
        ("reliability_comply_dimensions", dimension),
        ("reliability_comply_scores", dimension),
    ):
        assert all(named in note for note in rows(found, table, construct=key)), table
    assert rows(found, "reliability_comply_general", factor=dimension) == {named}
    assert all(
        named in note for note in rows(found, "reliability_comply_dimensions_bounds", construct=dimension)
    )
    few = "21 clusters for 75 parameters"  # firms of the 80 units, and the model of the dimensions
    assert rows(outputs["cfa"], "cfa_validity", key=dimension) == {f"{few}; {named}"}
    assert rows(outputs["validity"], "validity_constructs", construct=dimension) == {f"{few}; {named}"}
    assert rows(outputs["validity"], "validity_htmt", construct=dimension) == {named}
    assert all(named in note for note in rows(outputs["validity"], "validity_by_role", construct=dimension))
    assert rows(outputs["quality"], "quality_sensitivity", of=dimension) == {named}
    for table in ("items_comply_pooled", "items_comply_by_role"):
        assert rows(outputs["items"], table, item=item) == {NOTE}
    own = outputs["items"].tables["items_comply_pooled"].data
    assert set(own.loc[own["item"] != item, "note"]) == {""}
    other = outputs["cfa"].tables["cfa_validity"].data.set_index("key")["note"].drop(dimension)
    assert set(other) == {few}


def test_evidence_of_every_topic_on_a_scale_holds_the_items() -> None:
    """Beside those run above; ``reliability`` and ``items`` hold them by scale.

    ``journey`` reads one item per stage and dimension, ``pairs`` one per pair and dimension: these have no others to
    run against.
    """
    kinds = {kind for kind in KINDS.values() if kind.__module__.startswith("comply_measure.evidence.topics.")}
    without = {kind.__name__ for kind in kinds if "turned" not in {field.name for field in fields(kind)}}
    assert without == {
        "AggregationEvidence",
        "ContentValidityEvidence",
        "ItemsEvidence",
        "JourneyEvidence",
        "PairsEvidence",
        "ReliabilityEvidence",
        "SampleEvidence",
        "StructureEvidence",
    }
