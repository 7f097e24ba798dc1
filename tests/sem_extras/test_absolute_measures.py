"""Absolute fit measures against lavaan 0.7-2 (quoted) and 0.6.14 (tests/reference/sem_extras)."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.sem.fit_measures import absolute
from comply_measure.sem.fit_measures.browne import browne_residual

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"

# lavaan 0.7-2; limits of intervals rest on a root finder that stops at 1e-4 in the non-centrality
SHARES = {
    "ML": {
        "gfi": 0.959367523472757,
        "gfi.ci.lower": 0.938568158566203,
        "gfi.ci.upper": 0.975738756552314,
        "gfi_lisrel": 0.943332061258475,
        "agfi_lisrel": 0.893747614859641,
        "pgfi": 0.503110432671187,
        "mfi": 0.903177285931363,
        "ecvi": 0.422941932790607,
        "cn_05": 129.490200301456,
        "cn_01": 152.654026533352,
    },
    "MLM": {
        "gfi.robust": 0.960262435237319,
        "gfi.ci.lower.robust": 0.938884670688955,
        "gfi.ci.upper.robust": 0.976946118745245,
    },
    "MLMV": {
        "gfi.robust": 0.960262435237319,
        "gfi.ci.lower.robust": 0.9375885267525,
        "gfi.ci.upper.robust": 0.977791959801972,
    },
    "MLR": {
        "gfi.robust": 0.959025865122806,
        "gfi.ci.lower.robust": 0.938451861114489,
        "gfi.ci.upper.robust": 0.975272705171648,
    },
}


@pytest.mark.parametrize("estimator", SHARES)
def test_holzinger_swineford(estimator: str) -> None:
    found = sem.fit(HS, holzinger39.get_data(), estimator=estimator).measures
    for name, value in SHARES[estimator].items():
        assert found[name] == pytest.approx(value, rel=2e-6), name


def test_residual_means_are_projected() -> None:
    fit = sem.fit(HS, holzinger39.get_data(), group="school", group_equal=("loadings", "intercepts"))
    assert fit.measures["gfi"] == pytest.approx(0.93487045593836, abs=1e-6)
    assert fit.measures["gfi.ci.lower"] == pytest.approx(0.909393587838481, abs=2e-6)
    assert fit.measures["gfi_lisrel"] == pytest.approx(0.992880151318251, abs=1e-7)
    assert fit.measures["ecvi"] == pytest.approx(0.864129006395955, abs=1e-8)
    assert fit.measures["cn_05"] == pytest.approx(146.05334951653, abs=1e-6)


def test_share_of_variance_is_at_most_one() -> None:
    model = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ ind60"
    measures = sem.fit(model + "\nx2 ~~ y1", political_democracy.get_data()).measures
    assert measures["gfi"] <= 1.0 and measures["gfi.ci.upper"] <= 1.0


NAIVE = {"se": "standard", "test": "standard"}  # the defaults of lavaan 0.6.14
CASES = {
    "sem": ("SEM", {}),
    "groups": ("CFA", {"group": "region", "group_equal": ("loadings", "intercepts")}),
    "fiml": ("SEM", {"missing": "ml"}),
    "uls": ("CFA", {"estimator": "ULS", **NAIVE}),
    "gls": ("CFA", {"estimator": "GLS"}),
    "wls": ("CFA", {"estimator": "WLS"}),
    "dwls": ("CFA", {"estimator": "DWLS", **NAIVE}),
    "mlr": ("SEM", {"estimator": "MLR"}),
    "mlmv": ("CFA", {"estimator": "MLMV"}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_measure_of_lavaan_is_there(case, models, simulated, incomplete, reference) -> None:
    name, options = CASES[case]
    data = incomplete if case == "fiml" else simulated
    found = sem.fit(getattr(models, name), data, **options).measures
    for key, value in reference("measures")[case].items():
        if value is None or (case == "dwls" and key in ("pvalue", "baseline.pvalue")):
            assert math.isnan(found[key])  # no χ²; 0.6.14 gave a p value to DWLS, 0.7 does not
            continue
        # 0.6.14 calls the classical index gfi; robust values under missing data rest on numerical derivatives
        ours = found["gfi_lisrel" if key == "gfi" else key]
        tolerance = 2e-4 if case == "fiml" and "robust" in key else 1e-5
        assert ours == pytest.approx(value, rel=tolerance, abs=1e-6), key


def test_saturated_model(simulated, reference) -> None:
    found = sem.fit("A =~ a1 + a2 + a3", simulated).measures
    for key, value in reference("measures")["saturated"].items():
        if value is None:
            assert math.isnan(found[key]), key
        else:
            assert found[key] == pytest.approx(value, rel=1e-6, abs=1e-6), key
    assert found["gfi"] == found["gfi.ci.lower"] == found["gfi.ci.upper"] == 1.0


@pytest.mark.parametrize("estimator", ["ml", "gls", "uls"])
def test_browne_residual_statistic(estimator, models, simulated: pd.DataFrame, reference) -> None:
    options = {"group": "region", "group_equal": ("loadings", "intercepts"), "estimator": estimator}
    fit = sem.fit(models.CFA, simulated, **options)
    found = browne_residual(fit.model, fit.optimum.point)
    # of first order in the distance of lavaan's estimates from the optimum
    assert found == pytest.approx(reference("measures")["browne"][estimator], rel=1e-5)


def test_edge_cases_of_the_formulas() -> None:
    assert math.isnan(absolute.critical_n(0.0, 0, 100, 0.05))
    assert absolute.critical_n(0.0, 3, 100, 0.05) == math.inf
    assert math.isnan(absolute.wrmr(3.0, 0))
    assert math.isnan(absolute.gfi_of_lengths(0.0, 0.0))
    assert absolute.adjusted(0.9, 10, 0) == 1.0
    assert math.isnan(absolute.share_of_variance(math.nan, 2, 100, 4))
    assert absolute.share_interval(1.0, 0, 100, 4) == (1.0, 1.0)
    low, high = absolute.share_interval(50.0, 20, 100, 6)
    assert low < absolute.share_of_variance(50.0, 20, 100, 6) < high
