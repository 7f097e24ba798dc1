"""The likelihood of what products lead to, given the normal part: Gauss-Hermite quadrature, and its derivatives.

Given the normal part u and the moderating variables m, the residual parts are normal, and

    f(H v | u) = ∫ N(m; m̂, L Lᵀ) N(0; Σ_f m_f (ρ̂_f + W_f s), Σ_fg m_f m_g C_fg) dm,     m = m̂ + L s.

Nodes lie where u says the moderating variables of *this case* are, spread by what it leaves open, so that the second
factor varies little over them. Moderating variables that u determines (observed ones) take one node. Residuals and
covariance matrix are polynomials in s, of which a case has the coefficients (:mod:`.lms_forms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.interactions.lms_density import CaseSlopes, Nodes, Parts
from comply_measure.sem.interactions.lms_forms import (
    Values,
    integral_form,
    monomials,
    quasi_form,
    symmetric,
    triangle,
)
from comply_measure.sem.interactions.lms_matrices import inverse, transposed
from comply_measure.sem.interactions.lms_reduction import Reduction

KNOWN = 1e-12  # share of its variance below which u determines a moderating variable
NEGLIGIBLE = 1e-14  # weight of a node, relative to the largest, below which it is left out
QUASI = 0  # number of nodes that stands for the quasi-likelihood


@lru_cache(maxsize=32)
def grid(nodes: int, dimensions: int) -> tuple[Array, Array]:
    """Nodes (J, dimensions) and log weights (J,) for the standard normal density.

    Parameters
    ----------
    nodes : int
        Per dimension.
    dimensions : int
    """
    if not dimensions:
        return np.zeros((1, 0)), np.zeros(1)
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    places = np.stack(np.meshgrid(*[np.arange(nodes)] * dimensions, indexing="ij"), -1).reshape(
        -1, dimensions
    )
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)[places].sum(axis=1)
    keep = log_weights > log_weights.max() + np.log(NEGLIGIBLE)
    return points[places[keep]], log_weights[keep]


@lru_cache(maxsize=32)
def node_powers(nodes: int, dimensions: int) -> Nodes:
    """The nodes with all monomials up to degree four in their coordinates."""
    points, log_weights = grid(nodes, dimensions)
    powers = [points[:, list(each)].prod(axis=1) for each in monomials(dimensions, 4)]
    return Nodes(np.array(powers), log_weights, dimensions)


@dataclass(frozen=True)
class Conditional:
    """The conditional covariance matrix of the features in the parts that the integral needs.

    ``S_mm = L Lᵀ``, ``W = S_ρm L⁻ᵀ`` and ``C = S_ρρ − W Wᵀ``; only dimensions that u leaves open have a column.
    """

    L: Array
    W: Array
    C: Array
    open: NDArray[np.bool_]  # whether each moderating variable needs nodes (k,)
    square: Array  # L without the rows of known variables

    @classmethod
    def of(cls, S: Array, prior: Array, open_: NDArray[np.bool_] | None = None) -> Conditional:
        """The parts of S (…, z, z); ``prior`` are the variances of the moderating variables (…, k)."""
        k, lead = prior.shape[-1], S.shape[:-2]
        variance = S.diagonal(axis1=-2, axis2=-1)[..., :k]
        if open_ is None:
            open_ = np.asarray((variance > KNOWN * np.maximum(prior, 0.0)).reshape(-1, k).any(axis=0))
        if (variance < -KNOWN * np.abs(prior)).any():
            raise NotPositiveDefiniteError
        at = np.flatnonzero(open_)
        square = np.zeros((*lead, 0, 0))
        if len(at):
            square = _cholesky(S[..., at[:, None], at])
        L = np.zeros((*lead, k, len(at)))
        L[..., at, :] = square
        W = transposed(np.asarray(np.linalg.solve(square, transposed(S[..., k:, at])), dtype=np.float64))
        return cls(L, W, S[..., k:, k:] - W @ transposed(W), open_, square)

    @property
    def numbers(self) -> Array:
        """What the cases share, as the form of the integral has it (…, numbers)."""
        lead = self.L.shape[:-2]
        return np.concatenate(
            [self.L.reshape(*lead, -1), self.W.reshape(*lead, -1), triangle(self.C)], axis=-1
        )

    def pull(self, adjoint: Array) -> Array:
        """Derivatives in S (…, z, z), symmetric, from those in the numbers (…, numbers)."""
        lead, (k, d), parts = adjoint.shape[:-1], self.L.shape[-2:], self.W.shape[-2]
        L_bar = adjoint[..., : k * d].reshape(*lead, k, d)
        W_bar = adjoint[..., k * d : (k + parts) * d].reshape(*lead, parts, d)
        C_bar = symmetric(adjoint[..., (k + parts) * d :], parts)
        at = np.flatnonzero(self.open)
        S = np.zeros((*lead, k + parts, k + parts))
        S[..., k:, k:] = C_bar
        if len(at):
            inverted = inverse(self.square)
            cross = (W_bar - 2.0 * C_bar @ self.W) @ inverted
            L_own = L_bar[..., at, :] - transposed(cross) @ self.W
            phi = np.tril(transposed(self.square) @ L_own)
            phi[..., np.arange(len(at)), np.arange(len(at))] *= 0.5
            own = transposed(inverted) @ phi @ inverted
            S[..., at[:, None], at] = 0.5 * (own + transposed(own))
            S[..., k:, at] = 0.5 * cross
            S[..., at, k:] = 0.5 * transposed(cross)
        return S


@dataclass(frozen=True)
class Moments:
    """The conditional covariance matrix of the features as the quasi-likelihood has it: as it is."""

    S: Array

    @property
    def numbers(self) -> Array:
        """Its lower triangle (…, numbers)."""
        return triangle(self.S)

    def pull(self, adjoint: Array) -> Array:
        """Derivatives in S (…, z, z), symmetric, from those in the numbers (…, numbers)."""
        return symmetric(adjoint, self.S.shape[-1])


def _cholesky(matrix: Array) -> Array:
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise NotPositiveDefiniteError from error


def parts_of(reduction: Reduction, nodes: int, like: Parts | None = None) -> Parts:
    """What all cases share, at one θ or several; with the open dimensions of other parts where these are given."""
    if nodes == QUASI:
        return Moments(reduction.S)
    open_ = like.open if isinstance(like, Conditional) else None
    return Conditional.of(reduction.S, reduction.prior, open_)


def integrate(reduction: Reduction, z: Array, nodes: int, slopes: bool = True) -> CaseSlopes:
    """``log f(H v | u)`` of every case, or its quasi-likelihood.

    Parameters
    ----------
    reduction : Reduction
        Its S and dimensions, at one θ.
    z : array (n, z)
        Features of the cases.
    nodes : int
        Per dimension; 0 for the quasi-likelihood.
    slopes : bool
        Whether derivatives are wanted.

    Raises
    ------
    NotPositiveDefiniteError
        Where a covariance matrix is not positive definite at some node.
    """
    parts = parts_of(reduction, nodes)
    if isinstance(parts, Conditional):
        d = parts.L.shape[-1]
        form, at = integral_form(reduction.k, reduction.q, d), node_powers(nodes, d)
    else:
        form, at = quasi_form(reduction.k, reduction.q), node_powers(1, 0)
    return CaseSlopes(Values(form, z, parts.numbers), at, parts, slopes)
