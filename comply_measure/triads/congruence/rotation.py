"""Members of the model set with a free direction: the best angle over the full circle.

``u = X·cos θ + Y·sin θ`` covers every rotation S = tan θ, the infinite one (u = Y) included, so that every model
with a fixed direction is nested. All these models lie within the full polynomial; a model's misfit is the full
polynomial's plus the distance of its columns from the projections of the outcome on the five terms, which
takes five numbers per angle instead of n.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]
#: Columns beside the intercept as combinations of X, Y, X², XY, Y²; shape (angles, 5, columns).
Terms = Callable[[Floats], Floats]

ANGLES = 720
#: Directions of the nested models X, Y, X + Y and X − Y.
_FIXED = np.pi * np.array([0.0, 0.5, 0.25, 0.75])


def squared_direction(angle: Floats) -> Floats:
    """``u²``, shape (angles, 5, 1)."""
    c, s = np.cos(angle), np.sin(angle)
    zero = np.zeros_like(c)
    return np.stack([zero, zero, c * c, 2 * c * s, s * s], axis=-1)[..., None]


def direction(angle: Floats) -> Floats:
    """``u``, shape (angles, 5, 1)."""
    c, s = np.cos(angle), np.sin(angle)
    zero = np.zeros_like(c)
    return np.stack([c, s, zero, zero, zero], axis=-1)[..., None]


def shifted_rotated(angle: Floats) -> Floats:
    """SRSQD: ``u`` and ``u²``."""
    return np.concatenate([direction(angle), squared_direction(angle)], axis=-1)


def shifted_rotated_ridge(angle: Floats) -> Floats:
    """SRRR: ``X``, ``Y`` and ``u²``."""
    linear = np.broadcast_to(np.eye(5)[:, :2], (*angle.shape, 5, 2))
    return np.concatenate([linear, squared_direction(angle)], axis=-1)


def best_rotation(x: Floats, y: Floats, z: Floats, other: Floats, terms: Terms) -> float:
    """Smallest sum of squared residuals over all angles.

    Every local minimum of a grid over the half circle (u and −u are one direction) is refined; the
    directions of the nested models and that of the additive model are tried as they are.

    Parameters
    ----------
    x, y, z : ndarray, shape (n,)
    other : ndarray, shape (n, m)
        Intercept and controls.
    terms : callable
        One of :func:`shifted_rotated`, :func:`shifted_rotated_ridge`.
    """
    basis = np.linalg.qr(other)[0]
    columns = np.column_stack([x, y, x * x, x * y, y * y])
    scale = np.abs(columns).max(axis=0)
    columns = columns / scale
    columns, rest = _without(columns, basis), _without(z[:, None], basis)[:, 0]
    Q, R = np.linalg.qr(columns)
    target, floor = Q.T @ rest, rest - Q @ (Q.T @ rest)
    R = R * scale  # of the terms themselves

    def misfit(angle: Floats) -> Floats:
        return _distance(R @ terms(angle), target)

    grid = np.arange(ANGLES) * np.pi / ANGLES
    values = misfit(grid)
    dips = np.flatnonzero((values <= np.roll(values, 1)) & (values <= np.roll(values, -1)))
    step = np.pi / ANGLES
    found = [float(misfit(np.append(_FIXED, _additive(R, target))).min()), float(values.min())]
    for place in dips[np.argsort(values[dips], kind="stable")][:20]:
        refined = optimize.minimize_scalar(
            lambda a: float(misfit(np.array([a]))[0]),
            bounds=(grid[place] - step, grid[place] + step),
            method="bounded",
            options={"xatol": 1e-10},
        )
        found.append(float(refined.fun))
    return float(floor @ floor) + min(found)


def _without(columns: Floats, basis: Floats) -> Floats:
    """Residuals on an orthonormal basis, taken twice against rounding."""
    for _ in range(2):
        columns = columns - basis @ (basis.T @ columns)
    return columns


def _additive(R: Floats, target: Floats) -> float:
    """Direction of the additive model's slope."""
    b = np.linalg.lstsq(R[:, :2], target, rcond=None)[0]
    return float(np.arctan2(b[1], b[0]))


def _distance(columns: Floats, target: Floats) -> Floats:
    """Squared distance of the target from the span of each set of columns, shape (angles,)."""
    rest = np.broadcast_to(target, columns.shape[:-1]).copy()
    done: list[Floats] = []
    for j in range(columns.shape[-1]):
        column = columns[..., j]
        size = np.sqrt((column**2).sum(axis=-1, keepdims=True))
        for _ in range(2):
            for unit in done:
                column = column - (column * unit).sum(axis=-1, keepdims=True) * unit
        length = np.sqrt((column**2).sum(axis=-1, keepdims=True))
        unit = np.where(length > 1e-12 * size, column / np.where(length > 0, length, 1.0), 0.0)
        rest = rest - (rest * unit).sum(axis=-1, keepdims=True) * unit
        done.append(unit)
    return np.asarray((rest**2).sum(axis=-1))
