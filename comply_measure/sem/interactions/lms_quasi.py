"""Quasi-likelihood of what products lead to, given the normal part: a normal density with the exact moments.

Klein & Muthén (2007): ``f(H v | u)`` is replaced by the normal density with the conditional mean and covariance matrix
that products of normal variables have (Isserlis). With ``δ`` the deviations of the features from their means given u::

    E[ρ]     = ρ̂_0 + Σ_f (m̂_f ρ̂_f + S(m_f, ρ_f))
    Cov[ρ]ab = d_aᵀ S d_b + Σ_fg (S(m_f, m_g) S(ρ_fa, ρ_gb) + S(m_f, ρ_gb) S(ρ_fa, m_g))

where ``d_a`` has 1 at ρ_0a, m̂_f at ρ_fa and ρ̂_fa at m_f.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.interactions.lms_quadrature import CaseSlopes, no_slopes
from comply_measure.sem.interactions.lms_reduction import Reduction
from comply_measure.sem.sample import LOG_2PI


def approximate(reduction: Reduction, z: Array, slopes: bool = True) -> CaseSlopes:
    """Quasi-log-likelihood of every case given its normal part; parameters as for ``integrate``.

    Raises
    ------
    NotPositiveDefiniteError
        Where a conditional covariance matrix is not positive definite.
    """
    k, q, S = reduction.k, reduction.q, reduction.S
    n, size = z.shape
    m, rho = z[:, :k], z[:, k:].reshape(n, k + 1, q)
    places = k + np.arange(q * (k + 1)).reshape(k + 1, q)
    mean = rho[:, 0] + np.einsum("nf,nfa->na", m, rho[:, 1:])
    mean = mean + sum((S[f, places[f + 1]] for f in range(k)), start=np.zeros(q))
    d = np.zeros((n, q, size))
    for a in range(q):
        d[:, a, places[0, a]] = 1.0
        d[:, a, places[1:, a]] = m
        d[:, a, :k] = rho[:, 1:, a]
    dS = d @ S
    covariance = dS @ np.swapaxes(d, 1, 2) + _constant(S, places, k, q)
    try:
        factor = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise NotPositiveDefiniteError from error
    inverse = np.linalg.inv(covariance)
    kappa = -np.einsum("nab,nb->na", inverse, mean)
    log_det = 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    loglik = -0.5 * (log_det - np.einsum("na,na->n", kappa, mean) + q * LOG_2PI)
    if not slopes:
        return no_slopes(loglik, size)
    V = 0.5 * (kappa[:, :, None] * kappa[:, None, :] - inverse)
    z_bar, S_bar = np.zeros_like(z), np.zeros((n, size, size))
    _pull_mean(kappa, z, places, k, z_bar, S_bar)
    d_bar = 2.0 * V @ dS
    S_bar += np.swapaxes(d, 1, 2) @ V @ d
    for a in range(q):
        z_bar[:, :k] += d_bar[:, a, places[1:, a]]
        z_bar[:, places[1:, a]] += d_bar[:, a, :k]
    _pull_constant(V, S, places, k, q, S_bar)
    return CaseSlopes(loglik, z_bar, (S_bar,), lambda S: 0.5 * (S + np.swapaxes(S, -1, -2)))


def _constant(S: Array, places: Index, k: int, q: int) -> Array:
    """The part of the covariance matrix that no case changes (q, q)."""
    total = np.zeros((q, q))
    for f in range(k):
        for g in range(k):
            first, second = places[f + 1], places[g + 1]
            total += S[f, g] * S[np.ix_(first, second)] + np.outer(S[g, first], S[f, second])
    return total


def _pull_mean(kappa: Array, z: Array, places: Index, k: int, z_bar: Array, S_bar: Array) -> None:
    """Derivatives by way of the mean, added in place."""
    n = len(z)
    rho = z[:, k:].reshape(n, *places.shape)
    z_bar[:, places[0]] += kappa
    for f in range(k):
        z_bar[:, f] += np.einsum("na,na->n", kappa, rho[:, f + 1])
        z_bar[:, places[f + 1]] += kappa * z[:, f, None]
        S_bar[:, f, places[f + 1]] += kappa


def _pull_constant(V: Array, S: Array, places: Index, k: int, q: int, S_bar: Array) -> None:
    """Derivatives by way of the part that no case changes, added in place."""
    for f in range(k):
        for g in range(k):
            first, second = places[f + 1], places[g + 1]
            block = S[np.ix_(first, second)]
            S_bar[:, f, g] += np.einsum("nab,ab->n", V, block)
            S_bar[:, first[:, None], second] += S[f, g] * V
            S_bar[:, g, first] += np.einsum("nab,b->na", V, S[f, second])
            S_bar[:, f, second] += np.einsum("nab,a->nb", V, S[g, first])
