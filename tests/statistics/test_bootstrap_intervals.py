"""Intervals from replications, against quantiles written out, Efron's formulas and R's ``boot``."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from comply_measure.statistics.bootstrap import (
    acceleration,
    bca_probabilities,
    bias_correction,
    percentile_interval,
    two_tails,
)


def test_linear_quantiles_interpolate_order_statistics() -> None:
    lower, upper = percentile_interval(np.array([[10.0], [40.0], [20.0], [30.0]]), (0.1, 0.75))
    assert lower[0] == pytest.approx(10 + 0.3 * 10)  # place (4 - 1) .1
    assert upper[0] == pytest.approx(30 + 0.25 * 10)


def test_normal_quantiles_interpolate_on_the_normal_scale() -> None:
    draws = np.array([3.0, 1.0, 2.0, 4.0])
    lower, upper = percentile_interval(draws, (0.3, 0.99), rule="normal")
    first, second = norm.ppf([0.2, 0.4])  # place (4 + 1) .3 lies between the first two of four
    assert lower == pytest.approx(1 + (norm.ppf(0.3) - first) / (second - first))
    assert upper == 4.0  # beyond the last order statistic
    # places 0.5 and 1 before and at the first, 4 at the last, 1.5 beyond it
    lower, upper = percentile_interval(draws, (0.1, 0.8), rule="normal")
    assert (lower, upper) == (1.0, 4.0)
    assert percentile_interval(draws, (0.2, 0.81), rule="normal") == (1.0, 4.0)


def test_failed_replications_are_left_out_and_too_few_give_no_interval() -> None:
    draws = np.array([[1.0, np.nan], [np.inf, np.nan], [3.0, 5.0], [5.0, np.nan]])
    lower, upper = percentile_interval(draws, (0.25, 0.75), least=3)
    assert (lower[0], upper[0]) == (2.0, 4.0)
    assert np.isnan([lower[1], upper[1]]).all()
    assert percentile_interval(draws, (0.25, 0.75))[0][1] == 5.0
    assert np.isnan(percentile_interval(np.empty((0, 2)), (0.25, 0.75))[0]).all()


def test_shapes_and_tails_of_every_statistic_are_kept() -> None:
    draws = np.arange(60.0).reshape(5, 3, 4)
    lower, upper = percentile_interval(draws, two_tails(0.5))
    np.testing.assert_allclose(lower, draws[1])
    np.testing.assert_allclose(upper, draws[3])
    own = np.array([[0.25, 0.0], [0.75, np.nan]])
    lower, upper = percentile_interval(draws[:, 0, :2], own)
    np.testing.assert_allclose(lower, [12.0, np.nan])
    np.testing.assert_allclose(upper, [36.0, np.nan])


def test_replications_equal_to_the_estimate_count_half_or_not_at_all() -> None:
    draws = np.array([1.0, 2.0, 2.0, 3.0])
    assert bias_correction(draws, 2.0, "half") == pytest.approx(norm.ppf(0.5), abs=1e-12)
    assert bias_correction(draws, 2.0, "above") == pytest.approx(norm.ppf(0.25))


def test_acceleration_is_a_sixth_of_the_skewness_of_influence() -> None:
    values = np.array([[1.0, 4.0], [2.0, 4.0], [6.0, 4.0]])
    found = acceleration(values, flat=0.0)
    assert found[0] == pytest.approx(((-2) ** 3 + (-1) ** 3 + 3**3) / (6 * 14**1.5))
    assert found[1] == 0.0
    assert np.isnan(acceleration(values)[1])


def test_corrected_probabilities_follow_efron() -> None:
    z = norm.ppf([0.025, 0.975])
    np.testing.assert_allclose(bca_probabilities(0.0, 0.0, z), [0.025, 0.975])
    np.testing.assert_allclose(bca_probabilities(0.1, 0.0, z), norm.cdf(0.2 + z))
    np.testing.assert_allclose(
        bca_probabilities(0.1, 0.05, z), norm.cdf(0.1 + (0.1 + z) / (1 - 0.05 * (0.1 + z)))
    )
