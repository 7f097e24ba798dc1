"""Standard errors and tests of two-level models.

Clusters are the independent units: with ``s_j`` the score of cluster j, H the observed (or expected)
information of the sample,

* standard: ``Var(θ̂) = H⁻¹``;
* ``robust.huber.white``: ``H⁻¹ (Σ_j s_j s_jᵀ) H⁻¹``;
* Yuan & Bentler (2000) in Mplus' form: ``c = (tr(A₁⁻¹ B₁) − tr(H⁻¹ B₀)) / df`` with ``B₀ = Σ_j s_j s_jᵀ``
  and ``A₁, B₁`` the same for the saturated moments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.inference.covariance import (
    ParameterCovariance,
    invert,
    standard_covariance,
    symmetric_inverse,
)
from comply_measure.sem.inference.tests import NO_DF, TestStatistic
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.twolevel.incomplete import Clusters
from comply_measure.sem.twolevel.information import (
    TwoLevelDerivatives,
    cluster_scores,
    expected_information,
    observed_information,
)
from comply_measure.sem.twolevel.likelihood import slopes
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.sem.twolevel.objective import TwoLevelPoint, level_moments


def scores_of_clusters(point: TwoLevelPoint) -> Iterator[tuple[int, Array]]:
    """Groups by number, with the scores of their clusters on the group's parameters (clusters, q_g)."""
    for g, (sample, at) in enumerate(zip(point.objective.samples, point.slopes, strict=True)):
        mean = level_moments(sample, *point.levels(g)).mean
        yield g, cluster_scores(sample, at, mean, point.derivatives(g))


def first_order_information(point: TwoLevelPoint) -> Array:
    """``Σ_j s_j s_jᵀ / n`` over the clusters of all groups, with n cases (q, q)."""
    total = np.zeros((len(point.theta),) * 2)
    for g, scores in scores_of_clusters(point):
        total[point.place(g), point.place(g)] = scores.T @ scores
    return total / point.objective.n


def cluster_influence(point: TwoLevelPoint, jacobian: Array | None) -> Array:
    """``P s_j`` of every cluster, P the inverse observed information of a case (clusters, q).

    Raises
    ------
    ModelError
        When the information is singular.
    """
    P = standard_covariance(point, "observed", 1.0, jacobian).vcov
    if P is None:
        raise ModelError("the information matrix is singular: clusters have no influence on single estimates")
    parts = []
    for g, scores in scores_of_clusters(point):
        wide = np.zeros((len(scores), len(point.theta)))
        wide[:, point.place(g)] = scores
        parts.append(wide)
    return np.asarray(np.vstack(parts) @ P)


def covariance_of(model: TwoLevelModel, point: TwoLevelPoint, jacobian: Array | None) -> ParameterCovariance:
    """Covariance matrix of θ̂ by the model's choice of standard errors.

    Parameters
    ----------
    model : TwoLevelModel
    point : TwoLevelPoint
        The optimum.
    jacobian : array or None
        Binding constraints that are not linear.
    """
    n = model.n_inference
    if model.options.se == "first.order":
        return invert(point.objective.space.curvature(first_order_information(point)), point, n, jacobian)
    standard = standard_covariance(point, model.options.information, n, jacobian)
    if model.options.se in ("standard", "none") or standard.vcov is None:
        return standard
    P = standard.vcov * n
    return replace(standard, vcov=P @ first_order_information(point) @ P / n)


def scaled_test(
    model: TwoLevelModel, point: TwoLevelPoint, standard: TestStatistic, jacobian: Array | None = None
) -> TestStatistic:
    """The Yuan–Bentler–Mplus correction of a standard test.

    Parameters
    ----------
    model : TwoLevelModel
    point : TwoLevelPoint
        The optimum.
    standard : TestStatistic
    jacobian : array, optional
        Binding constraints that are not linear.

    Raises
    ------
    ModelError
        If the information about the parameters is singular.
    """
    name = model.options.test
    if not standard.df > 0 or not math.isfinite(standard.statistic):
        note = standard.note or NO_DF
        return TestStatistic(name, standard.statistic, standard.df, math.nan, math.nan, note=note)
    P = standard_covariance(point, model.options.information, 1.0, jacobian).vcov
    if P is None:
        raise ModelError("the information matrix is singular; no robust test is possible")
    h0 = float(np.vdot(P, first_order_information(point)))
    traces = [saturated_trace(model, g) for g in range(len(model.data.parts))]
    h1 = sum(traces)
    factor = (h1 - h0) / standard.df
    if not factor > 0.0:
        note = "the scaling factor is not positive, or the data do not determine the saturated model"
        return TestStatistic(name, math.nan, standard.df, math.nan, math.nan, trace=h1 - h0, note=note)
    statistic = standard.statistic / factor
    return TestStatistic(
        name,
        statistic,
        standard.df,
        upper_tail(statistic, standard.df),
        factor,
        trace=h1 - h0,
        factor_h0=h0 / max(model.table.n_free, 1),
        factor_h1=h1 / max(model.n_moments, 1),
    )


def saturated_trace(model: TwoLevelModel, group: int) -> float:
    """``tr(A₁⁻¹ B₁)`` of a group's saturated moments; NaN where their information is singular."""
    sample, moments = model.data.parts[group], model.data.saturated[group].moments
    at = slopes(sample, moments)
    directions = unit_changes(sample, *model.exogenous_places(group))
    kind = expected_information if model.options.information == "expected" else observed_information
    inverse = symmetric_inverse(kind(sample, at, directions))
    if inverse is None:
        return math.nan
    scores = cluster_scores(sample, at, moments.mean, directions)
    return float(np.vdot(scores @ inverse, scores))


def unit_changes(sample: Clusters, fixed_within: Index, fixed_between: Index) -> TwoLevelDerivatives:
    """Derivatives along every single moment of both levels, but those among fixed exogenous variables.

    The mean of a variable of both levels counts once, with the between level.

    Parameters
    ----------
    sample : TwoLevelSample or IncompleteClusters
    fixed_within, fixed_between : int arrays
        Columns of fixed exogenous variables of each level.
    """
    only_within = np.setdiff1d(sample.within, sample.between)
    return TwoLevelDerivatives(
        _units(sample.within, np.setdiff1d(only_within, fixed_within), fixed_within),
        _units(sample.between, np.setdiff1d(sample.between, fixed_between), fixed_between),
    )


def _units(places: Index, with_mean: Index, fixed: Index) -> MomentDerivatives:
    p = len(places)
    row, column = np.tril_indices(p)
    is_fixed = np.isin(places, fixed)
    keep = ~(is_fixed[row] & is_fixed[column])
    row, column = row[keep], column[keep]
    means = np.flatnonzero(np.isin(places, with_mean))
    count = len(means) + len(row)
    left, right, mean = (np.zeros((p, count)) for _ in range(3))
    mean[means, np.arange(len(means))] = 1.0
    at = len(means) + np.arange(len(row))
    left[row, at] = 1.0
    right[column, at] = np.where(row == column, 0.5, 1.0)
    return MomentDerivatives(left, right, mean)
