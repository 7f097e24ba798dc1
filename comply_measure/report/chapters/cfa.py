"""Chapter: the dimensions as a measurement model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.evidence.factor_validity import factor_correlations
from comply_measure.evidence.fits import NamedFit, standardized, value_of
from comply_measure.evidence.topics.cfa import CfaEvidence
from comply_measure.report.chapters.cfa_details import cross_blocks, detail_blocks
from comply_measure.report.chapters.columns import CONSTRUCT_NOTE, labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.diagram import diagram_figure
from comply_measure.report.fits import convention_sentence, fit_sentence, fit_table, range_sentence
from comply_measure.report.format import bounded, count, listing, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Figure, Notice, Prose, Section
from comply_measure.report.reversals import reversal_sentence
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_VALIDITY: Columns = (
    of("dimension", "factor"), "n_indicators", "composite_reliability", "ave", "root_ave", "largest_correlation",
    "remark",
)  # fmt: skip
_CORRELATIONS: Columns = (
    of("dimension", "first"), of("partner", "second"), of("r", "est_std"), "se", of("ci_bounded", "ci"),
)  # fmt: skip
#: Words for the difference tests of :func:`comply_measure.sem.compare`.
_METHODS = {
    "standard": "Plain differences of χ²",
    "satorra.bentler.2001": "Scaled differences: Satorra and Bentler (2001)",
    "satorra.bentler.2010": "Scaled differences: Satorra and Bentler (2010)",
    "satorra.2000": "Scaled differences: Satorra (2000)",
}


def cfa_section(results: CfaEvidence, labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(results))]
    if results.turned:
        blocks.append(Prose(reversal_sentence(results.turned, labels)))
    blocks.append(Prose(" ".join(fit_sentence(named) for named in results.fits)))
    blocks.append(
        fit_table(
            results, "cfa_fit", f"{results.title}: fit of the structures", results.fits, twin="rivals_fit"
        )
    )
    blocks += _reflective(results, labels)
    if len(results.differences):
        blocks.append(_differences(results))
    focus = results.get("second_order") or results.get("correlated")
    if focus is not None and not focus.obstacle:
        blocks.append(Prose(convention_sentence(focus, cutoffs)))
    second, first = results.get("second_order"), results.get("correlated")
    if second is not None and not second.obstacle:
        blocks += _second_order(results, second, labels)
    if first is not None and not first.obstacle:
        blocks += _correlated(results, first, labels)
    blocks += _level_blocks(results, labels)
    blocks += cross_blocks(results)
    blocks += detail_blocks(results, labels)
    if results.by_role:
        blocks.append(Details("Fit in each role", (_by_role(results),)))
    if results.roles_left_out:
        why = "; ".join(f"{labels.role(role)}: {text}" for role, text in results.roles_left_out.items())
        blocks.append(Notice(f"Roles without a fit of their own: {why}.", "warning"))
    return Section("cfa", "Measurement model", tuple(blocks))


def _reflective(results: CfaEvidence, labels: Labels) -> list[Block]:
    """What stands for constructs that their items form, and the reflective reading beside it."""
    indices = [labels.construct(key) for key, names in results.factors.items() if not names]
    if not indices:
        return []
    text = (
        f"{listing(indices)}: formed by {'its' if len(indices) == 1 else 'their'} items, and in these models an index "
        "(the mean of the items, equal weights), which has no loadings and no error. Beside it, as if the items had "
        "one cause each: "
    )
    beside = results.reflective
    return [Prose(text + (fit_sentence(beside) if beside is not None else "not estimated."))]


def _level_blocks(results: CfaEvidence, labels: Labels) -> list[Block]:
    """The two-level model, or why there is none."""
    if results.levels is None:
        text = f"No two-level model: {results.levels_obstacle}."
        return [] if results.levels_obstacle == "not asked for" else [Notice(text, "info")]
    levels = results.levels
    known = levels.correlations.dropna(subset=["within", "between"])
    text = (
        "Pooled informants mix what informants of one unit see alike with how units differ. With the same "
        "structure on both "
        f"levels ({plural(levels.n_units, 'unit')}, {plural(levels.n_informants, 'informant')}"
        f"{f', {count(levels.n_left_out)} left out for a missing indicator' if levels.n_left_out else ''}): "
        f"{fit_sentence(levels.named)}"
    )
    if len(known):
        text += (
            f" Correlations of the dimensions range {range_sentence(known['within'].tolist())} within units and "
            f"{range_sentence(known['between'].tolist())} between units."
        )
    if levels.correlations.empty:  # one dimension
        return [Prose(text), *(Notice(warning, "warning") for warning in levels.named.warnings)]
    data = labelled(
        levels.correlations,
        first_label=(labels.construct, "first"),
        second_label=(labels.construct, "second"),
    )
    table = table_of(
        levels,
        "cfa_levels",
        f"{results.title}: correlations of the dimensions within and between units",
        data,
        (
            of("dimension", "first_label"), of("partner", "second_label"),
            of("r", "within", heading="Within units"), of("ci_bounded", "within"),
            of("r", "between", heading="Between units"), of("ci_bounded", "between"),
        ),
        "Units of one firm count as independent here.",
        warnings=levels.named.warnings,
    )  # fmt: skip
    return [Prose(text), Details("Within and between units", (table,))]


def cfa_headline(results: CfaEvidence) -> tuple[str, ...]:
    """One sentence: the fit of the second-order (else the first) model."""
    named = results.get("second_order") or results.fits[0]
    return (fit_sentence(named),)


def _opening(results: CfaEvidence) -> str:
    n = sum(len(names) or 1 for names in results.factors.values())
    return (
        f"{results.title}: confirmatory factor analysis of {count(n)} {results.indicator_kind} on "
        f"{plural(len(results.factors), 'factor')}. {results.treatment}"
    )


def _second_order(results: CfaEvidence, named: NamedFit, labels: Labels) -> list[Block]:
    table = standardized(named.fit)
    names = list(results.factors)
    high = [value_of(table, results.top, "=~", name) for name in names]
    low = [
        value_of(table, factor, "=~", name) for factor, members in results.factors.items() for name in members
    ]
    text = (
        f"In the second-order model the standardised loadings of the dimensions on "
        f"{labels.construct(results.top)} range {range_sentence(high)}, those of the {results.indicator_kind} "
        f"on their dimensions {range_sentence(low)}."
    )
    return [Prose(text), _diagram(results, named, labels), _loadings(results, named, table, labels)]


def _diagram(results: CfaEvidence, named: NamedFit, labels: Labels) -> Figure:
    names = [results.top, *results.factors, *(name for part in results.factors.values() for name in part)]
    return diagram_figure(
        "cfa_second_order",
        f"{results.title}: second-order model, standardised loadings",
        named.fit.diagram(labels={name: labels.construct(name) for name in names}),
        language=labels.language,
        alt=f"Path diagram: {labels.construct(results.top)} points to {count(len(results.factors))} dimensions, "
        f"each dimension to its {results.indicator_kind}; the loadings are in the table below.",
    )


def _loadings(results: CfaEvidence, named: NamedFit, table: pd.DataFrame, labels: Labels) -> TableSpec:
    data = table[table["op"] == "=~"].reset_index(drop=True)
    data = labelled(data, factor=(labels.construct, "lhs"), indicator=(labels.construct, "rhs"))
    data["r_squared"] = [1 - value_of(table, name, "~~", name) for name in data["rhs"]]
    return table_of(
        results,
        "cfa_second_order_loadings",
        f"{results.title}: standardised loadings of the second-order model",
        data,
        (of("indicator", "indicator"), of("loading", "est_std"), "se", of("ci_bounded", "ci"), "r_squared"),
        "Standard errors by the delta method.",
        group="factor",
        warnings=named.warnings,
    )


def _correlated(results: CfaEvidence, named: NamedFit, labels: Labels) -> list[Block]:
    table = standardized(named.fit)
    validity = _validity(results, named, labels)
    ave = validity.data["ave"].dropna().tolist()
    correlations = factor_correlations(table, results.factors)["est_std"]
    if len(results.factors) == 1:
        return [
            Prose(f"In the model of one dimension, AVE is {bounded(ave[0]) if ave else 'undefined'}."),
            validity,
        ]
    text = (
        f"In the model of correlated dimensions, factor correlations range {range_sentence(correlations)}, AVE "
        f"{range_sentence(ave)}."
    )
    folded = (_correlation_table(results, named, table, labels),)
    return [Prose(text), validity, Details("Correlations of the dimensions", folded)]


def _validity(results: CfaEvidence, named: NamedFit, labels: Labels) -> TableSpec:
    return table_of(
        results,
        "cfa_validity",
        f"{results.title}: composite reliability and variance extracted, correlated dimensions",
        labelled(results.validity, 1, factor=(labels.construct, "key")),
        _VALIDITY,
        CONSTRUCT_NOTE.format(results.indicator_kind),
        warnings=named.warnings,
        twin="validity_constructs",
    )


def _correlation_table(
    results: CfaEvidence, named: NamedFit, table: pd.DataFrame, labels: Labels
) -> TableSpec:
    data = factor_correlations(table, results.factors)
    return table_of(
        results,
        "cfa_correlations",
        f"{results.title}: correlations of the dimensions",
        labelled(data, first=(labels.construct, "lhs"), second=(labels.construct, "rhs")),
        _CORRELATIONS,
        warnings=named.warnings,
        twin="validity_pairs",
    )


def _differences(results: CfaEvidence) -> TableSpec:
    method = str(results.differences["method"].iloc[0])
    return table_of(
        results,
        "cfa_differences",
        f"{results.title}: difference tests of nested structures",
        results.differences,
        ("model", "df", of("delta_chisq", "difference"), of("delta_df", "df_difference"), "p", "remark"),
        f"Each model against the less restricted one above it. {_METHODS.get(method, method)}.",
    )


def _by_role(results: CfaEvidence) -> TableSpec:
    title = f"{results.title}: fit in each role of the model '{results.fits[-1].label}'"
    return fit_table(results, "cfa_fit_by_role", title, results.by_role, estimator=results.estimator_by_role)


def chapter(evidence: CfaEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Measurement model, in print; fits by role under the roles' labels."""
    named = replace(
        evidence, by_role=tuple(replace(fit, label=labels.role(fit.key)) for fit in evidence.by_role)
    )
    return Chapter(cfa_section(named, labels, cutoffs), cfa_headline(named))
