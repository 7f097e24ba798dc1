"""Many small matrices at once: stacked, or symmetric ones as lists of their entries, each an array over all of them."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError, inverse_and_logdet


def transposed(matrix: Array) -> Array:
    """Matrices (…, a, b) as (…, b, a)."""
    return matrix.mT


def times(matrix: Array, vector: Array) -> Array:
    """Matrices (…, a, b) times vectors (…, b)."""
    return np.asarray((matrix @ vector[..., None])[..., 0])


def along(vector: Array, matrix: Array) -> Array:
    """Vectors (…, a) times matrices (…, a, b), one for all or one each."""
    return np.asarray(vector @ matrix if matrix.ndim == 2 else (vector[..., None, :] @ matrix)[..., 0, :])


def inverse(matrix: Array) -> Array:
    """Inverses of matrices (…, a, a)."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def inverses(matrix: Array) -> tuple[Array, Array | float]:
    """Inverses of covariance matrices (…, r, r) and the logarithms of their determinants."""
    if not matrix.shape[-1]:
        return matrix, np.zeros(matrix.shape[:-2])
    if matrix.ndim == 2:
        return inverse_and_logdet(matrix)
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError as error:
        raise NotPositiveDefiniteError from error
    logdet = 2.0 * np.log(root.diagonal(axis1=-2, axis2=-1)).sum(axis=-1)
    return inverse(matrix), np.asarray(logdet)


def lower(matrix: list[list[Array]], a: int, b: int) -> Array:
    """Entry (a, b) of symmetric matrices given by their lower triangles."""
    return matrix[a][b] if b <= a else matrix[b][a]


def inverse_of(matrix: list[list[Array]]) -> tuple[list[list[Array]], Array | float]:
    """Inverses and log-determinants of many small symmetric matrices, by their lower triangles (sweep operator)."""
    q = len(matrix)
    if not q:
        return [], 0.0
    swept = [list(row) for row in matrix]
    log_det: Array | float = 0.0
    for p in range(q):
        pivot = swept[p][p]
        if not (pivot > 0.0).all():
            raise NotPositiveDefiniteError
        log_det = log_det + np.log(pivot)
        column = [lower(swept, a, p) for a in range(q)]
        for a in range(q):
            for b in range(a + 1):
                if p not in (a, b):
                    swept[a][b] = swept[a][b] - column[a] * column[b] / pivot
        for a in range(q):
            if a != p:
                first, second = max(a, p), min(a, p)
                swept[first][second] = column[a] / pivot
        swept[p][p] = -1.0 / pivot
    return [[-entry for entry in row] for row in swept], log_det
