"""ML fits against lavaan 0.7-2 on the two data sets that ship with semopy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.errors import ComplyError

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
PD = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
"""


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.fixture(scope="module")
def poldem() -> pd.DataFrame:
    return political_democracy.get_data()


def row(fit: sem.Fit, lhs: str, op: str, rhs: str, group: int = 1) -> pd.Series:
    table = fit.estimates
    mine = (table.lhs == lhs) & (table.op == op) & (table.rhs == rhs) & (table.group == group)
    assert mine.sum() == 1
    return table[mine].iloc[0]


# lavaan 0.7-2, fitMeasures(); its own stopping rule leaves about 1e-9 in chi-square
HS_MEASURES = {
    "npar": 21,
    "fmin": 0.141703524534838,
    "chisq": 85.3055217699727,
    "df": 24,
    "pvalue": 8.50255321704907e-09,
    "baseline.chisq": 918.851589292384,
    "baseline.df": 36,
    "cfi": 0.930559651799336,
    "tli": 0.895839477699004,
    "nnfi": 0.895839477699004,
    "rfi": 0.86074107707263,
    "nfi": 0.90716071804842,
    "pnfi": 0.60477381203228,
    "ifi": 0.931490849987258,
    "rni": 0.930559651799336,
    "logl": -3737.7449266262,
    "unrestricted.logl": -3695.09216574121,
    "aic": 7517.48985325239,
    "bic": 7595.33916881212,
    "ntotal": 301,
    "bic2": 7528.73911173078,
    "rmsea": 0.0921214845101686,
    "rmsea.ci.lower": 0.0714184904399382,
    "rmsea.ci.upper": 0.113678016811963,
    "rmsea.pvalue": 0.000661236778051855,
    "rmsea.notclose.pvalue": 0.839552896762844,
    "rmr": 0.0821843333342268,
    "srmr": 0.0652050571843865,
    "crmr": 0.0729014727869723,
    "srmr_mplus": 0.0652050595246683,
}


def test_three_factor_model_fit_measures(hs: pd.DataFrame) -> None:
    measures = sem.fit(HS, hs).fit_measures
    for name, value in HS_MEASURES.items():
        # interval limits: lavaan's root finder stops at 1.2e-4 in lambda; residuals are of first order in
        # the distance of lavaan's estimates from the optimum (1e-6)
        tolerance = 2e-6 if "ci" in name or "mr" in name else 1e-8
        assert measures[name] == pytest.approx(value, rel=tolerance, abs=1e-9), name


@pytest.mark.parametrize(
    ("lhs", "op", "rhs", "est", "se"),
    [
        ("visual", "=~", "x1", 1.0, 0.0),
        ("visual", "=~", "x2", 0.553500293763662, 0.0996651187683112),
        ("speed", "=~", "x9", 1.08153015685908, 0.151167438085725),
        ("x1", "~~", "x1", 0.549053973199019, 0.11360092326415),
        ("textual", "~~", "textual", 0.97949137285969, 0.112105849301359),
        ("visual", "~~", "speed", 0.26222460204864, 0.0562763994994703),
    ],
)
def test_three_factor_model_estimates(
    hs: pd.DataFrame, lhs: str, op: str, rhs: str, est: float, se: float
) -> None:
    found = row(sem.fit(HS, hs), lhs, op, rhs)
    assert found.est == pytest.approx(est, abs=5e-6)
    assert found.se == pytest.approx(se, abs=1e-6)


def test_rows_of_the_default_table(hs: pd.DataFrame) -> None:
    table = sem.fit(HS, hs).estimates
    assert list(table.columns) == [
        "lhs", "op", "rhs", "group", "label", "free", "est", "se", "z", "pvalue", "ci_lower", "ci_upper",
    ]  # fmt: skip
    assert list(table.op) == ["=~"] * 9 + ["~~"] * 15
    assert list(table.free[:4]) == [0, 1, 2, 0]
    fixed = table[table.free == 0]
    assert (fixed.se == 0).all() and fixed.z.isna().all()
    assert np.allclose(fixed.ci_lower, fixed.est)


def test_structural_model(poldem: pd.DataFrame) -> None:
    fit = sem.fit(PD, poldem)
    assert fit.converged and fit.admissible and not fit.problems
    assert fit.measures["chisq"] == pytest.approx(38.1252182280583, abs=1e-6)
    assert fit.measures["df"] == 35
    assert fit.measures["baseline.chisq"] == pytest.approx(730.654085392558, abs=1e-6)


