"""Second step given covariates: correlations of residual responses and their influences, case by case.

With covariates every case has its own thresholds, so that no table of counts sums up a pair. For a pair of
ordered variables with distances ``(l₁, u₁)`` and ``(l₂, u₂)`` the likelihood of a case is
``Φ₂(u₁,u₂) − Φ₂(l₁,u₂) − Φ₂(u₁,l₂) + Φ₂(l₁,l₂)``; the other kinds of pairs are those of
:mod:`comply_measure.sem.ordinal.polyserial` with residuals in place of values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from comply_measure.sem.arrays import Array, summed, weighed
from comply_measure.sem.ordinal.bivariate import ThresholdGrid
from comply_measure.sem.ordinal.conditional import Regression
from comply_measure.sem.ordinal.polychoric import FLOOR, density_slope
from comply_measure.sem.ordinal.polyserial import (
    ROOT_2PI,
    bracketed_newton,
    interval_probability,
    pearson,
    serial_derivatives,
    serial_terms,
)

# Signs of the four corners (l₁,l₂), (l₁,u₂), (u₁,l₂), (u₁,u₂).
CORNERS = np.array([1.0, -1.0, -1.0, 1.0])


def pair_correlation(first: Regression, second: Regression, weights: Array | None) -> tuple[float, bool]:
    """Correlation of two residual responses and whether the search converged; NaN without common cases."""
    if not (first.seen & second.seen).any():
        return float("nan"), False
    if first.ordered and second.ordered:
        return _polychoric(first, second, weights)
    if first.ordered or second.ordered:
        numeric, graded = (second, first) if first.ordered else (first, second)
        return _polyserial(numeric, graded, weights)
    rho = pearson(np.column_stack((first.z, second.z)), np.column_stack((first.seen, second.seen)), weights)
    return float(rho[0]), True


def _common_grid(first: Regression, second: Regression) -> tuple[ThresholdGrid, NDArray[np.intp]]:
    """Corner distances of the cases that have both, and those cases."""
    use = np.flatnonzero(first.seen & second.seen)
    h = np.column_stack((first.lower[use], first.upper[use]))
    k = np.column_stack((second.lower[use], second.upper[use]))
    return ThresholdGrid.of(h, k), use


def _polychoric(first: Regression, second: Regression, weights: Array | None) -> tuple[float, bool]:
    grid, use = _common_grid(first, second)
    own = None if weights is None else weights[use]
    known: dict[str, Array] = {}

    def derivatives(rho: Array) -> tuple[Array, Array, Array]:
        each = np.full(len(use), rho[0])
        cdf = grid.cdf_moved(known["cdf"], known["rho"], each) if known else grid.cdf(each)
        known.update(cdf=cdf, rho=each)
        cells = np.maximum(cdf @ CORNERS, FLOOR)
        pdf = grid.pdf(each)
        score = (pdf @ CORNERS) / cells
        bend = (density_slope(grid, each, pdf) @ CORNERS) / cells
        heavy = weighed(score, own)
        squares = float(heavy @ score)
        curvature = squares - weighed(bend, own).sum()
        return np.array([heavy.sum()]), np.array([curvature]), np.array([squares])

    rho, converged = bracketed_newton(derivatives, _start(_middle(first)[use], _middle(second)[use]))
    return float(rho[0]), bool(converged[0])


def _middle(variable: Regression) -> Array:
    """Expected residual response of each case: the mean of a normal between its two distances."""
    gap = interval_probability(variable.lower, variable.upper)
    heights = np.exp(-0.5 * variable.lower**2) - np.exp(-0.5 * variable.upper**2)
    return np.asarray(heights / ROOT_2PI / gap)


def _start(a: Array, b: Array) -> Array:
    """Correlation of expected responses, corrected for their shrinkage."""
    cross = float((a * b).mean())
    return np.array([np.clip(cross / max(float((a * a).mean() * (b * b).mean()), 1e-12), -0.9, 0.9)])


def _polyserial(continuous: Regression, ordered: Regression, weights: Array | None) -> tuple[float, bool]:
    use = np.flatnonzero(continuous.seen & ordered.seen)
    own = None if weights is None else weights[use]
    z, upper, lower = continuous.z[use, None], ordered.upper[use, None], ordered.lower[use, None]

    def derivatives(rho: Array) -> tuple[Array, Array, Array]:
        terms = serial_terms(z, upper, lower, rho)
        first, second = serial_derivatives(terms, z, upper, lower, rho)
        return summed(first, own), -summed(second, own), summed(first * first, own)

    rho, converged = bracketed_newton(derivatives, _start(continuous.z[use], _middle(ordered)[use]))
    return float(rho[0]), bool(converged[0])


def pair_influence(
    first: Regression, second: Regression, rho: float, x: Array, weights: Array | None = None
) -> Array:
    """Influence on the covariance ``ρ σ₁ σ₂`` of two residual responses (n,).

    Parameters
    ----------
    first, second : Regression
    rho : float
        Their correlation, inside (-1, 1).
    x : array (n, q)
        Covariates.
    weights : array (n,), optional
        Sampling weights.
    """
    if first.ordered and second.ordered:
        score, parts = _polychoric_scores(first, second, rho, x)
    elif first.ordered or second.ordered:
        score, parts = _polyserial_scores(first, second, rho, x)
    else:
        score, parts = _pearson_scores(first, second, rho, x)
    heavy = weighed(score, weights)
    first_step = sum(
        (
            variable.influence @ (heavy @ derivative)
            for variable, derivative in zip((first, second), parts, strict=True)
        ),
        np.zeros(len(score)),
    )
    influence = (score - first_step) / float(heavy @ score)
    return _on_covariance(influence, first, second, rho)


def _on_covariance(influence: Array, first: Regression, second: Regression, rho: float) -> Array:
    """From the correlation to the covariance of continuous responses."""
    s1, s2 = np.sqrt(first.variance), np.sqrt(second.variance)
    out = s1 * s2 * influence
    for variable, own, other in ((first, s1, s2), (second, s2, s1)):
        if not variable.ordered:
            out = out + rho * other / (2.0 * own) * variable.influence[:, -1]
    return np.asarray(out)


def _ordered_derivative(variable: Regression, up: Array, down: Array, x: Array) -> Array:
    """Casewise derivatives in (thresholds, slopes) from those in the two distances (n, k)."""
    thresholds = up[:, None] * variable.at_upper + down[:, None] * variable.at_lower
    return np.column_stack((thresholds, -(up + down)[:, None] * x))


def _continuous_derivative(in_mean: Array, in_variance: Array, x: Array) -> Array:
    """Casewise derivatives in (intercept, slopes, variance) (n, q + 2)."""
    return np.column_stack((in_mean, in_mean[:, None] * x, in_variance))


def _polychoric_scores(
    first: Regression, second: Regression, rho: float, x: Array
) -> tuple[Array, tuple[Array, Array]]:
    grid, use = _common_grid(first, second)
    n, each = len(x), np.full(len(use), rho)
    cells = np.maximum(grid.cdf(each) @ CORNERS, FLOOR)
    score = np.zeros(n)
    score[use] = (grid.pdf(each) @ CORNERS) / cells
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    parts = []
    for variable, own, other in ((first, grid.h, grid.k), (second, grid.k, grid.h)):
        slopes = np.zeros((n, 2))
        for column, sign in ((0, -1.0), (1, 1.0)):
            at = own[:, column]
            between = ndtr((other[:, 1] - rho * at) / root) - ndtr((other[:, 0] - rho * at) / root)
            slopes[use, column] = sign * np.exp(-0.5 * at * at) / ROOT_2PI * between / cells
        parts.append(_ordered_derivative(variable, slopes[:, 1], slopes[:, 0], x))
    return score, (parts[0], parts[1])


def _polyserial_scores(
    first: Regression, second: Regression, rho: float, x: Array
) -> tuple[Array, tuple[Array, Array]]:
    continuous, ordered = (second, first) if first.ordered else (first, second)
    use = (first.seen & second.seen).astype(float)
    each = np.array([rho])
    z, upper, lower = continuous.z[:, None], ordered.upper[:, None], ordered.lower[:, None]
    terms = serial_terms(z, upper, lower, each)
    score = use * serial_derivatives(terms, z, upper, lower, each)[0][:, 0]
    scale = use / (terms.probability * terms.root)[:, 0]
    up, down = scale * terms.height_upper[:, 0], -scale * terms.height_lower[:, 0]
    rise, sd = up + down, np.sqrt(continuous.variance)
    in_mean = use * (continuous.z + rho * rise) / sd
    in_variance = use * (continuous.z**2 - 1.0 + rho * continuous.z * rise) / (2.0 * continuous.variance)
    mine = _continuous_derivative(in_mean, in_variance, x)
    others = _ordered_derivative(ordered, up, down, x)
    return score, ((others, mine) if first.ordered else (mine, others))


def _pearson_scores(
    first: Regression, second: Regression, rho: float, x: Array
) -> tuple[Array, tuple[Array, Array]]:
    use = (first.seen & second.seen).astype(float)
    rest = (1.0 - rho) * (1.0 + rho)
    z1, z2 = first.z, second.z
    quadratic = z1 * z1 - 2.0 * rho * z1 * z2 + z2 * z2
    score = use * (rho + z1 * z2 - rho * quadratic / rest) / rest
    parts = []
    for variable, own, other in ((first, z1, z2), (second, z2, z1)):
        in_mean = use * (own - rho * other) / (np.sqrt(variable.variance) * rest)
        in_variance = use * (own * (own - rho * other) / rest - 1.0) / (2.0 * variable.variance)
        parts.append(_continuous_derivative(in_mean, in_variance, x))
    return score, (parts[0], parts[1])
