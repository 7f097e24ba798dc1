"""Central and non-central χ² probabilities."""

from __future__ import annotations

import math


def upper_tail(x: float, df: float) -> float:
    """P(χ²_df > x); NaN when df is zero."""
    from scipy.special import chdtrc

    if not (df > 0 and math.isfinite(x)):
        return math.nan
    return float(chdtrc(df, max(x, 0.0)))


def noncentral_cdf(x: float, df: float, noncentrality: float) -> float:
    """P(χ²_df(λ) ≤ x)."""
    from scipy.special import chndtr

    return float(chndtr(x, df, noncentrality))


def quantile(probability: float, df: float) -> float:
    """Quantile x with P(χ²_df ≤ x) = probability."""
    from scipy.special import chdtri

    return float(chdtri(df, 1.0 - probability))


def noncentrality_at(x: float, df: float, probability: float, upper: float) -> float:
    """λ in [0, upper] with P(χ²_df(λ) ≤ x) = probability, by Brent's method.

    Parameters
    ----------
    x, df : float
        Statistic and degrees of freedom.
    probability : float
        Target; must lie between the values at 0 and ``upper``.
    upper : float
        Right end of the search.
    """
    from scipy.optimize import brentq
    from scipy.special import chndtr

    return float(brentq(lambda value: chndtr(x, df, value) - probability, 0.0, upper, xtol=1e-10, rtol=1e-12))
