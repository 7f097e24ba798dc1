"""Chapter: does the treatment of missing answers change the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.missing_data import MissingDataEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Bullets, Chapter, Details, Notice, Prose, Section
from comply_measure.report.quantities.names import Name
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Column, Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.measurement.missingness import MissingComparison


_MODEL = "Factors of the attributes, items as they were answered"
_FITS: Columns = (
    of("treatment", "method"), "n_informants", "test", of("test_value", "statistic"), "df1", "df2",
    of("p", "pvalue"), "cfi", "rmsea", "srmr", "remark",
)  # fmt: skip


def missing_data_section(facts: MissingDataEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts, labels))]
    blocks += [
        Notice(f"{labels.construct(key)}: treatments could not be compared: {why}.", "warning")
        for key, why in facts.obstacles.items()
    ]
    folded: list[Block] = []
    for key, comparison in facts.comparisons.items():
        blocks.append(_fits(facts, key, comparison, labels))
        folded.append(_parameters(facts, key, comparison, labels))
    if folded:
        notes = Bullets(tuple(f"{note[0].upper()}{note[1:]}." for note in facts.notes))
        blocks.append(Details("Estimates by treatment, assumptions of the imputation", (*folded, notes)))
    return Section("missing_data", "Treatment of missing answers", tuple(blocks))


def missing_data_headline(facts: MissingDataEvidence, labels: Labels) -> tuple[str, ...]:
    """One sentence: how far apart the treatments are."""
    return (_difference(facts, labels),) if facts.comparisons else ()


def _difference(facts: MissingDataEvidence, labels: Labels) -> str:
    parts = []
    for key, comparison in facts.comparisons.items():
        wide = _continuous(comparison)
        parts.append(f"{bounded(wide['difference'].max(), 3)} ({labels.construct(key)})")
    return (
        f"{facts.title}: full information and multiple imputation differ in standardised estimates by at most "
        f"{', '.join(parts)}."
    )


def _continuous(comparison: MissingComparison) -> pd.DataFrame:
    """The two treatments that use all answers as continuous, and their absolute difference."""
    wide: pd.DataFrame = comparison.wide()
    used = [
        name for name in wide.columns if str(name).endswith("(MLR)") and not str(name).startswith("listwise")
    ]
    wide["difference"] = wide[used].max(axis=1) - wide[used].min(axis=1)
    return wide


def _opening(facts: MissingDataEvidence, labels: Labels) -> str:
    text = " ".join(missing_data_headline(facts, labels))
    which = " Of all dimensions this one has most missing answers." if facts.chosen_by_default else ""
    return (
        f"{text} {count(facts.n_imputed)} answers were imputed in each of {plural(facts.n_imputations, 'data set')} by "
        f"predictive mean matching.{which}"
    ).strip()


def _fits(facts: MissingDataEvidence, key: str, comparison: MissingComparison, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        key_of("missing_data", key, after="fit"),
        f"{facts.title}, {labels.construct(key)}, items: treatments of missing answers",
        comparison.fits,
        _FITS,
        "D2: Li et al. (1991); indices after imputation are means.",
        estimator=_MODEL,
    )


def _parameters(
    facts: MissingDataEvidence, key: str, comparison: MissingComparison, labels: Labels
) -> TableSpec:
    wide = comparison.wide()
    errors = comparison.wide("se")
    methods = [name for name in wide.columns if name not in ("lhs", "op", "rhs", "largest_difference")]
    for name in methods:
        wide[f"se {name}"] = errors[name]
    wide.insert(
        0,
        "parameter",
        [
            f"{labels.construct(lhs)} → {rhs}"
            if op == "=~"
            else f"{labels.construct(lhs)} ↔ {labels.construct(rhs)}"
            for lhs, op, rhs in zip(wide["lhs"], wide["op"], wide["rhs"], strict=True)
        ],
    )
    wide.columns = [str(name) for name in wide.columns]
    columns: list[Name | Column] = ["parameter"]
    for name in map(str, methods):
        head = name.replace("multiple imputation", "MI")
        columns += [of("estimate_bounded", name, heading=head), of("se", f"se {name}")]
    return table_of(
        facts,
        key_of("missing_data", key, after="estimates"),
        f"{facts.title}, {labels.construct(key)}: standardised estimates by treatment",
        wide,
        (*columns, "largest_difference"),
        "Rubin's rules with Barnard and Rubin's (1999) degrees of freedom.",
        estimator=_MODEL,
    )


def chapter(evidence: MissingDataEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Treatment of missing answers, in print."""
    return Chapter(
        with_reversals(missing_data_section(evidence, labels), evidence.turned, labels),
        missing_data_headline(evidence, labels),
    )
