"""Rubin's rules: estimates and tests of several completed data sets in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import covariance_range, require


@dataclass(frozen=True, slots=True)
class RubinPool:
    """Pooled scalars; every array has one entry per quantity.

    Attributes
    ----------
    estimate : ndarray
        Q̄, the mean over imputations.
    within, between : ndarray
        Ū, mean squared standard error; B, variance of the estimates over imputations.
    se : ndarray
        √T, T = Ū + (1 + 1/m) B.
    df : ndarray
        Barnard & Rubin's; infinite without missing information and complete-data df.
    riv : ndarray
        Relative increase in variance, (1 + 1/m) B / Ū.
    share_missing : ndarray
        λ = (1 + 1/m) B / T.
    fmi : ndarray
        Fraction of missing information, (r + 2/(df + 3)) / (1 + r); 0 when the estimates do not vary.
    n_imputations : int
    """

    estimate: Floats
    within: Floats
    between: Floats
    se: Floats
    df: Floats
    riv: Floats
    share_missing: Floats
    fmi: Floats
    n_imputations: int

    def pvalue(self) -> Floats:
        """Two-sided p of estimate = 0, by t."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(2 * _t_tail(np.abs(self.estimate / self.se), self.df))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence limits by t."""
        upper = 0.5 + level / 2
        finite = np.isfinite(self.df)
        t = np.where(finite, special.stdtrit(np.where(finite, self.df, 1.0), upper), special.ndtri(upper))
        half = np.where(np.isnan(self.df), math.nan, t) * self.se
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, slots=True)
class PooledTest:
    """A pooled test.

    Attributes
    ----------
    method : str
        ``D1``, ``D2`` or ``D3``.
    statistic : float
        F.
    df1, df2 : float
    pvalue : float
    chisq : float
        ``df1 · F``, for tables beside χ² statistics.
    riv : float
        Average relative increase in variance.
    n_imputations : int
    note : str
        Why values are NaN.
    """

    method: str
    statistic: float
    df1: float
    df2: float
    pvalue: float
    chisq: float
    riv: float
    n_imputations: int
    note: str = ""


