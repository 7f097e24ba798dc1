"""Parametric bootstrap of a model of units × cells: data drawn from the fit, fitted again in one batch."""

from __future__ import annotations

import numpy as np

from comply_measure.statistics.arrays import Bools, Floats
from comply_measure.triads.reml.design import CellDesign, chunks
from comply_measure.triads.reml.fit import RemlFit, fit_reml

#: Values per batch, which bounds memory.
BATCH_VALUES = 4_000_000


def draw(
    design: CellDesign, theta: Floats, mean: Floats, n_units: int, replications: int, rng: np.random.Generator
) -> Floats:
    """Draw observations of complete units from a model of units × cells.

    Parameters
    ----------
    design : CellDesign
        Effects.
    theta : ndarray, shape (K,)
        Variances, residual last.
    mean : ndarray, shape (C,)
        Fixed part of every cell.
    n_units, replications : int
        Size.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (replications, n_units, C)
    """
    C = design.n_cells
    y = rng.standard_normal((replications, n_units, C))
    y *= np.sqrt(theta[-1])
    y += mean
    n_shared = len(design.shared)
    for place, columns in enumerate(design.indicators()[:-1]):
        units = 1 if place < n_shared else n_units
        effects = rng.standard_normal((replications, units, columns.shape[1]))
        for rows in chunks(replications, n_units * C):
            y[rows] += np.sqrt(theta[place]) * effects[rows] @ columns.T
    return np.asarray(y)


def bootstrap_components(
    fit: RemlFit, missing: np.ndarray, replications: int, rng: np.random.Generator
) -> Floats:
    """Variance components of data drawn from a fit, with its pattern of missing cells.

    The fixed part is taken as estimated; shared effects are drawn anew.

    Parameters
    ----------
    fit : RemlFit
        Fit of one data set (a batch of one).
    missing : ndarray of bool, shape (G, C)
        Missing cells.
    replications : int
        Data sets to draw.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (replications, K)
        Rows without a maximum are NaN.
    """
    design, theta = fit.design, fit.theta[0]
    X = design.fixed
    fixed = X @ np.linalg.lstsq(X, fit.cells[0], rcond=None)[0]
    step = max(1, BATCH_VALUES // missing.size)
    parts: list[Floats] = []
    for first in range(0, replications, step):
        drawn = min(step, replications - first)
        y = _with_gaps(draw(design, theta, fixed, len(missing), drawn, rng), missing)
        for rows in chunks(drawn, missing.size):  # a fit works with several times its data
            refit = fit_reml(y[rows], design)
            usable = refit.converged & ~refit.degenerate
            parts.append(np.where(usable[:, None], refit.theta, np.nan))
    return np.concatenate(parts)


def _with_gaps(y: Floats, missing: Bools) -> Floats:
    """Draws without the missing cells; changed in place, for they are large."""
    y[:, missing] = np.nan
    return y
