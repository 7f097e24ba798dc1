"""Mean squares, corrections for several tests, correlations and shared checks of arguments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from comply_measure.errors import InputError
from comply_measure.statistics.checks import check_confidence, is_share, share_faults
from comply_measure.statistics.correlation import to_correlations
from comply_measure.statistics.grouping import CHUNK, Grouping, block_mean_deviation, block_median, spread
from comply_measure.statistics.mean_squares import (
    icc_intervals,
    icc_of_f,
    icc_values,
    oneway_anova,
    twoway_mean_squares,
)
from comply_measure.statistics.multiplicity import (
    benjamini_hochberg,
    bonferroni,
    holm,
    max_t,
    rejects,
    studentized_range,
)

# Shrout & Fleiss 1979, Table 2: six targets, four judges
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_mean_squares_and_iccs_are_those_of_shrout_and_fleiss() -> None:
    msr, msc, mse = twoway_mean_squares(RATINGS)
    np.testing.assert_allclose([msr, msc, mse], [11.24, 32.49, 1.02], atol=0.005)  # their Table 3
    found = icc_values(msr, mse, (msc - mse) / 6, 4)
    np.testing.assert_allclose(found, [0.29, 0.71, 0.62, 0.91], atol=0.005)  # their Table 4
    within = float(((RATINGS - RATINGS.mean(axis=1, keepdims=True)) ** 2).sum()) / 18
    one = icc_values(msr, within, 0.0, 4)
    np.testing.assert_allclose([one[1], one[3]], [0.17, 0.44], atol=0.005)
    assert icc_of_f(msr / within, 4) == pytest.approx(one[1])


def test_intervals_are_those_of_r() -> None:
    # psych 2.2.9, ICC(ratings, lmer = FALSE): printed to ten digits
    lower, upper = icc_intervals(*twoway_mean_squares(RATINGS), 6, 4, 0.95)
    np.testing.assert_allclose(lower, [0.01878651337, 0.34246476503, 0.0711368153, 0.67567471382], atol=1e-9)
    np.testing.assert_allclose(upper, [0.7610843696, 0.94585826, 0.9272320402, 0.9858916782], atol=1e-9)
    assert np.isnan(icc_intervals(1.0, 1.0, 0.0, 6, 4, 0.95)[0]).all()


def test_an_interval_whose_quantile_has_no_end_takes_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two units with equal means: hardly any degrees of freedom. SciPy to 1.15 says that F is infinite, later 1e300."""
    from scipy import stats

    given = (1.3e-31, 14 / 3, 2.0, 2, 3, 0.95)
    assert icc_intervals(*given)[0][0] == pytest.approx(-0.25)  # -n MSE / (k MSC + (kn - k - n) MSE)
    whole = stats.f.ppf
    monkeypatch.setattr(stats.f, "ppf", lambda tail, a, b: np.inf if b < 1e-9 else whole(tail, a, b))
    assert icc_intervals(*given)[0][0] == pytest.approx(-0.25)


def test_a_test_rejects_at_its_level_and_not_above() -> None:
    p = np.array([0.049, 0.05, 3 * (0.05 / 3 + 1e-17), 0.0500001, np.nan])
    np.testing.assert_array_equal(rejects(p, 0.05), [True, True, True, False, False])
    assert rejects(0.1 + 0.2, 0.3) and not rejects(0.30000001, 0.3) and not rejects(float("nan"), 0.3)
    assert rejects(pd.Series(p), 0.05).tolist() == [True, True, True, False, False]


