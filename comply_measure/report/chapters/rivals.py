"""Chapter: what the dimensions could be, and which claim fits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, number, p_phrase
from comply_measure.report.labels import Labels
from comply_measure.report.parts import (
    Block,
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
    from comply_measure.models.rivals import EdwardsTests, RivalComparison

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
_CLAIMS = {
    "multidimensional": "Every dimension has its own effects",
    "superordinate": "Superordinate: the construct alone has effects",
    "equal_loadings": "Superordinate, equal loadings",
    "aggregate_fixed": "Aggregate, equal weights",
    "aggregate_free": "Aggregate, free weights",
}
_SIMULATED = {"srmr": "SRMR", "rmsea": "RMSEA", "cfi": "CFI"}


@dataclass(frozen=True, eq=False)
class RivalFacts:
    """What the chapter is made from.

    Parameters
    ----------
    title, top, indicator_kind : str
        The scale, the construct above the dimensions, what the indicators are.
    factors : mapping
        Dimension -> indicators.
    comparison : RivalComparison
        All structures over all informants.
    by_role, items : DataFrame
        As ``comparison.tidy()``, in each role (``group``) and at the level of items; may be empty.
    cutoffs : DynamicCutoffs or None
        For the second-order (else correlated, else one-factor) model.
    general : DataFrame or None
        Indices of the general factor.
    edwards : EdwardsTests or None
        Superordinate against aggregate.
    criteria : str
        What the criteria of `edwards` are.
    obstacles : mapping of str to str
        Why ``cutoffs``, ``general``, ``edwards`` are None.
    n_units, n_informants : int
        Sample.
    estimator, role_estimator, reference : str
        Estimators in words, over all informants and in each role; reference dimension of the S−1 model.
    """

    title: str
    factors: Mapping[str, Sequence[str]]
    top: str
    indicator_kind: str
    comparison: RivalComparison
    by_role: pd.DataFrame
    items: pd.DataFrame
    cutoffs: DynamicCutoffs | None
    general: pd.DataFrame | None
    edwards: EdwardsTests | None
    criteria: str
    obstacles: Mapping[str, str]
    n_units: int
    n_informants: int
    estimator: str
    role_estimator: str
    reference: str


def rivals_section(facts: RivalFacts, labels: Labels, conventions: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts)), _fit_table(facts, labels), _figure(facts, labels)]
    folded: list[Block] = []
    if facts.comparison.pair_list:
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
            Prose(_cutoff_text(facts.cutoffs, conventions)),
            _cutoff_table(facts, facts.cutoffs, labels, conventions),
        ]
    blocks.append(Heading("The general factor"))
    if facts.general is None:
        blocks.append(Notice(f"No indices of a general factor: {facts.obstacles['general']}.", "warning"))
    else:
        blocks += [
            Prose(_general_text(facts, facts.general, labels)),
            _general_table(facts, facts.general, labels),
        ]
    blocks.append(Heading("Superordinate or aggregate"))
    if facts.edwards is None:
        blocks.append(Notice(f"Edwards' tests were not made: {facts.obstacles['edwards']}.", "info"))
    else:
        blocks += _edwards_blocks(facts, facts.edwards)
    return Section("rivals", "Rival structures", tuple(blocks))


def rivals_headline(facts: RivalFacts) -> tuple[str, ...]:
    """One sentence: the structure with the smallest BIC."""
    return (_verdict(facts),)


def _verdict(facts: RivalFacts) -> str:
    table = facts.comparison.tidy()
    usable = table[table["converged"] & table["admissible"]].dropna(subset=["bic"]).sort_values("bic")
    if len(usable) < 2:
        return f"{facts.title}: the rival structures cannot be ranked by BIC (see the table)."
    best, second = usable.iloc[0], usable.iloc[1]
    return (
        f"{facts.title}: of {count(len(usable))} rival structures '{best['label']}' has the smallest BIC "
        f"(CFI = {bounded(best['cfi'], 3)}, RMSEA = {bounded(best['rmsea'], 3)}); the next, "
        f"'{second['label']}', lies {number(second['delta_bic'], 1)} above it."
    )


def _opening(facts: RivalFacts) -> str:
    text = _verdict(facts)
    tests = [p for p in facts.comparison.pair_list if p.relation == "nested" and p.first == "second_order"]
    wider = next((p for p in tests if p.second == "correlated"), None)
    if wider is not None and math.isfinite(wider.pvalue):
        text += (
            " That the dimensions share one construct restricts their correlations: χ² difference("
            f"{count(wider.df_difference)}) = {number(wider.chisq_difference)}, {p_phrase(wider.pvalue)}; "
            f"target coefficient {bounded(facts.comparison.target_coefficient('second_order'))}."
        )
    return text


def _structure_label(key: str, label: str, facts: RivalFacts, labels: Labels) -> str:
    if key == "bifactor_s1":
        return f"Bifactor S−1, reference {labels.construct(facts.reference)}"
    return label


def _fit_table(facts: RivalFacts, labels: Labels) -> Table:
    data = facts.comparison.tidy()
    data["label"] = [
        _structure_label(key, label, facts, labels)
        for key, label in zip(data["structure"], data["label"], strict=True)
    ]
    columns = (Column("Structure", "label"), *_FIT)
    return _table(
        "rivals_fit",
        f"{facts.title}: rival structures of {count(sum(map(len, facts.factors.values())))} {facts.indicator_kind}",
        data,
        _with_remark(columns, data),
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


def _with_remark(columns: tuple[Column, ...], data: pd.DataFrame) -> tuple[Column, ...]:
    return (*columns, Column("Remark", "note")) if (data["note"].fillna("") != "").any() else columns


def _figure(facts: RivalFacts, labels: Labels) -> Figure:
    data = facts.comparison.tidy()
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
        "RMSEA": tuple(data[name].to_numpy(dtype=float) for name in ("rmsea", "rmsea_lower", "rmsea_upper"))
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


def _pair_table(facts: RivalFacts, labels: Labels) -> Table:
    data = facts.comparison.pairs()
    names = dict(zip(facts.comparison.structures, facts.comparison.tidy()["label"], strict=True))
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
    return _table(
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


def _role_table(facts: RivalFacts, labels: Labels) -> Table:
    data = facts.by_role.copy()
    data.insert(0, "role", [labels.role(key) for key in data["group"]])
    columns = (Column("Structure", "label"), Column("n", "n_informants", "count"), *_FIT)
    return _table(
        "rivals_by_role",
        f"{facts.title}: rival structures in each role",
        data,
        _with_remark(columns, data),
        facts,
        notes=tuple(_versions(data)),
        group="role",
        estimator=facts.role_estimator,
    )


def _item_table(facts: RivalFacts) -> Table:
    columns = (Column("Structure", "label"), *_FIT)
    return _table(
        "rivals_items",
        f"{facts.title}: rival structures by items",
        facts.items,
        _with_remark(columns, facts.items),
        facts,
        notes=tuple(_versions(facts.items)),
    )


def _cutoff_text(cutoffs: DynamicCutoffs, conventions: Cutoffs) -> str:
    first = [c for c in cutoffs.cutoffs if c.level == 1]
    better = [_SIMULATED[c.index] for c in first if c.better]
    worse = [_SIMULATED[c.index] for c in first if c.better is False]
    text = (
        "Conventional cut-offs were studied under other models and samples. Here samples were drawn from the fitted "
        "model and from versions that leave something out (McNeish & Wolf, 2021); a cut-off is what tells them apart. "
    )
    if better:
        text += f"By {listing(better)} the model fits better than one that leaves out the smallest omission. "
    if worse:
        text += f"By {listing(worse)} it does not. "
    return f"{text.strip()} Indices are the unscaled ones that were simulated."


def _cutoff_table(facts: RivalFacts, cutoffs: DynamicCutoffs, labels: Labels, conventions: Cutoffs) -> Table:
    import pandas as pd

    table = cutoffs.tidy()
    values = table.drop_duplicates("index").set_index("index")["value"]
    rows: list[dict[str, Any]] = [{"level": "This model", **values.to_dict(), "note": ""}]
    rows.append(
        {
            "level": "Convention",
            **{name: conventions[name].value for name in _SIMULATED},
            "note": "Hu & Bentler",
        }
    )
    for level, part in table.groupby("level", sort=False):
        found = part.set_index("index")
        missing = [_SIMULATED[name] for name in _SIMULATED if found["rule"][name] == "none"]
        rows.append(
            {
                "level": f"Omission {level}: {_described(found['description'].iloc[0], labels)}",
                **{name: float(found["cutoff"][name]) for name in _SIMULATED},
                "note": f"{listing(missing)} cannot tell it from the model in this sample" if missing else "",
            }
        )
    columns = (
        Column("", "level"),
        *(Column(label, name, "bounded3") for name, label in _SIMULATED.items()),
        Column("Remark", "note"),
    )
    return _table(
        "rivals_cutoffs",
        f"{facts.title}: fit of the model beside its cut-offs",
        pd.DataFrame(rows),
        columns,
        facts,
        notes=(
            f"{count(cutoffs.n_replications)} samples of {count(cutoffs.n_informants)} per level; omissions add up "
            "from level to level.",
            *((f"{cutoffs.note[0].upper()}{cutoffs.note[1:]}.",) if cutoffs.note else ()),
        ),
        estimator="Simulated normal samples, maximum likelihood",
    )


def _described(text: str, labels: Labels) -> str:
    """Keys of constructs in a description, replaced by their labels."""
    return " ".join(labels.construct(word) for word in text.split())


def _general_text(facts: RivalFacts, general: pd.DataFrame, labels: Labels) -> str:
    top = general[general["factor"] == facts.top].iloc[0]
    return (
        f"By the {_source(top['source'])}, {labels.construct(facts.top)} carries "
        f"{bounded(top['omega_hierarchical'])} of the variance of the total score (ω_h) and {bounded(top['ecv'])} "
        f"of the common variance (ECV); {bounded(top['puc'])} of the correlations lie between dimensions (PUC)."
    )


def _source(name: str) -> str:
    return "bifactor model" if name == "bifactor" else "second-order model (Schmid-Leiman)"


def _general_table(facts: RivalFacts, general: pd.DataFrame, labels: Labels) -> Table:
    data = general.copy()
    data.insert(0, "label", [labels.construct(key) for key in data["factor"]])
    data.insert(1, "by", [_source(name)[0].upper() + _source(name)[1:] for name in data["source"]])
    columns = (
        Column("Factor", "label"),
        Column("ω", "omega", "bounded"),
        Column("ω_h", "omega_hierarchical", "bounded"),
        Column("ω_h/ω", "relative_omega", "bounded"),
        Column("ECV", "ecv", "bounded"),
        Column("H", "h", "bounded"),
        Column("Determinacy", "determinacy", "bounded"),
        Column("PUC", "puc", "bounded"),
        Column("Bias of one factor", "relative_bias", "bounded"),
    )
    return _table(
        "rivals_general",
        f"{facts.title}: what the general factor carries",
        data,
        columns,
        facts,
        notes=("Reise (2012); Rodriguez, Reise, and Haviland (2016).",),
        group="by",
    )


def _edwards_blocks(facts: RivalFacts, edwards: EdwardsTests) -> list[Block]:
    data = edwards.tidy()
    for name in ("chisq_difference", "df_difference", "pvalue_difference", "r_squared_mean", "chisq", "df"):
        if name not in data:
            data[name] = math.nan
    data["note"] = data["note"].fillna("")
    data.insert(0, "label", [_CLAIMS[key] for key in data["model"]])
    tested = data[data["pvalue_difference"].notna()].set_index("model")["pvalue_difference"]
    parts = [
        f"{_CLAIMS[key].split(':')[0].casefold()} {p_phrase(tested[key])}"
        for key in ("superordinate", "aggregate_fixed", "aggregate_free")
        if key in tested
    ]
    text = (
        "A superordinate construct leaves its dimensions no effects of their own; an aggregate is a sum of them. Both "
        f"are tested by criteria ({facts.criteria}): {'; '.join(parts) or 'no test could be made'}."
    )
    columns = [
        Column("Claim", "label"),
        Column("χ²", "chisq", "number"),
        Column("df", "df", "count"),
        Column("Δχ²", "chisq_difference", "number"),
        Column("Δdf", "df_difference", "count"),
        Column("p", "pvalue_difference", "p"),
        Column("Mean R²", "r_squared_mean", "bounded"),
    ]
    table = _table(
        "rivals_edwards",
        f"{facts.title}: superordinate against aggregate",
        data,
        _with_remark(tuple(columns), data),
        facts,
        notes=("Edwards (2001). Δχ² against the first row; equal loadings against the superordinate model.",),
    )
    return [Prose(text), table]


def _table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: RivalFacts,
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
    estimator: str | None = None,
) -> Table:
    return Table(
        key,
        title,
        data,
        columns,
        notes=notes,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=estimator or facts.estimator,
        group=group,
    )
