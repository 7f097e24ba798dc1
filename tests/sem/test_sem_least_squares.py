"""GLS, ULS, WLS and DWLS of continuous data: numbers of lavaan 0.6.14, derivatives, equivalences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.sem.discrepancy.ls import Moments, WeightedDiscrepancy

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
MIMIC = "f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1\ny1 ~~ y5"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


REFERENCE = [
    ("GLS", True, {"chisq": 146.230030216588, "baseline.chisq": 288.021015487971, "srmr": 0.11923524889925}),
    ("ULS", True, {"chisq": 133.961736389077, "baseline.chisq": 1845.50875269442, "cfi": 0.95829637926697}),
    ("WLS", False, {"chisq": 83.3185797407066, "baseline.chisq": 387.585153627931, "rmsea": 0.0907672387519}),
    ("DWLS", True, {"chisq": 87.9192046820525, "baseline.chisq": 958.325776637669, "cfi": 0.968500064628}),
    ("ULSMV", True, {"chisq.scaled": 127.4516896342, "df.scaled": 60}),
    ("WLSMVS", True, {"chisq.scaled": 82.7481416567666, "df.scaled": 28.5584638845196}),
]
ERRORS = {
    "GLS": 0.120610258080204,
    "ULS": 0.0554594193295041,
    "WLS": 0.097426267027469,
    "DWLS": 0.0760814399643117,
    "ULSMV": 0.100108695574668,
    "WLSMVS": 0.101263988828805,
}


@pytest.mark.parametrize(("estimator", "groups", "measures"), REFERENCE)
def test_against_lavaan(hs: pd.DataFrame, estimator: str, groups: bool, measures: dict[str, float]) -> None:
    options = {"group": "school", "group_equal": ("loadings", "intercepts")} if groups else {}
    if estimator in ("ULS", "DWLS"):
        options |= {"se": "standard", "test": "standard"}  # the defaults of 0.6.14
    fit = sem.fit(HS, hs, estimator=estimator, **options)
    for name, value in measures.items():
        assert fit.measures[name] == pytest.approx(value, rel=5e-6), name
    assert fit.estimates.se.iloc[1] == pytest.approx(ERRORS[estimator], abs=2e-6)
    assert "logl" not in fit.measures


# lavaan 0.7-2: options, test, standard errors of x2 and x3, measures
NEWER: list[tuple[dict[str, str], str, tuple[float, float], dict[str, float]]] = [
    (
        {"estimator": "ULS"},
        "browne.residual.nt",
        (0.103136, 0.105754),
        {
            "fmin": 0.119764484,
            "chisq": 74.5262902,
            "pvalue": 4.42003667e-07,
            "baseline.chisq": 277.991188,
            "cfi": 0.791206074,
            "tli": 0.686809111,
            "rmsea": 0.0837707605,
            "gfi": 0.960616698,
            "cn_05": 147.585970,
            "mfi": 0.919237751,
            "ecvi": 0.388420967,
        },
    ),
    (
        {"estimator": "ULS", "se": "robust", "test": "browne.residual.adf"},
        "browne.residual.adf",
        (0.102813, 0.110674),
        {"chisq": 80.0517839, "baseline.chisq": 387.585154, "cfi": 0.840574088, "rmsea": 0.0882324769},
    ),
    (
        {"estimator": "DWLS", "test": "browne.residual.adf"},
        "browne.residual.adf",
        (0.100837, 0.110897),
        {"chisq": 80.635, "baseline.chisq": 387.585, "cfi": 0.839},
    ),
    (
        {"estimator": "ULS", "group": "school", "group_equal": "loadings"},
        "browne.residual.nt",
        (0.101991, 0.106711),
        {"fmin": 0.169, "chisq": 101.120, "df": 54, "baseline.chisq": 288.021, "cfi": 0.782, "rmsea": 0.076},
    ),
]


@pytest.mark.parametrize(("options", "test", "errors", "measures"), NEWER)
def test_defaults_of_unweighted_least_squares(
    hs: pd.DataFrame,
    options: dict[str, str],
    test: str,
    errors: tuple[float, float],
    measures: dict[str, float],
) -> None:
    """Robust errors and Browne's residual test, as in lavaan 0.7-2: the minimum is no χ², its weights no inverse."""
    fit = sem.fit(HS, hs, **options)
    assert fit.test.name == test
    assert fit.estimates["se"].iloc[[1, 2]].tolist() == pytest.approx(errors, abs=2e-6)
    for name, value in measures.items():
        rounded = len(f"{value}") < 8  # printed with three decimals
        assert fit.measures[name] == pytest.approx(value, rel=1e-6, abs=6e-4 if rounded else 1e-6), name


def test_moments_alone_give_the_same(hs: pd.DataFrame) -> None:
    items = [f"x{i}" for i in range(1, 10)]
    cases = sem.fit(HS, hs, estimator="ULS")
    moments = sem.from_moments(HS, hs[items].cov(), len(hs), estimator="ULS")
    assert moments.estimates["se"].to_numpy() == pytest.approx(cases.estimates["se"].to_numpy(), rel=1e-8)
    assert moments.measures["chisq"] == pytest.approx(cases.measures["chisq"], rel=1e-8)


def test_too_few_cases_for_the_distribution_free_test(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs.iloc[:40], estimator="DWLS", test="browne.residual.adf")
    assert np.isnan(fit.measures["chisq"]) and "more cases than moments" in fit.test.note


