"""Rotation criteria: value and gradient for many loading matrices at once.

Every criterion maps loadings of shape (B, p, m) to values (B,) and gradients (B, p, m); smaller is simpler.
Formulas as collected by Bernaards & Jennrich (2005).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from comply_measure.measurement.moments import Floats

Value = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A rotation criterion.

    Attributes
    ----------
    name : str
    oblique : bool
        Whether factors may correlate.
    evaluate : callable
        Loadings (B, p, m) to values (B,) and gradients (B, p, m).
    """

    name: str
    oblique: bool
    evaluate: Callable[[Floats], Value]


def varimax(loadings: Floats) -> Value:
    """Minus the variance of squared loadings within columns, times p/4 (Kaiser 1958)."""
    squares = loadings**2
    centred = squares - squares.mean(axis=1, keepdims=True)
    return -0.25 * (centred**2).sum(axis=(1, 2)), -loadings * centred


def quartimax(loadings: Floats) -> Value:
    """Minus a quarter of the sum of fourth powers (Neuhaus & Wrigley 1954)."""
    return -0.25 * (loadings**4).sum(axis=(1, 2)), -(loadings**3)


def crawford_ferguson(loadings: Floats, kappa: float) -> Value:
    """``(1 − κ)/4 Σ_i Σ_{j≠k} λ²_ij λ²_ik + κ/4 Σ_j Σ_{i≠l} λ²_ij λ²_lj`` (Crawford & Ferguson 1970).

    Equamax has κ = m/(2p), varimax κ = 1/p, quartimin κ = 0.
    """
    squares = loadings**2
    rows = squares.sum(axis=2, keepdims=True) - squares
    columns = squares.sum(axis=1, keepdims=True) - squares
    mixed = (1.0 - kappa) * rows + kappa * columns
    return 0.25 * (squares * mixed).sum(axis=(1, 2)), loadings * mixed


def oblimin(loadings: Floats, gamma: float) -> Value:
    """``¼ Σ_{j≠k} [Σ_i λ²_ij λ²_ik − γ/p Σ_i λ²_ij Σ_i λ²_ik]`` (Jennrich & Sampson 1966); quartimin: γ = 0."""
    squares = loadings**2
    others = squares.sum(axis=2, keepdims=True) - squares
    others = others - gamma * others.mean(axis=1, keepdims=True)
    return 0.25 * (squares * others).sum(axis=(1, 2)), loadings * others


def geomin(loadings: Floats, epsilon: float) -> Value:
    """``Σ_i (Π_j (λ²_ij + ε))^{1/m}`` (Yates 1987; Browne 2001)."""
    m = loadings.shape[2]
    shifted = loadings**2 + epsilon
    product = np.exp(np.log(shifted).mean(axis=2, keepdims=True))
    return product.sum(axis=(1, 2)), 2.0 / m * loadings / shifted * product


def target(loadings: Floats, wanted: Floats, weights: Floats) -> Value:
    """``Σ w_ij (λ_ij − h_ij)²`` over the specified entries (Browne 1972; weight 0 where unspecified)."""
    gap = weights * (loadings - wanted)
    return (gap * (loadings - wanted)).sum(axis=(1, 2)), 2.0 * gap
