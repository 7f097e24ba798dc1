"""Residuals against lavaan 0.6.14 and against a simulation-free check of their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.sem.errors import InputError, ModelError

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
MIMIC = "f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


# estimator -> (x1, x7) and (x2, x9) of residuals(fit, type = ...); lavaan's optimum is off by up to 1e-6
REFERENCE = {
    ("ML", "cor"): (-0.139981768, 0.073491663),
    ("ML", "normalized"): (-2.423182070, 1.248801393),
    ("ML", "standardized"): (-3.773089708, 1.606220363),
    ("MLR", "normalized"): (-2.269804293, 1.288706654),
    ("MLR", "standardized"): (-3.464689979, 1.740985443),
    ("MLM", "standardized"): (-3.452858235, 1.718909576),
    ("GLS", "normalized"): (-2.948868444, 1.185765334),
    ("GLS", "standardized"): (-4.297102830, 1.548290223),
    ("WLS", "normalized"): (-2.972360530, 0.885824177),
    ("WLS", "standardized"): (-4.089130865, 1.115496083),
}


@pytest.mark.parametrize(("estimator", "kind"), list(REFERENCE))
def test_against_lavaan(hs: pd.DataFrame, estimator: str, kind: str) -> None:
    cov = sem.fit(HS, hs, estimator=estimator).residuals(kind)["cov"]
    found = (cov.loc["x1", "x7"], cov.loc["x2", "x9"])
    assert found == pytest.approx(REFERENCE[estimator, kind], abs=2e-5)


def test_fixed_exogenous_variables() -> None:
    fit = sem.fit(MIMIC, political_democracy.get_data(), meanstructure=True)
    normalized, standardized = fit.residuals("normalized")["cov"], fit.residuals("standardized")["cov"]
    assert normalized.loc["y5", "x2"] == pytest.approx(0.067514136, abs=1e-5)
    assert standardized.loc["y5", "x2"] == pytest.approx(0.248463920, abs=2e-5)
    assert standardized.loc["y1", "y3"] == pytest.approx(1.393024342, abs=2e-5)
    assert standardized.loc["x1", "x2"] == 0.0
    assert (fit.residuals("standardized")["mean"] == 0.0).all()


def test_groups_are_named(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs, group="school", group_equal=("loadings", "intercepts"))
    raw, implied = fit.residuals(), fit.implied()
    assert list(raw) == list(implied) == ["Pasteur", "Grant-White"]
    part = hs[hs.school == "Pasteur"]
    names = list(raw["Pasteur"]["cov"].index)
    sample = part[names].cov(ddof=0)
    assert np.allclose(raw["Pasteur"]["cov"] + implied["Pasteur"]["cov"], sample, atol=1e-12)
    assert np.allclose(raw["Pasteur"]["mean"] + implied["Pasteur"]["mean"], part[names].mean(), atol=1e-12)


def test_moments_are_records_and_mappings(hs: pd.DataFrame) -> None:
    fit = sem.fit(HS, hs, meanstructure=True)
    implied, raw = fit.implied(), fit.residuals()
    assert isinstance(implied, sem.FitMoments) and isinstance(implied.only, sem.MomentTables)
    assert list(implied) == list(implied.only) == ["cov", "mean"] and len(implied) == 2
    assert implied["cov"] is implied.cov is implied.only.cov and implied["mean"] is implied.mean
    assert implied.mean is not None and raw.mean is not None
    assert np.allclose(implied.cov + raw.cov, hs[list(raw.cov)].cov(ddof=0), atol=1e-12)
    assert np.allclose(implied.mean + raw.mean, hs[list(raw.cov)].mean(), atol=1e-12)
    assert implied.th is None and implied.slopes is None and implied.get("th") is None
    for key in ("th", "only", "groups"):
        with pytest.raises(KeyError):
            implied[key]
    without = sem.fit(HS, hs).implied()
    assert list(without) == ["cov"] and without.mean is None


def test_moments_of_groups_are_taken_by_name(hs: pd.DataFrame) -> None:
    found = sem.fit(HS, hs, group="school", group_equal=("loadings", "intercepts")).implied()
    assert list(found.groups) == list(found) == ["Pasteur", "Grant-White"] and len(found) == 2
    assert found["Pasteur"] is found.groups["Pasteur"] and "cov" not in found
    for name in ("cov", "mean", "th", "slopes"):
        with pytest.raises(ModelError, match="those of 'Pasteur', 'Grant-White': take one of them by its"):
            getattr(found, name)


def test_moments_of_ordered_variables_hold_thresholds_and_slopes(hs: pd.DataFrame) -> None:
    data = hs[["x1", "x2", "x3", "ageyr"]].copy()
    data[["x1", "x2", "x3"]] = data[["x1", "x2", "x3"]].rank(pct=True).mul(2.99).astype(int)
    fit = sem.fit("f =~ x1 + x2 + x3\nf ~ ageyr", data, ordered=["x1", "x2", "x3"])
    implied = fit.implied()
    assert list(implied) == ["cov", "mean", "th", "slopes"]
    assert implied.th is not None and implied.slopes is not None
    assert list(implied.th.index) == [f"x{i}|t{k}" for i in (1, 2, 3) for k in (1, 2)]
    loadings = fit.estimates.query("op == '=~'")["est"].to_numpy()
    slope = float(fit.estimates.query("op == '~'")["est"].iloc[0])
    assert np.allclose(implied.slopes["ageyr"], loadings * slope)


def test_saturated_model_has_no_residuals(hs: pd.DataFrame) -> None:
    fit = sem.fit("x1 ~~ x2 + x3\nx2 ~~ x3", hs)
    for kind in ("raw", "cor", "cor.bentler", "normalized", "standardized"):
        assert np.allclose(fit.residuals(kind)["cov"], 0.0, atol=1e-6)


def test_kind_is_checked(hs: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="standardized"):
        sem.fit(HS, hs).residuals("standardised")
