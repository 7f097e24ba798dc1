"""Regression with products of variables measured with known error, by the method of moments.

Scores are ``x = ξ + e`` with independent normal errors of known variance θ. A monomial of ξ has an unbiased estimate in
x: ``ξ: x; ξ²: x² − θ; ξ³: x³ − 3θx; ξ⁴: x⁴ − 6θx² + 3θ²``, and errors of different variables are independent, so that
monomials multiply. With the vector ``v`` of 1, the predictors and the products, the equations are
``E(vvᵀ) β = E(v y)``; without error they are those of least squares. Nothing is assumed about the distribution of ξ.
Taken off in full the error leaves matrices close to singular and estimates without moments; Fuller's share tames them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Floats, Ints, group_sums

Codes = Ints


@dataclass(frozen=True, eq=False)
class ModeratedRegression:
    """One equation.

    Attributes
    ----------
    terms : tuple of tuple of int
        Places of the variables in each term: one, or the two of a product.
    intercept : float
    coefficients : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Robust to clusters; NaN with fewer than two.
    variances : ndarray, shape (p,)
        Of the predictors without their error.
    explained : float
        R²; of the outcome without its error where its variance is known.
    df : int
        Clusters less one.
    n : int
    influences : ndarray, shape (n, k)
        What every case adds to n times the coefficients; sums by cluster make the covariance matrix, times `factor`.
    factor : float
        ``C/(C − 1) · (n − 1)/(n − k)``; NaN where that is undefined.
    """

    terms: tuple[tuple[int, ...], ...]
    intercept: float
    coefficients: Floats
    covariance: Floats
    variances: Floats
    explained: float
    df: int
    n: int
    influences: Floats
    factor: float


def moderated_regression(
    X: Floats,
    y: Floats,
    terms: Sequence[tuple[int, ...]],
    codes: Codes,
    *,
    errors: Floats | None = None,
    influences: Floats | None = None,
    outcome_error: float = 0.0,
) -> ModeratedRegression:
    """Coefficients of predictors and their products, with errors taken off.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        Predictors; products are of deviations from their means.
    y : ndarray, shape (n,)
        Outcome; its error does not bias coefficients.
    terms : sequence of tuple of int
        Columns of `X` by themselves ``(j,)`` and in products ``(i, j)``; ``(j, j)`` is a square.
    codes : ndarray of int, shape (n,)
        Cluster of every case, 0 to C − 1.
    errors : ndarray, shape (p,), optional
        Error variances of the predictors; none by default.
    influences : ndarray, shape (n, p), optional
        Influence of every case on `errors`, where these are estimates from the same cases.
    outcome_error : float
        Error variance of `y`, for R².

    Returns
    -------
    ModeratedRegression
        The covariance matrix is the sandwich of the estimating equations summed by cluster, times
        ``C/(C − 1) · (n − 1)/(n − k)`` with k coefficients (intercept included); t with C − 1 degrees of freedom.

    Raises
    ------
    LinAlgError
        When the moments of the terms are not positive definite.

    References
    ----------
    Wall, M. M., & Amemiya, Y. (2000). Estimation for polynomial structural equation models. *JASA, 95*, 929-940.
    Fuller, W. A. (1987). *Measurement error models*. Wiley.
    Rosseel, Y., Burghgraeve, E., Loh, W. W., & Schermelleh-Engel, K. (2025). Structural after measurement (SAM)
    approaches for accommodating latent quadratic and interaction effects. *Behavior Research Methods, 57*, 101.
    """
    Z, n = X - X.mean(axis=0), len(X)
    theta = np.zeros(X.shape[1]) if errors is None else np.asarray(errors, dtype=float)
    all_terms = ((), *terms)
    moments = _shrunken(Z, y, all_terms, theta)
    right = np.stack([_monomial(Z, term, theta) for term in all_terms], axis=1) * y[:, None]
    mean = moments.mean(axis=0)
    np.linalg.cholesky(mean[1:, 1:] - np.outer(mean[0, 1:], mean[0, 1:]))
    beta = np.linalg.solve(mean, right.mean(axis=0))
    psi = right - moments @ beta
    if influences is not None:
        for j in np.flatnonzero(theta > 0):
            psi = psi + np.outer(influences[:, j], _slope(Z, all_terms, theta, int(j), y, beta))
    clusters = int(codes.max()) + 1
    sums = group_sums(psi, codes, clusters)
    bread = np.linalg.inv(mean)
    factor = (
        clusters / (clusters - 1) * (n - 1) / (n - len(beta)) if clusters > 1 and n > len(beta) else math.nan
    )
    covariance = factor * bread @ (sums.T @ sums) @ bread.T / n**2
    variances = Z.var(axis=0) - theta
    fitted = beta[1:] @ (mean[1:, 1:] - np.outer(mean[0, 1:], mean[0, 1:])) @ beta[1:]
    explained = float(fitted / (y.var() - outcome_error)) if y.var() > outcome_error else math.nan
    return ModeratedRegression(
        tuple(terms), float(beta[0]), beta[1:], covariance[1:, 1:], variances, explained, clusters - 1, n,
        (psi @ bread.T)[:, 1:], factor,
    )  # fmt: skip


def _power(x: Floats, power: int, theta: float) -> Floats:
    """Unbiased estimate of ``ξ ** power``, up to the fourth."""
    if power == 1:
        return x
    if power == 2:
        return np.asarray(x**2 - theta)
    if power == 3:
        return np.asarray(x**3 - 3 * theta * x)
    return np.asarray(x**4 - 6 * theta * x**2 + 3 * theta**2)


def _monomial(Z: Floats, places: Sequence[int], theta: Floats) -> Floats:
    found = np.ones(len(Z))
    for j in dict.fromkeys(places):
        found = found * _power(Z[:, j], list(places).count(j), float(theta[j]))
    return found


def _moments(Z: Floats, terms: Sequence[tuple[int, ...]], theta: Floats) -> Floats:
    k = len(terms)
    found = np.empty((len(Z), k, k))
    for a in range(k):
        for b in range(a, k):
            found[:, a, b] = found[:, b, a] = _monomial(Z, (*terms[a], *terms[b]), theta)
    return found


def _shrunken(Z: Floats, y: Floats, terms: Sequence[tuple[int, ...]], theta: Floats) -> Floats:
    """Moments of every case, of whose correction a share is kept (Fuller, 1987, p. 164).

    With λ the smallest root of ``|S − λD| = 0`` (S the covariance matrix of terms and outcome, D what the correction
    takes off) and k coefficients the share is ``1 − k/n``, or ``λ − 1/n − k/n`` where ``λ < 1 + 1/n``.
    """
    raw = _moments(Z, terms, np.zeros_like(theta))
    if not theta.any():
        return raw
    moments = _moments(Z, terms, theta)
    both = np.concatenate(
        [np.stack([_monomial(Z, t, theta * 0) for t in terms[1:]], axis=1), y[:, None]], axis=1
    )
    S = np.cov(both.T, ddof=0)
    D = np.zeros_like(S)
    r, m = raw.mean(axis=0), moments.mean(axis=0)
    D[:-1, :-1] = (r[1:, 1:] - np.outer(r[0, 1:], r[0, 1:])) - (m[1:, 1:] - np.outer(m[0, 1:], m[0, 1:]))
    root = np.linalg.inv(np.linalg.cholesky(S))
    largest = float(np.linalg.eigvalsh(root @ D @ root.T)[-1])
    n = len(Z)
    least = 1 / largest if largest > 0 else np.inf
    kept = max((1.0 if least >= 1 + 1 / n else least - 1 / n) - len(terms) / n, 0.0)
    return np.asarray(raw - kept * (raw - moments))


def _slope(
    Z: Floats, terms: Sequence[tuple[int, ...]], theta: Floats, j: int, y: Floats, beta: Floats
) -> Floats:
    """Derivative of the mean equations by one error variance; they are of degree two in it, so that it is exact."""
    step = np.zeros_like(theta)
    step[j] = max(float(theta[j]), 1e-3)

    def equations(at: Floats) -> Floats:
        right = np.stack([_monomial(Z, term, at) for term in terms], axis=1) * y[:, None]
        return np.asarray((right - _moments(Z, terms, at) @ beta).mean(axis=0))

    return np.asarray((equations(theta + step) - equations(theta - step)) / (2 * step[j]))
