"""The REML engine against the dense textbook formula, finite differences and another optimiser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from comply_measure.triads.reml import design as reml_design, fit, start
from comply_measure.triads.reml.design import CellData, CellDesign
from comply_measure.triads.reml.fit import fit_reml
from comply_measure.triads.reml.likelihood import evaluate

ROLE, ATTRIBUTE = np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3)


def design(fixed: np.ndarray | None = None) -> CellDesign:
    shared = {"role": ROLE, "attribute": ATTRIBUTE, "role:attribute": np.arange(12)}
    unit = {"unit": np.zeros(12, int), "unit:role": ROLE, "unit:attribute": ATTRIBUTE}
    return CellDesign(shared, unit, np.ones((12, 1)) if fixed is None else fixed)


def observations(seed: int, units: int, missing: float, batch: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y = rng.normal(3, 1, (batch, units, 12)) + rng.normal(0, 0.8, (batch, units, 1))
    y += (
        rng.normal(0, 0.6, (batch, units, 3))[:, :, ROLE] + rng.normal(0, 0.5, (batch, 1, 4))[:, :, ATTRIBUTE]
    )
    absent = rng.random((units, 12)) < missing
    absent |= (rng.random((units, 3)) < missing)[:, ROLE]
    y[:, absent] = np.nan
    return y


def dense_loglik(theta: np.ndarray, y: np.ndarray, d: CellDesign) -> float:
    """-½ [log|V| + log|X'V⁻¹X| + y'Py + (N - p) log 2π] with every matrix written out."""
    G = len(y)
    V = np.zeros((G * 12, G * 12))
    for place, columns in enumerate(d.indicators()):
        kernel = columns @ columns.T
        V += theta[place] * np.kron(np.ones((G, G)) if place < len(d.shared) else np.eye(G), kernel)
    seen = ~np.isnan(y.ravel())
    V, X, z = V[np.ix_(seen, seen)], np.tile(d.fixed, (G, 1))[seen], y.ravel()[seen]
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    residual = z - X @ np.linalg.solve(information, X.T @ inverse @ z)
    quadratic = residual @ inverse @ residual
    logdets = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
    return -0.5 * (logdets + quadratic + (len(z) - X.shape[1]) * np.log(2 * np.pi))


THETA = np.array([[0.3, 0.2, 0.1, 0.5, 0.3, 0.2, 0.9]])


@pytest.mark.parametrize(("missing", "units"), [(0.0, 7), (0.15, 7), (0.04, 40)])
@pytest.mark.parametrize("roles_fixed", [False, True])
def test_likelihood_equals_the_dense_formula(missing, units, roles_fixed) -> None:
    d = design(np.eye(3)[ROLE] if roles_fixed else None)
    y = observations(1, units, missing)
    assert (CellData.from_array(y).complete is not None) == (units == 40)
    found = evaluate(THETA, CellData.from_array(y), d, d.indicators())
    assert found.loglik[0] == pytest.approx(dense_loglik(THETA[0], y[0], d), rel=1e-11)


@pytest.mark.parametrize("units", [8, 200])
def test_gradient_equals_finite_differences(units) -> None:
    d = design()
    data = CellData.from_array(observations(2, units, 0.05))
    gradient = evaluate(THETA, data, d, d.indicators()).gradient[0]
    for k in range(THETA.shape[1]):
        step = np.zeros_like(THETA)
        step[0, k] = 1e-5
        up, down = (evaluate(THETA + s * step, data, d, d.indicators()).loglik[0] for s in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-5)


def test_sums_by_unit_and_by_pattern_are_the_same() -> None:
    d = design()
    y = observations(3, 200, 0.0)
    y[:, :30, :4] = np.nan  # one pattern of gaps: few enough for sufficient statistics
    by_pattern = CellData.from_array(y)
    by_unit = replace(by_pattern, moments=None)
    assert by_pattern.moments is not None
    a, b = (evaluate(THETA, data, d, d.indicators()) for data in (by_pattern, by_unit))
    for name in ("loglik", "gradient", "information", "cells", "cells_variance"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("absent", ["single", "scattered", "roles"])
def test_sums_of_complete_units_are_those_unit_by_unit(absent: str) -> None:
    """Complete units by their moments, and the others by their gaps: single cells, several, whole roles."""
    d = design()
    y = observations(4, 150, 0.0, batch=4)
    rng = np.random.default_rng(9)
    rare = rng.permutation(150)[:90]
    y[:, rare[:60], rng.integers(0, 12, 60)] = np.nan
    if absent != "single":
        y[:, rare[60:80], rng.integers(0, 12, 20)] = np.nan
        y[:, rare[50:70], rng.integers(0, 12, 20)] = np.nan
    if absent == "roles":
        y[:, rare[70:], 4:8] = np.nan
    together = CellData.from_array(y)
    assert together.moments is None and together.complete is not None
    assert together.rest.shape[1] + together.complete.n_units[0] == 150
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reml_design, "_moments", lambda *_: None)
        apart = CellData.from_array(y)
    assert apart.complete is None and apart.rest.shape[1] == 150
    theta = np.repeat(THETA, 4, axis=0) * np.linspace(0.5, 2.0, 4)[:, None]
    for chosen in (np.arange(4), np.array([3, 1])):
        a, b = (evaluate(theta[chosen], data.take(chosen), d, d.indicators()) for data in (together, apart))
        for name in ("loglik", "gradient", "information", "cells", "cells_variance"):
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fit_reml(y, d).theta, fit_by_unit(y, d), rtol=1e-8, atol=1e-10)


def test_starts_from_sums_are_those_of_the_filled_data() -> None:
    """Missing cells hold unit mean plus cell mean minus general mean, unit by unit or pattern by pattern."""
    d = design()
    y = observations(6, 400, 0.0, batch=3) - 3.0
    y[:, :30, :4] = np.nan
    y[:, 30:50, 1:12] = np.nan
    y[:, 50:53] = np.nan
    by_pattern = CellData.from_array(y)
    assert by_pattern.moments is not None
    by_unit = replace(by_pattern, moments=None)
    unit = np.nan_to_num(np.nanmean(np.where(np.isnan(y).all(axis=2, keepdims=True), 0.0, y), axis=2))
    fill = unit[:, :, None] + (np.nanmean(y, axis=1) - np.nanmean(y, axis=(1, 2))[:, None])[:, None, :]
    filled = np.where(np.isnan(y), fill, y)
    means = filled.mean(axis=1)
    scatter = np.stack([len(one) * np.cov(one, rowvar=False, bias=True) for one in filled])
    for ways in (start._filled_from_data(by_unit), start._filled_from_moments(by_pattern)):
        np.testing.assert_allclose(ways[0], means, atol=1e-12)
        np.testing.assert_allclose(ways[1], scatter, atol=1e-10)
    np.testing.assert_allclose(
        start.moment_start(by_pattern, d), start.moment_start(by_unit, d), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(fit_reml(y, d).theta, fit_by_unit(y, d), rtol=1e-9, atol=1e-10)


def fit_by_unit(y: np.ndarray, d: CellDesign) -> np.ndarray:
    """The fit without sufficient statistics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reml_design, "_moments", lambda *_: None)
        return fit_reml(y, d).theta


