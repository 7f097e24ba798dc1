"""R² of every endogenous variable against lavaan 0.6-14, ``inspect(fit, "r2")``, to 1e-5 (its stopping rule)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"


def test_each_group_has_its_own(products: pd.DataFrame) -> None:
    found = sem.fit(MEASURED + "Y ~ X + Z\nw ~ Y", products, group="g").r2()
    assert list(found.columns) == ["lhs", "group", "r2", "se", "note"]
    rows = found.set_index(["group", "lhs"])
    assert rows.loc[(1, "x1"), "r2"] == pytest.approx(0.676271536, abs=1e-5)
    assert rows.loc[(1, "w"), "r2"] == pytest.approx(0.084731098, abs=1e-5)
    assert rows.loc[(1, "Y"), "r2"] == pytest.approx(0.499050315, abs=1e-5)
    assert rows.loc[(2, "Y"), "r2"] == pytest.approx(0.545333330, abs=1e-5)
    assert len(rows) == 22 and set(rows["note"]) == {""}
    assert ((rows["se"] > 0.01) & (rows["se"] < 0.08)).all()


def test_the_error_of_a_regression_is_that_of_the_squared_multiple_correlation(
    products: pd.DataFrame,
) -> None:
    """One predictor under normality: Var(R²) = 4 R² (1 − R²)²/n (delta method, Olkin & Finn 1995)."""
    found = sem.fit("y1 ~ x1\nx1 ~~ x1", products).r2()
    r2, n = found["r2"][0], len(products)
    assert r2 == pytest.approx(products["y1"].corr(products["x1"]) ** 2, abs=1e-9)
    assert found["se"][0] == pytest.approx(2 * np.sqrt(r2) * (1 - r2) / np.sqrt(n), rel=1e-6)


def test_each_level_explains_its_own_variance(products: pd.DataFrame) -> None:
    data = products.assign(z2=products.groupby("firm")["z2"].transform("mean"))
    fixed = "\n".join(f"x{i} ~~ 0*x{i}" for i in (1, 2, 3))
    text = f"level: 1\nf =~ x1 + x2 + x3\nf ~ z1\nlevel: 2\nh =~ x1 + x2 + x3\nh ~ z2\n{fixed}"
    rows = sem.fit(text, data, cluster="firm").r2().set_index(["level", "lhs"])["r2"]
    assert rows[1, "x1"] == pytest.approx(0.67104959, abs=1e-5)
    assert rows[1, "f"] == pytest.approx(0.14683428, abs=1e-5)
    assert rows[2, "x1"] == 1.0
    assert rows[2, "h"] == pytest.approx(0.037019261, abs=1e-5)


def test_ordered_indicators_explain_their_responses(products: pd.DataFrame) -> None:
    items = ["x1", "x2", "x3", "y1", "y2", "y3"]
    data = products.assign(**{name: pd.qcut(products[name], 4, labels=False) for name in items})
    rows = (
        sem.fit("X =~ x1 + x2 + x3\nY =~ y1 + y2 + y3\nY ~ X", data, ordered=items)
        .r2()
        .set_index("lhs")["r2"]
    )
    assert rows["x3"] == pytest.approx(0.89291167, abs=1e-5)
    assert rows["Y"] == pytest.approx(0.42488806, abs=1e-5)


def test_a_negative_residual_variance_explains_nothing() -> None:
    cov = pd.DataFrame(
        [[1.0, 0.8, 0.8], [0.8, 1.0, 0.5], [0.8, 0.5, 1.0]], index=list("abc"), columns=list("abc")
    )
    rows = sem.from_moments("f =~ a + b + c", cov, nobs=100).r2().set_index("lhs")
    assert np.isnan(rows.loc["a", "r2"]) and rows.loc["a", "note"] == "negative residual variance"
    assert rows.loc["b", "r2"] == pytest.approx(0.5, abs=1e-6)
