"""Sample statistics given covariates: thresholds and slopes, residual correlations, and their covariance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.errors import InputError, Problem
from comply_measure.sem.ordinal.coding import MixedData
from comply_measure.sem.ordinal.conditional import Regression, regressions
from comply_measure.sem.ordinal.conditional_pairs import pair_correlation, pair_influence
from comply_measure.sem.ordinal.covariance import clustered_covariance, covariance_of_influences
from comply_measure.sem.ordinal.moments import OrdinalMoments, require_variances, require_variation
from comply_measure.sem.ordinal.polyserial import BOUND


def conditional_moments(data: MixedData, x: Array, gamma: bool = True) -> OrdinalMoments:
    """Moments of ordered and continuous variables given fixed covariates.

    Parameters
    ----------
    data : MixedData
        Variables without the covariates; missing values are used pairwise.
    x : array (n, q)
        Covariates, complete.
    gamma : bool
        Whether to compute the asymptotic covariance.

    Returns
    -------
    OrdinalMoments
        Thresholds and means are those at covariates of zero, covariances those of the residual responses.

    Raises
    ------
    InputError
        For variables without variation and pairs without common cases.
    ModelError
        For collinear covariates and probit regressions that do not converge.

    References
    ----------
    Muthén (1984), Psychometrika 49, 115-132: three-stage estimation with fixed covariates.
    """
    require_variation(data)
    fits = regressions(data, x, data.weights)
    p = len(fits)
    rows, columns = np.tril_indices(p, -1)
    order = np.lexsort((rows, columns))
    pairs = [(int(rows[k]), int(columns[k])) for k in order]
    correlation = np.eye(p)
    for i, j in pairs:
        correlation[i, j] = correlation[j, i] = pair_correlation(fits[j], fits[i], data.weights)[0]
    _require_common_cases(data.names, correlation)
    sd = np.sqrt([fit.variance for fit in fits])
    constants = np.concatenate([fit.constants for fit in fits])
    index = np.concatenate(
        [np.full(len(fit.constants), i if fit.ordered else -1) for i, fit in enumerate(fits)]
    )
    at_bound = [(j, i) for i, j in pairs if abs(correlation[i, j]) > BOUND - 1e-8]
    mean = np.array([0.0 if fit.ordered else fit.constants[0] for fit in fits])
    influences = _influences(fits, pairs, correlation, x, data.weights) if gamma else None
    covariance = None if influences is None else covariance_of_influences(influences, data.total)
    clustered = None
    if influences is not None and data.cluster is not None:
        clustered = clustered_covariance(influences, data.cluster, data.total)
    moments = OrdinalMoments(
        names=data.names,
        ordered=data.ordered,
        n_categories=data.n_categories,
        n_cases=data.total,
        thresholds=constants,
        threshold_index=index,
        mean=mean,
        covariance=correlation * np.outer(sd, sd),
        gamma=covariance,
        clustered=clustered,
        empty_cells={},
        at_bound=tuple((data.names[i], data.names[j]) for i, j in at_bound),
        slopes=np.array([fit.slopes for fit in fits]),
    )
    if covariance is not None:
        require_variances(moments, covariance)
    return moments


def _require_common_cases(names: Sequence[str], correlation: Array) -> None:
    missing = np.argwhere(np.triu(np.isnan(correlation), 1))
    if len(missing):
        problems = [Problem(f"no case has values of both '{names[i]}' and '{names[j]}'") for i, j in missing]
        raise InputError("The correlations of the ordered data cannot be estimated.", problems)


def _influences(
    fits: Sequence[Regression],
    pairs: Sequence[tuple[int, int]],
    correlation: Array,
    x: Array,
    weights: Array | None,
) -> Array:
    """Influences of the cases on all statistics, weighted by their sampling weights (n, D)."""
    n, q = x.shape
    constants, slopes, variances = [], [], []
    for fit in fits:
        k = len(fit.constants)
        constants.append(fit.influence[:, :k] if fit.ordered else -fit.influence[:, :k])
        slopes.append(fit.influence[:, k : k + q])
        if not fit.ordered:
            variances.append(fit.influence[:, -1:])
    by_covariate = np.stack(slopes, axis=2).reshape(n, -1)
    below = [pair_influence(fits[j], fits[i], correlation[i, j], x, weights)[:, None] for i, j in pairs]
    return weighed(np.hstack([*constants, by_covariate, *variances, *below]), weights)
