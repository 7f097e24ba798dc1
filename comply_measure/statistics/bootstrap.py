"""Intervals from replications: percentile and BCa, each rule once.

Two rules of quantiles are in use, both consistent, apart by less than one order statistic:

=========  ======================================================================================
linear     order statistics (B − 1) α + 1, interpolated linearly (R's type 7, NumPy's default)
normal     order statistics (B + 1) α, interpolated on the normal scale (Davison & Hinkley 1997,
           eq. 5.8; R's ``boot`` and lavaan)
=========  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from comply_measure.statistics.arrays import Floats

QuantileRule = Literal["linear", "normal"]
Ties = Literal["half", "above"]

#: Statistics whose replications are sorted together.
_COLUMNS = 32

#: Ends of a 95 % interval.
TAILS_95 = (0.025, 0.975)


def two_tails(confidence: float) -> tuple[float, float]:
    """Probabilities of the ends of an interval with equal tails."""
    tail = (1.0 - confidence) / 2.0
    return tail, 1.0 - tail


def percentile_interval(
    draws: Floats, tails: Sequence[float] | Floats, *, rule: QuantileRule = "linear", least: float = 1.0
) -> tuple[Floats, Floats]:
    """Percentile intervals over the first axis; replications that are not finite are left out.

    Parameters
    ----------
    draws : ndarray, shape (B, …)
        Replications.
    tails : pair of float, or ndarray, shape (2, q)
        Probabilities of the lower and upper end, for all statistics or each of q (:func:`two_tails`,
        :func:`bca_probabilities`); NaN gives no interval.
    rule : {"linear", "normal"}
        How quantiles interpolate.
    least : float
        Finite replications that an interval needs.

    Returns
    -------
    lower, upper : ndarray, shape (…)
        NaN with fewer than `least` finite replications.
    """
    draws = np.asarray(draws, dtype=np.float64)
    shape = draws.shape[1:]
    flat = draws.reshape(len(draws), int(np.prod(shape)))
    alpha = np.broadcast_to(np.asarray(tails, dtype=np.float64).reshape(2, -1), (2, flat.shape[1]))
    ends = np.full((2, flat.shape[1]), np.nan)
    finite = np.isfinite(flat)
    if rule == "linear" and np.ndim(tails) == 1 and len(flat) >= max(least, 1.0) and finite.all():
        for first in range(0, flat.shape[1], _COLUMNS):  # a quantile works on copies
            some = slice(first, first + _COLUMNS)
            ends[:, some] = np.quantile(flat[:, some], alpha[:, 0], axis=0)
        return ends[0].reshape(shape), ends[1].reshape(shape)
    enough = (finite.sum(axis=0) >= max(least, 1.0)) & np.isfinite(alpha).all(axis=0)
    for j in np.flatnonzero(enough).tolist():
        column = flat[finite[:, j], j]
        if rule == "linear":
            ends[:, j] = np.quantile(column, alpha[:, j])
        else:
            ends[:, j] = normal_interpolation(np.sort(column), alpha[:, j])
    return ends[0].reshape(shape), ends[1].reshape(shape)


def normal_interpolation(sorted_values: Floats, alpha: Floats) -> Floats:
    """Quantiles of one statistic: order statistic (B + 1) α, interpolated on the normal scale.

    Parameters
    ----------
    sorted_values : ndarray, shape (B,)
        Replications in increasing order.
    alpha : ndarray, shape (m,)
        Probabilities; beyond the first or last order statistic that one is given.
    """
    B = len(sorted_values)
    rank = (B + 1) * alpha
    # probabilities such as (1 + 0.95) / 2 put whole ranks a rounding error off
    near = np.round(rank)
    rank = np.where(np.abs(rank - near) < 1e-9 * np.maximum(near, 1.0), near, rank)
    k = np.clip(np.trunc(rank).astype(np.int64), 0, B)
    low = np.clip(k, 1, B)
    high = np.clip(k + 1, 1, B)
    at_low, at_high = sorted_values[low - 1], sorted_values[high - 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = ndtri(k / (B + 1)), ndtri((k + 1) / (B + 1))
        share = (ndtri(rank / (B + 1)) - first) / (second - first)
    inner = (k > 0) & (k < B) & (k != rank)
    return np.asarray(np.where(inner, at_low + np.where(inner, share, 0.0) * (at_high - at_low), at_low))


def bias_correction(draws: Floats, estimate: float | Floats, ties: Ties) -> Floats:
    """``w = Φ⁻¹(share of finite replications below the estimate)`` (Efron 1987), over the first axis.

    Parameters
    ----------
    draws : ndarray, shape (B, …)
    estimate : float or ndarray, shape (…)
    ties : {"half", "above"}
        Replications equal to the estimate: half of them below it, or none (R's ``boot``).
    """
    below = (draws < estimate).sum(axis=0)
    if ties == "half":
        below = below + 0.5 * (draws == estimate).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(ndtri(below / np.isfinite(draws).sum(axis=0)))


def acceleration(influence: Floats, flat: float = np.nan) -> Floats:
    """``a = Σ u³ / (6 (Σ u²)^{3/2})`` of centred influence values u (Efron 1987), over the first axis.

    Parameters
    ----------
    influence : ndarray, shape (n, …)
        Empirical influence of each case or cluster, up to a factor; for the jackknife minus the values without it.
    flat : float
        The value where nothing varies.
    """
    centred = influence - influence.mean(axis=0)
    square = np.sum(centred**2, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(square > 0.0, np.sum(centred**3, axis=0) / (6.0 * square**1.5), flat))


def bca_probabilities(bias: float | Floats, acceleration: float | Floats, z: Floats) -> Floats:
    """Probabilities ``Φ(w + (w + z) / (1 − a (w + z)))`` of corrected intervals (Efron 1987).

    Parameters
    ----------
    bias, acceleration : float or ndarray, shape (q,)
        w and a; with a = 0 the interval is corrected for bias alone.
    z : ndarray, shape (2,) or (2, 1)
        Normal quantiles of the uncorrected tails.
    """
    shifted = bias + z
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(ndtr(bias + shifted / (1.0 - acceleration * shifted)))
