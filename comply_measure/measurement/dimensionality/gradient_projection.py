"""Gradient projection for rotation (Jennrich 2001, 2002), many loading matrices or starts at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.measurement.dimensionality.criteria import Criterion
from comply_measure.measurement.moments import Floats

TOLERANCE = 1e-8
MAX_ITERATIONS = 10_000
HALVINGS = 40  # of a step before it counts as stuck
CELLS = 20_000  # loadings that are tried together: small matrices try several step lengths at once
PACE = 50  # iterations over which the pace of a start is measured
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Projected:
    """Where gradient projection stopped.

    Attributes
    ----------
    transformation : ndarray, shape (B, m, m)
        T: orthogonal with ``Λ = A T``, or with unit columns and ``Λ = A (T')⁻¹``, ``Φ = T'T``.
    loadings : ndarray, shape (B, p, m)
    value : ndarray, shape (B,)
        Criterion.
    converged : ndarray of bool, shape (B,)
        Whether the projected gradient fell below the tolerance.
    n_iterations : int
    """

    transformation: Floats
    loadings: Floats
    value: Floats
    converged: Bools
    n_iterations: int


@dataclass(frozen=True, slots=True)
class _Points:
    """Transformations with what the criterion says of them; a row each.

    ``turn`` is the matrix that loadings are multiplied by: T, or (T')⁻¹ when oblique.
    """

    t: Floats
    turn: Floats
    loadings: Floats
    value: Floats
    slope: Floats

    @staticmethod
    def at(unrotated: Floats, t: Floats, criterion: Criterion) -> _Points:
        turn = np.asarray(np.linalg.inv(t).transpose(0, 2, 1)) if criterion.oblique else t
        loadings = unrotated @ turn
        return _Points(t, turn, loadings, *criterion.evaluate(loadings))

    def take(self, rows: Places | Bools) -> _Points:
        return _Points(self.t[rows], self.turn[rows], self.loadings[rows], self.value[rows], self.slope[rows])

    def put(self, rows: Places, new: _Points) -> None:
        self.t[rows], self.turn[rows], self.loadings[rows] = new.t, new.turn, new.loadings
        self.value[rows], self.slope[rows] = new.value, new.slope


def project(
    unrotated: Floats,
    criterion: Criterion,
    start: Floats,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    *,
    rivals: bool = False,
) -> Projected:
    """Minimise a rotation criterion.

    Steps go along the gradient projected on the tangent space of the admissible transformations and are
    pulled back onto it; the step length doubles after a success and halves until the criterion falls enough.

    Parameters
    ----------
    unrotated : ndarray, shape (B, p, m)
        A.
    criterion : Criterion
    start : ndarray, shape (B, m, m)
        Orthogonal matrices, or with columns of length one when oblique.
    tolerance : float
        Frobenius norm of the projected gradient.
    max_iterations : int
    rivals : bool
        Starts of one problem, of which the lowest counts: one is given up where, at its pace of the last
        50 iterations, those that are left would not take it down to the lowest that has converged.

    Returns
    -------
    Projected
    """
    n = len(start)
    points = _Points.at(unrotated, start.copy(), criterion)
    length, converged = np.ones(n), np.zeros(n, dtype=bool)
    rows, before, steps = np.arange(n), points.value.copy(), 0
    while steps < max_iterations:
        here = points.take(rows)
        tangent = _tangent(here, unrotated[rows], criterion.oblique)
        size = np.sqrt((tangent**2).sum(axis=(1, 2)))
        open_ = size >= tolerance
        converged[rows[size < tolerance]] = True
        if rivals and steps and steps % PACE == 0 and converged.any():
            pace = (before - points.value)[rows] / PACE
            open_ &= here.value - pace * (max_iterations - steps) <= points.value[converged].min()
        if steps % PACE == 0:
            before = points.value.copy()
        rows, tangent, size = rows[open_], tangent[open_], size[open_]
        if not rows.size:
            break
        length[rows] *= 2.0
        stuck = _search(rows, points, length, tangent, size, unrotated, criterion)
        # rounding error bars a further decrease: as good as it gets
        converged[rows[stuck]] = size[stuck] < 1e3 * tolerance
        rows = rows[~stuck]
        steps += 1
    return Projected(points.t, points.loadings, points.value, converged, steps)


def _tangent(at: _Points, unrotated: Floats, oblique: bool) -> Floats:
    """Projected gradient of the criterion with respect to T."""
    t = at.t
    if oblique:
        gradient = -(at.loadings.transpose(0, 2, 1) @ at.slope @ at.turn.transpose(0, 2, 1)).transpose(
            0, 2, 1
        )
        return np.asarray(gradient - t * (t * gradient).sum(axis=1, keepdims=True))
    gradient = unrotated.transpose(0, 2, 1) @ at.slope
    inner = t.transpose(0, 2, 1) @ gradient
    return np.asarray(gradient - t @ (inner + inner.transpose(0, 2, 1)) / 2.0)


def _search(
    rows: Places,
    points: _Points,
    length: Floats,
    tangent: Floats,
    size: Floats,
    unrotated: Floats,
    criterion: Criterion,
) -> Bools:
    """Shorten the steps of some rows until the criterion falls; updates in place, returns who did not move."""
    todo = np.arange(len(rows))
    tried = 0
    while tried < HALVINGS and todo.size:
        some = rows[todo]
        together = int(np.clip(CELLS // (len(todo) * unrotated[0].size), 1, 4))
        lengths = length[some, None] * 0.5 ** np.arange(together)
        moved = points.t[some, None] - lengths[:, :, None, None] * tangent[todo, None]
        trial = _Points.at(
            np.repeat(unrotated[some], together, axis=0),
            _pull_back(moved.reshape(-1, *moved.shape[2:]), criterion.oblique),
            criterion,
        )
        wanted = points.value[some, None] - 0.5 * size[todo, None] ** 2 * lengths
        good = trial.value.reshape(lengths.shape) < wanted
        hit, first = good.any(axis=1), good.argmax(axis=1)
        points.put(some[hit], trial.take((np.arange(len(todo)) * together + first)[hit]))
        length[some] *= 0.5 ** np.where(hit, first, together)
        todo = todo[~hit]
        tried += together
    stuck = np.zeros(len(rows), dtype=bool)
    stuck[todo] = True
    return stuck


def _pull_back(moved: Floats, oblique: bool) -> Floats:
    if oblique:
        return np.asarray(moved / np.sqrt((moved**2).sum(axis=1, keepdims=True)))
    left, _, right = np.linalg.svd(moved)
    return np.asarray(left @ right)
