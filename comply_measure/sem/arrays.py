"""Small array helpers shared by the stages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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


def solve_positive(matrix: Array, right: Array) -> Array:
    """Solution of ``matrix @ x = right`` for a symmetric positive definite matrix.

    Raises
    ------
    NotPositiveDefiniteError
        When the factorisation breaks down.
    """
    from scipy.linalg import lapack

    _, solution, failed = lapack.dposv(matrix, right, lower=1)
    if failed or not np.isfinite(solution).all():
        raise NotPositiveDefiniteError
    return np.asarray(solution).reshape(right.shape)


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
