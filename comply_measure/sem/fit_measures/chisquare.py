"""Central and non-central χ² probabilities."""

from __future__ import annotations

import math
from typing import Final

#: Non-centrality from which on a normal approximation takes the place of the series.
_LARGE: Final = 1e7


def upper_tail(x: float, df: float) -> float:
    """P(χ²_df > x); NaN when df is zero."""
    from scipy.special import chdtrc

    if not (df > 0 and math.isfinite(x)):
        return math.nan
    return float(chdtrc(df, max(x, 0.0)))


def noncentral_cdf(x: float, df: float, noncentrality: float) -> float:
    """P(χ²_df(λ) ≤ x).

    From λ = 10⁷ on Sankaran's (1963) normal approximation of a power of χ², which is right to 1e-9 there. Older
    releases of SciPy (1.15) lose the series: they are 1e-6 off at λ = 10⁹ and return 1 from 10¹⁰ on.
    """
    from scipy.special import chndtr, ndtr

    if noncentrality < _LARGE or not (math.isfinite(x) and x >= 0.0):
        return float(chndtr(x, df, noncentrality))
    power, centre, spread = _sankaran(df, noncentrality)
    return float(ndtr(((x / (df + noncentrality)) ** power - centre) / spread))


def noncentral_quantile(probability: float, df: float, noncentrality: float) -> float:
    """Quantile x with P(χ²_df(λ) ≤ x) = probability; by Sankaran's approximation from λ = 10⁷ on."""
    from scipy.special import ndtri
    from scipy.stats import chi2, ncx2

    if noncentrality == 0.0:
        return float(chi2.ppf(probability, df))
    if not noncentrality >= _LARGE:
        return float(ncx2.ppf(probability, df, noncentrality))
    power, centre, spread = _sankaran(df, noncentrality)
    return float((df + noncentrality) * (centre + spread * ndtri(probability)) ** (1.0 / power))


def _sankaran(df: float, noncentrality: float) -> tuple[float, float, float]:
    """Power h, mean and standard deviation of (χ²_df(λ)/(df + λ))^h, which is close to normal.

    Sankaran, M. (1963). Approximations to the non-central chi-square distribution. *Biometrika*, 50, 199-204.
    """
    mean, double, triple = (df + k * noncentrality for k in (1.0, 2.0, 3.0))
    h = 1.0 - 2.0 * mean * triple / (3.0 * double**2)
    p = double / mean**2
    m = (h - 1.0) * (1.0 - 3.0 * h)
    centre = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p)
    return h, centre, h * math.sqrt(2.0 * p) * (1.0 + 0.5 * m * p)


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

    return float(
        brentq(lambda value: noncentral_cdf(x, df, value) - probability, 0.0, upper, xtol=1e-10, rtol=1e-12)
    )
