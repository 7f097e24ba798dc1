"""Scaled tests of plain ML with clusters against lavaan 0.7-2 (default stopping rule, hence the tolerance).

Observed information is the Hessian, as under MLR; lavaan 0.6 took that of the saturated moments in all but MLR.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem

MEASURES = [
    "chisq",
    "chisq.scaled",
    "chisq.scaling.factor",
    "baseline.chisq.scaled",
    "cfi.robust",
    "rmsea.robust",
]
FIRMS = {"cluster": "firm"}
CASES = {
    "CFA": ("CFA", FIRMS, [65.6075132, 66.2141807, 0.990837801, 1748.09870, 0.986123941, 0.0436371920]),
    "SEM": ("SEM", FIRMS, [165.018418, 170.235151, 0.969355725, 2094.24100, 0.954497985, 0.0627650105]),
    "groups": (
        "CFA",
        {**FIRMS, "group": "region", "group_equal": ["loadings"]},
        [142.122278, 144.406148, 0.984184400, 1851.71382, 0.970808373, 0.0609790958],
    ),
    "FIML": (
        "CFA",
        {**FIRMS, "missing": "ml"},
        [57.0869850, 58.5212489, 0.975491570, 1542.07327, 0.989977835, 0.0369332154],
    ),
    "FIML, SEM": (
        "SEM",
        {**FIRMS, "missing": "ml"},
        [141.216058, 147.257253, 0.958975231, 1870.48954, 0.962214058, 0.0568227145],
    ),
    "FIML, test by hand": (
        "CFA",
        {"missing": "ml", "test": "yuan.bentler.mplus"},
        [57.0869850, 57.8126779, 0.987447512, 1551.77982, 0.990468103, 0.0360072179],
    ),
    "observed, test by hand": (
        "SEM",
        {"information": "observed", "test": "yuan.bentler.mplus"},
        [165.018418, 167.879565, 0.982957147, 2091.04702, 0.954985839, 0.0624254924],
    ),
    "expected": (
        "SEM",
        {**FIRMS, "information": "expected"},
        [165.018418, 170.107075, 0.970085566, 2094.24100, 0.954524329, 0.0627468389],
    ),
    "MLR": (
        "SEM",
        {**FIRMS, "estimator": "MLR"},
        [165.018418, 170.235151, 0.969355725, 2094.24100, 0.954497985, 0.0627650105],
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_scaled_tests_equal_lavaan(
    case: str, models, simulated: pd.DataFrame, incomplete: pd.DataFrame
) -> None:
    model, options, expected = CASES[case]
    data = incomplete if options.get("missing") else simulated
    data = data.assign(firm=np.arange(len(data)) // 5)
    found = sem.fit(getattr(models, model), data, **options).fit_measures[MEASURES]
    assert_allclose(found, expected, rtol=5e-5)


def test_clusters_under_ml_give_the_test_of_mlr(models, simulated: pd.DataFrame) -> None:
    data = simulated.assign(firm=np.arange(len(simulated)) // 5)
    plain, robust = (sem.fit(models.SEM, data, cluster="firm", estimator=name) for name in ("ML", "MLR"))
    assert_allclose(plain.fit_measures[MEASURES], robust.fit_measures[MEASURES], rtol=1e-12)


def test_unidentified_models_have_no_scaled_test(simulated: pd.DataFrame) -> None:
    data = simulated.assign(firm=np.arange(len(simulated)) // 5)
    fitted = sem.fit("A =~ NA*a1 + a2 + a3 + a4\nA ~~ NA*A", data, cluster="firm")
    assert np.isnan(fitted.fit_measures["chisq.scaled"])
    assert [found.code for found in fitted.problems if found.serious] == ["not_identified"]
