"""How large a violation of invariance is: dMACS, and the bias it puts into differences of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.models.invariance.designs import Design, ItemParameters, item_parameters, items_of
from comply_measure.sem import Fit

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ItemEffect:
    """Non-invariance of one item between two groups or roles.

    Attributes
    ----------
    factor, item, reference, focal : str
    d_macs : float
        Never negative; 0 for an item with equal parameters.
    d_macs_signed : float
        Positive when the focal group answers higher at the same level of the factor.
    loading_difference, intercept_difference : float
        Focal minus reference.
    bias : float
        Expected difference of the item's answers (focal minus reference), in scale points, over the focal
        group's distribution of the factor, that is not due to the factor.
    """

    factor: str
    item: str
    reference: str
    focal: str
    d_macs: float
    d_macs_signed: float
    loading_difference: float
    intercept_difference: float
    bias: float


@dataclass(frozen=True, slots=True)
class GapBias:
    """What non-invariance does to the difference of a factor's mean score between two groups or roles.

    Attributes
    ----------
    factor, reference, focal : str
    latent_gap : float
        Difference of factor means, focal minus reference, in standard deviations of the reference.
    observed_gap : float
        Model-implied difference of the mean of the items, in scale points.
    bias : float
        Part of it that comes from unequal parameters: mean of the items' biases.
    gap_without_bias : float
        What the difference would be if the focal group answered with the reference's parameters.
    share : float
        bias / observed_gap; NaN when the observed gap is 0.
    """

    factor: str
    reference: str
    focal: str
    latent_gap: float
    observed_gap: float
    bias: float
    gap_without_bias: float
    share: float


@dataclass(frozen=True, slots=True)
class InvarianceEffects:
    """Effect sizes of a fitted model with equal and released parameters.

    Attributes
    ----------
    items : tuple of ItemEffect
    gaps : tuple of GapBias
    n_units : int
    """

    items: tuple[ItemEffect, ...]
    gaps: tuple[GapBias, ...]
    n_units: int

    def tidy(self) -> pd.DataFrame:
        """One row per item and pair; columns are the attributes of :class:`ItemEffect`, and n_units."""
        return _frame(ItemEffect, self.items).assign(n_units=self.n_units)

    def gap_table(self) -> pd.DataFrame:
        """One row per factor and pair; columns are the attributes of :class:`GapBias`, and n_units."""
        return _frame(GapBias, self.gaps).assign(n_units=self.n_units)


def _frame(kind: type, rows: Sequence[object]) -> pd.DataFrame:
    names = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


def d_macs(
    loading: tuple[float, float],
    intercept: tuple[float, float],
    focal_mean: float,
    focal_variance: float,
    standard_deviation: float,
) -> tuple[float, float]:
    """DMACS and its signed form (Nye & Drasgow 2011; Nye, Bradburn, Olenick, Bialko & Drasgow 2019).

    ``dMACS = √∫ [E(x|focal, η) − E(x|reference, η)]² f_focal(η) dη / s``. With linear regressions and normal η the
    integral is ``(Δτ + Δλ κ)² + Δλ² φ``, and without the square ``Δτ + Δλ κ``.

    Parameters
    ----------
    loading, intercept : (float, float)
        Reference, focal.
    focal_mean, focal_variance : float
        κ and φ of the factor in the focal group.
    standard_deviation : float
        s: pooled standard deviation of the item.

    Returns
    -------
    d, signed : float
        NaN for an item without variance.
    """
    if not standard_deviation > 0:
        return math.nan, math.nan
    slope, shift = loading[1] - loading[0], intercept[1] - intercept[0]
    level = shift + slope * focal_mean
    size = math.sqrt(level**2 + slope**2 * max(focal_variance, 0.0))
    return size / standard_deviation, level / standard_deviation


def invariance_effects(design: Design, fit: Fit) -> InvarianceEffects:
    """DMACS of every item and the bias of score gaps, from a fitted scalar (or partially scalar) model.

    The released parameters of the model carry the differences; items held equal have effect 0. Groups (roles) are
    compared two by two, the earlier one being the reference. s pools the model-implied variances of the item with
    the groups' sizes as weights: ``s² = Σ (n_g − 1) σ²_g / Σ (n_g − 1)``.

    Parameters
    ----------
    design : Design
    fit : Fit
        A level of the design on which factor means are identified (scalar, possibly partial).
    """
    parameters = item_parameters(design, fit)
    counts = np.array([design.counts[name] for name in design.names], dtype=np.float64)
    items, factors = items_of(design.factors), list(design.factors)
    sd = _pooled_sd(parameters, counts)
    effects: list[ItemEffect] = []
    gaps: list[GapBias] = []
    for r, f in combinations(range(len(design.names)), 2):
        names = (design.names[r], design.names[f])
        for j, item in enumerate(items):
            effects.append(_item_effect(parameters, sd[r, f, j], j, item, factors, r, f, names))
        for k, factor in enumerate(factors):
            gaps.append(_gap(parameters, k, factor, r, f, names))
    return InvarianceEffects(tuple(effects), tuple(gaps), fit.n)


def _pooled_sd(p: ItemParameters, counts: Floats) -> Floats:
    """Pooled standard deviations (G, G, J) of every pair of groups."""
    variance = p.loadings**2 * p.variances[:, p.factor] + p.residuals
    weight = np.maximum(counts - 1.0, 1.0)
    total = weight[:, None] + weight[None, :]
    weighted = weight[:, None] * variance
    pooled = (weighted[:, None, :] + weighted[None, :, :]) / total[:, :, None]
    return np.asarray(np.sqrt(np.maximum(pooled, 0.0)))


def _item_effect(
    p: ItemParameters,
    sd: float,
    j: int,
    item: str,
    factors: Sequence[str],
    r: int,
    f: int,
    names: tuple[str, str],
) -> ItemEffect:
    k = int(p.factor[j])
    loading = (float(p.loadings[r, j]), float(p.loadings[f, j]))
    intercept = (float(p.intercepts[r, j]), float(p.intercepts[f, j]))
    d, signed = d_macs(loading, intercept, float(p.means[f, k]), float(p.variances[f, k]), float(sd))
    slope, shift = loading[1] - loading[0], intercept[1] - intercept[0]
    bias = shift + slope * float(p.means[f, k])
    return ItemEffect(factors[k], item, *names, d, signed, slope, shift, bias)


def _gap(p: ItemParameters, k: int, factor: str, r: int, f: int, names: tuple[str, str]) -> GapBias:
    mine = np.flatnonzero(p.factor == k)
    level = p.intercepts + p.loadings * p.means[:, p.factor]
    observed = float((level[f, mine] - level[r, mine]).mean())
    slope, shift = p.loadings[f, mine] - p.loadings[r, mine], p.intercepts[f, mine] - p.intercepts[r, mine]
    bias = float((shift + slope * p.means[f, k]).mean())
    spread = math.sqrt(p.variances[r, k]) if p.variances[r, k] > 0 else math.nan
    latent = float(p.means[f, k] - p.means[r, k]) / spread
    share = bias / observed if abs(observed) > 1e-12 else math.nan
    return GapBias(factor, *names, latent, observed, bias, observed - bias, share)
