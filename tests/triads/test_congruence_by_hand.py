"""Models, tests and shares of a response surface against least squares and counts written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure.triads.congruence import (
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)
from comply_measure.triads.congruence.model_set import constraint_tests


def views(n: int = 120, seed: int = 1, scale: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 0.5 * x + rng.normal(size=n)
    z = scale * (1 + 0.3 * x - 0.4 * (x - y) ** 2 + 0.2 * y + rng.normal(size=n))
    return pd.DataFrame({"x": x, "y": y, "z": z})


def residual(z: np.ndarray, *columns: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(z)), *columns])
    return float(((z - design @ np.linalg.lstsq(design, z, rcond=None)[0]) ** 2).sum())


def test_every_linear_model_is_its_least_squares() -> None:
    """Misfit, log-likelihood, R², AICc, weights and evidence of the whole set."""
    data = views()
    fit = polynomial_regression(data, "x", "y", "z", centre=0)
    x, y, z = (data[name].to_numpy() for name in "xyz")
    n = len(z)
    columns = {
        "null": [], "onlyx": [x], "onlyx2": [x, x**2], "onlyy": [y], "onlyy2": [y, y**2], "additive": [x, y],
        "diff": [x - y], "IA": [x, y, x * y], "SQD": [(x - y) ** 2], "SSQD": [x - y, (x - y) ** 2],
        "RR": [x + y, (x - y) ** 2], "SRR": [x, y, (x - y) ** 2], "absdiff": [np.abs(x - y)],
        "full": [x, y, x**2, x * y, y**2],
    }  # fmt: skip
    table = congruence_models(fit).models.set_index("model")
    assert set(columns) | {"SRSQD", "SRRR"} == set(table.index)
    sst = residual(z)
    aicc = {}
    for name, row in table.iterrows():
        k = {"SRSQD": 5, "SRRR": 6}.get(name)
        if k is None:
            k = len(columns[name]) + 2
            sse = residual(z, *columns[name])
            assert row["loglik"] == pytest.approx(-n / 2 * (np.log(2 * np.pi * sse / n) + 1), rel=1e-10), name
            assert row["r_squared"] == pytest.approx(1 - sse / sst, abs=1e-10)
        assert row["n_parameters"] == k
        assert row["r_squared_adjusted"] == pytest.approx(1 - (1 - row["r_squared"]) * (n - 1) / (n - k + 1))
        aicc[name] = -2 * row["loglik"] + 2 * k + 2 * k * (k + 1) / (n - k - 1)
        assert row["aicc"] == pytest.approx(aicc[name], rel=1e-12)
        assert row["n"] == n and row["note"] == ""
    best = min(aicc.values())
    weights = {name: np.exp(-(value - best) / 2) for name, value in aicc.items()}
    for name, row in table.iterrows():
        assert row["delta_aicc"] == pytest.approx(aicc[name] - best, abs=1e-8)
        assert row["weight"] == pytest.approx(weights[name] / sum(weights.values()), rel=1e-8)
        assert row["evidence_ratio"] == pytest.approx(1 / weights[name], rel=1e-8)
    assert table["aicc"].is_monotonic_increasing


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_the_piecewise_test_of_the_absolute_difference(scale: float) -> None:
    """With equal errors the F of |X − Y| against X, Y, W, WX, WY, whatever the unit of the outcome."""
    data = views(scale=scale)
    x, y, z = (data[name].to_numpy() for name in "xyz")
    w = (x < y).astype(float)
    free, bound = residual(z, x, y, w, w * x, w * y), residual(z, np.abs(x - y))
    fit = polynomial_regression(data, "x", "y", "z", centre=0, covariance="ols")
    row = congruence_models(fit).constraints.set_index("constraint").loc["absolute difference"]
    F = (bound - free) / 4 / (free / (len(z) - 6))
    assert (row["df1"], row["df2"], row["n"]) == (4, len(z) - 6, len(z))
    assert row["F"] == pytest.approx(F, rel=1e-8)
    assert row["p"] == pytest.approx(stats.f.sf(F, 4, len(z) - 6), rel=1e-6)
    assert row["note"] == ""


def test_the_test_of_the_absolute_difference_allows_for_clusters() -> None:
    """Where |X − Y| holds and firms differ in what X and Y do, least squares alone errs four times as often."""
    rng = np.random.default_rng(8)
    firm = np.repeat(np.arange(30), 6)
    low = {"cluster": 0, "ols": 0}
    for _ in range(60):
        x, y = rng.normal(size=(2, 180))
        own = rng.normal(size=(2, 30))[:, firm]
        z = -np.abs(x - y) + own[0] * x + own[1] * y + rng.normal(size=180)
        data = pd.DataFrame({"x": x, "y": y, "z": z, "firm": firm})
        for kind in low:
            fit = polynomial_regression(data, "x", "y", "z", centre=0, cluster="firm", covariance=kind)
            tests = constraint_tests(fit).set_index("constraint")
            low[kind] += tests.loc["absolute difference", "p"] < 0.05
    assert low["cluster"] <= 8  # 5 % of 60 and three standard errors
    assert low["ols"] > 12


def test_shares_of_units_near_congruence_and_on_either_side() -> None:
    """Within half a pooled SD (n − 1) of both views, units exactly on the edge included."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 3.0, 2.0, 6.0])
    y = np.array([1.5, 2.9, 1.0, 4.8, 6.0, 5.05, 7.2, 3.97, 4.0, 5.1])
    z = np.random.default_rng(2).normal(size=10)
    frame = pd.DataFrame({"x": x, "y": y, "z": z})
    surface = response_surface(polynomial_regression(frame, "x", "y", "z", centre=0), bootstrap=0)
    spread = np.sqrt((np.var(x, ddof=1) + np.var(y, ddof=1)) / 2)
    assert surface.spread == pytest.approx(spread, rel=1e-12)
    d = x - y
    # the divisor n would move the edge past the units that are .95 and .97 apart
    assert np.sqrt((x.var() + y.var()) / 2) / 2 < 0.95 < 0.97 < spread / 2
    expected = [(np.abs(d) <= spread / 2).mean(), (d > spread / 2).mean(), (d < -spread / 2).mean()]
    assert [surface.near_congruence, surface.over, surface.under] == pytest.approx(expected)
    assert sum(expected) == pytest.approx(1.0)


