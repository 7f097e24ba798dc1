"""The bivariate normal distribution function against other formulas, over all correlations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr
from scipy.stats import norm

from comply_measure.sem.ordinal import polyserial as polyserial_module
from comply_measure.sem.ordinal.bivariate import FAR, ThresholdGrid, normal_cdf2, normal_pdf2, owen_cdf2
from comply_measure.sem.ordinal.coding import MISSING
from comply_measure.sem.ordinal.polyserial import category_limits, polyserial

# Rounding: the integral and Owen's T both promise about 1e-15 absolute.
ROUNDING = 2e-15


def conditional_cdf2(h: float, k: float, rho: float) -> float:
    """P(X <= h, Y <= k) as the integral of P(Y <= k | X = x) over x, Gauss-Legendre in many pieces."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    root, sign = np.sqrt((1 - rho) * (1 + rho)), np.sign(rho) or 1.0
    turn, width = k / (rho or 1.0), root / (abs(rho) or 1.0)
    pieces = [*np.arange(-12.0, h), *(turn + width * np.linspace(-10, 10, 41)), -12.0, h]
    pieces = sorted({min(max(piece, -12.0), h) for piece in pieces})
    total = 0.0
    for a, b in itertools.pairwise(pieces):
        x = (b - a) / 2 * nodes + (a + b) / 2
        above = ndtr(((k - sign * x) + (sign - rho) * x) / root)
        total += (b - a) / 2 * np.sum(weights * np.exp(-x * x / 2) * above)
    return total / np.sqrt(2 * np.pi)


def test_against_owens_t() -> None:
    rng = np.random.default_rng(1)
    h, k = rng.normal(size=(2, 20_000)) * 2
    rho = rng.uniform(-1, 1, 20_000)
    assert np.abs(normal_cdf2(h, k, rho) - owen_cdf2(h, k, rho)).max() < ROUNDING


@pytest.mark.parametrize("closeness", [1.0, 1e-1, 1e-2, 1e-4, 1e-8, 1e-12])
def test_against_conditional_integral(closeness: float) -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        rho = (1 - closeness * rng.random()) * rng.choice([-1.0, 1.0])
        h = rng.normal() * 2
        k = rho * h + rng.normal() * np.sqrt(1 - rho**2) * 2
        assert normal_cdf2(h, k, rho) == pytest.approx(conditional_cdf2(h, k, rho), abs=1e-14)


