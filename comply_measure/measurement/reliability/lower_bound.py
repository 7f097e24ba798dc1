"""Greatest lower bound to reliability, by an interior-point method with a certificate of its accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import covariance_range, require

# Width of the certified interval, relative to the trace.
TOLERANCE = 1e-10
# Eigenvalues of the correlation matrix below this are zero.
NULL = 1e-9
MAX_STEPS, MAX_INNER = 500, 50


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
    basis = vectors[:, kept]
    psi, dual, steps = _maximise(np.diag(values[kept]), basis[free], safe[free] ** 2)
    error = np.zeros(p)
    error[free] = psi * safe[free] ** 2
    total = float(covariance.sum())
    gap = max(0.0, dual - float(error.sum())) / total
    return GreatestLowerBound(
        1.0 - float(error.sum()) / total, gap, error, steps, reversal_note(covariance, items)
    )


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


def _maximise(core: Floats, rows: Floats, weight: Floats) -> tuple[Floats, float, int]:
    """Maximise Σ w ψ subject to ``core − rows' diag(ψ) rows`` positive semidefinite and ψ ≥ 0.

    Parameters
    ----------
    core : ndarray, shape (r, r)
        Positive definite.
    rows : ndarray, shape (f, r)
        Rows of unit length.
    weight : ndarray, shape (f,)

    Returns
    -------
    psi : ndarray, shape (f,)
    dual : float
        Upper bound of the maximum.
    n_steps : int
    """
    psi = np.full(len(rows), 0.5 * float(np.linalg.eigvalsh(core)[0]))
    mu, steps = 0.1 * float(weight.mean()), 0
    best, dual = psi, np.inf
    while steps < MAX_STEPS:
        for _ in range(MAX_INNER):
            step, decrement = _newton(core, rows, weight, psi, mu)
            psi = psi + _step_length(core, rows, psi, step, decrement) * step
            steps += 1
            if decrement < 1e-6:
                break
        inverse = np.linalg.inv(core - (rows.T * psi) @ rows)
        bound = _dual_bound(core, rows, weight, mu * inverse)
        improved = bound - float(weight @ psi) < dual - float(weight @ best)
        best, dual = (psi, bound) if improved else (best, dual)
        if not improved or dual - float(weight @ best) < TOLERANCE * float(weight.sum()):
            break
        mu *= 0.1
    return best, dual, steps


def _newton(core: Floats, rows: Floats, weight: Floats, psi: Floats, mu: float) -> tuple[Floats, float]:
    """Newton step of the barrier problem divided by μ, and half its squared length."""
    inverse = np.linalg.inv(core - (rows.T * psi) @ rows)
    inner = rows @ inverse @ rows.T
    # scaled by ψ, which keeps the system well conditioned near the boundary
    gradient = psi * (weight / mu - np.diag(inner)) + 1.0
    curvature = inner**2 * np.outer(psi, psi) + np.eye(len(psi))
    step = np.linalg.solve(curvature, gradient)
    return psi * step, 0.5 * float(gradient @ step)


def _step_length(core: Floats, rows: Floats, psi: Floats, step: Floats, decrement: float) -> float:
    """A step inside both cones: full near the centre, else as long as allowed but for a tenth."""
    length, share = 1.0, 1.0 if decrement < 0.03 else 0.9
    for _ in range(60):
        trial = psi + length * step
        if trial.min() > 0 and np.linalg.eigvalsh(core - (rows.T * trial) @ rows)[0] > 0:
            return share * length
        length, share = 0.7 * length, 0.9
    return 0.0


def _dual_bound(core: Floats, rows: Floats, weight: Floats, dual: Floats) -> float:
    """``tr(core Y)`` after Y is scaled so that ``rows_i' Y rows_i ≥ w_i``: an upper bound of the maximum."""
    diagonal = np.einsum("ia,ab,ib->i", rows, dual, rows)
    return float(np.trace(core @ dual) * max(1.0, float((weight / diagonal).max())))