def test_differences_of_statistics_that_are_no_chi_square(hs: pd.DataFrame) -> None:
    """Satorra's (2000) quadratic form, from cases; nothing from moments alone."""
    tight = HS + "visual ~~ 0*speed\n"
    fits = [sem.fit(model, hs, estimator="ULS") for model in (HS, tight)]
    corrected = [sem.fit(model, hs, estimator="ULSMV") for model in (HS, tight)]
    table, expected = sem.compare(*fits), sem.compare(*corrected)
    assert table.attrs["method"] == "satorra.2000"
    assert table["Chisq diff"].iloc[1] == pytest.approx(expected["Chisq diff"].iloc[1], rel=1e-8)
    items = [f"x{i}" for i in range(1, 10)]
    alone = [sem.from_moments(model, hs[items].cov(), len(hs), estimator="ULS") for model in (HS, tight)]
    with pytest.warns(sem.SemWarning, match="no χ²"):
        table = sem.compare(*alone)
    assert np.isnan(table["Chisq diff"].iloc[1]) and np.isnan(table["Pr(>Chisq)"].iloc[1])


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS", "WLS", "DWLS"])
@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("fixed_x", [False, True])
def test_derivatives(estimator: str, means: bool, fixed_x: bool) -> None:
    data = political_democracy.get_data()
    fit = sem.fit(MIMIC, data, estimator=estimator, meanstructure=means, fixed_x=fixed_x)
    rng = np.random.default_rng(3)
    objective = fit.model.objective
    phi = fit.optimum.point.phi * (1.0 + 0.05 * rng.standard_normal(len(fit.optimum.point.phi)))
    point = objective.at(phi)
    step = 1e-5
    gradient, hessian = np.empty(len(phi)), np.empty((len(phi), len(phi)))
    for i in range(len(phi)):
        shift = np.zeros(len(phi))
        shift[i] = step
        up, down = objective.at(phi + shift), objective.at(phi - shift)
        gradient[i] = (up.value - down.value) / (2 * step)
        hessian[i] = (up.gradient - down.gradient) / (2 * step)
    scale = np.abs(hessian).max()
    assert np.allclose(point.gradient, gradient, atol=1e-8 * scale)
    assert np.allclose(point.hessian, hessian, atol=1e-7 * scale)


@pytest.mark.parametrize("means", [False, True])
def test_gls_weight_is_that_of_wls_under_normality(hs: pd.DataFrame, means: bool) -> None:
    """WLS with Γ = S_ik S_jl + S_il S_jk (and S for means) in the place of the fourth moments is GLS."""
    gls = sem.fit(HS, hs, estimator="GLS", meanstructure=means)
    group, start = gls.model.sample.groups[0], gls.optimum.point.phi
    moments = Moments(group, (), means)
    i, j, S = moments.rows, moments.columns, group.cov
    gamma = S[np.ix_(i, i)] * S[np.ix_(j, j)] + S[np.ix_(i, j)] * S[np.ix_(j, i)]
    if means:
        gamma = np.block([[S, np.zeros((9, 45))], [np.zeros((45, 9)), gamma]])
    weighted = WeightedDiscrepancy(moments, np.linalg.inv(gamma))
    objective = replace(gls.model.objective, discrepancies=(weighted,))
    for phi in (start, start * 1.07):
        one, other = gls.model.objective.at(phi), objective.at(phi)
        assert other.value == pytest.approx(one.value, rel=1e-9)
        assert np.allclose(other.gradient, one.gradient, atol=1e-9)
        assert np.allclose(other.information, one.information, rtol=1e-8, atol=1e-9)
    assert gls.measures["chisq"] == pytest.approx(301 * objective.at(start).value, rel=1e-9)


def test_moments_free_by_default_under_least_squares() -> None:
    data = political_democracy.get_data()
    table = sem.fit(MIMIC, data, estimator="GLS").estimates
    assert (table[(table.lhs == "x1") & (table.op == "~~")].free > 0).all()


def test_wls_needs_enough_cases(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelError, match="more cases than moments"):
        sem.fit(HS, hs.head(40), estimator="WLS")


@pytest.mark.parametrize("relation", ["a > 1.2", "x1 ~~ v*x1\nv > 1.3"])
def test_the_residual_test_takes_what_binds_as_an_equality(hs: pd.DataFrame, relation: str) -> None:
    """At a GLS optimum Browne's statistic is n F, what the constraint costs included (69.72 and 95.96 for 55.50).

    lavaan 0.7-2 leaves binding inequalities out of it, so that a constraint that does not hold costs nothing under ULS.
    """
    model = f"f =~ x1 + a*x2 + x3 + x4 + x5\n{relation}"
    plain = sem.fit(model, hs, estimator="GLS")
    residual = sem.fit(model, hs, estimator="GLS", test="browne.residual.nt")
    assert (
        plain.optimum.binding
        and plain.test.statistic
        > sem.fit("f =~ x1 + x2 + x3 + x4 + x5", hs, estimator="GLS").test.statistic + 1.0
    )
    assert residual.test.statistic == pytest.approx(plain.test.statistic, rel=1e-9)


@pytest.mark.parametrize("variance", ["0", "-0.1"])
def test_measures_where_the_implied_matrix_is_not_positive_definite(hs: pd.DataFrame, variance: str) -> None:
    """Least squares may end there: what needs its inverse is missing with the reason, the rest is there."""
    fit = sem.fit(f"f =~ x1 + x2 + x3 + x5\nx4 ~~ {variance}*x4", hs, estimator="ULS")
    found = fit.fit_measures
    assert np.isnan(found["gfi"]) and np.isfinite(found[["chisq", "srmr", "gfi_lisrel"]]).all()
    assert "the implied covariance matrix is not positive definite: " in found.attrs["undefined"]
    assert "gfi" in found.attrs["undefined"] and "Estimator" in fit.summary()
