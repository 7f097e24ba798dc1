"""Greatest lower bound to reliability, by an interior-point method with a certificate of its accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import covariance_range, require
from comply_measure.statistics.arrays import Bools, Ints

# Width of the certified interval, relative to the trace.
TOLERANCE = 1e-10
# Eigenvalues of the correlation matrix below this are zero.
NULL = 1e-9
MAX_STEPS, MAX_INNER = 500, 50
# Shares of a step that are tried, the longest first.
_LENGTHS = 0.7 ** np.arange(60)


@dataclass(frozen=True, slots=True)
class GreatestLowerBound:
    """Greatest lower bound.

    Attributes
    ----------
    value : float
        glb; NaN where undefined.
    gap : float
        Upper bound of the error of ``value``, from the dual problem.
    error_variances : ndarray, shape (p,)
        ψ of the worst case.
    n_steps : int
        Newton steps.
    note : str
    """

    value: float
    gap: float
    error_variances: Floats
    n_steps: int
    note: str


def greatest_lower_bound(covariance: Floats, *, items: Sequence[str] | None = None) -> GreatestLowerBound:
    """Greatest lower bound to reliability (Jackson & Agunwamba 1977; Bentler & Woodward 1980).

    The least reliability any true-score decomposition ``C = T + diag(ψ)`` with T positive semidefinite and ψ ≥ 0
    allows: ``glb = 1 − max Σψ / 1'C1``. The maximum is a semidefinite program in p unknowns; with the barrier
    ``μ log|C − diag(ψ)| + μ Σ log ψ`` each Newton step costs one p × p inverse, and at the maximum for μ the
    matrix ``Y = μ (C − diag ψ)⁻¹`` solves the dual, so ``tr(CY) − Σψ`` bounds the error. A singular C is
    restricted to its range first: items with weight in its null space have no error variance. In samples the
    glb is biased upwards, the more the smaller n and the larger p (Ten Berge & Sočan 2004).

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Item covariances, positive semidefinite.
    items : sequence of str, optional
        Names for the note.

    Returns
    -------
    GreatestLowerBound
        NaN with a note for one item, an undefined or indefinite matrix, or a sum without variance.

    Raises
    ------
    InputError
        For a matrix that is not symmetric or has a negative variance.
    """
    return greatest_lower_bounds([covariance], [items])[0]


def greatest_lower_bounds(
    covariances: Sequence[Floats], items: Sequence[Sequence[str] | None]
) -> list[GreatestLowerBound]:
    """:func:`greatest_lower_bound` of several matrices; programs of one size are solved side by side.

    Parameters
    ----------
    covariances : sequence of ndarray, shape (p, p)
    items : sequence of (sequence of str or None)
        Names for the note, matrix by matrix.
    """
    found: list[GreatestLowerBound | _Program] = [_program(covariance) for covariance in covariances]
    together: dict[tuple[int, ...], list[int]] = {}
    for place, program in enumerate(found):
        if isinstance(program, _Program):
            together.setdefault(program.rows.shape, []).append(place)
    for places in together.values():
        programs = [program for place in places if isinstance(program := found[place], _Program)]
        psi, dual, steps = _maximise(
            np.stack([program.core for program in programs]),
            np.stack([program.rows for program in programs]),
            np.stack([program.weight for program in programs]),
        )
        for k, (place, program) in enumerate(zip(places, programs, strict=True)):
            note = reversal_note(program.covariance, items[place])
            found[place] = program.bound(psi[k], float(dual[k]), int(steps[k]), note)
    return [bound for bound in found if isinstance(bound, GreatestLowerBound)]


@dataclass(frozen=True, slots=True)
class _Program:
    """The semidefinite program of one matrix: see :func:`_maximise`."""

    covariance: Floats
    free: Bools
    core: Floats
    rows: Floats
    weight: Floats

    def bound(self, psi: Floats, dual: float, steps: int, note: str) -> GreatestLowerBound:
        """The bound at the maximum."""
        error = np.zeros(len(self.covariance))
        error[self.free] = psi * self.weight
        total = float(self.covariance.sum())
        gap = max(0.0, dual - float(error.sum())) / total
        return GreatestLowerBound(1.0 - float(error.sum()) / total, gap, error, steps, note)


def _program(covariance: Floats) -> GreatestLowerBound | _Program:
    """What is to be solved, or the bound where nothing is."""
    require("The greatest lower bound cannot be computed.", covariance_range("covariance", covariance))
    p = len(covariance)
    nothing = np.full(p, np.nan)
    note = _obstacle(covariance)
    if note:
        return GreatestLowerBound(float("nan"), float("nan"), nothing, 0, note)
    scale = np.sqrt(np.diag(covariance))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(safe, safe))
    kept = values > NULL
    # errors are possible only for items without weight in the null space
    free = ((vectors[:, ~kept] ** 2).sum(axis=1) < NULL) & (scale > 0)
    if not free.any():
        return GreatestLowerBound(
            1.0, 0.0, np.zeros(p), 0, "items determine each other: no error is possible"
        )
    return _Program(covariance, free, np.diag(values[kept]), vectors[free][:, kept], safe[free] ** 2)


def _obstacle(covariance: Floats) -> str:
    if len(covariance) < 2:
        return "one item: no lower bound"
    if not np.isfinite(covariance).all():
        return "covariances are undefined"
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not covariance.sum() > 1e-12 * np.trace(covariance) or not scale.any():
        return "variance of the sum is zero or negative"
    safe = np.where(scale > 0, scale, 1.0)
    if np.linalg.eigvalsh(covariance / np.outer(safe, safe))[0] < -NULL:
        return "the covariance matrix is not positive semidefinite"
    return ""


def _maximise(core: Floats, rows: Floats, weight: Floats) -> tuple[Floats, Floats, Ints]:
    """Maximise Σ w ψ subject to ``core − rows' diag(ψ) rows`` positive semidefinite and ψ ≥ 0; B programs at once.

    Parameters
    ----------
    core : ndarray, shape (B, r, r)
        Positive definite.
    rows : ndarray, shape (B, f, r)
        Rows of unit length.
    weight : ndarray, shape (B, f)

    Returns
    -------
    psi : ndarray, shape (B, f)
    dual : ndarray, shape (B,)
        Upper bounds of the maxima.
    n_steps : ndarray of int, shape (B,)
    """
    psi = np.repeat(0.5 * np.linalg.eigvalsh(core)[:, :1], rows.shape[1], axis=1)
    mu = 0.1 * weight.mean(axis=1)
    best, dual = psi.copy(), np.full(len(core), np.inf)
    steps, inner = np.zeros(len(core), dtype=np.intp), np.zeros(len(core), dtype=np.intp)
    running = np.arange(len(core))
    while len(running):
        at = _Inside(core[running], rows[running], psi[running])
        step, decrement = _newton(at, weight[running], mu[running])
        psi[running] += _step_length(at, step, decrement)[:, None] * step
        steps[running] += 1
        inner[running] += 1
        centred = (decrement < 1e-6) | (inner[running] == MAX_INNER)
        if not centred.any():
            continue
        some = running[centred]
        at = _Inside(core[some], rows[some], psi[some])
        bound = _dual_bound(at, weight[some], mu[some, None, None] * at.inverse)
        gap = dual[some] - _product(weight[some], best[some])
        improved = bound - _product(weight[some], psi[some]) < gap
        best[some] = np.where(improved[:, None], psi[some], best[some])
        dual[some] = np.where(improved, bound, dual[some])
        gap = dual[some] - _product(weight[some], best[some])
        ended = ~improved | (gap < TOLERANCE * weight[some].sum(axis=1)) | (steps[some] >= MAX_STEPS)
        mu[some] *= 0.1
        inner[some] = 0
        running = np.setdiff1d(running, some[ended])
    return best, dual, steps


class _Inside:
    """Points ψ at which ``S = core − rows' diag(ψ) rows`` is positive definite."""

    def __init__(self, core: Floats, rows: Floats, psi: Floats) -> None:
        self.core, self.rows, self.psi = core, rows, psi
        self.slack = core - (rows.transpose(0, 2, 1) * psi[:, None, :]) @ rows
        self.inverse: Floats = np.asarray(np.linalg.inv(self.slack), dtype=np.float64)

    def reach(self, step: Floats) -> Floats:
        """How far a step may go before S or a ψ is no longer positive; shape (B,)."""
        values, vectors = np.linalg.eigh(self.slack)
        # an eigenvalue that rounding has taken below zero ends every step into it
        least = np.finfo(np.float64).eps * values[:, -1:]
        root = vectors / np.sqrt(np.maximum(values, least))[:, None, :]
        sides = root.transpose(0, 2, 1) @ self.rows.transpose(0, 2, 1)
        largest = np.linalg.eigvalsh((sides * step[:, None, :]) @ sides.transpose(0, 2, 1))[:, -1]
        # 1 / distance, so that what never ends is 0
        nearest = np.maximum(largest, (-step / self.psi).max(axis=1))
        return np.asarray(1.0 / np.maximum(nearest, np.finfo(np.float64).tiny))


