"""The baseline (independence) model in incomplete data: closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import summed
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.likelihood import LOG_2PI, log_likelihood
from comply_measure.sem.missing.patterns import FloatArray, IntArray, group_cases

NO_COLUMNS: IntArray = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Maximum-likelihood moments under independence.

    Attributes
    ----------
    sigma : (p, p) float array
        Diagonal, but for covariances among fixed exogenous variables.
    mu : (p,) float array
    loglik : float
    derivatives : MomentDerivatives
        Along the free means and variances; means first.
    """

    sigma: FloatArray
    mu: FloatArray
    loglik: float
    derivatives: MomentDerivatives

    @property
    def n_parameters(self) -> int:
        """Free means and variances."""
        return self.derivatives.n_parameters


def baseline_moments(
    data: FloatArray,
    exogenous: IntArray = NO_COLUMNS,
    covariance: FloatArray | None = None,
    mean: FloatArray | None = None,
    sampling: FloatArray | None = None,
) -> Baseline:
    """Independence model with free means and variances.

    The likelihood falls apart into one normal sample per variable, of the cases that have it:
    ``μ_j`` and ``σ_jj`` are their mean and variance (divisor n_j), and
    ``l = −½ Σ_j n_j (log 2π + log σ_jj + 1)``. Fixed exogenous variables keep the moments they are fixed
    at, and add their own log-likelihood.

    Parameters
    ----------
    data : (n, p) float array
        NaN marks a missing value.
    exogenous : int array
        Columns of fixed exogenous variables.
    covariance : (p, p) float array
    mean : (p,) float array
        Moments at which exogenous variables are fixed; needed if there are any.
    sampling : (n,) float array, optional
        Sampling weights: means, variances and n_j are weighted.

    Returns
    -------
    Baseline

    Raises
    ------
    ValueError
        If the moments of fixed exogenous variables are not given.
    """
    used = ~np.isnan(data).all(axis=1)
    data, sampling = data[used], None if sampling is None else sampling[used]
    p = data.shape[1]
    seen = summed(~np.isnan(data), sampling)
    if sampling is None:
        mu, variance = np.nanmean(data, axis=0), np.nanvar(data, axis=0)
    else:
        mu = summed(np.nan_to_num(data), sampling) / seen
        variance = summed(np.nan_to_num(data - mu) ** 2, sampling) / seen
    free = np.setdiff1d(np.arange(p), exogenous)
    sigma = np.diag(variance)
    with np.errstate(divide="ignore"):
        loglik = -0.5 * float(seen[free] @ (LOG_2PI + np.log(variance[free]) + 1.0))
    if len(exogenous):
        if covariance is None or mean is None:
            raise ValueError("fixed exogenous variables need the moments they are fixed at")
        block = np.ix_(exogenous, exogenous)
        sigma[block], mu[exogenous] = covariance[block], mean[exogenous]
        loglik += log_likelihood(
            group_cases(data[:, exogenous], sampling=sampling), sigma[block], mu[exogenous]
        )
    return Baseline(sigma, mu, loglik, _unit_derivatives(p, free))


def _unit_derivatives(p: int, free: IntArray) -> MomentDerivatives:
    """Derivatives along the means, then the variances, of the given variables."""
    k = len(free)
    left, right, mean = (np.zeros((p, 2 * k)) for _ in range(3))
    mean[free, np.arange(k)] = 1.0
    left[free, k + np.arange(k)] = 0.5
    right[free, k + np.arange(k)] = 1.0
    return MomentDerivatives(left, right, mean)