def test_each_condition_follows_its_own_numbers() -> None:
    fit = polynomial_regression(views(400, 3), "x", "y", "z", centre=0)
    surface = response_surface(fit, bootstrap=200)

    def checked(name: str, **cells: float) -> bool | None:
        table = surface.parameters.copy()
        for column, value in cells.items():
            table.loc[table["name"] == name, column] = value
        found = congruence_checklist(fit, replace(surface, parameters=table)).conditions
        holds = found.loc[found["evidence"].str.startswith(f"{name} "), "holds"].iloc[0]
        return None if holds is None else bool(holds)

    assert checked("a4", estimate=-0.5, p=0.05) is True
    assert checked("a4", estimate=-0.5, p=0.0501) is False
    assert checked("a4", estimate=0.5, p=0.01) is False
    assert checked("a4", estimate=-0.5, p=float("nan")) is None
    for name in ("a1", "a2", "a3", "a5"):
        assert checked(name, p=0.0501) is True
        assert checked(name, p=0.05) is False  # the test rejects at its level
        assert checked(name, p=float("nan")) is None
    assert checked("p10", boot_lower=-0.2, estimate=0.0, boot_upper=0.2) is True
    assert checked("p10", boot_lower=0.1, estimate=0.2, boot_upper=0.3) is False
    assert checked("p11", boot_lower=0.9, estimate=1.0, boot_upper=1.1) is True
    assert checked("p11", boot_lower=-0.1, estimate=0.0, boot_upper=0.1) is False


def test_cautions_name_what_limits_the_conclusion() -> None:
    fit = polynomial_regression(views(400, 3), "x", "y", "z", centre=0)
    surface = response_surface(fit, bootstrap=200)

    def cautions(**parts: object) -> str:
        return " | ".join(congruence_checklist(fit, replace(surface, **parts)).caution)

    def drawn(n: int) -> pd.DataFrame:
        table = surface.parameters.copy()
        table.loc[table["name"] == "p11", "n_boot"] = n
        table.loc[table["name"] == "p10", "n_boot"] = 200
        return table

    assert "nearly a ridge" in cautions(parameters=drawn(189))
    assert "nearly a ridge" not in cautions(parameters=drawn(190))
    assert "nearly a ridge" not in cautions(parameters=drawn(0), bootstrap=0)
    assert "only 9% of the units" in cautions(over=0.09)
    assert "only 4% of the units" in cautions(under=0.04)
    assert "one side of congruence" not in cautions(over=0.10, under=0.10)
    assert "10 clusters" in cautions(n_clusters=10)
    assert "latent polynomial" in cautions()
    assert "latent polynomial" not in " ".join(congruence_checklist(None, surface).caution)


def test_evidence_is_told_to_three_places() -> None:
    fit = polynomial_regression(views(400, 3), "x", "y", "z", centre=0)
    surface = response_surface(fit, bootstrap=200)

    def told(name: str, **cells: float) -> str:
        parts = surface.parameters.copy()
        for column, value in cells.items():
            parts.loc[parts["name"] == name, column] = value
        found = congruence_checklist(fit, replace(surface, parameters=parts)).conditions["evidence"]
        return str(found[found.str.startswith(f"{name} ")].iloc[0])

    assert told("a4", estimate=-0.5, p=0.001) == "a4 = -0.500, p = 0.001"
    assert told("a4", estimate=-0.5, p=0.00099) == "a4 = -0.500, p < 0.001"
    assert told("a3", estimate=0.1234, p=float("nan")) == "a3 = 0.123, p is undefined"
    assert told("a3", estimate=float("nan"), p=0.2) == "a3 is undefined"
    axis = {"boot_lower": 0.9, "estimate": 1.0, "boot_upper": 1.1}
    assert told("p11", **axis) == "p11 = 1.000, interval [0.900, 1.100]"
    # 45 degrees: from the slope 0 to the slope 1, and no wider
    assert told("p11", boot_lower=0.0, estimate=0.5, boot_upper=1.0) == "p11 = 0.500, interval [0.000, 1.000]"
    assert told("p11", boot_lower=0.0, estimate=0.5, boot_upper=1.001).endswith("is wider than 45 degrees")
    assert told("p11", boot_lower=0.0, estimate=1.5, boot_upper=1.0).endswith("lies outside its own interval")
    wide = 4 * surface.spread
    assert told("p10", boot_lower=0.0, estimate=0.1, boot_upper=wide).endswith("]")
    assert told("p10", boot_lower=0.0, estimate=0.1, boot_upper=wide + 0.01).endswith("4 SD of the views")
    assert told("p10", boot_lower=float("nan"), estimate=0.1, boot_upper=1.0).endswith("undefined")
