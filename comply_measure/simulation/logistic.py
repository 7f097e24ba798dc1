"""Logistic probabilities whose mean over a normal predictor is a stated share."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError

Floats = NDArray[np.float64]

NODES = 61
STEPS = 200
LIMIT = 700.0


def logistic(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), elementwise."""
    limited = np.clip(x, -LIMIT, LIMIT)
    result: Floats = 1.0 / (1.0 + np.exp(-limited))
    return result


@cache
def logistic_intercept(share: float, slope: float) -> float:
    r"""Intercept a with :math:`E[\mathrm{logistic}(a + bz)] = p` for standard normal z.

    Parameters
    ----------
    share : float
        p, at least 0 and below 1; 0 gives an intercept so low that nothing happens.
    slope : float
        b.

    Returns
    -------
    float
        Found by bisection, the mean by Gauss-Hermite quadrature with 61 nodes.

    Raises
    ------
    ComplyError
        If the share is outside [0, 1).
    """
    if not 0.0 <= share < 1.0:
        raise ComplyError(f"a share must be at least 0 and below 1, not {share}")
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    low, high = -LIMIT, LIMIT
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        if float((weights * logistic(middle + slope * nodes)).sum()) > share:
            high = middle
        else:
            low = middle
    return low
