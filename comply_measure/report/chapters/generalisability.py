"""Chapter: whether levels, gaps and paths hold for all kinds of units."""

from __future__ import annotations

from comply_measure.evidence.topics.generalisability import FAMILIES, GeneralisabilityEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import listing, plural
from comply_measure.report.labels import Labels, spaced
from comply_measure.report.parts import Block, Chapter, Details, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import TableSpec, of, table_of

_FAMILIES = {"level": "Level", "gap": "Role gaps", "path": "Paths"}
_WORDS = {"level": "levels", "gap": "role gaps", "path": "paths"}
_KINDS = {"groups": "groups", "number": "per SD"}


def _what(family: str, what: str, labels: Labels) -> str:
    if family == "gap":
        return labels.pair(what)
    if family == "path":
        return " → ".join(labels.variable(name) for name in what.split(" → "))
    return "Mean of the roles"


def generalisability_section(facts: GeneralisabilityEvidence, labels: Labels) -> Section:
    """The chapter."""
    data = facts.tests.assign(
        label=[_what(f, w, labels) for f, w in zip(facts.tests["family"], facts.tests["what"], strict=True)],
        family_label=[_FAMILIES[name] for name in facts.tests["family"]],
        kind_label=[_KINDS[name] for name in facts.tests["kind"]],
        variable_label=facts.tests["variable"].map(labels.variable),
    )
    compared = listing(
        [
            f"{plural(len(own), 'comparison')} of {_WORDS[family]}"
            for family in FAMILIES
            if len(own := data[data["family"] == family])
        ]
    )
    logs = (
        f" Of {listing([labels.variable(name) for name in facts.logs])} the logarithm was taken."
        if facts.logs
        else ""
    )
    errors = f"CR2 errors by {'firm' if facts.clustered else 'unit'}"
    blocks: list[Block] = [
        Prose(
            f"{compared}, by {listing(list(dict.fromkeys(data['variable_label'])))}. A comparison that does not differ "
            f"demonstrably does not show that there is no difference: the largest one that the data allow is in the "
            f"table.{logs}"
        ),
        table_of(
            facts, "generalisability_tests",
            f"{facts.title}: do levels, role gaps and paths hold for all kinds of units?", data,
            (
                of("parameter", "label", heading="What"), of("variable", "variable_label"),
                of("scheme", "kind_label", heading="Compared"),
                "n_units", of("n", "n_clusters", heading="Clusters"), "f", "df1", "df2", "p", "p_holm",
                of("cohen_d", "largest", heading="Largest"), of("cohen_d", "largest_upper", heading="At most"),
                "remark",
            ),
            "Level: mean of the roles' views. Gap: first less second role. Path: slope of unit scores, as they are. "
            "Largest: difference of two groups in standard deviations, change along a number and difference of paths "
            "as β; at most: the largest end of their simultaneous 95% intervals. "
            "Holm's correction within levels, gaps and paths. Groups of fewer than ten units are left out.",
            group="family_label", estimator=errors,
        ),
        Details("Estimates by group", (_estimates_table(facts, labels, errors),)),
    ]  # fmt: skip
    return Section("generalisability", "Generalisability", tuple(blocks))


def _estimates_table(facts: GeneralisabilityEvidence, labels: Labels, errors: str) -> TableSpec:
    estimates = facts.estimates.assign(
        label=[
            f"{_what(f, w, labels)}, by {labels.variable(v)}"
            for f, w, v in zip(
                facts.estimates["family"], facts.estimates["what"], facts.estimates["variable"], strict=True
            )
        ],
        group_label=[spaced(group) or "change per SD" for group in facts.estimates["group"]],
    )
    return table_of(
        facts,
        "generalisability_estimates",
        f"{facts.title}: estimates by group, and changes per SD",
        estimates,
        (of("group", "group_label"), "n_units", "estimate", "ci", "se", "df"),
        group="label",
        estimator=errors,
    )


def chapter(evidence: GeneralisabilityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Generalisability, in print."""
    section = generalisability_section(evidence, labels)
    return Chapter(with_reversals(section, evidence.turned, labels), ())
