"""Fits of ordered and mixed data through the front door against lavaan 0.7-2.

Tolerances: one group 3e-6 (lavaan with a tight stopping rule; what is left is its polychoric correlations' 1e-8
times the condition of the problem); several groups and ULS 3e-4 for estimates and standard errors, because
lavaan's own optimiser stops there, and 1e-5 for statistics, which are flat at the optimum.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_ordinal"
LAVAAN: dict[str, dict[str, Any]] = json.loads((REFERENCE / "fits.json").read_text(encoding="utf-8"))
ORDERED = [f"u{i}" for i in range(1, 9)]
BINARY = [f"b{i}" for i in range(1, 6)]
# Under theta lavaan gives robust indices where thresholds are constrained, for the same models under delta none:
# they look at the correlations alone, so that what the thresholds misfit does not count. None here.
CONSTRAINED_THRESHOLDS = [
    f"groups_{name}" for name in ("thresholds_theta", "loadings_theta", "means_theta", "residuals")
]


def fit(case: str, **changes: Any) -> sem.Fit:
    asked = LAVAAN[case]
    options = dict(asked["options"]) if asked["options"] else {}
    frame = pd.read_csv(REFERENCE / asked["data"])
    if case == "binary":
        cuts = {"b1": "u1", "b2": ("u3", 2), "b3": ("u4", 2), "b4": ("u5", 3), "b5": "u8"}
        for name, cut in cuts.items():
            frame[name] = frame[cut] if isinstance(cut, str) else 1 + (frame[cut[0]] > cut[1])
    words = {name.replace(".", "_"): value for name, value in options.items()}
    return sem.fit(
        asked["model"],
        frame,
        estimator=asked["estimator"],
        ordered=[name for name in (*ORDERED, *BINARY) if name in frame],
        **(words | changes),
    )


def loose(case: str) -> bool:
    return case.startswith("groups") or case.endswith("groups") or "ULS" in case


def keyed(case: str) -> dict[tuple[str, str, str, int], tuple[dict[str, Any], float, float]]:
    asked = LAVAAN[case]
    rows = zip(asked["parameters"], asked["std_all"], asked["std_all_se"], strict=True)
    return {
        (row["lhs"], row["op"], "" if row["op"] == ":=" else row["rhs"], row.get("group", 1)): (row, std, se)
        for row, std, se in rows
    }


@pytest.mark.parametrize("case", sorted(LAVAAN))
def test_estimates_and_standard_errors(case: str) -> None:
    expected, found = keyed(case), fit(case)
    tolerance = 3e-4 if loose(case) else 3e-6
    assert found.converged
    standardised = found.standardized()
    compared = 0
    for place, row in found.estimates.iterrows():
        group = 0 if row["op"] == ":=" and "group" in LAVAAN[case]["parameters"][0] else max(row["group"], 1)
        key = (row["lhs"], row["op"], "" if row["op"] == ":=" else row["rhs"], group)
        theirs, std, std_se = expected[key]
        assert row["est"] == pytest.approx(theirs["est"], abs=tolerance), key
        assert row["se"] == pytest.approx(theirs["se"], abs=tolerance), key
        own = standardised.loc[place]
        assert own["est_std"] == pytest.approx(std, abs=tolerance), key
        assert own["se"] == pytest.approx(std_se, abs=tolerance), key
        compared += 1
    assert compared == len(expected)


@pytest.mark.parametrize("case", sorted(LAVAAN))
def test_fit_measures(case: str) -> None:
    found = fit(case).fit_measures
    tolerance = 2e-5 if loose(case) else 3e-6
    for name, value in LAVAAN[case]["fit_measures"].items():
        undefined = name.endswith(".robust") and case in CONSTRAINED_THRESHOLDS
        if value is None or undefined:
            assert name not in found or math.isnan(found[name]), name
        else:
            assert found[name] == pytest.approx(value, rel=tolerance, abs=tolerance), name


@pytest.mark.parametrize(("estimator", "error"), [("DWLS", 0.04695294826547), ("ULS", 0.04888862931565)])
def test_least_squares_without_a_test_have_robust_errors(estimator: str, error: float) -> None:
    """Naive errors of the first standardised loading are .037 and .032; lavaan 0.7-2's defaults are robust."""
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    found = sem.fit(LAVAAN["two_WLSMV"]["model"], frame, estimator=estimator, ordered=True)
    assert found.standardized()["se"].iloc[0] == pytest.approx(error, abs=1e-5)
    assert math.isnan(found.measures["pvalue"])


