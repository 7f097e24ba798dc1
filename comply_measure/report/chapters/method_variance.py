"""Chapter: common method variance within informants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.evidence.topics.method_variance import MethodVarianceEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, listing, percent
from comply_measure.report.labels import Labels
from comply_measure.report.parts import (
    Block,
    Bullets,
    Chapter,
    Column,
    Details,
    Heading,
    Notice,
    Prose,
    Section,
    Table,
)

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.method_variance import (
        LatentMethodFactor,
        MarkerAnalysis,
    )

_MODELS = {
    "cfa": "Dimensions and marker, correlated",
    "baseline": "Baseline: marker apart",
    "method_c": "Equal method effects",
    "method_u": "Free method effects",
    "method_r": "Correlations held at the baseline",
    "method_s_05": "Sensitivity, 95% limits",
    "method_s_01": "Sensitivity, 99% limits",
    "traits": "Dimensions only",
    "equal": "Method factor, equal loadings",
    "free": "Method factor, free loadings",
}
_FIT = (
    Column("Model", "label"),
    Column("χ²", "chisq", "number"),
    Column("df", "df", "count"),
    Column("p", "pvalue", "p"),
    Column("CFI", "cfi", "bounded3"),
    Column("RMSEA", "rmsea", "bounded3"),
    Column("SRMR", "srmr", "bounded3"),
)
_TESTS = (
    Column("Question", "question"),
    Column("Δχ²", "chisq", "number"),
    Column("Δdf", "df", "count"),
    Column("p", "pvalue", "p"),
)


def method_variance_section(facts: MethodVarianceEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts, labels)), Heading("Marker variable")]
    if facts.marker is None:
        blocks.append(Notice(f"No marker models: {facts.obstacles['marker']}.", "info"))
    else:
        blocks += _marker(facts, facts.marker, labels)
    blocks.append(Heading("Latent method factor"))
    if facts.latent is None:
        blocks.append(Notice(f"No latent method factor: {facts.obstacles['latent']}.", "warning"))
    else:
        blocks += _latent(facts, facts.latent, labels)
    blocks += [Heading("Single-factor share"), _single(facts)]
    return Section("method_variance", "Common method variance", tuple(blocks))


def method_variance_headline(facts: MethodVarianceEvidence, labels: Labels) -> tuple[str, ...]:
    """One sentence from the marker models; none without them."""
    return () if facts.marker is None else (_marker_sentence(facts, facts.marker),)


def _opening(facts: MethodVarianceEvidence, labels: Labels) -> str:
    text = (
        _marker_sentence(facts, facts.marker)
        if facts.marker is not None
        else f"{facts.title}: no marker was asked."
    )
    return (
        f"{text} All of this concerns answers of one informant; what the roles of a unit do not share is separated in "
        "the chapter on informants."
    )


def _marker_sentence(facts: MethodVarianceEvidence, marker: MarkerAnalysis) -> str:
    test = marker.differences["baseline", "method_c"]
    if marker.detected is None:
        return f"{facts.title}: method variance could not be tested by the marker ({test.note or 'no fit'})."
    verdict = "fit better than none" if marker.detected else "fit no better than none"
    return (
        f"{facts.title}: equal effects of the marker on all {facts.indicator_kind} {verdict} "
        f"({chi_square(test.chisq, test.df, test.pvalue)}); in the retained model they carry "
        f"{percent(marker.method_variance)} of the variance."
    )


def _marker(facts: MethodVarianceEvidence, marker: MarkerAnalysis, labels: Labels) -> list[Block]:
    changes = marker.sensitivity_table()
    text = ""
    if "largest_change" in changes and changes["largest_change"].notna().any():
        text = (
            "Correlations of the dimensions change by at most "
            f"{bounded(changes['largest_change'].max(), 3)} when method effects are as large as their intervals allow."
        )
    tests = marker.difference_table()
    blocks: list[Block] = [Prose(text)] if text else []
    blocks.append(
        _table(
            facts,
            "method_variance_marker_tests",
            "tests of the marker models",
            tests,
            _with_remark(_TESTS, tests),
            notes=("Williams, Hartman, and Cavazotte (2010). Differences are scaled where the tests are.",),
        )
    )
    folded = [*_marker_details(facts, marker, changes, labels)]
    if len(facts.by_role):
        folded.append(_role_table(facts, labels))
    return [*blocks, Details("Fit, reliability, sensitivity", tuple(folded))]


def _marker_details(
    facts: MethodVarianceEvidence, marker: MarkerAnalysis, changes: pd.DataFrame, labels: Labels
) -> list[Block]:
    models = marker.tidy()
    models.insert(0, "label", [_MODELS.get(name, name) for name in models["model"]])
    parts = marker.reliability_table()
    parts.insert(
        0, "label", ["Marker" if key == "marker_factor" else labels.construct(key) for key in parts["factor"]]
    )
    changes.insert(0, "first", [labels.construct(key) for key in changes["factor_1"]])
    changes.insert(1, "second", [labels.construct(key) for key in changes["factor_2"]])
    shown = [name for name in _MODELS if name in changes.columns and name not in ("cfa", "method_r")]
    folded: list[Block] = [
        _table(
            facts,
            "method_variance_marker_fit",
            "fit of the marker models",
            models,
            _with_remark(_FIT, models),
        ),
        _table(
            facts,
            "method_variance_reliability",
            "reliability of the dimensions, taken apart",
            parts,
            (
                Column("Factor", "label"),
                Column("Without method", "total_baseline", "bounded"),
                Column("Substantive", "substantive", "bounded"),
                Column("Method", "method", "bounded"),
                Column("Method's share", "method_share", "percent"),
            ),
        ),
        _table(
            facts,
            "method_variance_sensitivity",
            "correlations of the dimensions under larger method effects",
            changes,
            (
                Column("Dimension", "first"),
                Column("with", "second"),
                *(Column(_MODELS[name], name, "bounded") for name in shown),
                *(
                    (Column("Largest change", "largest_change", "bounded3"),)
                    if "largest_change" in changes
                    else ()
                ),
            ),
            notes=tuple(f"{note[0].upper()}{note[1:]}." for note in marker.notes),
        ),
    ]
    return folded


def _role_table(facts: MethodVarianceEvidence, labels: Labels) -> Table:
    data = facts.by_role.copy()
    for name in ("chisq", "df", "pvalue", "method_variance"):
        if name not in data:
            data[name] = math.nan
    data.insert(0, "label", [labels.role(key) for key in data["group"]])
    columns = (
        Column("Role", "label"),
        Column("n", "n_informants", "count"),
        Column("Δχ²", "chisq", "number"),
        Column("Δdf", "df", "count"),
        Column("p", "pvalue", "p"),
        Column("Variance", "method_variance", "percent"),
    )
    return _table(
        facts,
        "method_variance_by_role",
        "equal effects of the marker in each role",
        data,
        _with_remark(columns, data),
    )


def _latent(facts: MethodVarianceEvidence, latent: LatentMethodFactor, labels: Labels) -> list[Block]:
    data = latent.tidy()
    data.insert(0, "label", [_MODELS.get(name, name) for name in data["model"]])
    columns = (
        *_FIT,
        Column("BIC", "bic", "number1"),
        Column("Substantive", "substantive", "percent"),
        Column("Method factor", "method", "percent"),
    )
    tests = latent.difference_table()
    tests["question"] = [
        f"{_MODELS[b].casefold()} against {_MODELS[a].casefold()}"
        for a, b in zip(tests["restricted"], tests["general"], strict=True)
    ]
    free = data.set_index("model")
    share = free["method"].get("equal", math.nan)
    text = (
        f"A factor behind all indicators, uncorrelated with the dimensions, takes up {percent(share)} of their "
        "variance. What it holds need not be method:"
        if share == share
        else "A factor behind all indicators, uncorrelated with the dimensions, could not be estimated with equal "
        "loadings (the table says why). What such a factor holds need not be method:"
    )
    return [
        Prose(text),
        Bullets(tuple(f"{note[0].upper()}{note[1:]}." for note in latent.notes)),
        _table(facts, "method_variance_latent", "unmeasured latent method factor", data, _with_remark(columns, data)),
        Details(
            "Tests of the latent method factor",
            (
                _table(
                    facts, "method_variance_latent_tests", "tests of the latent method factor", tests,
                    _with_remark(_TESTS, tests),
                ),
            ),
        ),
    ]  # fmt: skip


def _single(facts: MethodVarianceEvidence) -> Block:
    if facts.single is None:
        return Notice(f"Not computed: {facts.obstacles['single']}.", "info")
    share = facts.single
    if share.component_share != share.component_share:
        return Notice(f"The single-factor share is undefined: {share.note}.", "info")
    parts = [
        f"the first component {percent(share.component_share)}",
        f"one common factor {percent(share.factor_share)}",
    ]
    without = f" without {listing(facts.left_out)}, which do not vary," if facts.left_out else ""
    return Prose(
        f"Of the variance of all {share.n_items} items{without} {listing(parts)} would carry (Harman). This is "
        f"{share.note}."
    )


def _with_remark(columns: tuple[Column, ...], data: pd.DataFrame) -> tuple[Column, ...]:
    has = "note" in data and (data["note"].fillna("") != "").any()
    return (*columns, Column("Remark", "note")) if has else columns


def _table(
    facts: MethodVarianceEvidence,
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    *,
    notes: tuple[str, ...] = (),
) -> Table:
    return Table(
        key,
        f"{facts.title}: {title}",
        data,
        columns,
        notes=notes,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=facts.estimator,
    )


def chapter(evidence: MethodVarianceEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Common method variance, in print."""
    return Chapter(method_variance_section(evidence, labels), method_variance_headline(evidence, labels))
