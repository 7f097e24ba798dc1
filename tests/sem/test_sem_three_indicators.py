"""One factor, three indicators, a negative product of covariances: solved or settled before any search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

MODEL = "f =~ a + b + c"
R = np.array([[1.0, 0.3, 0.25], [0.3, 1.0, -0.1], [0.25, -0.1, 1.0]])
SD = np.array([2.0, 0.5, 10.0])


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """120 cases whose covariances, with divisor N, are exactly those of R and SD."""
    raw = np.random.default_rng(4).normal(size=(120, 3))
    raw -= raw.mean(axis=0)
    whitened = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    return pd.DataFrame(whitened @ np.linalg.cholesky(R).T * SD, columns=list("abc"))


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS", "WLS"])
def test_a_marker_gets_spearmans_solution_with_its_negative_variance(
    data: pd.DataFrame, estimator: str
) -> None:
    fit = sem.fit(MODEL, data, estimator=estimator)
    cov = R * SD * SD[:, None] * (1.0 if estimator == "ML" else 120 / 119)
    estimate = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    assert fit.measures["chisq"] == pytest.approx(0.0, abs=1e-8)
    assert estimate["f", "~~", "f"] == pytest.approx(cov[0, 1] * cov[0, 2] / cov[1, 2], rel=1e-6)
    assert estimate["f", "=~", "b"] == pytest.approx(cov[1, 2] / cov[0, 2], rel=1e-6)
    assert estimate["f", "=~", "c"] == pytest.approx(cov[1, 2] / cov[0, 1], rel=1e-6)
    codes = {problem.code for problem in fit.problems}
    assert "negative_latent_variance" in codes
    assert "search_remedy" not in codes


def test_another_marker_and_means_change_nothing(data: pd.DataFrame) -> None:
    first = sem.fit(MODEL, data, meanstructure=True)
    other = sem.fit("f =~ NA*a + b + 2*c", data, meanstructure=True)
    np.testing.assert_allclose(other.implied().cov, first.implied().cov, rtol=1e-8)
    np.testing.assert_allclose(first.implied().mean, data.mean(), atol=1e-8)


def test_incomplete_cases_end_at_their_saturated_moments(data: pd.DataFrame) -> None:
    holes = data.mask(np.random.default_rng(5).random(data.shape) < 0.1)
    fit = sem.fit(MODEL, holes, missing="ml")
    assert fit.measures["chisq"] == pytest.approx(0.0, abs=1e-6)
    assert fit.estimates.query("lhs == 'f' and rhs == 'f'")["est"].item() < 0.0


@pytest.mark.parametrize("missing", ["listwise", "ml"])
def test_unit_variance_has_no_optimum_and_the_reason_is_said(data: pd.DataFrame, missing: str) -> None:
    used = data if missing == "listwise" else data.mask(np.random.default_rng(5).random(data.shape) < 0.1)
    fit = sem.fit(MODEL, used, std_lv=True, missing=missing)
    finding = next(problem for problem in fit.problems if problem.code == "no_finite_optimum")
    assert finding.message.startswith("there is no finite optimum: the three covariances")
    assert "no proof" not in finding.advice
    assert fit.estimates["se"].isna().any()


def test_the_smallest_covariance_is_given_up(data: pd.DataFrame) -> None:
    """With one loading without limit the model is that one covariance of the others is what the large one leaves.

    Least squares: the two largest covariances are kept, the square of the third remains.
    """
    unit = data / data.std(ddof=1)
    fit = sem.fit(MODEL, unit, estimator="ULS", std_lv=True)
    assert fit.measures["chisq"] / (len(unit) - 1) == pytest.approx(R[1, 2] ** 2, rel=5e-3)


def test_a_positive_product_or_a_bound_is_left_to_the_search(data: pd.DataFrame) -> None:
    turned = data.assign(b=-data["b"], c=-data["c"])  # still negative: two signs change
    assert any(p.code == "negative_latent_variance" for p in sem.fit(MODEL, turned).problems)
    positive = data.assign(b=data["b"] + 0.1 * data["c"])
    assert not any(p.code == "no_finite_optimum" for p in sem.fit(MODEL, positive, std_lv=True).problems)
    bounded = sem.fit(MODEL, data, std_lv=True, bounds="pos.var")
    assert bounded.converged
    assert not any(p.code == "no_finite_optimum" for p in bounded.problems)
