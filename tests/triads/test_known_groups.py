"""Known groups: differences against closed forms and least squares, clusters, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure.errors import InputError
from comply_measure.triads import known_groups


def units(shift: float = 0.6, n: int = 30, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(["low", "middle", "high"], n)
    firm = np.tile(np.arange(n), 3)
    effect = rng.normal(0, 0.5, n)[firm]
    score = np.select([group == "middle", group == "high"], [shift / 2, shift], 0.0) + effect
    return pd.DataFrame({"group": group, "firm": firm, "score": score + rng.normal(size=3 * n)})


def test_two_groups_of_independent_units_are_welchs_test() -> None:
    """HC2 of two means is s²/n of each group, and the Satterthwaite degrees of freedom are those under equal variances:
    with groups of one size the residual ones of each group together."""
    data = units().query("group != 'middle'").reset_index(drop=True)
    row = known_groups(data, {"group": ("low", "high")}, "score").iloc[0]
    low, high = (data.loc[data["group"] == name, "score"] for name in ("low", "high"))
    difference, se = high.mean() - low.mean(), np.sqrt(low.var() / 30 + high.var() / 30)
    assert (row["difference"], row["se"]) == pytest.approx((difference, se), rel=1e-12)
    assert row["df"] == pytest.approx(58, rel=1e-9)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(difference / se), 58), rel=1e-9)
    half = stats.t.ppf(0.975, 58) * se
    assert (row["lower"], row["upper"]) == pytest.approx((difference - half, difference + half), rel=1e-9)
    pooled = np.sqrt((low.var() + high.var()) / 2)
    assert (row["d"], row["sd_within"]) == pytest.approx((difference / pooled, pooled), rel=1e-12)
    assert (row["d_lower"], row["d_upper"]) == pytest.approx((row["lower"] / pooled, row["upper"] / pooled))
    assert (row["kind"], row["n_lower"], row["n_higher"], row["n_clusters"]) == ("extremes", 30, 30, 60)
    assert row["p_holm"] == row["p"]


def test_clusters_that_cross_groups_take_the_firm_out() -> None:
    """Each firm has a unit in every group: the error of a difference is that of paired differences."""
    data = units()
    table = known_groups(data, {"group": ("low", "middle", "high")}, "score", cluster="firm")
    assert table["kind"].tolist() == ["extremes", "step", "step"]
    assert table["higher_group"].tolist() == ["high", "middle", "high"]
    wide = data.pivot_table(index="firm", columns="group", values="score")
    for row, (high, low) in zip(
        table.to_dict("records"), [("high", "low"), ("middle", "low"), ("high", "middle")], strict=True
    ):
        paired = wide[high] - wide[low]
        assert row["difference"] == pytest.approx(paired.mean(), rel=1e-12)
        assert row["se"] == pytest.approx(paired.std() / np.sqrt(30), rel=1e-9)
        assert row["df"] == pytest.approx(29, rel=1e-9)
    assert table["p_holm"].isna().tolist() == [False, True, True]
    assert table["note"].str.contains("30 clusters are few").all()


def test_groupings_are_one_family_and_other_values_are_left_out() -> None:
    data = units().assign(half=lambda d: np.where(d["firm"] % 2 == 0, "a", "b"))
    table = known_groups(data, {"group": ("low", "high"), "half": ("a", "b")}, "score", cluster="firm")
    p = table["p"].to_numpy()
    assert table["n_lower"].tolist() == [30, 45]
    ordered = np.sort(p)
    assert np.sort(table["p_holm"]) == pytest.approx(
        [min(2 * ordered[0], 1), max(2 * ordered[0], ordered[1])]
    )


def test_what_cannot_be_compared_says_why() -> None:
    data = units()
    constant = data.assign(score=data["group"].map({"low": 1, "middle": 2, "high": 3}))
    flat = known_groups(constant, {"group": ("low", "high")}, "score")
    assert flat["note"][0] == "the score does not vary within groups" and np.isnan(flat["p"][0])
    few = known_groups(data.iloc[[0, 1, 60]], {"group": ("low", "high")}, "score")
    assert few["note"][0] == "a group has fewer than two units, or there are too few clusters"
    with pytest.raises(InputError) as caught:
        known_groups(data, {"group": ("low", "top", "low"), "size": ("a",)}, "nothing", cluster="branch")
    faults = [(p.column, p.value) for p in caught.value.problems]
    assert faults == [
        ("nothing", None),
        ("size", None),
        ("branch", None),
        ("group", None),
        ("group", "top"),
        ("size", 1),
    ]
