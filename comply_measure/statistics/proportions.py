"""Intervals of proportions."""

from __future__ import annotations

import numpy as np
import scipy.special

from comply_measure.statistics.arrays import Floats


def wilson_interval(share: Floats, trials: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    r"""Score interval of a proportion (Wilson, 1927).

    :math:`(2np + z^2 \pm z\sqrt{4np(1-p) + z^2}) / (2(n + z^2))`

    Parameters
    ----------
    share : ndarray
        Observed proportions.
    trials : ndarray
        Trials behind them; need not be whole.
    level : float
        Of confidence.

    Returns
    -------
    tuple of ndarray
        Lower and upper ends; NaN without trials.
    """
    z = float(scipy.special.ndtri(0.5 + level / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = 2 * trials * share + z**2
        half = z * np.sqrt(np.clip(4 * trials * share * (1 - share), 0, None) + z**2)
        width = 2 * (trials + z**2)
        lower, upper = (centre - half) / width, (centre + half) / width
    return np.where(trials > 0, lower, np.nan), np.where(trials > 0, upper, np.nan)
