"""Numbers of units, roles and gaps against the formula written out, unit by unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from scipy import stats

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads import TriadData
from comply_measure.triads.gaps.actions import _weights

CALLS = ("neither", "low", "disputed", "low and disputed")
RELIABILITY = {"marketing": 0.8, "sales": 0.7, "it": 0.6}


def described(values: np.ndarray) -> dict[str, float]:
    known = values[~np.isnan(values)]
    return {"n_units": len(known), "mean": known.mean(), "sd": known.std(ddof=1)} | dict(
        zip(("q25", "median", "q75"), np.percentile(known, [25, 50, 75]), strict=True)
    )


def test_gaps_of_every_unit_and_their_summary() -> None:
    data = drawn_triads(1, units=30, missing=0.2)
    gaps = triads.role_gaps(data)
    table = gaps.tidy().set_index(["unit", "pair", "column"])
    summary = gaps.summary().set_index(["column", "pair"])
    for place, (a, b) in enumerate(data.pairs):
        for j, column in enumerate(data.columns):
            d = data.values[:, a, j] - data.values[:, b, j]
            np.testing.assert_array_equal(gaps.absolute[:, place, j], np.abs(d))
            np.testing.assert_array_equal(gaps.squared[:, place, j], d * d)
            rows = table.xs((data.pair_names[place], column), level=("pair", "column")).loc[data.units]
            np.testing.assert_array_equal(rows["gap"], d)
            np.testing.assert_array_equal(rows["absolute_gap"], np.abs(d))
            np.testing.assert_array_equal(rows["squared_gap"], d * d)
            assert rows["note"].tolist() == ["a role is missing" if np.isnan(x) else "" for x in d]
            found = summary.loc[(column, data.pair_names[place])]
            for name, value in described(d).items():
                assert found[name] == pytest.approx(value, rel=1e-12), name
            known = d[~np.isnan(d)]
            assert found["mean_absolute"] == pytest.approx(np.abs(known).mean(), rel=1e-12)
            assert found["root_mean_square"] == pytest.approx(np.sqrt((known**2).mean()), rel=1e-12)


def test_dispersion_of_the_roles_of_a_unit() -> None:
    data = drawn_triads(2, units=25, missing=0.35)
    table = triads.role_dispersion(data).set_index(["unit", "column"])
    assert set(table["n_informants"]) == {1, 2, 3}
    for place, unit in enumerate(data.units):
        for j, column in enumerate(data.columns):
            x = data.values[place, :, j]
            x = x[~np.isnan(x)]
            row = table.loc[(unit, column)]
            assert row["n_informants"] == len(x)
            if len(x) < 2:
                assert row[["sd", "range", "mean_absolute_pair"]].isna().all()
                assert row["note"] == "fewer than 2 roles"
                continue
            pairs = [abs(a - b) for k, a in enumerate(x) for b in x[k + 1 :]]
            expected = x.std(ddof=1), x.max() - x.min(), np.mean(pairs)
            np.testing.assert_allclose(
                row[["sd", "range", "mean_absolute_pair"]].to_numpy(float), expected, rtol=1e-12
            )
            assert row["note"] == ""


def test_similarity_of_profiles_summarised_over_units() -> None:
    data = drawn_triads(3, units=40, columns=5, missing=0.1)
    similarity = triads.profile_similarity(data, {"all": data.columns, "two": data.columns[:2]})
    every = similarity.tidy()
    summary = similarity.summary()
    assert len(summary) == 2 * 3 * 12
    for row in summary.to_dict("records"):
        part = every[(every["set"] == row["set"]) & (every["pair"] == row["pair"])]
        for name, value in described(part[row["statistic"]].to_numpy()).items():
            assert row[name] == pytest.approx(value, rel=1e-12), (row["statistic"], name)


@pytest.mark.parametrize("reliability", [None, RELIABILITY])
def test_level_and_gap_of_actions(reliability: dict[str, float] | None) -> None:
    data = drawn_triads(4, units=60, missing=0.15)
    plan = triads.attribute_actions(data, low=4.0, reliability=reliability, replications=400, seed=1)
    assert plan.disputed == 1.0
    for j, row in enumerate(plan.table.to_dict("records")):
        x = data.values[:, :, j]
        level = np.nanmean(x, axis=0).mean()
        squares = []
        for a, b in data.pairs:
            square = np.nanmean((x[:, a] - x[:, b]) ** 2)
            if reliability:
                for role in (a, b):
                    square -= np.nanvar(x[:, role], ddof=1) * (1 - reliability[data.roles[role]])
            squares.append(square)
        gap = np.sqrt(max(np.mean(squares), 0.0))
        assert row["level"] == pytest.approx(level, rel=1e-12)
        assert row["gap"] == pytest.approx(gap, rel=1e-12)
        assert row["call"] == CALLS[(level < 4.0) + 2 * (gap > 1.0)]
        assert (row["n_units"], row["n_informants"]) == (
            (~np.isnan(x)).any(axis=1).sum(),
            (~np.isnan(x)).sum(),
        )
        assert row["note"] == ("" if reliability else "gaps include measurement error")


def test_the_bootstrap_of_actions_draws_units_or_firms() -> None:
    """Percentile limits of the level are those of a mean: ± 1.96 s/√n, within 15 % at 4000 draws."""
    data = drawn_triads(5, units=150, columns=1)
    firms = np.repeat(np.arange(30), 5)
    unit_means = data.values[:, :, 0].mean(axis=1)
    firm_means = unit_means.reshape(30, 5).mean(axis=1)
    by_firm = TriadData(data.units, firms, data.roles, data.columns, data.values, data.present)
    for each, means in ((data, unit_means), (by_firm, firm_means)):
        row = triads.attribute_actions(each, low=4.0, replications=4000, seed=2).table.iloc[0]
        half = 1.96 * means.std(ddof=1) / np.sqrt(len(means))
        assert row["level_lower"] == pytest.approx(row["level"] - half, abs=0.15 * half)
        assert row["level_upper"] == pytest.approx(row["level"] + half, abs=0.15 * half)
        z = (4.0 - row["level"]) / (half / 1.96)
        assert row["p_low"] == pytest.approx(stats.norm.cdf(z), abs=0.03)
        assert row["gap_lower"] < row["gap"] < row["gap_upper"]


def test_contrasts_of_complete_roles_are_paired_t_intervals() -> None:
    """In complete data the contrast, its robust error and its df are those of the mean of the gaps."""
    data = drawn_triads(6, units=24, columns=2)
    table = triads.role_contrasts(data, confidence=0.9)
    assert len(table) == 6
    for row in table.to_dict("records"):
        (a, b) = data.pairs[data.pair_names.index(row["pair"])]
        d = data.values[:, a, data.columns.index(row["column"])]
        d = d - data.values[:, b, data.columns.index(row["column"])]
        expected = stats.ttest_1samp(d, 0.0)
        interval = expected.confidence_interval(0.9)
        assert row["estimate"] == pytest.approx(d.mean(), abs=1e-10)
        assert row["se"] == pytest.approx(d.std(ddof=1) / np.sqrt(len(d)), rel=1e-6)
        assert row["df"] == pytest.approx(len(d) - 1, rel=1e-6)
        assert row["t"] == pytest.approx(expected.statistic, rel=1e-6)
        assert row["p"] == pytest.approx(expected.pvalue, rel=1e-5)
        assert (row["lower"], row["upper"]) == pytest.approx(tuple(interval), rel=1e-6)
        assert (row["n_units"], row["n_informants"], row["n_clusters"]) == (24, 72, 24)


def test_contrasts_leave_out_a_role_nobody_has() -> None:
    data = drawn_triads(7, units=20, columns=1)
    values = data.values.copy()
    values[:, 1] = np.nan
    without = TriadData(data.units, None, data.roles, data.columns, values, ~np.isnan(values).all(axis=2))
    table = triads.role_contrasts(without).set_index("pair")
    d = values[:, 0, 0] - values[:, 2, 0]
    assert table.loc["marketing - it", "estimate"] == pytest.approx(d.mean(), abs=1e-10)
    assert table.loc["marketing - it", "se"] == pytest.approx(d.std(ddof=1) / np.sqrt(20), rel=1e-6)
    for pair in ("marketing - sales", "sales - it"):
        assert table.loc[pair, ["estimate", "se", "lower", "upper", "p", "p_holm"]].isna().all()
        assert table.loc[pair, "note"] == "nobody has one of the roles"


def test_the_odd_role_is_reliable_beyond_its_measurement_error() -> None:
    """|d_r| > z · √(SEM²_r + Σ SEM²_others / (R − 1)²) with z at 1 − (1 − c)/(2R), role by role."""
    for roles in (3, 4):
        data = drawn_triads(8, units=400, roles=roles, columns=1, missing=0.05)
        r = dict(zip(data.roles, (0.8, 0.7, 0.6, 0.75), strict=False))
        found = triads.odd_role_out(data, reliability=r, confidence=0.9)
        x = data.values[:, :, 0] - np.nanmean(data.values[:, :, 0], axis=0)
        sem2 = [
            np.nanvar(x[:, place], ddof=1) * (1 - reliability) for place, reliability in enumerate(r.values())
        ]
        z = stats.norm.ppf(1 - 0.1 / (2 * roles))
        flags = []
        for unit in range(len(x)):
            if np.isnan(x[unit]).any():
                assert found.odd[unit, 0] == -1
                assert np.isnan(found.reliable[unit, 0])
                continue
            distance = [abs(x[unit, k] - np.delete(x[unit], k).mean()) for k in range(roles)]
            np.testing.assert_allclose(found.distance[unit, :, 0], distance, atol=1e-12)
            odd = int(np.argmax(distance))
            assert found.odd[unit, 0] == odd
            bound = z * np.sqrt(sem2[odd] + (sum(sem2) - sem2[odd]) / (roles - 1) ** 2)
            assert found.reliable[unit, 0] == float(distance[odd] > bound)
            flags.append(distance[odd] > bound)
        assert 0.05 < np.mean(flags) < 0.95


def test_two_roles_and_two_attributes_are_two_facets() -> None:
    """Balanced data: the REML components are those of the mean squares."""
    rng = np.random.default_rng(9)
    n = 50
    y = 4 + rng.normal(0, 1.0, (n, 1, 1)) + np.array([1.0, -1.2])[:, None] + np.array([0.9, -0.8])
    y = y + np.array([[0.7, -0.6], [-0.8, 0.7]]) + rng.normal(0, 0.7, (n, 2, 1))
    y = y + rng.normal(0, 0.6, (n, 1, 2)) + rng.normal(0, 0.5, (n, 2, 2))
    data = TriadData(np.arange(n), None, ("a", "b"), ("u", "v"), y, np.ones((n, 2), dtype=bool))
    found = triads.g_study(data)
    total = y.mean()
    t, r, a = (y.mean(axis=axes, keepdims=True) - total for axes in ((1, 2), (0, 2), (0, 1)))
    tr = y.mean(axis=2, keepdims=True) - total - t - r
    ta = y.mean(axis=1, keepdims=True) - total - t - a
    ra = y.mean(axis=0, keepdims=True) - total - r - a
    e = y - total - t - r - a - tr - ta - ra

    def square(part: np.ndarray, df: int) -> float:
        return float((np.broadcast_to(part, y.shape) ** 2).sum() / df)

    ms_t, ms_r, ms_a = square(t, n - 1), square(r, 1), square(a, 1)
    ms_tr, ms_ta, ms_ra, ms_e = square(tr, n - 1), square(ta, n - 1), square(ra, 1), square(e, n - 1)
    expected = {
        "role": (ms_r - ms_tr - ms_ra + ms_e) / (2 * n),
        "attribute": (ms_a - ms_ta - ms_ra + ms_e) / (2 * n),
        "role:attribute": (ms_ra - ms_e) / n,
        "unit": (ms_t - ms_tr - ms_ta + ms_e) / 4,
        "unit:role": (ms_tr - ms_e) / 2,
        "unit:attribute": (ms_ta - ms_e) / 2,
        "residual": ms_e,
    }
    assert min(expected.values()) > 0
    assert found.names == tuple(expected)
    np.testing.assert_allclose(found.variances, list(expected.values()), rtol=1e-5)
    assert found.sizes == {"role": 2, "attribute": 2, "item": 1}


def test_simulated_nulls_of_independent_items_are_the_exact_ones() -> None:
    """Units of two to five informants: p and critical values within 4 Monte Carlo standard errors."""
    rng = np.random.default_rng(10)
    sizes = np.repeat([2, 3, 5], 8)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(len(sizes)), sizes)})
    centre = rng.integers(2, 5, len(sizes))[frame["unit"]]
    for item in "abc":
        frame[item] = np.clip(centre + rng.integers(-1, 2, len(frame)), 1, 5)
    options = {"minimum": 1, "maximum": 5}
    scales = {"s": list("abc")}
    exact = triads.agreement_tests(frame, scales, **options).tidy()
    drawn = triads.agreement_tests(
        frame, scales, item_correlation=0.0, replications=20_000, seed=3, **options
    ).tidy()
    np.testing.assert_array_equal(drawn["value"], exact["value"])
    error = np.sqrt(exact["p"] * (1 - exact["p"]) / 20_000)
    assert (np.abs(drawn["p"] - exact["p"]) <= 4 * error + 1e-12).all()
    np.testing.assert_allclose(drawn["critical"], exact["critical"], atol=0.03)


@pytest.mark.parametrize("options", [{"min_roles": 0}, {"min_roles": 1, "composition": "dispersion"}])
def test_fewer_roles_than_a_score_needs_are_refused(options) -> None:
    with pytest.raises(InputError, match="min_roles"):
        triads.aggregate(drawn_triads(11, units=5), **options)


def test_simulated_nulls_of_correlated_items_are_a_simulation_of_ones_own() -> None:
    """Normal answers of three informants cut to five equal shares; p within 5 Monte Carlo errors, not the exact p."""
    frame = pd.DataFrame({"unit": np.repeat(["near", "far"], 3)})
    for item, answers in {"a": [3, 3, 4, 2, 3, 4], "b": [3, 4, 4, 2, 2, 4], "c": [2, 3, 3, 3, 5, 3]}.items():
        frame[item] = answers
    options = {"minimum": 1, "maximum": 5}
    scales = {"s": list("abc")}
    drawn = triads.agreement_tests(
        frame, scales, item_correlation=0.8, replications=20_000, seed=4, **options
    ).tidy()
    exact = triads.agreement_tests(frame, scales, **options).tidy()
    rng, R = np.random.default_rng(99), np.full((3, 3), 0.8) + 0.2 * np.eye(3)
    normal = rng.multivariate_normal(np.zeros(3), R, size=(40_000, 3))
    noise = np.searchsorted(stats.norm.ppf([0.2, 0.4, 0.6, 0.8]), normal).var(axis=1, ddof=1).mean(axis=1)
    for row, other in zip(drawn.to_dict("records"), exact.to_dict("records"), strict=True):
        observed = frame.loc[frame["unit"] == row["unit"], list("abc")].var(ddof=1).mean()
        p = (noise <= observed + 1e-9).mean()
        error = np.sqrt(p * (1 - p) * (1 / 20_000 + 1 / 40_000))
        assert row["p"] == pytest.approx(p, abs=5 * error)
        assert abs(row["p"] - other["p"]) > 5 * error


@pytest.mark.parametrize("firm", [None, "firm"])
def test_one_unit_or_firm_gives_no_probability_of_a_call(firm: str | None) -> None:
    """All resamples of one firm are the same: they say nothing of how sure a call is."""
    rows = {"unit": np.repeat([1, 2], 2), "role": ["m", "s"] * 2, "firm": 7, "x": [2.0, 3.0, 1.0, 4.0]}
    data = TriadData.from_long(pd.DataFrame(rows), ["x"], firm="firm", roles=("m", "s"))
    data = data if firm else replace(data, firms=None).select(units=[1])
    row = triads.attribute_actions(data, low=3.0, disputed=1.5, replications=100, seed=1).table.iloc[0]
    assert row["level"] == 2.5
    assert (row["call"], row["gap"]) == (
        ("low and disputed", pytest.approx(np.sqrt(5))) if firm else ("low and disputed", 3.0)
    )
    assert row[["probability", "p_low", "p_disputed", "p_both"]].isna().all()
    assert row[["level_lower", "level_upper", "gap_lower", "gap_upper"]].isna().all()
    what = "firm" if firm else "unit"
    assert row["note"] == f"gaps include measurement error; one {what}: nothing to resample"


def test_every_bootstrap_of_actions_draws_as_many_units_or_firms_as_there_are() -> None:
    data = drawn_triads(12, units=20, columns=1)
    rng = np.random.default_rng(1)
    weights = _weights(data, 50, rng)
    assert weights.shape == (50, 20) and (weights.sum(axis=1) == 20).all()
    firms = np.repeat(np.arange(5), 4)
    by_firm = TriadData(data.units, firms, data.roles, data.columns, data.values, data.present)
    weights = _weights(by_firm, 50, rng).reshape(50, 5, 4)
    assert (weights == weights[:, :, :1]).all()
    assert (weights[:, :, 0].sum(axis=1) == 5).all()
