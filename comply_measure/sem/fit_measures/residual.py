"""Root mean square residuals.

With S and m sample moments, Σ and μ implied ones, p variables and e = p(p+1)/2 moments:

* RMR: residuals s_ij − σ_ij (and m_i − μ_i).
* SRMR, Bentler (1995): residuals divided by √(s_ii s_jj) (means by √s_ii).
* CRMR, Bollen (1989): differences of correlations, e = p(p−1)/2 (means as for SRMR, as lavaan does).
* Mplus' SRMR: as CRMR, plus the variances' (s_ii − σ_ii)/s_ii, e = p(p+1)/2 (means: m_i/√s_ii − μ_i/√σ_ii).

With means the squares of both kinds are summed and divided by the number of both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from comply_measure.sem.arrays import Array

if TYPE_CHECKING:
    from comply_measure.sem.model import Model
    from comply_measure.sem.objective import Point


class Residuals(NamedTuple):
    """Root mean squares of one group, each with means and without."""

    rmr: float
    rmr_nomean: float
    srmr: float
    srmr_nomean: float
    crmr: float
    crmr_nomean: float
    srmr_mplus: float
    srmr_mplus_nomean: float


def root_mean_squares(S: Array, sigma: Array, m: Array | None = None, mu: Array | None = None) -> Residuals:
    """All variants for one group.

    Parameters
    ----------
    S, sigma : arrays (p, p)
        Sample and implied covariance matrices.
    m, mu : arrays (p,), optional
        Sample and implied means; None when means are not modelled.
    """
    p = len(S)
    implied = np.where(
        sigma.diagonal() > 0.0, sigma.diagonal(), math.nan
    )  # no correlation without a variance
    s, t = np.sqrt(S.diagonal()), np.sqrt(implied)
    raw = S - sigma
    standardised = raw / np.outer(s, s)
    correlations = S / np.outer(s, s) - sigma / np.outer(t, t)
    e, off = p * (p + 1) / 2, p * (p - 1) / 2
    sums = (
        _lower(raw),
        _lower(standardised),
        (float(np.sum(correlations**2)) - float(np.sum(correlations.diagonal() ** 2))) / 2,
    )
    variances = float(np.sum(((s**2 - t**2) / s**2) ** 2))
    mplus = sums[2] + variances
    plain = (sums[0] / e, sums[1] / e, sums[2] / off if off else 0.0, mplus / e)
    if m is None or mu is None:
        full = plain
    else:
        by_s = float(np.sum(((m - mu) / s) ** 2))
        full = (
            (sums[0] + float(np.sum((m - mu) ** 2))) / (e + p),
            (sums[1] + by_s) / (e + p),
            (sums[2] + by_s) / (off + p),
            (mplus + float(np.sum((m / s - mu / t) ** 2))) / (e + p),
        )
    pairs = [math.sqrt(value) for pair in zip(full, plain, strict=True) for value in pair]
    return Residuals(*pairs)


def _lower(matrix: Array) -> float:
    """Sum of squares of the lower triangle with its diagonal."""
    diagonal = float(np.sum(matrix.diagonal() ** 2))
    return (float(np.vdot(matrix, matrix)) + diagonal) / 2


def covariance_residuals(model: Model, point: Point) -> Residuals:
    """Root mean square residuals of a model of covariances, averaged over groups with the groups' shares as weights.

    Parameters
    ----------
    model : Model
        The model.
    point : Point
        The estimates.
    """
    parts = []
    for group, implied in zip(model.sample.groups, point.implied, strict=True):
        means = (group.mean, implied.mu) if model.table.meanstructure else (None, None)
        parts.append(root_mean_squares(group.cov, implied.sigma, *means))
    weights = model.sample.weights
    return Residuals(*(sum(w * r[i] for w, r in zip(weights, parts, strict=True)) for i in range(8)))
