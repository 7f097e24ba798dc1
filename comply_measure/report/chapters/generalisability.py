"""Chapter: whether levels, gaps and paths hold for all kinds of units."""

from __future__ import annotations

from comply_measure.evidence.topics.generalisability import FAMILIES, GeneralisabilityEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, listing, p_phrase, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import of, table_of
from comply_measure.statistics.multiplicity import rejects

_FAMILIES = {"level": "Level", "gap": "Role gaps", "path": "Paths"}
_KINDS = {"groups": "groups", "number": "per SD"}


def _what(family: str, what: str, labels: Labels) -> str:
    if family == "gap":
        return labels.pair(what)
    if family == "path":
        return " → ".join(labels.construct(name) for name in what.split(" → "))
    return "Mean of the roles"


def generalisability_section(facts: GeneralisabilityEvidence, labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    level = cutoffs["test_level"].value
    data = facts.tests.assign(
        label=[_what(f, w, labels) for f, w in zip(facts.tests["family"], facts.tests["what"], strict=True)],
        family_label=[_FAMILIES[name] for name in facts.tests["family"]],
        kind_label=[_KINDS[name] for name in facts.tests["kind"]],
    )
    parts = []
    for family in FAMILIES:
        own = data[data["family"] == family]
        if not len(own):
            continue
        found = own[rejects(own["p_holm"], level)]
        shown = [
            f"{row['label']} by {row['variable']} ({p_phrase(row['p_holm'])})"
            for row in found.to_dict("records")
        ]
        more = f": {listing(shown)}" if shown else ""
        parts.append(f"{_FAMILIES[family]}: {count(len(found))} of {plural(len(own), 'comparison')}{more}")
    logs = f" Of {listing(list(facts.logs))} the logarithm was taken." if facts.logs else ""
    errors = f"CR2 errors by {'firm' if facts.clustered else 'unit'}"
    estimates = facts.estimates.assign(
        label=[
            f"{_what(f, w, labels)}, by {v}"
            for f, w, v in zip(
                facts.estimates["family"], facts.estimates["what"], facts.estimates["variable"], strict=True
            )
        ],
        group_label=[group or "change per SD" for group in facts.estimates["group"]],
    )
    blocks: list[Block] = [
        Prose(
            f"Comparisons that differ after Holm's correction, {'. '.join(parts)}. A comparison that does not differ "
            f"does not show that there is no difference: intervals are in the folded table.{logs}"
        ),
        table_of(
            facts, "generalisability_tests",
            f"{facts.title}: do levels, role gaps and paths hold for all kinds of units?", data,
            (
                of("parameter", "label", heading="What"), of("variable", "variable"),
                of("scheme", "kind_label", heading="Compared"),
                "n_units", of("n", "n_clusters", heading="Clusters"), "f", "df1", "df2", "p", "p_holm", "remark",
            ),
            "Level: mean of the roles' views. Gap: first less second role. Path: slope of unit scores, as they are. "
            "Holm's correction within levels, gaps and paths. Groups of fewer than ten units are left out.",
            group="family_label", estimator=errors,
        ),
        Details(
            "Estimates by group",
            (
                table_of(
                    facts, "generalisability_estimates", f"{facts.title}: estimates by group, and changes per SD",
                    estimates,
                    (of("group", "group_label"), "n_units", "estimate", "ci", "se", "df"),
                    group="label", estimator=errors,
                ),
            ),
        ),
    ]  # fmt: skip
    return Section("generalisability", "Generalisability", tuple(blocks))


def chapter(evidence: GeneralisabilityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Generalisability, in print."""
    section = generalisability_section(evidence, labels, cutoffs)
    return Chapter(with_reversals(section, evidence.turned, labels), ())
