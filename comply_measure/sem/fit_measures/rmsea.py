"""Root mean square error of approximation (Steiger & Lind, 1980; Browne & Cudeck, 1993).

For several groups the value is multiplied by √G (Steiger, 1998). Robust variants take a scaling factor
c (Li & Bentler, 2006; Savalei, 2018). Interval and tests come from the non-central χ² distribution.
"""

from __future__ import annotations

import math

from comply_measure.sem.fit_measures.chisquare import noncentral_cdf, noncentrality_at


def rmsea(chisq: float, df: float, n: float, groups: int = 1, c: float = 1.0) -> float:
    """√max((χ²/n)/df − c/n, 0)·√G; 0 when df is zero."""
    if not (math.isfinite(chisq) and math.isfinite(df)):
        return math.nan
    if df <= 0:
        return 0.0
    return math.sqrt(max(chisq / n / df - c / n, 0.0)) * math.sqrt(groups)


def interval(
    chisq: float, df: float, n: float, groups: int = 1, c: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Confidence interval: the λ whose χ²_df(λ) puts (1 ± level)/2 below χ², as √(c·λ/(n·df))·√G.

    Limits that do not exist are 0, as is the whole interval when df is below 1.
    """
    if not (math.isfinite(chisq) and math.isfinite(df) and math.isfinite(n)):
        return math.nan, math.nan
    upper_tail, lower_tail = (1.0 + level) / 2.0, (1.0 - level) / 2.0
    if df < 1:
        return 0.0, 0.0
    at_zero = noncentral_cdf(chisq, df, 0.0)
    low = high = 0.0
    if at_zero > upper_tail:
        low = noncentrality_at(chisq, df, upper_tail, chisq)
    limit = max(n, 4.0 * chisq)
    if at_zero > lower_tail and noncentral_cdf(chisq, df, limit) < lower_tail:
        high = noncentrality_at(chisq, df, lower_tail, limit)
    factor = math.sqrt(groups)
    return math.sqrt(c * low / (n * df)) * factor, math.sqrt(c * high / (n * df)) * factor


def close_fit(chisq: float, df: float, n: float, groups: int = 1, c: float = 1.0, h0: float = 0.05) -> float:
    """Give p of the test of close fit, H₀: RMSEA ≤ h0; NaN when df is zero."""
    if not (math.isfinite(chisq) and math.isfinite(df)) or df <= 0:
        return math.nan
    return 1.0 - noncentral_cdf(chisq, df, n * df * h0**2 / c / groups)


def not_close_fit(
    chisq: float, df: float, n: float, groups: int = 1, c: float = 1.0, h0: float = 0.08
) -> float:
    """Give p of the test of not-close fit, H₀: RMSEA ≥ h0; NaN when df is zero."""
    if not (math.isfinite(chisq) and math.isfinite(df)) or df <= 0:
        return math.nan
    return noncentral_cdf(chisq, df, n * df * h0**2 / c / groups)
