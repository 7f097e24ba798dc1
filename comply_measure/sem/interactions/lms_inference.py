"""Standard errors and tests of models with products of factors.

With ``s_i`` the score of case i, H the observed information and P its inverse:

* ``standard``: P;
* ``robust.huber.white``: ``P (Σ_i s_i s_iᵀ) P``; ``robust.cluster``: scores summed within clusters, times C/(C − 1);
* ``first.order``: ``(Σ_i s_i s_iᵀ)⁻¹``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.fit_measures.information_criteria import aic, bic, bic2
from comply_measure.sem.fit_measures.residual import covariance_residuals
from comply_measure.sem.inference.covariance import ParameterCovariance, invert, standard_covariance
from comply_measure.sem.interactions.lms_model import ProductModel
from comply_measure.sem.interactions.lms_objective import ProductPoint
from comply_measure.statistics.arrays import group_sums

BLURRED = 1e-7  # share of the largest eigenvalue that differences of the gradient do not resolve


def meat(model: ProductModel, point: ProductPoint) -> Array:
    """``Σ s sᵀ / n`` over cases, or over clusters where the model has them (q, q)."""
    scores, n = point.scores, model.sample.n
    codes = [group.cluster for group in model.sample.groups]
    if any(code is None for code in codes):
        return scores.T @ scores / n
    joined = np.concatenate([code for code in codes if code is not None])
    _, place = np.unique(joined, return_inverse=True)
    count = int(place.max()) + 1
    sums = group_sums(scores, place.reshape(-1), count)
    return sums.T @ sums / n * count / (count - 1)


def covariance_of(model: ProductModel, point: ProductPoint, jacobian: Array | None) -> ParameterCovariance:
    """Covariance matrix of θ̂ by the model's choice of standard errors.

    Parameters
    ----------
    model : ProductModel
    point : ProductPoint
        The optimum.
    jacobian : array or None
        Binding constraints that are not linear.
    """
    n = float(model.sample.n)
    if model.options.se == "first.order":
        return invert(point.objective.space.curvature(meat(model, point)), point, n, jacobian)
    standard = standard_covariance(point, "observed", n, jacobian)
    if model.options.se in ("standard", "none") or standard.vcov is None:
        return standard
    P = standard.vcov * n
    return replace(standard, vcov=P @ meat(model, point) @ P / n)


def sharpened(point: ProductPoint) -> Array:
    """Observed information per case in θ, without what is left of a singular direction after differencing (q, q)."""
    information = 0.5 * point.theta_hessian
    size = np.sqrt(np.maximum(np.abs(information.diagonal()), 1e-300))
    values, vectors = np.linalg.eigh(information / size / size[:, None])
    values[np.abs(values) < BLURRED * np.abs(values).max(initial=0.0)] = 0.0
    return np.asarray((vectors * values) @ vectors.T * size * size[:, None])


def inflation(
    model: ProductModel, point: ProductPoint, jacobian: Array | None, places: tuple[int, ...]
) -> float:
    """``tr(V⁻¹ V_robust)`` of some parameters; NaN where V is singular.

    Parameters
    ----------
    model : ProductModel
    point : ProductPoint
        The optimum.
    jacobian : array or None
        Binding constraints that are not linear.
    places : tuple of int
        Places of θ.
    """
    standard = standard_covariance(point, "observed", float(model.sample.n), jacobian).vcov
    robust = covariance_of(model, point, jacobian).vcov
    if standard is None or robust is None:
        return math.nan
    own = np.ix_(places, places)
    return float(np.vdot(np.linalg.pinv(standard[own]), robust[own]))


def measures_of(model: ProductModel, point: ProductPoint) -> dict[str, float]:
    """Log-likelihood, information criteria, and the SRMR of the moments that the model with its products implies.

    ``chisq``, ``df`` and ``pvalue`` are NaN: there is no saturated model to compare with. ``linear.logl`` and
    ``linear.npar`` are those of the model without the products.
    """
    n, npar, logl = float(model.sample.n), float(model.n_parameters), point.loglik
    return {
        "npar": npar,
        "chisq": math.nan,
        "df": math.nan,
        "pvalue": math.nan,
        "logl": logl,
        "aic": aic(logl, npar),
        "bic": bic(logl, npar, n),
        "bic2": bic2(logl, npar, n),
        "ntotal": n,
        "srmr": covariance_residuals(model, point).srmr,
        "linear.logl": model.linear_loglik,
        "linear.npar": float(model.linear.n_parameters),
    }
