"""How much of an item its neighbours say already: the error of the logarithm of its variance inflation."""

from __future__ import annotations

import numpy as np

from comply_measure.measurement.moments import Floats
from comply_measure.measurement.saturated import covariance_of
from comply_measure.statistics.cluster_robust import Codes


def log_inflation_errors(values: Floats, codes: Codes) -> Floats:
    r"""Standard errors of ``ln VIF`` of every item by the others, with rows that are alike within clusters.

    :math:`\ln\mathrm{VIF}_j = \ln C_{jj} + \ln (C^{-1})_{jj}` of the pairwise covariances C. To first order row i moves
    it by

    .. math::
       u_{ij} = \frac{c_{ijj}}{C_{jj}} - \frac{b_j' c_i b_j}{(C^{-1})_{jj}}, \qquad
       c_{ikl} = \frac{n}{n_{kl}} \bigl((x_{ik} - \bar x_k)(x_{il} - \bar x_l) - C_{kl}\bigr),

    :math:`b_j` the j-th column of :math:`C^{-1}` and c 0 where one of the two answers is missing; the error is
    :math:`\sqrt{\frac{K}{K-1} \sum_k (\sum_{i \in k} u_{ij})^2} / n` over K clusters (Binder, 1983). With complete
    answers and clusters of one it estimates :math:`2R/\sqrt{n}`, the value under normality (Olkin & Finn, 1995).

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    codes : ndarray of int, shape (n,)
        Cluster of every row, from 0.

    Returns
    -------
    ndarray, shape (p,)
        NaN where a covariance is undefined or singular, and with one cluster.
    """
    answered = ~np.isnan(values)
    used = answered.any(axis=1)
    values, answered, codes = values[used], answered[used], codes[used]
    p, clusters = values.shape[1], len(np.unique(codes))
    if clusters < 2:
        return np.full(p, np.nan)
    covariance, reason = covariance_of(values, "pairwise")
    if reason or np.linalg.matrix_rank(covariance) < p:
        return np.full(p, np.nan)
    n, flags = len(values), answered.astype(float)
    counts = flags.T @ flags
    covariance = covariance * (counts - 1) / counts
    weights, inverse = n / counts, np.linalg.inv(covariance)
    centred = np.where(answered, values - np.nanmean(values, axis=0), 0.0)
    own = (centred**2 - flags * np.diag(covariance)) * np.diag(weights) / np.diag(covariance)
    # b' c_i b = Σ_kl b_k b_l w_kl (x_k x_l − C_kl), the second part only over pairs that the row answers
    rows = np.empty((n, p))
    for j in range(p):
        outer = weights * np.outer(inverse[j], inverse[j])
        moved = ((centred @ outer) * centred).sum(axis=1) - ((flags @ (outer * covariance)) * flags).sum(
            axis=1
        )
        rows[:, j] = own[:, j] - moved / inverse[j, j]
    sums = np.zeros((int(codes.max()) + 1, p))
    np.add.at(sums, codes, rows)
    return np.asarray(np.sqrt(clusters / (clusters - 1) * (sums**2).sum(axis=0)) / n)
