"""What is not defined is NaN with its reason in the measures, the summary and the problems; nothing is left silent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.sem.inference.diagnosis import few_clusters

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


def _codes(fit: sem.Fit) -> set[str]:
    return {problem.code for problem in fit.problems}


@pytest.mark.parametrize(
    ("text", "options", "code", "reason"),
    [
        ("f =~ NA*x1 + x2 + x3 + x4", {}, "not_identified", "the model is not identified"),
        ("f =~ NA*x1 + x2 + x3 + x4", {"se": "none"}, "not_identified", "the model is not identified"),
        ("f =~ NA*x1 + x2 + x3 + x4", {"estimator": "MLR"}, "not_identified", "the model is not identified"),
        ("f =~ NA*x1 + x2 + x3 + x4", {"missing": "ml"}, "not_identified", "the model is not identified"),
        (
            "f =~ NA*x1 + x2 + x3 + x4",
            {"estimator": "ULSMV"},
            "not_identified",
            "the model is not identified",
        ),
        ("f =~ x1 + x2", {}, "negative_df", "negative degrees of freedom: 4 parameters for 3 moments"),
        ("f =~ x1 + x2 + x3\nx1 ~~ x2", {"estimator": "MLM"}, "negative_df", "negative degrees of freedom"),
    ],
)
def test_no_fit_is_given_where_there_is_none(
    hs: pd.DataFrame, text: str, options: dict[str, Any], code: str, reason: str
) -> None:
    fit = sem.fit(text, hs, **options)
    assert code in _codes(fit)
    for name in ("chisq", "pvalue", "cfi", "tli", "rmsea", "srmr", "rmsea.ci.upper"):
        assert math.isnan(fit.fit_measures[name]), name
    assert fit.fit_measures["npar"] == fit.npar and fit.fit_measures["df"] == fit.model.df
    assert fit.test.note.startswith(reason)
    assert f"No test of fit: {reason}" in fit.summary()
    assert "CFI" not in fit.summary()


def test_least_squares_with_fewer_cases_than_variables_has_no_fit() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(8, 10)) + rng.normal(size=(8, 1))).add_prefix("y")
    fit = sem.fit("f =~ " + " + ".join(data.columns), data, estimator="ULS")
    assert fit.fit_measures[["chisq", "cfi", "tli", "rmsea"]].isna().all()
    observed = data.corr().to_numpy()
    own = fit.standardized().query("op == '=~'")["est_std"].to_numpy()
    implied = np.outer(own, own)
    np.fill_diagonal(implied, 1.0)  # least squares meet the variances
    places = np.tril_indices(10)
    srmr = np.sqrt(((observed - implied)[places] ** 2).mean())
    assert fit.fit_measures["srmr"] == pytest.approx(srmr, abs=1e-6)
    assert "8 cases for 10 variables" in fit.summary() and "no_test" in _codes(fit)


def test_identified_models_keep_their_fit(hs: pd.DataFrame) -> None:
    """lavaan 0.6-14: cfa(HS, HolzingerSwineford1939)."""
    fit = sem.fit(HS, hs)
    assert fit.no_fit == "" and not _codes(fit)
    assert fit.fit_measures["chisq"] == pytest.approx(85.3055218, abs=1e-5)


def test_fewer_clusters_than_parameters_are_named(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs.assign(two=np.arange(301) % 2), cluster="two", estimator="MLR")
    message = next(problem.message for problem in fit.problems if problem.code == "few_clusters")
    assert message == "2 clusters for 30 parameters" and message in fit.summary()
    assert "few_clusters" not in _codes(sem.fit(HS, hs.assign(own=np.arange(301) % 31), cluster="own"))
    assert few_clusters(31, 30) is None
    found = few_clusters(30, 30)
    assert found is not None and found.serious


def test_first_order_errors_of_few_clusters_have_a_reason(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs.assign(ten=np.arange(301) % 10), cluster="ten", se="first.order")
    assert fit.estimates.query("free > 0")["se"].isna().all()
    assert {"few_clusters", "no_standard_errors"} <= _codes(fit) and "not_identified" not in _codes(fit)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("d := b/(b - b)", "not defined: division by zero"),
        ("d := log(0 - abs(b) - 1)", "not defined: log(-"),
        ("d := exp(1000*abs(b) + 1000)", "not defined: exp("),
        ("d := (0 - abs(b))^0.5", "is no finite real number"),
        ("d := sqrt(b - b)", "has no standard error"),
    ],
)
def test_undefined_definitions_say_why(hs: pd.DataFrame, definition: str, reason: str) -> None:
    fit = sem.fit(f"visual =~ x1 + b*x2 + x3 + x4\n{definition}", hs)
    (problem,) = [problem for problem in fit.problems if problem.code == "undefined"]
    assert reason in problem.message and str(problem) in fit.summary()
    assert math.isnan(fit.estimates.iloc[-1]["se"])


def test_square_root_of_zero_has_a_value_without_an_error(hs: pd.DataFrame) -> None:
    last = sem.fit("visual =~ x1 + b*x2 + x3 + x4\nd := sqrt(b - b)", hs).estimates.iloc[-1]
    assert last["est"] == 0.0 and math.isnan(last["se"])


def test_repeated_terms_are_named(hs: pd.DataFrame) -> None:
    fit = sem.fit("visual =~ x1 + x2 + x3 + x2 + x4", hs)
    assert any("'visual =~ x2' stands twice in line 1" in str(problem) for problem in fit.problems)
    assert fit.measures["chisq"] == sem.fit("visual =~ x1 + x2 + x3 + x4", hs).measures["chisq"]


def test_scaled_measures_stand_beside_the_standard_ones(hs: pd.DataFrame) -> None:
    """lavaan 0.6-14: cfa(HS, HolzingerSwineford1939, estimator = "MLR"): 87.132 on 24, factor 0.979."""
    rows = {
        line[:24].strip(): line[24:].split()
        for line in sem.fit(HS, hs, estimator="MLR").summary().split("\n")
    }
    assert rows["χ²"] == ["85.306", "87.132"] and rows["df"] == ["24", "24"]
    assert rows["Scaling factor"] == ["0.979"]
    assert rows["CFI"] == ["0.931", "0.925", "0.930"] and rows["RMSEA"] == ["0.092", "0.093", "0.092"]
    assert (
        rows[""] == ["Standard", "Scaled", "Robust"]
        or "Standard" in sem.fit(HS, hs, estimator="MLR").summary()
    )


def test_summary_of_the_scaled_and_shifted_test_shows_its_shift(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs, estimator="MLMV")
    rows = {line[:24].strip(): line[24:].split() for line in fit.summary().split("\n")}
    assert fit.scaled_test is not None and rows["Shift"] == [f"{fit.scaled_test.shift:.3f}"]
    assert "Scaled by scale and shift" in fit.summary()


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"estimator": "MLR"}, {"missing": "ml"}),
        ({"estimator": "MLM"}, {"estimator": "MLR", "missing": "ml"}),
        ({"estimator": "GLS"}, {"estimator": "MLR", "missing": "ml"}),
        ({"estimator": "ULSMV"}, {"estimator": "MLR", "missing": "ml"}),
        ({"ordered": True}, {"missing": "pairwise"}),
    ],
)
def test_what_would_keep_incomplete_cases_is_taken(options: dict, advice: dict) -> None:
    data = pd.DataFrame(np.random.default_rng(3).integers(1, 4, (80, 4)).astype(float), columns=list("abcd"))
    data.loc[:4, "a"] = np.nan
    text = "f =~ a + b + c + d"
    (said,) = [p for p in sem.fit(text, data, **options).problems if p.code == "incomplete_cases"]
    assert all(f"{key}='{word}'" in said.advice for key, word in advice.items())
    assert said.advice.count("=") == len(advice)
    assert sem.fit(text, data, **(options | advice)).n == 80


@pytest.mark.parametrize("group", [None, "g"])
def test_negative_variances_are_named_with_their_values_and_their_group(group: str | None) -> None:
    """Residual variances apart from those of factors, each with its name, value and group."""
    rng = np.random.default_rng(2)
    z = rng.normal(size=(80, 3))
    z = (z - z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T
    heywood = np.linalg.cholesky(np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.5], [0.8, 0.5, 1.0]]))
    against = np.linalg.cholesky(np.array([[1.0, -0.3, -0.3], [-0.3, 1.0, -0.3], [-0.3, -0.3, 1.0]]))
    bad, worse = (pd.DataFrame(z @ root.T, columns=list("abc")) for root in (heywood, against))
    data = bad if group is None else pd.concat([bad.assign(g="one"), worse.assign(g="two")])
    place = "" if group is None else " in group 'one'"
    fit = sem.fit("f =~ a + b + c", data, group=group)
    said = {problem.code: problem.message for problem in fit.problems}
    est = fit.estimates[fit.estimates["op"] == "~~"]
    value = est[est["lhs"] == "a"]["est"].iloc[0]
    # the variance of a that the factor explains is .8 · .8 / .5
    assert value == pytest.approx((1 - 0.64 / 0.5) * 79 / 80, abs=1e-6)
    assert said["heywood"] == f"negative residual variance{place}: a ({value:.3g})"
    if group is None:
        assert "negative_latent_variance" not in said
    else:
        factor = est[est["lhs"] == "f"]["est"].iloc[1]
        assert factor == pytest.approx(-0.3 * 79 / 80, abs=1e-6)
        message = f"negative latent variance in group 'two': f ({factor:.3g})"
        assert said["negative_latent_variance"] == message
