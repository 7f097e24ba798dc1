"""A quasi-Newton search with line search (BFGS; Nocedal & Wright, 2006, ch. 6), the fallback optimiser.

Within bounds it is its form with limited memory and projected gradients (L-BFGS-B; Byrd, Lu, Nocedal & Zhu, 1995).

It knows no curvature at the start and creeps along the gradient, so that it ends in other basins than Newton's
method from the same values. Large models keep their last steps instead of a matrix (L-BFGS; ibid., ch. 7), whose
update costs the cube of their size. Coordinates are scaled by the expected Hessian at the start; the last steps are
those of Newton's method within a region of trust.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.objective import Objective
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.trust import STRAIGHT, Coordinates, minimise_in_region, scales

MAX_STEPS = 300
POLISH = 20
LARGE = 200  # parameters above which the last steps stand for the matrix
MEMORY = 50  # steps that are kept then
OUTSIDE = 1e10  # stands for F where Σ is not positive definite


def minimise_quasi_newton(
    objective: Objective,
    start: Array,
    n: float,
    max_iterations: int = MAX_STEPS,
    tolerance: float = 1e-12,
    coordinates: Coordinates = STRAIGHT,
) -> Optimum:
    """Minimise F over φ; parameters and stopping rule as for :func:`comply_measure.sem.optimise.minimise`."""
    from scipy.optimize import minimize

    box = coordinates.box
    begin = start if box is None else box.inside(start)
    first = objective.at(begin)
    if not np.isfinite(first.value):
        return minimise_in_region(objective, begin, n, 1, tolerance)
    scale = scales(first)

    def at(x: Array) -> tuple[float, Array]:
        point = objective.at(x / scale)
        if not np.isfinite(point.value):
            return OUTSIDE, np.zeros(len(x))
        return point.value, point.gradient / scale

    method, options = "BFGS", {"maxiter": max_iterations, "gtol": 1e-6}
    if len(start) > LARGE or box is not None:
        method, options = "L-BFGS-B", {**options, "ftol": 0.0, "maxcor": MEMORY}
    limits = {} if box is None else {"bounds": list(zip(box.lower * scale, box.upper * scale, strict=True))}
    found = minimize(at, begin * scale, jac=True, method=method, options=options, **limits)
    return minimise_in_region(
        objective, np.asarray(found.x / scale), n, min(POLISH, max_iterations), tolerance, coordinates
    )
