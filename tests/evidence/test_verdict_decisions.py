"""How each topic decides: made-up numbers on each side of every limit, what the verdict holds, and its family."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri, stdtrit

from comply_measure.evidence import Verdict
from comply_measure.evidence.fits import NamedFit, fit_row, fit_values, fit_verdicts, measure, uncertain
from comply_measure.evidence.moderation import Moderation
from comply_measure.evidence.structural_verdicts import (
    indirect_verdicts,
    moderated_mediation_verdicts,
    moderation_verdicts,
    path_verdicts,
)
from comply_measure.evidence.topics.actions import _answer
from comply_measure.evidence.topics.aggregation import AggregationEvidence
from comply_measure.evidence.topics.agreement import AgreementEvidence
from comply_measure.evidence.topics.congruence import _verdict
from comply_measure.evidence.topics.dimensionality import DimensionalityEvidence
from comply_measure.evidence.topics.generalisability import generality_verdicts
from comply_measure.evidence.topics.invariance import gap_verdicts
from comply_measure.evidence.topics.method_variance import MethodVarianceEvidence
from comply_measure.evidence.topics.quality import QualityEvidence
from comply_measure.evidence.topics.reliability import ReliabilityEvidence
from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.evidence.topics.sample import SampleEvidence
from comply_measure.models.hypothesised import Hypothesis
from comply_measure.sem import IndirectEffects
from comply_measure.statistics.multiplicity import simultaneous_interval

NAN = math.nan
LIMITS = {
    "test_level": 0.05, "small_effect": 0.10, "share_margin": 0.20, "small_d": 0.25, "odds_margin": 1.5,
    "icc2": 0.70, "omega": 0.70, "rmsea": 0.06, "cfi": 0.95, "srmr": 0.08, "tucker": 0.95, "tucker_alike": 0.85,
}  # fmt: skip


def of(topic: type[Any], conventions: dict[str, float] = LIMITS, **fields: Any) -> tuple[Verdict, ...]:
    """Verdicts of evidence that has only these fields."""
    evidence = SimpleNamespace(**fields)
    for name in ("_reliable_means",):
        if hasattr(topic, name):
            setattr(evidence, name, getattr(topic, name).__get__(evidence))
    found: tuple[Verdict, ...] = topic.verdicts(evidence, conventions)
    return found


def answers(verdicts: tuple[Verdict, ...]) -> list[str]:
    return [verdict.answer for verdict in verdicts]


def test_agreement_beyond_re_matched_units() -> None:
    table = pd.DataFrame(
        [  # scale, share, share_rematched, difference, lower, upper, p, p_holm
            ("a", 0.7, 0.5, 0.2, 0.1, 0.3, 0.01, 0.05),
            ("b", 0.4, 0.5, -0.1, -0.15, -0.05, 0.01, 0.05),
            ("c", 0.6, 0.5, 0.1, -0.05, 0.25, 0.04, 0.0501),
            ("d", 0.6, 0.5, 0.1, -0.05, 0.1999, 0.06, 0.06),
            ("e", 0.6, 0.5, 0.1, -0.05, 0.20, 0.06, 0.06),
            ("f", 0.6, NAN, NAN, NAN, NAN, NAN, NAN),
        ],
        columns=["scale", "share", "share_rematched", "difference", "lower", "upper", "p", "p_holm"],
    )
    icc = pd.DataFrame(
        {
            "column": list("xyzw"),
            "icc2": 0.7,
            "icc2_lower": [0.7, 0.5, 0.5, NAN],
            "icc2_upper": [0.8, 0.69, 0.7, 0.9],
        }
    )
    found = of(AgreementEvidence, rematched=table, icc=icc.assign(n0=2.5), levels=pd.DataFrame())
    assert answers(found[:6]) == [
        "supported",
        "not supported",
        "cannot say",
        "not supported",
        "cannot say",
        "cannot say",
    ]
    assert [verdict.n_family for verdict in found[:6]] == [5] * 6
    assert dict(found[2].numbers) == {
        "share": 0.6, "share_rematched": 0.5, "difference": 0.1, "ci": (-0.05, 0.25), "p": 0.0501,
    }  # fmt: skip
    assert answers(found[6:]) == ["supported", "not supported", "cannot say", "cannot say"]
    assert [v.subject for v in found[5:7]] == [("f",), ("x",)] and found[6].numbers["ci"] == (0.7, 0.8)


def test_the_reliability_of_unit_means_stands_for_a_level() -> None:
    """With firms as a level the interval must say the same; within firms, their variance is no difference."""
    names = ["column", "level", "variance", "icc_lower", "icc_upper"]
    rows = [("x", "firm", 0.1, 0.0, 0.2), ("x", "informant", 0.4, NAN, NAN), ("x", "role", 0.2, 0.5, 0.6)]
    k, low = 3.0, 0.7 / (3 - 2 * 0.7)  # .70 for three informants
    for lower, answer in ((low + 1e-9, "supported"), (low - 1e-9, "cannot say")):
        levels = pd.DataFrame([*rows, ("x", "unit", 0.3, lower, 0.8)], columns=names)
        icc = pd.DataFrame({"column": ["x"], "icc2": 0.8, "icc2_lower": 0.71, "icc2_upper": 0.85, "n0": k})
        (found,) = of(AgreementEvidence, rematched=pd.DataFrame(), icc=icc, levels=levels)
        assert (found.answer, found.case) == (answer, "firms")
        assert found.numbers["within"] == pytest.approx(0.3 / (0.3 + 0.6 / 3))
        assert found.numbers["ci_levels"] == pytest.approx((0.7, 2.4 / 2.6), abs=1e-8)
    units = pd.DataFrame([("x", "unit", 0.3, 0.1, 0.8), ("x", "role", 0.2, 0.5, 0.6)], columns=names)
    (found,) = of(AgreementEvidence, rematched=pd.DataFrame(), icc=icc, levels=units)
    assert (found.answer, found.case) == ("supported", "")


def test_criteria_beyond_controls() -> None:
    rows = [
        ("a", 0.2, 0.1, 0.3, 0.04, 0.01, 0.05),
        ("b", 0.0, -0.0999, 0.0999, 0.0, 0.5, 0.6),
        ("c", 0.0, -0.1, 0.05, 0.0, 0.5, 0.6),
        ("d", 0.0, -0.05, 0.1, 0.0, 0.5, 0.6),
        ("e", NAN, NAN, NAN, NAN, NAN, NAN),
    ]
    names = ["criterion", "beta", "lower", "upper", "delta_r_squared", "p", "p_holm"]
    found = of(AggregationEvidence, criteria=pd.DataFrame(rows, columns=names), groups=pd.DataFrame())
    assert answers(found) == ["supported", "not supported", "cannot say", "cannot say"]
    assert {v.n_family for v in found} == {4} and found[0].subject == ("a",)
    assert dict(found[0].numbers) == {"beta": 0.2, "ci": (0.1, 0.3), "delta": 0.04, "p": 0.05}
    assert of(AggregationEvidence, criteria=pd.DataFrame(), groups=pd.DataFrame()) == ()


def test_differences_of_roles_in_competence() -> None:
    """In points: a small d of .25 is half a point where the standard deviation is 2."""
    rows = [
        ("k", "a − b", 1.0, 2.0, 0.5, 1.5, 0.01, 0.05),
        ("k", "a − c", 0.1, 2.0, -0.499, 0.499, 0.5, 0.06),
        ("k", "b − c", 0.1, 2.0, -0.5, 0.4, 0.5, 0.06),
        ("i", "a − b", 0.1, 2.0, -0.4, 0.5, 0.5, 0.06),
        ("i", "a − c", NAN, NAN, NAN, NAN, NAN, NAN),
    ]
    names = ["construct", "pair", "mean", "sd", "lower", "upper", "p", "p_holm"]
    found = of(SampleEvidence, informant_tests=pd.DataFrame(rows, columns=names))
    assert answers(found) == ["supported", "not supported", "cannot say", "cannot say"]
    assert found[1].subject == ("k", "a − c") and {v.n_family for v in found} == {4}
    assert dict(found[0].numbers) == {"gap": 1.0, "ci": (0.5, 1.5), "p": 0.05}
    assert of(SampleEvidence, informant_tests=pd.DataFrame()) == ()


def test_what_is_missing_depends_on_what_is_known() -> None:
    rows = [
        ("x", "a", 2.0, 1.2, 3.0, 2.5, 0.01, 0.05),
        ("x", "b", 1.0, 0.667, 1.499, 0.1, 0.5, 0.06),
        ("x", "c", 1.0, 0.666, 1.4, 0.1, 0.5, 0.06),
        ("x", "d", 1.0, 0.7, 1.5, 0.1, 0.5, 0.06),
        ("y", "role", NAN, NAN, NAN, 4.5, 0.01, 0.04),
        ("y", "e", NAN, NAN, NAN, NAN, NAN, NAN),
    ]
    names = ["kind", "predictor", "odds_ratio", "lower", "upper", "statistic", "p", "p_holm"]
    found = of(QualityEvidence, missing=SimpleNamespace(predictors=pd.DataFrame(rows, columns=names)))
    assert answers(found) == ["supported", "not supported", "cannot say", "cannot say", "supported"]
    assert {v.n_family for v in found} == {5} and found[4].case == "category"
    assert dict(found[4].numbers) == {"p": 0.04, "f": 4.5}
    assert dict(found[0].numbers) == {"p": 0.05, "odds_ratio": 2.0, "ci": (1.2, 3.0)} and found[0].case == ""


def test_claims_of_rivals_on_what_stands_above() -> None:
    def said(*p: float) -> tuple[str, float, float, int]:
        table = pd.DataFrame(
            {"model": ["superordinate", "aggregate_fixed", "aggregate_free"], "pvalue_difference": p}
        )
        (verdict,) = of(RivalEvidence, edwards=table, top="alignment")
        numbers = verdict.numbers
        assert numbers["construct"] == "alignment"
        return verdict.answer, numbers["p_superordinate"], numbers["p_aggregate"], verdict.n_family  # type: ignore[return-value]

    assert said(0.06, 0.01, 0.02) == ("supported", 0.06, pytest.approx(0.04), 3)
    assert said(0.05, 0.01, 0.02)[0] == "cannot say"  # the whole is rejected by itself
    assert said(0.06, 0.01, 0.03)[0] == "cannot say"  # 2 × .03 > .05
    assert said(0.01, 0.2, 0.001) == ("not supported", 0.02, 0.2, 3)
    assert said(0.03, 0.2, 0.001)[0] == "cannot say"  # 2 × .03 > .05
    assert said(0.01, 0.02, 0.001)[0] == "cannot say"
    assert said(0.01, NAN, 0.2) == ("not supported", 0.02, 0.2, 2)
    answer, whole, aggregate, n = said(0.2, NAN, NAN)
    assert (answer, whole, n) == ("cannot say", 0.2, 1) and aggregate != aggregate
    assert of(RivalEvidence, edwards=None, top="alignment") == ()
    assert of(RivalEvidence, edwards=pd.DataFrame({"model": []}), top="alignment") == ()


class Record:
    """A fit of which only numbers are known."""

    def __init__(self, codes: tuple[str, ...] = (), unreached: str = "", **measures: float) -> None:
        self.measures = measures
        self.problems = tuple(SimpleNamespace(code=code, serious=code != "small") for code in codes)
        self.unreached, self.n = unreached, 100
        self.converged, self.admissible = not unreached, "heywood" not in codes


def named(*codes: str, unreached: str = "", **measures: float) -> NamedFit:
    changes = {name.replace("__", "."): value for name, value in measures.items()}
    good = {"cfi": 0.95, "srmr": 0.08, "rmsea": 0.05, "rmsea.ci.lower": 0.04, "rmsea.ci.upper": 0.06}
    return NamedFit(
        "m", "M", Record(codes, unreached, **{"chisq": 9.0, "df": 4.0, "pvalue": 0.06} | good | changes)
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measures", "answer"),
    [
        ({}, "supported"),
        ({"rmsea__ci__upper": 0.0601}, "cannot say"),
        ({"rmsea__ci__lower": 0.0601, "rmsea__ci__upper": 0.07}, "not supported"),
        ({"cfi": 0.9499}, "cannot say"),
        ({"srmr": 0.0801}, "cannot say"),
        ({"cfi": 0.9499, "srmr": 0.0801}, "not supported"),
        ({"cfi": NAN}, "cannot say"),
        ({"srmr": NAN, "cfi": 0.5}, "cannot say"),
        ({"rmsea__ci__lower": NAN}, "cannot say"),
        ({"cfi__robust": 0.5, "srmr": 0.09}, "not supported"),
        ({"df": 0.0}, "cannot say"),
    ],
)
def test_fit_by_conventions(measures: dict[str, float], answer: str) -> None:
    (verdict,) = fit_verdicts([named(**measures)], LIMITS)
    assert (verdict.answer, verdict.subject) == (answer, ("M",))
    assert verdict.case == ("saturated" if measures.get("df") == 0 else "")
    assert verdict.numbers["srmr_value"] == pytest.approx(measures.get("srmr", 0.08), nan_ok=True)


def test_a_fit_is_reported_by_its_best_founded_numbers() -> None:
    fit = named(cfi__scaled=0.93, cfi__robust=0.94, rmsea__scaled=0.07, chisq__scaled=8.0, df__scaled=4.0)
    assert [measure(fit.fit, name) for name in ("cfi", "rmsea", "srmr")] == [0.94, 0.07, 0.08]
    assert measure(named(cfi__robust=NAN, cfi__scaled=0.9).fit, "cfi") == 0.9
    assert math.isnan(measure(fit.fit, "tli"))
    row = fit_row(fit)
    assert (row["chisq"], row["df"]) == (8.0, 4.0) and math.isnan(row["pvalue"])
    assert (row["n"], row["note"], row["cfi"]) == (100, "", 0.94)
    values, reasons = fit_values(fit)
    assert (values["cfi"], values["converged"], values["admissible"]) == (0.94, True, True)
    assert reasons["tli"] == "not defined for this model" and "cfi" not in reasons
    assert fit_row(named("heywood"))["note"] == "solution not admissible"


def test_serious_findings_are_warnings_and_others_remarks() -> None:
    fit = named("heywood", "small")
    assert [text.startswith("M: ") and "heywood" in text for text in fit.warnings] == [True]
    assert [text.startswith("M: ") and "small" in text for text in fit.remarks] == [True]


@pytest.mark.parametrize(
    ("fit", "obstacle"),
    [
        (named("not_identified"), "not identified"),
        (named("negative_df"), "not identified"),
        (named(unreached="did not converge"), "did not converge"),
        (named("small", "heywood"), ""),
    ],
)
def test_fits_without_an_optimum_have_degrees_of_freedom_alone(fit: NamedFit, obstacle: str) -> None:
    row = fit_row(fit)
    assert fit.obstacle == obstacle and row["df"] == 4.0
    assert (row["chisq"] != row["chisq"]) == (row["cfi"] != row["cfi"]) == bool(obstacle)
    assert len(fit_verdicts([fit], LIMITS)) == (not obstacle)
    if obstacle:
        assert row["note"] == obstacle and fit_values(fit)[1]["rmsea"] == obstacle


def test_a_structure_holds_in_the_other_half() -> None:
    def said(p: float, *congruence: float, rmsea: float = 0.0601, n: int = 200) -> tuple[str, Any]:
        measures = {"pvalue": p, "rmsea.ci.lower": rmsea}
        split = SimpleNamespace(
            confirmation=named(**measures),
            congruence=np.array(congruence),
            n_explored=n,
            n_confirmed=300,
            table=range(20),
        )
        (verdict,) = of(DimensionalityEvidence, split=split)
        assert verdict.numbers["p"] == p
        return verdict.answer, verdict.numbers["congruence"]

    assert said(0.051, 0.95, 0.99, NAN) == ("supported", (0.95, 0.99))
    assert said(0.05, 0.95, 0.99)[0] == "cannot say" and said(0.051, 0.9499, 0.99)[0] == "cannot say"
    assert said(0.05, 0.8499, 0.99) == ("not supported", (0.8499, 0.99))
    assert said(0.05, 0.8499, 0.99, rmsea=0.06)[0] == "cannot say"
    assert said(0.05, 0.8499, 0.99, n=199)[0] == "cannot say" and said(0.051, 0.95, n=40)[0] == "supported"
    assert said(0.051, 0.5, 0.99)[0] == "cannot say" and said(0.05, 0.85, 0.9)[0] == "cannot say"
    answer, ends = said(0.5, NAN)
    assert answer == "cannot say" and all(end != end for end in ends)
    split = SimpleNamespace(confirmation=None, congruence=np.array([0.99]))
    assert answers(of(DimensionalityEvidence, split=split)) == ["cannot say"]


def test_latent_gaps() -> None:
    """Where no gap is found, the end of the interval further from zero, in standard deviations, is held against .10."""
    rows = [
        ("a", "x − y", 1.0, 0.5, 1.5, 0.05, 0.5),
        ("b", "x − y", -0.2, -0.5, 0.1, 0.06, -0.03),  # 0.5 points are .075
        ("c", "x − y", -0.2, -0.7, 0.1, 0.06, -0.03),  # 0.7 points are .105
        ("d", "x − y", 0.2, -0.1, 0.6667, 0.06, 0.03),  # .1000
        ("e", "x − y", 0.0, -0.1, 0.1, 0.9, 0.0),
        ("f", "x − y", NAN, NAN, NAN, NAN, NAN),
    ]
    names = ["factor", "pair", "gap", "ci_lower", "ci_upper", "p_holm", "d"]
    found = gap_verdicts(pd.DataFrame(rows, columns=names), LIMITS)
    assert answers(found) == [
        "supported",
        "not supported",
        "cannot say",
        "cannot say",
        "cannot say",
        "cannot say",
    ]
    assert [v.case for v in found] == [""] * 5 + ["unknown"] and {v.n_family for v in found} == {5}
    assert dict(found[1].numbers) == {"gap": -0.2, "ci": (-0.5, 0.1), "p": 0.06, "d": -0.03}
    alone = gap_verdicts(pd.DataFrame(rows[-1:], columns=names), LIMITS)
    assert alone[0].n_family == 1


def test_a_marker_excludes_method_variance_only_with_power() -> None:
    effect = SimpleNamespace(power=lambda correlation, worth, level: 0.80 if correlation >= 0.5 else 0.3)

    def said(
        p: float, correlation: float = NAN, detected: bool | None = False, n_clusters: int = 40
    ) -> Verdict:
        marker = SimpleNamespace(
            n_clusters=n_clusters,
            differences={("baseline", "method_c"): SimpleNamespace(pvalue=p)},
            detected=detected,
            method_variance=0.02,
        )
        evidence = {"marker": marker, "effect": effect, "worth": 0.05, "marker_correlation": correlation}
        evidence["wording"] = None
        (verdict,) = of(MethodVarianceEvidence, **evidence)
        return verdict

    assert said(0.05).answer == "supported" and said(0.051).answer == "cannot say"
    assert said(0.051, 0.5).answer == "not supported" and said(0.051, 0.49).answer == "cannot say"
    assert said(0.049, 0.5).answer == "supported"
    numbers = said(0.2, 0.5).numbers
    assert (numbers["power_pure"], numbers["power"], numbers["correlation"]) == (0.80, 0.80, 0.5)
    assert (numbers["share"], numbers["worth"], numbers["p"]) == (0.02, 0.05, 0.2)
    assert "power" not in said(0.2).numbers
    few = said(0.01, n_clusters=39)  # a test that rejects too often is no evidence
    assert (few.answer, few.case, few.numbers["clusters"]) == ("cannot say", "few", 39)
    assert said(0.051, 0.5, n_clusters=39).answer == "not supported"
    assert said(0.01, n_clusters=0).answer == "supported"  # nobody is clustered
    untested = said(NAN, detected=None)
    assert (untested.answer, untested.case) == ("cannot say", "untested")
    assert (
        of(MethodVarianceEvidence, marker=None, effect=None, worth=0.05, marker_correlation=NAN, wording=None)
        == ()
    )


def test_reliability_is_held_against_simultaneous_intervals() -> None:
    """Two rows: tails of .0125 instead of .025, 1.1436 times the half width; pooled rows are left out."""
    rows = [
        ("a", "m", 0.80, 0.72, 0.88),
        ("a", "s", 0.60, 0.52, 0.68),
        ("a", "pooled", 0.9, 0.89, 0.91),
    ]
    table = pd.DataFrame(rows, columns=["construct", "group", "omega", "omega_lower", "omega_upper"])
    none = pd.DataFrame(columns=table.columns)
    scale = SimpleNamespace(scores=pd.DataFrame(), constructs=table, attentive=none, formed=())
    found = of(ReliabilityEvidence, scales=[scale], n_flagged=0)
    assert [v.subject for v in found] == [("a", "m"), ("a", "s")] and {v.n_family for v in found} == {2}
    half = 2.241402727604947 / 1.959963984540054 * 0.08
    assert found[0].numbers["ci"] == pytest.approx((0.80 - half, 0.80 + half), rel=1e-9)
    assert answers(found) == ["supported", "not supported"]
    just = of(ReliabilityEvidence, {"omega": 0.80 - half + 1e-6}, scales=[scale], n_flagged=0)
    assert answers(just) == ["cannot say", "not supported"]
    by_scores = SimpleNamespace(scores=table.iloc[:1], constructs=table, attentive=none)
    (alone,) = of(ReliabilityEvidence, scales=[by_scores], n_flagged=0)
    assert alone.numbers["ci"] == pytest.approx((0.72, 0.88)) and alone.n_family == 1


def test_reliability_must_hold_with_and_without_careless_informants() -> None:
    names = ["construct", "group", "omega", "omega_lower", "omega_upper"]
    table = pd.DataFrame([("a", "m", 0.80, 0.72, 0.88)], columns=names)
    for lower, answer in ((0.701, "supported"), (0.699, "cannot say")):
        attentive = pd.DataFrame([("a", "m", lower + 0.05, lower, lower + 0.1)], columns=names)
        scale = SimpleNamespace(scores=table, constructs=table, attentive=attentive)
        (found,) = of(ReliabilityEvidence, scales=[scale], n_flagged=7)
        assert (found.answer, found.case, found.numbers["n_flagged"]) == (answer, "flagged", 7)
        assert found.numbers["omega_attentive"] == pytest.approx(lower + 0.05)
        assert found.numbers["ci_attentive"] == pytest.approx((lower, lower + 0.1))


class Paths(Record):
    """A fit with paths y ~ a … of known standardised value, interval and p."""

    def __init__(self, rows: list[tuple[str, float, float, float, float]]) -> None:
        super().__init__()
        names = ["rhs", "est_std", "ci_lower", "ci_upper", "pvalue"]
        self.estimates = pd.DataFrame(rows, columns=names).assign(lhs="y", op="~", se=0.1)

    def standardized(self, kind: str) -> pd.DataFrame:
        assert kind == "all"
        return self.estimates.assign(pvalue=0.5)  # p is that of the unstandardised coefficient


def test_paths_and_moderations_are_signed_claims() -> None:
    # six together: a half interval is widened by the ratio of the quantiles at 1 − .025/6 and at .975
    wide = ndtri(1 - 0.025 / 6) / ndtri(0.975)
    rows = [
        ("a", 0.3, 0.1, 0.5, 0.01),
        ("b", -0.3, -0.5, -0.1, 0.001),
        ("c", 0.02, -0.05, 0.02 + 0.0799 / wide, 0.6),
        ("d", 0.02, -0.05, 0.02 + 0.0801 / wide, 0.7),
        ("e", -0.3, -0.5, -0.1, 0.002),
        ("f", 0.02, 0.02 - 0.1199 / wide, 0.2, 0.8),
    ]
    signs = {"a": 1, "b": 1, "c": 1, "d": 1, "e": -1, "f": -1, "g": 1}
    hypotheses = [Hypothesis("y", key, sign) for key, sign in signs.items()]
    found = path_verdicts(NamedFit("m", "M", Paths(rows)), hypotheses, {"a": "A"}, LIMITS)  # type: ignore[arg-type]
    expected = [
        "supported",
        "not supported",
        "not supported",
        "cannot say",
        "supported",
        "not supported",
        "cannot say",
    ]
    assert answers(found) == expected
    assert [v.subject for v in found[:2]] == [("A", "y"), ("b", "y")] and {v.n_family for v in found} == {6}
    assert [v.numbers["p"] for v in found[:2]] == pytest.approx([0.04, 0.006])
    assert (found[0].numbers["beta"], found[0].numbers["ci"], found[4].numbers["sign"]) == (
        0.3,
        (0.1, 0.5),
        -1,
    )
    assert found[6].numbers["p"] != found[6].numbers["p"]
    wider = stdtrit(200, 1 - 0.025 / 6) / stdtrit(200, 0.975)
    ends = [0.2, 0.2, 0.0799, 0.0801, 0.2, 0.1199]  # half widths after it: c and f end within ±.10, d beyond
    table = pd.DataFrame(
        {
            "predictor": [row[0] for row in rows],
            "est_std": [row[1] for row in rows],
            "ci_lower": [row[1] - end / wider for row, end in zip(rows, ends, strict=True)],
            "ci_upper": [row[1] + end / wider for row, end in zip(rows, ends, strict=True)],
            "pvalue": [row[4] for row in rows],
            "df": 200.0,
        }
    )
    table = table.assign(moderator="z", outcome="y", sign=[signs[key] for key in table["predictor"]])
    moderation: Moderation = SimpleNamespace(table=table)  # type: ignore[assignment]
    moderated = moderation_verdicts(moderation, {"z": "Z"}, LIMITS)
    assert answers(moderated) == expected[:6] and moderated[0].subject == ("Z", "a", "y")
    assert moderated[0].numbers["p"] == pytest.approx(0.04) and moderated[0].n_family == 6


def test_indirect_effects_are_judged_by_the_product_of_two_small_paths() -> None:
    """Least effect .10² = .01; Holm over the four that are known; without a row nothing can be said nor is counted."""
    wide = ndtri(1 - 0.025 / 4) / ndtri(0.975)
    rows = [  # predictor, est_std, lower, upper, p
        ("a", 0.05, 0.02, 0.09, 0.0125), ("b", -0.05, -0.09, -0.02, 0.0125),
        ("c", 0.001, -0.02, 0.001 + 0.0089 / wide, 0.9), ("d", 0.001, -0.02, 0.001 + 0.0091 / wide, 0.9),
    ]  # fmt: skip
    names = ["predictor", "est_std", "std_mc_lower", "std_mc_upper", "mc_pvalue"]
    table = pd.DataFrame(rows, columns=names).assign(
        kind="specific", through="m → n", outcome="y", at="", group="", est=1.0
    )
    effects = IndirectEffects(table, 0.95, 1000, 0, 1)
    hypotheses = [Hypothesis("y", key, 1, through=("m", "n")) for key in "abcd"]
    hypotheses.append(Hypothesis("y", "a", 1, through=("m",)))
    found = indirect_verdicts(effects, hypotheses, {"m": "M"}, LIMITS)
    assert answers(found) == ["supported", "not supported", "not supported", "cannot say", "cannot say"]
    assert found[0].subject == ("a", "M → n", "y")
    assert found[0].numbers["p"] == pytest.approx(0.05) and found[0].n_family == 4
    assert found[4].numbers["p"] != found[4].numbers["p"]


def test_moderated_mediations_are_judged_by_their_index() -> None:
    """Holm over the two indices that are known; effects at values of the moderator are no tests."""
    wide = ndtri(1 - 0.025 / 2) / ndtri(0.975)
    rows = [  # kind, moderator, sign, est_std, lower, upper, p
        ("index", "w", -1, -0.05, -0.09, -0.02, 0.025), ("effect", "w", -1, -0.3, -0.4, -0.2, 0.001),
        ("index", "v", 1, 0.001, -0.02, 0.001 + 0.0089 / wide, 0.9), ("index", "u", 1, *[math.nan] * 4),
    ]  # fmt: skip
    names = ["kind", "moderator", "sign", "est_std", "std_lower", "std_upper", "pvalue"]
    table = pd.DataFrame(rows, columns=names).assign(predictor="x", through="m → n", outcome="y")
    found = moderated_mediation_verdicts(table, {"w": "W", "n": "N"}, LIMITS)
    assert answers(found) == ["supported", "not supported", "cannot say"]
    assert found[0].subject == ("W", "x → m → N → y")
    assert found[0].numbers["p"] == pytest.approx(0.05) and {v.n_family for v in found} == {2}


def test_simultaneous_intervals_are_bonferronis() -> None:
    """One interval stays; of two, each half is as wide as that of 97.5 %, normal or with t quantiles."""
    assert simultaneous_interval(0.2, (0.1, 0.4), 1) == pytest.approx((0.1, 0.4))
    assert simultaneous_interval(0.0, (-1.959964, 1.959964), 2) == pytest.approx(
        (-2.241403, 2.241403), abs=1e-6
    )
    assert simultaneous_interval(0.0, (-2.228139, 2.228139), 2, 10.0) == pytest.approx(
        (-2.633767, 2.633767), abs=1e-6
    )
    assert all(math.isnan(end) for end in simultaneous_interval(0.0, (-1.0, 1.0), 2, 0.0))


def test_what_holds_for_all_kinds_of_units() -> None:
    """Means of groups are held against a small d of .25, changes along a number and paths against a small β of .10."""
    rows = [  # family, what, kind, p_holm, largest_upper
        ("level", "", "groups", 0.06, 0.249), ("level", "", "groups", 0.06, 0.251),
        ("level", "", "number", 0.06, 0.249), ("level", "", "number", 0.06, 0.099),
        ("gap", "m - s", "groups", 0.05, 0.4), ("path", "a → b", "groups", 0.9, 0.249),
        ("path", "a → b", "groups", 0.9, 0.09), ("path", "a → b", "number", NAN, NAN),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["family", "what", "kind", "p_holm", "largest_upper"])
    table = table.assign(variable="v", largest=0.05, p=table["p_holm"])
    found = generality_verdicts(table, LIMITS)
    yes, no, open_ = "supported", "not supported", "cannot say"
    assert answers(found) == [yes, open_, open_, yes, no, open_, yes, open_]
    assert [v.n_family for v in found] == [4, 4, 4, 4, 1, 2, 2, 2]
    assert found[4].subject == ("m - s", "v") and found[7].case == "unknown"


def test_an_interval_that_holds_zero_or_is_undefined_is_uncertain() -> None:
    rows = [
        ("a", 0.1, 0.0, 0.2),
        ("b", 0.1, 0.001, 0.2),
        ("c", -0.1, -0.2, 0.0),
        ("d", -0.1, -0.2, -0.001),
        ("e", 0, NAN, 1),
    ]
    table = pd.DataFrame(rows, columns=["rhs", "est_std", "ci_lower", "ci_upper"]).assign(lhs="y", op="~")
    assert [uncertain(table, "y", "~", key) for key in "abcdef"] == [True, False, True, False, True, True]


def test_a_claim_about_an_attribute_is_judged_at_its_level() -> None:
    assert [_answer(p, True, 0.05) for p in (0.05, 0.0501, NAN)] == ["supported", "cannot say", "cannot say"]
    assert [_answer(p, False, 0.05) for p in (0.05, 0.0501)] == ["not supported", "cannot say"]


def test_broad_congruence_needs_every_condition() -> None:
    def said(broad: bool, estimate: float, p: float, *holds: bool | None) -> Verdict:
        names = ["name", "estimate", "ci_lower", "ci_upper", "p_holm"]
        parameters = pd.DataFrame(
            [("a3", 9.0, 0.0, 0.0, 0.5), ("a4", estimate, -0.3, -0.1, p)], columns=names
        )
        conditions = pd.DataFrame(
            {"needed_for": ["broad", *["broad"] * len(holds), "strict"], "holds": [None, *holds, False]},
            dtype=object,
        )
        case: Any = SimpleNamespace(
            surface=SimpleNamespace(parameters=parameters),
            checklist=SimpleNamespace(conditions=conditions, broad=broad),
            names=("m", "s", "sat_isfaction"),
        )
        return _verdict(case, 0, 0.05)

    verdict = said(True, -0.2, 0.01, True)
    assert (verdict.answer, verdict.subject, verdict.n_family) == (
        "supported",
        ("m", "s", "sat_isfaction"),
        1,
    )
    assert dict(verdict.numbers) == {"a4": -0.2, "ci": (-0.3, -0.1), "p": 0.01}
    assert said(False, 0.2, 0.05, True).answer == "not supported"
    assert said(False, 0.2, 0.051, True).answer == "cannot say"
    assert said(False, -0.2, 0.01, True, False).answer == "not supported"
    assert said(False, -0.2, 0.01, True, None).answer == "cannot say"
