"""Fisher scoring that learns: quasi-Newton steps between few curvature evaluations.

The expected Hessian at the start (always positive semi-definite) gives the first step. From then on each
step costs one gradient: the curvature is corrected by the changes of the gradient (BFGS, with the Hessian
as initial matrix; Nocedal & Wright, 2006, ch. 7), which makes convergence superlinear. When progress is
slow or a step fails, curvature is computed anew: the exact Hessian near the optimum if it is positive
definite, the expected one otherwise. A step that then still does not reduce F as its quadratic model
predicts is shortened and turned by damping (Levenberg–Marquardt), which also carries the search through
singular matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.blocks import BlockFactor, BlockMatrix
from comply_measure.sem.objective import Objective, Point

SLOW = 0.1  # ratio of successive decrements above which curvature is computed anew
MEMORY = 12  # gradient changes that are kept
SMALL_DAMPING = 1e-6
LARGEST_DAMPING = 1e10
MAX_TRIALS = 30
CREEPS = "the last steps have gained next to nothing"
LOOK_BACK = 20  # steps over which the gain of a search is looked at


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
        Derivatives in φ of the non-linear equalities and of the inequalities and bounds that bind at the
        optimum: inference takes the latter for equalities, as lavaan 0.7 does.
    binding : tuple of str
        Inequalities and bounds that hold with equality.
    at_bound : tuple of int
        Places of θ that these leave no freedom: parameters without a standard error.
    remedy : str
        What led here where the first attempt did not; empty otherwise.
    below : float
        How far, in F, an attempt that did not converge went below this optimum.
    endless : tuple of str
        Parameters along which F falls without end, held where it falls no further; empty for a proper optimum.
    searched : str
        What was tried in vain to find a finite optimum, where there are such parameters.
    proof : str
        Why there is no finite optimum, where that is known and not only what a search found.
    admissible_above : float
        How far, in F, an admissible optimum lies above this one, which is inadmissible; 0 where none was found.
    """

    point: Point
    converged: bool
    iterations: int
    message: str
    decrement: float
    jacobian: Array | None = None
    binding: tuple[str, ...] = ()
    at_bound: tuple[int, ...] = ()
    remedy: str = ""
    below: float = 0.0
    endless: tuple[str, ...] = ()
    searched: str = ""
    proof: str = ""
    admissible_above: float = 0.0


