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