def test_parameterisations_and_scales_are_one_model() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    model = LAVAAN["two_WLSMV"]["model"]
    delta = sem.fit(model, frame, ordered=True)
    theta = sem.fit(model, frame, ordered=True, parameterization="theta")
    standard = sem.fit(model, frame, ordered=True, std_lv=True)
    for other in (theta, standard):
        for name in ("chisq", "chisq.scaled", "cfi.robust", "srmr"):
            assert other.measures[name] == pytest.approx(delta.measures[name], rel=1e-7)
        here, there = delta.standardized(), other.standardized()
        np.testing.assert_allclose(there["est_std"], here["est_std"], atol=1e-6)
        np.testing.assert_allclose(there["se"], here["se"], atol=1e-6)


def test_order_and_coding_of_the_data_do_not_matter() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    model = LAVAAN["two_WLSMV"]["model"]
    here = sem.fit(model, frame, ordered=True).measures
    shuffled = frame.sample(frac=1.0, random_state=3)[list(reversed(frame.columns))]
    shuffled = shuffled.assign(u4=shuffled["u4"] * 10 - 7, u8=3 - shuffled["u8"])
    there = sem.fit(model, shuffled, ordered=True).measures
    for name in ("chisq", "chisq.scaled", "cfi", "rmsea.robust", "srmr"):
        assert there[name] == pytest.approx(here[name], rel=1e-8, abs=1e-10)


def test_jacobian_against_differences() -> None:
    for case in ("groups_partial", "mixed_theta", "covariates_theta", "covariates_groups", "mediator_theta"):
        found = fit(case)
        for implied in found.optimum.point.implied:
            theta, step = implied.theta, 1e-6
            exact = implied.jacobian.dense()
            numeric = np.full_like(exact, np.nan)
            for a in range(len(theta)):
                move = np.zeros(len(theta))
                move[a] = step
                ahead, behind = implied.layout.at(theta + move), implied.layout.at(theta - move)
                numeric[:, a] = (ahead.moments - behind.moments) / (2 * step)
            # Central differences: step squared times the third derivative, plus rounding over the step.
            np.testing.assert_allclose(exact, numeric, atol=2e-8)


def test_default_estimator_is_said_aloud() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    found = sem.fit("f =~ u1 + u2 + u3", frame, ordered=True)
    assert found.model.options.estimator.name == "WLSMV"
    assert any("WLSMV" in str(problem) for problem in found.problems)
    assert found.measures["chisq"] == pytest.approx(0.0, abs=1e-8) and found.measures["df"] == 0


def test_ordered_categoricals_count_without_being_named() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    declared = frame.copy()
    for name in ORDERED:
        declared[name] = pd.Categorical(declared[name], ordered=True)
    model = LAVAAN["two_WLSMV"]["model"]
    assert sem.fit(model, declared).measures["chisq.scaled"] == pytest.approx(
        sem.fit(model, frame, ordered=True).measures["chisq.scaled"], rel=1e-12
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "MLR"}, "not with ordered variables"),
        ({"missing": "ml"}, "not with ordered variables"),
        ({"ordered": ["u1", "u99"]}, "u99"),
        ({"ordered": ["u1", "x1"], "model": "f =~ u1 + u2 + u3\nf ~ x1"}, "exogenous predictor"),
        ({"cluster": "nowhere"}, "nowhere"),
        ({"parameterization": "gamma"}, "parameterization"),
        ({"model": "f =~ u1 + u2 + u3\nu1 | t3"}, "u1 has thresholds t1 to t1"),
        ({"model": "f =~ u1 + u2 + u3\nu1 ~*~ NA*u1", "parameterization": "theta"}, "no parameter"),
    ],
)
def test_what_cannot_be_done_is_refused(options: dict[str, Any], message: str) -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    words = {"model": "f =~ u1 + u2 + u3", "ordered": True} | options
    with pytest.raises((sem.ModelError, sem_error()), match=message):
        sem.fit(words.pop("model"), frame, **words)


