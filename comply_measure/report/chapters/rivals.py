"""Chapter: what the dimensions could be, and which claim fits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.report.chapters.rival_claims import (
    cutoff_table,
    cutoff_text,
    edwards_blocks,
    general_table,
    general_text,
)
from comply_measure.report.chapters.rival_tables import rival_table, with_remark
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, number, p_phrase
from comply_measure.report.labels import Labels
from comply_measure.report.parts import (
    Block,
    Chapter,
    Column,
    Details,
    Figure,
    Heading,
    Notice,
    Prose,
    Section,
    Table,
)

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.cutoffs import DynamicCutoffs

_FIT = (
    Column("χ²", "chisq", "number"),
    Column("df", "df", "count"),
    Column("p", "pvalue", "p"),
    Column("CFI", "cfi", "bounded3"),
    Column("RMSEA", "rmsea", "bounded3"),
    Column("90% CI", ("rmsea_lower", "rmsea_upper"), "bounded_interval3"),
    Column("SRMR", "srmr", "bounded3"),
    Column("ΔAIC", "delta_aic", "number1"),
    Column("ΔBIC", "delta_bic", "number1"),
)


def rivals_section(facts: RivalEvidence, labels: Labels, conventions: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts)), _fit_table(facts, labels), _figure(facts, labels)]
    folded: list[Block] = []
    if len(facts.pairs):
        folded.append(_pair_table(facts, labels))
    if len(facts.by_role):
        folded.append(_role_table(facts, labels))
    if len(facts.items):
        folded.append(_item_table(facts))
    if folded:
        blocks.append(Details("Structures two by two, in each role, and by items", tuple(folded)))
    blocks.append(Heading("Cut-offs for this model and sample"))
    if facts.cutoffs is None:
        blocks.append(Notice(f"No cut-offs were simulated: {facts.obstacles['cutoffs']}.", "info"))
    else:
        blocks += [
            Prose(cutoff_text(facts.cutoffs, conventions)),
            cutoff_table(facts, facts.cutoffs, labels, conventions),
        ]
    blocks.append(Heading("The general factor"))
    if facts.general is None:
        blocks.append(Notice(f"No indices of a general factor: {facts.obstacles['general']}.", "warning"))
    else:
        blocks += [
            Prose(general_text(facts, facts.general, labels)),
            general_table(facts, facts.general, labels),
        ]
    blocks.append(Heading("Superordinate or aggregate"))
    if facts.edwards is None:
        blocks.append(Notice(f"Edwards' tests were not made: {facts.obstacles['edwards']}.", "info"))
    else:
        blocks += edwards_blocks(facts, facts.edwards)
    return Section("rivals", "Rival structures", tuple(blocks))


def rivals_headline(facts: RivalEvidence) -> tuple[str, ...]:
    """One sentence: the structure with the smallest BIC."""
    return (_verdict(facts),)


def _verdict(facts: RivalEvidence) -> str:
    table = facts.structures
    usable = table[table["converged"] & table["admissible"]].dropna(subset=["bic"]).sort_values("bic")
    if len(usable) < 2:
        return f"{facts.title}: the rival structures cannot be ranked by BIC (see the table)."
    best, second = usable.iloc[0], usable.iloc[1]
    return (
        f"{facts.title}: of {count(len(usable))} rival structures '{best['label']}' has the smallest BIC "
        f"(CFI = {bounded(best['cfi'], 3)}, RMSEA = {bounded(best['rmsea'], 3)}); the next, "
        f"'{second['label']}', lies {number(second['delta_bic'], 1)} above it."
    )


def _opening(facts: RivalEvidence) -> str:
    text = _verdict(facts)
    pairs = facts.pairs
    wider = pairs[
        (pairs["relation"] == "nested")
        & (pairs["first"] == "second_order")
        & (pairs["second"] == "correlated")
    ]
    if len(wider) and math.isfinite(wider["pvalue"].iloc[0]):
        test = wider.iloc[0]
        text += (
            " That the dimensions share one construct restricts their correlations: χ² difference("
            f"{count(test['df_difference'])}) = {number(test['chisq_difference'])}, {p_phrase(test['pvalue'])}; "
            f"target coefficient {bounded(facts.target_coefficient)}."
        )
    return text


def _structure_label(key: str, label: str, facts: RivalEvidence, labels: Labels) -> str:
    if key == "bifactor_s1":
        return f"Bifactor S−1, reference {labels.construct(facts.reference)}"
    return label


def _fit_table(facts: RivalEvidence, labels: Labels) -> Table:
    data = facts.structures.copy()
    data["label"] = [
        _structure_label(key, label, facts, labels)
        for key, label in zip(data["structure"], data["label"], strict=True)
    ]
    columns = (Column("Structure", "label"), *_FIT)
    return rival_table(
        "rivals_fit",
        f"{facts.title}: rival structures of {count(sum(map(len, facts.factors.values())))} {facts.indicator_kind}",
        data,
        with_remark(columns, data),
        facts,
        notes=(
            *_versions(data),
            "ΔAIC, ΔBIC: above the smallest.",
            "The likelihood counts informants as independent, so differences of AIC and BIC are overstated.",
        ),
    )


def _versions(data: pd.DataFrame) -> list[str]:
    found = []
    if data["scaling_factor"].notna().any():
        found.append("χ² is the scaled test.")
    if (data["version"] == "robust").any():
        found.append("CFI, TLI and RMSEA are the robust versions.")
    return found


def _figure(facts: RivalEvidence, labels: Labels) -> Figure:
    data = facts.structures
    data = data[(data["structure"] != "independence") & data["rmsea"].notna()]
    names = [
        _structure_label(key, label, facts, labels)
        for key, label in zip(data["structure"], data["label"], strict=True)
    ]
    limit = _first_cutoff(facts.cutoffs, "rmsea")
    note = (
        f"Dashed: cut-off {bounded(limit, 3)} simulated for this model and sample (see below)."
        if limit is not None
        else "90% intervals."
    )
    series = {
        "RMSEA": (
            data["rmsea"].to_numpy(dtype=float),
            data["rmsea_lower"].to_numpy(dtype=float),
            data["rmsea_upper"].to_numpy(dtype=float),
        )
    }
    return dot_plot(
        "rivals_rmsea",
        f"{facts.title}: RMSEA of the rival structures with 90% intervals",
        names,
        series,
        axis_label="RMSEA",
        alt="Dots with intervals, one row per structure; the values are in the table above.",
        reference=limit,
        notes=(note,),
    )


def _first_cutoff(cutoffs: DynamicCutoffs | None, index: str) -> float | None:
    if cutoffs is None:
        return None
    found = [c.cutoff for c in cutoffs.cutoffs if c.index == index and c.level == 1]
    return found[0] if found and math.isfinite(found[0]) else None


def _pair_table(facts: RivalEvidence, labels: Labels) -> Table:
    data = facts.pairs.copy()
    names = dict(zip(facts.structures["structure"], facts.structures["label"], strict=True))
    for side in ("first", "second"):
        data.insert(
            0, f"{side}_label", [_structure_label(key, names[key], facts, labels) for key in data[side]]
        )
    data = data[data["first"] != "independence"].reset_index(drop=True)
    columns = (
        Column("More restricted", "first_label"),
        Column("Less restricted", "second_label"),
        Column("Relation", "relation"),
        Column("Δχ²", "chisq_difference", "number"),
        Column("Δdf", "df_difference", "count"),
        Column("p", "pvalue", "p"),
        Column("p, distinguishable", "p_distinguishable", "p"),
        Column("Vuong's z", "z", "number"),
        Column("p", "pvalue_vuong", "p"),
        Column("ΔBIC", "delta_bic", "number1"),
        Column("95% CI", ("bic_lower", "bic_upper"), "interval"),
    )
    notes = list(dict.fromkeys(text for text in data["note"] if text))
    return rival_table(
        "rivals_pairs",
        f"{facts.title}: rival structures two by two",
        data,
        columns,
        facts,
        notes=(
            "Relation by fitting one structure to the implied moments of the other. Δχ² for nested pairs; Vuong's z "
            "for the others, positive for the first. ΔBIC: first minus second.",
            *(f"{note[0].upper()}{note[1:]}." for note in notes),
        ),
    )


def _role_table(facts: RivalEvidence, labels: Labels) -> Table:
    data = facts.by_role.copy()
    data.insert(0, "role", [labels.role(key) for key in data["group"]])
    columns = (Column("Structure", "label"), Column("n", "n_informants", "count"), *_FIT)
    return rival_table(
        "rivals_by_role",
        f"{facts.title}: rival structures in each role",
        data,
        with_remark(columns, data),
        facts,
        notes=tuple(_versions(data)),
        group="role",
        estimator=facts.role_estimator,
    )


def _item_table(facts: RivalEvidence) -> Table:
    columns = (Column("Structure", "label"), *_FIT)
    return rival_table(
        "rivals_items",
        f"{facts.title}: rival structures by items",
        facts.items,
        with_remark(columns, facts.items),
        facts,
        notes=tuple(_versions(facts.items)),
    )


def chapter(evidence: RivalEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Rival structures, in print."""
    return Chapter(rivals_section(evidence, labels, cutoffs), rivals_headline(evidence))
