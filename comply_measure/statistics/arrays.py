"""Types of arrays, and means of what is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def known_mean(values: Floats, axis: int, least: float = 0.0) -> Floats:
    """Mean of the values that are no NaN; NaN where there is none, or less than a share of them.

    Parameters
    ----------
    values : ndarray
    axis : int
        Averaged over.
    least : float
        Share that must be known.
    """
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    enough = (n > 0) & (n >= least * values.shape[axis])
    return np.asarray(np.where(enough, total / np.maximum(n, 1), np.nan))


def evenly_scaled(X: Floats) -> tuple[Floats, Floats]:
    """Columns in units in which their sizes are alike, and those units.

    Ranks and pseudo-inverses take what is small beside the largest column for rounding: turnover in a small currency
    would make scores of 1 to 7 vanish. Units are powers of 2²⁰, so that nothing is rounded and columns of usual sizes
    stay as they are.

    Parameters
    ----------
    X : ndarray, shape (n, k)

    Returns
    -------
    ndarray, shape (n, k)
        ``X / units``.
    ndarray, shape (k,)
    """
    size = np.abs(X).max(axis=0, initial=0.0)
    with np.errstate(divide="ignore"):
        steps = np.where(size > 0, np.round(np.log2(size) / 20.0), 0.0)
    units = np.exp2(20.0 * steps)
    return X / units, units


def without_variance(values: Floats) -> bool:
    """Whether numbers differ by no more than rounding."""
    return not len(values) or bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
