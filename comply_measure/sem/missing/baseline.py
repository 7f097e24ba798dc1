"""The baseline (independence) model in incomplete data: closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.likelihood import LOG_2PI
from comply_measure.sem.missing.patterns import FloatArray, IntArray

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


def baseline_moments(data: FloatArray, exogenous: IntArray = NO_COLUMNS) -> Baseline:
    """Independence model with free means and variances.

    The likelihood falls apart into one normal sample per variable, of the cases that have it:
    ``μ_j`` and ``σ_jj`` are their mean and variance (divisor n_j), and
    ``l = −½ Σ_j n_j (log 2π + log σ_jj + 1)``. Fixed exogenous variables keep their covariances.

    Parameters
    ----------
    data : (n, p) float array
        NaN marks a missing value.
    exogenous : int array
        Columns of fixed exogenous variables; complete.

    Returns
    -------
    Baseline

    Raises
    ------
    ValueError
        If a fixed exogenous variable has missing values among the cases used.
    """
    data = data[~np.isnan(data).all(axis=1)]
    p = data.shape[1]
    mu, variance = np.nanmean(data, axis=0), np.nanvar(data, axis=0)
    seen = np.count_nonzero(~np.isnan(data), axis=0)
    free = np.setdiff1d(np.arange(p), exogenous)
    sigma = np.diag(variance)
    with np.errstate(divide="ignore"):
        loglik = -0.5 * float(seen[free] @ (LOG_2PI + np.log(variance[free]) + 1.0))
    if len(exogenous):
        x = data[:, exogenous]
        if np.isnan(x).any():
            raise ValueError("fixed exogenous variables must be complete")
        block = np.atleast_2d(np.cov(x, rowvar=False, bias=True))
        sigma[np.ix_(exogenous, exogenous)] = block
        log_det = float(np.linalg.slogdet(block)[1])
        loglik -= 0.5 * len(x) * (len(exogenous) * (LOG_2PI + 1.0) + log_det)
    return Baseline(sigma, mu, loglik, _unit_derivatives(p, free))


def _unit_derivatives(p: int, free: IntArray) -> MomentDerivatives:
    """Derivatives along the means, then the variances, of the given variables."""
    k = len(free)
    left, right, mean = (np.zeros((p, 2 * k)) for _ in range(3))
    mean[free, np.arange(k)] = 1.0
    left[free, k + np.arange(k)] = 0.5
    right[free, k + np.arange(k)] = 1.0
    return MomentDerivatives(left, right, mean)
