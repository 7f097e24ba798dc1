"""Weights of the informants of a unit, one function per scheme.

Every function returns weights of shape (G, R, J) that sum to 1 over the roles present and are 0 elsewhere.
Weighting is sensitivity analysis: in simulations it did not bring unit scores nearer to the truth than equal
weights do, unless informants differ in more than noise.
"""

from __future__ import annotations

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats


def normalised(raw: Floats, present: Bools) -> Floats:
    """Weights over the roles present that sum to 1; equal where all raw weights are zero.

    Parameters
    ----------
    raw : ndarray, shape (G, R, J) or what broadcasts to it
        Non-negative weights; NaN makes the unit's weights NaN.
    present : ndarray of bool, shape (G, R, J)
        Which scores exist.
    """
    weights = np.where(present, raw, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    flat = present & (total == 0)
    weights = np.where(flat, 1.0, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(present, weights / weights.sum(axis=1, keepdims=True), 0.0)


def equal_weights(values: Floats) -> Floats:
    """1/n over the n roles present."""
    present = ~np.isnan(values)
    return normalised(np.ones_like(values), present)


def competence_weights(
    values: Floats, competence: Floats, exponent: float = 1.0, *, rescale: bool = True
) -> Floats:
    """Weights in proportion to competence (or confidence), relative to the role: ``w ∝ (c/c̄_role)^β``.

    Weights by what informants say of their own knowledge are those of Van Bruggen, Lilien & Kacker (2002), who take
    confidence; Kumar, Stern & Anderson (1993) measure competence to select informants, not to weigh them. That c is
    divided by its role's mean, and the exponent, are ours; ``rescale=False`` gives ``c^β``.

    Parameters
    ----------
    values : ndarray, shape (G, R, J)
        Scores.
    competence : ndarray, shape (G, R)
        Competence c ≥ 0 of each informant. An informant with a score but without competence gets the role's
        mean; competence 0 excludes the informant unless all present have 0.
    exponent : float
        β; 0 gives equal weights.
    rescale : bool
        Whether to divide by the role's mean first, since roles use such items differently.

    Raises
    ------
    InputError
        Negative or infinite competence, a wrong shape, or a negative exponent.
    """
    problems = []
    if competence.shape != values.shape[:2]:
        problems.append(Problem("competence", value=competence.shape, allowed=f"shape {values.shape[:2]}"))
    elif (competence < 0).any() or np.isinf(competence).any():
        problems.append(
            Problem("competence", value=float(np.nanmin(competence)), allowed="0 or more, finite")
        )
    if exponent < 0:
        problems.append(Problem("exponent", value=exponent, allowed="0 or more"))
    if problems:
        raise InputError("Informants cannot be weighted by competence.", problems)
    known = ~np.isnan(competence)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, competence, 0.0).sum(axis=0) / known.sum(axis=0)
    mean = np.where(mean > 0, mean, 1.0)
    filled = np.where(known, competence, mean)
    scaled = filled / mean if rescale else filled
    return normalised((scaled**exponent)[:, :, None] * np.ones_like(values), ~np.isnan(values))


def response_weights(values: Floats, exponent: float = 1.0) -> Floats:
    """Weights that fall with the distance from the others: ``w ∝ 1/d^α`` (Van Bruggen, Lilien & Kacker 2002).

    ``d_r = |x_r - mean of the other informants present|`` on the variable. (The distance from the mean of all
    is the same up to n/(n - 1), and gives the same weights.) Informants at distance 0 share all the weight;
    with two informants the distances are equal and so are the weights.

    Parameters
    ----------
    values : ndarray, shape (G, R, J)
        Scores on which informants are compared and weighted.
    exponent : float
        α ≥ 0; 0 gives equal weights.

    Raises
    ------
    InputError
        A negative exponent.
    """
    if exponent < 0:
        fault = Problem("exponent", value=exponent, allowed="0 or more")
        raise InputError("Informants cannot be weighted by their answers.", [fault])
    present = ~np.isnan(values)
    if exponent == 0:
        return equal_weights(values)
    n = present.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(present, values, 0.0).sum(axis=1, keepdims=True) / n
        distance = np.where(present, np.abs(values - centre), np.inf)
        scale = np.where(present, np.abs(values), 0.0).max(axis=1, keepdims=True)
        zero = distance <= 1e-12 * np.maximum(scale, 1.0)
        raw = np.where(zero.any(axis=1, keepdims=True), zero.astype(np.float64), distance**-exponent)
    return normalised(raw, present)


def precision_weights(values: Floats) -> Floats:
    """Weights by precision, ``w_r ∝ 1/θ_r``: Bartlett's score of a common-fate factor with loadings 1.

    The common variance φ is the mean covariance between roles over units that have both, and
    ``θ_r = s²_r - φ`` what is left of the role's variance. NaN for a variable on which φ or some θ_r is not
    positive: then precision does not rank the roles.

    Parameters
    ----------
    values : ndarray, shape (G, R, J)
        Scores.
    """
    present = ~np.isnan(values)
    common, residual = common_fate_moments(values)
    with np.errstate(invalid="ignore"):
        usable = (common > 0) & (np.where(np.isnan(residual), np.inf, residual).min(axis=0) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(usable, 1.0 / residual, np.nan)
    return normalised(np.broadcast_to(raw, values.shape), present)


def common_fate_moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean covariance between roles, shape (J,), and what is left of each role's variance, shape (R, J)."""
    _, R, J = values.shape
    present = ~np.isnan(values)
    flags = present.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = flags.sum(axis=0)
        x = np.where(present, values - np.where(present, values, 0.0).sum(axis=0) / n, 0.0)
        variance = (x**2).sum(axis=0) / (n - 1.0)
        covariances = []
        for a in range(R):
            for b in range(a + 1, R):
                both = flags[:, a] * flags[:, b]
                m = both.sum(axis=0)
                products = (x[:, a] * x[:, b]).sum(axis=0)
                shift = (x[:, a] * both).sum(axis=0) * (x[:, b] * both).sum(axis=0) / m
                covariances.append((products - shift) / (m - 1.0))
        stacked = np.array(covariances).reshape(-1, J)
        known = np.isfinite(stacked)
        common = np.where(known, stacked, 0.0).sum(axis=0) / known.sum(axis=0)
    variance = np.where(n > 1, variance, np.nan)
    return common, variance - common
