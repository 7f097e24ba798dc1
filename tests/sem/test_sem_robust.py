"""Robust standard errors and scaled tests: lavaan's numbers, and the definition with Γ formed in full."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.base import RobustEvaluation
from comply_measure.sem.discrepancy.ls import Moments
from comply_measure.sem.inference.tests import (
    NO_DF,
    TestStatistic,
    corrected,
    inverse_information,
    mixture_traces,
)

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
PD = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
"""
MIMIC = "f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.fixture(scope="module")
def poldem() -> pd.DataFrame:
    return political_democracy.get_data()


# lavaan 0.7-2; residual distance of its optimum moves these by about 1e-7
REFERENCE = {
    "hs MLR": {
        "chisq.scaled": 87.131603366625,
        "chisq.scaling.factor": 0.979042258766103,
        "baseline.chisq.scaled": 880.081721380438,
        "cfi.scaled": 0.925206764028277,
        "cfi.robust": 0.929863935696168,
        "tli.robust": 0.894795903544252,
        "rmsea.scaled": 0.0934834089710846,
        "rmsea.robust": 0.0924986213715963,
        "rmsea.ci.upper.robust": 0.113781308007416,
        "rmsea.pvalue.robust": 0.000514596408505152,
        "scaling.factor.h0": 1.13325911774391,
        "scaling.factor.h1": 1.05101012628908,
    },
    "hs MLM": {
        "chisq.scaled": 80.8717834914071,
        "chisq.scaling.factor": 1.05482429207261,
        "baseline.chisq.scaled": 789.297504213539,
        "cfi.robust": 0.931592172096263,
        "rmsea.robust": 0.0911275337268195,
        "rmsea.ci.upper.robust": 0.113395815610437,
    },
    "hs MLMV": {
        "chisq.scaled": 75.8528087799998,
        "chisq.scaling.factor": 1.15692361072962,
        "baseline.chisq.scaled": 401.858172123291,
        "cfi.scaled": 0.85827073786799,
        "cfi.robust": 0.931592172096263,
        "rmsea.scaled": 0.0847222097277431,
        "rmsea.ci.upper.robust": 0.114624327847701,
        "rmsea.pvalue.robust": 0.00206844098013259,
    },
    "poldem MLR": {
        "chisq.scaled": 41.4006913967138,
        "cfi.robust": 0.991247976733267,
        "rmsea.robust": 0.047386121383838,
        "scaling.factor.h0": 1.01236877982562,
        "scaling.factor.h1": 0.963853918040414,
    },
    "groups MLR": {
        "chisq.scaled": 166.748219046238,
        "baseline.chisq.scaled": 934.30877671106,
        "cfi.robust": 0.881154612783925,
        "rmsea.robust": 0.107860859923094,
        "rmsea.ci.upper.robust": 0.127477432913685,
        "scaling.factor.h0": 0.83431551601473,
    },
    "clusters MLR": {
        "chisq.scaled": 80.1144511303821,
        "baseline.chisq.scaled": 908.897698433336,
        "cfi.robust": 0.932290861855514,
        "rmsea.robust": 0.0909455873367009,
        "scaling.factor.h0": 1.08917473002827,
        "scaling.factor.h1": 1.07833959835093,
    },
}
ERRORS = {  # standard error of the second row
    "hs MLR": 0.132077906461934,
    "hs MLM": 0.103289460213918,
    "poldem MLR": 0.144933306671078,
    "groups MLR": 0.130986011565769,
    "clusters MLR": 0.124546772043687,
}


