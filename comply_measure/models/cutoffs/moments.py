"""Implied moments of one model at many parameter vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.implied import Fill, Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Which entry of Hᵀ M H each parameter looks up: of M itself, of M X, or of Xᵀ M X."""

    plain: NDArray[np.intp]
    i: NDArray[np.intp]
    j: NDArray[np.intp]
    mixed: NDArray[np.intp]
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    inner: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]


def look_up(layout: Layout) -> LookUp:
    """Entries of a layout's parameters."""
    p = layout.p
    u, v = np.minimum(layout.u, layout.v), np.maximum(layout.u, layout.v)
    plain, inner = np.flatnonzero(v < p), np.flatnonzero(u >= p)
    mixed = np.flatnonzero((u < p) & (v >= p))
    return LookUp(plain, u[plain], v[plain], mixed, u[mixed], v[mixed] - p, inner, u[inner] - p, v[inner] - p)


def batched_moments(layout: Layout, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Σ (R, p, p), T E (R, p, k) and F V (R, p, k) at many θ (R, q); see :mod:`comply_measure.sem.implied`."""
    T = _filled(layout.loadings, theta)
    source = _filled(layout.source_cov, theta)
    TE, V, E = T, source, None
    if layout.has_paths:
        E = np.linalg.inv(np.eye(layout.k) - _filled(layout.paths, theta))
        TE, V = T @ E, E @ source @ E.transpose(0, 2, 1)
    FV = T @ V
    sigma = FV @ T.transpose(0, 2, 1) + _filled(layout.residuals, theta)
    if layout.has_cross:
        cross = _filled(layout.cross, theta)
        M = cross @ TE.transpose(0, 2, 1)
        sigma = sigma + M + M.transpose(0, 2, 1)
        FV = FV + (cross if E is None else cross @ E.transpose(0, 2, 1))
    return sigma, TE, FV


def _filled(fill: Fill, theta: Floats) -> Floats:
    matrix = np.tile(fill.constant, (len(theta), *(1,) * fill.constant.ndim))
    if len(fill.cells):
        matrix.reshape(len(theta), -1)[:, fill.cells] = theta[:, fill.parameters]
    return matrix


def log_determinants(sigma: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which matrices are positive definite, and their log-determinants."""
    try:
        root = np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(sigma).all(axis=(1, 2)))
        values = np.asarray(np.linalg.eigvalsh(np.where(finite[:, None, None], sigma, 0.0)))
        possible = np.asarray(values.min(axis=1) > 0)
        return possible, np.log(np.where(values > 0, values, 1.0)).sum(axis=1)
    return np.ones(len(sigma), dtype=bool), 2.0 * np.log(np.einsum("rii->ri", root)).sum(axis=1)
