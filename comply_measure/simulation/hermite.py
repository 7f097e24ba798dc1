r"""Moments of cut normal variables by Hermite expansion.

For standard normal x, y with correlation r, and g, h functions of them (Mehler's formula; Lancaster, 1957)

.. math:: \mathrm{Cov}(g(x), h(y)) = \sum_{n\ge1} a_n b_n r^n, \qquad a_n = E[g(x)\,He_n(x)]/\sqrt{n!}.

For a rating :math:`X = L + \sum_k 1(x > t_k)` the coefficients are
:math:`a_n = \sum_k \varphi(t_k) He_{n-1}(t_k)/\sqrt{n!}`. Nothing is simulated; the series is cut at
``ORDER``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

ORDER = 60


def rating_coefficients(thresholds: Floats, order: int = ORDER) -> Floats:
    """Hermite coefficients of ratings.

    Parameters
    ----------
    thresholds : (…, K) array
        Cut points in standard deviations from the mean.
    order : int
        Number of coefficients.

    Returns
    -------
    (order, …) array
        Coefficients 1 to `order`.
    """
    density = np.exp(-(thresholds**2) / 2.0) / np.sqrt(2.0 * np.pi)
    before, current = np.zeros_like(thresholds), np.ones_like(thresholds)
    result = np.empty((order, *thresholds.shape[:-1]))
    for n in range(1, order + 1):
        result[n - 1] = (density * current).sum(axis=-1) / np.sqrt(n)
        before, current = current, (thresholds * current - np.sqrt(n - 1.0) * before) / np.sqrt(float(n))
    return result


def rating_means(thresholds: Floats) -> tuple[Floats, Floats]:
    """Mean and mean square of a rating that starts at 0.

    Parameters
    ----------
    thresholds : (…, K) array
        Cut points in standard deviations from the mean, increasing.

    Returns
    -------
    mean, mean_square : (…) arrays
    """
    above = ndtr(-thresholds)
    # X² = Σ_k (2k - 1)·1(X ≥ k)
    odd = 2.0 * np.arange(1, thresholds.shape[-1] + 1) - 1.0
    return above.sum(axis=-1), (odd * above).sum(axis=-1)
