"""Absolute fit measures from a χ² statistic or from weighted residuals.

Sources: Hoelter (1983) critical N; McDonald (1989) fit index; Browne & Cudeck (1989) expected
cross-validation index; Tanaka & Huba (1985), Jöreskog & Sörbom (1984) and Mulaik et al. (1989) goodness of
fit; Maydeu-Olivares, Ximénez & Revuelta (2024) goodness of fit as a share of variance; Muthén & Muthén
(1998) weighted root mean square residual. Edge cases are lavaan's.
"""

from __future__ import annotations

import math

from comply_measure.sem.fit_measures.chisquare import noncentral_cdf, noncentrality_at, quantile

NEAR_ZERO = 1.5e-8


def critical_n(chisq: float, df: float, n: float, alpha: float) -> float:
    """Hoelter's N: q_{1−α}(df) / (χ²/n) + 1, the N at which χ² would just be significant; NaN if df = 0."""
    if not math.isfinite(chisq) or df <= 0:
        return math.nan
    if chisq <= 0.0:
        return math.inf
    return quantile(1.0 - alpha, df) / (chisq / n) + 1.0


def mcdonald(chisq: float, df: float, n: float) -> float:
    """exp(−½ (χ² − df) / n)."""
    return math.exp(-0.5 * (chisq - df) / n) if math.isfinite(chisq) else math.nan


def ecvi(chisq: float, npar: float, n: float) -> float:
    """(χ² + 2 k) / n."""
    return (chisq + 2.0 * npar) / n


def wrmr(chisq: float, n_moments: int) -> float:
    """√(χ² / number of sample moments)."""
    return math.sqrt(chisq / n_moments) if n_moments > 0 and chisq >= 0.0 else math.nan


def gfi_of_lengths(residual: float, observed: float) -> float:
    """1 − rᵀVr / sᵀVs: residuals' share of the sample moments, both in the metric of the weights V."""
    return 1.0 - residual / observed if observed > 0.0 else math.nan


def adjusted(gfi: float, n_moments: int, df: float) -> float:
    """1 − (moments / df) (1 − GFI); 1 when df is zero."""
    if not math.isfinite(gfi):
        return math.nan
    return 1.0 - n_moments / df * (1.0 - gfi) if df > 0 else 1.0


def parsimonious(gfi: float, n_moments: int, df: float) -> float:
    """(df / moments) GFI."""
    return df / n_moments * gfi if n_moments > 0 and math.isfinite(gfi) else math.nan


def share_of_variance(chisq: float, df: float, n: float, p: int, c: float = 1.0) -> float:
    """min(n p / (n p + 2 (χ² − c·df)), 1), the GFI of Maydeu-Olivares et al. (2024, eq. 20).

    Parameters
    ----------
    chisq : float
        Uncorrected statistic, by preference of reweighted least squares.
    df : float
        Degrees of freedom.
    n : float
        Number of cases.
    p : int
        Observed variables of a group.
    c : float
        Scaling factor of the robust version.
    """
    if not all(math.isfinite(value) for value in (chisq, df, n, c)):
        return math.nan
    total = n * p + 2.0 * (chisq - c * df)
    return min(n * p / total, 1.0) if total > 0.0 else math.nan


def share_interval(
    chisq: float, df: float, n: float, p: int, c: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Confidence interval: n p / (n p + 2 c λ) at the limits of the non-centrality λ (eq. 23).

    Parameters
    ----------
    chisq : float
        Statistic that follows the non-central χ² distribution: the scaled one in the robust version.
    df, n, p, c
        As for :func:`share_of_variance`.
    level : float
        Confidence level.
    """
    if not all(math.isfinite(value) for value in (chisq, df, n, c)):
        return math.nan, math.nan
    if df < 1 or chisq <= 0.0:
        return 1.0, 1.0
    high, low = (1.0 + level) / 2.0, (1.0 - level) / 2.0
    at_zero = noncentral_cdf(chisq, df, 0.0)
    least = noncentrality_at(chisq, df, high, chisq) if at_zero > high else 0.0
    limit = max(n, 4.0 * chisq)
    most = 0.0
    if at_zero > low and noncentral_cdf(chisq, df, limit) < low:
        most = noncentrality_at(chisq, df, low, limit)
    return tuple(min(n * p / (n * p + 2.0 * c * value), 1.0) for value in (most, least))  # type: ignore[return-value]
