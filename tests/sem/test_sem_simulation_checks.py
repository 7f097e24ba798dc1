"""Coverage and rejection rates by simulation, in reduced form; COMPLY_FULL=1 runs ten times as many.

Bounds of coverage are four standard errors of a proportion around the nominal rate, plus what theory leaves open in
samples of this size (stated per test); p values of right models must be uniform.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from comply_measure import sem

pytestmark = pytest.mark.slow
FULL = os.environ.get("COMPLY_FULL") == "1"
REPLICATIONS = 2000 if FULL else 150
MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
LOADINGS = np.array([1.0, 0.8, 1.2, 1.0, 0.9, 0.7])
NAMES = [f"x{i}" for i in range(1, 7)]


def four_errors(rate: float) -> float:
    return 4 * np.sqrt(rate * (1 - rate) / REPLICATIONS)


def require_uniform(pvalues: list[float]) -> None:
    """Refuse p values that a right model does not give: their whole distribution, its mean and its lower tail.

    Bounds hold with probability .999 each for uniform p values (Kolmogorov's distance, the normal mean, the binomial
    count); at 150 replications the lower tail is held to .007 - .120, the mean to ± .078.
    """
    p = np.sort(pvalues)
    n = len(p)
    steps = np.arange(n + 1) / n
    assert max((steps[1:] - p).max(), (p - steps[:-1]).max()) < 1.95 / np.sqrt(n)
    assert abs(p.mean() - 0.5) < 3.29 * np.sqrt(1 / 12 / n)
    low, high = binom.ppf([0.0005, 0.9995], n, 0.05)
    assert low <= (p < 0.05).sum() <= high


def draw(rng: np.random.Generator, n: int, heavy: bool = False) -> pd.DataFrame:
    """Two factors with correlation .5; with heavy tails the whole case is scaled (multivariate t, 8 df)."""
    factors = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.5], [0.0, np.sqrt(0.75)]])
    y = LOADINGS * np.repeat(factors, 3, axis=1) + 0.8 * rng.standard_normal((n, 6))
    if heavy:
        y = y * np.sqrt(6.0 / rng.chisquare(8, n))[:, None]
    return pd.DataFrame(y, columns=NAMES)


def test_intervals_cover_and_the_test_keeps_its_level_under_normality() -> None:
    rng = np.random.default_rng(1)
    covered, pvalues = [], []
    for _ in range(REPLICATIONS):
        fit = sem.fit(MODEL, draw(rng, 300))
        table = fit.estimates
        loadings = table[(table["op"] == "=~") & (table["free"] > 0)]
        target = np.array([0.8, 1.2, 0.9, 0.7])
        covered.append((loadings["ci_lower"] < target) & (target < loadings["ci_upper"]))
        pvalues.append(fit.fit_measures["pvalue"])
    coverage = np.array(covered).mean()
    assert abs(coverage - 0.95) < four_errors(0.95) / 2 + 0.005  # four loadings per replication
    require_uniform(pvalues)


def test_scaled_tests_keep_their_level_where_the_plain_one_does_not() -> None:
    """Elliptical data with heavy tails: the plain test rejects far too often, the scaled ones do not."""
    rng = np.random.default_rng(2)
    rows = {"plain": [], "MLM": [], "MLR": [], "MLMV": []}
    for _ in range(REPLICATIONS):
        data = draw(rng, 600, heavy=True)
        for name in ("MLM", "MLR", "MLMV"):
            measures = sem.fit(MODEL, data, estimator=name).fit_measures
            rows[name].append(measures["pvalue.scaled"])
        rows["plain"].append(measures["pvalue"])
    assert np.mean(np.array(rows["plain"]) < 0.05) > 0.15
    for name in ("MLM", "MLR", "MLMV"):
        require_uniform(rows[name])


def test_robust_intervals_cover_under_heavy_tails() -> None:
    rng = np.random.default_rng(3)
    plain, robust = [], []
    target = np.array([0.8, 1.2, 0.9, 0.7])
    for _ in range(REPLICATIONS):
        data = draw(rng, 600, heavy=True)
        for estimator, store in (("ML", plain), ("MLR", robust)):
            table = sem.fit(MODEL, data, estimator=estimator).estimates
            rows = table[(table["op"] == "=~") & (table["free"] > 0)]
            store.append((rows["ci_lower"] < target) & (target < rows["ci_upper"]))
    assert np.mean(robust) > np.mean(plain)
    # sandwich errors are a little small in samples of 600 with such tails
    assert np.mean(robust) > 0.95 - four_errors(0.95) / 2 - 0.03


def test_wlsmv_keeps_its_level_on_ordered_data() -> None:
    rng = np.random.default_rng(4)
    pvalues, covered = [], []
    for _ in range(REPLICATIONS):
        cut = np.digitize(draw(rng, 500).to_numpy(), [-1.0, 0.2, 1.4])
        fit = sem.fit(MODEL, pd.DataFrame(cut, columns=NAMES), estimator="WLSMV", ordered=True)
        pvalues.append(fit.fit_measures["pvalue.scaled"])
        table = fit.standardized()
        row = table[(table["lhs"] == "f") & (table["op"] == "~~") & (table["rhs"] == "g")].iloc[0]
        covered.append(row["ci_lower"] < 0.5 < row["ci_upper"])
    require_uniform(pvalues)
    assert abs(np.mean(covered) - 0.95) < four_errors(0.95) + 0.01


@pytest.mark.parametrize("estimator", ["ULS", "DWLS"])
def test_unweighted_least_squares_keep_their_level_by_browne_residual_test(estimator: str) -> None:
    """Normal data: level of the default test and coverage of the default intervals."""
    rng = np.random.default_rng(6)
    covered, pvalues = [], []
    for _ in range(REPLICATIONS):
        fit = sem.fit(MODEL, draw(rng, 300), estimator=estimator)
        loading = fit.estimates.iloc[1]
        covered.append(loading["ci_lower"] < 0.8 < loading["ci_upper"])
        pvalues.append(fit.fit_measures["pvalue"])
    assert abs(np.mean(covered) - 0.95) < four_errors(0.95) + 0.01
    require_uniform(pvalues)
