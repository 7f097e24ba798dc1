"""Tests of missing patterns, factors on two levels and exploratory models: every field from its definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.measurement import little_mcar, missing_table, pattern_homogeneity
from comply_measure.measurement.dimensionality.esem import exploratory_sem
from comply_measure.measurement.dimensionality.rotation import RotationOptions
from comply_measure.measurement.items import homogeneity
from comply_measure.measurement.items.missingness import mcar_test
from comply_measure.measurement.reliability.two_level_factor import two_level_factor
from comply_measure.sem.missing.saturated import saturated_moments

NAN = np.nan


def patterns(rare: int, second: int = 12) -> pd.DataFrame:
    """40 complete, `second` without d, `rare` without a, two without any answer; one item does not vary."""
    rng = np.random.default_rng(3)
    n = 40 + second + rare
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    x[40 : 40 + second, 3] = NAN
    x[40 + second :, 0] = NAN
    x = np.vstack([x, np.full((2, 4), NAN)])
    return pd.DataFrame(x, columns=list("abcd")).assign(flat=1.0)


def test_homogeneity_of_patterns_is_that_of_ones_own_permutations() -> None:
    data = patterns(rare=6)
    found = pattern_homogeneity(data, [*"abcd", "flat"], seed=7, n_permutations=99)
    x = data[list("abcd")].to_numpy()[:58]
    group = np.repeat([0, 1], [40, 12])
    moments = saturated_moments(x)
    imputation = homogeneity._Imputation(moments.mean, moments.covariance, x[:40])
    rng = np.random.default_rng(7)
    filled = imputation.of(x[:52], rng)
    # the donors are complete informants, who hand on their answer to the item left out
    assert np.isin(filled[40:, 3], x[:40, 3]).all()
    np.testing.assert_array_equal(filled[:, :3], x[:52, :3])
    F, A = homogeneity._distances(filled, group)
    S = sum((len(part) - 1) * np.cov(part.T) for part in (filled[:40], filled[40:])) / 50
    for g, part in enumerate((filled[:40], filled[40:])):
        n, deviation = len(part), part - part.mean(axis=0)
        V = n * np.einsum("ij,jk,ik->i", deviation, np.linalg.inv(S), deviation)
        np.testing.assert_allclose(F[group == g], (52 - 2 - 4) * V / (4 * ((n - 1) * 50 - V)))
    np.testing.assert_allclose(A, stats.f.sf(F, 4, 46))
    smooth = [homogeneity._smooth(A[group == g]) for g in (0, 1)]
    p = [stats.chi2.sf(smooth[0], 4)]
    null = homogeneity._smooth(rng.uniform(size=(5000, 12)))  # fewer than 30: simulated
    p.append((1 + (null >= smooth[1]).sum()) / 5001)
    hawkins = -2 * np.log(p).sum()
    observed = homogeneity._anderson_darling(F, group)
    drawn = []
    for _ in range(99):
        other = rng.permutation(group)
        again = filled.copy()
        again[other == 1, 3] = NAN
        drawn.append(
            homogeneity._anderson_darling(homogeneity._distances(imputation.of(again, rng), other)[0], other)
        )
    row = found.tidy().iloc[0].to_dict()
    expected = {
        "hawkins": hawkins, "hawkins_df": 4, "hawkins_pvalue": stats.chi2.sf(hawkins, 4),
        "anderson_darling": observed, "pvalue": (1 + (np.array(drawn) >= observed - 1e-12).sum()) / 100,
        "n_patterns": 2, "n_informants": 52, "n_left_out": 6, "n_items": 4, "n_permutations": 99, "seed": 7,
    }  # fmt: skip
    assert set(row) == {*expected, "dropped", "note"}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-9), name
    assert row["note"] == "6 informants of rare patterns are left out"
    assert "flat" in row["dropped"]


def test_patterns_that_cannot_be_compared_are_counted_all_the_same() -> None:
    def found(data: pd.DataFrame, items: str = "abcd") -> tuple[object, ...]:
        t = pattern_homogeneity(data, list(items), seed=1, n_permutations=99)
        assert np.isnan([t.hawkins, t.hawkins_pvalue, t.anderson_darling, t.pvalue]).all()
        assert t.hawkins_df == 0
        return t.n_patterns, t.n_informants, t.n_left_out, t.note

    one = "1 pattern with more than 6 informants: two are needed"
    assert found(patterns(rare=6, second=6)) == (1, 40, 12, one)
    assert found(patterns(rare=3).iloc[40:]) == (1, 12, 3, one)
    few = "too few complete informants to take residuals from"
    assert found(patterns(rare=0).iloc[33:52]) == (2, 19, 0, few)  # seven complete, eight needed
    assert found(patterns(rare=0), "a") == (1, 52, 0, "fewer than 2 items vary")
    twin = patterns(rare=0).assign(e=lambda d: d["a"])
    assert "items that determine each other" in str(found(twin, "abcde")[3])
    every = pattern_homogeneity(patterns(rare=7), list("abcd"), seed=1, n_permutations=99)
    assert (every.n_patterns, every.n_informants, every.n_left_out, every.note) == (3, 59, 0, "")


def two_level(between: float, n_units: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(n_units), 4)
    shared = rng.normal(size=(n_units, 1)) * [0.8, 0.6, 0.7] + between * rng.normal(size=(n_units, 3))
    x = (
        shared[unit]
        + rng.normal(size=(len(unit), 1)) * [0.9, 0.8, 0.7]
        + 0.7 * rng.normal(size=(len(unit), 3))
    )
    x[3, 1] = NAN
    return x, unit


def test_factors_on_two_levels_are_those_of_the_engine() -> None:
    x, unit = two_level(0.6)
    solution, note = two_level_factor(x, unit)
    data = pd.DataFrame(x, columns=list("abc")).assign(unit=unit).dropna()
    fit = sem.fit("level: 1\nw =~ a + b + c\nlevel: 2\nb_ =~ a + b + c", data, cluster="unit", std_lv=True)
    table = fit.estimates.set_index(["level", "lhs", "op", "rhs"])["est"]
    loadings = np.array([[table[1, "w", "=~", i] for i in "abc"], [table[2, "b_", "=~", i] for i in "abc"]])
    residuals = np.array([[table[k, i, "~~", i] for i in "abc"] for k in (1, 2)])
    assert note == ""
    np.testing.assert_allclose(solution.loadings, loadings, atol=1e-4)
    np.testing.assert_allclose(solution.residual_variances, residuals, atol=1e-4)
    np.testing.assert_allclose(solution.standardized, loadings / np.sqrt(loadings**2 + residuals), atol=1e-4)
    np.testing.assert_allclose(
        solution.observed, loadings.sum(axis=1) ** 2 + residuals.sum(axis=1), atol=1e-3
    )
    assert solution.defined.tolist() == [True, True]
    assert solution.heywood.tolist() == [False, False]


def test_factors_on_two_levels_say_what_is_missing() -> None:
    x, unit = two_level(0.1, 30)
    solution, note = two_level_factor(x, unit)
    own = solution.residual_variances[1] <= 1e-6 * (
        solution.loadings[1] ** 2 + solution.residual_variances[1]
    )
    assert own.sum() == 1
    assert note == "1 item without variance of its own between units"
    every = two_level_factor(*two_level(0.0, 25))[1]
    assert every == "3 items without variance of their own between units"
    assert solution.defined.all()
    assert (solution.residual_variances >= 0).all()
    x, unit = two_level(0.0)
    two, why = two_level_factor(x[:, :2], unit)
    assert why == "fewer than 3 items: ω is not identified"
    assert np.isnan(two.loadings).all()
    assert two.loadings.shape == (2, 2)
    assert two.defined.tolist() == two.heywood.tolist() == [False, False]
    rng = np.random.default_rng(9)
    # within units the items' correlations have a negative product: one item needs a negative residual variance
    within = rng.multivariate_normal(np.zeros(3), [[1, 0.8, 0.8], [0.8, 1, 0.45], [0.8, 0.45, 1]], 240)
    heywood, reason = two_level_factor(rng.normal(size=(60, 1)).repeat(4, axis=0) + within, unit)
    assert reason == "negative residual variance within units"
    assert heywood.defined.tolist() == [False, True]
    assert heywood.heywood.tolist() == [True, False]
    assert np.isnan(heywood.omega(observed=False)[0])


def exploratory() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    loadings = np.array([[0.8, 0.7, 0.6, 0.1, 0, 0.1], [0, 0.1, 0, 0.7, 0.8, 0.6]])
    f = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 160)
    return pd.DataFrame(f @ loadings + 0.6 * rng.normal(size=(160, 6)), columns=[f"q{j}" for j in range(6)])


def test_whole_tables_of_an_exploratory_model() -> None:
    data = exploratory()
    items, firm = list(data), np.arange(160) % 40
    found = exploratory_sem(
        data.assign(firm=firm), items, 2, rotation="oblimin", factors=("A", "B"), cluster="firm", estimator="MLR",
        confidence=0.9,
    )  # fmt: skip
    assert found.errors is not None
    table, z = found.tidy(), stats.norm.ppf(0.95)
    assert table["item"].tolist() == [i for i in items for _ in range(2)]
    assert table["factor"].tolist() == ["A", "B"] * 6
    np.testing.assert_array_equal(table["loading"], found.loadings.ravel())
    np.testing.assert_allclose(table["lower"], table["loading"] - z * table["se"])
    np.testing.assert_allclose(table["upper"], table["loading"] + z * table["se"])
    np.testing.assert_allclose(table["z"], table["loading"] / table["se"])
    np.testing.assert_allclose(table["pvalue"], 2 * stats.norm.sf(np.abs(table["z"])))
    for name, value in (("n", 160), ("estimator", "MLR"), ("missing", "listwise")):
        assert set(table[name]) == {value}
    (row,) = found.factor_correlations().to_dict("records")
    assert (row["factor"], row["other"], row["n"]) == ("A", "B", 160)
    assert row["correlation"] == found.factor_correlation[0, 1]
    assert row["lower"] == pytest.approx(row["correlation"] - z * row["se"])
    assert row["upper"] == pytest.approx(row["correlation"] + z * row["se"])
    e = found.errors
    assert (e.source, e.n_used, e.n_replications, e.n_clusters, e.confidence) == ("delta", 0, 0, 40, 0.9)
    # towards a target the factors stand in the order of its columns
    target = np.where(np.abs(found.loadings) > 0.4, NAN, 0.0)[:, ::-1]
    turned = exploratory_sem(data, items, 2, rotation=RotationOptions("target", target=target))
    np.testing.assert_array_equal(np.abs(turned.loadings) > 0.4, np.isnan(target))


def maximum_likelihood(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of incomplete normal answers by the EM algorithm, informant by informant."""
    n, p = x.shape
    mean, cov = np.nanmean(x, axis=0), np.diag(np.nanvar(x, axis=0))
    for _ in range(2000):
        total, square = np.zeros(p), np.zeros((p, p))
        for row in x:
            seen, gone = ~np.isnan(row), np.isnan(row)
            full, rest = row.copy(), np.zeros((p, p))
            if gone.any():
                slope = np.linalg.solve(cov[np.ix_(seen, seen)], cov[np.ix_(seen, gone)])
                full[gone] = mean[gone] + (row[seen] - mean[seen]) @ slope
                rest[np.ix_(gone, gone)] = cov[np.ix_(gone, gone)] - cov[np.ix_(gone, seen)] @ slope
            total += full
            square += np.outer(full, full) + rest
        mean, before = total / n, cov
        cov = square / n - np.outer(mean, mean)
        if np.abs(cov - before).max() < 1e-11:
            break
    return mean, cov


