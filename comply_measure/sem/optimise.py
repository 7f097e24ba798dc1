"""Damped Fisher scoring, finished by Newton steps.

Far from the optimum the expected Hessian (always positive semi-definite) gives the direction; once the
predicted gain is small the exact Hessian takes over and convergence is quadratic. A step that does not
reduce F as its quadratic model predicts is shortened and turned by damping (Levenberg–Marquardt), which
also carries the search through singular matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError, is_positive_definite, solve_positive
from comply_measure.sem.objective import Objective, Point

NEWTON_BELOW = 0.05  # predicted gain in F below which the exact Hessian is tried
SMALL_DAMPING = 1e-6
LARGEST_DAMPING = 1e10
MAX_TRIALS = 30


@dataclass(frozen=True)
class Optimum:
    """Where the optimiser stopped.

    Attributes
    ----------
    point : Point
        The last point.
    converged : bool
        Whether the stopping rule was met.
    iterations : int
        Steps taken.
    message : str
        Why it stopped.
    decrement : float
        ¼ gᵀ I⁻¹ g at the last point where it was computed: squared distance to the optimum, in units of
        one case's information.
    jacobian : array (c, r) or None
        Derivatives in φ of the non-linear equalities and of the inequalities that bind at the optimum;
        bounds of single parameters are left out, so that standard errors ignore them as lavaan's do.
    binding : tuple of str
        Inequalities and bounds that hold with equality.
    """

    point: Point
    converged: bool
    iterations: int
    message: str
    decrement: float
    jacobian: Array | None = None
    binding: tuple[str, ...] = ()


def minimise(
    objective: Objective, start: Array, n: int, max_iterations: int = 200, tolerance: float = 1e-12
) -> Optimum:
    """Minimise F over φ.

    Stops when ``n · ¼ gᵀ I⁻¹ g`` is below ``tolerance``: its square root is the distance to the optimum in
    standard errors. The step that was computed for this test is still taken.

    Parameters
    ----------
    objective : Objective
        F and its derivatives.
    start : array (r,)
        Where to begin.
    n : int
        Number of cases.
    max_iterations : int
        Most steps.
    tolerance : float
        See above.
    """
    point = objective.at(start)
    if not np.isfinite(point.value):
        return Optimum(
            point, False, 0, "the implied covariance matrix at the start is not positive definite", np.inf
        )
    damping, decrement = 0.0, np.inf
    for iteration in range(1, max_iterations + 1):
        matrix = _curvature(point, decrement)
        step, decrement, damping = _solve(matrix, point.gradient, damping)
        if not np.isfinite(decrement):
            return Optimum(point, False, iteration, "the derivatives are not finite", decrement)
        if n * decrement < tolerance and damping <= SMALL_DAMPING:
            final = objective.at(point.phi + step)
            better = final.value <= point.value + 1e-12 * max(1.0, abs(point.value))
            return Optimum(final if better else point, True, iteration, "converged", decrement)
        following, damping = _advance(objective, point, matrix, step, damping)
        if following is None:
            # no gain left in floating point: an optimum if the gradient says so
            flat = n * decrement < 1e-6 and damping <= SMALL_DAMPING
            message = "converged" if flat else "no step reduces the discrepancy"
            return Optimum(point, flat, iteration, message, decrement)
        point = following
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", decrement)


def _curvature(point: Point, decrement: float) -> Array:
    """Exact Hessian near the optimum if it is positive definite, else the expected one."""
    if decrement < NEWTON_BELOW:
        exact = point.hessian
        if is_positive_definite(exact):
            return exact
    return 2.0 * point.information


def _solve(matrix: Array, gradient: Array, damping: float) -> tuple[Array, float, float]:
    """Damped step, decrement ½ gᵀ B⁻¹ g and the damping that was needed."""
    diagonal = matrix.diagonal()
    scale = np.maximum(diagonal, 1e-10 * diagonal.max(initial=1.0))
    while damping < LARGEST_DAMPING:
        damped = matrix + np.diag(damping * scale) if damping else matrix
        try:
            step = -solve_positive(damped, gradient)
        except NotPositiveDefiniteError:
            damping = max(10.0 * damping, SMALL_DAMPING)
            continue
        return step, 0.5 * float(-gradient @ step), damping
    return -gradient, float(gradient @ gradient), damping


def _advance(
    objective: Objective, point: Point, matrix: Array, step: Array, damping: float
) -> tuple[Point | None, float]:
    """Accept a step that reduces F as predicted, else damp and try again; the next damping."""
    for attempt in range(MAX_TRIALS):
        predicted = -float(point.gradient @ step) - 0.5 * float(step @ matrix @ step)
        candidate = objective.at(point.phi + step)
        gain = point.value - candidate.value
        ratio = gain / predicted if predicted > 0.0 else -1.0
        if np.isfinite(candidate.value) and ratio > 1e-4:
            if attempt == 0 and ratio > 0.25:
                damping = damping / 8.0 if damping > 1e-4 else 0.0
            return candidate, damping
        tiny = abs(gain) <= 1e-13 * max(1.0, abs(point.value))
        if tiny and predicted <= 1e-12 * max(1.0, abs(point.value)):
            return None, damping
        damping = max(6.0 * damping, 1e-3)
        step, _, damping = _solve(matrix, point.gradient, damping)
        if damping >= LARGEST_DAMPING:
            break
    return None, damping
