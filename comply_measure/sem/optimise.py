"""Fisher scoring with step control, finished by Newton steps.

Far from the optimum the expected Hessian (always positive semi-definite) gives the direction; once the
predicted gain is small the exact Hessian takes over and convergence is quadratic. Steps are halved
until F falls enough; a singular matrix is damped (Levenberg–Marquardt).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError, solve_positive
from comply_measure.sem.objective import Objective, Point

NEWTON_BELOW = 0.05  # predicted gain in F below which the exact Hessian is tried
ARMIJO = 1e-4
MAX_HALVINGS = 30


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
    decrement = np.inf
    for iteration in range(1, max_iterations + 1):
        step, decrement, damped = _step(point, decrement)
        if not np.isfinite(decrement):
            return Optimum(point, False, iteration, "the derivatives are not finite", decrement)
        if n * decrement < tolerance and not damped:
            final = objective.at(point.phi + step)
            better = final.value <= point.value + 1e-12 * max(1.0, abs(point.value))
            return Optimum(final if better else point, True, iteration, "converged", decrement)
        following = _search(objective, point, step)
        if following is None:
            # no gain left in floating point: an optimum if the gradient says so
            flat = n * decrement < 1e-6
            message = "converged" if flat else "no step reduces the discrepancy"
            return Optimum(point, flat, iteration, message, decrement)
        point = following
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", decrement)


def _step(point: Point, previous: float) -> tuple[Array, float, bool]:
    """Direction, decrement ¼ gᵀ I⁻¹ g and whether the matrix had to be damped."""
    gradient = point.gradient
    if previous < NEWTON_BELOW:
        try:
            step = -solve_positive(point.hessian, gradient)
            return step, 0.5 * float(-gradient @ step), False
        except NotPositiveDefiniteError:
            pass
    information = 2.0 * point.information
    scale = np.maximum(information.diagonal(), 1e-10 * information.diagonal().max(initial=1.0))
    damping = 0.0
    while damping < 1e8:
        try:
            step = -solve_positive(information + np.diag(damping * scale), gradient)
        except NotPositiveDefiniteError:
            damping = max(10.0 * damping, 1e-6)
            continue
        return step, 0.5 * float(-gradient @ step), damping > 0.0
    return -gradient, float(gradient @ gradient), True


def _search(objective: Objective, point: Point, step: Array) -> Point | None:
    """First point along the step that reduces F enough; None when none does."""
    slope = float(point.gradient @ step)
    size = 1.0
    for _ in range(MAX_HALVINGS):
        candidate = objective.at(point.phi + size * step)
        if candidate.value <= point.value + ARMIJO * size * slope:
            return candidate
        size *= 0.5
    return None
