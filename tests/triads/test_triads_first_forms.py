"""Small cases whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads
from comply_measure.errors import InputError


@pytest.fixture
def three_units() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": ["u1"] * 3 + ["u2"] * 3 + ["u3"] * 2,
            "firm": ["f1"] * 6 + ["f2"] * 2,
            "role": ["marketing", "sales", "it"] * 2 + ["marketing", "it"],
            "x": [3.0, 4, 5, 2, 2, 2, 1, 5],
            "y": [3.0, 3, 4, 5, 4, np.nan, 2, 2],
        }
    )


def test_rwg_by_hand(three_units: pd.DataFrame) -> None:
    result = triads.rwg(three_units, ["x"], minimum=1, maximum=5)
    # variances 1, 0 and 8; uniform null variance 2
    assert result.values("rwg_j")["x"].tolist() == [0.5, 1.0, 0.0]
    summary = result.summary().iloc[0]
    assert summary["n_units"] == summary["n_defined"] == 3
    assert summary["share_agreeing"] == pytest.approx(1 / 3)


def test_rwg_j_by_hand(three_units: pd.DataFrame) -> None:
    result = triads.agreement_indices(three_units, {"s": ["x", "y"]}, minimum=1, maximum=5)
    # item variances: u1 1, 1/3; u2 0, 1/2; u3 8, 0 -> means 2/3, 1/4, 4
    q = 1 - np.array([2 / 3, 1 / 4, 4.0]) / 2
    np.testing.assert_allclose(result.values("rwg_star_j")["s"], q, rtol=1e-14)
    expected = [2 * q[0] / (2 * q[0] + 1 - q[0]), 2 * q[1] / (2 * q[1] + 1 - q[1]), 0.0]  # the last truncated
    np.testing.assert_allclose(result.values("rwg_j")["s"], expected, rtol=1e-14)
    untruncated = result.tidy().query("index == 'rwg_j_untruncated' and unit == 'u3'").iloc[0]
    assert np.isnan(untruncated["value"])
    assert untruncated["note"] == "untruncated rwg(j) has a zero denominator"


def test_icc_by_hand(three_units: pd.DataFrame) -> None:
    table = triads.icc_oneway(three_units, ["x"]).tidy().iloc[0]
    # unit means 4, 2, 3 of sizes 3, 3, 2; grand mean 3; SSW = 2 + 0 + 8
    assert table["msb"] == pytest.approx((3 + 3 + 0) / 2)
    assert table["msw"] == pytest.approx(10 / 5)
    assert table["n0"] == pytest.approx((8 - 22 / 8) / 2)
    assert table["icc1"] == pytest.approx((3 - 2) / (3 + (table["n0"] - 1) * 2))
    assert table["icc2"] == pytest.approx(1 / 3)
    assert table["note"] == "unequal unit sizes: intervals approximate"


def test_gaps_and_means(three_units: pd.DataFrame) -> None:
    data = triads.TriadData.from_long(three_units, ["x", "y"])
    gaps = triads.role_gaps(data)
    assert gaps.pairs == ("marketing - sales", "marketing - it", "sales - it")
    np.testing.assert_array_equal(gaps.signed[:, :, 0], [[-1, -2, -1], [0, 0, 0], [np.nan, -4, np.nan]])
    tests = triads.gap_tests(data).tidy().set_index(["column", "pair"])
    # gaps -2, 0, -4: mean -2, sd 2, t = -2/(2/√3) on 2 df
    row = tests.loc[("x", "marketing - it")]
    assert (row["n_units"], row["df"]) == (3, 2)
    assert row["t"] == pytest.approx(-np.sqrt(3))
    assert row["p"] == pytest.approx(1 - np.sqrt(3 / (3 + 2)))  # closed form of Student's t on 2 df
    assert tests.loc[("y", "sales - it"), "note"] == "fewer than 2 units"
    scores = triads.aggregate(data)
    np.testing.assert_allclose(scores.values, [[4, 10 / 3], [2, 4.5], [3, 2]])


def test_all_problems_are_listed(three_units: pd.DataFrame) -> None:
    bad = three_units.copy()
    bad.loc[1, "role"] = "marketing"
    bad.loc[2, "x"] = 9
    with pytest.raises(InputError) as caught:
        triads.rwg(bad, ["x", "z"], minimum=1, maximum=5)
    assert [p.column for p in caught.value.problems] == ["z"]
    with pytest.raises(InputError, match="outside the scale"):
        triads.rwg(bad, ["x"], minimum=1, maximum=5)
    with pytest.raises(InputError, match="two informants of one role"):
        triads.TriadData.from_long(bad, ["x"])
