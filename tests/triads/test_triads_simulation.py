"""Error rates and coverage in simulation; bounds are four Monte Carlo standard errors wide.

COMPLY_FULL=1 runs more replications.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from levels import (
    components_of_few_levels,
    contrasts_of_unlike_roles,
    flags_of_like_roles,
    gaps_by_firm,
    matched_by_firm,
    odd_role_of_unlike_errors,
)

from comply_measure import triads
from comply_measure.triads.agreement import simulated
from comply_measure.triads.agreement.exact import critical_rwg_j
from comply_measure.triads.agreement.simulated import (
    correlation_matrix,
    simulated_answers,
    simulated_distribution,
)

FULL = 5 if os.environ.get("COMPLY_FULL") == "1" else 1


def random_answers(seed: int, units: int, items: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 6, (3 * units, items)).astype(float))
    frame.columns = [f"x{j}" for j in range(items)]
    frame.insert(0, "unit", np.repeat(np.arange(units), 3))
    return frame


def within_four_errors(share: float, expected: float, n: int) -> bool:
    return abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / n)


@pytest.mark.parametrize("index", ["rwg_j", "ad_mean", "ad_median"])
def test_exact_tests_reject_noise_at_their_level(index) -> None:
    units = 4000 * FULL
    data = random_answers(1, units, 4)
    data.loc[np.random.default_rng(2).random(len(data)) < 0.1, ["x0", "x1"]] = np.nan
    result = triads.agreement_tests(data, {"s": ["x0", "x1", "x2", "x3"]}, minimum=1, maximum=5, index=index)
    row = result.summary().iloc[0]
    assert row["expected_by_noise"] <= 0.05
    assert within_four_errors(row["share_significant"], row["expected_by_noise"], row["n_tested"])
    assert row["p_share"] > 1e-4
    if index == "rwg_j":
        assert within_four_errors(row["share_at_cutoff"], row["noise_at_cutoff"], row["n_tested"])
        assert "no evidence of agreement" in row["statement"]
    assert row["share_significant_fdr"] <= 5 / units


def test_correlated_items_raise_the_critical_value() -> None:
    # R's rwg.j.sim with item correlations of .4: 0.8888888888888889 (20,000 replications)
    null = triads.null_distribution("uniform", 1, 5)
    rng = np.random.default_rng(5)
    answers = simulated_answers(3, correlation_matrix(0.4, 4), null, 200_000, rng)
    distribution = simulated_distribution(answers, [3] * 4, np.arange(4), "variance")
    assert critical_rwg_j(distribution, null) == pytest.approx(8 / 9, abs=1e-12)
    assert np.average(distribution.values, weights=distribution.counts) == pytest.approx(2.0, abs=0.02)
    # ad.m.sim says .5556 there because rounding splits its table; P(AD ≤ .5556) is .07
    spread = simulated_distribution(answers, [3] * 4, np.arange(4), "ad_mean")
    assert spread.cdf(np.array(5 / 9)) > 0.06
    assert spread.critical(0.05) == pytest.approx(0.5)


def test_draws_that_are_sorted_have_the_distribution_of_those_that_are_counted(monkeypatch) -> None:
    null = triads.null_distribution("uniform", 1, 5)
    answers = simulated_answers(4, correlation_matrix(0.3, 3), null, 500, np.random.default_rng(8))
    items, n = np.arange(3), [4, 2, 3]
    counted = simulated_distribution(answers, n, items, "variance")
    monkeypatch.setattr(simulated, "_COUNTED", 0)
    by_value = simulated_distribution(answers, n, items, "variance")
    draws = np.sort(np.mean([answers[:k, :, j].var(axis=0, ddof=1) for j, k in enumerate(n)], axis=0))
    at = np.array([0.0, 0.7, 1.0, draws[24], draws[100], np.nan])
    expected = [(1 + (draws <= value + 1e-9).sum()) / 501 for value in at[:-1]]
    for distribution in (counted, by_value):
        assert distribution.cdf(at) == pytest.approx([*expected, np.nan], rel=1e-14, nan_ok=True)
        # 25 of 501 replications may lie at or below: those strictly below the 25th value
        critical = draws[draws < draws[24] - 1e-9][-1]
        assert distribution.critical(0.05) == pytest.approx(critical, rel=1e-12)
        assert distribution.level(0.05) == (draws <= critical + 1e-9).mean()
        assert distribution.critical(0.001) != distribution.critical(0.001)  # NaN: none is so rare


def test_independent_items_simulated_equal_exact() -> None:
    data = random_answers(3, 200, 3)
    scale = {"s": ["x0", "x1", "x2"]}
    exact = triads.agreement_tests(data, scale, minimum=1, maximum=5).tidy()["p"]
    simulated = triads.agreement_tests(
        data, scale, minimum=1, maximum=5, item_correlation=0.0, replications=20_000, seed=4
    ).tidy()["p"]
    assert np.abs(exact - simulated).max() < 4 * np.sqrt(0.25 / 20_000)


@pytest.mark.slow
def test_within_role_resampling_keeps_its_level_under_role_bias_and_free_does_not() -> None:
    runs, rejected = 100 * FULL, {"within_role": 0, "free": 0}
    power = dict(rejected)
    for seed in range(runs):
        for unit_sd, count in ((0.0, rejected), (0.6, power)):
            rng = np.random.default_rng([seed, int(unit_sd * 100)])
            x = rng.normal(0, 1, (40, 3)) + unit_sd * rng.normal(0, 1, (40, 1)) + np.array([1.0, 0.0, -1.0])
            long = pd.DataFrame(
                {
                    "unit": np.repeat(np.arange(40), 3),
                    "role": np.tile(["m", "s", "i"], 40),
                    "x": x.reshape(-1),
                }
            )
            for scheme in count:
                p = triads.random_group_resampling(
                    long, ["x"], scheme=scheme, replications=99, seed=seed
                ).table["p"].iloc[0]  # fmt: skip
                count[scheme] += p <= 0.05
    assert within_four_errors(rejected["within_role"] / runs, 0.05, runs)
    # role means spread every real triad, so the free test hardly ever rejects, agreement or not
    assert rejected["free"] / runs < 0.02
    assert power["within_role"] / runs > 0.6
    assert power["free"] / runs < 0.3


@pytest.mark.slow
def test_pseudo_triad_test_keeps_its_level() -> None:
    runs = 100 * FULL
    hits = sum(
        triads.pseudo_baseline(drawn_triads(seed, units=30, columns=1, unit_sd=0.0), replications=19, seed=seed)
        .set_index("pair").loc["marketing - sales", "p"] <= 0.05
        for seed in range(runs)
    )  # fmt: skip
    assert within_four_errors(hits / runs, 0.05, runs)


def test_squared_gaps_are_corrected_for_error() -> None:
    rng = np.random.default_rng(11)
    G, reliability = 20_000, 0.75
    true = rng.normal(0, 1, (G, 1)) + rng.normal(0, 0.5, (G, 2)) + np.array([0.3, 0.0])
    error_sd = np.sqrt(1.25 * (1 / reliability - 1))
    x = (true + rng.normal(0, error_sd, (G, 2)))[:, :, None]
    data = triads.TriadData(np.arange(G), None, ("a", "b"), ("v",), x, np.ones((G, 2), bool))
    row = triads.gap_reliability(data, reliability).tidy().iloc[0]
    expected = 0.3**2 + 2 * 0.25
    assert row["mean_squared_corrected"] == pytest.approx(expected, abs=0.05)
    assert row["mean_squared"] > expected + 0.5
    assert row["reliability_difference"] == pytest.approx(0.5 / (0.5 + 2 * error_sd**2), abs=0.02)


@pytest.mark.slow
def test_bootstrap_intervals_of_incomplete_triads_cover() -> None:
    runs, covered, truth = 40 * FULL, 0, 0.49 / 1.49
    for seed in range(runs):
        data = drawn_triads(seed, units=60, columns=1, missing=0.1)
        row = triads.icc_twoway(data, method="reml", bootstrap=100, seed=seed).tidy().set_index("form")
        covered += row.loc["ICC(C,1)", "lower"] <= truth <= row.loc["ICC(C,1)", "upper"]
    assert abs(covered / runs - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / runs)


def test_reml_recovers_components_of_incomplete_triads() -> None:
    data = drawn_triads(21, units=1500 * FULL, columns=1, missing=0.15)
    effect = triads.icc_twoway(data).role_effects().iloc[0]
    assert effect["variance_unit"] == pytest.approx(0.49, abs=0.08)
    assert effect["variance_residual"] == pytest.approx(1.0, abs=0.08)
    profile = triads.icc_oneway_reml(data.to_long(), ["v0"]).tidy().iloc[0]
    # roles are ignored there: their means count as error
    assert profile["icc1"] < effect["variance_unit"] / (effect["variance_unit"] + effect["variance_residual"])


def test_incomplete_units_are_scored_better_with_roles_centred() -> None:
    rng = np.random.default_rng(9)
    G = 3000
    truth = rng.normal(0, 0.6, G)
    x = truth[:, None] + np.array([0.8, 0.0, -0.8]) + rng.normal(0, 0.7, (G, 3))
    x[np.arange(G), rng.integers(0, 3, G)] = np.nan
    data = triads.TriadData(np.arange(G), None, ("a", "b", "c"), ("v",), x[:, :, None], ~np.isnan(x))
    r = {
        name: np.corrcoef(scores.values[:, 0], truth)[0, 1]
        for name, scores in {
            "raw": triads.aggregate(data),
            "centred": triads.aggregate(data, centring="role"),
            "blup": triads.blup_scores(data),
        }.items()
    }
    assert r["raw"] < r["centred"] - 0.03
    assert r["blup"] == pytest.approx(r["centred"], abs=0.005)


def test_gap_tests_keep_their_family_wise_level_with_few_firms() -> None:
    runs = 400 * FULL
    for name, rate in gaps_by_firm(runs).items():
        assert rate <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs), name


def test_contrasts_keep_their_level_when_roles_err_differently_and_differ_by_firm() -> None:
    runs = 100 * FULL
    for name, rate in contrasts_of_unlike_roles(
        runs
    ).items():  # .20 to .23 by firm with the model's own errors
        assert rate <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs), name


def test_units_whose_roles_agree_are_flagged_no_more_often_than_promised() -> None:
    rates = flags_of_like_roles(20)  # .120 and .119 when every gap and the largest distance were tested alone
    error = 4 * np.sqrt(0.05 * 0.95 / 4800)
    assert abs(rates["any gap of the unit"] - 0.05) <= error
    assert 0.035 <= rates["the odd role"] <= 0.05  # Bonferroni over three dependent distances


def test_odd_roles_are_tested_against_their_own_errors() -> None:
    runs = 200 * FULL
    for rate in odd_role_of_unlike_errors(runs).values():  # .34 against equal shares
        assert abs(rate - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / runs)


def test_intervals_of_components_with_three_levels_cover() -> None:
    runs = 40 * FULL
    rates = components_of_few_levels(runs)  # .753 for roles by percentiles of the parametric bootstrap
    for name in ("role", "attribute"):
        assert rates[name] >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs), name


def test_likeness_within_firms_is_not_likeness_within_units() -> None:
    runs = 100 * FULL
    for rate in matched_by_firm(runs).values():  # .87 to .99 when informants changed firms
        assert rate <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)
