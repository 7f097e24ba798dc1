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
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.fit_measures.information_criteria import aic, bic, bic2
from comply_measure.sem.fit_measures.residual import covariance_residuals
from comply_measure.sem.inference.covariance import ParameterCovariance, invert, standard_covariance
from comply_measure.sem.inference.tests import TestStatistic, chisquare_test
from comply_measure.sem.interactions.lms_model import ProductModel
from comply_measure.sem.interactions.lms_objective import ProductPoint
from comply_measure.sem.options import SANDWICH

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
    sums = np.zeros((count, scores.shape[1]))
    np.add.at(sums, place.reshape(-1), scores)
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


def product_test(model: ProductModel, point: ProductPoint, jacobian: Array | None) -> TestStatistic:
    """Likelihood-ratio test of all products together, against the same model with coefficients of zero.

    With sandwich standard errors the ratio is divided by the mean of the factors by which these change the covariance
    matrix of the products' coefficients, ``c = tr(V⁻¹ V_robust) / df`` (Kent, 1982; Satorra, 2000).

    Parameters
    ----------
    model : ProductModel
    point : ProductPoint
        The optimum.
    jacobian : array or None
        Binding constraints that are not linear.
    """
    df = model.n_parameters - model.linear.n_parameters
    robust = model.options.se in SANDWICH
    name = "scaled likelihood ratio" if robust else "likelihood ratio"
    statistic = 2.0 * (point.loglik - model.linear_loglik)
    if math.isnan(statistic):
        note = "the model without the products did not converge"
        return TestStatistic(name, math.nan, df, math.nan, note=note)
    if not df > 0:
        note = "the coefficients of the products are not free"
        return TestStatistic(name, math.nan, df, math.nan, note=note)
    if not robust:
        return chisquare_test(name, max(statistic, 0.0), df)
    factor = _inflation(model, point, jacobian) / df
    if not factor > 0.0:
        return TestStatistic(name, math.nan, df, math.nan, note="the information matrix is singular")
    scaled = max(statistic, 0.0) / factor
    return TestStatistic(name, scaled, df, upper_tail(scaled, df), factor)


def _inflation(model: ProductModel, point: ProductPoint, jacobian: Array | None) -> float:
    """``tr(V⁻¹ V_robust)`` of the products' free coefficients; NaN where V is singular."""
    standard = standard_covariance(point, "observed", float(model.sample.n), jacobian).vcov
    robust = covariance_of(model, point, jacobian).vcov
    if standard is None or robust is None:
        return math.nan
    places = model.table.free[list(model.product_rows)] - 1
    own = np.ix_(places[places >= 0], places[places >= 0])
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
