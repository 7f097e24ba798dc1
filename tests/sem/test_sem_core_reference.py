"""Twenty models against stored lavaan output: first at lavaan's own estimates, then at our optimum.

``tests/reference/sem_core/core.R`` wrote the numbers. At lavaan's estimates Σ, μ and χ² must agree to
rounding; at the optimum lavaan's stopping rule leaves up to about 1e-4 standard errors.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem

STORED = json.loads(
    (Path(__file__).parent.parent / "reference" / "sem_core" / "core.json").read_text(encoding="utf-8")
)["cases"]
NAMES = {
    "std.lv": "std_lv",
    "effect.coding": "effect_coding",
    "group.equal": "group_equal",
    "group.partial": "group_partial",
    "fixed.x": "fixed_x",
}


@cache
def frame(name: str) -> pd.DataFrame:
    return holzinger39.get_data() if name == "hs" else political_democracy.get_data()


@cache
def fitted(case: str) -> sem.Fit:
    stored = STORED[case]
    options: dict[str, Any] = {NAMES.get(key, key): value for key, value in dict(stored["options"]).items()}
    if options.pop("growth", False):
        options["model_type"] = "growth"
    return sem.fit(stored["model"], frame(stored["data"]), **options)


def lavaan_theta(case: str) -> np.ndarray:
    """lavaan's free estimates in the order of our θ."""
    table = fitted(case).model.table
    groups = {group.name: i for i, group in enumerate(fitted(case).model.sample.groups, start=1)}
    values = {}
    for row in STORED[case]["free"]:
        names = (row["lhs"], row["rhs"])
        row["group"] = groups.get(row["group"], row["group"])
        values[(*names, row["op"], row["group"])] = row["est"]
        if row["op"] == "~~":
            values[(*names[::-1], row["op"], row["group"])] = row["est"]
    keys = zip(table.lhs, table.rhs, table.op, table.group.tolist(), strict=True)
    return np.array([values[key] for key, free in zip(keys, table.free, strict=True) if free])


@pytest.mark.parametrize("case", list(STORED))
def test_at_lavaans_own_estimates(case: str) -> None:
    model, theta = fitted(case).model, lavaan_theta(case)
    total = 0.0
    implied = STORED[case]["implied"]
    for group, stored in enumerate(implied.values() if isinstance(implied, dict) else implied):
        layout = model.layouts[group]
        at = layout.at(theta[layout.first : layout.first + layout.q])
        cov = pd.DataFrame(stored["cov"], index=stored["names"], columns=stored["names"])
        cov = cov.loc[list(layout.observed), list(layout.observed)].to_numpy()
        assert np.allclose(at.sigma, cov, rtol=1e-8, atol=1e-8)
        if stored["mean"] is not None:
            mean = pd.Series(stored["mean"], index=stored["names"])[list(layout.observed)]
            assert np.allclose(at.mu, mean, rtol=1e-8, atol=1e-8)
        evaluation = model.objective.discrepancies[group].evaluate(at)
        total += model.sample.groups[group].n * evaluation.value
    assert total == pytest.approx(STORED[case]["fitMeasures"]["chisq"], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("case", list(STORED))
def test_rows_estimates_and_errors(case: str) -> None:
    table = fitted(case).estimates
    stored = pd.DataFrame(STORED[case]["parameters"])
    for column in ("lhs", "op", "rhs"):
        assert list(table[column]) == list(stored[column])
    if "label" in stored:
        assert list(table.label) == list(stored.label)
    se = stored.se.to_numpy(dtype=float)
    known = ~np.isnan(se)  # lavaan has no error for a parameter that a constraint fixes; ours is 0
    assert (table.se[~known] == 0.0).all()
    unit = np.where(known, np.maximum(se, 1e-3), 1e-3)
    assert np.all(np.abs(table.est - stored.est) < 5e-4 * unit)
    assert np.all(np.abs(table.se - se)[known] < 5e-5 * unit[known])


@pytest.mark.parametrize("case", list(STORED))
def test_standardised(case: str) -> None:
    table = fitted(case).standardized()
    stored = pd.DataFrame(STORED[case]["standardized"])
    assert list(table.lhs) == list(stored.lhs)
    assert np.allclose(table.est_std, stored["est.std"].astype(float), atol=3e-5)
    assert np.allclose(table.se, stored.se.astype(float), atol=5e-6)


@pytest.mark.parametrize("case", list(STORED))
def test_fit_measures(case: str) -> None:
    measures, stored = fitted(case).measures, STORED[case]["fitMeasures"]
    renamed = {"gfi", "agfi", "pgfi"}  # redefined after 0.6
    compared = [name for name in stored if name in measures and name not in renamed]
    assert len(compared) >= 36
    for name in compared:
        value = stored[name]
        if value is None:
            assert np.isnan(measures[name]), name
        else:
            assert measures[name] == pytest.approx(value, rel=5e-6, abs=5e-7), name


@pytest.mark.parametrize("case", list(STORED))
def test_our_optimum_is_one(case: str) -> None:
    fit = fitted(case)
    if fit.model.space.is_linear:
        gradient, information = fit.optimum.point.gradient, fit.optimum.point.information
        decrement = 0.25 * gradient @ np.linalg.solve(information, gradient)
        assert fit.n * decrement < 1e-10  # 1e-5 standard errors
    assert fit.measures["chisq"] <= STORED[case]["fitMeasures"]["chisq"] * (1 + 1e-8) + 1e-8