def _product(one: Floats, other: Floats) -> Floats:
    return np.asarray((one * other).sum(axis=1))


def _newton(at: _Inside, weight: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Newton step of the barrier problem divided by μ, and half its squared length."""
    psi, inner = at.psi, at.rows @ at.inverse @ at.rows.transpose(0, 2, 1)
    # scaled by ψ, which keeps the system well conditioned near the boundary
    gradient = psi * (weight / mu[:, None] - np.diagonal(inner, axis1=1, axis2=2)) + 1.0
    curvature = inner**2 * (psi[:, :, None] * psi[:, None, :]) + np.eye(psi.shape[1])
    step: Floats = np.asarray(np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0], dtype=np.float64)
    return psi * step, 0.5 * _product(gradient, step)


def _step_length(at: _Inside, step: Floats, decrement: Floats) -> Floats:
    """A step inside both cones: full near the centre, else as long as allowed but for a tenth."""
    inside = at.reach(step)[:, None] > _LENGTHS
    first = inside.argmax(axis=1)
    share = np.where((first == 0) & (decrement < 0.03), 1.0, 0.9)
    return np.where(inside.any(axis=1), share * _LENGTHS[first], 0.0)


def _dual_bound(at: _Inside, weight: Floats, dual: Floats) -> Floats:
    """``tr(core Y)`` after Y is scaled so that ``rows_i' Y rows_i ≥ w_i``: an upper bound of the maximum."""
    diagonal = np.einsum("bia,bac,bic->bi", at.rows, dual, at.rows)
    stretch = np.maximum(1.0, (weight / diagonal).max(axis=1))
    return np.asarray(np.einsum("bij,bji->b", at.core, dual) * stretch)
