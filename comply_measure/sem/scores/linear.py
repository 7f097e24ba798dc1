"""Linear factor scores of continuous variables.

With o the variables a case has, C = Cov(η, y_o), Σ = Cov(y_o), μ, α the implied means and Λ the loadings:

* regression (Thurstone, 1935): ``α + C Σ⁻¹ (y − μ)``, error covariance ``Var(η) − C Σ⁻¹ Cᵀ``;
* Bartlett (1937): ``α + (Λᵀ Σ⁻¹ Λ)⁻¹ Λᵀ Σ⁻¹ (y − μ)``, error covariance ``(Λᵀ Σ⁻¹ Λ)⁻¹ − Var(η)``.

Λ holds the effects of latent variables on observed ones, through observed mediators too; observed variables that
nothing predicts count as latent variables measured without error, with a column of their own but no scores. With
missing values every pattern has its own weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.scores.frame import GroupScores

RANK = 1.5e-8  # relative size of singular values that count as zero (as MASS::ginv)


@dataclass(frozen=True)
class ScoreModel:
    """What linear scores of one group need.

    Attributes
    ----------
    latent : tuple of str
        Latent variables, in the order of the scores.
    sigma, mu : arrays (p, p), (p,)
        Implied moments of the observed variables.
    cross : array (k, p)
        Covariances of latent with observed variables.
    alpha : array (k,)
        Means of the latent variables.
    variance : array (k,)
        Their variances.
    loadings : array (p, k + d)
        Λ: latent variables first, then observed predictors.
    """

    latent: tuple[str, ...]
    sigma: Array
    mu: Array
    cross: Array
    alpha: Array
    variance: Array
    loadings: Array


def score_model(model: Model, point: Point, number: int) -> ScoreModel:
    """The quantities that linear scores need.

    Parameters
    ----------
    model : Model
        The fitted model.
    point : Point
        The estimates.
    number : int
        Group, from 0.
    """
    implied, sample = point.implied[number], model.sample.groups[number]
    layout = implied.layout
    latent = tuple(model.table.variables[number].latent)
    places = np.array([layout.sources.index(name) for name in latent], dtype=np.int64)
    mu = implied.mu
    if mu is None:
        mu = np.zeros(layout.p) if sample.mean is None else sample.mean
    return ScoreModel(
        latent=latent,
        sigma=implied.sigma,
        mu=mu,
        cross=implied.FV[:, places].T,
        alpha=_latent_means(point, number, places, mu),
        variance=implied.V.diagonal()[places],
        loadings=_loadings(implied, places),
    )


def _latent_means(point: Point, number: int, places: Index, mu: Array) -> Array:
    """Means of the latent variables; without a mean structure those that observed predictors imply."""
    implied = point.implied[number]
    layout = implied.layout
    if layout.has_mean:
        return np.asarray(implied.eta[places])
    observed = {name: i for i, name in enumerate(layout.observed)}
    fixed = [(j, observed[name]) for j, name in enumerate(layout.sources) if name in observed]
    if not fixed:
        return np.zeros(len(places))
    paths = layout.paths.at(implied.theta)
    sources, rows = (list(part) for part in zip(*fixed, strict=True))
    pull = paths[np.ix_(places, sources)] @ mu[rows]
    return np.asarray(np.linalg.solve(np.eye(len(places)) - paths[np.ix_(places, places)], pull))


def _loadings(implied: Implied, latent: Index) -> Array:
    """Effects of latent variables and observed predictors on all observed variables (p, k + d)."""
    layout = implied.layout
    paths = layout.paths.at(implied.theta)
    observed = np.setdiff1d(np.arange(layout.k), latent)
    predicted = np.any(paths[observed] != 0.0, axis=1)
    mediators, given = observed[predicted], observed[~predicted]
    causes = np.concatenate([latent, given])
    within = np.eye(len(mediators)) - paths[np.ix_(mediators, mediators)]
    through = np.linalg.solve(within, paths[np.ix_(mediators, causes)])
    return np.asarray(implied.T[:, causes] + implied.T[:, mediators] @ through)


def linear_scores(parts: ScoreModel, values: Array, method: str) -> tuple[Array, Array]:
    """Scores and their standard errors.

    Parameters
    ----------
    parts : ScoreModel
        From :func:`score_model`.
    values : array (n, p)
        Cases, NaN where missing.
    method : str
        ``regression`` or ``bartlett``.

    Returns
    -------
    scores, errors : arrays (n, k)
        NaN for a case without any value, and where a pattern does not determine a score.
    """
    n, k = len(values), len(parts.latent)
    scores, errors = np.full((n, k), np.nan), np.full((n, k), np.nan)
    seen = ~np.isnan(values)
    patterns, members = np.unique(seen, axis=0, return_inverse=True)
    members = members.reshape(-1)
    weigh = _regression if method == "regression" else _bartlett
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        rows = np.flatnonzero(members == number)
        weights, variance = weigh(parts, np.flatnonzero(pattern))
        scores[rows] = parts.alpha + (values[np.ix_(rows, pattern)] - parts.mu[pattern]) @ weights.T
        # rounding alone leaves no error variance, as for a factor that is known exactly
        known = variance > 1e-10 * np.maximum(np.abs(parts.variance), 1e-300)
        errors[rows] = np.where(known, np.sqrt(np.where(known, variance, 0.0)), np.nan)
    return scores, errors


def scores_of_cases(model: Model, point: Point, method: str) -> Iterator[GroupScores]:
    """Scores of the cases the model was fitted to, group by group."""
    for number, sample in enumerate(model.sample.groups):
        if sample.data is None:
            raise ModelError("the model was fitted to moments: give the data to have factor scores")
        places = np.arange(sample.n_cases) if sample.rows is None else sample.rows
        yield group_scores(model, point, number, sample.data, places, method)


def group_scores(
    model: Model, point: Point, number: int, values: Array, places: Index, method: str
) -> GroupScores:
    """Scores of some cases of a group (from 0), at their places in the data."""
    known = score_model(model, point, number)
    empty = np.asarray(np.isnan(values).all(axis=1))
    return GroupScores(known.latent, *linear_scores(known, values, method), places, empty)


def regression_weights(parts: ScoreModel) -> Array:
    """``C Σ⁻¹`` for cases without missing values (k, p)."""
    return _regression(parts, np.arange(len(parts.sigma)))[0]


def _regression(parts: ScoreModel, seen: Index) -> tuple[Array, Array]:
    cross = parts.cross[:, seen]
    weights = cross @ _inverse(parts.sigma[np.ix_(seen, seen)])
    return weights, parts.variance - np.einsum("kp,kp->k", weights, cross)


def _bartlett(parts: ScoreModel, seen: Index) -> tuple[Array, Array]:
    loadings = parts.loadings[seen]
    inverse = _inverse(parts.sigma[np.ix_(seen, seen)])
    information = loadings.T @ inverse @ loadings
    unscaled = _inverse(information)
    k = len(parts.latent)
    weights = (unscaled @ loadings.T @ inverse)[:k]
    variance = unscaled.diagonal()[:k] - parts.variance
    # a score exists only where its own direction has information
    size = np.sqrt(np.maximum(information.diagonal(), np.finfo(np.float64).tiny))
    found = (unscaled @ information)[:k] * (size[:k, None] / size)
    defined = np.abs(found - np.eye(k, len(unscaled))).max(axis=1, initial=0.0) < 1e-6
    weights[~defined] = np.nan
    return weights, np.where(defined, variance, np.nan)


def _inverse(matrix: Array) -> Array:
    """Pseudo-inverse of a covariance matrix; its rank is that of the correlations, whatever the units."""
    diagonal = matrix.diagonal()
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    inverse = np.linalg.pinv(matrix * scale * scale[:, None], rcond=RANK, hermitian=True)
    return np.asarray(inverse * scale * scale[:, None])
