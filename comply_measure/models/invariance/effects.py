"""How large a violation of invariance is: dMACS, and the bias it puts into differences of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.models.invariance.curves import Curve, curves_of, difference
from comply_measure.models.invariance.designs import Design, ItemParameters, item_parameters, items_of
from comply_measure.results import Result
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
        Focal minus reference; of ordered items those of the latent response.
    bias : float
        Expected difference of the item's answers (focal minus reference), in scale points, over the focal
        group's distribution of the factor, that is not due to the factor.
    note : str
        Why a value is undefined.
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
    note: str = ""


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
    note : str
        Why a value is undefined.
    """

    factor: str
    reference: str
    focal: str
    latent_gap: float
    observed_gap: float
    bias: float
    gap_without_bias: float
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class InvarianceEffects(Result):
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

    The released parameters of the model carry the differences; items whose parameters are all equal have effect 0.
    Groups (roles) are compared two by two, the earlier one being the reference. s pools the model-implied variances
    of the item with the groups' sizes as weights: ``s² = Σ (n_g − 1) σ²_g / Σ (n_g − 1)``.

    Ordered items: everything is in points of the answered scale, from expected scores
    ``E(x | η) = s₁ + Σ_k (s_{k+1} − s_k) Φ((ν + λη − τ_k)/√θ)`` with each group's own parameters; residual variances
    count, as they turn the ogive (up to the scalar level they are free). Loadings and intercepts are those of the
    latent responses.

    Parameters
    ----------
    design : Design
    fit : Fit
        A level of the design on which factor means are identified (scalar, possibly partial).

    Raises
    ------
    ComplyError
        If the fit is not one of the design, or orders some items only.
    """
    parameters = item_parameters(design, fit)
    curves = curves_of(parameters, design)
    counts = np.array([design.counts[name] for name in design.names], dtype=np.float64)
    items, factors = items_of(design.factors), list(design.factors)
    sd = _pooled_sd(parameters, curves, counts)
    effects: list[ItemEffect] = []
    gaps: list[GapBias] = []
    for r, f in combinations(range(len(design.names)), 2):
        names = (design.names[r], design.names[f])
        for j, item in enumerate(items):
            k = int(parameters.factor[j])
            population = (float(parameters.means[f, k]), float(parameters.variances[f, k]))
            pair = (curves[r][j], curves[f][j])
            effects.append(_item_effect(pair, population, float(sd[r, f, j]), item, factors[k], names))
        for k, factor in enumerate(factors):
            gaps.append(_gap(parameters, curves, k, factor, (r, f), names))
    return InvarianceEffects(tuple(effects), tuple(gaps), fit.n)


def _pooled_sd(p: ItemParameters, curves: Sequence[Sequence[Curve]], counts: Floats) -> Floats:
    """Pooled standard deviations (G, G, J) of every pair of groups."""
    variance = np.array(
        [
            [c.variance(p.means[g, k], p.variances[g, k]) for c, k in zip(row, p.factor, strict=True)]
            for g, row in enumerate(curves)
        ]
    )
    weight = np.maximum(counts - 1.0, 1.0)
    total = weight[:, None] + weight[None, :]
    weighted = weight[:, None] * variance
    pooled = (weighted[:, None, :] + weighted[None, :, :]) / total[:, :, None]
    return np.asarray(np.sqrt(np.maximum(pooled, 0.0)))


def _item_effect(
    pair: tuple[Curve, Curve],
    population: tuple[float, float],
    sd: float,
    item: str,
    factor: str,
    names: tuple[str, str],
) -> ItemEffect:
    size, level = difference(*pair, *population)
    d, signed = (size / sd, level / sd) if sd > 0 else (math.nan, math.nan)
    slope, shift = pair[1].loading - pair[0].loading, pair[1].intercept - pair[0].intercept
    note = "" if sd > 0 else "the item has no variance"
    if math.isnan(level):
        note = "a residual variance is not positive: no expected score"
    return ItemEffect(factor, item, *names, d, signed, slope, shift, level, note)


def _gap(
    p: ItemParameters,
    curves: Sequence[Sequence[Curve]],
    k: int,
    factor: str,
    pair: tuple[int, int],
    names: tuple[str, str],
) -> GapBias:
    r, f = pair
    mine = np.flatnonzero(p.factor == k).tolist()
    (own_r, own_f) = ((float(p.means[g, k]), float(p.variances[g, k])) for g in pair)
    observed = float(np.mean([curves[f][j].expected(*own_f) - curves[r][j].expected(*own_r) for j in mine]))
    bias = float(np.mean([difference(curves[r][j], curves[f][j], *own_f)[1] for j in mine]))
    spread = math.sqrt(own_r[1]) if own_r[1] > 0 else math.nan
    latent = (own_f[0] - own_r[0]) / spread
    notes = [] if own_r[1] > 0 else ["the factor has no variance in the reference"]
    notes += ["a residual variance is not positive: no expected score"] if math.isnan(bias) else []
    notes += ["the observed gap is 0: no share"] if abs(observed) <= 1e-12 else []
    share = bias / observed if abs(observed) > 1e-12 else math.nan
    return GapBias(factor, *names, latent, observed, bias, observed - bias, share, "; ".join(notes))