def test_closed_forms() -> None:
    rho = np.linspace(-1, 1, 41)
    np.testing.assert_allclose(normal_cdf2(0, 0, rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=ROUNDING)
    h, k = np.array([-1.3, 0.2, 2.0]), np.array([0.4, -0.1, 1.0])
    np.testing.assert_allclose(normal_cdf2(h, k, 0), ndtr(h) * ndtr(k), atol=ROUNDING)
    np.testing.assert_allclose(normal_cdf2(h, k, 1), ndtr(np.minimum(h, k)), atol=ROUNDING)
    np.testing.assert_allclose(normal_cdf2(h, k, -1), np.maximum(ndtr(h) + ndtr(k) - 1, 0), atol=ROUNDING)


def test_symmetries() -> None:
    rng = np.random.default_rng(3)
    h, k = rng.normal(size=(2, 5_000)) * 1.5
    rho = rng.uniform(-1, 1, 5_000)
    here = normal_cdf2(h, k, rho)
    np.testing.assert_allclose(here, normal_cdf2(k, h, rho), atol=ROUNDING)
    np.testing.assert_allclose(here + normal_cdf2(h, -k, -rho), ndtr(h), atol=ROUNDING)


def test_limits_and_missing() -> None:
    values = normal_cdf2(
        [np.inf, -np.inf, 1.0, np.nan, 0.5, -0.0, 0.0],
        [0.3, 1.0, np.inf, 0.0, 0.5, 1.0, 1.0],
        [0.5, 0.5, -0.99, 0.1, np.nan, 0.97, 0.97],
    )
    np.testing.assert_allclose(values[:3], [ndtr(0.3), 0.0, ndtr(1.0)], atol=ROUNDING)
    assert np.isnan(values[3:5]).all()
    assert values[5] == pytest.approx(values[6], abs=ROUNDING)
    assert values[6] == pytest.approx(conditional_cdf2(0.0, 1.0, 0.97), abs=1e-14)


def test_moving_equals_starting_afresh() -> None:
    rng = np.random.default_rng(4)
    grid = ThresholdGrid.of(
        np.sort(rng.normal(size=(3_000, 3)) * 1.7), np.sort(rng.normal(size=(3_000, 4)) * 1.7)
    )
    old = rng.uniform(-0.995, 0.995, 3_000)
    new = np.clip(old + rng.normal(size=3_000) * 10.0 ** rng.uniform(-5, 0, 3_000), -0.995, 0.995)
    assert np.abs(grid.cdf_moved(grid.cdf(old), old, new) - grid.cdf(new)).max() < ROUNDING


def test_far_thresholds_are_infinite() -> None:
    grid = ThresholdGrid.of(np.array([[0.3, FAR]]), np.array([[-0.4, FAR]]))
    for rho in (-0.999, -0.5, 0.0, 0.8, 0.99):
        cdf = grid.cdf(np.array([rho])).reshape(2, 2)
        np.testing.assert_allclose(
            [cdf[0, 1], cdf[1, 0], cdf[1, 1]], [ndtr(0.3), ndtr(-0.4), 1.0], atol=ROUNDING
        )
        assert (grid.pdf(np.array([rho])).reshape(2, 2)[1] == 0.0).all()


def test_density_is_the_slope_in_the_correlation() -> None:
    rng = np.random.default_rng(5)
    h, k = rng.normal(size=(2, 200))
    rho, step = rng.uniform(-0.9, 0.9, 200), 1e-5
    slope = (normal_cdf2(h, k, rho + step) - normal_cdf2(h, k, rho - step)) / (2 * step)
    # Central difference: step squared times the third derivative, plus rounding over the step.
    np.testing.assert_allclose(normal_pdf2(h, k, rho), slope, atol=1e-7)


def test_limits_of_a_category_are_its_thresholds_and_a_missing_answer_has_none() -> None:
    codes = np.array([0, 1, 2, MISSING, 1])
    upper, lower = category_limits(codes, np.array([-0.5, 0.7]))
    np.testing.assert_array_equal(upper[:, 0], [-0.5, 0.7, FAR, 0.0, 0.7])
    np.testing.assert_array_equal(lower[:, 0], [-FAR, -0.5, 0.7, 0.0, -0.5])


def test_the_search_for_polyserial_correlations_starts_at_the_estimate_from_moments(monkeypatch) -> None:
    """Cov(codes, z) / Σ φ(τ) (Olsson, Drasgow & Dorans, 1982, their ad hoc estimator), within ±.9."""
    rng = np.random.default_rng(9301)
    y = rng.normal(size=500)
    z = np.column_stack([0.6 * y + 0.8 * rng.normal(size=500), y, -y])
    codes = np.digitize(y, [-0.8, 0.1, 1.1])
    thresholds = np.append(norm.ppf(np.cumsum(np.bincount(codes))[:-1] / 500), FAR)
    starts = []
    monkeypatch.setattr(
        polyserial_module,
        "bracketed_newton",
        lambda _, start: (starts.append(start), (start, start < 2))[1],
    )
    z = (z - z.mean(0)) / z.std(0)
    seen = np.ones(z.shape, dtype=bool)
    seen[::7, 0] = False
    polyserial(np.where(seen, z, 0.0), seen, codes, thresholds)
    used = seen[:, 0]
    expected = np.cov(codes[used], z[used, 0], ddof=0)[0, 1] / norm.pdf(thresholds[:-1]).sum()
    assert 0.4 < expected < 0.8
    assert_allclose(starts[0], [expected, 0.9, -0.9], rtol=1e-12)
