"""Chapter: disputed and low attributes, and what the framework offers for them."""

from __future__ import annotations

from comply_measure.evidence.topics.actions import ActionsEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, listing, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Figure, Heading, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

_ANSWERS = {"supported": "yes", "not supported": "no", "cannot say": "cannot say"}
_NAMED = 7
_DISTANCE = ("distance", "distance_lower", "distance_upper")
_RELATIVE: Columns = (
    of("roles", "pair_label"), of("latent_gap_points", "gap"), of("ci", "ci"), "se", "z", "p_holm", of("cohen_d", "d"),
    "remark",
)  # fmt: skip


def actions_section(facts: ActionsEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts))]
    if facts.latent:
        blocks.append(_figure(facts, labels))
    blocks.append(_table(facts, labels))
    if len(facts.relative):
        blocks += [
            Prose(_relative_text(facts, labels)),
            Details("Gaps between roles within each attribute", (_relative(facts, labels),)),
        ]
    if len(facts.levers):
        blocks += [Heading("Levers within the dimensions"), Prose(_lever_text(facts)), _levers(facts, labels)]
    else:
        blocks.append(Prose("No call is supported by the data, so no levers follow."))
    if len(facts.interventions):
        blocks += [Heading("Interventions across dimensions"), _interventions(facts, labels)]
    return Section("actions", "From results to action", tuple(blocks))


def _opening(facts: ActionsEvidence) -> str:
    text = (
        f"An attribute of {facts.title} is called disputed if the root mean square latent gap between the roles "
        "of a unit "
        f"exceeds {number(facts.threshold)} points, a choice that the study file can change and no standard. The "
        "gap is free "
        "of measurement error and of items that were found to be answered differently at equal views; a habit of one "
        "informant that "
        "moves all answers alike remains in it, and so do items that the search missed. "
    )
    if facts.anchored:
        return (
            f"{text}An attribute is called low if its level, the mean of the role means, lies below its norm."
        )
    return (
        f"{text}No attribute is called low: means of different attributes mix the level with how hard the items "
        "are. Norms, "
        "a second wave or items anchored by experts would tell the two apart (option norms). Within an attribute "
        "roles can "
        "be compared."
    )


def _relative_text(facts: ActionsEvidence, labels: Labels) -> str:
    table = facts.relative.dropna(subset=["p_holm"])
    found = table[rejects(table["p_holm"], facts.alpha)]
    found = found.reindex(found["gap"].abs().sort_values(ascending=False, kind="stable").index)
    shown = [
        f"{labels.construct(str(row['factor']))}, {labels.pair(str(row['pair']))} ({number(row['gap'])})"
        for row in found.head(_NAMED).to_dict("records")
    ]
    if len(found) > _NAMED:
        shown.append(f"{count(len(found) - _NAMED)} more")
    return (
        f"Within attributes {count(len(found))} of {plural(len(table), 'latent gap')} between roles "
        f"{'differs' if len(found) == 1 else 'differ'} from zero (Holm's correction over the table): "
        f"{listing(shown) or 'none'}."
    )


def _relative(facts: ActionsEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "actions_relative",
        f"{facts.title}: latent gaps between roles within attributes",
        labelled(facts.relative, label=(labels.construct, "factor"), pair_label=(labels.pair, "pair")),
        _RELATIVE,
        "First role minus second, in points of the answer scale; items that the roles answer differently do not "
        "speak for "
        "the gap.",
        estimator="Scalar model of the items with what was freed",
        group="label",
    )


def _figure(facts: ActionsEvidence, labels: Labels) -> Figure:
    table = facts.table
    series = {}
    for answer, word in _ANSWERS.items():
        mine = table["disputed"] == answer
        if mine.any():
            parts = [table[name].where(mine).to_numpy(dtype=float) for name in _DISTANCE]
            series[f"disputed: {word}"] = (parts[0], parts[1], parts[2])
    return dot_plot(
        "actions_figure",
        f"{facts.title}: latent gap between the roles of a unit by attribute, with 95% interval",
        [labels.construct(name) for name in table["column"]],
        series,
        axis_label="Root mean square latent gap (points)",
        language=labels.language,
        alt="Dot plot of latent gaps of the attributes with intervals; values are in the table below.",
        reference=facts.threshold,
        stagger=False,
        notes=(
            f"Dashed: the threshold of {number(facts.threshold)}. Intervals are of one attribute; calls are "
            "corrected over "
            "all.",
        ),
    )


def _table(facts: ActionsEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.table, dimension_label=(labels.parent, "column"), label=(labels.construct, "column")
    )
    for call in ("disputed", "low"):
        data[f"{call}_label"] = [_ANSWERS[answer] for answer in data[call]]
    columns: Columns = (
        "attribute", "n_units", of("distance", "distance"), of("ci", "distance"), of("p_holm", "disputed_p"),
        of("disputed", "disputed_label"), "level", of("ci", "level"),
    )  # fmt: skip
    if facts.anchored:
        columns = (*columns, "norm", of("p_holm", "low_p"), of("low", "low_label"))
    return table_of(
        facts,
        "actions_priorities",
        f"{facts.title}: gap between roles and level by attribute",
        data,
        (*columns, "remark"),
        "RMS gap: root mean square latent gap between the roles of a unit, in scale points; p against the "
        "threshold, after "
        "Holm's correction over the attributes.",
        "Levels are means of role means of all items; those of different attributes are not comparable without norms."
        if not facts.anchored
        else "Level against norm: p after Holm's correction over the attributes.",
        estimator=f"Latent gaps: scalar model of items with what was freed; levels: bootstrap over {facts.resampled}",
        group="dimension_label" if (data["dimension_label"] != "").any() else None,
    )


def _lever_text(facts: ActionsEvidence) -> str:
    reconstructed = int((facts.levers["assignment"] == "reconstructed").sum())
    return (
        f"The framework names {plural(len(facts.levers), 'lever')} for the attributes with a supported call. "
        f"{count(reconstructed)} of them are marked (r): the printed table has lost its row borders there, and "
        "the assignment to the attribute is a reading. Levers come from interviews; their effect was not tested."
    )


def _levers(facts: ActionsEvidence, labels: Labels) -> TableSpec:
    data = facts.levers.copy()
    data["label"] = [
        f"{labels.construct(name)} ({labels.parent(name)}): {call}"
        for name, call in zip(data["attribute"], data["call"], strict=True)
    ]
    data["marked"] = [
        f"{text} (r)" if assignment == "reconstructed" else text
        for text, assignment in zip(data["lever"], data["assignment"], strict=True)
    ]
    return table_of(
        facts,
        "actions_levers",
        "Levers for low or disputed attributes",
        data,
        (of("lever", "marked"), of("origin", "source")),
        "(r): assignment reconstructed.",
        estimator="Framework, no estimate",
        group="label",
    )


def _interventions(facts: ActionsEvidence, labels: Labels) -> TableSpec:
    data = facts.interventions.copy()
    for name in ("dimensions", "called_attributes"):
        data[f"{name}_label"] = [
            ", ".join(labels.construct(key) for key in text.split(", ")) for text in data[name]
        ]
    return table_of(
        facts,
        "actions_interventions",
        "Interventions that combine dimensions with called attributes",
        data,
        (
            of("intervention", "text"),
            of("dimensions", "dimensions_label"),
            of("called", "called_attributes_label"),
        ),
        "Those that cover most called attributes first.",
        estimator="Framework, no estimate",
    )


def chapter(evidence: ActionsEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """From results to action, in print."""
    return Chapter(with_reversals(actions_section(evidence, labels), evidence.turned, labels))
