"""Chapter: content validity by experts and judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.content import ContentValidityEvidence
from comply_measure.report.chapters.columns import labelled, sentences
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Prose, Section
from comply_measure.report.tables import Columns, Counts, TableSpec, column_of, of, table_of

if TYPE_CHECKING:
    import pandas as pd


_RATINGS: Columns = (
    "item", "n_experts", "i_cvi", "kappa", "cvr", of("critical", "cvr_critical"), "aiken_v", of("ci_bounded", "aiken"),
)  # fmt: skip
_SORTS: Columns = (
    "item", "n_judges", "p_sa", "c_sv", of("critical", "c_sv_critical"), of("most_frequent_other", "other"), "htc",
    "htd",
)  # fmt: skip


def content_section(facts: ContentValidityEvidence, labels: Labels) -> Section:
    """The chapter."""
    evidence = facts.evidence
    blocks: list[Block] = [Prose(_opening(facts))]
    blocks += [_summary(facts), _decisions(facts, labels)]
    items = evidence.tidy()
    folded: list[Block] = []
    if evidence.ratings is not None:
        folded.append(_item_table(facts, items, labels, "ratings", _RATINGS))
    if evidence.sorts is not None or evidence.definitions is not None:
        folded.append(_item_table(facts, items, labels, "sorts", _SORTS))
    blocks.append(Details("Item by item", tuple(folded)))
    blocks += _compared(facts, labels)
    return Section("content", "Content validity", tuple(blocks))


def content_headline(facts: ContentValidityEvidence) -> tuple[str, ...]:
    """One sentence: what the experts say of the whole scale."""
    return (_opening(facts),)


_NAMED = 8


def _opening(facts: ContentValidityEvidence) -> str:
    evidence = facts.evidence
    found = dict(zip(*(evidence.summary()[name] for name in ("statistic", "value")), strict=True))
    names = {
        "S-CVI/Ave": "S-CVI/Ave",
        "S-CVI/UA": "S-CVI/UA",
        "mean p_sa": "mean p_sa",
        "mean c_sv": "mean c_sv",
    }
    values = [f"{label} = {bounded(found[key])}" for key, label in names.items() if key in found]
    dropped = list(dict.fromkeys(evidence.log.dropped))
    text = f"{facts.title}, content validity: {listing(values)}; " if values else f"{facts.title}: "
    shown = f" ({', '.join(dropped)})" if 0 < len(dropped) <= _NAMED else ""
    return (
        f"{text}by the cut-offs {count(len(dropped))} of {plural(len(evidence.tidy()), 'item')} would be dropped{shown}"
        f"{_undecided(facts, dropped)}. The answers are analysed with all items"
        f"{'; a table shows what changes without these' if len(facts.compared) else ''}."
    )


def _undecided(facts: ContentValidityEvidence, dropped: list[str]) -> str:
    """Dropped items on which the verdict cannot say."""
    answers = {verdict.subject[0]: verdict.answer for verdict in facts.verdicts({})}
    left = [item for item in dropped if answers.get(item) == "cannot say"]
    if not left:
        return ""
    shown = f" ({', '.join(left)})" if len(left) <= _NAMED else ""
    return f", on {count(len(left))} of which the verdict cannot say because one person decides{shown}"


_KINDS = {
    "omega": "ω of the score",
    "fit": "Fit, correlated dimensions",
    "correlation": "Correlation of dimensions",
    "gap": "Latent gap, points",
    "icc": "Agreement",
}
_BESIDE = {
    "chisq": "χ²", "df": "df", "cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR", "icc1": "ICC(1)", "icc2": "ICC(2)",
}  # fmt: skip


def _compared(facts: ContentValidityEvidence, labels: Labels) -> list[Block]:
    """What changes without the items that would be dropped."""
    table = facts.compared
    if table.empty:
        return []

    def beside(kind: str, key: str) -> str:
        if kind == "omega":
            return labels.role(key)
        return labels.pair(key) if kind == "gap" else _BESIDE.get(key) or labels.construct(key)

    names = zip(table["kind"], table["of"], table["beside"], strict=True)
    data = table.assign(
        quantity=[_KINDS[kind] for kind in table["kind"]],
        label=[
            ", ".join(filter(None, (labels.construct(of) if of else "", beside(kind, key))))
            for kind, of, key in names
        ],
    )
    parts = []
    for kind in ("omega", "correlation", "gap"):
        moved = table.loc[table["kind"] == kind, "difference"].dropna()
        if len(moved):
            shape = number if kind == "gap" else bounded
            parts.append(f"{_KINDS[kind]} {shape(moved.min(), 3)} to {shape(moved.max(), 3)}")
    text = f"Without the items that the cut-offs drop, results change: {'; '.join(parts)}." if parts else ""
    spec = table_of(
        facts,
        "content_compared",
        f"{facts.title}: central results with all items and without those that would be dropped",
        data,
        (
            of("of_what", "label"),
            of("all_informants", "all", heading="All items"),
            of("without_flagged", "without", heading="Without them"),
            "difference",
            "remark",
        ),
        "Both computed in the same way: ω of the score in use, the model of correlated dimensions, latent gaps of "
        "attribute scores without a search for items that shift, one-way ICCs.",
        estimator="As in the steps reliability, cfa, invariance and agreement",
        group="quantity",
    )
    return [*([Prose(text)] if text else []), Details("With and without these items", (spec,))]


def _summary(facts: ContentValidityEvidence) -> TableSpec:
    title = f"{facts.title}: content validity of the whole scale"
    columns: Columns = ("statistic", "value", "n_items", "n_people")
    notes = sentences(facts.evidence.notes)
    if (sorts := facts.evidence.sorts) is not None:
        notes += (
            f"A judge who guesses chooses the intended construct with probability {bounded(sorts.chance, 3)}.",
        )
    return table_of(
        Counts(),
        "content_summary",
        title,
        facts.evidence.summary(),
        columns,
        *notes,
        estimator=_raters(facts),
    )


def _raters(facts: ContentValidityEvidence) -> str:
    return f"Experts and judges, not informants of the units ({', '.join(facts.files)})"


def _decisions(facts: ContentValidityEvidence, labels: Labels) -> TableSpec:
    data = facts.evidence.log.tidy()
    data = data.sort_values("decision", kind="stable", ignore_index=True)
    data.insert(0, "text", [labels.items.get(key, "") for key in data["item"]])
    return table_of(
        Counts(),
        "content_decisions",
        f"{facts.title}: log of decisions",
        data,
        ("item", "text", "stage", "decision", "reason"),
        "What one stage drops, the next does not judge. Cut-offs are conventions: I-CVI after Lynn (1986), exact "
        "critical values of c_sv for the number of constructs.",
        estimator=_raters(facts),
        rows_shown=max(int((data["decision"] == "dropped").sum()), 5),
    )


def _item_table(
    facts: ContentValidityEvidence, items: pd.DataFrame, labels: Labels, kind: str, columns: Columns
) -> TableSpec:
    data = labelled(items, label=(labels.construct, "construct"))
    others = data.get("most_frequent_other", [""] * len(data))
    data["other"] = [labels.construct(key) if isinstance(key, str) and key else "" for key in others]
    made = [column for column in map(column_of, columns) if set(column.sources) <= set(data)]
    title, note = {
        "ratings": (
            "relevance by experts",
            "κ*: modified kappa (Polit et al., 2007); CVR with exact critical values; Aiken's V with a score "
            "interval.",
        ),
        "sorts": (
            "sorts and definitional ratings",
            "p_sa, c_sv: Anderson and Gerbing (1991); htc, htd: Colquitt et al. (2019).",
        ),
    }[kind]
    return table_of(
        Counts(),
        f"content_{kind}",
        f"{facts.title}: {title}",
        data,
        made,
        note,
        estimator=_raters(facts),
        group="label",
    )


def chapter(evidence: ContentValidityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Content validity, in print."""
    return Chapter(content_section(evidence, labels), content_headline(evidence))
