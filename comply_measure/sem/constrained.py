"""Minimisation under constraints that are not linear, inequalities and bounds.

Sequential quadratic programming: at each point F is replaced by a quadratic (exact Hessian of the
Lagrangian where that is positive definite on the constraints' tangent space, expected Hessian
otherwise) and the constraints by their tangents; the quadratic programme is solved by an active-set
method, and the step is halved until the exact penalty function ``F + ρ·(violations)`` falls
(Nocedal & Wright, 2006, ch. 18). Linear equalities never come here: they are eliminated beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index, is_positive_definite
from comply_measure.sem.inference.covariance import null_space
from comply_measure.sem.objective import Objective, Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.table.namespace import difference
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.space import Space

FEASIBLE = 1e-9
MAX_HALVINGS = 30


@dataclass(frozen=True)
class Conditions:
    """The constraints ``c(φ) = 0`` and ``g(φ) ≥ 0`` of a model.

    Attributes
    ----------
    space : Space
        Relations and the map to θ.
    bounded : int array
        Places of θ with a bound; the same place may stand twice.
    limits : array
        The bounds.
    signs : array
        +1 for lower bounds, −1 for upper ones.
    names : tuple of str
        Inequalities and bounds as text.
    """

    space: Space
    bounded: Index
    limits: Array
    signs: Array
    names: tuple[str, ...]

    def finish(self, point: Point, iteration: int, message: str, decrement: float, nu: Array) -> Optimum:
        """The optimum at a point, what binds there held exactly.

        Parameters
        ----------
        point : Point
            Where the optimiser stopped.
        iteration, message, decrement
            As in :class:`~comply_measure.sem.optimise.Optimum`.
        nu : array (i,)
            Multipliers of the inequalities.
        """
        _, C, g, G = self.at(point.phi)
        active = np.flatnonzero((nu > 1e-8) | ((g < 0.0) & (np.count_nonzero(G, axis=1) == 1)))
        point = self._on_bounds(point, active)
        rows = np.vstack([C, G[active]])
        return Optimum(
            point=point,
            converged=True,
            iterations=iteration,
            message=message,
            decrement=decrement,
            jacobian=rows,
            binding=tuple(self.names[i] for i in active),
            at_bound=self._held(C, rows),
        )

    def _on_bounds(self, point: Point, active: Index) -> Point:
        """The point with single parameters exactly on the inequalities that bind (no −0.0, nothing below)."""
        phi = point.phi.copy()
        for i in active.tolist():
            _, _, g, G = self.at(phi)
            places = np.flatnonzero(G[i])
            if len(places) == 1:
                phi[places[0]] -= g[i] / G[i, places[0]]
        if np.array_equal(phi, point.phi):
            return point
        moved = point.objective.at(phi)
        return moved if np.isfinite(moved.value) else point

    def _held(self, C: Array, rows: Array) -> tuple[int, ...]:
        """Places of θ that the inequalities that bind leave no freedom."""
        K = np.eye(C.shape[1]) if self.space.K is None else self.space.K
        before, after = (np.abs(K @ null_space(part)).max(axis=1, initial=0.0) for part in (C, rows))
        return tuple(np.flatnonzero((before > 1e-8) & (after < 1e-8)).tolist())

    def at(self, phi: Array) -> tuple[Array, Array, Array, Array]:
        """Values and derivatives in φ: c (e,), its Jacobian (e, r), g (i,), its Jacobian (i, r)."""
        space = self.space
        theta = space.expand(phi)
        q = len(theta)
        c, c_rows, g, g_rows = [], [], [], []
        if space.namespace is not None:
            values = space.namespace.at(theta)
            for relation in space.equalities:
                dual = difference(relation, values, q)
                c.append(dual.value)
                c_rows.append(dual.gradient)
            for relation in space.inequalities:
                dual = difference(relation, values, q)
                sign = 1.0 if relation.op == ">" else -1.0
                g.append(sign * dual.value)
                g_rows.append(sign * dual.gradient)
        bounds = np.zeros((len(self.bounded), q))
        bounds[np.arange(len(self.bounded)), self.bounded] = self.signs
        g_all = np.concatenate([np.array(g), self.signs * (theta[self.bounded] - self.limits)])
        rows = np.vstack([np.array(g_rows).reshape(-1, q), bounds])
        c_matrix = np.array(c_rows).reshape(-1, q)
        K = space.K
        if K is not None:
            c_matrix, rows = c_matrix @ K, rows @ K
        return np.array(c, dtype=np.float64), c_matrix, g_all, rows

    def curvature(self, phi: Array, equal: Array, unequal: Array) -> Array:
        """Σ λ ∇²c + Σ ν ∇²g by central differences of the exact gradients (r, r)."""
        r = len(phi)
        total = np.zeros((r, r))
        step = 1e-5
        for i in range(r):
            shift = np.zeros(r)
            shift[i] = step * max(1.0, abs(phi[i]))
            up, down = self.at(phi + shift), self.at(phi - shift)
            slope = equal @ (up[1] - down[1]) + unequal @ (up[3] - down[3])
            total[i] = slope / (2.0 * shift[i])
        return np.asarray((total + total.T) / 2.0)


def conditions(
    table: ParameterTable, space: Space, name_of: Callable[[int], str] | None = None
) -> Conditions:
    """The constraints of a table that its linear map does not already satisfy.

    Parameters
    ----------
    table : ParameterTable
    space : Space
        The map from φ to θ.
    name_of : callable, optional
        Name of a row; the table's own otherwise.
    """
    name = name_of or table.default_name
    places: list[int] = []
    names = [f"{relation.lhs} {relation.op} {relation.rhs}" for relation in space.inequalities]
    limits: list[float] = []
    signs: list[float] = []
    for row in np.flatnonzero(table.free).tolist():
        for limit, sign in ((table.lower[row], 1.0), (table.upper[row], -1.0)):
            if np.isfinite(limit):
                places.append(int(table.free[row]) - 1)
                limits.append(float(limit))
                signs.append(sign)
                names.append(f"{name(row)} {'>' if sign > 0 else '<'} {limit:g}")
    return Conditions(
        space, np.array(places, dtype=np.int64), np.array(limits), np.array(signs), tuple(names)
    )


def minimise_constrained(
    objective: Objective,
    limits: Conditions,
    start: Array,
    n: float,
    max_iterations: int = 500,
    tolerance: float = 1e-12,
) -> Optimum:
    """Minimise F over φ under the conditions.

    Stops when ``n · ¼ dᵀ B d`` of the quadratic programme's step d is below ``tolerance`` and no
    constraint is violated by more than 1e-9.

    Parameters
    ----------
    objective : Objective
        F and its derivatives.
    limits : Conditions
        The constraints.
    start : array (r,)
        Where to begin; need not be feasible.
    n : int
        Number of cases.
    max_iterations : int
        Most steps.
    tolerance : float
        See above.

    Returns
    -------
    Optimum
        With the active constraints' Jacobian.
    """
    point = objective.at(start)
    if not np.isfinite(point.value):
        return Optimum(point, False, 0, "the start is not admissible", np.inf)
    equal, unequal = np.zeros(0), np.zeros(0)
    penalty, decrement = 1.0, np.inf
    for iteration in range(1, max_iterations + 1):
        c, C, g, G = limits.at(point.phi)
        if not all(np.isfinite(part).all() for part in (c, C, g, G)):
            return Optimum(point, False, iteration, "a constraint is not defined here", np.inf)
        B = _model_hessian(point, limits, equal, unequal)
        step, equal, unequal = quadratic_programme(B, point.gradient, C, c, G, g)
        decrement = 0.25 * float(step @ B @ step)
        violation = float(np.abs(c).sum() + np.maximum(-g, 0.0).sum())
        if n * decrement < tolerance and violation < FEASIBLE:
            return limits.finish(point, iteration, "converged", decrement, unequal)
        largest = max(np.abs(equal).max(initial=0.0), unequal.max(initial=0.0))
        penalty = max(penalty, 2.0 * largest)
        following = _search(objective, limits, point, step, penalty, violation)
        if following is None:
            done = n * decrement < 1e-6 and violation < 1e-7
            if done:
                return limits.finish(point, iteration, "converged", decrement, unequal)
            message = "no step reduces the discrepancy under the constraints"
            return Optimum(point, False, iteration, message, decrement)
        point = following
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", decrement)


def _model_hessian(point: Point, limits: Conditions, equal: Array, unequal: Array) -> Array:
    """Matrix of the quadratic model: Lagrangian Hessian if usable, else the expected one."""
    fallback = 2.0 * point.information
    if not is_positive_definite(fallback):
        fallback = fallback + np.diag(1e-8 * np.maximum(fallback.diagonal(), 1e-10))
    if not len(equal) + len(unequal):
        return fallback
    exact = point.hessian - limits.curvature(point.phi, equal, unequal)
    return exact if is_positive_definite(exact) else fallback


def quadratic_programme(
    B: Array, slope: Array, C: Array, c: Array, G: Array, g: Array
) -> tuple[Array, Array, Array]:
    """Minimise ``½ dᵀ B d + slopeᵀ d`` subject to ``C d + c = 0`` and ``G d + g ≥ 0``.

    Parameters
    ----------
    B : array (r, r)
        Positive definite.
    slope : array (r,)
        Linear part.
    C, c : arrays (e, r), (e,)
        Equalities.
    G, g : arrays (i, r), (i,)
        Inequalities.

    Returns
    -------
    step : array (r,)
    equal, unequal : arrays (e,), (i,)
        Multipliers (of the Lagrangian ``½ dᵀBd + slopeᵀd − λᵀ(Cd + c) − νᵀ(Gd + g)``, ν ≥ 0).
    """
    working: list[int] = []
    step = np.zeros(len(slope))
    equal, unequal = np.zeros(len(c)), np.zeros(len(g))
    for _ in range(10 * (len(g) + 1)):
        rows = np.vstack([C, G[working]])
        values = np.concatenate([c, g[working]])
        step, multipliers = _equality_programme(B, slope, rows, values)
        equal = multipliers[: len(c)]
        signs = multipliers[len(c) :]
        unequal = np.zeros(len(g))
        unequal[working] = signs
        if len(signs) and signs.min() < -1e-12:
            working.pop(int(signs.argmin()))
            continue
        gap = G @ step + g
        gap[working] = 0.0
        if not len(gap) or gap.min() >= -1e-12:
            break
        working.append(int(gap.argmin()))
    return step, equal, np.maximum(unequal, 0.0)


def _equality_programme(B: Array, slope: Array, rows: Array, values: Array) -> tuple[Array, Array]:
    size, extra = len(slope), len(values)
    system = np.zeros((size + extra, size + extra))
    system[:size, :size] = B
    system[:size, size:] = -rows.T
    system[size:, :size] = rows
    right = np.concatenate([-slope, -values])
    try:
        solution = np.linalg.solve(system, right)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(system, right, rcond=None)[0]
    return solution[:size], solution[size:]


def _search(
    objective: Objective, limits: Conditions, point: Point, step: Array, penalty: float, violation: float
) -> Point | None:
    """First point along the step that lowers ``F + penalty · violation``; None when none does."""
    merit = point.value + penalty * violation
    slope = min(float(point.gradient @ step) - penalty * violation, 0.0)
    size = 1.0
    for _ in range(MAX_HALVINGS):
        candidate = objective.at(point.phi + size * step)
        if np.isfinite(candidate.value):
            c, _, g, _ = limits.at(candidate.phi)
            reached = candidate.value + penalty * float(np.abs(c).sum() + np.maximum(-g, 0.0).sum())
            if reached <= merit + 1e-4 * size * slope + 1e-14 * abs(merit):
                return candidate
        size *= 0.5
    return None
