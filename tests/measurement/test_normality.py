"""Mardia's coefficients against psych 2.2.9 and semTools 0.5-6, and in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure.errors import InputError
from comply_measure.measurement import mardia
from comply_measure.measurement.items import normality

ITEMS = ["a1", "a2", "a3", "a4", "b1"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent.parent / "reference" / "sem_extras" / "simulated.csv")


def test_equals_psych_and_semtools(data: pd.DataFrame) -> None:
    row = mardia(data, {"s": ITEMS}, by=None, unbiased=True).tidy().iloc[0]
    expected = {
        "n_informants": 320,
        "b1": 3.46994272142,
        "b2": 37.9637443393,
        "chisq": 185.063611809,
        "chisq_small": 187.382328742,
        "df": 35,
        "p_skew": 2.56562840200e-22,
        "p_skew_small": 9.85794917170e-23,
        "z": 3.16837597134,
        "p_kurtosis": 1.53293140509e-03,
    }
    assert_allclose(row[list(expected)].astype(float), list(expected.values()), rtol=1e-10)


def test_one_item_is_the_squared_skewness_and_the_kurtosis(data: pd.DataFrame) -> None:
    row = mardia(data, {"s": ["a1"]}, by=None).tidy().iloc[0]
    z = (data["a1"] - data["a1"].mean()) / data["a1"].std(ddof=0)
    assert_allclose([row["b1"], row["b2"]], [(z**3).mean() ** 2, (z**4).mean()], rtol=1e-10)


def test_affine_transformations_change_nothing(data: pd.DataFrame) -> None:
    turned = data[ITEMS] @ np.random.default_rng(1).normal(size=(5, 5)) + 3.0
    turned.columns = ITEMS
    first, second = (mardia(d, {"s": ITEMS}, by=None).tidy()[["b1", "b2"]] for d in (data, turned))
    assert_allclose(first, second, rtol=1e-9)


@pytest.mark.parametrize("n_items", [1, 4, 20, 45])
def test_skewness_equals_the_sum_over_all_pairs_of_cases(n_items: int) -> None:
    """b1 of its definition, all n² products; 2,500 cases are more than one block, 45 items more than a tile."""
    x = np.random.default_rng(n_items).exponential(size=(2500, n_items))
    deviation = x - x.mean(axis=0)
    products = deviation @ np.linalg.solve(deviation.T @ deviation / len(x), deviation.T)
    names = [f"x{j}" for j in range(n_items)]
    row = mardia(pd.DataFrame(x, columns=names), {"s": names}, by=None).tidy().iloc[0]
    assert row["b1"] == pytest.approx((products**3).sum() / len(x) ** 2, rel=1e-12)
    assert row["b2"] == pytest.approx((np.diag(products) ** 2).mean(), rel=1e-12)


def test_level_under_normality() -> None:
    rng = np.random.default_rng(3)
    names = list("abcd")
    p = [
        mardia(pd.DataFrame(rng.normal(size=(300, 4)), columns=names), {"s": names}, by=None).tidy().iloc[0]
        for _ in range(200)
    ]
    assert 0.01 < np.mean([row["p_skew_small"] < 0.05 for row in p]) < 0.10
    assert 0.01 < np.mean([row["p_kurtosis"] < 0.05 for row in p]) < 0.10


def test_what_cannot_be_computed_has_a_note(data: pd.DataFrame) -> None:
    bad = data.assign(
        same=4.0, copy=data["a1"] * 2, empty=np.nan, role=np.where(data.index < 4, "it", "sales")
    )
    scales = {"constant": ["a1", "same"], "twice": ["a1", "copy"], "empty": ["a1", "empty"], "fine": ITEMS}
    table = mardia(bad, scales).tidy().set_index(["scale", "group"])
    assert "vary" in table.loc[("constant", "pooled"), "note"]
    assert "vary" in table.loc[("twice", "pooled"), "note"]
    assert table.loc[("empty", "pooled"), "note"] == "0 complete cases are too few for 2 items"
    assert table.loc[("fine", "it"), "note"] == "4 complete cases are too few for 5 items"
    assert table.loc[("fine", "sales"), "note"] == ""
    undefined = table["note"] != ""
    assert table.loc[undefined, "b1"].isna().all()
    assert table.loc[~undefined, "b1"].notna().all()


def test_absent_items_are_named(data: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="nowhere"):
        mardia(data, {"s": ["a1", "nowhere"]}, by=None)


@pytest.mark.parametrize(("spread", "fast"), [(0.3, True), (1e-7, False)])
def test_whitening_by_the_triangle_is_that_of_qr(
    spread: float, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick way serves well-conditioned items; nearly collinear ones take the whole decomposition."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(500, 1)) + spread * rng.normal(size=(500, 6))
    found = normality._whitened(x, 500)
    assert found is not None
    monkeypatch.setattr(normality, "WELL_CONDITIONED", 0.0)
    plain = normality._whitened(x, 500)
    assert plain is not None
    assert (found.values is x) is fast
    assert plain.values is not x
    quick, whole = (np.vstack(list(one.blocks())) for one in (found, plain))
    assert np.abs(quick) == pytest.approx(
        np.abs(whole), abs=1e-11
    )  # triangles differ in the signs of their rows
    assert normality._third_moments(found) == pytest.approx(normality._third_moments(plain), rel=1e-12)
    assert normality._kurtosis(found) == pytest.approx(normality._kurtosis(plain), rel=1e-12)


@pytest.mark.parametrize("n_items", [3, 25])
def test_third_moments_do_not_depend_on_how_they_are_divided(
    n_items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    q = np.random.default_rng(n_items).exponential(size=(1300, n_items))
    whole = ((q @ q.T) ** 3).sum()
    items = normality._Whitened(q, np.zeros(n_items), np.eye(n_items))
    assert normality._third_moments(items) == pytest.approx(whole, rel=1e-12)
    monkeypatch.setattr(normality, "CELLS", 1500)  # a few columns at a time
    monkeypatch.setattr(normality, "TILE", 7)
    assert normality._third_moments(items) == pytest.approx(whole, rel=1e-12)