def pool_scalars(
    estimates: ArrayLike, variances: ArrayLike, complete_df: float | ArrayLike = math.inf
) -> RubinPool:
    """Pool scalars by Rubin's rules.

    ``T = Ū + (1 + 1/m) B``; ``ν_m = (m − 1)/λ²``; with complete-data degrees of freedom ν,
    ``ν_obs = (ν + 1)/(ν + 3) · ν (1 − λ)`` and ``df = ν_m ν_obs / (ν_m + ν_obs)``. Sources: Rubin (1987, chapter 3),
    Barnard & Rubin (1999).

    Parameters
    ----------
    estimates, variances : array_like, shape (m, q)
        Of each imputed data set; variances are squared standard errors.
    complete_df : float or array_like (q,)
        Degrees of freedom if nothing were missing.

    Returns
    -------
    RubinPool
        A constant (no variance within or between) has standard error 0 and no df; NaN stays NaN.

    Raises
    ------
    InputError
        For fewer than two imputations, arrays that do not match, negative variances.
    """
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    _check(q, u)
    require(
        "The estimates cannot be pooled.", ("variances", variances, "not negative", not bool((u < 0).any()))
    )
    m = len(q)
    estimate, within = q.mean(axis=0), u.mean(axis=0)
    # equal values have no variance, whatever their mean rounds to
    between = np.where(np.ptp(q, axis=0) == 0, 0.0, q.var(axis=0, ddof=1))
    extra = (1 + 1 / m) * between
    total = within + extra
    nu = np.asarray(complete_df, dtype=np.float64)
    if nu.shape not in ((), estimate.shape):
        fault = Problem(
            "complete_df", value=nu.shape, allowed=f"one number, or an array of shape {estimate.shape}"
        )
        raise InputError("Estimates cannot be pooled.", [fault])
    nu = np.broadcast_to(nu, estimate.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        riv, share = extra / within, extra / total
        repeated = (m - 1) / share**2
        observed = np.where(np.isinf(nu), math.inf, (nu + 1) / (nu + 3) * nu * (1 - share))
        df = 1 / (1 / repeated + 1 / observed)
        fmi = (riv + 2 / (df + 3)) / (1 + riv)
    fmi = np.where(share == 0, 0.0, fmi)
    fmi = np.where(within == 0, np.where(between > 0, 1.0, math.nan), fmi)
    return RubinPool(estimate, within, between, np.sqrt(total), df, riv, share, fmi, m)


def pool_chisquare(statistics: Sequence[float], df: float) -> PooledTest:
    """Pool χ² statistics of one hypothesis (D2).

    ``r = (1 + 1/m) · var(√d)``, ``D = (d̄/k − (m + 1)/(m − 1) · r) / (1 + r)``, F on k and
    ``k^(−3/m) (m − 1) (1 + 1/r)²`` degrees of freedom. Needs the statistics alone, and so serves scaled and
    categorical tests; coarser than D1 and D3. Source: Li, Meng, Raghunathan & Rubin (1991).

    Parameters
    ----------
    statistics : sequence of float
        One per imputed data set; negative ones count as 0.
    df : float
        k.
    """
    d = np.asarray(statistics, dtype=np.float64)
    m = len(d)
    if m < 2 or not np.isfinite(d).all() or not df > 0:
        return undefined("D2", df, m, "a χ² of every data set and degrees of freedom are needed")
    d = np.maximum(d, 0.0)
    r = float((1 + 1 / m) * np.sqrt(d).var(ddof=1))
    value = float((d.mean() / df - (m + 1) / (m - 1) * r) / (1 + r))
    df2 = math.inf if r == 0 else float(df ** (-3 / m) * (m - 1) * (1 + 1 / r) ** 2)
    return f_test("D2", value, df, df2, r, m)


def pool_wald(
    estimates: ArrayLike, covariances: ArrayLike, hypothesis: ArrayLike | None = None
) -> PooledTest:
    """Pool a Wald test of several parameters (D1).

    ``r = (1 + 1/m) tr(B Ū⁻¹)/k``, ``D = (Q̄ − Q₀)' Ū⁻¹ (Q̄ − Q₀) / (k (1 + r))``; with ``t = k (m − 1) > 4`` F on k and
    ``4 + (t − 4) [1 + (1 − 2/t)/r]²`` degrees of freedom, else ``t (1 + 1/k)(1 + 1/r)²/2``.
    Source: Li, Raghunathan & Rubin (1991). semTools 0.5 takes r over all parameters of a model into D, and so differs.

    Parameters
    ----------
    estimates : array_like, shape (m, k)
    covariances : array_like, shape (m, k, k)
    hypothesis : array_like, shape (k,), optional
        Q₀; zeros if not given.

    Raises
    ------
    InputError
        Shapes that do not fit, covariance matrices that are not symmetric or have a negative variance.
    """
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(covariances, dtype=np.float64)
    if q.ndim != 2 or u.shape != (*q.shape, q.shape[1]) or len(q) < 2:
        shapes = f"{q.shape} and {u.shape}"
        raise InputError("The test cannot be pooled.", [Problem("shapes do not match", value=shapes)])
    m, k = q.shape
    if not (np.isfinite(q).all() and np.isfinite(u).all()):
        return undefined("D1", k, m, "undefined estimates or covariances")
    require("The test cannot be pooled.", covariance_range("covariances", u))
    within = u.mean(axis=0)
    null = np.zeros(k) if hypothesis is None else np.asarray(hypothesis, dtype=np.float64)
    if null.shape not in ((), (k,)):
        raise InputError(
            "Estimates cannot be pooled.", [Problem("hypothesis", value=null.shape, allowed=f"{k} values")]
        )
    away = q.mean(axis=0) - null
    if np.linalg.matrix_rank(within) < k:
        return undefined("D1", k, m, "the covariance matrix of the estimates is singular")
    between = np.atleast_2d(np.cov(q, rowvar=False))
    r = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
    value = float(away @ np.linalg.solve(within, away) / (k * (1 + r)))
    return f_test("D1", value, k, denominator_df(k, m, r), r, m)


def denominator_df(k: float, m: int, r: float) -> float:
    """Second degrees of freedom of D1 and D3 (Li, Raghunathan & Rubin 1991)."""
    t = k * (m - 1)
    if r <= 0:
        return math.inf
    if t > 4:
        return float(4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2)
    return float(t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2)


def f_test(method: str, value: float, df1: float, df2: float, riv: float, m: int) -> PooledTest:
    """A pooled test with the upper tail of F; statistics below 0 have p = 1."""
    at = max(value, 0.0)
    p = special.fdtrc(df1, df2, at) if math.isfinite(df2) else special.chdtrc(df1, df1 * at)
    return PooledTest(method, value, df1, df2, float(p), df1 * value, riv, m)


def undefined(method: str, df: float, m: int, note: str) -> PooledTest:
    """A test that could not be made, with the reason."""
    return PooledTest(method, math.nan, df, math.nan, math.nan, math.nan, math.nan, m, note)


def _check(q: Floats, u: Floats) -> None:
    problems = []
    if q.shape != u.shape or q.ndim == 0:
        problems.append(Problem("estimates and variances differ in shape", value=f"{q.shape}, {u.shape}"))
    if len(np.atleast_1d(q)) < 2:
        problems.append(
            Problem("too few imputed data sets", value=len(np.atleast_1d(q)), allowed="at least 2")
        )
    if problems:
        raise InputError("The estimates cannot be pooled.", problems)


def _t_tail(t: Floats, df: Floats) -> Floats:
    finite = np.isfinite(df)
    tail = np.where(finite, special.stdtr(np.where(finite, df, 1.0), -t), special.ndtr(-t))
    return np.where(np.isnan(df) | np.isnan(t), math.nan, tail)
