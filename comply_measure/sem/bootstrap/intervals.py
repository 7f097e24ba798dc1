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
from comply_measure.statistics.bootstrap import (
    bca_probabilities,
    bias_correction,
    normal_interpolation,
    two_tails,
)

KINDS = ("perc", "basic", "norm", "bca.simple", "bca")


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
    from scipy.special import ndtri

    if len(values) < 2:
        return np.nan, np.nan
    ordered = np.sort(values)
    if ordered[0] == ordered[-1]:
        return estimate, estimate
    alpha = np.array(two_tails(level))
    z = ndtri(alpha)
    if kind == "norm":
        low, high = 2.0 * estimate - values.mean() + z * se
        return float(low), float(high)
    if kind.startswith("bca"):
        w = float(bias_correction(values, estimate, ties="above"))
        a = acceleration if kind == "bca" else 0.0
        if not np.isfinite(w) or not np.isfinite(a):
            return np.nan, np.nan
        alpha = bca_probabilities(w, a, z)
    low, high = normal_interpolation(ordered, alpha)
    if kind == "basic":
        return float(2.0 * estimate - high), float(2.0 * estimate - low)
    return float(low), float(high)
