"""Factor scores of models with ordered variables: the mode of what a case's answers say about its factors.

Given η (and covariates x) the answers are independent; an ordered variable's latent response has mean
``ν + λᵀη + γᵀx`` and residual variance θ, and category c is chosen between thresholds τ_c and τ_{c+1}::

    EBM:  maximise  Σ_j log f(y_j | η) − ½ (η − α)ᵀ Ψ⁻¹ (η − α)      (Skrondal & Rabe-Hesketh, 2004)
    ML:   the same with Ψ⁻¹ = 10⁻⁵ I, which only keeps extreme answer patterns finite (as lavaan)

Newton's method for all cases at once; the function is concave. Standard errors come from the curvature at the
mode. Residual covariances play no part, as in lavaan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.ordinal.coding import MISSING
from comply_measure.sem.ordinal.layout import OrdinalImplied
from comply_measure.sem.ordinal.new_cases import Answers

WEAK_PRIOR = 1e-5
MAX_STEPS = 100
MAX_HALVINGS = 30
TOLERANCE = 1e-10


@dataclass(frozen=True)
class ResponseModel:
    """How the answers of one group depend on the latent variables.

    Attributes
    ----------
    loadings : array (p, k)
        λ, ordered variables first, then continuous ones.
    center : array (n, p)
        Mean of each response at η = 0, given the case's covariates.
    deviation : array (p,)
        Residual standard deviations.
    lower, upper : arrays (n, p_o)
        Thresholds around each answer; infinite at the ends, NaN where missing.
    values : array (n, p_c)
        Continuous variables; NaN where missing.
    prior_mean : array (n, k)
        α given the covariates.
    precision : array (k, k)
        Ψ⁻¹ given the covariates.
    """

    loadings: Array
    center: Array
    deviation: Array
    lower: Array
    upper: Array
    values: Array
    prior_mean: Array
    precision: Array


def response_model(implied: OrdinalImplied, answers: Answers, latent: tuple[str, ...]) -> ResponseModel:
    """The quantities that modal scores need.

    Parameters
    ----------
    implied : OrdinalImplied
        Moments at the estimates.
    answers : Answers
        Of the cases.
    latent : tuple of str
        Latent variables, in the order of the scores.

    Raises
    ------
    ModelError
        When an observed variable predicts others without being a covariate, when a residual variance is not
        positive, or when the latent covariance matrix is singular.
    """
    layout = implied.layout
    places = np.array([layout.sources.index(name) for name in latent], dtype=np.int64)
    _check_sources(layout.sources, places, layout.covariates)
    kept = layout.kept
    order = np.concatenate([kept[layout.ordered[kept]], kept[~layout.ordered[kept]]])
    residual = _residual_variances(implied)[order]
    if not (residual > 0.0).all():
        bad = [layout.observed[i] for i, value in zip(order, residual, strict=True) if not value > 0.0]
        raise ModelError(f"no factor scores: residual variances are not positive: {', '.join(bad)}")
    x = answers.covariates
    mean = layout.source_mean.at(implied.theta)
    pull = x @ implied.E[np.ix_(places, layout.covariates)].T if x.shape[1] else 0.0
    direct = x @ implied.T[np.ix_(order, layout.covariates)].T if x.shape[1] else 0.0
    prior_mean = np.zeros((answers.n, len(places))) + (implied.E @ mean)[places] + pull
    center = np.zeros((answers.n, len(order))) + layout.observed_mean.at(implied.theta)[order] + direct
    lower, upper = _bounds(implied, answers)
    try:
        precision = np.linalg.inv(np.linalg.cholesky(implied.V[np.ix_(places, places)]))
    except np.linalg.LinAlgError:
        message = "no factor scores: the latent covariance matrix is not positive definite"
        raise ModelError(message) from None
    return ResponseModel(
        loadings=implied.T[np.ix_(order, places)],
        center=center,
        deviation=np.sqrt(residual),
        lower=lower,
        upper=upper,
        values=answers.coded.values,
        prior_mean=prior_mean,
        precision=precision.T @ precision,
    )


def _check_sources(sources: tuple[str, ...], latent: Index, covariates: Index) -> None:
    known = {*latent.tolist(), *covariates.tolist()}
    others = [name for j, name in enumerate(sources) if j not in known]
    if others:
        raise ModelError(f"no factor scores where observed variables mediate: {', '.join(others)}")


def _residual_variances(implied: OrdinalImplied) -> Array:
    """Residual variances of the latent responses; under delta what the factors leave of 1/δ²."""
    layout = implied.layout
    own = layout.residuals.at(implied.theta).diagonal().copy()
    if not layout.theta:
        explained = np.einsum("ik,kl,il->i", implied.T, implied.V, implied.T)
        own[layout.ordered] = (1.0 / implied.delta**2 - explained)[layout.ordered]
    return own


def _bounds(implied: OrdinalImplied, answers: Answers) -> tuple[Array, Array]:
    """Thresholds below and above every answer (n, p_o)."""
    layout, codes = implied.layout, answers.coded.codes
    ordered = [int(i) for i in layout.kept if layout.ordered[i]]
    lower, upper = np.full(codes.shape, np.nan), np.full(codes.shape, np.nan)
    for column, item in enumerate(ordered):
        tau = implied.tau[(layout.item == item) & layout.is_threshold]
        ends = np.concatenate([[-np.inf], tau, [np.inf]])
        seen = codes[:, column] != MISSING
        lower[seen, column] = ends[codes[seen, column]]
        upper[seen, column] = ends[codes[seen, column] + 1]
    return lower, upper


def modal_scores(parts: ResponseModel, method: str) -> tuple[Array, Array]:
    """Modes and their standard errors.

    Parameters
    ----------
    parts : ResponseModel
        From :func:`response_model`.
    method : str
        ``ebm`` or ``ml``.

    Returns
    -------
    scores, errors : arrays (n, k)
        NaN for a case without any value, and where Newton's method did not converge.
    """
    k = parts.loadings.shape[1]
    precision = parts.precision if method == "ebm" else WEAK_PRIOR * np.eye(k)
    eta = parts.prior_mean.copy()
    value, gradient, curvature = _posterior(parts, precision, eta)
    open_cases = np.arange(len(eta))
    for _ in range(MAX_STEPS):
        step = np.linalg.solve(curvature[open_cases], gradient[open_cases][:, :, None])[:, :, 0]
        size = np.einsum("nk,nk->n", step, gradient[open_cases])
        open_cases, step = open_cases[size > TOLERANCE], step[size > TOLERANCE]
        if not len(open_cases):
            break
        eta[open_cases] = _search(parts, precision, eta, open_cases, step, value)
        value, gradient, curvature = _posterior(parts, precision, eta)
    errors = np.sqrt(np.linalg.inv(curvature)[:, np.arange(k), np.arange(k)])
    empty = np.isnan(parts.lower).all(axis=1) & np.isnan(parts.values).all(axis=1)
    for lost in (empty, open_cases):
        eta[lost] = np.nan
        errors[lost] = np.nan
    return eta, errors


def _search(
    parts: ResponseModel, precision: Array, eta: Array, cases: Index, step: Array, value: Array
) -> Array:
    """Newton steps, halved where the function would fall."""
    size = np.ones(len(cases))
    for _ in range(MAX_HALVINGS):
        trial = eta.copy()
        trial[cases] = eta[cases] + size[:, None] * step
        reached = _posterior(parts, precision, trial)[0][cases]
        worse = ~(reached >= value[cases] - 1e-12 * np.abs(value[cases]))
        if not worse.any():
            break
        size[worse] *= 0.5
    return np.asarray(eta[cases] + size[:, None] * step)


def _posterior(parts: ResponseModel, precision: Array, eta: Array) -> tuple[Array, Array, Array]:
    """Log posterior (n,), its gradient (n, k) and minus its Hessian (n, k, k)."""
    mean = parts.center + eta @ parts.loadings.T
    n_ordered = parts.lower.shape[1]
    s = parts.deviation
    log_p, slope, bend = _ordered_terms(
        (parts.lower - mean[:, :n_ordered]) / s[:n_ordered],
        (parts.upper - mean[:, :n_ordered]) / s[:n_ordered],
    )
    gap = (parts.values - mean[:, n_ordered:]) / s[n_ordered:]
    seen = ~np.isnan(gap)
    log_p = np.hstack([log_p, np.where(seen, -0.5 * np.nan_to_num(gap) ** 2, 0.0)])
    slope = np.hstack([slope, np.where(seen, np.nan_to_num(gap), 0.0)]) / s
    bend = np.hstack([bend, np.where(seen, 1.0, 0.0)]) / s**2
    away = eta - parts.prior_mean
    pull = away @ precision
    value = log_p.sum(axis=1) - 0.5 * np.einsum("nk,nk->n", away, pull)
    products = parts.loadings[:, :, None] * parts.loadings[:, None, :]
    curvature = precision + np.einsum("np,pkl->nkl", bend, products)
    return value, slope @ parts.loadings - pull, curvature


def _ordered_terms(lower: Array, upper: Array) -> tuple[Array, Array, Array]:
    """Log probability of an interval, its slope and minus its curvature in a shift of the mean (unit scale).

    With P = Φ(u) − Φ(l): slope −(φ(u) − φ(l))/P, curvature −(u φ(u) − l φ(l))/P − slope².
    """
    from scipy.special import ndtr

    seen = ~np.isnan(lower)
    l, u = np.where(seen, lower, -np.inf), np.where(seen, upper, np.inf)
    flip = l > 0.0  # probabilities are differenced in the lower tail, where they keep their precision
    p = np.maximum(np.where(flip, ndtr(-l) - ndtr(-u), ndtr(u) - ndtr(l)), 1e-300)
    at_l, at_u = _density(l), _density(u)
    slope = -(at_u - at_l) / p
    edges = np.where(np.isfinite(u), u, 0.0) * at_u - np.where(np.isfinite(l), l, 0.0) * at_l
    bend = edges / p + slope**2
    return (
        np.where(seen, np.log(p), 0.0),
        np.where(seen, slope, 0.0),
        np.where(seen, np.maximum(bend, 0.0), 0.0),
    )


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi))
