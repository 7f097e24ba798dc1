"""Constraints: equality of several kinds, inequalities, bounds, effect coding; numbers from lavaan 0.6.14."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
BIFACTOR = "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9\n" + HS


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.fixture(scope="module")
def poldem() -> pd.DataFrame:
    return political_democracy.get_data()


def value(fit: sem.Fit, label: str, column: str = "est") -> float:
    return float(fit.estimates.loc[fit.estimates.label == label, column].iloc[0])


def test_curved_equality(hs: pd.DataFrame) -> None:
    model = "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\nspeed =~ x7 + x8 + x9\na*b == c*d*0.4"
    fit = sem.fit(model, hs)
    assert fit.measures["chisq"] == pytest.approx(85.3096708, abs=1e-6)
    assert fit.measures["df"] == 25
    assert value(fit, "a") * value(fit, "b") == pytest.approx(
        0.4 * value(fit, "c") * value(fit, "d"), abs=1e-9
    )


def test_two_curved_equalities_with_functions(poldem: pd.DataFrame) -> None:
    model = """
    ind60 =~ x1 + l2*x2 + l3*x3
    dem60 =~ y1 + k2*y2 + y3 + y4
    dem60 ~ b*ind60
    l2 == exp(k2/2); b*b == l3
    ratio := b/l3
    """
    fit = sem.fit(model, poldem)
    assert fit.measures["chisq"] == pytest.approx(24.05398095, abs=1e-6)
    assert fit.npar == 13
    assert value(fit, "ratio") == pytest.approx(1.0 / value(fit, "b"), rel=1e-8)


def test_binding_inequality_is_said(poldem: pd.DataFrame) -> None:
    model = """
    ind60 =~ x1 + l2*x2 + l3*x3
    dem60 =~ y1 + y2 + y3 + y4
    dem60 ~ b*ind60
    b > 1.8; l3 < 3
    """
    fit = sem.fit(model, poldem)
    assert fit.measures["chisq"] == pytest.approx(24.5986882, abs=2e-6)
    assert fit.measures["df"] == 13
    assert value(fit, "b") == 1.8 and np.isnan(value(fit, "b", "se"))
    assert [p.code for p in fit.problems] == ["binding_constraint"]
    assert "b > 1.8" in fit.problems[0].message and "l3" not in fit.problems[0].message


def test_bound_of_a_variance(hs: pd.DataFrame) -> None:
    fit = sem.fit(BIFACTOR + "x1 ~~ lower(0)*x1", hs, orthogonal=True, std_lv=True)
    assert fit.measures["chisq"] == pytest.approx(34.9678610545, abs=1e-6)
    row = fit.estimates.query("lhs == 'x1' and op == '~~' and rhs == 'x1'").iloc[0]
    assert row.est == pytest.approx(0.0, abs=1e-8)
    assert row.est == 0.0 and np.isnan(row.se)  # held at its bound, as lavaan 0.7 takes it


@pytest.mark.parametrize("means", [False, True])
def test_effect_coding_leaves_fit_unchanged(hs: pd.DataFrame, means: bool) -> None:
    fit = sem.fit(HS, hs, effect_coding=True, meanstructure=means)
    assert fit.measures["chisq"] == pytest.approx(85.3055217698, abs=1e-8)
    loadings = fit.estimates.query("op == '=~'").groupby("lhs").est.mean()
    assert np.allclose(loadings, 1.0, atol=1e-12)
    if means:
        intercepts = fit.estimates.query("op == '~1' and lhs in ['x4', 'x5', 'x6']")
        assert intercepts.est.sum() == pytest.approx(0.0, abs=1e-10)


def test_contradiction_is_named(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelError, match="contradicts"):
        sem.fit("f =~ x1 + a*x2 + b*x3 + x4\na == b\na == b + 1", hs)


def test_redundant_constraint_counts_once(hs: pd.DataFrame) -> None:
    model = "f =~ x1 + a*x2 + b*x3 + c*x4\na == b\nb == c\na == c"
    assert sem.fit(model, hs).npar == 6


def test_unknown_label_suggests_the_nearest(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelSyntaxError, match="did you mean 'load2'"):
        sem.fit("f =~ x1 + load2*x2 + x3 + x4\nlaod2 == 1", hs)


def test_fixed_by_equality_equals_fixed(hs: pd.DataFrame) -> None:
    tied = sem.fit(HS.replace("+ x2", "+ a*x2") + "a == 0.6", hs)
    fixed = sem.fit(HS.replace("+ x2", "+ 0.6*x2"), hs)
    assert tied.measures["chisq"] == pytest.approx(fixed.measures["chisq"], abs=1e-9)
    assert tied.measures["df"] == fixed.measures["df"] == 25
