"""Means of what is known."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from comply_measure.statistics.arrays import known_mean


def test_a_mean_counts_what_is_known_and_needs_its_share() -> None:
    values = np.array(
        [[1.0, 2.0, 6.0, 7.0], [1.0, 4.0, np.nan, np.nan], [5.0, np.nan, np.nan, np.nan], [np.nan] * 4]
    )
    assert_array_equal(known_mean(values, 1), [4.0, 2.5, 5.0, np.nan])
    assert_array_equal(known_mean(values, 1, 0.5), [4.0, 2.5, np.nan, np.nan])  # half is enough
    assert_array_equal(known_mean(values[:2], 0), [1.0, 3.0, 6.0, 7.0])
