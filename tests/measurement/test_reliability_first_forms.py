"""α, item analysis, CR, ω and AVE against psych and semTools (tests/reference/reliability)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from comply_measure import measurement
from comply_measure.errors import InputError

FOLDER = Path(__file__).parent.parent / "reference" / "reliability"
ITEMS = [f"x{j}" for j in range(1, 7)]
# closed forms in double precision on both sides
EXACT = {"rtol": 1e-12, "atol": 1e-13}


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "items.csv", na_values="NA")


@pytest.mark.parametrize("engine", ["own", "pingouin"])
@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_alpha_equals_psych(answers, reference, missing, engine) -> None:
    expected = reference[missing]
    a = measurement.cronbach_alpha(
        answers[ITEMS].to_numpy(), missing=missing, interval_n="rows", engine=engine
    )
    got = [a.alpha, a.standardized, a.mean_r, a.lower, a.upper, a.n_interval]
    keys = ["raw_alpha", "std_alpha", "average_r", "lower", "upper", "n"]
    np.testing.assert_allclose(got, [expected[key] for key in keys], **EXACT)


def test_alpha_by_role_and_pooled(answers, reference) -> None:
    table = measurement.alpha_table(answers, {"s": ITEMS}, interval_n="rows").tidy().set_index("group")
    assert list(table.index) == ["pooled", "marketing", "sales", "it"]
    for role, expected in reference["by_role"].items():
        np.testing.assert_allclose(table.loc[role, "alpha"], expected["raw_alpha"], **EXACT)
        np.testing.assert_allclose(table.loc[role, "upper"], expected["upper"], **EXACT)
        assert table.loc[role, "n_units"] == 80
        assert table.loc[role, "note"] == ""
    assert "not independent" in table.loc["pooled", "note"]
    narrow = table.loc["pooled", "upper"] - table.loc["pooled", "lower"]
    careful = measurement.alpha_table(answers, {"s": ITEMS}, by=None).tidy().iloc[0]
    assert careful["upper"] - careful["lower"] > narrow
    assert careful["n_interval"] < careful["n_informants"]


def test_item_analysis_equals_psych(answers, reference) -> None:
    table = measurement.item_analysis(answers, {"s": ITEMS}, minimum=1, maximum=7, by=None).tidy()
    expected = reference["pairwise"]
    for column, key in [
        ("mean", "mean"),
        ("sd", "sd"),
        ("item_rest_r", "r_drop"),
        ("alpha_if_deleted", "alpha_drop"),
    ]:
        np.testing.assert_allclose(table[column], expected[key], **EXACT)
    np.testing.assert_allclose(table["skewness"], reference["skewness"], **EXACT)
    np.testing.assert_allclose(table["kurtosis"], reference["kurtosis"], **EXACT)
    assert (table["n_informants"] + table["n_missing"] == len(answers)).all()
    np.testing.assert_allclose(table["ceiling"], (answers[ITEMS] == 7).sum() / answers[ITEMS].count())


def test_composite_equals_semtools(reference) -> None:
    fit = reference["one_factor"]
    lam, theta = fit["loadings"], fit["residual_variances"]
    cr = measurement.composite_reliability(lam, theta)
    assert cr == pytest.approx(fit["omega_implied"], rel=1e-9)
    assert measurement.omega_total(lam, theta) == pytest.approx(cr, rel=1e-14)
    observed = measurement.omega_total(lam, theta, total_variance=fit["total_variance"])
    assert observed == pytest.approx(fit["omega_observed"], rel=1e-7)
    # semTools divides by observed item variances, which ML reproduces to its stopping rule
    assert measurement.average_variance_extracted(lam, theta) == pytest.approx(fit["ave"], rel=1e-6)
    standardized = measurement.average_variance_extracted(fit["std_loadings"])
    assert standardized == pytest.approx(np.mean(np.square(fit["std_loadings"])), rel=1e-14)


@settings(max_examples=40, deadline=None)
@given(
    loading=st.floats(0.1, 0.95),
    residual=st.floats(0.05, 3.0),
    p=st.integers(2, 12),
    phi=st.floats(0.2, 4.0),
)
def test_tau_equivalent_omega_is_alpha(loading: float, residual: float, p: int, phi: float) -> None:
    from comply_measure.measurement.reliability.alpha import alpha_from_covariance

    covariance = np.full((p, p), loading**2 * phi) + np.eye(p) * residual
    cr = measurement.composite_reliability([loading] * p, [residual] * p, factor_variance=phi)
    assert alpha_from_covariance(covariance) == pytest.approx(cr, rel=1e-10)


def test_undefined_is_nan_with_a_note() -> None:
    one = measurement.cronbach_alpha(np.arange(5.0)[:, None])
    assert np.isnan(one.alpha) and one.note == "one item: α is undefined"
    flat = measurement.cronbach_alpha(np.full((5, 3), 2.0))
    assert np.isnan(flat.alpha) and np.isnan(flat.lower) and "zero or negative" in flat.note
    apart = np.array([[1, np.nan], [2, np.nan], [np.nan, 1], [np.nan, 2]])
    assert measurement.cronbach_alpha(apart).note == "two items share fewer than 2 informants"
    assert measurement.cronbach_alpha(apart, missing="listwise").note == "fewer than 2 complete informants"
    assert measurement.cronbach_alpha(np.empty((0, 3))).note == "two items share fewer than 2 informants"
    assert np.isnan(measurement.composite_reliability([0.9, 1.2], [0.2, -0.1]))
    assert np.isnan(measurement.average_variance_extracted([0.9, 1.2], [0.2, -0.1]))


def test_flat_and_silent_items_in_the_table() -> None:
    data = pd.DataFrame({"role": ["a"] * 4, "x": [3.3] * 4, "y": [np.nan] * 4, "z": [1.0, 2, 3, 4]})
    table = measurement.item_analysis(data, {"s": ["x", "y", "z"]}, minimum=1, maximum=5).tidy()
    pooled = table[table["group"] == "pooled"].set_index("item")
    assert pooled.loc["x", "note"] == "all answers equal" and np.isnan(pooled.loc["x", "skewness"])
    assert pooled.loc["y", "note"] == "no answers" and pooled.loc["y", "n_missing"] == 4


def test_bad_input_lists_everything(answers) -> None:
    with pytest.raises(InputError) as caught:
        measurement.alpha_table(answers, {"s": ["x1", "nope", "role"], "t": []})
    assert [p.column for p in caught.value.problems] == ["nope", "role", "t"]
    with pytest.raises(InputError, match="pairwise, listwise"):
        measurement.cronbach_alpha(np.ones((3, 2)), missing="casewise")
    with pytest.raises(InputError, match="standardised loadings"):
        measurement.composite_reliability([1.3, 0.5])
