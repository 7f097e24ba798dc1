"""Levels, gaps and agreement over stages: closed forms, lme4, planted truth."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from comply_measure.errors import InputError
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads import (
    StageData,
    dispersion_differences,
    stage_differences,
    stage_dimensions,
    stage_gaps,
    stage_profile,
    stage_shape,
    stage_tests,
)
from comply_measure.triads.journey.cells import CellMeans, cell_weights

ROLES, STAGES, DIMENSIONS = ("m", "s", "i"), ("a", "b", "c", "d"), tuple("VWXYZ")
COLUMNS = {stage: {name: f"{stage}_{name}" for name in DIMENSIONS} for stage in STAGES}


def ratings(n: int = 60, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (n, len(ROLES), len(STAGES), len(DIMENSIONS))
    return rng.normal(size=shape) + rng.normal(size=(n, 1, 1, 1)) + 0.2 * np.arange(4)[None, None, :, None]


def long_table(values: np.ndarray, firms: int = 0) -> pd.DataFrame:
    rows = [
        {"unit": g, "role": role, "firm": g % firms if firms else 0}
        | {
            f"{stage}_{name}": values[g, r, s, d]
            for s, stage in enumerate(STAGES)
            for d, name in enumerate(DIMENSIONS)
        }
        for g in range(len(values))
        for r, role in enumerate(ROLES)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return ratings()


@pytest.fixture(scope="module")
def data(values: np.ndarray) -> StageData:
    return StageData.from_long(long_table(values), COLUMNS, roles=ROLES)


def test_complete_data_give_means_and_paired_tests(values: np.ndarray, data: StageData) -> None:
    scores = values.mean(axis=3)
    profile = stage_profile(data)
    assert_allclose(profile["mean"][:12], scores.mean(axis=0).ravel(), atol=1e-12)
    assert_allclose(profile["mean"][12:], scores.mean(axis=(0, 1)), atol=1e-12)
    assert_allclose(profile["se"][:12], (scores.std(axis=0, ddof=1) / np.sqrt(60)).ravel(), atol=1e-10)
    over = scores.mean(axis=1)
    differences = stage_differences(data)
    for place, (a, b) in enumerate(combinations(range(4), 2)):
        t, p = stats.ttest_rel(over[:, b], over[:, a])
        row = differences.iloc[place]
        assert_allclose([row["estimate"] / row["se"], row["p"], row["df"]], [t, p, 59], rtol=1e-8)
    assert_allclose(differences["p_holm"], holm(differences["p"].to_numpy()))
    gaps = stage_gaps(data)
    row = gaps[(gaps["pair"] == "s - i") & (gaps["stage"] == "c")].iloc[0]
    assert_allclose(row["p"], stats.ttest_rel(scores[:, 1, 2], scores[:, 2, 2]).pvalue, rtol=1e-8)
    assert len(gaps) == 12


def hotelling(x: np.ndarray) -> tuple[float, float]:
    """F and denominator degrees of freedom of the mean of the rows being zero."""
    n, q = x.shape
    mean = x.mean(axis=0)
    T2 = n * mean @ np.linalg.solve(np.cov(x.T).reshape(q, q), mean)
    return float((n - q) / (q * (n - 1)) * T2), float(n - q)


def test_joint_tests_of_complete_data_are_hotellings(values: np.ndarray, data: StageData) -> None:
    scores = values.mean(axis=3)
    over, roles = scores.mean(axis=1), scores.mean(axis=2)
    shape = (scores - scores[:, :, :1])[:, 1:, 1:] - (scores - scores[:, :, :1])[:, :1, 1:]
    expected = {
        "stages": hotelling(over[:, 1:] - over[:, :1]),
        "parallel": hotelling(shape.reshape(len(scores), -1)),
        "roles": hotelling(roles[:, 1:] - roles[:, :1]),
    }
    found = stage_tests(data).set_index("test")
    for name, (F, df) in expected.items():
        assert_allclose([found["f"][name], found["df2"][name]], [F, df], rtol=1e-7)
    assert found["df1"].tolist() == [3, 6, 2]


def test_trend_curvature_and_loop(values: np.ndarray, data: StageData) -> None:
    over = values.mean(axis=(1, 3))
    weights = {
        "linear": np.array([-0.9, -0.3, 0.3, 0.9]),
        "quadratic": np.array([-0.5, 0.5, 0.5, -0.5]),
        "loop": np.array([0, -1.0, 0, 1]),
    }
    found = stage_shape(data, ("b", "d")).set_index("contrast")
    for name, own in weights.items():
        each = over @ own
        p = stats.ttest_1samp(each, 0.0).pvalue
        assert_allclose(found["estimate"][name], each.mean(), atol=1e-10)
        assert_allclose(found["p"][name], p, rtol=1e-7)
    line = StageData.from_long(
        long_table(ratings(20) * 0.0 + np.arange(4)[None, None, :, None] + ratings(20) * 1e-3),
        COLUMNS,
        roles=ROLES,
    )
    straight = stage_shape(line).set_index("contrast")["estimate"]
    assert_allclose(straight[["linear", "quadratic"]], [3.0, 0.0], atol=0.01)
    with pytest.raises(InputError, match="no stage"):
        stage_shape(data, ("b", "z"))


def test_incomplete_data_agree_with_lme4() -> None:
    """``lmer(y ~ 0 + cell + (1 | unit))``, lme4 1.1-31: means to 1e-6 (its optimiser)."""
    x = np.array(
        [[4.5, 4.3, np.nan, np.nan, 5.0, 4.7], [5.3, 6.2, 5.6, 4.3, 6.0, 5.7], [3.9, np.nan, 5.7, np.nan, 4.6, 6.1],
         [4.1, 3.7, np.nan, 3.8, np.nan, 4.1], [np.nan, 4.8, 4.4, np.nan, 4.3, 4.7],
         [np.nan, 3.0, np.nan, 2.9, 2.7, np.nan],
         [np.nan, 4.5, 6.3, 5.1, 5.4, 5.7], [np.nan, 3.4, 5.2, 4.4, np.nan, np.nan], [4.6, 5.7, 5.2, 4.7, np.nan, 4.9],
         [2.6, np.nan, 3.3, np.nan, 3.3, 3.4], [5.4, 6.4, 7.2, 6.8, 4.9, np.nan], [4.2, 4.2, 4.0, 4.8, 3.4, 5.1]]
    )  # fmt: skip
    cells = CellMeans.of(x, np.arange(12))
    lme4 = [4.18201810512, 4.52932573127, 5.00869257251, 4.48474885074, 4.34673322469, 4.91225391189]
    assert_allclose(cells.means, lme4, atol=1e-6)
    assert cells.counts.tolist() == [8, 10, 9, 8, 9, 9]


def test_a_stage_that_a_role_leaves_out_is_missing(values: np.ndarray) -> None:
    table = long_table(values)
    away = (table["role"] == "i") & (table["unit"] % 3 == 0)
    table.loc[away, [name for name in table.columns if name.startswith("a_")]] = np.nan
    table.loc[(table["role"] == "m") & (table["unit"] == 1), ["b_V", "b_W", "b_X"]] = np.nan
    data = StageData.from_long(table, COLUMNS, roles=ROLES)
    involved = data.involvement().set_index(["role", "stage"])
    assert involved.loc[("i", "a"), ["n_present", "n_rated", "n_absent"]].tolist() == [60, 40, 20]
    assert involved.loc[("m", "b"), ["n_rated", "n_partly", "n_absent"]].tolist() == [59, 1, 0]
    assert np.isnan(data.scores[1, 0, 1])  # two of five dimensions are fewer than half
    assert stage_profile(data).set_index(["role", "stage"])["n_informants"]["i", "a"] == 40
    table.loc[table["role"] == "i", [name for name in table.columns if name.startswith("a_")]] = np.nan
    gone = StageData.from_long(table, COLUMNS, roles=ROLES)
    gaps = stage_gaps(gone).set_index(["pair", "stage"])
    assert np.isnan(gaps.loc[("m - i", "a"), "estimate"])
    assert gaps.loc[("m - i", "a"), "note"] == "nobody has the cell"
    assert np.isfinite(gaps.loc[("m - s", "a"), "p"])
    tests = stage_tests(gone).set_index("test")
    assert np.isnan(tests["p"]["parallel"])
    assert tests["note"]["parallel"] == "a cell is empty"


def test_dimensions_and_dispersion(values: np.ndarray, data: StageData) -> None:
    levels, gaps = stage_dimensions(data)
    over = values.mean(axis=1)
    row = levels[(levels["dimension"] == "X") & (levels["stage"] == "b")].iloc[0]
    each = over[:, 1, 2] - over[:, :, 2].mean(axis=1)
    assert_allclose([row["estimate"], row["p"]], [each.mean(), stats.ttest_1samp(each, 0).pvalue], rtol=1e-7)
    assert_allclose(row["mean"], over[:, 1, 2].mean(), atol=1e-12)
    row = gaps[(gaps["dimension"] == "Z") & (gaps["pair"] == "m - i") & (gaps["stage"] == "d")].iloc[0]
    assert_allclose(row["p"], stats.ttest_rel(values[:, 0, 3, 4], values[:, 2, 3, 4]).pvalue, rtol=1e-7)
    scores = values.mean(axis=3)
    spread = np.abs(scores - scores.mean(axis=1, keepdims=True)).mean(axis=1)
    stages, pairs = dispersion_differences(data)
    assert_allclose(stages["mean"], spread.mean(axis=0), atol=1e-12)
    assert_allclose(pairs["p"].iloc[5], stats.ttest_rel(spread[:, 3], spread[:, 2]).pvalue, rtol=1e-8)


def test_firms_are_the_clusters_where_they_are_given(values: np.ndarray) -> None:
    """Balanced firms: the test of a contrast is that of the firms' means."""
    data = StageData.from_long(long_table(values, firms=12), COLUMNS, roles=ROLES, firm="firm")
    over = values.mean(axis=(1, 3))
    each = np.array([(over[f::12, 1] - over[f::12, 0]).mean() for f in range(12)])
    row = stage_differences(data).iloc[0]
    assert_allclose([row["df"], row["p"]], [11, stats.ttest_1samp(each, 0).pvalue], rtol=1e-7)
    assert "12 clusters are few" in row["note"]


