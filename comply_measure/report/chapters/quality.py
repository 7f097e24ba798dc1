"""Chapter: careless and missing answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from comply_measure.evidence.careless_answers import CarelessAnswers
from comply_measure.evidence.topics.quality import QualityEvidence
from comply_measure.report.chapters.columns import SINGLE_UNITS, labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, count, listing, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Heading, Notice, Prose, Section
from comply_measure.report.reversals import reversal_sentence
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.report.verdicts import key_label

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.report.quantities.names import Name

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
    "modal_share": "Share of the most frequent answer",
}
_SOURCES = "Curran (2016); Meade and Craig (2012)"
_CARELESS = "Indices of careless answers"
_RULES: Columns = (
    of("index", "label"), "suspicious", "cutoff", "n_defined", of("n_beyond", "n_flagged"), of("basis", "source"),
)  # fmt: skip
_MISSING: Columns = ("n_informants", "n_answers_due", "n_missing", "share", "share_complete")
_LITTLE: Columns = (
    "group", "variables", "n_informants", "n_patterns", of("chisq", "statistic"), "df", of("p", "pvalue"),
    of("remark", "remark"),
)  # fmt: skip
_PREDICTORS: Columns = (
    of("predictor", "name"), "n", "n_missing", "odds_ratio_sd", of("ci", "lower", "upper"),
    of("t_or_f", "statistic"), "df", "p", "p_holm", "remark",
)  # fmt: skip
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
    if careless is not None:
        flagged = f"{plural(careless.n_flagged, 'informant')} of {count(facts.n_informants)}"
        verb = "is" if careless.n_flagged == 1 else "are"
        text += (
            f"; {flagged} {verb} flagged for careless answers by {count(careless.at_least)} or more families "
            f"of {plural(len(careless.rules), 'index', 'indices')}, or by an extreme of one. Nobody was left out"
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
            f"Without the flagged informants α changes by {bounded(alphas.min(), 3)} to "
            f"{bounded(alphas.max(), 3)} "
            "over the scales"
        )
    cfi, rmsea = fit["difference"].get("CFI"), fit["difference"].get("RMSEA")
    if cfi == cfi and rmsea == rmsea and cfi is not None:
        text += f", CFI of the {fit['of']['CFI']} by {bounded(cfi, 3)} and RMSEA by {bounded(rmsea, 3)}"
    return f"{text}."


def _flag_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "quality_flagged",
        f"{facts.title}: informants flagged by {count(careless.at_least)} or more families of indices, or an extreme",
        labelled(careless.by_role, label=(labels.role, "group")),
        ("group", "n_informants", "n_flagged", "share"),
        f"After {_SOURCES}.",
        estimator=_CARELESS,
    )


def _sensitivity_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> TableSpec:
    n = facts.n_informants - careless.n_flagged
    return table_of(
        facts,
        "quality_sensitivity",
        f"{facts.title}: results with and without the flagged informants",
        labelled(careless.sensitivity, 1, label=(labels.construct, "of")),
        ("quantity", "of_what", of("all_informants", "all"), "without_flagged", "difference", "remark"),
        f"{plural(n, 'informant')} without the flagged ones.",
        "Each role's means were taken off before the factor model.",
        estimator="α from pairwise covariances; factor model by robust maximum likelihood, full information",
    )


def _rule_table(facts: QualityEvidence, careless: CarelessAnswers) -> TableSpec:
    return table_of(
        facts,
        "quality_rules",
        f"{facts.title}: indices of careless answers",
        labelled(careless.rules, label=(lambda key: _INDICES.get(key, key), "index")),
        _RULES,
        "Families of indices are counted: repetition, inconsistency, unusual answers. The same answer "
        "everywhere is one of them, and two where items keyed both ways contradict it.",
        *(_extreme_words(row) for row in careless.extremes.to_dict("records")),
        estimator=_CARELESS,
    )


def _extreme_words(row: Mapping[Hashable, Any]) -> str:
    value = float(row["cutoff"])
    shown = bounded(value) if value > 0.001 else f"{value:.1e}"
    return (
        f"One index suffices: {_INDICES.get(row['index'], row['index'])} {row['suspicious']} {shown} "
        f"({row['source']}; {plural(int(row['n_flagged']), 'informant')})."
    )


def _informant_table(facts: QualityEvidence, careless: CarelessAnswers, labels: Labels) -> TableSpec:
    data = careless.informants[careless.informants["flagged"]].reset_index(drop=True)
    known = set(careless.rules["index"])
    values = [
        of("value3", f"value_{name}", heading=words) for name, words in _INDICES.items() if name in known
    ]
    return table_of(
        facts,
        "quality_informants",
        f"{facts.title}: flagged informants",
        labelled(
            data,
            2,
            label=(labels.role, "role"),
            extreme_label=(lambda key: _INDICES.get(key, key), "extreme"),
        ),
        ("unit", of("role", "label"), "n_flags", of("only_extreme", "extreme_label"), *values),
        SINGLE_UNITS,
        estimator=_CARELESS,
    )


def _missing(facts: QualityEvidence, labels: Labels) -> list[Block]:
    missing = facts.missing
    worst = missing.by_item.sort_values("share", ascending=False, kind="stable").iloc[0]
    text = (
        f"{count(missing.n_missing)} of {count(missing.n_due)} answers due are missing; most for item "
        f"{worst['item']} ({percent(worst['share'])}). "
        "The regressions below say whether what is missing depends on what the study knows. Little's test "
        "compares the "
        f"means of informants with different patterns{_little_words(missing.little.iloc[0])}; with many "
        f"small patterns it "
        "misses such dependence, and it says nothing for or against answers that are missing at random."
    )
    blocks: list[Block] = [Prose(f"{text}{_reasons_said(missing.by_item)}")]
    empty = missing.by_item[missing.by_item["share"] == 1]["item"].tolist()
    if empty:
        blocks.append(Notice(f"Nobody answered: {', '.join(empty)}.", "warning"))
    blocks.append(_group_table(facts, "role", labels))
    if len(missing.predictors):
        blocks.append(_predictor_table(facts, labels))
    blocks.append(_little_table(facts, labels))
    folded: list[Block] = [_item_table(facts, labels)]
    if len(missing.by_firm):
        folded.append(_group_table(facts, "firm", labels))
    if len(missing.patterns):
        folded.append(_pattern_table(facts))
    return [*blocks, Details("Missing answers by item, firm and pattern", tuple(folded))]


_REASONS: dict[Name, str] = {
    "not_answered": "left out",
    "cannot_judge": "“cannot judge”",
    "does_not_apply": "“does not apply”",
    "user_missing": "declared missing",
}


def _reasons_said(items: pd.DataFrame) -> str:
    """How many answers lack for each reason; an item that does not apply is not one that cannot be judged."""
    counts = {
        words: round(float((items[reason] * items["n_informants"]).sum()))
        for reason, words in _REASONS.items()
        if reason in items
    }
    if not counts:
        return ""
    text = f" By reason: {listing([f'{words} {count(n)}' for words, n in counts.items()])}."
    if "does_not_apply" not in items:
        return text
    most = items.sort_values("does_not_apply", ascending=False, kind="stable").iloc[0]
    return (
        f"{text} “Does not apply” is no doubt about the answer but says that there is nothing to rate; most often of "
        f"item {most['item']} ({percent(most['does_not_apply'])})."
    )


def _little_words(test: pd.Series[Any]) -> str:
    known = test["statistic"] == test["statistic"]
    return f" ({chi_square(test['statistic'], test['df'], test['pvalue'])})" if known else ""


def _predictor_table(facts: QualityEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.missing.predictors,
        label=(lambda key: key_label(key, "reason", labels), "kind"),
        name=(lambda key: key_label(key, "variable", labels), "predictor"),
    )
    alone = (data["beside"] == "none").any()
    return table_of(
        facts,
        "quality_missing_predictors",
        f"{facts.title}: does what is missing depend on what is known",
        data,
        _PREDICTORS,
        "Odds ratios per standard deviation of the predictor's normal scores; categories are tested "
        "together (F). "
        "Answers to all items of the scale's informants; absent: roles that a unit lacks.",
        "Clusters are few: each predictor is in a model of its own."
        if alone
        else "All predictors in one model.",
        estimator="Quasi-binomial regression, CR2 clustered by firm (or unit)",
        group="label",
    )


def _group_table(facts: QualityEvidence, kind: Literal["role", "firm"], labels: Labels) -> TableSpec:
    role = kind == "role"
    data = facts.missing.by_role if role else facts.missing.by_firm
    return table_of(
        facts,
        f"quality_missing_by_{kind}",
        f"{facts.title}: missing answers by {kind}",
        labelled(data, label=(labels.role if role else str, "group")),
        ("group" if role else of("firm", "label"), *_MISSING),
        estimator="Descriptive",
        rows_shown=None if role else _FIRMS_SHOWN,
    )


def _little_table(facts: QualityEvidence, labels: Labels) -> TableSpec:
    data = labelled(facts.missing.little, label=(labels.role, "group"))
    data["remark"] = [
        "; ".join(part for part in (note, f"left out: {dropped}" if dropped else "") if part)
        for note, dropped in zip(data["note"], data["dropped"], strict=True)
    ]
    return table_of(
        facts,
        "quality_little",
        f"{facts.title}: Little's test that answers are missing completely at random",
        data,
        _LITTLE,
        "Little (1988). With many small patterns its power is low.",
        estimator="Maximum-likelihood moments",
    )


def _item_table(facts: QualityEvidence, labels: Labels) -> TableSpec:
    data = labelled(facts.missing.by_item, label=(labels.construct, "construct"))
    roles = [name.removeprefix("share_") for name in data.columns if name.startswith("share_")]
    reasons = [of(name) for name in _REASONS if name in data]
    shares = [of("share", f"share_{role}", heading=labels.role(role)) for role in roles]
    return table_of(
        facts,
        "quality_missing_by_item",
        f"{facts.title}: missing answers by item",
        data,
        ("item", of("n_asked", "n_informants"), "n_missing", "share", *reasons, *shares),
        estimator="Descriptive",
        group="label",
    )


def _pattern_table(facts: QualityEvidence) -> TableSpec:
    return table_of(
        facts,
        "quality_patterns",
        f"{facts.title}: patterns of missing answers",
        facts.missing.patterns,
        ("pattern", of("n_items", "n_missing_items"), "n_informants", "share"),
        estimator="Descriptive",
        rows_shown=_PATTERNS_SHOWN,
    )


def chapter(evidence: QualityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Quality of the answers, in print."""
    return Chapter(quality_section(evidence, labels), quality_headline(evidence))
