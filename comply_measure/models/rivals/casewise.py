"""Casewise log-likelihoods of a fitted model, and what is needed to compare two models case by case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.sem.discrepancy.base import CasewiseEvaluation
from comply_measure.statistics.arrays import group_sums

Floats = NDArray[np.float64]
LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class CasewiseFit:
    """Contributions of the independent observations (cases, or clusters of cases) to a fit.

    Attributes
    ----------
    log_likelihood : ndarray, shape (n,)
        Per observation.
    scores : ndarray, shape (n, r)
        Derivatives of each log-likelihood in the free coordinates.
    information : ndarray, shape (r, r)
        Observed information per observation.
    key : ndarray, shape (n,)
        Identifies the observations: rows of the user's data, or clusters.
    clustered : bool
        Whether observations are clusters.
    """

    log_likelihood: Floats
    scores: Floats
    information: Floats
    key: NDArray[np.int64]
    clustered: bool


def normal_log_likelihood(values: Floats, mean: Floats, covariance: Floats) -> Floats:
    """Log-density of each case's observed values under a normal distribution.

    ``l_i = −½ [p_i log 2π + log|Σ_oo| + (x_o − μ_o)ᵀ Σ_oo⁻¹ (x_o − μ_o)]`` (Arbuckle 1996).

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    mean : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)

    Returns
    -------
    ndarray, shape (n,)
        0 for a case without values.
    """
    seen = ~np.isnan(values)
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    out = np.zeros(len(values))
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == number)
        if not pattern.any():
            continue
        root = np.linalg.cholesky(covariance[np.ix_(pattern, pattern)])
        z = np.linalg.solve(root, (values[rows][:, pattern] - mean[pattern]).T)
        logdet = 2.0 * np.log(np.diag(root)).sum()
        out[rows] = -0.5 * (pattern.sum() * LOG_2PI + logdet + (z * z).sum(axis=0))
    return out


def casewise_fit(fit: Fit) -> CasewiseFit:
    """Casewise contributions of a maximum-likelihood fit; per cluster when the fit has clusters.

    Raises
    ------
    ComplyError
        For fits that did not converge, are no likelihoods, rest on moments alone, or have fixed exogenous
        variables or non-linear constraints.
    """
    if not fit.model.family.one_level:
        raise ComplyError(f"casewise contributions are not there for {fit.model.family.name}")
    if fit.unreached:
        raise ComplyError(f"casewise contributions need an optimum, and the model {fit.unreached}")
    if not fit.model.family.has_loglik or any(fit.model.exogenous):
        raise ComplyError("casewise contributions need maximum likelihood without fixed exogenous variables")
    if other := _not_likelihood(fit):
        raise ComplyError(f"casewise contributions need maximum-likelihood estimates, not those of {other}")
    if fit.optimum.jacobian is not None and len(fit.optimum.jacobian):
        raise ComplyError("casewise contributions are not defined under non-linear constraints")
    values, scores, keys, clusters = [], [], [], []
    point, K = fit.optimum.point, fit.model.space.K
    for place, (group, layout) in enumerate(zip(fit.model.sample.groups, fit.model.layouts, strict=True)):
        evaluation, implied = point.evaluations[place], point.implied[place]
        if group.data is None or group.rows is None or not isinstance(evaluation, CasewiseEvaluation):
            raise ComplyError("casewise contributions need raw data, not moments alone")
        mean = implied.mu if implied.mu is not None else group.data.mean(axis=0)
        values.append(normal_log_likelihood(group.data, mean, implied.sigma))
        full = np.zeros((group.n_cases, len(point.theta)))
        full[:, layout.first : layout.first + layout.q] = evaluation.scores()
        scores.append(full if K is None else full @ K)
        keys.append(np.asarray(group.rows))
        clusters.append(group.cluster)
    information = 0.5 * point.hessian
    by_cluster = [c for c in clusters if c is not None]
    if len(by_cluster) < len(clusters):
        return CasewiseFit(
            np.concatenate(values), np.concatenate(scores), information, np.concatenate(keys), False
        )
    return _summed(np.concatenate(values), np.concatenate(scores), information, np.concatenate(by_cluster))


def _not_likelihood(fit: Fit) -> str:
    """What makes the estimates others than those that maximise the likelihood of the cases; empty for nothing."""
    if fit.steps:
        return "two steps"
    if fit.model.options.missing.endswith("two.stage"):
        return "two stages"
    return "sampling weights" if any(g.weights is not None for g in fit.model.sample.groups) else ""


def _summed(values: Floats, scores: Floats, information: Floats, cluster: NDArray[np.int64]) -> CasewiseFit:
    key, code = np.unique(cluster, return_inverse=True)
    total = np.asarray(np.bincount(code, weights=values), dtype=np.float64)
    summed = group_sums(scores, code, len(key))
    return CasewiseFit(total, summed, information * len(values) / len(key), key, True)
