"""Mean squares, corrections for several tests, correlations and shared checks of arguments."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.errors import InputError
from comply_measure.statistics.checks import check_confidence, is_share, share_faults
from comply_measure.statistics.correlation import to_correlations
from comply_measure.statistics.mean_squares import (
    icc_intervals,
    icc_of_f,
    icc_values,
    twoway_mean_squares,
)
from comply_measure.statistics.multiplicity import benjamini_hochberg, bonferroni, holm

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


def test_adjusted_p_values_by_hand() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(bonferroni(p), [0.03, np.nan, 0.12, 0.09])
    np.testing.assert_allclose(holm(p), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.03, np.nan, 0.04, 0.04])
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
