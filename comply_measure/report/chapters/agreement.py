"""Chapter: do the informants of a unit agree, and how reliable is their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comply_measure.evidence.topics.agreement import AgreementEvidence
from comply_measure.report.chapters.agreement_units import (
    critical_table,
    indices_table,
    share_text,
    units_table,
)
from comply_measure.report.chapters.columns import labelled, sentences
from comply_measure.report.chapters.several import agreement_of, levels_of
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, percent
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Figure, Heading, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_PER_UNIT = "Per unit, summarised over units"
_RWG: Columns = (
    of("null", "null_label"), of("n_units", "n_defined"), of("mean_bounded", "mean"), of("sd_bounded", "sd"),
    of("median_bounded", "median"), "quartiles_bounded", of("share_at_cutoff", "share_agreeing"),
)  # fmt: skip
_DEVIATION: Columns = (
    "dimension", of("n_units", "n_defined"), "mean", "sd", "quartiles", "cutoff",
    of("share_at_cutoff", "share_agreeing"),
)  # fmt: skip
_TESTS: Columns = (
    "dimension", "n_tested", "share_significant", "expected_by_noise", "share_significant_fdr", "share_at_cutoff",
    "noise_at_cutoff",
)  # fmt: skip
_REMATCHED: Columns = (
    "dimension", "n_units", of("share_agree", "share"), "share_rematched", of("difference_of_shares", "difference"),
    "ci_of_shares", "p", of("p_holm", "p_holm"), "remark",
)  # fmt: skip
_ICC: Columns = (
    "dimension", "n_units", "n_informants", "icc1", of("ci_bounded", "icc1"), "icc2", of("ci_bounded", "icc2"),
    "f", "p",
)  # fmt: skip


def agreement_section(facts: AgreementEvidence, labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Heading("Within-unit agreement"),
        Prose(_agreement_text(facts, cutoffs)),
        _rwg_table(facts, labels, "agreement_rwg", facts.rwg, "dimension"),
        _rwg_figure(facts, labels, cutoffs),
        Details(
            "Average deviation, tests of units, and re-matched units",
            (
                _deviation_table(facts, labels),
                _test_table(facts, labels),
                *((_rematched_table(facts, labels),) if len(facts.rematched) else ()),
            ),
        ),
    ]
    exact = [units_table(facts, labels)]
    if len(facts.critical):
        exact.insert(0, critical_table(facts))
    blocks += [
        Details("All indices of agreement", (indices_table(facts, labels),)),
        Details("Exact critical values, and every unit", tuple(exact)),
    ]
    if len(facts.rwg_constructs):
        table = _rwg_table(facts, labels, "agreement_rwg_attributes", facts.rwg_constructs, "attribute")
        blocks.append(Details("Agreement by attribute", (table,)))
    blocks += [
        Heading("Reliability of the unit mean"),
        Prose(_icc_text(facts, cutoffs)),
        _icc_table(facts, labels),
        _icc_figure(facts, labels),
    ]
    if len(facts.levels):
        blocks.append(levels_of(facts, facts.title, facts.levels, labels))
    if len(facts.several):
        blocks += [
            Heading("Informants of one role and roles of one unit"),
            agreement_of(facts, facts.title, facts.several, labels),
        ]
    if len(facts.icc_twoway):
        blocks.append(
            Details("Two-way coefficients: roles as fixed columns", (_twoway_table(facts, labels),))
        )
    return Section("agreement", "Agreement within units", tuple(blocks))


def agreement_headline(facts: AgreementEvidence) -> tuple[str, ...]:
    """One sentence on rwg(j) and ICC."""
    first = facts.rwg[facts.rwg["null"] == facts.rwg["null"].iloc[0]]
    return (
        f"Mean rwg(j) of the dimensions ({_null(first['null'].iloc[0])} null) is {_range(first['mean'])}; "
        f"ICC(1) is {_range(facts.icc['icc1'])} and ICC(2) {_range(facts.icc['icc2'])}.",
    )


def _null(name: str) -> str:
    return name.replace("_", " ")


def _range(values: pd.Series[float]) -> str:
    present = values.dropna()
    return f"{bounded(present.min())} to {bounded(present.max())}" if len(present) else "undefined"


def _agreement_text(facts: AgreementEvidence, cutoffs: Cutoffs) -> str:
    parts = [
        f"{_range(facts.rwg.loc[facts.rwg['null'] == null, 'mean'])} under the {_null(null)} null"
        for null in dict.fromkeys(facts.rwg["null"])
    ]
    text = (
        f"{facts.title}: over the dimensions, mean rwg(j) is {listing(parts)}. "
        f"Convention: {cutoffs['rwg_j'].describe()}."
    )
    noise = facts.tests["noise_at_cutoff"].dropna()
    if len(noise):
        null = _null(str(facts.tests["null"].iloc[0]))
        text += (
            f" With at most {count(facts.n_informants_possible)} informants per unit, informants who answer at "
            f"random ({null} null) reach that cut-off in {percent(noise.min())} to {percent(noise.max())} of units, "
            "so the cut-off alone is no evidence of agreement. By "
            f"{'tests with items that correlate as they do' if _simulated(facts) else 'exact tests'}, "
            f"{percent(facts.tests['share_significant'].min())} to "
            f"{percent(facts.tests['share_significant'].max())} of the units agree more than random answers would "
            f"(α = {bounded(facts.tests['alpha'].iloc[0])}, per dimension)."
        ) + share_text(facts.tests)
    if len(facts.rematched):
        shares = facts.rematched["share_rematched"]
        text += (
            " That is no evidence of units yet: of triads put together anew from informants of different units, "
            f"{percent(shares.min())} to {percent(shares.max())} pass the same test, because all informants share "
            "the construct and the level of their answers."
        )
    return text


def _simulated(facts: AgreementEvidence) -> bool:
    return not str(facts.tests["method"].iloc[0]).startswith("exact")


def _rwg_table(
    facts: AgreementEvidence, labels: Labels, key: str, rows: pd.DataFrame, kind: str
) -> TableSpec:
    data = labelled(rows, label=(labels.construct, "scale"))
    data["null_label"] = [_null(name) for name in data["null"]]
    notes = [
        "rwg(j) truncated at 0 (James et al., 1984), item-wise over the informants who answered.",
        f"At cut-off: units at or above {bounded(data['cutoff'].iloc[0])}.",
        *(f"Left out: {text}." for text in dict.fromkeys(data["note"]) if text),
    ]
    title = f"{facts.title}: rwg(j) by {kind} and null distribution"
    return table_of(facts, key, title, data, _RWG, *notes[:3], estimator=_PER_UNIT, group="label")


def _rwg_figure(facts: AgreementEvidence, labels: Labels, cutoffs: Cutoffs) -> Figure:
    names = list(dict.fromkeys(facts.rwg["scale"]))
    series: dict[str, tuple[Any, Any, Any]] = {}
    for null in dict.fromkeys(facts.rwg["null"]):
        mine = facts.rwg[facts.rwg["null"] == null].set_index("scale").loc[names]
        series[f"{_null(null)} null"] = _arrays(mine, "median", "q25", "q75")
    return dot_plot(
        "agreement_rwg_figure",
        f"{facts.title}: rwg(j) of the units, median and quartiles",
        [labels.construct(name) for name in names],
        series,
        axis_label="rwg(j)",
        language=labels.language,
        alt="Dot plot of median rwg(j) with quartiles by dimension; values are in the table above.",
        reference=cutoffs["rwg_j"].value,
        limits=(min(0.4, float(facts.rwg["q25"].min())), 1.02),
        notes=(f"Dashed: {cutoffs['rwg_j'].describe()}.",),
    )


def _deviation_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    data = labelled(facts.deviation, label=(labels.construct, "scale"))
    title = f"{facts.title}: average deviation AD_M in scale points"
    source = "Cut-off: number of categories over 6 (Burke & Dunlap, 2002)."
    return table_of(facts, "agreement_ad", title, data, _DEVIATION, source, estimator=_PER_UNIT)


def _rematched_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    within = facts.rematched["matched_within"].iloc[0]
    return table_of(
        facts,
        "agreement_rematched",
        f"{facts.title}: units that agree, beside triads put together anew",
        labelled(facts.rematched, label=(labels.construct, "scale")),
        _REMATCHED,
        "Agree: significant by the tests of the table above. Re-matched: the same of triads of the same roles whose "
        f"informants all come from different units (put together within {'firms' if within == 'firm' else within}). "
        "Units without such a stand-in are left out.",
        estimator=f"Difference clustered by {'firm' if within == 'firm' else 'unit'} (CR2)",
    )


def _test_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "agreement_tests",
        f"{facts.title}: units that agree more than random answers",
        labelled(facts.tests, label=(labels.construct, "scale")),
        _TESTS,
        "Null: informants answer independently of each other; items of one informant "
        + ("correlate as in the data." if _simulated(facts) else "are taken as independent."),
        estimator=f"Tests {facts.tests['method'].iloc[0]}",
    )


def _icc_text(facts: AgreementEvidence, cutoffs: Cutoffs) -> str:
    return (
        f"One-way ICC(1) of the dimension scores is {_range(facts.icc['icc1'])}: the share of variance that lies "
        f"between units. ICC(2), the reliability of the unit mean at the average number of informants, is "
        f"{_range(facts.icc['icc2'])} (convention: {cutoffs['icc2'].describe()}). The one-way model counts general "
        "differences between roles as error; the two-way coefficients below do not. High agreement with a low ICC "
        "can be pseudo-agreement: answers that are alike everywhere."
    )


def _icc_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "agreement_icc",
        f"{facts.title}: ICC(1) and ICC(2) of dimension scores",
        labelled(facts.icc, label=(labels.construct, "column")),
        _ICC,
        *(f"Note on the intervals: {text}." for text in dict.fromkeys(facts.icc["note"]) if text),
        estimator="One-way analysis of variance, size n0",
    )


def _icc_figure(facts: AgreementEvidence, labels: Labels) -> Figure:
    icc = facts.icc
    series = {
        name: _arrays(icc, key, f"{key}_lower", f"{key}_upper")
        for name, key in (("ICC(1)", "icc1"), ("ICC(2)", "icc2"))
    }
    return dot_plot(
        "agreement_icc_figure",
        f"{facts.title}: ICC(1) and ICC(2) with 95% intervals",
        [labels.construct(name) for name in icc["column"]],
        series,
        axis_label="Intraclass correlation",
        language=labels.language,
        alt="Dot plot of ICC(1) and ICC(2) with intervals by dimension; values are in the table above.",
        limits=(min(0.0, float(icc["icc1_lower"].min())), 1.0),
    )


def _arrays(table: pd.DataFrame, value: str, lower: str, upper: str) -> tuple[Any, Any, Any]:
    """Three columns as arrays, for a plot."""
    return tuple(table[name].to_numpy(dtype=float) for name in (value, lower, upper))  # type: ignore[return-value]


def _twoway_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    data = labelled(facts.icc_twoway, label=(labels.construct, "column"))
    return table_of(
        Counts(int(data["n_units"].max()), int(data["n_informants"].max())),
        "agreement_icc_twoway",
        f"{facts.title}: two-way intraclass correlations of dimension scores",
        data,
        ("form", "n_units", "icc", "ci_bounded"),
        "C: consistency, A: absolute agreement (McGraw & Wong, 1996); 1: one informant, k: their mean.",
        *sentences(dict.fromkeys(data["note"])),
        estimator="; ".join(_estimators(data)),
        group="label",
    )


def _estimators(data: pd.DataFrame) -> list[str]:
    pairs = zip(data["estimator"], data["interval"], strict=True)
    return list(dict.fromkeys(f"{name}, intervals: {how}" if how else str(name) for name, how in pairs))


def chapter(evidence: AgreementEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Agreement within units, in print."""
    return Chapter(
        with_reversals(agreement_section(evidence, labels, cutoffs), evidence.turned, labels),
        agreement_headline(evidence),
    )
