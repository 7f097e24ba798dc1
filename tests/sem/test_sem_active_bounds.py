"""Inference where bounds or inequalities bind: they are taken for equalities, as in lavaan 0.7-2.

Expected standard errors are lavaan 0.7-2's (to its seven printed digits); it gives 0 for the parameter at the bound,
which has none here.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem

TWO = "visual =~ x1 + x2 + {}x3\ntextual =~ x4 + x5 + x6\nvisual ~~ textual\n"
CASES = {
    "upper": (
        TWO.format("upper(0.5)*"),
        {},
        {"visual=~x2": 0.080089, "x1~~x1": 0.118266, "visual~~visual": 0.148798, "textual=~x5": 0.065172},
        ("visual=~x3", 0.5),
    ),
    "lower variance": (
        TWO.format("") + "x1 ~~ lower(0.7)*x1\n",
        {},
        {"visual=~x2": 0.104357, "visual=~x3": 0.106257, "visual~~textual": 0.069876},
        ("x1~~x1", 0.7),
    ),
    "inequality": (
        "visual =~ x1 + x2 + b*x3\nb < 0.5\n",
        {},
        {"visual=~x2": 0.087156, "x1~~x1": 0.132184, "visual~~visual": 0.155742},
        ("visual=~x3", 0.5),
    ),
    "robust": (
        "visual =~ x1 + upper(0.5)*x2 + x3 + x9\n",
        {"estimator": "MLR"},
        {"visual=~x3": 0.108649, "visual=~x9": 0.092677, "x9~~x9": 0.076101},
        ("visual=~x2", 0.5),
    ),
}


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.mark.parametrize("case", CASES)
def test_errors_are_conditional_on_what_binds(case: str, hs: pd.DataFrame) -> None:
    model, options, errors, (held, limit) = CASES[case]
    fit = sem.fit(model, hs, **options)
    table = fit.estimates
    rows = table.set_index(table["lhs"] + table["op"] + table["rhs"])
    assert rows.loc[list(errors), "se"].to_dict() == pytest.approx(errors, abs=2e-6)
    assert rows.loc[held, "est"] == limit
    assert rows.loc[held, ["se", "z", "pvalue", "ci_lower", "ci_upper"]].isna().all()
    assert table.attrs["at bound"] == (list(rows.index).index(held),)
    line = next(line for line in fit.summary().split("\n") if line.split()[:3] == held_words(held))
    assert line.split()[3:] == [f"{limit:.3f}", "at", "bound"]
    note = next(str(problem) for problem in fit.problems if problem.code == "binding_constraint")
    assert "no standard error" in note
    place = fit.model.table.plabel[list(rows.index).index(held)]
    test = fit.wald(f"{place} == 0")
    assert math.isnan(test.pvalue) and "at a bound" in test.note
    other = rows.loc[next(iter(errors))]
    free = fit.model.table.plabel[list(rows.index).index(next(iter(errors)))]
    assert fit.wald(f"{free} == 0").statistic == pytest.approx((other["est"] / other["se"]) ** 2, rel=1e-9)


def held_words(name: str) -> list[str]:
    op = "=~" if "=~" in name else "~~"
    return [name.split(op)[0], op, name.split(op)[1]]


@pytest.fixture(scope="module")
def heywood() -> pd.DataFrame:
    """Three items whose correlations ask for a negative residual variance of the first (.8 · .7 / .3 > 1)."""
    random = np.random.default_rng(1)
    values = random.normal(size=(150, 3))
    values -= values.mean(axis=0)
    white = values @ np.linalg.inv(np.linalg.cholesky(np.cov(values, rowvar=False, ddof=0)).T)
    target = np.array([[1.0, 0.8, 0.7], [0.8, 1.0, 0.3], [0.7, 0.3, 1.0]])
    return pd.DataFrame(white @ np.linalg.cholesky(target).T, columns=["a", "b", "c"])


@pytest.mark.parametrize("text", ["a ~~ lower(0)*a", "a ~~ v*a\nv > 0"])
def test_a_variance_bounded_at_zero_is_zero_and_no_heywood_case(text: str, heywood: pd.DataFrame) -> None:
    free = sem.fit("f =~ a + b + c", heywood)
    assert [problem.code for problem in free.problems] == ["heywood"]
    fit = sem.fit(f"f =~ a + b + c\n{text}", heywood)
    row = fit.estimates.query("lhs == 'a' and rhs == 'a'").iloc[0]
    assert row["est"] == 0.0 and math.copysign(1.0, row["est"]) == 1.0 and math.isnan(row["se"])
    assert fit.converged and fit.admissible
    assert [problem.code for problem in fit.problems] == ["binding_constraint"]
    assert "-0.0" not in fit.summary()
    standardised = fit.standardized().query("lhs == 'a' and rhs == 'a'").iloc[0]
    assert standardised["est_std"] == 0.0 and math.isnan(standardised["se"])
    # a is the factor: the others' errors are those of regressions on it, n = 150
    loading = fit.estimates.query("rhs == 'b' and op == '=~'").iloc[0]
    assert loading["est"] == pytest.approx(0.8, abs=1e-6)
    assert loading["se"] == pytest.approx(math.sqrt((1.0 - 0.64) / 150), rel=1e-6)


def test_defined_parameters_of_what_is_held(heywood: pd.DataFrame) -> None:
    fit = sem.fit("f =~ a + l*b + c\na ~~ v*a\nv > 0\ntwice := 2*v\nboth := v + l", heywood)
    defined = fit.estimates.query("op == ':='").set_index("lhs")["se"]
    own = fit.estimates.query("rhs == 'b' and op == '=~'")["se"].item()
    assert math.isnan(defined["twice"]) and defined["both"] == pytest.approx(own, rel=1e-12)


def test_an_inequality_between_parameters_ties_them(hs: pd.DataFrame) -> None:
    """``a < b`` that binds leaves both an error: that of the model with ``a == b``."""
    text = "visual =~ x1 + a*x2 + b*x3\nspeed =~ x7 + x8 + x9\n"
    binding = sem.fit(text + "b < a\n", hs).estimates
    equal = sem.fit(text + "b == a\n", hs).estimates
    assert binding["est"].to_numpy() == pytest.approx(equal["est"].to_numpy(), abs=1e-6)
    assert binding["se"].to_numpy() == pytest.approx(equal["se"].to_numpy(), abs=1e-6)
    assert "at bound" not in binding.attrs


def test_other_questions_of_a_fit_at_a_bound(heywood: pd.DataFrame) -> None:
    heywood = heywood.assign(d=heywood["b"] * 0.5 + np.random.default_rng(4).normal(size=150))
    fit = sem.fit("f =~ a + b + c + d\na ~~ lower(0)*a", heywood, estimator="MLM")
    z = fit.residuals("standardized")["cov"]
    assert np.isfinite(z.to_numpy()).all()
    assert fit.modification_indices()["mi"].notna().all()
    assert fit.predict()["f"].to_numpy() == pytest.approx(heywood["a"].to_numpy(), abs=1e-6)


REFERENCE = Path(__file__).parent.parent / "reference"
TWO_FACTORS = "A =~ a1 + {}*a2 + a3 + a4\nB =~ b1 + b2 + b3\n"
ORDERED = "f =~ u1 + {}*u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
TWO_LEVELS = "level: 1\n fw =~ y1 + {}*y2 + y3\nlevel: 2\n fb =~ y1 + y2 + y3\n"
FAMILIES: dict[str, tuple[str, float, str, dict[str, Any], str]] = {
    "groups": (TWO_FACTORS, 0.5, "sem_extras/simulated.csv", {"group": "region"}, "A=~a2.g2 < 0.5"),
    "equal groups": (
        TWO_FACTORS,
        0.5,
        "sem_extras/simulated.csv",
        {"group": "region", "group_equal": ("loadings", "intercepts")},
        "A=~a2 < 0.5",
    ),
    "gls": (TWO_FACTORS, 0.5, "sem_extras/simulated.csv", {"estimator": "GLS"}, "A=~a2 < 0.5"),
    "clusters": (TWO_FACTORS, 0.5, "sem_extras/simulated.csv", {"cluster": "unit"}, "A=~a2 < 0.5"),
    "fiml": (
        TWO_FACTORS,
        0.5,
        "sem_extras/incomplete.csv",
        {"missing": "ml", "estimator": "MLR"},
        "A=~a2 < 0.5",
    ),
    "ordered": (ORDERED, 0.7, "sem_ordinal/ordinal.csv", {"ordered": True}, "f=~u2 < 0.7"),
    "two levels": (TWO_LEVELS, 0.3, "sem_twolevel/twolevel.csv", {"cluster": "unit"}, "fw=~y2 < 0.3"),
    "between level": (
        TWO_LEVELS.replace("{}*y2", "y2").replace("fb =~ y1 + y2", "fb =~ y1 + {}*y2"),
        0.3,
        "sem_twolevel/twolevel.csv",
        {"cluster": "unit"},
        "fb=~y2.l2 < 0.3",
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_infers_as_if_the_parameter_were_fixed_there(family: str) -> None:
    text, limit, file, options, name = FAMILIES[family]
    data = pd.read_csv(REFERENCE / file)
    bounded = sem.fit(text.format(f"upper({limit})"), data, **options)
    fixed = sem.fit(text.format(limit), data, **options)
    assert name in bounded.optimum.binding
    ours, theirs = bounded.estimates, fixed.estimates
    both = (ours["free"] > 0) & (theirs["free"] > 0)
    np.testing.assert_allclose(ours["est"], theirs["est"], atol=1e-6)
    np.testing.assert_allclose(ours.loc[both, "se"], theirs.loc[both, "se"], rtol=1e-5)
    held = (ours["free"] > 0) & ~both
    assert ours.loc[held, "se"].isna().all() and held.sum() == len(ours.attrs["at bound"]) > 0