@pytest.mark.parametrize("case", list(REFERENCE))
def test_against_lavaan(case: str, hs: pd.DataFrame, poldem: pd.DataFrame) -> None:
    what, estimator = case.split()
    options: dict[str, object] = {}
    if what == "groups":
        options = {"group": "school", "group_equal": ("loadings", "intercepts")}
    if what == "clusters":
        options = {"cluster": "agemo"}
    model, data = (PD, poldem) if what == "poldem" else (HS, hs)
    fit = sem.fit(model, data, estimator=estimator.lower(), **options)
    for name, value in REFERENCE[case].items():
        assert fit.measures[name] == pytest.approx(value, rel=3e-6, abs=1e-8), name
    if case in ERRORS:
        assert fit.estimates.se.iloc[1] == pytest.approx(ERRORS[case], abs=2e-6)


def explicit_traces(fit: sem.Fit, V: Array) -> tuple[float, float]:
    """tr(UΓ) and tr((UΓ)²) of one group from matrices of all moments."""
    group, layout = fit.model.sample.groups[0], fit.model.layouts[0]
    moments = Moments(group, fit.model.exogenous[0], layout.has_mean)
    implied = fit.optimum.point.implied[0]
    J, gamma = moments.jacobian(implied), moments.gamma()
    P = inverse_information(fit.model, fit.optimum.point, "expected", None)
    U = V - V @ J @ P @ J.T @ V
    return float(np.trace(U @ gamma)), float(np.trace(U @ gamma @ U @ gamma))


def normal_theory_weight(fit: sem.Fit) -> Array:
    """½ Dᵀ(W ⊗ W)D, with W for the means, in the order of the moments."""
    group, layout = fit.model.sample.groups[0], fit.model.layouts[0]
    moments = Moments(group, fit.model.exogenous[0], layout.has_mean)
    W = fit.optimum.point.implied[0].inverse
    p = len(W)
    D = np.zeros((p, p, len(moments.rows)))
    for k, (i, j) in enumerate(zip(moments.rows, moments.columns, strict=True)):
        D[i, j, k] = D[j, i, k] = 1.0
    D = D.reshape(p * p, -1)
    V = 0.5 * D.T @ np.kron(W, W) @ D
    if layout.has_mean:
        V = np.block([[W, np.zeros((p, len(V)))], [np.zeros((len(V), p)), V]])
    return V[np.ix_(moments.kept, moments.kept)]


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("fixed_x", [False, True])
def test_traces_are_those_of_the_definition(poldem: pd.DataFrame, means: bool, fixed_x: bool) -> None:
    fit = sem.fit(MIMIC, poldem, estimator="MLMV", meanstructure=means, fixed_x=fixed_x)
    found = mixture_traces(fit.model, fit.optimum.point, None, True)
    assert np.allclose(found, explicit_traces(fit, normal_theory_weight(fit)), rtol=1e-9)


def test_many_cases_are_done_in_blocks(hs: pd.DataFrame) -> None:
    items = hs[["x1", "x2", "x3", "x4"]]
    big = pd.concat([items, items * 1.1 + 0.2, items], ignore_index=True)
    fit = sem.fit("f =~ x1 + x2 + x3 + x4", big, estimator="MLMV")
    found = mixture_traces(fit.model, fit.optimum.point, None, True)
    assert np.allclose(found, explicit_traces(fit, normal_theory_weight(fit)), rtol=1e-9)


def test_least_squares_traces(hs: pd.DataFrame) -> None:
    fit = sem.fit("f =~ x1 + x2 + x3 + x4", hs, estimator="ULSMV")
    found = mixture_traces(fit.model, fit.optimum.point, None, True)
    assert np.allclose(found, explicit_traces(fit, np.eye(10)), rtol=1e-9)


