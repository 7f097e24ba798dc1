"""GLS, ULS, WLS and DWLS of continuous data: numbers of lavaan 0.6.14, derivatives, equivalences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
MIMIC = "f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1\ny1 ~~ y5"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


REFERENCE = [
    ("GLS", True, {"chisq": 146.230030216588, "baseline.chisq": 288.021015487971, "srmr": 0.11923524889925}),
    ("ULS", True, {"chisq": 133.961736389077, "baseline.chisq": 1845.50875269442, "cfi": 0.95829637926697}),
    ("WLS", False, {"chisq": 83.3185797407066, "baseline.chisq": 387.585153627931, "rmsea": 0.0907672387519}),
    ("DWLS", True, {"chisq": 87.9192046820525, "baseline.chisq": 958.325776637669, "cfi": 0.968500064628}),
    ("ULSMV", True, {"chisq.scaled": 127.4516896342, "df.scaled": 60}),
    ("WLSMVS", True, {"chisq.scaled": 82.7481416567666, "df.scaled": 28.5584638845196}),
]
ERRORS = {
    "GLS": 0.120610258080204,
    "ULS": 0.0554594193295041,
    "WLS": 0.097426267027469,
    "DWLS": 0.0760814399643117,
    "ULSMV": 0.100108695574668,
    "WLSMVS": 0.101263988828805,
}


@pytest.mark.parametrize(("estimator", "groups", "measures"), REFERENCE)
def test_against_lavaan(hs: pd.DataFrame, estimator: str, groups: bool, measures: dict[str, float]) -> None:
    options = {"group": "school", "group_equal": ("loadings", "intercepts")} if groups else {}
    fit = sem.fit(HS, hs, estimator=estimator, **options)
    for name, value in measures.items():
        assert fit.measures[name] == pytest.approx(value, rel=5e-6), name
    assert fit.estimates.se.iloc[1] == pytest.approx(ERRORS[estimator], abs=2e-6)
    assert "logl" not in fit.measures


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS", "WLS", "DWLS"])
@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("fixed_x", [False, True])
def test_derivatives(estimator: str, means: bool, fixed_x: bool) -> None:
    data = political_democracy.get_data()
    fit = sem.fit(MIMIC, data, estimator=estimator, meanstructure=means, fixed_x=fixed_x)
    rng = np.random.default_rng(3)
    objective = fit.model.objective
    phi = fit.optimum.point.phi * (1.0 + 0.05 * rng.standard_normal(len(fit.optimum.point.phi)))
    point = objective.at(phi)
    step = 1e-5
    gradient, hessian = np.empty(len(phi)), np.empty((len(phi), len(phi)))
    for i in range(len(phi)):
        shift = np.zeros(len(phi))
        shift[i] = step
        up, down = objective.at(phi + shift), objective.at(phi - shift)
        gradient[i] = (up.value - down.value) / (2 * step)
        hessian[i] = (up.gradient - down.gradient) / (2 * step)
    scale = np.abs(hessian).max()
    assert np.allclose(point.gradient, gradient, atol=1e-8 * scale)
    assert np.allclose(point.hessian, hessian, atol=1e-7 * scale)


def test_gls_weight_is_that_of_wls_under_normality(hs: pd.DataFrame) -> None:
    """In data whose fourth moments are exactly normal-theory, WLS would be GLS; here: same df, same order."""
    gls, wls = sem.fit(HS, hs, estimator="GLS"), sem.fit(HS, hs, estimator="WLS")
    assert gls.measures["df"] == wls.measures["df"]
    assert 0.5 < gls.measures["chisq"] / wls.measures["chisq"] < 2.0


def test_moments_free_by_default_under_least_squares() -> None:
    data = political_democracy.get_data()
    table = sem.fit(MIMIC, data, estimator="GLS").estimates
    assert (table[(table.lhs == "x1") & (table.op == "~~")].free > 0).all()


def test_wls_needs_enough_cases(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelError, match="more cases than moments"):
        sem.fit(HS, hs.head(40), estimator="WLS")
