"""First step of the three-step estimator: thresholds, means and variances, one variable at a time.

The *influence* of a case on an estimate is its share in it, to first order: the estimate minus its limit is
the sum of all influences, and their sum of squares estimates the variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from comply_measure.sem.arrays import Array, summed
from comply_measure.sem.ordinal.bivariate import FAR
from comply_measure.sem.ordinal.coding import MISSING


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of the ordered variables.

    Parameters
    ----------
    values : ndarray, shape (n_ordered, n_max - 1)
        ``τ_a = Φ⁻¹(F_a)``, with ``F_a`` the share of cases up to category a among those
        observed; ``FAR`` beyond an item's own thresholds.
    influence : ndarray, shape (n_ordered, n_max + 1, n_max - 1)
        Influence of a case in category c on threshold a,
        ``(1[c ≤ a] − F_a) / (n_i φ(τ_a))``; the last row (missing) and padding are zero.
    n_observed : ndarray, shape (n_ordered,)
        Cases with a value, or the sum of their sampling weights.
    """

    values: Array
    influence: Array
    n_observed: Array


def thresholds(
    codes: NDArray[np.integer], n_categories: NDArray[np.intp], weights: Array | None = None
) -> Thresholds:
    """Thresholds of ordered variables from their marginal distributions.

    Parameters
    ----------
    codes : ndarray of int, shape (n_cases, n_ordered)
        Categories 0, 1, ...; -1 = missing. Every category must occur.
    n_categories : ndarray of int, shape (n_ordered,)
    weights : ndarray, shape (n_cases,), optional
        Sampling weights; shares and sums are weighted. Influences are those of a case of weight 1.

    Returns
    -------
    Thresholds

    Notes
    -----
    The influence is that of the maximum-likelihood estimator of a multinomial margin, for which the sum of
    squared scores equals the expected information.
    """
    n_ordered = codes.shape[1]
    n_max = int(n_categories.max(initial=2))
    steps = np.arange(n_max - 1)
    up_to = codes[:, :, None] <= steps
    seen = codes != MISSING
    n_observed = summed(seen, weights).astype(float)
    below = summed(up_to & seen[:, :, None], weights)
    share = below / np.where(n_observed > 0.0, n_observed, 1.0)[:, None]
    own = steps < (n_categories - 1)[:, None]
    values = np.where(own, ndtri(np.where(own, share, 0.5)), FAR)
    height = np.where(own, np.exp(-0.5 * values**2) / np.sqrt(2.0 * np.pi), np.inf)
    influence = np.zeros((n_ordered, n_max + 1, n_max - 1))
    reached = np.arange(n_max)[:, None] <= steps
    influence[:, :n_max] = (reached - share[:, None, :]) / (n_observed[:, None] * height)[:, None, :]
    return Thresholds(values, influence, n_observed)


@dataclass(frozen=True, slots=True)
class ContinuousMargins:
    """Means and variances of the continuous variables.

    Parameters
    ----------
    mean, variance : ndarray, shape (n_continuous,)
        Maximum-likelihood estimates from the observed cases (variance divided by n).
    z : ndarray, shape (n_cases, n_continuous)
        Standardised values, 0 where missing.
    seen : ndarray of bool, shape (n_cases, n_continuous)
    mean_influence, variance_influence : ndarray, shape (n_cases, n_continuous)
        Scores times the inverse of their sum of squares and products (lavaan's convention), 0 where missing.
    """

    mean: Array
    variance: Array
    z: Array
    seen: NDArray[np.bool_]
    mean_influence: Array
    variance_influence: Array


def continuous_margins(values: Array, weights: Array | None = None) -> ContinuousMargins:
    """Means, variances and their influences.

    Parameters
    ----------
    values : ndarray, shape (n_cases, n_continuous)
        NaN = missing. Every column must vary.
    weights : ndarray, shape (n_cases,), optional
        Sampling weights; sums are weighted. Influences are those of a case of weight 1.
    """
    seen = ~np.isnan(values)
    n = summed(seen, weights)
    mean = summed(np.where(seen, values, 0.0), weights) / n
    centred = np.where(seen, values - mean, 0.0)
    variance = summed(centred**2, weights) / n
    sd = np.sqrt(variance)
    z = centred / sd
    score_mean = z / sd
    score_variance = np.where(seen, (z**2 - 1.0) / (2.0 * variance), 0.0)
    a = summed(score_mean**2, weights)
    b = summed(score_mean * score_variance, weights)
    c = summed(score_variance**2, weights)
    determinant = a * c - b * b
    mean_influence = (c * score_mean - b * score_variance) / determinant
    variance_influence = (a * score_variance - b * score_mean) / determinant
    return ContinuousMargins(mean, variance, z, seen, mean_influence, variance_influence)
