"""Sample covariance matrices of normal data, drawn without drawing the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError

Floats = NDArray[np.float64]


def wishart_roots(n: int, p: int, replications: int, rng: np.random.Generator) -> Floats:
    """Triangular roots A with A Aᵀ ~ Wishart(I, n − 1) (Bartlett 1933).

    ``A_ii = √χ²_{n−1−i}`` (i from 0), ``A_ij ~ N(0, 1)`` below the diagonal.

    Parameters
    ----------
    n : int
        Number of cases, above p.
    p : int
        Number of variables.
    replications : int
    rng : numpy Generator

    Returns
    -------
    ndarray, shape (replications, p, p)

    Raises
    ------
    ComplyError
        When n is not above p: the matrices would be singular.
    """
    if n <= p:
        raise ComplyError(f"{n} cases for {p} variables: sample covariance matrices would be singular")
    roots = np.zeros((replications, p, p))
    row, column = np.tril_indices(p, -1)
    roots[:, row, column] = rng.standard_normal((replications, len(row)))
    roots[:, np.arange(p), np.arange(p)] = np.sqrt(rng.chisquare(n - 1.0 - np.arange(p), (replications, p)))
    return roots


def covariances(roots: Floats, sigma: Floats, n: int) -> Floats:
    """Covariance matrices with divisor n of samples from N(·, Σ): ``L A Aᵀ Lᵀ / n`` with ``L Lᵀ = Σ``."""
    half = np.linalg.cholesky(sigma) @ roots
    return np.asarray(half @ half.transpose(0, 2, 1) / n)
