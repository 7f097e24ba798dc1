"""Means of what is known."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from comply_measure.statistics.arrays import evenly_scaled, group_sums, known_mean, without_variance


def test_a_mean_counts_what_is_known_and_needs_its_share() -> None:
    values = np.array(
        [[1.0, 2.0, 6.0, 7.0], [1.0, 4.0, np.nan, np.nan], [5.0, np.nan, np.nan, np.nan], [np.nan] * 4]
    )
    assert_array_equal(known_mean(values, 1), [4.0, 2.5, 5.0, np.nan])
    assert_array_equal(known_mean(values, 1, 0.5), [4.0, 2.5, np.nan, np.nan])  # half is enough
    assert_array_equal(known_mean(values[:2], 0), [1.0, 3.0, 6.0, 7.0])


def test_sums_of_groups_are_added_in_the_order_of_rows() -> None:
    rng = np.random.default_rng(3)
    values, codes = (
        rng.normal(size=(500, 3, 4)) * 10.0 ** rng.integers(-8, 8, (500, 3, 4)),
        rng.integers(0, 7, 500),
    )
    by_hand = np.zeros((9, 3, 4))
    for row, code in zip(values, codes, strict=True):
        by_hand[code] += row
    assert_array_equal(group_sums(values, codes, 9), by_hand)  # the same bits; groups 7 and 8 have no rows
    assert_array_equal(group_sums(values[:, :, 0].T.copy().T, codes, 9), by_hand[:, :, 0])
    assert_array_equal(group_sums(values[:0], codes[:0], 2), np.zeros((2, 3, 4)))


def test_a_group_with_an_unknown_row_has_no_sum_and_others_do() -> None:
    values = np.array([[1.0], [np.nan], [np.inf], [2.0]])
    assert_array_equal(group_sums(values, np.array([0, 1, 2, 0]), 3), [[3.0], [np.nan], [np.inf]])


def test_columns_of_usual_sizes_keep_their_unit_and_no_digit_is_lost() -> None:
    X = np.array([[1.0, -700.0, 3e13, 0.0], [0.3, 2.0, 1e13, 0.0]])
    scaled, units = evenly_scaled(X)
    assert_array_equal(units, [1.0, 1.0, 2.0**40, 1.0])
    assert_array_equal(scaled * units, X)
    assert np.linalg.matrix_rank(scaled[:, [0, 2]]) == 2


def test_rounding_is_no_variance() -> None:
    assert without_variance(np.array([0.1 + 0.2, 0.3])) and without_variance(
        np.array([1e9 / 3, 1e9 / 3 + 1e-7])
    )
    assert not without_variance(np.array([1e-13, 2e-13])) and not without_variance(np.array([2020.0, 2021.0]))