def sem_error() -> type[Exception]:
    from comply_measure.errors import InputError

    return InputError


def test_problems_are_named() -> None:
    gaps = pd.read_csv(REFERENCE / "ordinal_missing.csv")
    found = sem.fit(LAVAAN["pairwise"]["model"], gaps, ordered=True, missing="pairwise")
    codes = {problem.code for problem in found.problems}
    assert {"pairwise", "incomplete_cases"} <= codes
    rng = np.random.default_rng(9)
    same = rng.integers(1, 4, 80)
    twins = pd.DataFrame({"a": same, "b": same, "c": rng.integers(1, 4, 80), "d": rng.integers(1, 4, 80)})
    found = sem.fit("f =~ a + b + c + d", twins, ordered=True)
    codes = {problem.code for problem in found.problems}
    assert {"correlation_of_one", "empty_cells"} <= codes
    assert not found.admissible or "heywood" not in codes


def test_unidentified_models_have_no_robust_statistics() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    found = sem.fit("f =~ NA*u1 + u2 + u3 + u4", frame, ordered=True)
    assert any(problem.code == "not_identified" for problem in found.problems)
    assert math.isnan(found.measures["chisq.scaled"]) and math.isnan(found.measures["cfi.robust"])
    assert np.isnan(found.estimates.loc[found.estimates["free"] > 0, "se"]).all()


def test_wls_needs_more_cases_than_statistics() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv").iloc[:40]
    with pytest.raises(sem.ModelError, match="40 cases, 48 statistics"):
        sem.fit(LAVAAN["two_WLS"]["model"], frame, ordered=True, estimator="WLS")


def test_category_missing_in_a_group_is_named() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    some = frame[~((frame["region"] == "south") & (frame["u4"] == 5))]
    from comply_measure.errors import InputError

    with pytest.raises(InputError, match=r"category 5 without any case in group 'south'"):
        sem.fit("f =~ u1 + u2 + u4", some, ordered=True, group="region")


def test_implied_means_are_in_the_units_of_the_other_moments() -> None:
    """lavaan 0.7-2, Grant-White: thresholds hold the means of ordered variables, whose own are 0."""
    from semopy.examples import holzinger39

    data = holzinger39.get_data()
    for i, cuts in ((1, [0, 0.2, 0.55, 0.85, 1]), (2, [0, 0.4, 1]), (3, [0, 0.2, 0.55, 0.85, 1])):
        data[f"o{i}"] = pd.qcut(data[f"x{i}"], cuts, labels=False) + 1
    equal = ["thresholds", "loadings", "intercepts"]
    found = sem.fit(
        "f =~ o3 + o2 + o1 + x9", data, ordered=["o3", "o2", "o1"], group="school", group_equal=equal
    )
    implied = found.implied().groups["Grant-White"]
    np.testing.assert_allclose(implied["mean"], [0, 0, 0, 5.291], atol=5e-4)
    np.testing.assert_allclose(implied["th"], [-0.642, 0.339, 1.240, 0.013, -0.684, 0.331, 1.196], atol=5e-4)
    np.testing.assert_allclose(implied["cov"].to_numpy().diagonal(), [1, 1, 1, 1.051], atol=5e-4)


def test_implied_and_residual_tables() -> None:
    found = fit("covariates_theta")
    implied = found.implied()
    assert list(implied) == ["cov", "mean", "th", "slopes"]
    assert implied["th"].index[1] == "u2|t1"
    moments = found.model.sample.groups[0].moments
    raw = found.residuals("raw")
    np.testing.assert_allclose(
        implied["cov"].to_numpy() + raw["cov"].to_numpy(), moments.covariance, atol=1e-10
    )
    np.testing.assert_allclose(
        implied["slopes"].to_numpy() + raw["slopes"].to_numpy(), moments.slopes, atol=1e-10
    )
    normalised = found.residuals("normalized")["cov"].to_numpy()
    standardised = found.residuals("standardized")["cov"].to_numpy()
    assert np.abs(standardised).max() >= np.abs(normalised).max() > 0
