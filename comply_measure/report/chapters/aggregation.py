"""Chapter: one score per unit from its informants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.aggregation import AggregationEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Column, Details, Prose, Section, Table

if TYPE_CHECKING:
    import pandas as pd

_ROWS, _COLUMNS = 10, 6


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
    if len(facts.correlations):
        blocks.append(Details("Correlations of the unit scores", (_correlations(facts, labels),)))
    blocks.append(Details("Scores of every unit", (_scores(facts),)))
    return Section("aggregation", "Unit scores", tuple(blocks))


def _description(facts: AggregationEvidence, labels: Labels, rows: pd.DataFrame, suffix: str) -> Table:
    data = rows.reset_index(drop=True)
    data.insert(1, "label", [labels.construct(key) for key in data["construct"]])
    columns = (
        Column("Variable", "label"),
        Column("Level", "level"),
        Column("Units", "n_units", "count"),
        Column("Too few roles", "n_short", "count"),
        Column("M", "mean", "number"),
        Column("SD", "sd", "number"),
        Column("Range", ("minimum", "maximum"), "span"),
    )
    return Table(
        f"aggregation_description{suffix}",
        "Unit scores of attributes" if suffix else "Unit scores of dimensions and constructs",
        data,
        columns,
        notes=("Too few roles: units left without the score.",),
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator="Mean of the informants of a unit",
        group="scale",
    )


def _correlations(facts: AggregationEvidence, labels: Labels) -> Table:
    data = facts.correlations.copy()
    data.insert(0, "first_label", [labels.construct(key) for key in data["first"]])
    data.insert(1, "second_label", [labels.construct(key) for key in data["second"]])
    columns = (
        Column("Variable", "first_label"),
        Column("with", "second_label"),
        Column("Units", "n_units", "count"),
        Column("r", "r", "bounded"),
    )
    return Table(
        "aggregation_correlations",
        "Correlations of the unit scores of the dimensions",
        data,
        columns,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator="Pearson, units with both scores",
    )


def _scores(facts: AggregationEvidence) -> Table:
    """The scores as data; printed are the first columns only, the CSV holds all."""
    hidden = facts.scores.shape[1] > 2 + _COLUMNS
    shown = [str(name) for name in facts.scores.columns[2 : 2 + _COLUMNS]]
    columns = (Column("Unit", "unit"), *(Column(name, name, "number") for name in shown))
    return Table(
        "aggregation_scores",
        "Unit scores, first variables",
        facts.scores,
        columns,
        notes=(f"The CSV file holds all {count(facts.scores.shape[1] - 2)} variables.",) if hidden else (),
        rows_shown=_ROWS,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator="Mean of the informants of a unit",
    )


def chapter(evidence: AggregationEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Unit scores, in print."""
    return Chapter(aggregation_section(evidence, labels))
