"""One-way random effects by restricted maximum likelihood, any unit sizes: one ratio to search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.grouping import Grouping

GRID = np.concatenate([[0.0], np.linspace(0.0, 1.0, 65)[1:-1], [0.995, 0.9995, 0.99999]])


@dataclass(frozen=True, slots=True)
class OnewayReml:
    """Variance components of one variable.

    Attributes
    ----------
    between, within : float
        τ² ≥ 0 and σ².
    mean : float
        Generalised least squares mean.
    icc1, lower, upper : float
        τ²/(τ² + σ²) and its profile-likelihood interval.
    note : str
        Boundary, or why undefined.
    """

    between: float
    within: float
    mean: float
    icc1: float
    lower: float
    upper: float
    note: str


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the likelihood needs: unit sizes and means, and the sum of squares within units."""

    n: Floats
    mean: Floats
    within: float

    def profile(self, ratio: float) -> tuple[float, float, float]:
        """Restricted log-likelihood at λ = τ²/σ² (constants dropped), σ² and the mean there."""
        weight = self.n / (1.0 + self.n * ratio)
        centre = float((weight * self.mean).sum() / weight.sum())
        quadratic = self.within + float((weight * (self.mean - centre) ** 2).sum())
        df = float(self.n.sum()) - 1.0
        value = df * np.log(quadratic) + np.log1p(self.n * ratio).sum() + np.log(weight.sum())
        return -0.5 * float(value), quadratic / df, centre

    def slope(self, ratio: float) -> float:
        """Derivative of the profile in λ."""
        weight = self.n / (1.0 + self.n * ratio)
        centre = (weight * self.mean).sum() / weight.sum()
        squares = (self.mean - centre) ** 2
        quadratic = self.within + (weight * squares).sum()
        df = self.n.sum() - 1.0
        inner = df * (weight**2 * squares).sum() / quadratic - weight.sum()
        return 0.5 * float(inner + (weight**2).sum() / weight.sum())


def fit_oneway(values: Floats, grouping: Grouping, confidence: float = 0.95) -> OnewayReml:
    """Fit ``x_gi = μ + u_g + e_gi`` to one variable by REML (Patterson & Thompson 1971).

    Parameters
    ----------
    values : ndarray, shape (n,)
        Scores; NaN where missing.
    grouping : Grouping
        Unit of each row.
    confidence : float
        Level of the profile-likelihood interval of ICC(1), which is kept within [0, 1].

    Returns
    -------
    OnewayReml
        NaN with a note below two units, without replication or without variance.
    """
    sums, note = _sums(values, grouping)
    if note:
        return OnewayReml(*(float("nan"),) * 6, note)
    ratio = _best_ratio(sums)
    best, within, mean = sums.profile(ratio)
    lower, upper = _profile_interval(sums, ratio, best, confidence)
    icc1 = ratio / (1.0 + ratio)
    boundary = "no variance between units (boundary)" if ratio == 0 else ""
    return OnewayReml(ratio * within, within, mean, icc1, lower, upper, boundary)


def _sums(values: Floats, grouping: Grouping) -> tuple[_Sums, str]:
    present = ~np.isnan(values)
    n = grouping.counts(present).astype(np.float64)
    centre = float(values[present].mean()) if present.any() else 0.0
    centred = np.where(present, values - centre, 0.0)
    kept = n > 0
    total = grouping.sums(centred)
    mean = total[kept] / n[kept]
    spread = np.where(present, centred - (total / np.maximum(n, 1.0))[grouping.codes], 0.0)
    within = float((spread**2).sum())
    size = float((centred**2).sum())
    if kept.sum() < 2:
        note = "fewer than 2 units"
    elif n.sum() == kept.sum():
        note = "no unit with 2 informants"
    elif size <= 1e-24 * max(1.0, centre**2) * n.sum():
        note = "all answers equal"
    elif within <= 1e-12 * size:
        note = "no variance within units"
    else:
        note = ""
    return _Sums(n[kept], mean + centre, within), note


def _best_ratio(sums: _Sums) -> float:
    """Ratio that maximises the profile: the best point of a grid over the ICC, then the root of the slope."""
    profile = np.array([sums.profile(icc / (1.0 - icc))[0] for icc in GRID])
    place = int(profile.argmax())
    low = GRID[max(place - 1, 0)]
    high = GRID[min(place + 1, len(GRID) - 1)]

    def slope(icc: float) -> float:
        return sums.slope(icc / (1.0 - icc))

    if place == 0 and slope(0.0) <= 0:
        return 0.0
    if slope(low) <= 0 or slope(high) >= 0:  # flat to the precision of the arithmetic
        return float(GRID[place] / (1.0 - GRID[place]))
    icc = float(scipy.optimize.brentq(slope, low, high, xtol=1e-15, rtol=1e-14))
    return icc / (1.0 - icc)


def _profile_interval(sums: _Sums, ratio: float, best: float, confidence: float) -> tuple[float, float]:
    """Where the profile has fallen by half a χ² quantile, on either side."""
    drop = float(scipy.stats.chi2.ppf(confidence, 1)) / 2.0
    icc = ratio / (1.0 + ratio)

    def excess(value: float) -> float:
        return float(best - sums.profile(value / (1.0 - value))[0] - drop)

    top = 1.0 - 1e-9
    lower = 0.0 if excess(0.0) <= 0 else float(scipy.optimize.brentq(excess, 0.0, icc, xtol=1e-13))
    upper = 1.0 if excess(top) <= 0 else float(scipy.optimize.brentq(excess, icc, top, xtol=1e-13))
    return lower, upper
