"""What the seen values say about the missing ones, at given moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, PatternBlock


@dataclass(frozen=True, slots=True)
class Completion:
    """Conditional moments of the missing values given the seen ones.

    Attributes
    ----------
    precision : (p, p) float array
        ``W = Σ⁻¹``.
    log_determinant : float
        ``Σ_i log|Σ_oo,i|`` summed over cases.
    residual : (R, p) float array
        Rows less their mean, the missing places filled with their conditional mean.
    roots : tuple of (K, m, m) float arrays
        Per block, ``L`` with ``L Lᵀ = C``, the conditional covariance of what a pattern lacks.
    uncertainty : (p, p) float array
        ``M = Σ_i C_i`` summed over cases.
    """

    precision: FloatArray
    log_determinant: float
    residual: FloatArray
    roots: tuple[FloatArray, ...]
    uncertainty: FloatArray


def complete(sample: IncompleteSample, sigma: FloatArray, mu: FloatArray) -> Completion:
    """Conditional means and covariances of the missing values (the E step of Dempster et al., 1977).

    With ``W = Σ⁻¹``, ``r = x − μ`` (zero where missing) and m the missing places:
    ``C = (W_mm)⁻¹``, ``r̂_m = −C (W r)_m`` and ``log|Σ_oo| = log|Σ| + log|W_mm|``.

    Parameters
    ----------
    sample : IncompleteSample
    sigma : (p, p) float array
        Covariance matrix, positive definite.
    mu : (p,) float array

    Returns
    -------
    Completion

    Raises
    ------
    numpy.linalg.LinAlgError
        If ``sigma`` is not positive definite.
    """
    p = sample.n_variables
    root_inverse = np.linalg.inv(np.linalg.cholesky(sigma))
    precision = root_inverse.T @ root_inverse
    log_determinant = -2.0 * sample.n_cases * float(np.sum(np.log(np.diag(root_inverse))))
    # row by row, so that the gaps are filled at their places in one line of numbers
    residual = np.subtract(sample.values, sample.weight[:, None] * (sample.observed * mu), order="C")
    gradient = residual @ precision
    roots, uncertainty = [], np.zeros(p * p)
    for block in sample.blocks:
        root, log_det = _conditional_roots(precision, block)
        roots.append(root)
        log_determinant += float(block.frequency @ log_det)
        if block.n_missing:
            covariance = root @ root.transpose(0, 2, 1)
            lacking = gradient.reshape(-1)[block.gaps]
            filled = -np.matmul(covariance[block.owner], lacking[:, :, None])[:, :, 0]
            residual.reshape(-1)[block.gaps] = filled
            uncertainty += _scatter(block, covariance, p)
    return Completion(precision, log_determinant, residual, tuple(roots), uncertainty.reshape(p, p))


def _conditional_roots(precision: FloatArray, block: PatternBlock) -> tuple[FloatArray, FloatArray]:
    """``L`` with ``L Lᵀ = (W_mm)⁻¹`` and ``log|W_mm|``, per pattern of a block."""
    k, m = block.missing.shape
    if m == 0:
        return np.zeros((k, 0, 0)), np.zeros(k)
    own = precision.reshape(-1)[block.pairs]
    if m == 1:  # without a factorisation per pattern
        if not (own > 0.0).all():
            raise np.linalg.LinAlgError("the precision is not positive definite")
        single = np.sqrt(own)
        return 1.0 / single, 2.0 * np.log(single[:, 0, 0])
    lower = np.linalg.cholesky(own)
    log_det = 2.0 * np.sum(np.log(np.diagonal(lower, axis1=1, axis2=2)), axis=1)
    return np.linalg.inv(lower).transpose(0, 2, 1), log_det


def _scatter(block: PatternBlock, covariance: FloatArray, p: int) -> FloatArray:
    """Sum of the patterns' conditional covariances, each at its own places, times their cases."""
    weights = covariance * block.frequency[:, None, None]
    return np.asarray(np.bincount(block.pairs.ravel(), weights=weights.ravel(), minlength=p * p), dtype=float)
