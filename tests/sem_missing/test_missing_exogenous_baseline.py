"""The baseline of incomplete data with incomplete predictors is the maximum of the independence model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

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
