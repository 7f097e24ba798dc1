"""Residuals of the sample moments.

========================  ===========================================================================
``raw``                   s − σ(θ̂), m − μ(θ̂)
``cor`` (Bollen)          differences of correlations; means by √s_ii
``cor.bentler``           raw residuals by √(s_ii s_jj); means by √s_ii
``normalized``            raw by the standard error of the sample moment
``standardized``          raw by the standard error of the residual
========================  ===========================================================================

With Ω the covariance matrix of the sample moments (normal theory at S, or Γ/n where standard errors are
robust, from sums over clusters where there are any), V the weight of the estimator and P the inverse information,
the residuals have covariance ``(I − ΔPΔᵀV) Ω (I − ΔPΔᵀV)ᵀ`` (Bentler & Dijkstra, 1985; Ogasawara, 2001;
Maydeu-Olivares, 2017); only its diagonal is formed. The moments of all groups are stacked, groups weighted by their
shares f: parameters that groups share carry the sampling error of every group, so that group g has

    Ω_g − 2 f_g Δ_g P_gg Δ_gᵀV_gΩ_g + Δ_g [P (Σ_h f_h² Δ_hᵀV_hΩ_hV_hΔ_h) P]_gg Δ_gᵀ

(as lavaan from 0.7-1; earlier ones took the group's own error alone). A residual without sampling error (a moment
the model reproduces exactly) has z = 0.
"""

from __future__ import annotations

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import invert
from comply_measure.sem.inference.parts import spread_groups
from comply_measure.sem.inference.residual_errors import ResidualErrors, residual_matrices
from comply_measure.sem.model import Model
from comply_measure.sem.moment_tables import MomentTables, moment_tables
from comply_measure.sem.objective import Point

KINDS = ("raw", "cor", "cor.bollen", "cor.bentler", "normalized", "standardized")


def residual_tables(
    model: Model, point: Point, kind: str, jacobian: Array | None = None
) -> list[MomentTables]:
    """Residuals of covariances and, with means, of means; for every group.

    Parameters
    ----------
    model : Model
        The model.
    point : Point
        The optimum.
    kind : str
        One of :data:`KINDS`.
    jacobian : array, optional
        Binding constraints that are not linear, in φ.

    Raises
    ------
    ModelError
        When the information is singular, or the missing values do not allow standard errors.
    """
    if kind not in ("normalized", "standardized"):
        parts = [
            residual_matrices(sample, implied, kind)
            for sample, implied in zip(model.sample.groups, point.implied, strict=True)
        ]
        return [moment_tables(s.names, *part) for s, part in zip(model.sample.groups, parts, strict=True)]
    errors = [model.family.residual_errors(model, point, group) for group in range(len(model.sample.groups))]
    if kind == "normalized":
        variances = [error.sampling() for error in errors]
    else:
        P = _inverse(errors, point, jacobian)
        sandwich = P @ spread_groups(point, [error.meat() for error in errors]) @ P
        variances = [
            error.residual(P[error.place, error.place], sandwich[error.place, error.place], share)
            for error, share in zip(errors, model.sample.weights, strict=True)
        ]
    return [
        moment_tables(error.sample.names, *error.z(variance))
        for error, variance in zip(errors, variances, strict=True)
    ]


def _inverse(errors: list[ResidualErrors], point: Point, jacobian: Array | None) -> Array:
    """Inverse of Σ (n_g/n) Δᵀ V Δ on the constraints' tangent space, in θ (q, q)."""
    information = spread_groups(point, [error.jacobian.T @ error.weighted for error in errors])
    found = invert(point.objective.space.curvature(information), point, 1.0, jacobian).vcov
    if found is None:
        raise ModelError("the information matrix is singular; residuals have no standard errors")
    return found
