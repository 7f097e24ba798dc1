"""First step given covariates: probit and linear regressions of every variable on them.

An ordered variable is a cut normal response ``y* = x'β + e``: thresholds and slopes maximise the probit
likelihood (Winship & Mare 1984). A continuous one is regressed by least squares, its residual variance
divided by n. Influences are scores times the inverse of their sum of squares and products, as in lavaan. With
sampling weights all sums are weighted, and influences are those of a case of weight 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from comply_measure.sem.arrays import Array, summed, weighed
from comply_measure.sem.errors import ModelError
from comply_measure.sem.ordinal.bivariate import FAR
from comply_measure.sem.ordinal.coding import MISSING, MixedData
from comply_measure.sem.ordinal.polyserial import ROOT_2PI, interval_probability

MAX_ITERATIONS = 100
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Regression:
    """One variable given covariates.

    Attributes
    ----------
    ordered : bool
    constants : array (K - 1,) or (1,)
        Thresholds, or the intercept.
    slopes : array (q,)
    variance : float
        Residual variance; 1 for an ordered variable.
    seen : bool array (n,)
        Where the variable is observed.
    upper, lower : array (n,)
        Ordered: distances from the category's thresholds to x'β (``FAR`` for infinity, 0 where missing).
    z : array (n,)
        Continuous: standardised residual, 0 where missing.
    at_upper, at_lower : array (n, K - 1)
        Ordered: which threshold is above and below a case's category.
    influence : array (n, k)
        Influences on (constants, slopes) and, if continuous, the variance.
    """

    ordered: bool
    constants: Array
    slopes: Array
    variance: float
    seen: NDArray[np.bool_]
    upper: Array
    lower: Array
    z: Array
    at_upper: Array
    at_lower: Array
    influence: Array


def regressions(data: MixedData, x: Array, weights: Array | None = None) -> tuple[Regression, ...]:
    """Regress every variable on the covariates.

    Parameters
    ----------
    data : MixedData
    x : array (n, q)
        Covariates, complete.
    weights : array (n,), optional
        Sampling weights.

    Returns
    -------
    tuple of Regression
        In the order of ``data.names``.

    Raises
    ------
    ModelError
        If covariates are collinear or perfectly predict an ordered variable.
    """
    _require_rank(x)
    found, item, numeric = [], 0, 0
    for name, ordered in zip(data.names, data.ordered, strict=True):
        if ordered:
            found.append(_probit(name, data.codes[:, item], int(data.n_categories[item]), x, weights))
            item += 1
        else:
            found.append(_linear(data.values[:, numeric], x, weights))
            numeric += 1
    return tuple(found)


def _require_rank(x: Array) -> None:
    centred = x - x.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    if not (scale > 0).all() or np.linalg.matrix_rank(centred / scale, tol=1e-8) < x.shape[1]:
        raise ModelError("the covariates are constant or linearly dependent; leave one out")


def _linear(values: Array, x: Array, weights: Array | None) -> Regression:
    """Least squares with the residual variance divided by n."""
    seen = ~np.isnan(values)
    design = np.column_stack((np.ones(len(x)), x))
    own = None if weights is None else weights[seen]
    root = None if own is None else np.sqrt(own)
    found = np.linalg.lstsq(weighed(design[seen], root), weighed(values[seen], root), rcond=None)[0]
    coefficients = np.asarray(found, dtype=float)
    residual = np.where(seen, np.where(seen, values, 0.0) - design @ coefficients, 0.0)
    variance = float(summed(residual**2, weights) / summed(seen, weights))
    z = residual / np.sqrt(variance)
    scores = np.column_stack(
        (residual[:, None] * design / variance, np.where(seen, (z**2 - 1) / (2 * variance), 0))
    )
    empty = np.zeros((len(x), 0))
    nothing = np.zeros(len(x))
    return Regression(
        False,
        coefficients[:1],
        coefficients[1:],
        variance,
        seen,
        nothing,
        nothing,
        z,
        empty,
        empty,
        _influence(scores, weights),
    )


def _influence(scores: Array, weights: Array | None) -> Array:
    """Scores times the inverse of their weighted sum of squares and products."""
    return np.asarray(np.linalg.solve(scores.T @ weighed(scores, weights), scores.T).T)


def _probit(
    name: str, codes: NDArray[np.integer], n_categories: int, x: Array, weights: Array | None
) -> Regression:
    """Ordered probit by Newton steps with halving; the log-likelihood is concave."""
    seen = codes != MISSING
    steps = np.arange(n_categories - 1)
    at_upper = ((codes[:, None] == steps) & seen[:, None]).astype(float)
    at_lower = ((codes[:, None] == steps + 1) & seen[:, None]).astype(float)
    own = None if weights is None else weights[seen]
    counts = np.bincount(codes[seen], own, minlength=n_categories)
    share = np.cumsum(counts)[:-1] / summed(seen, weights)
    parameters = np.concatenate((ndtri(share), np.zeros(x.shape[1])))
    current = _probit_terms(parameters, codes, x, at_upper, at_lower, weights)
    for _ in range(MAX_ITERATIONS):
        slope = summed(current.scores, weights)
        step = np.linalg.solve(current.curvature, slope)
        size, gain = 1.0, float(step @ slope)
        while size > 1e-8:
            new = _probit_terms(parameters + size * step, codes, x, at_upper, at_lower, weights)
            if new.value >= current.value - 1e-12 * abs(current.value):
                break
            size *= 0.5
        parameters, current = parameters + size * step, new
        if gain < TOLERANCE * TOLERANCE * len(x):
            break
    else:
        raise ModelError(f"the probit regression of '{name}' on the covariates does not converge")
    k = n_categories - 1
    return Regression(
        True,
        parameters[:k],
        parameters[k:],
        1.0,
        seen,
        current.upper,
        current.lower,
        np.zeros(len(x)),
        at_upper,
        at_lower,
        _influence(current.scores, weights),
    )


@dataclass(frozen=True, slots=True)
class _ProbitTerms:
    """Log-likelihood, casewise scores and curvature of an ordered probit."""

    value: float
    scores: Array
    curvature: Array
    upper: Array
    lower: Array


def _probit_terms(
    parameters: Array,
    codes: NDArray[np.integer],
    x: Array,
    at_upper: Array,
    at_lower: Array,
    weights: Array | None,
) -> _ProbitTerms:
    k = at_upper.shape[1]
    seen = codes != MISSING
    line = x @ parameters[k:]
    edges = np.concatenate(([-FAR], parameters[:k], [FAR]))
    place = np.where(seen, codes, 0)
    upper = np.where(seen, np.clip(edges[place + 1] - line, -FAR, FAR), 0.0)
    lower = np.where(seen, np.clip(edges[place] - line, -FAR, FAR), 0.0)
    upper = np.where(seen & (codes == k), FAR, upper)
    lower = np.where(seen & (codes == 0), -FAR, lower)
    probability = np.where(seen, interval_probability(lower, upper), 1.0)
    high, low = np.exp(-0.5 * upper**2) / ROOT_2PI, np.exp(-0.5 * lower**2) / ROOT_2PI
    high, low = np.where(seen, high / probability, 0.0), np.where(seen, low / probability, 0.0)
    # Derivatives of the two distances: (threshold above, −x) and (threshold below, −x).
    rise, fall = np.column_stack((at_upper, -x)), np.column_stack((at_lower, -x))
    scores = high[:, None] * rise - low[:, None] * fall
    bend = rise.T @ (weighed(upper * high, weights)[:, None] * rise)
    bend -= fall.T @ (weighed(lower * low, weights)[:, None] * fall)
    value = (
        float(weighed(np.log(probability), weights)[seen].sum())
        if (np.diff(parameters[:k]) > 0).all()
        else -np.inf
    )
    return _ProbitTerms(value, scores, scores.T @ weighed(scores, weights) + bend, upper, lower)
