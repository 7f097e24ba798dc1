"""Corrections for several tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray
from scipy import special

from comply_measure.statistics.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

#: Exact and simulated p values are multiples of 1/m; a product of such may miss the level by rounding alone.
TIE = 1e-12
_TAIL = 0.025


@overload
def rejects(p: float, level: float) -> bool: ...
@overload
def rejects(p: Floats, level: float) -> NDArray[np.bool_]: ...
@overload
def rejects(p: pd.Series, level: float) -> pd.Series: ...
def rejects(p: Any, level: float) -> Any:
    """Whether a test rejects at a level: p ≤ level, so that its size is at most that; NaN rejects nothing.

    Parameters
    ----------
    p : float, ndarray or Series
        p values, corrected or not.
    level : float
        Level of the test.
    """
    return p <= level + TIE


def holm(p: Floats, groups: NDArray[np.int64] | None = None) -> Floats:
    """Holm's (1979) adjusted p values within families; NaN stays NaN and is not counted.

    Sorted ascending, ``p̃_(i) = max_{k ≤ i} min(1, (m - k + 1) p_(k))``.

    Parameters
    ----------
    p : ndarray, shape (m,)
        p values.
    groups : ndarray of int, shape (m,), optional
        Family of each test; one family by default.
    """
    return _by_family(p, groups, _holm)


def benjamini_hochberg(p: Floats, groups: NDArray[np.int64] | None = None) -> Floats:
    """Benjamini and Hochberg's (1995) adjusted p values (false discovery rate); NaN stays NaN.

    Sorted ascending, ``p̃_(i) = min_{k ≥ i} min(1, m p_(k) / k)``.
    """
    return _by_family(p, groups, _benjamini_hochberg)


def bonferroni(p: Floats, groups: NDArray[np.int64] | None = None) -> Floats:
    """Bonferroni's adjusted p values ``min(1, m p)`` within families; NaN stays NaN and is not counted."""
    return _by_family(p, groups, lambda known: np.minimum(1.0, known * len(known)))


def max_t(observed: Floats, draws: Floats) -> Floats:
    """Westfall and Young's (1993) single-step adjusted p values from one set of permutations.

    The observed data count as one more permutation: every statistic is standardised by the mean and standard
    deviation of its B + 1 values, and ``p̃_k = #{of all B + 1: min_j z_j ≤ z_k}/(1 + B)``, small values speaking
    against the null. Under the null the B + 1 rows are exchangeable, so the family-wise error is kept
    however few permutations there are, and dependence between the statistics is used. NaN where a statistic or its
    permutations do not exist or do not vary.

    Parameters
    ----------
    observed : ndarray, shape (m,)
        Statistics.
    draws : ndarray, shape (B, m)
        The same in permuted data.
    """
    rows = np.vstack([observed, draws])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sd = rows.mean(axis=0), rows.std(axis=0)
        usable = (sd > 1e-12 * np.maximum(np.abs(mean), 1e-300)) & ~np.isnan(observed)
        z = np.where(usable, (rows - mean) / sd, np.inf)
    if not usable.any():
        return np.full(len(observed), np.nan)
    smallest = np.sort(z.min(axis=1))
    hits = np.searchsorted(smallest, z[0] + 1e-9, side="right")
    return np.where(usable, hits / len(rows), np.nan)


def simultaneous_interval(
    estimate: float, ci: tuple[float, float], n: int, df: float = math.inf
) -> tuple[float, float]:
    """Ends of a 95 % interval so far out that n of them hold together with 95 % (Bonferroni).

    Each half is widened by the ratio of the quantiles at ``1 − .025/n`` and at .975, of t or of the normal
    distribution. For estimates that are not normal, such as products of paths, the ratio is an approximation.

    Parameters
    ----------
    estimate : float
        In the interval.
    ci : tuple of float
        The single 95 % interval.
    n : int
        Intervals in the family.
    df : float
        Degrees of freedom of the single interval; undefined ends for none.
    """
    if not df > 0:
        return math.nan, math.nan
    tail = 1 - _TAIL / max(n, 1)
    if math.isinf(df):
        wider = float(special.ndtri(tail) / special.ndtri(1 - _TAIL))
    else:
        wider = float(special.stdtrit(df, tail) / special.stdtrit(df, 1 - _TAIL))
    return estimate - wider * (estimate - ci[0]), estimate + wider * (ci[1] - estimate)


def studentized_range(confidence: float, k: int) -> float:
    """Quantile of the range of k independent standard normal values (Tukey 1953).

    ``P(range ≤ q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^(k−1) dz`` by Gauss-Legendre quadrature. Divided by √2 it bounds
    the largest of all pairwise ``|d|/SE_d``; with unequal standard errors it errs on the safe side (Hayter 1984).
    """
    from scipy.optimize import brentq

    nodes, weights = _gauss_legendre()
    z, scaled = 9.0 * nodes, 9.0 * weights * k * np.exp(-0.5 * (9.0 * nodes) ** 2) / np.sqrt(2.0 * np.pi)

    def miss(q: float) -> float:
        return float((scaled * (special.ndtr(z) - special.ndtr(z - q)) ** (k - 1)).sum()) - confidence

    return float(brentq(miss, 0.0, 60.0, xtol=1e-12))


@cache
def _gauss_legendre() -> tuple[Floats, Floats]:
    """Nodes and weights; to find them costs ten times the quantile."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    return nodes, weights


def _by_family(p: Floats, groups: NDArray[np.int64] | None, adjust: Callable[[Floats], Floats]) -> Floats:
    p = np.asarray(p, dtype=np.float64)
    families = np.zeros(len(p), dtype=np.int64) if groups is None else groups
    result = np.full(len(p), np.nan)
    for family in np.unique(families):
        members = np.flatnonzero((families == family) & ~np.isnan(p))
        result[members] = adjust(p[members])
    return result


def _holm(p: Floats) -> Floats:
    m = len(p)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate((m - np.arange(m)) * p[order])
    result = np.empty(m)
    result[order] = np.minimum(adjusted, 1.0)
    return result


def _benjamini_hochberg(p: Floats) -> Floats:
    m = len(p)
    order = np.argsort(p, kind="stable")
    scaled = m / np.arange(1, m + 1) * p[order]
    result = np.empty(m)
    result[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return result