@pytest.mark.parametrize("means", [False, True])
def test_scores_are_casewise_derivatives(poldem: pd.DataFrame, means: bool) -> None:
    fit = sem.fit(PD, poldem, estimator="MLR", meanstructure=means)
    evaluation = fit.optimum.point.evaluations[0]
    scores = evaluation.scores()  # type: ignore[attr-defined]
    assert np.abs(scores.mean(axis=0)).max() < 1e-6  # they vanish on average at the optimum

    def loglik(theta: Array) -> Array:
        at = fit.model.layouts[0].at(theta)
        y = poldem[list(fit.model.sample.groups[0].names)].to_numpy()
        y = y - (at.mu if at.mu is not None else y.mean(axis=0))
        return -0.5 * (at.logdet + np.einsum("ij,jk,ik->i", y, at.inverse, y))

    for a in range(0, len(fit.theta), 5):
        shift = np.zeros(len(fit.theta))
        shift[a] = 1e-6
        slope = (loglik(fit.theta + shift) - loglik(fit.theta - shift)) / 2e-6
        assert np.allclose(scores[:, a], slope, atol=1e-5)


def test_singletons_are_no_clusters(hs: pd.DataFrame) -> None:
    data = hs.assign(case=np.arange(len(hs)))
    plain = sem.fit(HS, data, estimator="MLR", meanstructure=True)
    clustered = sem.fit(HS, data, estimator="MLR", cluster="case")
    n = len(hs)
    ratio = clustered.estimates.se / plain.estimates.se
    free = plain.estimates.free > 0
    assert np.allclose(ratio[free], np.sqrt(n / (n - 1)), rtol=1e-10)


def test_cluster_changes_errors_and_is_never_ignored(hs: pd.DataFrame) -> None:
    plain, clustered = sem.fit(HS, hs), sem.fit(HS, hs, cluster="agemo")
    assert clustered.model.options.se == "robust.cluster"
    free = (clustered.estimates.free > 0) & (clustered.estimates.op == "=~")
    table = plain.estimates.set_index(["lhs", "op", "rhs"]).se
    for row in clustered.estimates[free].itertuples():
        assert abs(table[row.lhs, row.op, row.rhs] - row.se) > 1e-4
    with pytest.raises(InputError, match="clusters"):
        sem.fit(HS, hs, cluster="agemo", estimator="MLMV")


def test_robust_statistics_need_raw_data(hs: pd.DataFrame) -> None:
    items = [f"x{i}" for i in range(1, 10)]
    with pytest.raises(InputError, match="not with moments alone"):
        sem.from_moments(HS, hs[items].cov(), 301, estimator="MLM")


def test_words_for_errors_and_tests(hs: pd.DataFrame) -> None:
    # lavaan 0.6.14: cfa(HS, hs, test = "satorra.bentler"), test = "yuan.bentler", se = "robust"
    for word in ("sb", "yuan.bentler"):
        assert sem.fit(HS, hs, test=word).measures["chisq.scaling.factor"] == pytest.approx(
            1.05482429207261, abs=1e-6
        )
    mlm = sem.fit(HS, hs, estimator="MLM").estimates.se
    assert np.allclose(sem.fit(HS, hs, se="robust").estimates.se, mlm, atol=1e-12)
    mlr = sem.fit(HS, hs, estimator="MLR").estimates.se
    assert np.allclose(sem.fit(HS, hs, se="robust.huber.white").estimates.se, mlr, atol=1e-12)


def test_every_likelihood_evaluation_serves_robust_statistics(hs: pd.DataFrame) -> None:
    for estimator in ("ML", "GLS", "ULS", "DWLS"):
        evaluation = sem.fit(HS, hs, estimator=estimator).optimum.point.evaluations[0]
        assert isinstance(evaluation, RobustEvaluation)