def minimise(
    objective: Objective,
    start: Array,
    n: float,
    max_iterations: int = 200,
    tolerance: float = 1e-12,
    least_gain: float = 0.0,
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
    least_gain : float
        Gain in n F over the last steps below which the search is given up as one that creeps.
    """
    point = objective.at(start)
    if not np.isfinite(point.value):
        return Optimum(
            point, False, 0, "the implied covariance matrix at the start is not positive definite", np.inf
        )
    if not len(start):
        return Optimum(point, True, 0, "nothing to estimate", 0.0)
    damping, previous = 0.0, np.inf
    curvature = _curvature(point, previous, damping)
    values: list[float] = []
    for iteration in range(1, max_iterations + 1):
        values.append(point.value)
        if creeps(values, n, least_gain):
            return Optimum(point, False, iteration, CREEPS, previous)
        step = curvature.step(point.gradient)
        decrement = -0.5 * float(point.gradient @ step)
        if not np.isfinite(decrement):
            return Optimum(point, False, iteration, "the derivatives are not finite", decrement)
        if n * decrement < tolerance and curvature.damping <= SMALL_DAMPING:
            final = objective.at(point.phi + step)
            better = final.value <= point.value + 1e-12 * max(1.0, abs(point.value))
            return Optimum(final if better else point, True, iteration, "converged", decrement)
        slow = decrement > SLOW * previous and curvature.pairs
        fresh = curvature
        candidate = None if slow else objective.at(point.phi + step)
        if candidate is None or not _gains(point, candidate, decrement):
            fresh = _curvature(point, decrement, curvature.damping)
            candidate, curvature, decrement = _retry(objective, point, fresh)
        damping = curvature.damping
        if candidate is None:
            # no gain left in floating point: an optimum if the undamped step says so
            if fresh.damping > SMALL_DAMPING:
                fresh = _curvature(point, decrement, 0.0)
                decrement = -0.5 * float(point.gradient @ fresh.step(point.gradient))
            flat = n * decrement < 1e-6 and fresh.damping <= SMALL_DAMPING
            message = "converged" if flat else "no step reduces the discrepancy"
            return Optimum(point, flat, iteration, message, decrement)
        if damping > 0.0:
            curvature = _curvature(candidate, decrement, damping / 8.0 if damping > 1e-4 else 0.0)
        else:
            curvature.learn(candidate.phi - point.phi, candidate.gradient - point.gradient)
        point, previous = candidate, decrement
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", previous)


def creeps(values: list[float], n: float, least_gain: float) -> bool:
    """Whether the last steps of a search, by the values of F at its points, have gained less than what is asked for."""
    return len(values) > LOOK_BACK and n * (values[-1 - LOOK_BACK] - values[-1]) < least_gain


def _gains(point: Point, candidate: Point, decrement: float) -> bool:
    return bool(np.isfinite(candidate.value)) and point.value - candidate.value > 1e-4 * decrement


@dataclass
class _Curvature:
    """A factorised Hessian and the gradient changes seen since.

    Attributes
    ----------
    matrix : BlockMatrix (r, r)
        The Hessian without damping.
    base : BlockFactor
        Cholesky factor of the damped matrix.
    damping : float
        What was added to its diagonal, relative to it.
    pairs : list of (array, array, float)
        Steps s, gradient changes y and 1 / (sᵀy).
    """

    matrix: BlockMatrix
    base: BlockFactor
    damping: float
    pairs: list[tuple[Array, Array, float]] = field(default_factory=list)

    def step(self, gradient: Array) -> Array:
        """Minus the inverse curvature times the gradient (two-loop recursion)."""
        q = gradient.copy()
        used = []
        for s, y, rho in reversed(self.pairs):
            alpha = rho * float(s @ q)
            q -= alpha * y
            used.append(alpha)
        r = self.base.solve(q)
        for (s, y, rho), alpha in zip(self.pairs, reversed(used), strict=True):
            r += (alpha - rho * float(y @ r)) * s
        return -r

    def learn(self, s: Array, y: Array) -> None:
        """Remember a step and its change of gradient; steps of negative curvature are left out."""
        product = float(s @ y)
        if product > 1e-10 * self.matrix.quadratic(s) and product > 0.0:  # whatever the parameters' scales
            self.pairs.append((s, y, 1.0 / product))
            del self.pairs[:-MEMORY]


def _curvature(point: Point, decrement: float, damping: float) -> _Curvature:
    """Curvature at a point: exact near the optimum if positive definite, else expected."""
    if decrement <= point.objective.exact_below and point.hessian_blocks.is_positive_definite():
        return _damped(point.hessian_blocks, damping)
    return _damped(point.information_blocks.times(2.0), damping)


def _damped(matrix: BlockMatrix, damping: float) -> _Curvature:
    """A matrix with enough damping to be positive definite."""
    diagonal = matrix.diagonal()
    scale = np.where(diagonal > 0.0, diagonal, 1e-10 * diagonal.max(initial=1.0))
    while damping < LARGEST_DAMPING:
        try:
            factor = (matrix.plus_diagonal(damping * scale) if damping else matrix).factor()
        except NotPositiveDefiniteError:
            damping = max(10.0 * damping, SMALL_DAMPING)
        else:
            return _Curvature(matrix, factor, damping)
    places = (np.arange(matrix.size),)
    identity = BlockMatrix(matrix.size, places, (np.eye(matrix.size),))
    return _Curvature(identity, identity.factor(), damping)


def _retry(objective: Objective, point: Point, fresh: _Curvature) -> tuple[Point | None, _Curvature, float]:
    """After a failed or slow step: fresh curvature, then more and more damping.

    Returns the accepted point (None when nothing reduces F), the curvature that led there and the
    decrement of the fresh curvature's own step.
    """
    gradient, curvature = point.gradient, fresh
    step = curvature.step(gradient)
    own = -0.5 * float(gradient @ step)
    tiny = 1e-12 * max(1.0, abs(point.value))
    for _ in range(MAX_TRIALS):
        candidate = objective.at(point.phi + step)
        if _gains(point, candidate, -0.5 * float(gradient @ step)):
            return candidate, curvature, own
        if own <= tiny and abs(point.value - candidate.value) <= tiny:
            break
        damping = max(6.0 * curvature.damping, 1e-3)
        if damping >= LARGEST_DAMPING:
            break
        curvature = _damped(fresh.matrix, damping)
        step = curvature.step(gradient)
    return None, curvature, own
