"""Lengths of residuals and sample moments in the metric of an estimator's weights.

For normal-theory weights at the matrix W⁻¹, with R the residual covariances and d those of means::

    rᵀ V r = ½ tr[(W R)²] + dᵀ W d
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.base import Evaluation, is_given, is_normal
from comply_measure.sem.discrepancy.fiml import FIMLEvaluation, implied_mean
from comply_measure.sem.implied import Implied
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.information import expected_information
from comply_measure.sem.sample import GroupSample


class Lengths(NamedTuple):
    """Weighted lengths of one group: rᵀVr, sᵀVs and how many moments there are."""

    residual: float
    observed: float
    n_moments: int


def complete_lengths(
    evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...] = ()
) -> Lengths:
    """Weighted lengths of a group's residuals and of its moments, by the evaluation's weight.

    NaN where the evaluation has no weight of the moments.

    Parameters
    ----------
    evaluation : Evaluation
        The group's discrepancy at the estimates.
    sample : GroupSample
        The group.
    with_means : bool
        Whether means are modelled.
    exogenous : tuple of str
        Fixed exogenous variables, whose moments have no weight.
    """
    if is_given(evaluation):
        weighted = evaluation.discrepancy
        length = weighted_length(weighted.moments.observed, weighted.weight)
        return Lengths(evaluation.value / evaluation.factor, length, n_moments(sample, with_means))
    if not is_normal(evaluation):
        return undefined_lengths(sample, with_means)
    implied = evaluation.implied
    pairs = _pairs(sample, sample.cov, sample.mean, implied, with_means, exogenous)
    residual, observed = (normal_length(evaluation.W, R, d) for R, d in pairs)
    return Lengths(residual, observed, n_moments(sample, with_means))


def incomplete_lengths(
    evaluation: FIMLEvaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...] = ()
) -> Lengths:
    """The same under missing values: moments of available values, weighted by the information about them."""
    cov, mean = available_moments(sample)
    pairs = _pairs(sample, cov, mean, evaluation.implied, with_means, exogenous)
    residual, observed = (_incomplete(evaluation, R, d) for R, d in pairs)
    return Lengths(residual, observed, n_moments(sample, with_means))


def undefined_lengths(sample: GroupSample, with_means: bool) -> Lengths:
    """NaN: no weights are known."""
    return Lengths(math.nan, math.nan, n_moments(sample, with_means))


def n_moments(sample: GroupSample, with_means: bool) -> int:
    """Covariances and, if modelled, means of a group."""
    return sample.p * (sample.p + 1) // 2 + (sample.p if with_means else 0)


def _pairs(
    sample: GroupSample,
    cov: Array,
    mean: Array | None,
    implied: Implied,
    with_means: bool,
    exogenous: tuple[str, ...],
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Covariances and means of the residuals, and of the moments themselves without fixed ones."""
    level = np.zeros(sample.p) if mean is None or not with_means else mean
    fixed = np.isin(sample.names, exogenous)
    own = np.where(fixed[:, None] & fixed, 0.0, cov), np.where(fixed, 0.0, level)
    return (cov - implied.sigma, level - implied_mean(implied) if with_means else level), own


def available_moments(sample: GroupSample) -> tuple[Array, Array | None]:
    """Covariances of available pairs, times (n − 1)/n, and means of available values.

    The classical GFI under missing values compares the model with these, as in lavaan, not with the saturated
    moments (but for sampling weights). NaN for a pair with fewer than two cases.
    """
    if sample.data is None or sample.weights is not None:
        return sample.cov, sample.mean
    seen = (~np.isnan(sample.data)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(seen > 0, sample.data, 0.0).sum(axis=0) / seen.sum(axis=0)
        centred = np.where(seen > 0, sample.data - mean, 0.0)
        count, sums = seen.T @ seen, centred.T @ seen
        cov = (centred.T @ centred - sums * sums.T / count) / np.where(count > 1, count - 1.0, np.nan)
    return cov * (sample.n - 1.0) / sample.n, mean


def normal_length(W: Array, R: Array, d: Array) -> float:
    """½ tr[(W R)²] + dᵀ W d."""
    WR = W @ R
    return 0.5 * float(np.vdot(WR, WR.T)) + float(d @ W @ d)


def weighted_length(moments: Array, weights: Array) -> float:
    """Give sᵀ V s for a full or a diagonal V."""
    return float(moments @ weights @ moments if weights.ndim == 2 else weights @ moments**2)


def _incomplete(evaluation: FIMLEvaluation, R: Array, d: Array) -> float:
    """rᵀ V r with V the expected information about the moments, given the patterns."""
    p = len(d)
    columns = MomentDerivatives(
        np.hstack([np.eye(p), np.zeros((p, 1))]),
        np.hstack([R / 2.0, np.zeros((p, 1))]),
        np.hstack([np.zeros((p, p)), d[:, None]]),
    )
    V = expected_information(evaluation.sample, evaluation.at.completion, columns)
    return float(V.sum()) / evaluation.n
