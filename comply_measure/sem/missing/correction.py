"""Indices of fit that missing values do not distort (Zhang & Savalei, 2023).

Under FIML the population value of χ² depends on how much is missing, and with it CFI, TLI and RMSEA. Their
repair takes the complete-data discrepancy between the model at the FIML estimates and the saturated
moments (EM), ``X = Σ_g N_g F_ML``, and its small-sample bias ``k``, so that ``X − k`` replaces ``χ² − df``:
the indices are those of a test statistic ``X`` with scaling factor ``c = k / df``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Index
from comply_measure.sem.blocks import block_product
from comply_measure.sem.missing.derivatives import MomentDerivatives, trace_pairs
from comply_measure.sem.missing.patterns import FloatArray
from comply_measure.sem.missing.saturated_inference import SaturatedInference
from comply_measure.sem.missing.saturated_information import dual_derivatives


@dataclass(frozen=True, slots=True)
class CorrectionGroup:
    """One group of a model, seen from the saturated moments.

    Attributes
    ----------
    saturated : SaturatedInference
        At the saturated moments, observed information.
    derivatives : MomentDerivatives
        Of the group's moments at the model's estimates.
    scores : (R, q_g) float array
        Casewise (or cluster) scores along the derivatives at the saturated moments.
    place : slice
        Where the group's parameters stand among all q.
    """

    saturated: SaturatedInference
    derivatives: MomentDerivatives
    scores: FloatArray
    place: slice


def complete_discrepancy(
    sample_cov: FloatArray, sample_mean: FloatArray, sigma: FloatArray, mu: FloatArray
) -> float:
    """``F_ML = log|Σ| + tr(S Σ⁻¹) − log|S| − p + (m − μ)ᵀ Σ⁻¹ (m − μ)``.

    Parameters
    ----------
    sample_cov : (p, p) float array
        S; here the saturated moments under missing data.
    sample_mean : (p,) float array
    sigma : (p, p) float array
    mu : (p,) float array

    Returns
    -------
    float
    """
    d = sample_mean - mu
    log_det = np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(sample_cov)[1]
    ratio = np.linalg.solve(sigma, sample_cov + np.outer(d, d))
    return float(log_det + np.trace(ratio) - len(mu))


def bias_under_normality(groups: Sequence[CorrectionGroup], covariance: FloatArray) -> float:
    """``k = tr(A_c A⁻¹) − tr(Δᵀ A_c Δ E⁻¹)``, the bias if the data are normal (version 6).

    A is the observed information about the saturated moments, ``A_c`` what it would be had nothing been
    missing, Δ the derivatives of the model's moments.

    Parameters
    ----------
    groups : sequence of CorrectionGroup
    covariance : (q, q) float array
        ``E⁻¹``, the inverse of ``Δᵀ A Δ`` within the constraints.

    Returns
    -------
    float
    """
    total = sum(group.saturated.trace_of_complete for group in groups)
    return float(total - np.vdot(_complete_part(groups, len(covariance)), covariance))


def bias_in_general(
    groups: Sequence[CorrectionGroup], covariance: FloatArray, places: Sequence[Index] | None = None
) -> float:
    """``k = Σ_i y_iᵀ A_c y_i`` with ``y_i = A⁻¹ s_i − Δ E⁻¹ Δᵀ s_i``, whatever the distribution (version 3).

    ``s_i`` is the score of case (or cluster) i for the saturated moments, and ``Δᵀ s_i`` its part along the
    model's parameters.

    Parameters
    ----------
    groups : sequence of CorrectionGroup
    covariance : (q, q) float array
        ``E⁻¹``.
    places : sequence of int arrays, optional
        Parameters that hang together, where the covariance is block diagonal.

    Returns
    -------
    float
    """
    inner = np.zeros_like(covariance)
    outer = np.zeros_like(covariance)
    total = 0.0
    for group in groups:
        at = group.saturated
        total += float(np.vdot(at.weighted_influence, at.influence))
        delta = dual_derivatives(_inverse(at.sigma), group.derivatives)
        inner[group.place, group.place] = (delta.T @ at.weighted_influence) @ group.scores
        outer[group.place, group.place] = group.scores.T @ group.scores
    blocks = [np.arange(len(covariance))] if places is None else places
    middle = block_product(blocks, covariance, _complete_part(groups, len(covariance)), covariance)
    return float(total - 2.0 * np.vdot(inner, covariance) + np.vdot(middle, outer))


def _complete_part(groups: Sequence[CorrectionGroup], q: int) -> FloatArray:
    """``Δᵀ A_c Δ``; (q, q)."""
    total = np.zeros((q, q))
    for group in groups:
        w, d = _inverse(group.saturated.sigma), group.derivatives
        expected = 0.5 * trace_pairs(d, w, w) + d.mean.T @ w @ d.mean
        total[group.place, group.place] = group.saturated.n_cases * expected
    return total


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=float)
