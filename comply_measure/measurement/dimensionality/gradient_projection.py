"""Gradient projection for rotation (Jennrich 2001, 2002), many loading matrices or starts at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.measurement.dimensionality.criteria import Criterion
from comply_measure.measurement.moments import Floats

TOLERANCE = 1e-8
MAX_ITERATIONS = 10_000
Bools = NDArray[np.bool_]


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


def project(
    unrotated: Floats,
    criterion: Criterion,
    start: Floats,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    evaluators: Callable[[Bools], Criterion] | None = None,
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
    evaluators : callable, optional
        The criterion of some of the matrices, when it differs between them (their own targets).

    Returns
    -------
    Projected
    """
    of = evaluators or (lambda _: criterion)
    t = start.copy()
    n = len(t)
    loadings = _apply(unrotated, t, criterion.oblique)
    value, slope = of(np.ones(n, dtype=bool)).evaluate(loadings)
    length = np.ones(n)
    converged = np.zeros(n, dtype=bool)
    steps = 0
    open_ = np.ones(n, dtype=bool)
    while steps < max_iterations:
        tangent = _tangent(t[open_], loadings[open_], slope[open_], unrotated[open_], criterion.oblique)
        size = np.sqrt((tangent**2).sum(axis=(1, 2)))
        done = size < tolerance
        rows = np.flatnonzero(open_)
        converged[rows[done]] = True
        keep = rows[~done]
        open_[rows[done]] = False
        if not keep.size:
            break
        length[keep] *= 2.0
        stuck = _search(
            keep, t, loadings, value, slope, length, tangent[~done], size[~done], unrotated, criterion, of
        )
        # rounding error bars a further decrease: as good as it gets
        converged[keep[stuck]] = size[~done][stuck] < 1e3 * tolerance
        open_[keep[stuck]] = False
        steps += 1
    return Projected(t, loadings, value, converged, steps)


def _apply(unrotated: Floats, t: Floats, oblique: bool) -> Floats:
    return np.asarray(unrotated @ (np.linalg.inv(t).transpose(0, 2, 1) if oblique else t))


def _tangent(t: Floats, loadings: Floats, slope: Floats, unrotated: Floats, oblique: bool) -> Floats:
    """Projected gradient of the criterion with respect to T."""
    if oblique:
        gradient = -(loadings.transpose(0, 2, 1) @ slope @ np.linalg.inv(t)).transpose(0, 2, 1)
        return np.asarray(gradient - t * (t * gradient).sum(axis=1, keepdims=True))
    gradient = unrotated.transpose(0, 2, 1) @ slope
    inner = t.transpose(0, 2, 1) @ gradient
    return np.asarray(gradient - t @ (inner + inner.transpose(0, 2, 1)) / 2.0)


def _search(
    rows: NDArray[np.intp],
    t: Floats,
    loadings: Floats,
    value: Floats,
    slope: Floats,
    length: Floats,
    tangent: Floats,
    size: Floats,
    unrotated: Floats,
    criterion: Criterion,
    of: Callable[[Bools], Criterion],
) -> Bools:
    """Shorten the steps of some rows until the criterion falls; updates in place, returns who did not move."""
    todo = np.ones(len(rows), dtype=bool)
    for _ in range(40):
        some = rows[todo]
        trial = _pull_back(t[some] - length[some, None, None] * tangent[todo], criterion.oblique)
        moved = _apply(unrotated[some], trial, criterion.oblique)
        mask = np.zeros(len(t), dtype=bool)
        mask[some] = True
        got, gradient = of(mask).evaluate(moved)
        good = got < value[some] - 0.5 * size[todo] ** 2 * length[some]
        hit = some[good]
        t[hit], loadings[hit], value[hit], slope[hit] = trial[good], moved[good], got[good], gradient[good]
        length[some[~good]] *= 0.5
        todo[np.flatnonzero(todo)[good]] = False
        if not todo.any():
            break
    return todo


def _pull_back(moved: Floats, oblique: bool) -> Floats:
    if oblique:
        return np.asarray(moved / np.sqrt((moved**2).sum(axis=1, keepdims=True)))
    left, _, right = np.linalg.svd(moved)
    return np.asarray(left @ right)
