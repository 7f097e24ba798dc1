"""Log-likelihood of incomplete normal data and its gradient with respect to the moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.missing.completion import Completion, complete
from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, case_order

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class MomentGradient:
    """Log-likelihood and its derivatives at given moments.

    Attributes
    ----------
    loglik : float
    covariance : (p, p) float array
        Symmetric ``G`` with ``dl = tr(G dΣ)``.
    mean : (p,) float array
        ``dl/dμ``.
    completion : Completion
        The conditional moments it was made from, for whoever needs the information next.
    """

    loglik: float
    covariance: FloatArray
    mean: FloatArray
    completion: Completion


def log_likelihood(sample: IncompleteSample, sigma: FloatArray, mu: FloatArray) -> float:
    """Observed-data log-likelihood (Arbuckle, 1996).

    ``l = −½ Σ_i [p_i log 2π + log|Σ_oo,i| + (x_i − μ_o)ᵀ Σ_oo,i⁻¹ (x_i − μ_o)]``

    Parameters
    ----------
    sample : IncompleteSample
    sigma : (p, p) float array
    mu : (p,) float array

    Returns
    -------
    float

    Raises
    ------
    numpy.linalg.LinAlgError
        If ``sigma`` is not positive definite.
    """
    return completed_log_likelihood(sample, complete(sample, sigma, mu))


def completed_log_likelihood(sample: IncompleteSample, completion: Completion) -> float:
    """:func:`log_likelihood` where the completion at its point is at hand."""
    r = completion.residual
    distance = float(np.sum((r @ completion.precision) * r))
    return -0.5 * (sample.n_values * LOG_2PI + completion.log_determinant + distance)


def moment_gradient(sample: IncompleteSample, sigma: FloatArray, mu: FloatArray) -> MomentGradient:
    """Log-likelihood with its gradient, by Fisher's identity.

    With ``T = Σ_i r̂_i r̂_iᵀ + C_i``: ``G = ½ (W T W − N W)`` and ``dl/dμ = W Σ_i r̂_i``.

    Parameters
    ----------
    sample : IncompleteSample
    sigma : (p, p) float array
    mu : (p,) float array

    Returns
    -------
    MomentGradient

    Raises
    ------
    numpy.linalg.LinAlgError
        If ``sigma`` is not positive definite.
    """
    done = complete(sample, sigma, mu)
    w = done.precision
    products = done.residual.T @ done.residual
    covariance = 0.5 * (w @ (products + done.uncertainty) @ w - sample.n_cases * w)
    loglik = -0.5 * (sample.n_values * LOG_2PI + done.log_determinant + float(np.sum(w * products)))
    return MomentGradient(loglik, covariance, w @ (sample.weight @ done.residual), done)


def casewise_log_likelihood(cases: IncompleteSample, sigma: FloatArray, mu: FloatArray) -> FloatArray:
    """Log-likelihood of each case (times its sampling weight), in the order of the data; NaN without any value.

    Parameters
    ----------
    cases : IncompleteSample
        From ``group_cases(data, condense=False)``.
    sigma : (p, p) float array
    mu : (p,) float array

    Returns
    -------
    (n,) float array
    """
    done = complete(cases, sigma, mu)
    r = done.residual
    log_det = np.empty(len(r))
    base = np.linalg.slogdet(sigma)[1]
    for block, root in zip(cases.blocks, done.roots, strict=True):
        lacking = -2.0 * np.sum(np.log(np.diagonal(root, axis1=1, axis2=2)), axis=1)
        log_det[block.rows] = base + lacking[block.owner]
    constant = cases.weight**2 * (cases.observed.sum(axis=1) * LOG_2PI + log_det)
    values = -0.5 * (constant + np.sum((r @ done.precision) * r, axis=1))
    return in_data_order(cases, values)


def in_data_order(cases: IncompleteSample, values: FloatArray) -> FloatArray:
    """Values of the sorted rows put back at the places of their cases; NaN where a case had no value."""
    ordered = np.full((cases.n_rows, *values.shape[1:]), np.nan)
    ordered[case_order(cases)] = values
    return ordered
