"""Confidence intervals from bootstrap replications (Efron & Tibshirani, 1993; Davison & Hinkley, 1997).

=============  ==========================================================================
perc           quantiles of the replications
basic          2 t₀ − quantiles
norm           t₀ − bias ± z·sd
bca.simple     quantiles at Φ(2 w + z), w = Φ⁻¹(share of replications below t₀)
bca            quantiles at Φ(w + (w + z) / (1 − a (w + z))), a the acceleration
=============  ==========================================================================

Quantiles interpolate order statistics on the normal scale (Davison & Hinkley, eq. 5.8).
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array

KINDS = ("perc", "basic", "norm", "bca.simple", "bca")


def normal_interpolation(sorted_values: Array, alpha: Array) -> Array:
    """Quantiles of one statistic: order statistic (R + 1) α, interpolated on the normal scale.

    Parameters
    ----------
    sorted_values : array (R,)
        Replications in increasing order.
    alpha : array (m,)
        Probabilities; beyond the first or last order statistic that one is given.
    """
    from scipy.special import ndtri

    R = len(sorted_values)
    rank = (R + 1) * alpha
    # probabilities such as (1 + 0.95) / 2 put whole ranks a rounding error off
    near = np.round(rank)
    rank = np.where(np.abs(rank - near) < 1e-9 * np.maximum(near, 1.0), near, rank)
    k = np.clip(np.trunc(rank).astype(np.int64), 0, R)
    low = np.clip(k, 1, R)
    high = np.clip(k + 1, 1, R)
    at_low, at_high = sorted_values[low - 1], sorted_values[high - 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = ndtri(k / (R + 1)), ndtri((k + 1) / (R + 1))
        share = (ndtri(rank / (R + 1)) - first) / (second - first)
    inner = (k > 0) & (k < R) & (k != rank)
    return np.asarray(np.where(inner, at_low + np.where(inner, share, 0.0) * (at_high - at_low), at_low))


def interval(
    values: Array, estimate: float, kind: str, level: float, se: float, acceleration: float = np.nan
) -> tuple[float, float]:
    """Confidence interval of one statistic.

    Parameters
    ----------
    values : array (R,)
        Replications, all finite.
    estimate : float
        t₀, the statistic in the data.
    kind : str
        One of ``KINDS``.
    level : float
        Confidence level.
    se : float
        Standard deviation of the replications (``norm`` only).
    acceleration : float
        ``bca`` only.

    Returns
    -------
    lower, upper : float
        NaN with fewer than two replications; the estimate itself where it never varies.
    """
    from scipy.special import ndtr, ndtri

    if len(values) < 2:
        return np.nan, np.nan
    ordered = np.sort(values)
    if ordered[0] == ordered[-1]:
        return estimate, estimate
    alpha = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    z = ndtri(alpha)
    if kind == "norm":
        low, high = 2.0 * estimate - values.mean() + z * se
        return float(low), float(high)
    if kind.startswith("bca"):
        w = ndtri(np.mean(values < estimate))
        a = acceleration if kind == "bca" else 0.0
        if not np.isfinite(w) or not np.isfinite(a):
            return np.nan, np.nan
        alpha = ndtr(w + (w + z) / (1.0 - a * (w + z)))
    low, high = normal_interpolation(ordered, alpha)
    if kind == "basic":
        return float(2.0 * estimate - high), float(2.0 * estimate - low)
    return float(low), float(high)
