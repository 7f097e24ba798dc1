"""Cross-validation of structures: Cudeck and Browne's index by hand, sums over firms, what it prefers, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.models import correlated_factors, cross_validate, one_factor

NAMES = [f"{factor}{k}" for factor in "ab" for k in range(1, 4)]
FACTORS = {"a": NAMES[:3], "b": NAMES[3:]}
TEXTS = {"one": one_factor("g", NAMES), "two": correlated_factors(FACTORS)}


def answers(correlation: float, n: int = 240, seed: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factors = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    x = 0.8 * np.repeat(factors, 3, axis=1) + 0.6 * rng.standard_normal((n, 6))
    return pd.DataFrame(x, columns=NAMES).assign(firm=np.arange(n) % 40)


def test_two_parts_give_the_index_of_cudeck_and_browne() -> None:
    """Complete data, halves: −2ℓ/n is p log 2π + log|Σ_a| + tr(Σ_a⁻¹ S_b) with S_b about the means of a."""
    data = answers(0.5)
    found = cross_validate(TEXTS, data, NAMES, baseline="one", cluster="firm", seed=4, folds=2)
    order = np.random.default_rng(4).permutation(40)
    fold = np.empty(40, dtype=int)
    fold[order] = np.arange(40) % 2
    part = fold[data["firm"]]
    parts = []
    for k in (0, 1):
        seen, unseen = data.loc[part != k, NAMES], data.loc[part == k, NAMES].to_numpy()
        fit = sem.fit(TEXTS["two"], seen, estimator="ML")
        sigma = fit.implied().cov.loc[NAMES, NAMES].to_numpy()
        z = unseen - seen.mean().to_numpy()
        index = np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, z.T @ z / len(z)))
        parts.append(index + 6 * np.log(2 * np.pi))
    row = found.table.set_index("model").loc["two"]
    assert row["deviance"] == pytest.approx(np.mean(parts), rel=1e-6)
    assert (row["n"], row["n_clusters"], row["folds"]) == (240, 40, 2)


def test_differences_are_sums_over_firms() -> None:
    data = answers(0.5)
    found = cross_validate(TEXTS, data, NAMES, baseline="one", cluster="firm", seed=1).table.set_index(
        "model"
    )
    row, base = found.loc["two"], found.loc["one"]
    assert row["difference"] == pytest.approx(base["deviance"] - row["deviance"], rel=1e-9)
    assert np.isnan(base["difference"]) and base["note"] == "the baseline"
    assert row["df"] == 39
    half = stats.t.ppf(0.975, 39) * row["se"]
    assert (row["lower"], row["upper"]) == pytest.approx((row["difference"] - half, row["difference"] + half))
    assert row["p"] == pytest.approx(2 * stats.t.sf(row["difference"] / row["se"], 39), rel=1e-9)
    assert row["lower"] > 0.3  # two factors correlated .5
    assert row["in_sample"] < row["deviance"]
    assert found.loc["saturated", "in_sample"] <= row["in_sample"]
    assert found.loc["saturated", "deviance"] > row["deviance"]  # free covariances cost more than they tell


def test_one_factor_is_not_beaten_where_it_holds_and_gaps_in_answers_are_used() -> None:
    data = answers(1.0, seed=5)
    data.loc[::7, "a1"] = np.nan
    found = cross_validate(TEXTS, data, NAMES, baseline="one", cluster="firm", seed=2)
    row = found.table.set_index("model").loc["two"]
    assert abs(row["difference"]) < 0.05 and row["p"] > 0.05 and row["n"] == 240


def test_what_cannot_be_fitted_says_why_and_bad_arguments_are_refused() -> None:
    data = answers(0.5)
    texts = {"one": TEXTS["one"], "odd": "f =~ a1 + nothing"}
    odd = cross_validate(texts, data, NAMES, baseline="one", cluster="firm", seed=1)
    row = odd.table.set_index("model").loc["odd"]
    assert "nothing" in row["note"] and np.isnan(row["deviance"]) and np.isnan(row["p"])
    with pytest.raises(InputError) as caught:
        cross_validate(TEXTS, data, NAMES, baseline="three", cluster="firm", seed=1, folds=41)
    assert [(p.value, p.allowed) for p in caught.value.problems] == [
        (41, "2 to 40, the number of clusters with answers"),
        ("three", "one, two"),
    ]