@pytest.mark.parametrize("estimator", ["GLS", "ULS", "DWLS", "WLS"])
def test_least_squares_with_clusters_by_brute_force(hs: pd.DataFrame, estimator: str) -> None:
    """P Δᵀ V Γ V Δ P / (n − 1) with Γ from sums over clusters times C/(C − 1), and tr(UΓ), spelled out.

    lavaan 0.7-2 refuses these combinations; the same sandwich under ML is its ``robust.cluster.sem``.
    """
    model = "visual =~ x1 + x2 + x3 + x4 + x5"
    fit = sem.fit(model, hs, estimator=estimator, cluster="agemo")
    assert (fit.model.options.se, fit.model.options.test) == ("robust.sem", "satorra.bentler")
    (sample,), (at,) = fit.model.sample.groups, fit.optimum.point.implied
    moments = Moments(sample, (), True)
    assert sample.cluster is not None
    sums = pd.DataFrame(moments.cases).groupby(sample.cluster).sum().to_numpy()
    gamma = len(sums) / (len(sums) - 1) * sums.T @ sums / sample.n
    plain = moments.cases.T @ moments.cases / sample.n
    V = {"ULS": np.eye(len(gamma)), "DWLS": np.diag(1 / plain.diagonal()), "WLS": np.linalg.inv(plain)}.get(
        estimator
    )
    if V is None:
        W = np.linalg.inv(sample.cov)
        i, j = moments.rows, moments.columns
        half = np.where(i == j, 0.5, 1.0)
        pairs = (W[i][:, i] * W[j][:, j] + W[i][:, j] * W[j][:, i]) * half * half[:, None]
        V = np.zeros_like(gamma)
        V[:5, :5], V[5:, 5:] = W, pairs
    D = moments.jacobian(at)
    P = np.linalg.inv(D.T @ V @ D)
    vcov = P @ D.T @ V @ gamma @ V @ D @ P / (sample.n - 1)
    found = fit.estimates.set_index("free")["se"]
    assert np.allclose([found[k + 1] for k in range(len(vcov))], np.sqrt(vcov.diagonal()), rtol=1e-9)
    trace = np.trace((V - V @ D @ P @ D.T @ V) @ gamma)
    assert fit.measures["chisq.scaling.factor"] == pytest.approx(trace / fit.model.df, rel=1e-9)


def test_one_case_per_cluster_is_the_case_robust_sandwich(hs: pd.DataFrame) -> None:
    n = len(hs)
    alone = sem.fit(HS, hs.assign(case=np.arange(n)), estimator="ULS", cluster="case")
    plain = sem.fit(HS, hs, estimator="ULSM", meanstructure=True)
    free = plain.estimates.free > 0
    assert np.allclose((alone.estimates.se / plain.estimates.se)[free], np.sqrt(n / (n - 1)), rtol=1e-9)


def test_corrections_of_a_test_by_its_traces() -> None:
    """χ² = 30 on 10 with tr(UΓ) = 15 and tr((UΓ)²) = 45, after Satorra-Bentler, Satterthwaite and shift."""
    standard = TestStatistic("standard", 30.0, 10.0, 0.001)
    mean = corrected("satorra.bentler", standard, 15.0, math.nan)
    assert (mean.statistic, mean.df, mean.scaling_factor, mean.shift) == pytest.approx((20.0, 10.0, 1.5, 0.0))
    both = corrected("mean.var.adjusted", standard, 15.0, 45.0)
    assert (both.statistic, both.df, both.scaling_factor) == pytest.approx((10.0, 5.0, 3.0))
    shifted = corrected("scaled.shifted", standard, 15.0, 45.0)
    a = math.sqrt(10 / 45)
    assert (shifted.statistic, shifted.df) == pytest.approx((30 * a + 10 - 15 * a, 10.0))
    assert (shifted.scaling_factor, shifted.shift, shifted.trace) == pytest.approx((1 / a, 10 - 15 * a, 15.0))
    for found in (mean, both, shifted):
        assert found.pvalue == pytest.approx(chi2.sf(found.statistic, found.df), rel=1e-10)
    turned = corrected("satorra.bentler", standard, -1.0, math.nan)
    assert turned.note == "the scaling factor is not positive"
    assert math.isnan(turned.statistic) and math.isnan(turned.pvalue) and turned.df == 10.0
    none = corrected("satorra.bentler", TestStatistic("standard", 0.0, 0.0, math.nan), 0.0, 0.0)
    assert none.note == NO_DF and math.isnan(none.pvalue)
