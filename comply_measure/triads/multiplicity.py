"""Corrections for several tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from comply_measure.triads.grouping import Floats


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


def max_t(observed: Floats, draws: Floats) -> Floats:
    """Westfall and Young's (1993) single-step adjusted p values from one set of permutations.

    Every statistic is standardised by its permutation mean and standard deviation; small values speak
    against the null. ``p̃_k = (1 + #{draws with min_j z_j ≤ z_k})/(1 + draws)``: the family-wise error is
    kept with few permutations, and dependence between the statistics is used. NaN where a statistic or its
    permutations do not exist or do not vary.

    Parameters
    ----------
    observed : ndarray, shape (m,)
        Statistics.
    draws : ndarray, shape (B, m)
        The same in permuted data.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sd = draws.mean(axis=0), draws.std(axis=0)
        usable = (sd > 1e-12 * np.maximum(np.abs(mean), 1e-300)) & ~np.isnan(observed)
        z = np.where(usable, (draws - mean) / sd, np.inf)
        z_observed = np.where(usable, (observed - mean) / sd, np.nan)
    if not usable.any():
        return np.full(len(observed), np.nan)
    smallest = np.sort(z.min(axis=1))
    hits = np.searchsorted(smallest, z_observed + 1e-9, side="right")
    return np.where(usable, (1.0 + hits) / (1.0 + len(draws)), np.nan)


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
