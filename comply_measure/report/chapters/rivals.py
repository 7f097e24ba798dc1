"""Chapter: what the dimensions could be, and which claim fits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.report.chapters.columns import labelled, sentences
from comply_measure.report.chapters.rival_claims import (
    cutoff_table,
    cutoff_text,
    edwards_blocks,
    general_table,
    general_text,
)
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.fits import versions
from comply_measure.report.format import bounded, count, listing, number, p_phrase
from comply_measure.report.labels import Labels
from comply_measure.report.modes import as_index
from comply_measure.report.parts import Block, Chapter, Details, Figure, Heading, Notice, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.cutoffs import DynamicCutoffs

_FIT: Columns = (
    of("n", "n_informants"), "chisq", "df", of("p", "pvalue"), "cfi", "tli", "rmsea", "rmsea_ci", "srmr", "aic", "bic",
    "delta_aic", "delta_bic", "remark",
)  # fmt: skip
_PAIRS: Columns = (
    of("more_restricted", "first_label"), of("less_restricted", "second_label"), "relation",
    of("delta_chisq", "chisq_difference"), of("delta_df", "df_difference"), of("p", "pvalue"), "p_distinguishable",
    of("z_vuong", "z"), of("p", "pvalue_vuong"), "delta_bic", of("ci1", "bic"),
)  # fmt: skip


def rivals_section(facts: RivalEvidence, labels: Labels, conventions: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts)), _fit_table(facts, labels), _figure(facts, labels)]
    folded: list[Block] = []
    if len(facts.pairs):
        folded.append(_pair_table(facts, labels))
    if len(facts.by_role):
        folded.append(_role_table(facts, labels))
    if len(facts.items):
        folded.append(_item_table(facts, labels))
    if folded:
        parts = [
            *(["two by two"] if len(facts.pairs) else []),
            *(["in each role"] if len(facts.by_role) else []),
            *(["by items"] if len(facts.items) else []),
        ]
        blocks.append(Details(f"Structures {listing(parts)}", tuple(folded)))
    blocks.append(Heading("Cut-offs for this model and sample"))
    if facts.cutoffs is None:
        blocks.append(Notice(f"No cut-offs were simulated: {facts.obstacles['cutoffs']}.", "info"))
    else:
        blocks += [
            Prose(cutoff_text(facts.cutoffs)),
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
        f"{facts.title}: of {count(len(usable))} models compared, “{best['label']}” has the smallest BIC "
        f"(CFI = {bounded(best['cfi'], 3)}, RMSEA = {bounded(best['rmsea'], 3)}); the next, "
        f"“{second['label']}”, lies {number(second['delta_bic'], 1)} above it."
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


def _fit_table(facts: RivalEvidence, labels: Labels) -> TableSpec:
    data = facts.structures.copy()
    data["label"] = [
        _structure_label(key, label, facts, labels)
        for key, label in zip(data["structure"], data["label"], strict=True)
    ]
    indicators = f"{count(sum(map(len, facts.factors.values())))} {facts.indicator_kind}"
    return table_of(
        facts,
        "rivals_fit",
        f"{facts.title}: rival structures of {indicators}",
        data,
        (of("model", "label"), *_FIT),
        *_versions(data),
        *(as_index(facts.indices, labels) if not len(facts.items) else ()),
        "ΔAIC, ΔBIC: above the smallest.",
        "The likelihood counts informants as independent, so differences of AIC and BIC are overstated.",
    )


def _versions(data: pd.DataFrame) -> list[str]:
    return versions(
        scaled=bool(data["scaling_factor"].notna().any()), robust=bool((data["version"] == "robust").any())
    )


def _figure(facts: RivalEvidence, labels: Labels) -> Figure:
    data = facts.structures
    data = data[(data["structure"] != "independence") & data["rmsea"].notna()]
    names = [
        _structure_label(key, label, facts, labels)
        for key, label in zip(data["structure"], data["label"], strict=True)
    ]
    robust = bool((data["version"] == "robust").any())
    limit = None if robust else _first_cutoff(facts.cutoffs, "rmsea")
    note = "90% intervals."
    if limit is not None:
        note = f"Dashed: cut-off {bounded(limit, 3)} simulated for this model and sample (see below)."
    elif robust and facts.cutoffs is not None:
        note += " Robust RMSEA: the cut-offs simulated below are those of the unscaled one and are not drawn here."
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
        language=labels.language,
        alt="Dots with intervals, one row per structure; the values are in the table above.",
        reference=limit,
        notes=(note,),
    )


def _first_cutoff(cutoffs: DynamicCutoffs | None, index: str) -> float | None:
    if cutoffs is None:
        return None
    found = [c.cutoff for c in cutoffs.cutoffs if c.index == index and c.level == 1]
    return found[0] if found and math.isfinite(found[0]) else None


def _pair_table(facts: RivalEvidence, labels: Labels) -> TableSpec:
    data = facts.pairs.copy()
    names = dict(zip(facts.structures["structure"], facts.structures["label"], strict=True))
    for side in ("first", "second"):
        data.insert(
            0, f"{side}_label", [_structure_label(key, names[key], facts, labels) for key in data[side]]
        )
    data = data[data["first"] != "independence"].reset_index(drop=True)
    return table_of(
        facts,
        "rivals_pairs",
        f"{facts.title}: rival structures two by two",
        data,
        _PAIRS,
        "Relation by fitting one structure to the implied moments of the other. Δχ² for nested pairs; Vuong's z "
        "for the others, positive for the first. ΔBIC: first minus second.",
        *sentences(dict.fromkeys(data["note"])),
    )


def _role_table(facts: RivalEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "rivals_by_role",
        f"{facts.title}: rival structures in each role",
        labelled(facts.by_role, role=(labels.role, "group")),
        (of("model", "label"), *_FIT),
        *_versions(facts.by_role),
        group="role",
        estimator=facts.role_estimator,
    )


def _item_table(facts: RivalEvidence, labels: Labels) -> TableSpec:
    title = f"{facts.title}: rival structures by items"
    columns = (of("model", "label"), *_FIT)
    notes = (*_versions(facts.items), *as_index(facts.indices, labels))
    return table_of(facts, "rivals_items", title, facts.items, columns, *notes)


def chapter(evidence: RivalEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Rival structures, in print."""
    return Chapter(
        with_reversals(rivals_section(evidence, labels, cutoffs), evidence.turned, labels),
        rivals_headline(evidence),
    )
