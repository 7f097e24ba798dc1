"""Covariance matrices of the estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.objective import Point


@dataclass(frozen=True)
class ParameterCovariance:
    """Covariance matrix of θ and what was found on the way.

    Attributes
    ----------
    vcov : array (q, q) or None
        Covariance matrix of all free parameters; None when the information is singular.
    information : array (r, r)
        Information per case in the free coordinates.
    unidentified : tuple of int
        Parameters (places in θ) that the data cannot separate; empty when identified.
    """

    vcov: Array | None
    information: Array
    unidentified: tuple[int, ...] = ()


def standard_covariance(
    point: Point, kind: str, n: float, jacobian: Array | None = None
) -> ParameterCovariance:
    """Inverse of n times the information.

    Parameters
    ----------
    point : Point
        The optimum.
    kind : str
        ``expected``, ``observed`` or ``observed.moments``: observed information of the saturated moments at the
        implied ones, ``Δᵀ J Δ``, without the curvature of the model itself.
    n : float
        Number of cases.
    jacobian : array (c, r), optional
        Derivatives of active constraints that are not linear, in φ; the inverse is then taken on their
        null space (Aitchison & Silvey, 1958).
    """
    if kind == "expected":
        information = point.information
    else:
        information = 0.5 * (point.hessian if kind == "observed" else point.hessian_of_moments)
    if jacobian is not None and len(jacobian):
        return invert(information, point, n, jacobian)
    if kind not in point.inverses:  # errors, tests and fit measures all ask for it
        point.inverses[kind] = invert(information, point, 1.0)
    found: ParameterCovariance = point.inverses[kind]
    return found if found.vcov is None else replace(found, vcov=found.vcov / n)


def invert(information: Array, point: Point, n: float, jacobian: Array | None = None) -> ParameterCovariance:
    """Inverse of n times an information matrix given in φ, as covariance matrix of θ.

    Parameters
    ----------
    information : array (r, r)
        Per case.
    point : Point
        For the map from φ to θ.
    n : float
        Number of cases.
    jacobian : array (c, r), optional
        As in :func:`standard_covariance`.
    """
    space = point.objective.space
    basis = None if jacobian is None or not len(jacobian) else null_space(jacobian)
    reduced = information if basis is None else basis.T @ information @ basis
    places = [np.arange(len(reduced))] if basis is not None else [c.phi for c in point.objective.components]
    inverse, direction = inverse_by_blocks(reduced, places)
    if inverse is None:
        if basis is not None:
            direction = basis @ direction
        theta = direction if space.K is None else space.K @ direction
        involved = np.flatnonzero(np.abs(theta) > 0.1 * np.abs(theta).max())
        return ParameterCovariance(None, information, tuple(int(i) for i in involved))
    if basis is not None:
        inverse = basis @ inverse @ basis.T
    return ParameterCovariance(space.spread(inverse) / n, information)


def inverse_by_blocks(matrix: Array, places: Sequence[Index]) -> tuple[Array | None, Array]:
    """Inverse of a block diagonal matrix; None when a block is singular, with the direction where.

    Parameters
    ----------
    matrix : array (r, r)
        Symmetric; zero outside the blocks.
    places : sequence of int arrays
        Rows of each block.
    """
    if len(places) == 1:
        found = symmetric_inverse(matrix)
        return found, weak_direction(matrix) if found is None else np.zeros(len(matrix))
    direction, total = np.zeros(len(matrix)), np.zeros_like(matrix)
    singular = False
    for place in places:
        square = np.ix_(place, place)
        block = matrix[square]
        inverse = symmetric_inverse(block)
        if inverse is None:
            direction[place] = weak_direction(block)
            singular = True
        else:
            total[square] = inverse
    return None if singular else total, direction


def null_space(jacobian: Array) -> Array:
    """Orthonormal basis of the null space of the rows of a matrix (r, r − rank)."""
    _, singular, right = np.linalg.svd(jacobian)
    rank = int((singular > 1e-10 * max(singular.max(initial=0.0), 1e-300)).sum())
    basis = np.asarray(right[rank:].T)
    basis[np.abs(basis) < 1e-14] = 0.0  # what is held fixed has a variance of zero, not of rounding errors
    return basis


def symmetric_inverse(matrix: Array) -> Array | None:
    """Inverse of a symmetric matrix scaled to unit diagonal; None when it is numerically singular.

    Positive definite matrices go through Cholesky; indefinite ones (observed information off an
    optimum) through eigenvalues. Singular means a reciprocal condition below 1e-12.
    """
    from scipy.linalg import lapack

    diagonal = np.abs(matrix.diagonal())
    if not len(matrix):
        return matrix
    if not np.isfinite(matrix).all() or not (diagonal > 0).all():
        return None
    scale = 1.0 / np.sqrt(diagonal)
    standard = matrix * scale * scale[:, None]
    factor, failed = lapack.dpotrf(standard, lower=1, clean=0)
    if not failed:
        norm = float(np.abs(standard).sum(axis=0).max())
        condition, _ = lapack.dpocon(factor, norm, uplo="L")
        if condition < 1e-12:
            return None
        inverse, _ = lapack.dpotri(factor, lower=1)
        lower = np.tril(inverse)
        full = lower + lower.T
        full.flat[:: len(full) + 1] *= 0.5
        return np.asarray(full * scale * scale[:, None])
    values, vectors = np.linalg.eigh(standard)
    if np.abs(values).min() < 1e-10 * np.abs(values).max():
        return None
    return np.asarray((vectors / values) @ vectors.T * scale * scale[:, None])


def weak_direction(matrix: Array) -> Array:
    """Direction in which a (nearly) singular matrix has the least curvature, after scaling (r,)."""
    diagonal = np.abs(matrix.diagonal())
    dead = np.flatnonzero(diagonal <= 1e-12 * diagonal.max(initial=0.0))
    if len(dead) or not np.isfinite(matrix).all():
        direction = np.zeros(len(matrix))
        direction[dead] = 1.0
        return direction
    scale = 1.0 / np.sqrt(diagonal)
    _, vectors = np.linalg.eigh(matrix * scale * scale[:, None])
    return np.asarray(vectors[:, 0] * scale)
