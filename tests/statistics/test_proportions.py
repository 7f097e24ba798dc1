"""Wilson's interval against the roots of its defining equation."""

from __future__ import annotations

import numpy as np

from comply_measure.statistics.proportions import wilson_interval


def test_the_ends_are_proportions_one_quantile_away_by_their_own_error() -> None:
    share, trials = np.array([0.1, 0.5, 0.93]), np.array([10.0, 200.0, 57.0])
    for end in wilson_interval(share, trials, 0.9):
        z = np.abs(share - end) / np.sqrt(end * (1 - end) / trials)
        np.testing.assert_allclose(z, 1.6448536269514722, rtol=1e-12)


def test_nothing_of_many_has_an_upper_end_and_no_trial_has_no_interval() -> None:
    lower, upper = wilson_interval(np.array([0.0, 1.0, 0.5]), np.array([200.0, 200.0, 0.0]))
    z2 = 1.959963984540054**2
    np.testing.assert_allclose(lower[:2], [0.0, 200 / (200 + z2)], atol=1e-15)
    np.testing.assert_allclose(upper[:2], [z2 / (200 + z2), 1.0], atol=1e-15)
    assert np.isnan([lower[2], upper[2]]).all()