def test_littles_statistic_from_its_formula() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(40, 1)) + rng.normal(size=(40, 3))
    x[:9, 0] = x[7:15, 1] = x[30:, 2] = NAN
    x = np.vstack([x, np.full((3, 3), NAN)])  # who answered nothing says nothing
    data = pd.DataFrame(x, columns=list("abc")).assign(flat=2.0)
    row = little_mcar(data, ["a", "b", "c", "flat"]).tidy().iloc[0]
    x = x[:40]
    mean, cov = maximum_likelihood(x)
    sigma = cov * 40 / 39
    patterns = {tuple(mask) for mask in ~np.isnan(x)}
    statistic = 0.0
    for mask in patterns:
        seen = np.array(mask)
        rows = x[(~np.isnan(x) == seen).all(axis=1)][:, seen]
        gap = rows.mean(axis=0) - mean[seen]
        statistic += len(rows) * gap @ np.linalg.solve(sigma[np.ix_(seen, seen)], gap)
    df = sum(sum(mask) for mask in patterns) - 3
    assert row["statistic"] == pytest.approx(statistic, rel=1e-6)
    assert (row["df"], row["n_patterns"], row["n_informants"], row["n_items"]) == (df, 5, 40, 3)
    assert row["pvalue"] == pytest.approx(stats.chi2.sf(statistic, df), rel=1e-6)
    assert "flat" in row["dropped"]
    assert row["note"] == ""
    more = x.copy()
    more[20:22, [0, 1]] = more[22:24, [1, 2]] = more[24, [0, 2]] = NAN
    fewer = pd.DataFrame(np.vstack([more[:15], more[20:]]), columns=list("abc"))
    for n, note in ((35, ""), (34, "fewer than 5 informants per pattern: the p value is only a rough guide")):
        found = little_mcar(fewer.iloc[:n], list("abc"))
        assert (found.n_patterns, found.n_informants, found.note) == (7, n, note)
    for rows, why in (
        (x[15:30], "nothing is missing"),
        (np.full((3, 3), NAN), "no answers"),
        (
            np.array([[1, 2, NAN], [2, 1, NAN], [NAN, 3, 1], [1, NAN, 2], [2, 3, NAN]]),
            "share fewer than 2 informants",
        ),
    ):
        none = mcar_test(np.asarray(rows, dtype=float))
        assert np.isnan([none.statistic, none.pvalue]).all()
        assert why in none.note


