"""The part of the exact ML Hessian that the expected one leaves out.

With the notation of :mod:`comply_measure.sem.discrepancy.ml`::

    ∂²F = 2·(expected part) + 2 tr(W ∂_aΣ Q ∂_bΣ) + 2 wᵀ(∂_aΣ W ∂_bμ + ∂_bΣ W ∂_aμ) − tr(Q ∂²Σ) − 2 wᵀ ∂²μ

Second derivatives of the moments follow from ``∂g_i/∂A_kl = g_k E_li`` and
``∂(F V)_j/∂A_kl = g_k V_lj + (F V)_l E_jk``, so that they are look-ups as well.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied


def second_order_part(
    implied: Implied, W: Array, Q: Array, w: Array | None, looked_up: tuple[Array, Array, Array]
) -> Array:
    """Exact Hessian of F minus twice the expected information (q, q).

    Parameters
    ----------
    implied : Implied
        Moments and columns.
    W, Q : arrays (p, p)
        Σ⁻¹ and W (S + d dᵀ) W − W.
    w : array (p,) or None
        W d; None without means.
    looked_up : three arrays (q, q)
        Entries uu, vv and uv of Hᵀ W H for all pairs of parameters.
    """
    layout = implied.layout
    product = implied.sandwich(Q)
    u, v, kappa = layout.u, layout.v, layout.kappa
    by_u, by_v = product[u], product[v]
    q_uu, q_vv, q_uv = by_u[:, u], by_v[:, v], by_u[:, v]
    uu, vv, uv = looked_up
    cross = uv.T * q_uv
    total = 2.0 * (cross + cross.T + vv * q_uu + uu * q_vv) * kappa * kappa[:, None]
    total -= _second_derivative_of_sigma(implied, product)
    if w is not None:
        total += _mean_terms(implied, W, w)
    return total


def second_derivatives(implied: Implied, slope_sigma: Array, slope_mu: Array | None) -> Array:
    """tr(slope ∂²Σ) + slopeᵀ ∂²μ for all pairs of parameters (q, q).

    Parameters
    ----------
    implied : Implied
        Moments and columns.
    slope_sigma : array (p, p)
        Symmetric.
    slope_mu : array (p,) or None
        None without means.
    """
    total = _second_derivative_of_sigma(implied, implied.sandwich(slope_sigma))
    if slope_mu is not None and implied.layout.has_mean:
        total += _second_derivative_of_mu(implied, slope_mu)
    return total


def _source_columns(implied: Implied, matrix: Array) -> Array:
    """A (k, k) matrix over sources, widened to the columns of H (zero for the identity part)."""
    p, k = implied.layout.p, implied.layout.k
    wide = np.zeros((k, p + 2 * k))
    wide[:, p : p + k] = matrix
    return wide


def _second_derivative_of_sigma(implied: Implied, product: Array) -> Array:
    """tr(Q ∂²Σ) for all pairs of parameters (q, q)."""
    layout = implied.layout
    total = np.zeros((layout.q, layout.q))
    path = np.flatnonzero(layout.is_path)
    if not len(path):
        return total
    E = _source_columns(implied, implied.E)
    i, w_j = layout.u[path], layout.v[path]
    j = layout.mean_source[path]
    # paths (i, j) by (k, l): E_li (g_k Q w_j) + V_lj (g_i Q g_k) + E_jk (g_i Q w_l)
    first = E[np.ix_(j, i)].T * product[np.ix_(i, w_j)].T
    middle = implied.V[np.ix_(j, j)] * product[np.ix_(i, i)]
    total[np.ix_(path, path)] = 2.0 * (first + first.T + middle)
    other = np.flatnonzero(layout.kappa * ~layout.is_path)
    if len(other):
        k, m = layout.u[other], layout.v[other]
        # covariance (k, m) by path (i, j): E_jk (g_i Q g_m) + E_jm (g_i Q g_k)
        mixed = E[np.ix_(j, k)] * product[np.ix_(i, m)] + E[np.ix_(j, m)] * product[np.ix_(i, k)]
        mixed = 2.0 * mixed * layout.kappa[other]
        total[np.ix_(path, other)] = mixed
        total[np.ix_(other, path)] = mixed.T
    return total


def _mean_terms(implied: Implied, W: Array, w: Array) -> Array:
    """Terms with w: 2 wᵀ(∂_aΣ W ∂_bμ + ∂_bΣ W ∂_aμ) − 2 wᵀ ∂²μ (q, q)."""
    layout = implied.layout
    H = np.hstack([np.eye(layout.p), implied.X])
    along = w @ H
    scale = implied.mean_scale
    D = H[:, layout.mean_column] * scale
    WD = H.T @ (W @ D)
    u, v = layout.u, layout.v
    half = 2.0 * layout.kappa[:, None] * (along[u][:, None] * WD[v] + along[v][:, None] * WD[u])
    total = half + half.T
    return total - 2.0 * _second_derivative_of_mu(implied, w)


def _second_derivative_of_mu(implied: Implied, w: Array) -> Array:
    """wᵀ ∂²μ for all pairs of parameters (q, q)."""
    layout = implied.layout
    total = np.zeros((layout.q, layout.q))
    path = np.flatnonzero(layout.is_path)
    if not len(path):
        return total
    along = implied.project(w)
    E = _source_columns(implied, implied.E)
    i, j = layout.u[path], layout.mean_source[path]
    # paths (i, j) and (k, l): g_k E_li η_j + g_i E_jk η_l
    turned = E[np.ix_(j, i)].T * along[i] * implied.eta[j][:, None]
    total[np.ix_(path, path)] = turned + turned.T
    intercept = np.flatnonzero(layout.is_mean)
    if len(intercept):
        # intercept i and path (k, l): g_k E_li
        mixed = along[i][:, None] * E[np.ix_(j, layout.mean_column[intercept])]
        total[np.ix_(path, intercept)] = mixed
        total[np.ix_(intercept, path)] = mixed.T
    return total
