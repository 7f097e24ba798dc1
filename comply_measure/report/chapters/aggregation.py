"""Chapter: one score per unit from its informants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.aggregation import AggregationEvidence
from comply_measure.report.chapters.columns import SINGLE_UNITS, labelled
from comply_measure.report.chapters.several import weights_of
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Prose, Section
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_ROWS, _COLUMNS = 10, 6
_MEAN = "Mean of the informants of a unit"
_DESCRIPTION: Columns = (
    of("variable", "label"), of("rung", "level"), "n_units", "n_short", "mean", "sd", "range",
)  # fmt: skip

_CRITERIA: Columns = (
    of("criterion", "label"), "n_units", of("r_squared_controls", "r_squared_controls"), "delta_r_squared",
    of("beta", "beta"), "ci_bounded", "df", of("p_holm", "p_holm"), "remark",
)  # fmt: skip


_GROUPS: Columns = (
    of("group", "compared"), "n_higher", "n_lower", of("mean_gap", "difference", heading="Difference"), "ci", "df",
    "p", of("p_holm", "p_holm"), of("cohen_d", "d"), of("ci_d", "d"), "remark",
)  # fmt: skip


def aggregation_section(facts: AggregationEvidence, labels: Labels) -> Section:
    """The chapter."""
    low, high = facts.description["mean"].min(), facts.description["mean"].max()
    text = (
        f"{' '.join(facts.rules)} Unit means of {plural(len(facts.description), 'variable')} range from "
        f"{number(low)} to {number(high)}."
    )
    below = facts.description["level"] == "attribute"
    blocks: list[Block] = [Prose(text), _description(facts, labels, facts.description[~below], "")]
    if below.any():
        attributes = _description(facts, labels, facts.description[below], "_attributes")
        blocks.append(Details("Unit scores of the attributes", (attributes,)))
    if len(facts.criteria):
        blocks.append(_criteria(facts, labels))
    if len(facts.groups):
        blocks.append(_groups(facts, labels))
    if len(facts.weights):
        table = weights_of(facts, facts.weights, labels)
        blocks.append(Details("Scores that weigh informants otherwise", (table,)))
    if len(facts.correlations):
        blocks.append(Details("Correlations of the unit scores", (_correlations(facts, labels),)))
    blocks.append(Details("Scores of every unit", (_scores(facts),)))
    return Section("aggregation", "Unit scores", tuple(blocks))


def _criteria(facts: AggregationEvidence, labels: Labels) -> TableSpec:
    data = facts.criteria.assign(label=[labels.variable(str(name)) for name in facts.criteria["criterion"]])
    beside = ", ".join(labels.variable(name) for name in facts.controls) or "none"
    return table_of(
        facts,
        "aggregation_criteria",
        "Criteria by the unit's score, beyond the controls",
        data,
        _CRITERIA,
        f"Score: mean of the dimensions. Controls: {beside}. β: of the score, standardised. It is not corrected for "
        "error of the score.",
        estimator="Least squares, CR2 clustered by firm (or unit), Holm over the criteria",
    )


def _groups(facts: AggregationEvidence, labels: Labels) -> TableSpec:
    pairs = zip(facts.groups["higher_group"], facts.groups["lower_group"], strict=True)
    data = facts.groups.assign(
        label=[labels.variable(str(name)) for name in facts.groups["grouping"]],
        compared=[f"{high} – {low}" for high, low in pairs],
    )
    return table_of(
        facts,
        "aggregation_known_groups",
        "The unit's score by groups whose order is expected",
        data,
        _GROUPS,
        "Score: mean of the dimensions, in points. Differences: the group expected higher minus the other. d: over the "
        "pooled standard deviation within groups. Not corrected for error of the score.",
        estimator="Least squares, CR2 clustered by firm (or unit), Holm over the groupings",
        group="label",
    )


def _description(facts: AggregationEvidence, labels: Labels, rows: pd.DataFrame, suffix: str) -> TableSpec:
    data = labelled(rows.reset_index(drop=True), 1, label=(labels.construct, "construct"))
    return table_of(
        facts,
        f"aggregation_description{suffix}",
        "Unit scores of attributes" if suffix else "Unit scores of dimensions and constructs",
        data,
        _DESCRIPTION,
        "Too few roles: units left without the score.",
        estimator=_MEAN,
        group="scale",
    )


def _correlations(facts: AggregationEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "aggregation_correlations",
        "Correlations of the unit scores of the dimensions",
        labelled(
            facts.correlations,
            first_label=(labels.construct, "first"),
            second_label=(labels.construct, "second"),
        ),
        (of("variable", "first_label"), of("partner", "second_label"), "n_units", "r"),
        estimator="Pearson, units with both scores",
    )


def _scores(facts: AggregationEvidence) -> TableSpec:
    """The scores as data; printed are the first columns only, the CSV holds all."""
    names = [str(name) for name in facts.scores.columns[2:] if name != "note"]
    hidden, shown = len(names) > _COLUMNS, names[:_COLUMNS]
    return table_of(
        facts,
        "aggregation_scores",
        "Unit scores, first variables",
        facts.scores,
        ("unit", *(of("score", name, heading=name) for name in shown), "remark"),
        f"The CSV file holds all {count(len(names))} variables." if hidden else "",
        SINGLE_UNITS,
        rows_shown=_ROWS,
        estimator=_MEAN,
    )


def chapter(evidence: AggregationEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Unit scores, in print."""
    return Chapter(aggregation_section(evidence, labels))