def test_what_cannot_be_compared_is_told(values: np.ndarray) -> None:
    table = long_table(values)
    with pytest.raises(InputError, match="at least two"):
        StageData.from_long(table, {"a": COLUMNS["a"]}, roles=ROLES)
    with pytest.raises(InputError, match="other dimensions"):
        StageData.from_long(table, COLUMNS | {"b": {"V": "b_V"}}, roles=ROLES)
    assert_allclose(cell_weights(4, [0, 1], [3]), [0.5, 0.5, 0.0, -1.0])
    constant = StageData.from_long(long_table(values * 0 + 4.0), COLUMNS, roles=ROLES)
    assert stage_differences(constant)["note"].iloc[0] != ""
    assert stage_differences(constant)["p"].isna().all()


TRUTH = Path(__file__).parents[2] / "datasets" / "journey_triads" / "truth"


def test_the_planted_profile_is_found_in_the_shipped_study() -> None:
    """Means of 18 cells within 3.5 of their errors of the closed form, and no excess of large errors."""
    from comply_measure.evidence.focal import chosen_focal
    from comply_measure.evidence.topics.journey import stage_answers
    from comply_measure.responses import load_dataset

    chosen = chosen_focal(load_dataset("journey_triads"), None)
    answers, columns = stage_answers(chosen)
    data = StageData.from_long(answers, columns, roles=chosen.roles, firm="firm")
    implied = pd.read_csv(TRUTH / "implied_means.csv").groupby(["role", "stage"])["mean"].mean()
    profile = stage_profile(data).query("role != ''")
    z = [
        (m - implied[r, s]) / e
        for r, s, m, e in zip(profile["role"], profile["stage"], profile["mean"], profile["se"], strict=True)
    ]
    assert max(map(abs, z)) < 3.5
    assert np.mean(np.square(z)) < 2.5
    shape = stage_shape(data, ("consider", "bond")).set_index("contrast")
    assert shape["p_holm"]["loop"] < 0.05
    gaps = stage_gaps(data).set_index(["pair", "stage"])
    assert gaps["p_holm"]["marketing - it", "be_aware"] < 0.001
    assert gaps["p_holm"]["marketing - sales", "bond"] < 0.001
    assert gaps["p_holm"]["marketing - sales", "evaluate"] > 0.05
    agreement = dispersion_differences(data)[0].set_index("stage")["mean"]
    assert agreement["purchase"] < agreement["consider"] < agreement["bond"]
