"""Small array helpers shared by the stages."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from comply_measure.statistics.arrays import group_sums

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class NotPositiveDefiniteError(ArithmeticError):
    """A matrix that must be positive definite is not (internal signal, never shown to users)."""


def inverse_and_logdet(matrix: Array) -> tuple[Array, float]:
    """Inverse and log-determinant of a symmetric positive definite matrix by Cholesky.

    Parameters
    ----------
    matrix : array (p, p)

    Raises
    ------
    NotPositiveDefiniteError
        When the factorisation breaks down.
    """
    from scipy.linalg import lapack

    factor, failed = lapack.dpotrf(matrix, lower=1, clean=0)
    diagonal = factor.diagonal()
    if failed or not np.isfinite(diagonal).all():
        raise NotPositiveDefiniteError
    logdet = 2.0 * float(np.log(diagonal).sum())
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    full = lower + lower.T
    full.flat[:: len(full) + 1] *= 0.5
    return full, logdet


@lru_cache(maxsize=32)
def lower_triangle(p: int) -> tuple[Index, Index]:
    """Rows and columns of the lower triangle of a (p, p) matrix, row by row; not to be written to."""
    found = np.tril_indices(p)
    for places in found:
        places.flags.writeable = False
    return found


def is_positive_definite(matrix: Array) -> bool:
    """Whether Cholesky succeeds."""
    from scipy.linalg import lapack

    factor, failed = lapack.dpotrf(matrix, lower=1, clean=0)
    return not failed and bool(np.isfinite(factor.diagonal()).all())


class Factor:
    """Cholesky factor of a symmetric positive definite matrix, for repeated solving.

    Parameters
    ----------
    matrix : array (p, p)

    Raises
    ------
    NotPositiveDefiniteError
        When the factorisation breaks down.
    """

    def __init__(self, matrix: Array) -> None:
        from scipy.linalg import lapack

        self._factor, failed = lapack.dpotrf(matrix, lower=1, clean=0)
        if failed or not np.isfinite(self._factor.diagonal()).all():
            raise NotPositiveDefiniteError
        self._solve = lapack.dpotrs

    def solve(self, right: Array) -> Array:
        """Solution of ``matrix @ x = right`` (p,)."""
        solution, _ = self._solve(self._factor, right, lower=1)
        return np.asarray(solution)


def summed(values: Array, weights: Array | None = None) -> Array:
    """Sum over cases, the first axis; weighted where there are sampling weights.

    Parameters
    ----------
    values : array (n, ...)
    weights : array (n,), optional
    """
    return np.asarray(values.sum(axis=0) if weights is None else np.tensordot(weights, values, axes=(0, 0)))


def weighed(values: Array, weights: Array | None = None) -> Array:
    """Rows of cases times their sampling weights; the rows themselves without.

    Parameters
    ----------
    values : array (n,) or (n, k)
    weights : array (n,), optional
    """
    return values if weights is None else np.asarray((weights * values.T).T)


def total_weight(weights: Array) -> float:
    """Sum of sampling weights; a whole number where it is one but for rounding, as after normalisation."""
    total = float(weights.sum())
    whole = round(total)
    return whole if abs(total - whole) < 1e-9 * max(total, 1.0) else total


def sum_within_clusters(values: Array, clusters: Index) -> Array:
    """Rows of cases summed over each cluster, times ``√(c/(c−1))`` for c clusters.

    Parameters
    ----------
    values : array (n, d)
    clusters : int array (n,)

    Returns
    -------
    array (c, d)
    """
    labels, place = np.unique(clusters, return_inverse=True)
    sums = group_sums(values, place.reshape(-1), len(labels))
    return sums * float(np.sqrt(len(labels) / (len(labels) - 1.0)))
