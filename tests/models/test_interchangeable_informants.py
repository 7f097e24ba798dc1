"""Interchangeable informants within roles: planted values, the same model in lavaan, shares by formula, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.models.informants import (
    informants_wide,
    interchangeable_ct_cm1_model,
    interchangeable_shares,
)

ITEMS = ["a", "b", "c"]
NUMBERS = {"m": 2, "s": 2, "i": 1}
TRAIT = {"m": [1, 0.9, 0.8], "s": [0.8, 0.7, 0.9], "i": [0.6, 0.7, 0.5]}
METHOD = {"s": [1, 0.8, 0.9], "i": [1, 1.1, 0.7]}
OWN = {"m": [1, 0.8, 0.9], "s": [1, 1, 0.7]}
OWN_VARIANCE = {"m": 0.4, "s": 0.5}


def people() -> pd.DataFrame:
    """400 units; none, one or two informants of two roles, at most one of the third."""
    rng, n = np.random.default_rng(5), 400
    trait = rng.normal(0, 0.8, n)
    method = rng.multivariate_normal([0, 0], [[0.3, 0.1], [0.1, 0.35]], n)
    rows = []
    for role, most in NUMBERS.items():
        many = rng.choice(
            [0, 1, 2] if most == 2 else [0, 1], n, p=[0.1, 0.5, 0.4] if most == 2 else [0.1, 0.9]
        )
        for unit in range(n):
            for _ in range(many[unit]):
                own = rng.normal(0, np.sqrt(OWN_VARIANCE[role])) if role in OWN else 0.0
                y = [
                    4
                    + TRAIT[role][i] * trait[unit]
                    + (METHOD[role][i] * method[unit, ["s", "i"].index(role)] if role in METHOD else 0)
                    + (OWN[role][i] * own if role in OWN else 0)
                    + rng.normal(0, 0.5)
                    for i in range(3)
                ]
                rows.append((f"U{unit}", role, *y))
    return pd.DataFrame(rows, columns=["unit", "role", *ITEMS])


@pytest.fixture(scope="module")
def fit() -> sem.Fit:
    text = interchangeable_ct_cm1_model("x", ITEMS, NUMBERS, "m")
    return sem.fit(text, informants_wide(people(), ITEMS, NUMBERS), missing="ml", meanstructure=True)


def estimate(fit: sem.Fit, lhs: str, op: str, rhs: str) -> tuple[float, float]:
    table = fit.estimates
    row = table[(table["lhs"] == lhs) & (table["op"] == op) & (table["rhs"] == rhs)].iloc[0]
    return float(row["est"]), float(row["se"])


def test_estimates_equal_lavaan_and_cover_what_was_planted(fit: sem.Fit) -> None:
    # lavaan(text, data, missing = "ml", meanstructure = TRUE, auto.var = TRUE, auto.cov.lv.x = TRUE), lavaan 0.6-14
    measures = fit.fit_measures
    assert (fit.npar, measures["df"]) == (40, 95)
    assert measures["logl"] == pytest.approx(-4622.73961, abs=2e-5)
    assert measures["chisq"] == pytest.approx(99.15178, abs=2e-5)
    lavaan = {
        ("x.trait", "~~", "x.trait"): (0.539, 0.079, 0.64),
        ("x.method.s", "~~", "x.method.s"): (0.340, 0.103, 0.30),
        ("x.method.i", "~~", "x.method.i"): (0.196, 0.053, 0.35),
        ("x.own.m_1", "~~", "x.own.m_1"): (0.415, 0.064, 0.40),
        ("x.own.s_2", "~~", "x.own.s_2"): (0.454, 0.077, 0.50),
        ("x.trait", "=~", "b.s_1"): (0.756, 0.099, 0.70),
        ("x.method.s", "=~", "b.s_1"): (0.703, 0.117, 0.80),
        ("x.own.s_1", "=~", "b.s_1"): (1.116, 0.114, 1.00),
    }
    for (lhs, op, rhs), (est, se, truth) in lavaan.items():
        found = estimate(fit, lhs, op, rhs)
        assert found == pytest.approx((est, se), abs=6e-4)
        assert abs(found[0] - truth) < 3 * found[1]
    for op, one, two in (("~1", "", ""), ("~~", "b.s_1", "b.s_2")):
        assert estimate(fit, "b.s_1", op, one) == estimate(fit, "b.s_2", op, two)


def test_shares_are_parts_of_the_implied_variance(fit: sem.Fit) -> None:
    table = interchangeable_shares(fit.estimates, "x", ITEMS, NUMBERS).set_index(["variable", "role"])
    row = table.loc[("b", "s")]
    trait = estimate(fit, "x.trait", "=~", "b.s_1")[0] ** 2 * estimate(fit, "x.trait", "~~", "x.trait")[0]
    common = estimate(fit, "x.method.s", "=~", "b.s_1")[0] ** 2
    common *= estimate(fit, "x.method.s", "~~", "x.method.s")[0]
    own = estimate(fit, "x.own.s_1", "=~", "b.s_1")[0] ** 2 * estimate(fit, "x.own.s_1", "~~", "x.own.s_1")[0]
    error = estimate(fit, "b.s_1", "~~", "b.s_1")[0]
    total = trait + common + own + error
    expected = [trait / total, common / total, own / total, 1 - error / total, error / total]
    names = ["consistency", "common_method", "unique_method", "reliability", "error"]
    np.testing.assert_allclose(row[names].to_numpy(float), expected, rtol=1e-9)
    assert row["consistency_true"] == pytest.approx(trait / (trait + common + own))
    assert (table.xs("m", level="role")["common_method"] == 0).all()
    assert (table.xs("i", level="role")["unique_method"] == 0).all()
    # two informants of the role correlate by what is not theirs alone
    truth = np.array([0.7**2 * 0.64, 0.8**2 * 0.3, 0.5, 0.25])
    np.testing.assert_allclose(row[names[:3]].to_numpy(float), (truth / truth.sum())[:3], atol=0.1)


def test_informants_beyond_the_columns_are_left_out() -> None:
    rows = pd.DataFrame({"unit": ["u"] * 3, "role": ["m"] * 3, "a": [1.0, 2.0, 3.0]})
    wide = informants_wide(rows, ["a"], {"m": 2})
    assert wide.loc["u", ["a.m_1", "a.m_2"]].tolist() == [1.0, 2.0]
    assert "a.m_3" not in wide
    pd.testing.assert_frame_equal(informants_wide(rows.set_axis([7, 7, 7]), ["a"], {"m": 2}), wide)
    with pytest.raises(InputError, match="column is missing"):
        informants_wide(rows.drop(columns="role"), ["a"], {"m": 2})


@pytest.mark.parametrize(
    ("variables", "numbers", "reference", "words"),
    [
        (ITEMS, NUMBERS, "q", "reference role 'q' is not among: m, s, i"),
        (ITEMS[:1], NUMBERS, "m", "two variables at least"),
        (ITEMS, {"m": 1, "s": 1}, "m", "one role at least needs two informants"),
        (ITEMS, {"m": 2}, "m", "at least 2 different roles"),
    ],
)
def test_what_no_model_can_be_built_for(
    variables: list[str], numbers: dict[str, int], reference: str, words: str
) -> None:
    with pytest.raises(ComplyError, match=words):
        interchangeable_ct_cm1_model("x", variables, numbers, reference)
