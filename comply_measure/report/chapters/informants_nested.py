"""Part of the chapter on dependent informants: several informants of a role, modelled side by side."""

from __future__ import annotations

from comply_measure.evidence.topics.informants import InformantEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.fits import fit_table
from comply_measure.report.format import bounded, count, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Details, Prose
from comply_measure.report.tables import Columns, TableSpec, of, table_of

_SHARES: Columns = (
    of("attribute", heading="Indicator"), "role", of("common", "consistency", heading="Trait"),
    of("view", "common_method", heading="Role beyond it"), of("only", "unique_method", heading="One informant alone"),
    of("residual", "error"), "remark",
)  # fmt: skip
_MODEL = (
    "The CT-C(M−1) model of interchangeable informants within structurally different roles (Eid et al., 2008; Koch et "
    "al., 2015)"
)


def nested_blocks(facts: InformantEvidence, labels: Labels) -> list[Block]:
    """What several informants of a role say, or why they are not modelled; nothing where no role has several."""
    if not len(facts.crowd):
        return []
    if not facts.nested:
        return [Prose(_why_not(facts, labels))]
    fit = fit_table(
        facts,
        "informants_nested_fit",
        f"{facts.title}: fit of models of informants within roles",
        facts.nested,
    )
    inside = (fit, _table(facts, labels))
    return [Prose(_text(facts, labels)), Details("Several informants of a role side by side", inside)]


def _by_role(facts: InformantEvidence, labels: Labels, column: str) -> str:
    rows = facts.crowd.to_dict("records")
    return ", ".join(f"{labels.role(str(row['role']))} {count(row[column])}" for row in rows)


def _why_not(facts: InformantEvidence, labels: Labels) -> str:
    if (facts.crowd["number"] > 1).any():
        return (
            f"{_MODEL} could not be fitted to any dimension: it needs two indicators, three where a role has one "
            "informant."
        )
    return (
        f"{_MODEL} is estimated where at least {plural(facts.several_from, 'unit')} have two informants of a role. "
        f"Units with two: {_by_role(facts, labels, 'n_several')}."
    )


def _text(facts: InformantEvidence, labels: Labels) -> str:
    known = facts.nested_shares.dropna(subset=["consistency"])
    text = (
        f"{_MODEL} tells apart what the informants of {labels.role(facts.reference)} in a unit see in common (the "
        "trait), what the informants of another role share beyond it, and what one informant sees alone. Informants "
        f"modelled in a unit: {_by_role(facts, labels, 'number')}."
    )
    if not len(known):
        return f"{text} No dimension gave an admissible solution."
    beyond = known.loc[known["role"] != facts.reference, "common_method"].mean()
    return (
        f"{text} On average the trait has {bounded(known['consistency'].mean())} of the variance of an answer, "
        f"the role beyond it {bounded(beyond)} (other roles), one informant alone "
        f"{bounded(known['unique_method'].mean())}."
    )


def _table(facts: InformantEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.nested_shares, heading=(labels.construct, "dimension"), label=(labels.construct, "variable")
    )
    data["role"] = [labels.role(role) for role in data["role"]]
    return table_of(
        facts,
        "informants_nested_shares",
        f"{facts.title}: variance shares of what one informant of a role answers",
        data,
        _SHARES,
        "The reference role has no part beyond the trait, which it defines.",
        group="heading",
        warnings=tuple(text for named in facts.nested for text in named.warnings),
    )
