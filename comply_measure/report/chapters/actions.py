"""Chapter: low or disputed attributes, and what the framework offers for them."""

from __future__ import annotations

from comply_measure.evidence.topics.actions import ActionsEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, listing, number, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Bullets, Chapter, Figure, Heading, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of

_CALLS = ("low", "disputed", "low and disputed", "neither")
_STRENGTHS = 3
_NAMED = 7
_PRIORITIES: Columns = (
    "attribute", "n_units", "level", of("ci", "level"), "gap", of("ci", "gap"), "call", of("support", "probability"),
    "p_low", "p_disputed",
)  # fmt: skip


def actions_section(facts: ActionsEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts)),
        Bullets(_calls(facts, labels)),
        _figure(facts, labels),
        _table(facts, labels),
    ]
    if len(facts.levers):
        blocks += [Heading("Levers within the dimensions"), Prose(_lever_text(facts)), _levers(facts, labels)]
    if len(facts.interventions):
        blocks += [Heading("Interventions across dimensions"), _interventions(facts, labels)]
    return Section("actions", "From results to action", tuple(blocks))


def actions_headline(facts: ActionsEvidence, labels: Labels) -> tuple[str, ...]:
    """One sentence: what is low, what is disputed."""
    return (" ".join(_calls(facts, labels)[:-1]),)


def _opening(facts: ActionsEvidence) -> str:
    plan = facts.plan
    error = "less measurement error (ω of each role's scores), " if facts.corrected else ""
    return (
        f"An attribute of {facts.title} is called low if its level, the mean of the role means, lies below "
        f"{number(plan.low)}, and disputed if the root mean square gap between roles, {error}exceeds "
        f"{number(plan.disputed)} points. Both thresholds are choices that the study file can change, not standards. "
        f"The support of a call is the share of {count(plan.replications)} bootstrap resamples of {plan.resampled} "
        "that make it; a support near one half means that the data do not decide."
    )


def _calls(facts: ActionsEvidence, labels: Labels) -> tuple[str, ...]:
    table = facts.plan.table
    texts = []
    for call in _CALLS[:-1]:
        mine = table[table["call"] == call].sort_values("probability", ascending=False, kind="stable")
        names = [
            f"{labels.construct(name)} ({percent(value, 0)})"
            for name, value in zip(mine["column"], mine["probability"], strict=True)
        ]
        texts.append(f"{call.capitalize()} (support): {_first(names)}.")
    best = table.sort_values("level", ascending=False, kind="stable").head(_STRENGTHS)
    strengths = [
        f"{labels.construct(name)} ({number(value)})"
        for name, value in zip(best["column"], best["level"], strict=True)
    ]
    return (*texts, f"Highest levels, strengths to keep: {listing(strengths)}.")


def _first(names: list[str]) -> str:
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], f"{count(len(names) - _NAMED + 1)} more"]
    return listing(names) or "none"


def _figure(facts: ActionsEvidence, labels: Labels) -> Figure:
    table = facts.plan.table
    series = {}
    for call in _CALLS:
        mine = table["call"] == call
        if mine.any():
            parts = [table[name].where(mine).to_numpy(dtype=float) for name in _LEVEL]
            series[call] = (parts[0], parts[1], parts[2])
    return dot_plot(
        "actions_figure",
        f"{facts.title}: level of each attribute with 95% interval, by call",
        [labels.construct(name) for name in table["column"]],
        series,
        axis_label="Level (mean of the role means)",
        alt="Dot plot of attribute levels with intervals, marked by call; values are in the table below.",
        reference=facts.plan.low,
        stagger=False,
        notes=(f"Dashed: the threshold of {number(facts.plan.low)} for low.",),
    )


_LEVEL = ("level", "level_lower", "level_upper")


def _table(facts: ActionsEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.plan.table, dimension_label=(labels.parent, "column"), label=(labels.construct, "column")
    )
    return table_of(
        facts,
        "actions_priorities",
        f"{facts.title}: level, gap between roles and call by attribute",
        data,
        _PRIORITIES,
        "Gap: root mean square gap between roles in scale points.",
        "" if facts.corrected else "Gaps include measurement error.",
        "Support, Low in, Disputed in: shares of the resamples.",
        estimator=f"Percentile bootstrap over {facts.plan.resampled}",
        group="dimension_label" if (data["dimension_label"] != "").any() else None,
    )


def _lever_text(facts: ActionsEvidence) -> str:
    reconstructed = int((facts.levers["assignment"] == "reconstructed").sum())
    return (
        f"The framework names {plural(len(facts.levers), 'lever')} for the called attributes. "
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
    return Chapter(
        with_reversals(actions_section(evidence, labels), evidence.turned, labels),
        actions_headline(evidence, labels),
    )
