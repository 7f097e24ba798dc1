"""Robust CFI, TLI and RMSEA under full-information maximum likelihood (Zhang & Savalei, 2023).

See :mod:`comply_measure.sem.missing.correction`: the complete-data discrepancy ``X`` between the model at its
estimates and the saturated moments takes the place of χ², and its bias ``k`` that of df, so that the
scaling factor is ``k / df``; for the model and for the baseline model alike.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, sum_within_clusters
from comply_measure.sem.baseline import independence_fit, independence_key
from comply_measure.sem.discrepancy.fiml import implied_mean, moment_derivatives
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.inference.covariance import invert, symmetric_inverse
from comply_measure.sem.inference.parts import theta_places
from comply_measure.sem.missing.baseline import baseline_moments
from comply_measure.sem.missing.correction import (
    CorrectionGroup,
    bias_in_general,
    bias_under_normality,
    complete_discrepancy,
)
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.information import casewise_scores, expected_information, observed_information
from comply_measure.sem.missing.patterns import case_order
from comply_measure.sem.missing.sample import IncompleteGroup, incomplete_groups
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

NAN = float("nan")


def missing_data_basis(
    model: Model, point: Point, baseline_df: float, scaled: bool, jacobian: Array | None = None
) -> RobustBasis:
    """Basis of the robust indices of a model fitted to incomplete data.

    Parameters
    ----------
    model : Model
        Fitted by full-information maximum likelihood.
    point : Point
        The optimum.
    baseline_df : float
        Degrees of freedom of the baseline model.
    scaled : bool
        Whether the data may be non-normal (version 3 of the correction), or are taken as normal (6).
    jacobian : array (c, r), optional
        Binding constraints that are not linear.

    Returns
    -------
    RobustBasis
        NaN where the data do not determine the saturated moments, or these are too many.
    """
    groups = list(incomplete_groups(model.sample.groups))
    if not all(group.has_inference for group in groups):
        return RobustBasis(NAN, float(model.df), NAN, NAN, baseline_df, NAN, NAN, NAN)
    statistic, k = _of_model(model, point, groups, scaled, jacobian)
    key = ("robust", scaled, independence_key(model))
    statistic0, k0 = model.sample.once(key, lambda: _of_baseline(model, groups, scaled))
    df = float(model.df)
    c, c0 = (k / df if df > 0 else NAN), (k0 / baseline_df if baseline_df > 0 else NAN)
    return RobustBasis(statistic, df, c, statistic0, baseline_df, c0, statistic / c if df > 0 else NAN, c)


def _of_model(
    model: Model, point: Point, groups: list[IncompleteGroup], scaled: bool, jacobian: Array | None
) -> tuple[float, float]:
    """Complete-data discrepancy of the model times n, and its bias."""
    q = len(point.theta)
    parts, information, statistic = [], np.zeros((q, q)), 0.0
    for group, fixed, implied in zip(groups, model.exogenous, point.implied, strict=True):
        layout = implied.layout
        place = slice(layout.first, layout.first + layout.q)
        part, own = _seen_from_saturated(model, group, fixed, moment_derivatives(implied), place)
        parts.append(part)
        information[place, place] = own
        statistic += _discrepancy(group, implied.sigma, implied_mean(implied))
    space = point.objective.space
    covariance = invert(space.curvature(information), point, 1.0, jacobian).vcov
    if covariance is None:
        return statistic, NAN
    if scaled:
        return statistic, bias_in_general(parts, covariance, theta_places(point, jacobian))
    return statistic, bias_under_normality(parts, covariance)


def _of_baseline(model: Model, groups: list[IncompleteGroup], scaled: bool) -> tuple[float, float]:
    """The same for the independence model; in closed form unless exogenous variables are free to covary."""
    if not model.table.options.fixed_x and any(names.exogenous for names in model.table.variables):
        independence, point = independence_fit(model)
        return _of_model(independence, point, groups, scaled, None)
    statistic, k = 0.0, 0.0
    bias = bias_in_general if scaled else bias_under_normality
    for group, fixed in zip(groups, model.exogenous, strict=True):
        places = np.array([group.names.index(name) for name in fixed], dtype=np.intp)
        base = baseline_moments(group.values, places, group.cov, group.mean, group.weights)
        place = slice(0, base.n_parameters)
        part, information = _seen_from_saturated(model, group, fixed, base.derivatives, place)
        inverse = symmetric_inverse(information)
        statistic += _discrepancy(group, base.sigma, base.mu)
        k += NAN if inverse is None else bias([part], inverse)
    return statistic, k


def _seen_from_saturated(
    model: Model,
    group: IncompleteGroup,
    fixed: tuple[str, ...],
    derivatives: MomentDerivatives,
    place: slice,
) -> tuple[CorrectionGroup, Array]:
    """A group with its scores, and the information about its parameters, at the saturated moments."""
    cases, at = group.cases, group.completed
    scores = casewise_scores(cases, at, derivatives)
    if group.cluster is not None:
        scores = sum_within_clusters(scores, np.asarray(group.cluster)[case_order(cases)])
    information = expected_information if model.options.information == "expected" else observed_information
    part = CorrectionGroup(group.inference(fixed), derivatives, scores, place)
    return part, information(cases, at, derivatives)


def _discrepancy(group: IncompleteGroup, sigma: Array, mu: Array) -> float:
    mean = np.zeros(group.p) if group.mean is None else group.mean
    return group.n * complete_discrepancy(group.cov, mean, sigma, mu)
