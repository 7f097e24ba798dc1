"""Expected answers to an item at a level of its factor: straight lines, and ogives of ordered answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import ndtr

from comply_measure.models.invariance.designs import Design, Floats, ItemParameters

NODES = 81


@dataclass(frozen=True)
class LinearCurve:
    """``E(x | η) = ν + λ η`` with residual variance θ."""

    loading: float
    intercept: float
    residual: float

    def expected(self, mean: float, variance: float) -> float:
        """Mean of the answers where η has this mean."""
        return self.intercept + self.loading * mean

    def variance(self, mean: float, variance: float) -> float:
        """Variance of the answers where η has this variance."""
        return self.loading**2 * variance + self.residual


@dataclass(frozen=True)
class OgiveCurve:
    """Expected score of an ordered answer whose latent response is ``ν + λ η + ε``, ε normal with variance θ.

    ``E(x | η) = s₁ + Σ_k (s_{k+1} − s_k) Φ((ν + λ η − τ_k) / √θ)`` with scores s of the categories. Over η normal
    (κ, φ) the category probabilities follow from ``Φ((ν + λ κ − τ_k) / √(θ + λ² φ))``.

    Attributes
    ----------
    loading, intercept, residual : float
    thresholds : array (C − 1,)
    scores : array (C,)
    """

    loading: float
    intercept: float
    residual: float
    thresholds: Floats
    scores: Floats

    def at(self, eta: Floats) -> Floats:
        """E(x | η) for many η."""
        above = ndtr(
            (self.intercept + self.loading * eta[:, None] - self.thresholds) / math.sqrt(self.residual)
        )
        return np.asarray(self.scores[0] + above @ np.diff(self.scores))

    def expected(self, mean: float, variance: float) -> float:
        """Mean score over a normal factor."""
        return float(self.scores @ self._shares(mean, variance))

    def variance(self, mean: float, variance: float) -> float:
        """Variance of the score over a normal factor."""
        shares = self._shares(mean, variance)
        return float(shares @ (self.scores - self.scores @ shares) ** 2)

    def _shares(self, mean: float, variance: float) -> Floats:
        spread = math.sqrt(max(self.residual + self.loading**2 * variance, 1e-300))
        above = ndtr((self.intercept + self.loading * mean - self.thresholds) / spread)
        return np.asarray(-np.diff(np.concatenate([[1.0], above, [0.0]])))


Curve = LinearCurve | OgiveCurve


def curves_of(parameters: ItemParameters, design: Design) -> list[list[Curve]]:
    """Curve of every item (inner) in every group or role (outer)."""
    scores = getattr(design, "scores", None)
    out: list[list[Curve]] = []
    for g in range(len(design.names)):
        row: list[Curve] = []
        for j in range(parameters.loadings.shape[1]):
            line = (
                float(parameters.loadings[g, j]),
                float(parameters.intercepts[g, j]),
                float(parameters.residuals[g, j]),
            )
            if parameters.thresholds is None or scores is None:
                row.append(LinearCurve(*line))
            else:
                row.append(OgiveCurve(*line, parameters.thresholds[j][g], scores[j]))
        out.append(row)
    return out


def difference(reference: Curve, focal: Curve, mean: float, variance: float) -> tuple[float, float]:
    """Root mean square and mean of ``E(x | focal, η) − E(x | reference, η)`` over η normal (mean, variance).

    Straight lines have ``√[(Δτ + Δλ κ)² + Δλ² φ]`` and ``Δτ + Δλ κ``. Ogives: the mean in closed form, the square by
    Gauss–Hermite quadrature with 81 nodes (Nye & Drasgow 2011, with categorical expected scores).
    """
    if isinstance(reference, OgiveCurve) and isinstance(focal, OgiveCurve):
        if not (reference.residual > 0 and focal.residual > 0):
            return math.nan, math.nan
        nodes, weights = hermegauss(NODES)
        gap = focal.at(eta := mean + math.sqrt(max(variance, 0.0)) * nodes) - reference.at(eta)
        level = focal.expected(mean, variance) - reference.expected(mean, variance)
        return math.sqrt(float(weights @ gap**2) / float(weights.sum())), level
    slope, shift = focal.loading - reference.loading, focal.intercept - reference.intercept
    level = shift + slope * mean
    return math.sqrt(level**2 + slope**2 * max(variance, 0.0)), level