@pytest.mark.parametrize(
    ("equal", "npar", "chisq", "srmr", "crmr", "rmsea", "upper"),
    [
        ((), 60, 115.85134387556, 0.0678640117525206, 0.0743413101179116, 0.0969148567676121,
         0.119582825882379),
        (("loadings", "intercepts"), 48, 164.102830925183, 0.0824470585787985, 0.0866501712942179,
         0.107371098089257, 0.127194379751988),
    ],
)  # fmt: skip
def test_groups(
    hs: pd.DataFrame,
    equal: tuple[str, ...],
    npar: int,
    chisq: float,
    srmr: float,
    crmr: float,
    rmsea: float,
    upper: float,
) -> None:
    fit = sem.fit(HS, hs, group="school", group_equal=equal)
    measures = fit.measures
    assert measures["npar"] == npar
    assert measures["chisq"] == pytest.approx(chisq, abs=1e-7)
    assert measures["baseline.chisq"] == pytest.approx(957.769050808683, abs=1e-7)
    assert measures["srmr"] == pytest.approx(srmr, abs=1e-6)
    assert measures["crmr"] == pytest.approx(crmr, abs=1e-6)
    assert measures["rmsea"] == pytest.approx(rmsea, abs=1e-8)
    assert measures["rmsea.ci.upper"] == pytest.approx(upper, abs=1e-6)


def test_scalar_invariance_frees_latent_means(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs, group="school", group_equal=("loadings", "intercepts"))
    assert row(fit, "visual", "~1", "", 1).free == 0
    assert row(fit, "visual", "~1", "", 2).free > 0
    loading = fit.estimates.query("op == '=~' and rhs == 'x2'")
    assert loading.est.iloc[0] == loading.est.iloc[1] and loading.se.iloc[0] == loading.se.iloc[1]
    assert set(loading.label) == {".p2."}


def test_heywood_case_is_named(hs: pd.DataFrame) -> None:
    model = "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9\n" + HS
    fit = sem.fit(model, hs, orthogonal=True, std_lv=True)
    assert fit.converged and not fit.admissible
    assert fit.measures["chisq"] == pytest.approx(34.8800981176586, abs=1e-6)
    assert any(p.code == "heywood" and "x1" in p.message for p in fit.problems)
    assert "negative residual variance" in fit.summary()


def test_labels_tie_and_define(poldem: pd.DataFrame) -> None:
    model = """
    ind60 =~ x1 + x2 + x3
    dem60 =~ y1 + A*y2 + B*y3 + C*y4
    dem65 =~ y5 + A*y6 + B*y7 + C*y8
    dem60 ~ a*ind60
    dem65 ~ cp*ind60 + b*dem60
    y1 ~~ y5
    y2 ~~ y4 + y6
    y3 ~~ y7
    y4 ~~ y8
    y6 ~~ y8
    indirect := a*b
    total := cp + a*b
    """
    fit = sem.fit(model, poldem)
    # lavaan stops a little early here: its chi-square is not below ours
    assert fit.measures["chisq"] == pytest.approx(40.179489529743, abs=1e-6)
    assert fit.measures["chisq"] <= 40.179489529743
    table = fit.estimates.set_index("lhs")
    product = row(fit, "dem60", "~", "ind60").est * row(fit, "dem65", "~", "dem60").est
    assert table.loc["indirect", "est"] == pytest.approx(product, rel=1e-12)
    assert table.loc["indirect", "group"] == 0 and table.loc["indirect", "rhs"] == "a*b"


def test_linear_constraint(poldem: pd.DataFrame) -> None:
    model = """
    ind60 =~ x1 + l2*x2 + l3*x3
    dem60 =~ y1 + y2 + y3 + y4
    dem60 ~ ind60
    l2 == l3 + 0.3
    """
    fit = sem.fit(model, poldem)
    assert fit.npar == 14
    assert fit.measures["chisq"] == pytest.approx(23.9169870764628, abs=1e-7)
    assert row(fit, "ind60", "=~", "x2").est == pytest.approx(row(fit, "ind60", "=~", "x3").est + 0.3)


def test_levels_and_clusters_are_never_dropped(hs: pd.DataFrame) -> None:
    with pytest.raises(ComplyError, match="cluster"):
        sem.fit("level: 1\nf =~ x1 + x2 + x3\nlevel: 2\ng =~ x1 + x2 + x3", hs)
    with pytest.raises(ComplyError, match="not a column"):
        sem.fit(HS, hs, cluster="unit")
