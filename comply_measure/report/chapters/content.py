"""Chapter: content validity by experts and judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.content import ContentValidityEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Column, Details, Prose, Section, Table

if TYPE_CHECKING:
    import pandas as pd


_ITEM_COLUMNS = (
    Column("Experts", "n_experts", "count"),
    Column("I-CVI", "i_cvi", "bounded"),
    Column("κ*", "kappa", "bounded"),
    Column("CVR", "cvr", "bounded"),
    Column("Critical", "cvr_critical", "bounded"),
    Column("Aiken's V", "aiken_v", "bounded"),
    Column("95% CI", ("aiken_lower", "aiken_upper"), "bounded_interval"),
)
_SORT_COLUMNS = (
    Column("Judges", "n_judges", "count"),
    Column("p_sa", "p_sa", "bounded"),
    Column("c_sv", "c_sv", "bounded"),
    Column("Critical", "c_sv_critical", "bounded"),
    Column("Most frequent other", "other"),
    Column("htc", "htc", "bounded"),
    Column("htd", "htd", "bounded"),
)


def content_section(facts: ContentValidityEvidence, labels: Labels) -> Section:
    """The chapter."""
    evidence = facts.evidence
    blocks: list[Block] = [Prose(_opening(facts))]
    blocks += [_summary(facts), _decisions(facts, labels)]
    items = evidence.tidy()
    folded: list[Block] = []
    if evidence.ratings is not None:
        folded.append(_item_table(facts, items, labels, "ratings", _ITEM_COLUMNS))
    if evidence.sorts is not None or evidence.definitions is not None:
        present = tuple(c for c in _SORT_COLUMNS if c.source in items or c.source == "other")
        folded.append(_item_table(facts, items, labels, "sorts", present))
    blocks.append(Details("Item by item", tuple(folded)))
    return Section("content", "Content validity", tuple(blocks))


def content_headline(facts: ContentValidityEvidence) -> tuple[str, ...]:
    """One sentence: what the experts say of the whole scale."""
    return (_opening(facts),)


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
    shown = f" ({', '.join(dropped)})" if 0 < len(dropped) <= 8 else ""
    return (
        f"{text}{count(len(dropped))} of {plural(len(evidence.tidy()), 'item')} would be dropped{shown}. The answers "
        "are analysed with all items."
    )


def _summary(facts: ContentValidityEvidence) -> Table:
    columns = (
        Column("Statistic", "statistic"),
        Column("Value", "value", "bounded"),
        Column("Items", "n_items", "count"),
        Column("People", "n_people", "count"),
    )
    return _table(
        facts,
        "content_summary",
        "content validity of the whole scale",
        facts.evidence.summary(),
        columns,
        notes=tuple(f"{note[0].upper()}{note[1:]}." for note in facts.evidence.notes),
    )


def _decisions(facts: ContentValidityEvidence, labels: Labels) -> Table:
    data = facts.evidence.log.tidy()
    data = data.sort_values("decision", kind="stable", ignore_index=True)
    data.insert(0, "text", [labels.items.get(key, "") for key in data["item"]])
    columns = (
        Column("Item", "item"),
        Column("Text", "text"),
        Column("Stage", "stage"),
        Column("Decision", "decision"),
        Column("Reason", "reason"),
    )
    dropped = int((data["decision"] == "dropped").sum())
    return _table(
        facts,
        "content_decisions",
        "log of decisions",
        data,
        columns,
        notes=(
            "What one stage drops, the next does not judge. Cut-offs are conventions: I-CVI after Lynn (1986), exact "
            "critical values of c_sv for the number of constructs.",
        ),
        rows_shown=max(dropped, 5),
    )


def _item_table(
    facts: ContentValidityEvidence,
    items: pd.DataFrame,
    labels: Labels,
    kind: str,
    columns: tuple[Column, ...],
) -> Table:
    data = items.copy()
    data.insert(0, "label", [labels.construct(key) for key in data["construct"]])
    others = data.get("most_frequent_other")
    data["other"] = [
        "" if not isinstance(key, str) or not key else labels.construct(key)
        for key in ([""] * len(data) if others is None else others)
    ]
    title = {
        "ratings": "relevance by experts",
        "sorts": "sorts and definitional ratings",
    }[kind]
    notes = {
        "ratings": "κ*: modified kappa (Polit, Beck, & Owen, 2007); CVR with exact critical values; Aiken's V with a "
        "score interval.",
        "sorts": "p_sa, c_sv: Anderson and Gerbing (1991); htc, htd: Colquitt, Sabey, Rodell, and Hill (2019).",
    }[kind]
    return _table(
        facts,
        f"content_{kind}",
        title,
        data,
        (Column("Item", "item"), *columns),
        notes=(notes,),
        group="label",
    )


def _table(
    facts: ContentValidityEvidence,
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
    rows_shown: int | None = None,
) -> Table:
    return Table(
        key,
        f"{facts.title}: {title}",
        data,
        columns,
        notes=notes,
        estimator=f"Experts and judges, not informants of the units ({', '.join(facts.files)})",
        group=group,
        rows_shown=rows_shown,
    )


def chapter(evidence: ContentValidityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Content validity, in print."""
    return Chapter(content_section(evidence, labels), content_headline(evidence))