def test_data_are_standardised_about_what_is_known() -> None:
    y = 1e3 + observations(7, 50, 0.1, batch=3)
    missing = np.isnan(y[0])
    scaled, centre, scale = fit._standardised(y, missing, [slice(0, 2), slice(2, 3)])
    np.testing.assert_allclose(centre, np.nanmean(y, axis=(1, 2)), rtol=1e-14)
    np.testing.assert_allclose(scale, np.nanstd(y, axis=(1, 2)), rtol=1e-12)
    expected = (y - centre[:, None, None]) / scale[:, None, None]
    np.testing.assert_array_equal(scaled, np.where(missing, 0.0, expected))


def test_a_batch_is_fitted_as_its_members() -> None:
    d = design()
    y = observations(4, 60, 0.05, batch=5)
    together = fit_reml(y, d)
    for member in range(5):
        alone = fit_reml(y[member], d)
        if not alone.at_boundary()[0]:
            np.testing.assert_allclose(together.theta[member], alone.theta[0], rtol=1e-4)
    assert together.converged.all()


def test_chunks_of_a_batch_leave_every_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    d = design()
    y = observations(4, 60, 0.05, batch=7)
    y[:, :9, 2] = np.nan
    whole = fit_reml(y, d)
    monkeypatch.setattr(reml_design, "CHUNK_VALUES", 2 * y[0].size)
    assert [(part.start, part.stop) for part in reml_design.chunks(7, y[0].size)] == [(0, 2), (2, 4), (4, 7)]
    parts = fit_reml(y, d)
    for name in ("theta", "standard_errors", "loglik", "cells", "cells_variance", "converged"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.iterations == whole.iterations


@pytest.mark.parametrize("seed", range(8))
def test_no_other_optimiser_finds_a_higher_likelihood(seed) -> None:
    rng = np.random.default_rng(seed)
    d = design()
    y = observations(seed + 10, int(rng.integers(12, 60)), 0.1) * rng.choice([0.01, 1.0, 100.0])
    found = fit_reml(y, d)
    scale = np.nanstd(y)
    data = CellData.from_array((y - np.nanmean(y)) / scale)

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        e = evaluate(theta[None], data, d, d.indicators())
        return -e.loglik[0], -e.gradient[0]

    bounds = [(0, None)] * 6 + [(1e-4, None)]
    ends = [
        minimize(objective, rng.dirichlet(np.ones(7)), jac=True, method="L-BFGS-B", bounds=bounds)
        for _ in range(3)
    ]
    highest = max(-end.fun for end in ends) - (data.n_observations - 1) * np.log(scale)
    assert found.loglik[0] >= highest - 1e-6
    assert found.converged[0]


def test_two_maxima_the_higher_is_found() -> None:
    # residual and unit interactions trade places; the first maximum reached has two components at zero
    rng = np.random.default_rng(309)
    G, R, A = rng.integers(3, 25), rng.integers(2, 5), rng.integers(2, 6)
    y = rng.normal(size=(G, R, A)) * rng.choice([0.01, 1]) + rng.normal(size=(G, 1, 1)) * rng.choice(
        [0, 1, 30]
    )
    y = y + rng.normal(size=(G, R, 1)) * rng.choice([0, 1]) + rng.normal(size=(1, R, 1)) * rng.choice([0, 5])
    y = np.clip(np.round((y + rng.normal(size=(G, 1, A)) * rng.choice([0, 1])) * 1.2 + 4), 1, 7)
    y[rng.random(y.shape) < rng.choice([0, 0.1, 0.4])] = np.nan
    role, attribute = np.repeat(np.arange(R), A), np.tile(np.arange(A), R)
    d = CellDesign(
        {"role": role, "attribute": attribute, "role:attribute": np.arange(R * A)},
        {"unit": np.zeros(R * A, int), "unit:role": role, "unit:attribute": attribute},
        np.ones((R * A, 1)),
    )
    fit = fit_reml(y.reshape(G, -1), d)
    assert fit.loglik[0] == pytest.approx(-92.97678, abs=1e-4)


def test_effects_that_reproduce_the_data_are_named() -> None:
    y = np.repeat(np.random.default_rng(1).normal(size=(10, 3)), 4, axis=1)
    assert fit_reml(y, design()).degenerate[0]


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_standard_errors_are_those_of_the_average_information(missing: float) -> None:
    """AI_ij = ½ y'P K_i P K_j P y (Gilmour, Thompson & Cullis 1995), every matrix written out."""
    d = design()
    y = observations(8, 20, missing)[0]
    fit = fit_reml(y, d)
    theta, G = fit.theta[0], len(y)
    seen = ~np.isnan(y.ravel())
    kernels = []
    for place, columns in enumerate(d.indicators()):
        shared = np.ones((G, G)) if place < len(d.shared) else np.eye(G)
        kernels.append(np.kron(shared, columns @ columns.T)[np.ix_(seen, seen)])
    inverse = np.linalg.inv(sum(t * K for t, K in zip(theta, kernels, strict=True)))
    X, z = np.tile(d.fixed, (G, 1))[seen], y.ravel()[seen]
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    parts = [K @ P @ z for K in kernels]
    information = 0.5 * np.array([[a @ P @ b for a in parts] for b in parts])
    free = theta > 0
    expected = np.full(len(theta), np.nan)
    expected[free] = np.sqrt(np.diag(np.linalg.inv(information[np.ix_(free, free)])))
    assert free.sum() >= 4
    np.testing.assert_allclose(fit.standard_errors[0], expected, rtol=1e-4)


def test_a_change_of_units_changes_every_result_as_it_must() -> None:
    """y → 3 + 10y: variances and their errors by 100, effects by 10, weighted residuals by 1/10."""
    y, d = observations(9, 15, 0.1), design()
    one, other = fit_reml(y, d, residuals=True), fit_reml(3 + 10 * y, d, residuals=True)
    np.testing.assert_allclose(other.theta, 100 * one.theta, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(other.standard_errors, 100 * one.standard_errors, rtol=1e-3)
    np.testing.assert_allclose(other.cells, 3 + 10 * one.cells, rtol=1e-5)
    np.testing.assert_allclose(other.cells_variance, 100 * one.cells_variance, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(other.weighted, one.weighted / 10, rtol=1e-3, atol=1e-5)
    df = (~np.isnan(y)).sum() - 1
    np.testing.assert_allclose(other.loglik, one.loglik - df * np.log(10), rtol=1e-8)
