"""Where the likelihood of a model with products has its maximum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.constrained import conditions, minimise_constrained
from comply_measure.sem.interactions.lms_model import (
    FEWEST,
    MOST_POINTS,
    ProductModel,
    dimensions_of,
    quadrature_error,
    with_nodes,
)
from comply_measure.sem.interactions.lms_objective import ProductObjective, ProductPoint
from comply_measure.sem.objective import Objective
from comply_measure.sem.optimise import Optimum, minimise
from comply_measure.sem.trust import minimise_in_region

STEPS = 200
CONSTRAINED_STEPS = 500
REMEDIES = 3  # random starts where nothing else has converged
SPREAD = 0.3
ACCURATE = 1e-3  # error of the log-likelihood that is let be
MOST_NODES = 192
SLACK = 1e-8  # of F, relative, above that without products
MANY = 20_000  # cases times nodes above which a search begins with half the nodes


def refined(model: ProductModel, optimum: Optimum) -> tuple[ProductModel, Optimum]:
    """The model with as many nodes as its log-likelihood needs, and its maximum.

    Nodes are doubled as long as twice as many would change the log-likelihood by more than a thousandth.

    Parameters
    ----------
    model : ProductModel
    optimum : Optimum
        Its maximum.
    """
    dimensions = dimensions_of(model.equations)
    if not optimum.converged:
        return model, optimum
    error = _error(model, optimum)
    while error > ACCURATE:
        nodes = 2 * model.nodes
        if nodes > MOST_NODES or nodes**dimensions > MOST_POINTS:
            break
        finer = with_nodes(model, nodes)
        found = _attempt(finer, replace(_objective(finer), exact=False), optimum.point.theta, False)
        if not found.converged:
            break
        model, optimum = finer, _exact(finer, replace(found, remedy=optimum.remedy))
        if not optimum.converged:
            return model, optimum
        error = _error(model, optimum)
    return replace(model, error=error), optimum


def _error(model: ProductModel, optimum: Optimum) -> float:
    point = cast(ProductPoint, optimum.point)
    return quadrature_error(model, point.theta, point.loglik)


def search(model: ProductModel) -> Optimum:
    """The maximum, from the estimates without products.

    Where Newton's method does not converge, a region of trust and a few random starts around the first one are tried.
    """
    fast = replace(_objective(model), exact=False)
    tried: list[Optimum] = []
    for remedy, theta, cautious, highest in _starts(model):
        found = _attempt(model, fast, theta, cautious)
        tried.append(replace(found, remedy=remedy))
        if found.converged and found.point.value <= highest:
            break
    options = model.options.search
    for number in range(options.starts):
        theta = _random(model, fast, options.seed, number)
        found = _attempt(model, fast, theta, False)
        tried.append(replace(found, remedy=f"random start {number + 1}"))
    return _exact(model, _best(tried))


def _objective(model: ProductModel) -> ProductObjective:
    assert isinstance(model.objective, ProductObjective)
    return model.objective


def _starts(model: ProductModel) -> Iterator[tuple[str, Array, bool, float]]:
    """What led to each start, θ, whether to go with caution, and the highest F that an optimum from there may have."""
    start, products = model.start(), model.start_with_products()
    if products is not None and model.space.is_linear:
        worst = model.linear_value + SLACK * max(1.0, abs(model.linear_value))
        yield "", _with_few_nodes(model, products), False, worst
    yield "", start, False, math.inf
    yield "a trust region", start, True, math.inf
    fast = replace(_objective(model), exact=False)
    for number in range(REMEDIES):
        yield f"random starting values ({number + 1})", _random(model, fast, 1, number), True, math.inf


def _with_few_nodes(model: ProductModel, theta: Array) -> Array:
    """Where half the nodes lead to, if there are many nodes and cases; else θ itself."""
    few = max(model.nodes // 2, FEWEST)
    if model.nodes <= few or model.sample.n * model.nodes ** dimensions_of(model.equations) <= MANY:
        return theta
    coarse = with_nodes(model, few)
    objective = replace(_objective(coarse), exact=False)
    found = _attempt(coarse, objective, theta, False)
    if not found.converged:
        return theta
    _objective(model).last[:] = (
        [(np.full(len(theta), math.inf), objective.last[0][1])] if objective.last else []
    )
    return found.point.theta


def _attempt(model: ProductModel, objective: Objective, theta: Array, cautious: bool) -> Optimum:
    space, options, n = model.space, model.options.search, model.sample.n
    phi = space.contract(theta)
    if not space.is_linear:
        limits = conditions(model.table, space, model.row_name)
        steps = options.iterations or CONSTRAINED_STEPS
        return minimise_constrained(objective, limits, phi, n, steps, options.tolerance)
    method = minimise_in_region if cautious else minimise
    return method(objective, phi, n, options.iterations or STEPS, options.tolerance)


def _random(model: ProductModel, objective: ProductObjective, seed: int, number: int) -> Array:
    """θ around the start: variances by a factor, all else by about a third of its size; drawn back where needed."""
    rng = np.random.default_rng([seed, number])
    start = model.start()
    table, theta = model.table, model.start()
    for row in np.flatnonzero(table.free > 0).tolist():
        place = table.free[row] - 1
        if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]:
            theta[place] *= np.exp(SPREAD * rng.standard_normal())
        elif table.op[row] != "~1":
            theta[place] += SPREAD * max(abs(theta[place]), SPREAD) * rng.standard_normal()
    for _ in range(6):
        if np.isfinite(objective.at(model.space.contract(theta)).value):
            break
        theta = 0.5 * (theta + start)
    return theta


def _best(tried: list[Optimum]) -> Optimum:
    """The lowest that converged, or the lowest at all; the earlier one where they are the same."""
    candidates = [optimum for optimum in tried if optimum.converged] or tried
    best = candidates[0]
    for other in candidates[1:]:
        if other.point.value < best.point.value - 1e-9 * max(1.0, abs(best.point.value)):
            best = other
    return best


def _exact(model: ProductModel, optimum: Optimum) -> Optimum:
    """The same point with the exact Hessian for inference; no optimum where this is not positive definite."""
    point = cast(ProductPoint, optimum.point).under(_objective(model))
    optimum = replace(optimum, point=point)
    if not optimum.converged or optimum.binding or not model.space.is_linear:
        return optimum
    values = np.linalg.eigvalsh(_scaled(point.hessian))
    if len(values) and values[0] < -1e-6 * values[-1]:
        return replace(optimum, converged=False, message="the search ended at a saddle point")
    return optimum


def _scaled(matrix: Array) -> Array:
    scale = 1.0 / np.sqrt(np.maximum(np.abs(matrix.diagonal()), 1e-300))
    return np.asarray(matrix * scale * scale[:, None])
