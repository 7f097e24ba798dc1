"""Satorra–Bentler type tests on observed information against lavaan 0.7-2 (default stopping rule, hence the tolerance).

Weight and inverse are then the observed information of the saturated moments at the implied ones.
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
    "df.scaled",
    "chisq.scaling.factor",
    "baseline.chisq.scaled",
    "rmsea.scaled",
]
OBSERVED = {"test": "satorra.bentler", "information": "observed"}
CLUSTERS = {"test": "satorra.bentler", "cluster": "firm"}
GROUPS = {"group": "region", "group_equal": ["loadings", "intercepts"]}
CASES = {
    "observed": (OBSERVED, [165.018418, 155.603512, 74, 1.06050574, 1476.45023, 0.0587034432]),
    "scaled and shifted": (
        {"test": "scaled.shifted", "information": "observed", "meanstructure": True},
        [165.018418, 133.109534, 74, 1.46407833, 377.885305, 0.0499617817],
    ),
    "mean and variance": (
        {"test": "mean.var.adjusted", "information": "observed"},
        [165.018418, 81.6425969, 38.8265798, 2.02122941, 63.6574496, 0.0587034432],
    ),
    "groups": (
        {**OBSERVED, **GROUPS},
        [309.361788, 294.387726, 165, 1.0508651, 1593.84031, 0.0700075012],
    ),
    "groups, scaled and shifted": (
        {"test": "scaled.shifted", "information": "observed", **GROUPS},
        [309.361788, 246.277863, 165, 1.6728915, 468.292145, 0.0554860967],
    ),
    "clusters": (CLUSTERS, [165.018418, 157.583772, 74, 1.04717901, 1632.09807, 0.0594114476]),
    "clusters, groups": (
        {**CLUSTERS, **GROUPS},
        [309.361788, 298.104866, 165, 1.03776162, 1719.16347, 0.0710059927],
    ),
    "weights": (
        {**OBSERVED, "sampling_weights": "w"},
        [174.09573, 155.623843, 74, 1.11869574, 1340.00176, 0.0587107557],
    ),
    "MLM, clusters": (
        {"estimator": "MLM", "cluster": "firm"},
        [165.018418, 169.038588, 74, 0.97621744, 2267.98101, 0.0633518263],
    ),
    "clusters, expected": (
        {**CLUSTERS, "information": "expected"},
        [165.018418, 169.038588, 74, 0.97621744, 2267.98101, 0.0633518263],
    ),
}


@pytest.fixture(scope="module")
def data(simulated: pd.DataFrame) -> pd.DataFrame:
    place = np.arange(len(simulated))
    return simulated.assign(firm=place // 5, w=1.0 + place % 4 / 3.0)


@pytest.mark.parametrize("case", list(CASES))
def test_tests_equal_lavaan(case: str, models, data: pd.DataFrame) -> None:
    options, expected = CASES[case]
    found = sem.fit(models.SEM, data, **options).fit_measures[MEASURES]
    assert_allclose(found, expected, rtol=5e-5)


def test_observed_and_expected_tests_are_one_where_the_weight_is_given(models, data: pd.DataFrame) -> None:
    """Under least squares the saturated moments have one information."""
    fits = [
        sem.fit(models.SEM, data, estimator="GLS", test="satorra.bentler", information=word)
        for word in ("observed", "expected")
    ]
    assert_allclose(fits[0].fit_measures[MEASURES], fits[1].fit_measures[MEASURES], rtol=1e-10)