def test_adjusted_p_values_by_hand() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(bonferroni(p), [0.03, np.nan, 0.12, 0.09])
    np.testing.assert_allclose(holm(p), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.03, np.nan, 0.04, 0.04])
    np.testing.assert_allclose(holm(np.array([0.5, 0.6])), [1.0, 1.0])
    np.testing.assert_allclose(benjamini_hochberg(np.array([0.9, 0.5, 0.2])), [0.9, 0.75, 0.6])
    np.testing.assert_allclose(bonferroni(p, np.array([0, 0, 1, 1])), [0.01, np.nan, 0.08, 0.06])
    assert bonferroni(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("root", ["each", "product"])
def test_correlations_of_covariances(root: str) -> None:
    stack = np.array([[[4.0, 3.0], [3.0, 9.0]], [[1.0, 0.0], [0.0, 0.0]]])
    found = to_correlations(stack, root)  # type: ignore[arg-type]
    np.testing.assert_allclose(found[0], [[1.0, 0.5], [0.5, 1.0]])
    assert found[1, 0, 0] == 1.0
    assert np.isnan(found[1, 1, 1])


def test_a_level_lies_between_nought_and_one() -> None:
    assert [is_share(v) for v in (0.95, np.float32(0.5), 0, 1, True, np.nan, "0.5")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
    assert share_faults("alpha", 0.05) == []
    (fault,) = share_faults("alpha", 5)
    assert (fault.message, fault.value, fault.allowed) == ("alpha", 5, "between 0 and 1")
    check_confidence(0.9)
    with pytest.raises(InputError, match=r"confidence.*0\.95"):
        check_confidence(95)


def test_units_of_any_size_are_summarised_over_the_answers_given() -> None:
    values = np.array([[5.0, 1.0], [1.0, np.nan], [2.0, 4.0], [9.0, np.nan], [4.0, 8.0], [6.0, np.nan]])
    grouping = Grouping.from_labels(["b", "a", "b", "b", "b", "a"])
    assert grouping.labels.tolist() == ["b", "a"]
    assert (grouping.n_units, grouping.n_rows) == (2, 6)
    assert grouping.counts(~np.isnan(values)).tolist() == [[4, 3], [2, 0]]
    np.testing.assert_array_equal(grouping.sums(np.nan_to_num(values)), [[20.0, 13.0], [7.0, 0.0]])
    found = spread(values, grouping)
    assert found.n.tolist() == [[4, 3], [2, 0]]
    np.testing.assert_allclose(found.mean, [[5.0, 13 / 3], [3.5, np.nan]])
    np.testing.assert_allclose(found.variance, [[26 / 3, 37 / 3], [12.5, np.nan]])
    (block,) = [values[rows] for members, rows in grouping.blocks() if members.tolist() == [0]]
    n = np.array([[4, 3]])
    np.testing.assert_allclose(block_median(block, n), [[4.5, 4.0]])
    np.testing.assert_allclose(block_mean_deviation(block, np.array([[4.5, 4.0]]), n), [[2.0, 7 / 3]])
    pair = np.array([[[3.0, 1.0]], [[5.0, np.nan]]])  # two answers suffice, one does not
    found = block_mean_deviation(pair, np.array([[4.0, 1.0]]), np.array([[2, 1]]))
    np.testing.assert_array_equal(found, [[1.0, np.nan]])
    one = np.array([[[3.0, np.nan]]])
    np.testing.assert_array_equal(block_median(one, np.array([[1, 0]])), [[3.0, np.nan]])
    assert np.isnan(block_mean_deviation(one, np.array([[3.0, np.nan]]), np.array([[1, 0]]))).all()


def test_blocks_stay_below_the_chunk_and_hold_every_row_once() -> None:
    grouping = Grouping.from_labels(np.repeat(np.arange(5), 2))
    parts = list(grouping.blocks(width=CHUNK // 4))
    assert [members.tolist() for members, _ in parts] == [[0, 1], [2, 3], [4]]
    assert np.concatenate([rows.T.ravel() for _, rows in parts]).tolist() == list(range(10))
    assert [len(m) for m, _ in grouping.blocks(width=10 * CHUNK)] == [1] * 5


def test_mean_squares_of_unequal_units_by_hand() -> None:
    values = np.array([[1.0, 1.0], [3.0, np.nan], [8.0, np.nan], [4.0, 2.0], [6.0, np.nan], [2.0, 7.0]])
    found = oneway_anova(values, Grouping.from_labels([1, 1, 2, 2, 2, 3]))
    # first column: units (1, 3), (8, 4, 6), (2); grand mean 4
    assert found.n_units.tolist() == [3, 3]
    assert found.n_informants.tolist() == [6, 3]
    np.testing.assert_allclose(found.msb, [(2 * 4 + 3 * 4 + 4) / 2, 62 / 3 / 2])
    np.testing.assert_allclose(found.msw, [(2 + 8) / 3, np.nan])
    assert (found.dfb.tolist(), found.dfw.tolist()) == ([2, 2], [3, 0])
    np.testing.assert_allclose(found.mean_size, [2, 1])
    np.testing.assert_allclose(found.n0, [(6 - 14 / 6) / 2, 1])
    alone = oneway_anova(values[:2, :1], Grouping.from_labels([1, 1]))
    assert (float(alone.dfb[0]), float(alone.msw[0])) == (0.0, 2.0)
    assert np.isnan([alone.msb[0], alone.n0[0]]).all()


def test_iccs_at_the_edges() -> None:
    assert float(icc_of_f(np.inf, 3)) == 1.0
    assert np.isnan(icc_values(0.0, 0.0, 0.0, 3)).all()
    assert icc_values(2.0, 1.0, -2.0, 2)[2:] == (pytest.approx(np.nan, nan_ok=True), 0.5)


def test_largest_of_permuted_statistics_by_counting() -> None:
    observed = np.array([-1.0, 0.5, np.nan, 2.0])
    draws = np.array([[0.0, 1.0, 1.0, 2.0], [1.0, -2.0, 0.0, 2.0], [2.0, 0.0, 3.0, 2.0]])
    rows = np.vstack([observed, draws])[:, :2]
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    expected = [np.mean(z.min(axis=1) <= z[0, k] + 1e-12) for k in range(2)]
    np.testing.assert_allclose(max_t(observed, draws), [*expected, np.nan, np.nan])
    assert expected == [0.5, 1.0]
    assert np.isnan(max_t(np.array([2.0]), np.full((3, 1), 2.0))).all()


def test_studentized_range_is_that_of_r() -> None:
    assert studentized_range(0.9, 2) == pytest.approx(np.sqrt(2) * norm.ppf(0.95), abs=1e-9)
    # R: qtukey(.95, k, Inf), which searches to about seven digits
    for k, quantile in ((2, 2.7718076490192), (3, 3.3144931575530), (6, 4.0300920866427)):
        assert studentized_range(0.95, k) == pytest.approx(quantile, abs=3e-7)
