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

from comply_measure.sem.arrays import Array
from comply_measure.sem.blocks import block_product
from comply_measure.sem.inference.covariance import ParameterCovariance, invert, standard_covariance
from comply_measure.sem.inference.parts import (
    first_order_information,
    pieces_of,
    spread_groups,
    theta_places,
)
from comply_measure.sem.inference.residual_errors import ResidualErrors
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point


def normal_meats(model: Model, point: Point) -> list[Array]:
    """``Δᵀ V Γ V Δ`` of all groups with the normal-theory Γ at S."""
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
