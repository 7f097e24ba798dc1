"""Mean squares of analyses of variance, and intraclass correlations with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.grouping import Grouping

NAN4 = (float("nan"),) * 4


@dataclass(frozen=True, slots=True)
class OnewayAnova:
    """One-way analysis of variance of J variables; every array has shape (J,).

    Attributes
    ----------
    n_units, n_informants : ndarray
        Units and informants with an answer.
    msb, msw : ndarray
        Mean squares between and within units.
    dfb, dfw : ndarray
        Their degrees of freedom.
    mean_size, n0 : ndarray
        Arithmetic mean of the unit sizes, and ``n0 = (N - Σ n_g²/N)/(G - 1)``.
    """

    n_units: Floats
    n_informants: Floats
    msb: Floats
    msw: Floats
    dfb: Floats
    dfw: Floats
    mean_size: Floats
    n0: Floats


def oneway_anova(values: Floats, grouping: Grouping) -> OnewayAnova:
    """Mean squares between and within units, each variable over the informants who have it.

    Parameters
    ----------
    values : ndarray, shape (n, J)
        Scores; NaN where missing.
    grouping : Grouping
        Unit of each row.

    Returns
    -------
    OnewayAnova
        Mean squares are NaN where their degrees of freedom are zero.
    """
    present = ~np.isnan(values)
    n = grouping.counts(present).astype(np.float64)
    total = n.sum(axis=0)
    n_units = (n > 0).sum(axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(present, values, 0.0).sum(axis=0) / total
        centred = np.where(present, values - centre, 0.0)
        mean = grouping.sums(centred) / n
        grand = centred.sum(axis=0) / total
        within = np.where(present, centred - mean[grouping.codes], 0.0)
        between = np.where(n > 0, n * (mean - grand) ** 2, 0.0).sum(axis=0)
        dfb, dfw = np.maximum(n_units - 1.0, 0.0), total - n_units
        return OnewayAnova(
            n_units,
            total,
            np.where(dfb > 0, between / dfb, np.nan),
            np.where(dfw > 0, (within**2).sum(axis=0) / dfw, np.nan),
            dfb,
            dfw,
            total / n_units,
            (total - (n**2).sum(axis=0) / total) / dfb,
        )


def twoway_mean_squares(x: Floats) -> tuple[float, float, float]:
    """Mean squares of units, roles and residual of a complete unit × role table."""
    n, k = x.shape
    centred = x - x.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - rows[:, None] - columns
    msr = k * float((rows**2).sum()) / (n - 1)
    msc = n * float((columns**2).sum()) / (k - 1)
    return msr, msc, float((residual**2).sum()) / ((n - 1) * (k - 1))


def icc_values(msr: float, mse: float, between_columns: float, k: int) -> tuple[float, ...]:
    """ICC(A,1), ICC(C,1), ICC(A,k), ICC(C,k) (McGraw & Wong 1996); NaN where a denominator is zero.

    With rows R, columns C and error E: ``ICC(A,1) = (MSR − MSE)/(MSR + (k−1) MSE + k V)``, ``ICC(A,k) = (MSR −
    MSE)/(MSR + V)``, V the variance of column means less its error, ``(MSC − MSE)/n`` in a sample; C without V.

    Parameters
    ----------
    msr, mse : float
        Mean squares of rows and error; with the mean square within rows for `mse`, C is the one-way ICC.
    between_columns : float
        V.
    k : int
        Columns.
    """
    top = msr - mse
    bottoms = (
        msr + (k - 1) * mse + k * between_columns,
        msr + (k - 1) * mse,
        msr + between_columns,
        msr,
    )
    return tuple(top / bottom if bottom > 0 else float("nan") for bottom in bottoms)


def icc_intervals(
    msr: float, msc: float, mse: float, n: int, k: int, confidence: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lower and upper ends of the four ICCs (McGraw & Wong 1996, Table 7); NaN without residual variance."""
    from scipy import stats

    if mse <= 0:
        return NAN4, NAN4
    tail = (1.0 + confidence) / 2.0
    df1, df2 = n - 1, (n - 1) * (k - 1)
    f = msr / mse
    low, high = f / stats.f.ppf(tail, df1, df2), f * stats.f.ppf(tail, df2, df1)
    consistency = [float(icc_of_f(bound, k)) for bound in (low, high)]
    icc_a1 = icc_values(msr, mse, (msc - mse) / n, k)[0]
    ratio = msc / mse
    a = n * (1 + (k - 1) * icc_a1) - k * icc_a1
    v = df2 * (k * icc_a1 * ratio + a) ** 2 / (df1 * k**2 * icc_a1**2 * ratio**2 + a**2)
    f_low, f_high = stats.f.ppf(tail, df1, v), stats.f.ppf(tail, v, df1)
    spread = k * msc + (k * n - k - n) * mse
    # with hardly any degrees of freedom the quantile has no end (SciPy to 1.15 says so): the limit
    lowest = n * (msr - f_low * mse) / (f_low * spread + n * msr) if np.isfinite(f_low) else -n * mse / spread
    agreement = [lowest, n * (f_high * msr - mse) / (spread + n * f_high * msr)]
    ends = [
        (a1, c1, k * a1 / (1 + (k - 1) * a1), 1 - 1 / bound)
        for a1, c1, bound in zip(agreement, consistency, (low, high), strict=True)
    ]
    return tuple(map(float, ends[0])), tuple(map(float, ends[1]))


def icc_of_f(f: float | Floats, k: float | Floats) -> Floats:
    """``(F − 1)/(F + k − 1)``: ICC for one informant from an F ratio and k informants (Shrout & Fleiss 1979)."""
    # 1 at infinite F (no variance within units): the limit of (F - 1)/(F + k - 1)
    return np.asarray(np.where(np.isinf(f), 1.0, (f - 1.0) / (f + k - 1.0)))
