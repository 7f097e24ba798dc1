"""Upper tail of a weighted sum of independent χ²₁ variables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError

Floats = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_MAX_INTERVALS = 4000
_TOLERANCE = 1e-11


def weighted_chisquare_tail(x: float, weights: Floats) -> float:
    """P(Σ w_j χ²₁ > x) by numerical inversion of the characteristic function (Imhof 1961).

    ``½ + (1/π) ∫₀^∞ sin θ(u) / (u ρ(u)) du`` with ``θ(u) = ½ Σ arctan(w_j u) − ½ x u`` and
    ``ρ(u) = Π (1 + w_j² u²)^¼``. The integral is taken half period by half period; the tail of the alternating
    series is accelerated by Wynn's ε algorithm. Error below 1e-9, or 1e-6 where
    x is below a hundredth of the largest weight.

    Parameters
    ----------
    x : float
        Not negative.
    weights : ndarray, shape (k,)
        Any sign; zeros do not matter.

    Returns
    -------
    float
        1 when x is 0 and all weights are positive; NaN when there is no weight at all.

    Raises
    ------
    ComplyError
        For weights or x that are not finite, or x negative.
    """
    w = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(w).all() or not np.isfinite(x) or x < 0:
        raise ComplyError("a weighted χ² needs finite weights and a statistic of at least 0")
    scale = float(np.abs(w).max(initial=0.0))
    if scale == 0.0:
        return float("nan")
    w, x = w[np.abs(w) > 1e-14 * scale] / scale, x / scale
    if x == 0.0 and (w > 0).all():
        return 1.0
    if len(w) == 1:
        return _one_weight(x, float(w[0]))
    return float(np.clip(0.5 + _integral(x, w) / np.pi, 0.0, 1.0))


def _one_weight(x: float, weight: float) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(x / weight, 1)) if weight > 0 else 0.0


def _integral(x: float, w: Floats) -> float:
    # far out the phase turns by π every 2π / x; nearer, steps follow the scale on which it changes
    length = 2.0 * np.pi / max(x, float(np.abs(w).sum()), 2.0 * np.pi / 4.0)
    total, partial = 0.0, []
    for number in range(_MAX_INTERVALS):
        low = number * length
        u = low + 0.5 * length * (_NODES + 1.0)
        total += 0.5 * length * float(_WEIGHTS @ _integrand(u, x, w))
        partial.append(total)
        if _tail_bound(low + length, w) < _TOLERANCE:
            return total
        if number >= 60 and number % 20 == 0:
            here, before = _accelerated(partial[-21:]), _accelerated(partial[-23:-2])
            if abs(here - before) < 1e-10:
                return here
    return _accelerated(partial[-21:])


def _integrand(u: Floats, x: float, w: Floats) -> Floats:
    products = np.outer(u, w)
    phase = 0.5 * np.arctan(products).sum(axis=1) - 0.5 * x * u
    modulus = 0.25 * np.log1p(products**2).sum(axis=1)
    return np.asarray(np.sin(phase) * np.exp(-modulus) / u)


def _tail_bound(u: float, w: Floats) -> float:
    """Bound of what lies beyond u: ρ grows at least as fast as at u."""
    square = (w * u) ** 2
    growth = 0.5 * float((square / (1.0 + square)).sum())
    return float(np.exp(-0.25 * np.log1p(square).sum()) / max(growth, 1e-300))


def _accelerated(sums: list[float]) -> float:
    """Limit of partial sums by Wynn's ε algorithm (1956)."""
    before, here = np.zeros(len(sums) + 1), np.asarray(sums)
    best = float(here[-1])
    for order in range(1, len(sums)):
        gap = np.diff(here)
        if (np.abs(gap) < 1e-300).any():
            break
        before, here = here, before[1:-1] + 1.0 / gap
        if order % 2 == 0:
            best = float(here[-1])
    return best
