"""Scaled tests of plain ML with clusters against lavaan 0.6.14 (default stopping rule, hence the tolerance).

lavaan takes the Hessian for estimator MLR alone; elsewhere the observed information of the saturated moments.
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
    "CFA": ("CFA", FIRMS, [65.6075132, 66.1768808, 0.991396276, 1748.09870, 0.986136659, 0.0436171903]),
    "SEM": ("SEM", FIRMS, [165.018418, 170.513424, 0.967773761, 2094.24100, 0.954440884, 0.0628043803]),
    "groups": (
        "CFA",
        {**FIRMS, "group": "region", "group_equal": ["loadings"]},
        [142.122278, 144.531545, 0.983330511, 1851.71382, 0.970766476, 0.0610228395],
    ),
    "FIML": (
        "CFA",
        {**FIRMS, "missing": "ml"},
        [57.086984912, 58.563314491, 0.974790881, 1542.072879770, 0.989976987, 0.036934747],
    ),
    "FIML, SEM": (
        "SEM",
        {**FIRMS, "missing": "ml"},
        [141.216057674, 147.550506106, 0.957069287, 1870.489365273, 0.962212810, 0.056823615],
    ),
    "FIML, test by hand": (
        "CFA",
        {"missing": "ml", "test": "yuan.bentler.mplus"},
        [57.0869849, 57.8912801, 0.986106800, 1551.77961, 0.990467251, 0.0360087967],
    ),
    "observed, test by hand": (
        "SEM",
        {"information": "observed", "test": "yuan.bentler.mplus"},
        [165.018418, 167.921084, 0.982714108, 2091.04702, 0.954977066, 0.0624315753],
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


def test_a_model_without_paths_has_one_information(models, simulated: pd.DataFrame) -> None:
    """Loadings of Σ = ΛΦΛᵀ + Θ still curve; variances alone do not, and the two scaled tests agree."""
    data = simulated.assign(firm=np.arange(len(simulated)) // 5)
    model = "a1 ~~ a1\na2 ~~ a2\nb1 ~~ b1\na1 ~~ a2"
    plain, robust = (sem.fit(model, data, cluster="firm", estimator=name) for name in ("ML", "MLR"))
    assert_allclose(plain.test.statistic, robust.test.statistic, rtol=1e-12)
    assert_allclose(plain.fit_measures["chisq.scaled"], robust.fit_measures["chisq.scaled"], rtol=1e-9)


def test_unidentified_models_have_no_scaled_test(simulated: pd.DataFrame) -> None:
    data = simulated.assign(firm=np.arange(len(simulated)) // 5)
    fitted = sem.fit("A =~ NA*a1 + a2 + a3 + a4\nA ~~ NA*A", data, cluster="firm")
    assert np.isnan(fitted.fit_measures["chisq.scaled"])
    assert [found.code for found in fitted.problems if found.serious] == ["not_identified"]
