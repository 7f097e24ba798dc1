"""What a unit score adds to controls: least squares by hand, CR2 errors, what cannot be computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from comply_measure.errors import InputError
from comply_measure.statistics.cluster_robust import cluster_robust
from comply_measure.triads import incremental_validity


def units(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    firm = np.repeat(np.arange(n // 3), 3)
    size, score = rng.normal(size=(2, n))
    kind = np.array(list("abc"))[rng.integers(0, 3, n)]
    shared = 0.5 * rng.normal(size=n // 3)[firm]
    y = 50 + 3 * score + 2 * size + 4 * (kind == "b") + 6 * shared + 5 * rng.normal(size=n)
    return pd.DataFrame(
        {"y": y, "noise": rng.normal(size=n), "score": score, "size": size, "kind": kind, "firm": firm}
    )


def test_shares_and_coefficient_are_those_of_least_squares() -> None:
    data = units()
    table = incremental_validity(data, ["y", "noise"], "score", ["size", "kind"], cluster="firm")
    row = table.set_index("criterion").loc["y"]
    dummies = pd.get_dummies(data["kind"]).astype(float)
    base = np.column_stack([np.ones(120), data["size"], dummies[["a", "b"]]])
    z = (data["score"] - data["score"].mean()) / data["score"].std(ddof=0)
    y = (data["y"] - data["y"].mean()) / data["y"].std(ddof=0)
    full = sm.OLS(y, np.column_stack([base, z])).fit()
    assert row["r_squared_controls"] == pytest.approx(sm.OLS(y, base).fit().rsquared, rel=1e-10)
    assert row["delta_r_squared"] == pytest.approx(full.rsquared - row["r_squared_controls"], rel=1e-9)
    assert row["beta"] == pytest.approx(full.params.iloc[-1], rel=1e-10)
    robust = cluster_robust(np.column_stack([base, z]), full.resid.to_numpy(), data["firm"].to_numpy())
    assert row["se"] == pytest.approx(np.sqrt(robust.covariance[-1, -1]), rel=1e-9)
    assert row["df"] == pytest.approx(robust.degrees_of_freedom(np.eye(5)[[-1]])[0], rel=1e-9)
    assert row["n_clusters"] == 40 and row["p_holm"] == pytest.approx(2 * row["p"])
    assert table.set_index("criterion").loc["noise", "p_holm"] > 0.05


def test_the_currency_of_criterion_and_control_changes_nothing() -> None:
    data = units()
    plain = incremental_validity(data, ["y"], "score", ["size", "kind"], cluster="firm")
    small = data.assign(y=data["y"] * 1e-14, size=data["size"] * 1e16)
    other = incremental_validity(small, ["y"], "score", ["size", "kind"], cluster="firm")
    pd.testing.assert_frame_equal(other, plain, rtol=1e-6)


def test_what_cannot_be_computed_says_why() -> None:
    data = units().assign(flat=1.0, double=lambda d: 2 * d["score"])
    assert (
        incremental_validity(data, ["flat"], "score")["note"][0] == "the criterion or the score does not vary"
    )
    same = incremental_validity(data, ["y"], "score", ["double"])
    assert same["note"][0] == "controls and score determine each other" and np.isnan(same["p"][0])
    few = incremental_validity(data.head(4), ["y"], "score", ["size", "kind"])
    assert few["note"][0] == "too few units or clusters"
    gap = data.assign(y=data["y"].mask(data.index < 10))
    assert incremental_validity(gap, ["y"], "score")["n_units"][0] == 110
    with pytest.raises(InputError) as error:
        incremental_validity(data, ["z"], "kind", ["nothing"], cluster="firm")
    assert [(p.message, p.column) for p in error.value.problems] == [
        ("column is absent", "z"), ("column is absent", "nothing"), ("column holds no numbers", "kind"),
    ]  # fmt: skip
