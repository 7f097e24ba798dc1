"""Correlations of a continuous with an ordered variable, and of two continuous ones, with their scores.

Both are maximum-likelihood estimates with means, variances and thresholds fixed at the first step's values.
Scores are derivatives of the casewise log-likelihood of the *pair*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.ordinal.bivariate import FAR
from comply_measure.sem.ordinal.coding import MISSING

BOUND = 0.999
MAX_ITERATIONS = 60
NEWTON_TOLERANCE = 1e-7
STEP_TOLERANCE = 1e-11
TINY = 1e-300
ROOT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class SerialTerms:
    """Casewise pieces of the polyserial likelihood, arrays of shape (n_cases, n_continuous).

    ``upper`` and ``lower`` are the standardised distances to the category's thresholds given the continuous
    value, ``probability`` the category's probability, ``height_*`` the normal densities there.
    """

    upper: Array
    lower: Array
    probability: Array
    height_upper: Array
    height_lower: Array
    root: Array


def interval_probability(lower: Array, upper: Array) -> Array:
    """``Φ(upper)-Φ(lower)`` without cancellation in the right tail."""
    flip = lower > 0
    high = np.where(flip, -lower, upper)
    low = np.where(flip, -upper, lower)
    return np.asarray(np.maximum(ndtr(high) - ndtr(low), TINY))


def serial_terms(z: Array, tau_upper: Array, tau_lower: Array, rho: Array) -> SerialTerms:
    """Casewise pieces of the polyserial likelihood.

    Parameters
    ----------
    z : ndarray, shape (n_cases, n_continuous)
        Standardised continuous values.
    tau_upper, tau_lower : ndarray, shape (n_cases, 1)
        Thresholds around the ordered variable's category (``FAR`` for infinity).
    rho : ndarray, shape (n_continuous,)
    """
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    upper, lower = (tau_upper - rho * z) / root, (tau_lower - rho * z) / root
    probability = interval_probability(lower, upper)
    height_upper = np.exp(-0.5 * upper * upper) / ROOT_2PI
    height_lower = np.exp(-0.5 * lower * lower) / ROOT_2PI
    return SerialTerms(upper, lower, probability, height_upper, height_lower, root)


def serial_derivatives(
    terms: SerialTerms, z: Array, tau_upper: Array, tau_lower: Array, rho: Array
) -> tuple[Array, Array]:
    """First and second derivative of the casewise log-likelihood with respect to the correlation."""
    turn_upper = (rho * tau_upper - z) / terms.root**3
    turn_lower = (rho * tau_lower - z) / terms.root**3
    bend_upper = tau_upper / terms.root**3 + 3.0 * rho * turn_upper / terms.root**2
    bend_lower = tau_lower / terms.root**3 + 3.0 * rho * turn_lower / terms.root**2
    first = (terms.height_upper * turn_upper - terms.height_lower * turn_lower) / terms.probability
    second = terms.height_upper * (bend_upper - terms.upper * turn_upper**2)
    second -= terms.height_lower * (bend_lower - terms.lower * turn_lower**2)
    return first, second / terms.probability - first**2


def category_limits(codes: NDArray[np.integer], thresholds: Array) -> tuple[Array, Array]:
    """Thresholds above and below each case's category, shape (n_cases, 1); 0 where missing.

    Parameters
    ----------
    codes : ndarray of int, shape (n_cases,)
    thresholds : ndarray, shape (n_max - 1,)
        Padded with ``FAR``.
    """
    edges = np.concatenate(([-FAR], thresholds, [FAR, 0.0]))
    seen = codes != MISSING
    upper = edges[np.where(seen, codes + 1, len(edges) - 1)]
    lower = edges[np.where(seen, codes, len(edges) - 1)]
    return upper[:, None], lower[:, None]


def bracketed_newton(
    derivatives: Callable[[Array], tuple[Array, Array, Array]], start: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """Maximise one-parameter log-likelihoods, bracketing each optimum.

    Parameters
    ----------
    derivatives : callable
        Takes correlations (n,) and returns gradient, curvature (minus the second derivative) and a positive
        substitute curvature, each (n,).
    start : ndarray, shape (n,)

    Returns
    -------
    rho : ndarray
        Within ``+-BOUND``.
    converged : ndarray of bool
    """
    rho = start.copy()
    low, high = np.full(len(rho), -BOUND), np.full(len(rho), BOUND)
    done = np.zeros(len(rho), dtype=bool)
    for _ in range(MAX_ITERATIONS):
        gradient, curvature, substitute = derivatives(rho)
        newton = curvature > 0.1 * substitute
        step = gradient / np.maximum(np.where(newton, curvature, substitute), TINY)
        low, high = np.where(step > 0, rho, low), np.where(step < 0, rho, high)
        last = np.abs(step) < np.where(newton, NEWTON_TOLERANCE, STEP_TOLERANCE)
        inside = last | ((rho + step > low) & (rho + step < high))
        new = np.where(inside, rho + step, 0.5 * (low + high))
        done = last | (np.abs(new - rho) < STEP_TOLERANCE)
        rho = np.clip(new, -BOUND, BOUND)
        if done.all():
            break
    return rho, done


def polyserial(
    z: Array,
    seen: NDArray[np.bool_],
    codes: NDArray[np.integer],
    thresholds: Array,
    weights: Array | None = None,
) -> tuple[Array, NDArray[np.bool_]]:
    """Polyserial correlations of one ordered variable with every continuous one.

    Parameters
    ----------
    z : ndarray, shape (n_cases, n_continuous)
        Standardised continuous values (0 where missing).
    seen : ndarray of bool, shape (n_cases, n_continuous)
        Where the continuous value is observed.
    codes : ndarray of int, shape (n_cases,)
        Categories 0, 1, ...; -1 = missing.
    thresholds : ndarray, shape (n_max - 1,)
        Thresholds of the ordered variable, padded with ``FAR``.
    weights : ndarray, shape (n_cases,), optional
        Sampling weights of the casewise log-likelihoods.

    Returns
    -------
    rho : ndarray, shape (n_continuous,)
        NaN where no case has both.
    converged : ndarray of bool, shape (n_continuous,)

    References
    ----------
    Olsson, Drasgow & Dorans (1982), Psychometrika 47, 337-347 (two-step estimator).
    """
    use = seen & (codes != MISSING)[:, None]
    weight = weighed(use.astype(float), weights)
    n = weight.sum(0)
    upper, lower = category_limits(codes, thresholds)

    def derivatives(rho: Array) -> tuple[Array, Array, Array]:
        terms = serial_terms(z, upper, lower, rho)
        first, second = serial_derivatives(terms, z, upper, lower, rho)
        heavy = first * weight
        return heavy.sum(0), -(second * weight).sum(0), (heavy * first).sum(0)

    score = np.where(codes != MISSING, codes, 0)[:, None] * weight
    shown = np.where(n > 0.0, n, 1.0)
    cross = (score * z).sum(0) - score.sum(0) * (z * weight).sum(0) / shown
    height = np.exp(-0.5 * thresholds**2).sum() / ROOT_2PI
    start = np.clip(cross / (shown * height), -0.9, 0.9)
    rho, converged = bracketed_newton(derivatives, start)
    return np.where(n > 0, rho, np.nan), converged


def pearson(z: Array, seen: NDArray[np.bool_], weights: Array | None = None) -> Array:
    """Correlations of continuous variables, means and variances fixed.

    With complete data Pearson's correlation; with missing values the root of the pairwise likelihood equation
    ``nρ(1 − ρ²) + (1 + ρ²) S₁₂ − ρ(S₁₁ + S₂₂) = 0`` over the cases that have both.

    Parameters
    ----------
    z : ndarray, shape (n_cases, n_continuous)
        Standardised with each variable's own mean and variance; 0 where missing.
    seen : ndarray of bool, shape (n_cases, n_continuous)
    weights : ndarray, shape (n_cases,), optional
        Sampling weights; sums are weighted.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Pairs (0,1), (0,2), ..., (1,2), ...; NaN where no case has both.
    """
    first, second = np.triu_indices(z.shape[1], 1)
    use = seen.astype(float)
    heavy = weighed(use, weights)
    n = (use.T @ heavy)[first, second]
    s12 = (z.T @ weighed(z, weights))[first, second]
    if seen.all():
        return np.asarray(s12 / n)
    squares = (z * z).T @ heavy
    s = squares[first, second] + squares.T[first, second]

    def derivatives(rho: Array) -> tuple[Array, Array, Array]:
        rest = (1.0 - rho) * (1.0 + rho)
        quadratic = s - 2.0 * rho * s12
        gradient = (n * rho + s12 - rho * quadratic / rest) / rest
        slope = n - quadratic / rest + 2.0 * rho * s12 / rest - 2.0 * rho**2 * quadratic / rest**2
        curvature = -(slope + 2.0 * rho * gradient) / rest
        return gradient, curvature, n * (1.0 + rho**2) / rest**2

    rho, _ = bracketed_newton(derivatives, np.clip(s12 / np.where(n > 0.0, n, 1.0), -0.9, 0.9))
    return np.where(n > 0, rho, np.nan)