def test_whole_tables_of_what_is_missing() -> None:
    data = pd.DataFrame(
        {
            "a": [1.0, NAN, 3, NAN, 5], "b": [NAN, NAN, 1, 2, 3], "c": [1.0, 2, 3, 4, 5],
            "role": ["m", "s", "m", None, "s"],
        }
    )  # fmt: skip
    found = missing_table(data, list("abc"), by=["role"])
    assert found.by_item.to_numpy().tolist() == [["a", 5, 2, 0.4], ["b", 5, 2, 0.4], ["c", 5, 0, 0.0]]
    groups = found.by_group
    assert groups.columns.tolist() == [
        "variable", "group", "n_informants", "n_answers_due", "n_missing", "share", "share_complete",
    ]  # fmt: skip
    assert groups.to_numpy().tolist() == [
        ["role", "m", 2, 6, 1, 1 / 6, 0.5], ["role", "s", 2, 6, 2, 1 / 3, 0.5],
    ]  # fmt: skip
    each = found.by_item_and_group.set_index(["group", "item"])
    assert each["n_missing"].tolist() == [0, 1, 0, 1, 1, 0]
    assert each["share"].tolist() == [0, 0.5, 0, 0.5, 0.5, 0]
    assert set(each["n_informants"]) == {2}
    assert found.patterns.to_numpy().tolist() == [
        ["complete", 0, 2, 0.4], ["b", 1, 1, 0.2], ["a", 1, 1, 0.2], ["a, b", 2, 1, 0.2],
    ]  # fmt: skip
