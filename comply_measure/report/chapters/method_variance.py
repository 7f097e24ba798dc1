"""Chapter: common method variance within informants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.evidence.topics.method_variance import MethodVarianceEvidence
from comply_measure.report.chapters.columns import labelled, sentences
from comply_measure.report.chapters.method_variance_wording import wording_blocks
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, listing, percent
from comply_measure.report.labels import Labels
from comply_measure.report.modes import left_out
from comply_measure.report.parts import Block, Bullets, Chapter, Details, Heading, Notice, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.method_variance import LatentMethodFactor, MarkerAnalysis

_NO_LOADINGS = "an index has no loadings that a method could add to"
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
_FIT: Columns = (
    of("model", "label"), "chisq", "df", of("p", "pvalue"), "cfi", "rmsea", "srmr",
)  # fmt: skip
_TESTS: Columns = ("question", of("delta_chisq", "chisq"), of("delta_df", "df"), of("p", "pvalue"), "remark")
_ROLES: Columns = (
    of("role", "label"), "n_informants", of("delta_chisq", "chisq"), of("delta_df", "df"), of("p", "pvalue"),
    "method_variance", "remark",
)  # fmt: skip


def method_variance_section(facts: MethodVarianceEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts)), Heading("Marker variable")]
    if facts.marker is None:
        blocks.append(Notice(f"No marker models: {facts.obstacles['marker']}.", "info"))
    else:
        blocks += _marker(facts, facts.marker, labels)
    blocks.append(Heading("Latent method factor"))
    if facts.latent is None:
        blocks.append(Notice(f"No latent method factor: {facts.obstacles['latent']}.", "warning"))
    else:
        blocks += _latent(facts, facts.latent, labels)
    blocks += wording_blocks(facts, labels)
    blocks += [Heading("Single-factor share"), _single(facts)]
    return Section("method_variance", "Common method variance", tuple(blocks))


def _opening(facts: MethodVarianceEvidence) -> str:
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
        f"{percent(marker.method_variance)} of the variance, which is what the marker carries and not all there is."
    )


def _marker(facts: MethodVarianceEvidence, marker: MarkerAnalysis, labels: Labels) -> list[Block]:
    changes = marker.sensitivity_table()
    text = ""
    if "largest_change" in changes and changes["largest_change"].notna().any():
        text = (
            "As far as the marker carries the method, correlations of the dimensions change by at most "
            f"{bounded(changes['largest_change'].max(), 3)} when its effects are as large as their intervals "
            "allow; what the "
            "marker does not carry is not in this."
        )
    tests = marker.difference_table()
    blocks: list[Block] = [Prose(text)] if text else []
    blocks.append(
        _table(
            facts,
            "method_variance_marker_tests",
            "tests of the marker models",
            tests,
            _TESTS,
            *left_out(facts.indices, labels, _NO_LOADINGS),
            "Williams et al. (2010). Differences are scaled where the tests are.",
        )
    )
    if len(facts.power):
        blocks.append(_power_table(facts))
    folded = [*_marker_details(facts, marker, changes, labels)]
    if len(facts.by_role):
        folded.append(_role_table(facts, labels))
    return [*blocks, Details("Fit, reliability, sensitivity", tuple(folded))]


def _power_table(facts: MethodVarianceEvidence) -> TableSpec:
    shares = [name for name in facts.power.columns if name.startswith("power_")]
    return _table(
        facts,
        "method_variance_power",
        "what the test of equal effects could have found",
        facts.power,
        (
            of("marker_method", "correlation"),
            *(of("power", name, heading=f"Power, {name.removeprefix('power_')}%") for name in shares),
            of("detectable", "detectable"),
            of("upper_share", "upper"),
        ),
        "Power of the test for shares of method variance, by the correlation of the marker with the method, "
        "which the data "
        "do not tell (noncentrality from the standard error of the effect; Satorra & Saris, 1985). Found with "
        ".80: smallest "
        "share with this power. Up to: largest share inside the 95% interval of the effect.",
    )


def _marker_details(
    facts: MethodVarianceEvidence, marker: MarkerAnalysis, changes: pd.DataFrame, labels: Labels
) -> list[Block]:
    models = _named(marker.tidy())
    parts = labelled(
        marker.reliability_table(),
        label=(lambda key: "Marker" if key == "marker_factor" else labels.construct(key), "factor"),
    )
    changes = labelled(changes, first=(labels.construct, "factor_1"), second=(labels.construct, "factor_2"))
    shown = [name for name in _MODELS if name in changes.columns and name not in ("cfa", "method_r")]
    folded: list[Block] = [
        _table(facts, "method_variance_marker_fit", "fit of the marker models", models, (*_FIT, "remark")),
        _table(
            facts,
            "method_variance_reliability",
            "reliability of the dimensions, taken apart",
            parts,
            ("factor", of("without_method", "total_baseline"), "substantive", "method", "method_share"),
        ),
        _table(
            facts,
            "method_variance_sensitivity",
            "correlations of the dimensions under larger method effects",
            changes,
            (
                of("dimension", "first"),
                of("partner", "second"),
                *(of("correlation_under", name, heading=_MODELS[name]) for name in shown),
                *((of("largest_change_r", "largest_change"),) if "largest_change" in changes else ()),
            ),
            *sentences(marker.notes),
        ),
    ]
    return folded


def _role_table(facts: MethodVarianceEvidence, labels: Labels) -> TableSpec:
    data = facts.by_role.copy()
    for name in ("chisq", "df", "pvalue", "method_variance"):
        if name not in data:
            data[name] = math.nan
    return _table(
        facts,
        "method_variance_by_role",
        "equal effects of the marker in each role",
        labelled(data, label=(labels.role, "group")),
        _ROLES,
    )


def _named(data: pd.DataFrame) -> pd.DataFrame:
    """Models by their names in print."""
    return labelled(data, label=(lambda name: _MODELS.get(name, name), "model"))


def _latent(facts: MethodVarianceEvidence, latent: LatentMethodFactor, labels: Labels) -> list[Block]:
    data = _named(latent.tidy())
    shares: Columns = (of("substantive_share", "substantive"), of("method_factor", "method"), "remark")
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
        Bullets(sentences(latent.notes)),
        _table(
            facts, "method_variance_latent", "unmeasured latent method factor", data, (*_FIT, "bic", *shares),
            *left_out(facts.indices, labels, _NO_LOADINGS),
        ),
        Details(
            "Tests of the latent method factor",
            (
                _table(
                    facts, "method_variance_latent_tests", "tests of the latent method factor", tests,
                    _TESTS,
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
    without = f" without {listing(facts.left_out)}, which do not vary," if facts.left_out else ""
    return Prose(
        f"One component would carry {percent(share.component_share)} and one common factor "
        f"{percent(share.factor_share)} of the variance of all {share.n_items} items{without} (Harman's test). This is "
        f"{share.note}."
    )


def _table(
    facts: MethodVarianceEvidence, key: str, title: str, data: pd.DataFrame, columns: Columns, *notes: str
) -> TableSpec:
    return table_of(facts, key, f"{facts.title}: {title}", data, columns, *notes)


def chapter(evidence: MethodVarianceEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Common method variance, in print."""
    return Chapter(with_reversals(method_variance_section(evidence, labels), evidence.turned, labels))
