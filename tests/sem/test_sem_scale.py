"""The units of the variables change nothing that has no units: a marker in kilometres or in micrometres."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + z\n"


def two_factors(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(71)
    z, f = rng.standard_normal((2, n))
    g = 0.4 * f + 0.3 * z + 0.8 * rng.standard_normal(n)
    data = {f"x{i}": f + rng.standard_normal(n) for i in (1, 2, 3)}
    data |= {f"y{i}": 0.8 * g + rng.standard_normal(n) for i in (1, 2, 3)} | {"z": z}
    return pd.DataFrame(data)


@pytest.mark.parametrize("factor", [1e-8, 1e-5, 1e-3, 1e3, 1e8])
@pytest.mark.parametrize("name", ["x1", "x2", "z"])
@pytest.mark.parametrize("options", [{}, {"std_lv": True}, {"estimator": "MLR", "missing": "ml"}])
def test_units_of_a_variable_leave_fit_and_standardised_solution(
    factor: float, name: str, options: dict[str, object]
) -> None:
    data = two_factors()
    plain = sem.fit(MODEL, data, **options)
    moved = sem.fit(MODEL, data.assign(**{name: factor * data[name]}), **options)
    assert moved.converged and not moved.problems
    assert moved.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-8)
    for kind in ("est_std", "se"):
        expected = plain.standardized()[kind].to_numpy()
        assert moved.standardized()[kind].to_numpy() == pytest.approx(expected, abs=1e-6)
    ours, theirs = (fit.modification_indices()["mi"].to_numpy() for fit in (moved, plain))
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-6)
