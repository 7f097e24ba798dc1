"""Products of weights and Γ behind robust standard errors and scaled tests, without forming Γ.

Per group, with J the derivatives of the statistics, W their weights and ``Γ = Zᵀ Z`` (Z has one row per case),
everything :mod:`comply_measure.sem.inference` asks for is made of ``Z W Zᵀ`` (n, n) and ``Z W J`` (n, q)::

    tr(WΓ) = Σ w_d Γ_dd        tr((WΓ)²) = ‖Z W Zᵀ‖²
    Jᵀ W Γ W J = (Z W J)ᵀ (Z W J)        Jᵀ W Γ W Γ W J = (Z W J)ᵀ (Z W Zᵀ) (Z W J)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.layout import MomentJacobian


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """Products of one group.

    Attributes
    ----------
    meat : array (q, q)
        Jᵀ W Γ W J.
    double : array (q, q) or None
        Jᵀ W Γ W Γ W J; None when second-order terms are not asked for.
    trace, trace_squared : float
        tr(WΓ) and tr((WΓ)²); the latter NaN when not asked for.
    pair_trace, pair_trace_squared : float
        The same over the correlations alone: with a diagonal W these are tr(UΓ) and tr((UΓ)²) of the model
        of uncorrelated variables.
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
