"""The baseline of incomplete data with incomplete predictors is the maximum of the independence model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.sem.baseline import independence_fit

MODEL = "f =~ y1 + y2 + y3\nf ~ x1 + x2\n"
INDEPENDENT = "y1 ~~ y1\ny2 ~~ y2\ny3 ~~ y3\nx1 ~~ x1\nx2 ~~ x2\nx1 ~~ x2\n"


def incomplete(n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x1 = rng.standard_normal(n)
    x2 = 0.5 * x1 + rng.standard_normal(n)
    f = 0.6 * x1 - 0.4 * x2 + rng.standard_normal(n)
    data = pd.DataFrame({"x1": x1, "x2": x2} | {f"y{i}": f + rng.standard_normal(n) for i in (1, 2, 3)})
    return data.mask(rng.random(data.shape) < 0.2)


@pytest.mark.parametrize("options", [{"fixed_x": False, "missing": "ml"}, {"missing": "ml.x"}])
def test_baseline_is_a_fit_of_the_independence_model(options: dict[str, object]) -> None:
    data = incomplete()
    fit = sem.fit(MODEL, data, **options)
    alone = sem.fit(INDEPENDENT, data, missing="ml", fixed_x=False)
    assert fit.fit_measures["baseline.chisq"] == pytest.approx(alone.fit_measures["chisq"], abs=1e-7)
    assert fit.fit_measures["baseline.df"] == alone.fit_measures["df"]


def test_independence_model_starts_at_its_optimum() -> None:
    data = incomplete().drop(columns="x2")
    data["w"] = np.linspace(0.5, 1.5, len(data))
    fit = sem.fit("f =~ y1 + y2 + y3 + x1", data, missing="ml", estimator="MLR", sampling_weights="w")
    independence, point = independence_fit(fit.model)
    (group,) = fit.model.sample.groups
    means, variances = group.independent_moments
    seen, w = data[list(group.names)].notna(), data["w"] / data["w"].mean()
    filled = data[list(group.names)].fillna(0.0)
    expected = filled.mul(w, axis=0).sum() / seen.mul(w, axis=0).sum()
    spread = ((filled - expected) ** 2 * seen).mul(w, axis=0).sum() / seen.mul(w, axis=0).sum()
    np.testing.assert_allclose(means, expected, rtol=1e-12)
    np.testing.assert_allclose(variances, spread, rtol=1e-12)
    start = np.concatenate([variances, means])
    np.testing.assert_allclose(independence.objective.at(start).gradient, 0.0, atol=1e-10)
    np.testing.assert_allclose(point.theta, start, rtol=1e-10)
