"""Fit measures that two levels define differently."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.fit_measures.collect import SHARED_TOPICS, Evidence, collect
from comply_measure.sem.twolevel.likelihood import LOG_2PI
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.statistics.correlation import to_correlations

FLOOR = 1e-6


def collect_two_level(model: TwoLevelModel, evidence: Evidence) -> dict[str, float]:
    """All measures of a two-level fit under lavaan's names."""

    def residual(given: Evidence) -> dict[str, float]:
        within, between = level_residuals(model, given)
        return {
            "fmin": deviance_per_case(model, given),
            "srmr": within + between,
            "srmr_within": within,
            "srmr_between": between,
        }

    return collect(evidence, (*SHARED_TOPICS, residual))


def deviance_per_case(model: TwoLevelModel, evidence: Evidence) -> float:
    """Half of −2 log L per case without its constant: what lavaan calls ``fmin`` of a two-level model."""
    saturated = sum(found.loglik for found in model.data.saturated)
    loglik = saturated - 0.5 * model.data.n * evidence.point.value
    values = sum(part.n_values for part in model.data.parts)
    return -(loglik + 0.5 * values * LOG_2PI) / model.data.n


def level_residuals(model: TwoLevelModel, evidence: Evidence) -> tuple[float, float]:
    """SRMR of the within and of the between level.

    Root mean square of the differences between saturated and implied correlations (the diagonal counts,
    with zeros), averaged over groups with their shares of the cases. An implied between matrix that is
    not positive definite has its eigenvalues raised to 1e-6 of the largest, as lavaan does.

    Parameters
    ----------
    model : TwoLevelModel
    evidence : Evidence
        With the optimum.

    Returns
    -------
    (float, float)
        NaN for a level where a variance is not positive.
    """
    total = np.zeros(2)
    for g, part in enumerate(model.data.parts):
        saturated = model.data.saturated[g].moments
        within, between = evidence.point.implied[2 * g : 2 * g + 2]
        pair = (
            correlation_residual(saturated.within, within.sigma),
            correlation_residual(saturated.between, _raised(between.sigma)),
        )
        total += part.n / model.data.n * np.array(pair)
    return float(total[0]), float(total[1])


def correlation_residual(sample: Array, implied: Array) -> float:
    """Root mean square difference of two matrices' correlations over p(p+1)/2 entries."""
    p = len(sample)
    s, t = np.diag(sample), np.diag(implied)
    if not (s > 0.0).all() or not (t > 0.0).all():
        return float("nan")
    gap = to_correlations(sample, root="product") - to_correlations(implied, root="product")
    return float(np.sqrt(np.sum(np.tril(gap) ** 2) / (p * (p + 1) / 2)))


def _raised(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    floor = FLOOR * abs(values[-1])
    return np.asarray((vectors * np.maximum(values, floor)) @ vectors.T) if values[0] < floor else matrix
