"""Chapter: careless and missing answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.quality import CarelessAnswers, QualityEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import chi_square, count, number, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import (
    Block,
    Chapter,
    Column,
    Details,
    Heading,
    Notice,
    Prose,
    Section,
    Table,
)
from comply_measure.report.reversals import reversal_sentence

if TYPE_CHECKING:
    import pandas as pd

_INDICES = {
    "longstring": "Longest run of equal answers",
    "mahalanobis_p": "Mahalanobis distance, tail probability",
    "even_odd": "Even-odd inconsistency",
    "synonyms": "Psychometric synonyms",
    "guttman": "Guttman errors",
    "irv": "Variability within the informant",
    "antonyms": "Psychometric antonyms",
    "person_total": "Person-total correlation",
    "mean_string": "Mean run of equal answers",
}
_SOURCES = "Curran (2016); Meade and Craig (2012)"
_FIRMS_SHOWN = 20
_PATTERNS_SHOWN = 12


def quality_section(facts: QualityEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts))]
    if facts.turned:
        blocks.append(Prose(reversal_sentence(facts.turned, labels)))
    blocks.append(Heading("Careless answers"))
    if facts.careless is None:
        blocks.append(Notice(f"Careless answers cannot be judged: {facts.careless_obstacle}.", "warning"))
    else:
        blocks += _careless(facts, facts.careless, labels)
    blocks += [Heading("Missing answers"), *_missing(facts, labels)]
    return Section("quality", "Quality of the answers", tuple(blocks))


def quality_headline(facts: QualityEvidence) -> tuple[str, ...]:
    """One sentence: how many are flagged, how much is missing."""
    return (_opening(facts),)


def _opening(facts: QualityEvidence) -> str:
    careless, missing = facts.careless, facts.missing
    text = f"{facts.title}: {percent(missing.share)} of the answers due are missing"
    test = missing.little.iloc[0]
    if test["statistic"] == test["statistic"]:
        text += f" (Little's test: {chi_square(test['statistic'], test['df'], test['pvalue'])})"
    if careless is not None:
        flagged = f"{plural(careless.n_flagged, 'informant')} of {count(facts.n_informants)}"
        verb = "is" if careless.n_flagged == 1 else "are"
        text += (
            f"; {flagged} {verb} flagged for careless answers by {count(careless.at_least)} or more families "
            f"of {plural(len(careless.rules), 'index', 'indices')}. Nobody was left out"
        )
    return f"{text}."


def _careless(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> list[Block]:
    blocks: list[Block] = [Prose(_sensitivity_text(careless)), _flag_table(facts, careless, labels)]
    if len(careless.sensitivity):
        blocks.append(_sensitivity_table(facts, careless, labels))
    blocks.append(Details("Indices and their cut-offs", (_rule_table(facts, careless),)))
    if careless.n_flagged:
        blocks.append(Details("Flagged informants", (_informant_table(facts, careless, labels),)))
    return blocks


def _sensitivity_text(careless: CarelessAnswers) -> str:
    text = (
        f"Indices from {plural(careless.n_items, 'item')} that every role was asked. Their cut-offs are "
        "conventions; a flag is a reason to look, not to delete. "
    )
    table = careless.sensitivity
    if not len(table):
        return f"{text}Nobody is flagged, so there is nothing to compare."
    alphas = table[table["quantity"] == "α"]["difference"].dropna()
    fit = table.set_index("quantity")
    if len(alphas):
        text += (
            f"Without the flagged informants α changes by {number(alphas.min(), 3)} to {number(alphas.max(), 3)} "
            "over the scales"
        )
    cfi, rmsea = fit["difference"].get("CFI"), fit["difference"].get("RMSEA")
    if cfi == cfi and rmsea == rmsea and cfi is not None:
        text += f", CFI of the {fit['of']['CFI']} by {number(cfi, 3)} and RMSEA by {number(rmsea, 3)}"
    return f"{text}."


def _flag_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> Table:
    data = careless.by_role.copy()
    data.insert(0, "label", [labels.role(key) for key in data["group"]])
    columns = (
        Column("Group", "label"),
        Column("Informants", "n_informants", "count"),
        Column("Flagged", "n_flagged", "count"),
        Column("Share", "share", "percent"),
    )
    return _table(
        "quality_flagged",
        f"{facts.title}: informants flagged by {count(careless.at_least)} or more families of indices",
        data,
        columns,
        facts,
        "Indices of careless answers",
        notes=(f"After {_SOURCES}.",),
    )


def _sensitivity_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> Table:
    data = careless.sensitivity.copy()
    data.insert(1, "label", [labels.construct(key) for key in data["of"]])
    columns = [
        Column("Quantity", "quantity"),
        Column("Of", "label"),
        Column("All", "all", "number3"),
        Column("Without the flagged", "without_flagged", "number3"),
        Column("Difference", "difference", "number3"),
    ]
    if (data["note"] != "").any():
        columns.append(Column("Remark", "note"))
    n = facts.n_informants - careless.n_flagged
    return _table(
        "quality_sensitivity",
        f"{facts.title}: results with and without the flagged informants",
        data,
        tuple(columns),
        facts,
        "α from pairwise covariances; factor model by robust maximum likelihood, full information",
        notes=(
            f"{plural(n, 'informant')} without the flagged ones.",
            "Each role's means were taken off before the factor model.",
        ),
    )


def _rule_table(facts: QualityEvidence, careless: CarelessAnswers) -> Table:
    data = careless.rules.copy()
    data.insert(0, "label", [_INDICES.get(key, key) for key in data["index"]])
    columns = (
        Column("Index", "label"),
        Column("Suspicious", "suspicious"),
        Column("Cut-off", "cutoff", "number3"),
        Column("Defined for", "n_defined", "count"),
        Column("Beyond it", "n_flagged", "count"),
        Column("Basis of the cut-off", "source"),
    )
    return _table(
        "quality_rules",
        f"{facts.title}: indices of careless answers",
        data,
        columns,
        facts,
        "Indices of careless answers",
        notes=(
            "Families of indices are counted: repetition, inconsistency, unusual answers. The same answer "
            "everywhere is one of them, and two where items keyed both ways contradict it.",
        ),
    )


def _informant_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> Table:
    data = careless.informants[careless.informants["flagged"]].reset_index(drop=True)
    data.insert(2, "label", [labels.role(key) for key in data["role"]])
    names = [name for name in _INDICES if name in set(careless.rules["index"])]
    columns = (
        Column("Unit", "unit"),
        Column("Role", "label"),
        Column("Indices", "n_flags", "count"),
        *(Column(_INDICES[name], f"value_{name}", "number3") for name in names),
    )
    return _table(
        "quality_informants",
        f"{facts.title}: flagged informants",
        data,
        columns,
        facts,
        "Indices of careless answers",
    )


def _missing(facts: QualityEvidence, labels: Labels) -> list[Block]:
    missing = facts.missing
    worst = missing.by_item.sort_values("share", ascending=False, kind="stable").iloc[0]
    text = (
        f"{count(missing.n_missing)} of {count(missing.n_due)} answers due are missing; most for item "
        f"{worst['item']} ({percent(worst['share'])}). "
        "Little's test compares the means of informants with different patterns; it says nothing for or "
        "against answers that are missing at random."
    )
    blocks: list[Block] = [Prose(text)]
    empty = missing.by_item[missing.by_item["share"] == 1]["item"].tolist()
    if empty:
        blocks.append(Notice(f"Nobody answered: {', '.join(empty)}.", "warning"))
    blocks += [_group_table(facts, "role", labels), _little_table(facts, labels)]
    folded: list[Block] = [_item_table(facts, labels)]
    if len(missing.by_firm):
        folded.append(_group_table(facts, "firm", labels))
    if len(missing.patterns):
        folded.append(_pattern_table(facts))
    return [*blocks, Details("Missing answers by item, firm and pattern", tuple(folded))]


def _group_table(facts: QualityEvidence, kind: str, labels: Labels) -> Table:
    role = kind == "role"
    data = (facts.missing.by_role if role else facts.missing.by_firm).copy()
    data.insert(0, "label", [labels.role(key) if role else key for key in data["group"]])
    columns = (
        Column("Group" if role else "Firm", "label"),
        Column("Informants", "n_informants", "count"),
        Column("Answers due", "n_answers_due", "count"),
        Column("Missing", "n_missing", "count"),
        Column("Share", "share", "percent"),
        Column("Complete informants", "share_complete", "percent"),
    )
    return _table(
        f"quality_missing_by_{kind}",
        f"{facts.title}: missing answers by {kind}",
        data,
        columns,
        facts,
        "Descriptive",
        rows_shown=None if role else _FIRMS_SHOWN,
    )


def _little_table(facts: QualityEvidence, labels: Labels) -> Table:
    data = facts.missing.little.copy()
    data.insert(0, "label", [labels.role(key) for key in data["group"]])
    data["remark"] = [
        "; ".join(part for part in (note, f"left out: {dropped}" if dropped else "") if part)
        for note, dropped in zip(data["note"], data["dropped"], strict=True)
    ]
    columns = [
        Column("Group", "label"),
        Column("Variables", "variables"),
        Column("Informants", "n_informants", "count"),
        Column("Patterns", "n_patterns", "count"),
        Column("χ²", "statistic", "number"),
        Column("df", "df", "count"),
        Column("p", "pvalue", "p"),
    ]
    if (data["remark"] != "").any():
        columns.append(Column("Remark", "remark"))
    return _table(
        "quality_little",
        f"{facts.title}: Little's test that answers are missing completely at random",
        data,
        tuple(columns),
        facts,
        "Maximum-likelihood moments",
        notes=("Little (1988). With many small patterns its power is low.",),
    )


def _item_table(facts: QualityEvidence, labels: Labels) -> Table:
    data = facts.missing.by_item.copy()
    data.insert(0, "label", [labels.construct(key) for key in data["construct"]])
    roles = [name.removeprefix("share_") for name in data.columns if name.startswith("share_")]
    columns = (
        Column("Item", "item"),
        Column("Asked", "n_informants", "count"),
        Column("Missing", "n_missing", "count"),
        Column("Share", "share", "percent"),
        *(Column(labels.role(role), f"share_{role}", "percent") for role in roles),
    )
    return _table(
        "quality_missing_by_item",
        f"{facts.title}: missing answers by item",
        data,
        columns,
        facts,
        "Descriptive",
        group="label",
    )


def _pattern_table(facts: QualityEvidence) -> Table:
    columns = (
        Column("Missing items", "pattern"),
        Column("Items", "n_missing_items", "count"),
        Column("Informants", "n_informants", "count"),
        Column("Share", "share", "percent"),
    )
    return _table(
        "quality_patterns",
        f"{facts.title}: patterns of missing answers",
        facts.missing.patterns,
        columns,
        facts,
        "Descriptive",
        rows_shown=_PATTERNS_SHOWN,
    )


def _table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: QualityEvidence,
    estimator: str,
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
    rows_shown: int | None = None,
) -> Table:
    return Table(
        key,
        title,
        data,
        columns,
        notes=notes,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=estimator,
        group=group,
        rows_shown=rows_shown,
    )


def chapter(evidence: QualityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Quality of the answers, in print."""
    return Chapter(quality_section(evidence, labels), quality_headline(evidence))
