"""Chapter: convergent and discriminant validity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from comply_measure.evidence.keying import with_doubt
from comply_measure.evidence.topics.validity import ValidityEvidence
from comply_measure.report.chapters.columns import AVE_NOTE, CONSTRUCT_NOTE, labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, plural
from comply_measure.report.labels import Labels
from comply_measure.report.matrix import Panel, matrix_plot
from comply_measure.report.parts import Block, Chapter, Details, Figure, Notice, Prose, Section
from comply_measure.report.quantities.names import Name
from comply_measure.report.reversals import reversal_sentence
from comply_measure.report.tables import Column, Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.measurement.validity import GlobalItems

_STRICT = 0.85
_CONSTRUCTS: Columns = (
    "dimension", of("n_indicators", "n_items"), "composite_reliability", "ave", of("root_ave", "sqrt_ave"), "loadings",
    "weakest", "largest_correlation", of("partner", "closest"), of("fornell_larcker", "satisfied"), "remark",
)  # fmt: skip
_PAIR: Columns = (of("dimension", "first"), of("partner", "second"))
_GLOBAL: Columns = (
    "score_of", "n_informants", "own_item", of("r", "own_correlation"), "ci_bounded", "largest_other",
    of("partner", "other_item"), of("own_is_largest", "highest"),
)  # fmt: skip
_BY_ROLE: Columns = (
    "dimension", "n_informants", "ave", "loadings", "largest_correlation", of("largest_htmt2", "htmt2"),
    of("ci_bounded", "htmt2"), "remark",
)  # fmt: skip


def validity_section(facts: ValidityEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts, labels))]
    if facts.turned:
        blocks.append(Prose(reversal_sentence(facts.turned, labels)))
    if facts.matrix.convergent is None:
        blocks.append(Notice(f"Without a factor model: {facts.matrix.note}.", "warning"))
    blocks.append(_figure(facts, labels))
    convergent = facts.matrix.convergent
    if convergent is not None:
        blocks.append(_construct_table(facts, convergent.tidy(), labels))
    if facts.pairs is None:
        blocks.append(Notice(f"Pairs of dimensions were not tested: {facts.pairs_obstacle}.", "warning"))
    else:
        blocks += [Prose(_pair_text(facts.pairs)), _pair_table(facts, facts.pairs, labels)]
    folded: list[Block] = [_ratio_table(facts, labels)]
    if convergent is not None:
        folded.append(_loading_table(facts, convergent.loadings, labels))
    if facts.matrix.global_items is not None:
        folded.append(_global_table(facts, facts.matrix.global_items, labels))
    if len(facts.by_role):
        folded.append(_role_table(facts, labels))
    blocks.append(Details("Ratios, loadings, global items, each role", tuple(folded)))
    return Section("validity", "Convergent and discriminant validity", tuple(blocks))


def validity_headline(facts: ValidityEvidence, labels: Labels) -> tuple[str, ...]:
    """One sentence: the pair that is hardest to tell apart."""
    return (_closest(facts, labels),)


def _closest(facts: ValidityEvidence, labels: Labels) -> str:
    ratios = facts.matrix.ratios.tidy().dropna(subset=["htmt2"])
    if not len(ratios):
        return f"{facts.title}: HTMT2 is undefined for every pair of dimensions."
    top = ratios.sort_values("htmt2", ascending=False).iloc[0]
    lower, upper = top["htmt2_lower"], top["htmt2_upper"]
    ci = f", 95% CI [{bounded(lower)}, {bounded(upper)}]" if upper == upper else ""
    return (
        f"{facts.title}: the dimensions hardest to tell apart are {labels.construct(top['construct'])} and "
        f"{labels.construct(top['other'])} (HTMT2 = {bounded(top['htmt2'])}{ci})."
    )


def _opening(facts: ValidityEvidence, labels: Labels) -> str:
    parts = [_closest(facts, labels)]
    convergent = facts.matrix.convergent
    if convergent is not None:
        table = convergent.tidy()
        failed = [labels.construct(key) for key in table[table["fornell_larcker"].eq(False)]["construct"]]
        known = table["ave"].dropna()
        if len(known):
            parts.append(
                f"AVE ranges from {bounded(known.min())} to {bounded(known.max())}; without allowance for sampling "
                f"error √AVE does not exceed every correlation (Fornell & Larcker, 1981) for "
                f"{listing(failed) or 'no dimension'}."
            )
    beside = facts.matrix.global_items
    if beside is not None:
        found = beside.convergence()
        own = int(found["highest"].eq(True).sum())
        parts.append(
            f"{count(own)} of {plural(len(found), 'dimension')} correlate most with the global item of their own."
        )
    if facts.indices:
        names = listing([labels.construct(key) for key in facts.indices])
        parts.append(f"Left out, as their items form them and need not share anything: {names}.")
    return " ".join(parts)


def _figure(facts: ValidityEvidence, labels: Labels) -> Figure:
    import numpy as np

    names = list(facts.matrix.constructs)
    frame = facts.matrix.frame()
    rows = [f"{place}  {labels.construct(key)}" for place, key in enumerate(names, start=1)]
    diagonal = np.eye(len(names), dtype=bool)
    numbers = [str(place) for place in range(1, len(names) + 1)]
    panels = [
        Panel(
            "√AVE in bold; below it factor correlations, above it HTMT2",
            frame[names].to_numpy(dtype=float),
            rows,
            numbers,
            diagonal,
        )
    ]
    beside = facts.matrix.global_items
    if beside is not None:
        items = list(beside.items)
        own = np.array([[beside.own.get(key) == item for item in items] for key in names])
        heads = [_item_head(item, beside.own, names) for item in items]
        panels.append(
            Panel(
                "Scores and global items, the own one in bold", frame[items].to_numpy(float), rows, heads, own
            )
        )
    return matrix_plot(
        "validity_matrix",
        f"{facts.title}: convergent and discriminant validity",
        panels,
        language=labels.language,
        alt="Matrix of the dimensions: square root of the variance extracted on the diagonal, factor correlations "
        "below, heterotrait-monotrait ratios above; beneath it the correlations of the scores with the global items. "
        "The values are in the tables.",
        notes=("Columns are numbered like the rows. Darker cells are larger.",),
    )


def _item_head(item: str, own: Mapping[str, str], names: Sequence[str]) -> str:
    place = next((place for place, key in enumerate(names, start=1) if own.get(key) == item), None)
    return item if place is None else f"global {place}"


def _construct_table(facts: ValidityEvidence, data: pd.DataFrame, labels: Labels) -> TableSpec:
    data = labelled(data, label=(labels.construct, "construct"))
    data["weakest"] = [labels.construct(key) for key in data["weakest_item"]]
    data["closest"] = [labels.construct(key) for key in data["with_construct"]]
    data["satisfied"] = _yes_or_no(data["fornell_larcker"])
    data = data.drop(columns="fornell_larcker")
    data["note"] = _doubted(facts, data, "construct")
    return table_of(
        facts,
        "validity_constructs",
        f"{facts.title}: variance extracted and Fornell and Larcker's comparison",
        data,
        _CONSTRUCTS,
        CONSTRUCT_NOTE.format(facts.indicator_kind),
    )


def _yes_or_no(values: pd.Series[bool]) -> list[str]:
    """Truth in words; empty where it is unknown."""
    return ["" if value is None else "yes" if value else "no" for value in values]


def _pair_text(pairs: pd.DataFrame) -> str:
    classes = pairs["problem"].value_counts()
    found = [
        f"{count(int(classes[name]))} {name}"
        for name in ("severe", "moderate", "marginal")
        if name in classes
    ]
    text = (
        "By the interval of the factor correlation (Rönkkö & Cho, 2022: below .80 no problem, then marginal, from .90 "
        f"moderate, at 1 severe), {listing(found) if found else 'no pair has a problem'}"
    )
    text += " problem of discriminant validity." if found else "."
    merged = pairs["pvalue_merge"].dropna()
    if len(merged):
        same = int((~rejects(merged, 0.05)).sum())
        text += (
            f" Merging two dimensions fits no worse (p > .05) for {plural(same, 'pair')}."
            if same
            else " Merging any two dimensions fits worse (all p ≤ .05)."
        )
    return text


def _pair_table(facts: ValidityEvidence, pairs: pd.DataFrame, labels: Labels) -> TableSpec:
    data = _named_pairs(pairs, labels)
    columns: list[Name | Column] = [*_PAIR, of("r", "correlation"), "se", "ci_bounded", "problem"]
    if data["chisq_merge"].notna().any():
        columns += [of("delta_chisq", "chisq_merge"), of("delta_df", "df_merge"), of("p", "pvalue_merge")]
    for name in [str(name) for name in data.columns if str(name).startswith("pvalue_")]:
        if name != "pvalue_merge" and data[name].notna().any():
            cutoff = float(name.removeprefix("pvalue_"))
            columns.append(of("p_fixed", name, heading=f"p, r fixed at {bounded(cutoff)}"))
    return table_of(
        facts,
        "validity_pairs",
        f"{facts.title}: correlations of the dimensions and merged models",
        data,
        (*columns, "remark"),
        "CI_CFA(sys) and χ²(merge) of Rönkkö and Cho (2022); Δχ² against merged dimensions, scaled after Satorra "
        "(2000).",
    )


def _named_pairs(pairs: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    return labelled(pairs, first=(labels.construct, "construct"), second=(labels.construct, "other"))


def _ratio_table(facts: ValidityEvidence, labels: Labels) -> TableSpec:
    data = _named_pairs(facts.matrix.ratios.tidy(), labels)
    data["note"] = _doubted(facts, data, "construct", "other")
    above = int((data["htmt2_upper"] >= _STRICT).sum())
    return table_of(
        facts,
        "validity_htmt",
        f"{facts.title}: heterotrait-monotrait ratios",
        data,
        (*_PAIR, "htmt", of("ci_bounded", "htmt"), "htmt2", of("ci_bounded", "htmt2"), "remark"),
        "HTMT: Henseler et al. (2015); HTMT2: Roemer et al. (2021).",
        f"{count(facts.replications)} resamples of whole clusters." if facts.replications else "",
        f"Intervals of HTMT2 that reach {bounded(_STRICT)}: {count(above)}.",
        estimator="Pairwise correlations",
    )


def _loading_table(facts: ValidityEvidence, loadings: pd.DataFrame, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "validity_loadings",
        f"{facts.title}: standardised loadings, correlated dimensions",
        labelled(loadings, label=(labels.construct, "construct"), indicator=(labels.construct, "item")),
        (of("indicator", "indicator"), "loading", "se", "ci_bounded"),
        "Standard errors by the delta method.",
        group="label",
    )


def _global_table(facts: ValidityEvidence, beside: GlobalItems, labels: Labels) -> TableSpec:
    data, cells = beside.convergence(), beside.tidy()
    own = cells[cells["own"]].set_index("score")
    for name in ("lower", "upper"):
        data[name] = own[name].reindex(data["score"]).to_numpy()
    data = labelled(data, label=(labels.construct, "score"))
    data["highest"] = _yes_or_no(data["highest"])
    title = f"{facts.title}: scores and global items"
    return table_of(facts, "validity_global", title, data, _GLOBAL, estimator="Pearson correlations")


def _role_table(facts: ValidityEvidence, labels: Labels) -> TableSpec:
    data = facts.by_role.copy()
    data["note"] = data["note"].fillna("")
    for name in (
        "ave",
        "loading_min",
        "loading_max",
        "largest_correlation",
        "htmt2",
        "htmt2_lower",
        "htmt2_upper",
    ):
        if name not in data:
            data[name] = math.nan
    if "fornell_larcker" in data:
        data = data.drop(columns="fornell_larcker")
    data["note"] = _doubted(facts, data, "construct")
    return table_of(
        facts,
        "validity_by_role",
        f"{facts.title}: validity in each role",
        labelled(data, role=(labels.role, "group"), label=(labels.construct, "construct")),
        _BY_ROLE,
        AVE_NOTE.format(facts.indicator_kind),
        group="role",
        estimator=facts.role_estimator,
    )


def _doubted(facts: ValidityEvidence, data: pd.DataFrame, *columns: str) -> list[str]:
    """Notes of rows with the items that run against the row's dimensions."""
    keys = [
        tuple(name for key in row for name in (key, *facts.factors.get(key, ())))
        for row in data[list(columns)].itertuples(index=False)
    ]
    return with_doubt(data["note"], keys, facts.turned)


def chapter(evidence: ValidityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Convergent and discriminant validity, in print."""
    return Chapter(validity_section(evidence, labels), validity_headline(evidence, labels))
