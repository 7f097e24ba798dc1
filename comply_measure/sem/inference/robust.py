"""Sandwich covariance matrices of the estimates.

With P the inverse information (on the constraints' tangent space) and B the first-order part::

    Var(θ̂) = P B P / n

* ``robust.sem`` (Browne, 1984; Satorra & Bentler, 1994): B = Δᵀ V Γ V Δ, P from the expected information.
* ``robust.sem.nt``: the same with Γ as under normality, at S.
* ``robust.huber.white`` (Huber, 1967; White, 1982): B = mean outer product of casewise scores, P from the
  observed information. With clusters, scores are summed within clusters and B is multiplied by C/(C − 1).
* ``first.order``: Var(θ̂) = B⁻¹ / n, with B as above.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.blocks import block_product
from comply_measure.sem.discrepancy.base import CasewiseEvaluation, RobustEvaluation, RobustPieces
from comply_measure.sem.discrepancy.casewise import first_order
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import ParameterCovariance, invert, standard_covariance
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point


def pieces_of(point: Point, second_order: bool) -> list[RobustPieces]:
    """Robust pieces of all groups.

    Raises
    ------
    ModelError
        When the estimator has none.
    """
    found = []
    for evaluation in point.evaluations:
        if not isinstance(evaluation, RobustEvaluation):
            raise ModelError("this combination of estimator and missing values has no such robust statistics")
        found.append(evaluation.robust_pieces(second_order))
    return found


def scores_of(point: Point) -> list[Array]:
    """Casewise scores of all groups.

    Raises
    ------
    ModelError
        When the estimator is not a likelihood.
    """
    found = []
    for evaluation in point.evaluations:
        if not isinstance(evaluation, CasewiseEvaluation):
            raise ModelError("casewise scores need maximum likelihood and raw data")
        found.append(evaluation.scores())
    return found


def spread_groups(point: Point, parts: list[Array]) -> Array:
    """Σ_g (n_g / n) part_g, each in its group's place (q, q)."""
    objective, q = point.objective, len(point.theta)
    total = np.zeros((q, q))
    for layout, weight, part in zip(objective.layouts, objective.weights, parts, strict=True):
        rows = slice(layout.first, layout.first + layout.q)
        total[rows, rows] += weight * part
    return total


def first_order_information(model: Model, point: Point) -> Array:
    """Mean outer product of casewise (or cluster) scores, over all groups (q, q)."""
    clusters = [group.cluster for group in model.sample.groups]
    parts = [first_order(scores, cluster) for scores, cluster in zip(scores_of(point), clusters, strict=True)]
    return spread_groups(point, parts)


def normal_meats(model: Model, point: Point) -> list[Array]:
    """``Δᵀ V Γ V Δ`` of all groups with the normal-theory Γ at S."""
    from comply_measure.sem.inference.residuals import ResidualErrors

    errors = [ResidualErrors(model, point, group) for group in range(len(model.sample.groups))]
    return [error.weighted.T @ error.normal_spread() for error in errors]


def covariance_of(model: Model, point: Point, jacobian: Array | None) -> ParameterCovariance:
    """Covariance matrix of θ̂ by the model's choice of standard errors.

    Parameters
    ----------
    model : Model
        The model with its options.
    point : Point
        The optimum.
    jacobian : array or None
        Binding constraints that are not linear.
    """
    options = model.options
    n = model.n_inference
    if options.se == "first.order":
        space = point.objective.space
        return invert(space.curvature(first_order_information(model, point)), point, n, jacobian)
    standard = standard_covariance(point, options.information, n, jacobian)
    if options.se in ("standard", "none", "bootstrap") or standard.vcov is None:
        return standard
    P = standard.vcov * n
    if options.se == "robust.sem.nt":
        B = spread_groups(point, normal_meats(model, point))
    elif options.se == "robust.sem":
        B = spread_groups(point, [pieces.meat for pieces in pieces_of(point, False)])
    else:
        B = first_order_information(model, point)
    return replace(standard, vcov=block_product(theta_places(point, jacobian), P, B, P) / n)


def theta_places(point: Point, jacobian: Array | None) -> list[Index]:
    """Places in θ of groups that hang together; constraints that are not linear may tie any."""
    if jacobian is not None and len(jacobian):
        return [np.arange(len(point.theta))]
    return [component.theta for component in point.objective.components]
