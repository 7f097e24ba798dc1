"""Iterated principal axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comply_measure.measurement.moments import Floats


def principal_axes(
    matrices: Floats, n_factors: int, lower: float, tolerance: float, max_iterations: int
) -> tuple[Floats, NDArray[np.bool_], int]:
    """Unique variances by iterated principal axes (Thomson 1934), from squared multiple correlations.

    Parameters
    ----------
    matrices : ndarray, shape (B, p, p)
        Correlation matrices.
    n_factors : int
        m.
    lower : float
        Communalities are held at ``1 − lower`` at most.
    tolerance : float
        It stops when the sum of the communalities moves by less (the rule of psych::fa).
    max_iterations : int

    Returns
    -------
    psi : ndarray, shape (B, p)
    converged : ndarray of bool, shape (B,)
    n_iterations : int
        Until the slowest matrix stopped.
    """
    values, vectors = np.linalg.eigh(matrices)
    inverse = (vectors**2 / np.maximum(values, 1e-10)[:, None, :]).sum(axis=2)
    communality = 1.0 - 1.0 / inverse
    p = matrices.shape[-1]
    off = matrices * (1.0 - np.eye(p))
    converged = np.zeros(len(matrices), dtype=bool)
    steps = 0
    while steps < max_iterations and not converged.all():
        open_ = ~converged
        old = communality[open_]
        values, vectors = np.linalg.eigh(off[open_] + old[:, :, None] * np.eye(p))
        lead = np.maximum(values[:, -n_factors:], 0.0)
        new = np.minimum((vectors[:, :, -n_factors:] ** 2 * lead[:, None, :]).sum(axis=2), 1.0 - lower)
        communality[open_] = new
        converged[open_] = np.abs(new.sum(axis=1) - old.sum(axis=1)) < tolerance
        steps += 1
    return 1.0 - communality, converged, steps
