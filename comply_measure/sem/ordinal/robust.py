"""Sandwich covariance of the estimates and traces of the scaled tests, without forming Γ.

With J_g the derivatives of group g's statistics, W_g its weights, f_g its share of the cases and
``E = Σ f_g J_gᵀ W_g J_g`` (E⁻¹ taken in the free coordinates and carried back)::

    N Var(θ̂) = E⁻¹ M E⁻¹,   M = Σ f_g J_gᵀ W_g Γ_g W_g J_g                        (Muthén, du Toit & Spisic 1997)
    U = V − V J E⁻¹ Jᵀ V,    V = diag(f_g W_g),  Γ = diag(Γ_g / f_g)
    tr(UΓ)     = Σ tr(W_g Γ_g) − tr(E⁻¹ M)
    tr((UΓ)²)  = Σ tr((W_g Γ_g)²) − 2 tr(E⁻¹ Σ f_g J_gᵀ W_g Γ_g W_g Γ_g W_g J_g) + tr((E⁻¹ M)²)

For ``Γ_g = Z_gᵀ Z_g`` with Z_g of n_g rows these are products of Z_g W_g Z_gᵀ and Z_g W_g J_g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.layout import MomentJacobian


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """Products of one group that sandwich and traces are made of.

    Attributes
    ----------
    meat : array (q, q)
        Jᵀ W Γ W J.
    double : array (q, q) or None
        Jᵀ W Γ W Γ W J; None when second-order traces are not asked for.
    trace, trace_squared : float
        tr(WΓ) and tr((WΓ)²); the latter NaN when not asked for.
    pair_trace, pair_trace_squared : float
        The same for the statistics the baseline model leaves free of structure (correlations).
    """

    meat: Array
    double: Array | None
    trace: float
    trace_squared: float
    pair_trace: float
    pair_trace_squared: float


def _weighted(matrix: Array, weights: Array) -> Array:
    """``matrix @ W`` for weights (D,) or (D, D)."""
    return np.asarray(matrix @ weights if weights.ndim == 2 else matrix * weights)


def group_terms(
    jacobian: MomentJacobian,
    weights: Array,
    gamma: AsymptoticCovariance,
    n_pairs: int,
    second_order: bool,
) -> GroupTerms:
    """Products of one group.

    Parameters
    ----------
    jacobian : MomentJacobian
        Derivatives of the statistics in the group's parameters.
    weights : array (D,) or (D, D)
        W; diagonal weights as a vector.
    gamma : AsymptoticCovariance
        Γ.
    n_pairs : int
        Number of correlations, which stand last.
    second_order : bool
        Whether squares are needed (mean- and variance-adjusted tests).
    """
    root = gamma.root
    if root is None:
        return _terms_by_matrix(jacobian, weights, gamma.dense(), n_pairs, second_order)
    if weights.ndim == 1:
        return _terms_by_root(jacobian, weights, root, n_pairs, second_order)
    return _terms_by_matrix(jacobian, weights, gamma.dense(), n_pairs, second_order)


def _terms_by_root(
    jacobian: MomentJacobian, weights: Array, root: Array, n_pairs: int, second_order: bool
) -> GroupTerms:
    """Diagonal W and ``Γ = Zᵀ Z``."""
    first = root.shape[1] - n_pairs
    scaled = root * np.sqrt(weights)
    side = jacobian.left(root * weights)
    squares = np.einsum("nd,nd->d", scaled, scaled)
    trace, pair_trace = float(squares.sum()), float(squares[first:].sum())
    double, trace_squared, pair_squared = None, float("nan"), float("nan")
    if second_order:
        inner = scaled[:, first:] @ scaled[:, first:].T
        pair_squared = float(np.vdot(inner, inner))
        inner += scaled[:, :first] @ scaled[:, :first].T
        trace_squared = float(np.vdot(inner, inner))
        double = side.T @ (inner @ side)
    return GroupTerms(side.T @ side, double, trace, trace_squared, pair_trace, pair_squared)


def _terms_by_matrix(
    jacobian: MomentJacobian, weights: Array, gamma: Array, n_pairs: int, second_order: bool
) -> GroupTerms:
    """Any W and Γ as a matrix."""
    first = len(gamma) - n_pairs
    weighted = _weighted(gamma, weights)  # Γ W
    side = jacobian.left(weighted)  # Γ W J
    bread = jacobian.left(weights if weights.ndim == 2 else np.diag(weights))  # W J
    diagonal = np.diagonal(weighted)
    trace_squared = pair_squared = float("nan")
    double = None
    if second_order:
        trace_squared = float(np.vdot(weighted, weighted.T))
        inner = weighted[first:, first:]
        pair_squared = float(np.vdot(inner, inner.T))
        double = side.T @ _weighted(side.T, weights).T
    return GroupTerms(
        bread.T @ side,
        double,
        float(diagonal.sum()),
        trace_squared,
        float(diagonal[first:].sum()),
        pair_squared,
    )


@dataclass(frozen=True, slots=True)
class Sandwich:
    """What robust standard errors and scaled tests need.

    Attributes
    ----------
    vcov : array (q, q) or None
        Covariance matrix of the estimates; None when the information is singular.
    trace, trace_squared : float
        tr(UΓ) and tr((UΓ)²) of the model; NaN when not available.
    baseline_trace, baseline_trace_squared : float
        The same for the baseline model of uncorrelated variables (diagonal W only).
    """

    vcov: Array | None
    trace: float
    trace_squared: float
    baseline_trace: float
    baseline_trace_squared: float


def combine(
    terms: Sequence[GroupTerms],
    places: Sequence[slice],
    shares: Sequence[float],
    inverse: Array | None,
    n: int,
) -> Sandwich:
    """Put the groups together.

    Parameters
    ----------
    terms : sequence of GroupTerms
    places : sequence of slice
        Parameters of each group in θ.
    shares : sequence of float
        Share of each group in the cases.
    inverse : array (q, q) or None
        E⁻¹ in θ; None when singular.
    n : int
        Number of cases.
    """
    base = sum(term.pair_trace for term in terms)
    base_squared = sum(term.pair_trace_squared for term in terms)
    if inverse is None:
        return Sandwich(None, float("nan"), float("nan"), base, base_squared)
    meat = np.zeros_like(inverse)
    squared = sum(term.trace_squared for term in terms)
    for term, place, share in zip(terms, places, shares, strict=True):
        meat[place, place] = share * term.meat
        if term.double is not None:
            squared -= 2.0 * share * float(np.vdot(inverse[place, place], term.double))
    product = inverse @ meat
    squared += float(np.vdot(product, product.T))
    trace = sum(term.trace for term in terms) - float(np.trace(product))
    return Sandwich(product @ inverse / n, trace, squared, base, base_squared)
