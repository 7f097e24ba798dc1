"""Model → optimum: starting values, optimiser, second chances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.composite_start import composite_start
from comply_measure.sem.constrained import conditions, minimise_constrained
from comply_measure.sem.discrepancy import discrepancy_for
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum, minimise
from comply_measure.sem.options import FULL_INFORMATION
from comply_measure.sem.start import plain_values, random_values, starting_values

MAX_STEPS = 200
MAX_CONSTRAINED_STEPS = 500
SAME_STATISTIC = 1e-4  # difference in χ² that rounding explains


def estimate(model: Model, start: Array | None = None) -> Optimum:
    """The minimum of the model's discrepancy.

    Starts are tried in turn until one converges; where the user asks for random starts, all of these are tried
    besides, and the lowest optimum is kept.

    Parameters
    ----------
    model : Model
        The model.
    start : array (q,), optional
        Starting θ (a warm start); chosen from the sample otherwise.

    Returns
    -------
    Optimum
        The best of the attempts; ``converged`` says whether the stopping rule was met, ``remedy`` which start
        led there where it was not the first.
    """
    best: Optimum | None = None
    for remedy, theta, goal in _starts(model, start):
        best = _better(best, _settled(model, replace(_attempt(model, theta), remedy=remedy), goal))
        if best.converged:
            break
    for number in range(model.options.search.starts):
        theta = _random_start(model, number)
        best = _better(best, replace(_attempt(model, theta), remedy=f"random start {number + 1}"))
    if best is None:
        raise AssertionError("there is always a first start")
    return best


def _starts(model: Model, start: Array | None) -> Iterator[tuple[str, Array, float]]:
    """Starting values in the order in which they are tried, with the name of the remedy and a known minimum."""
    samples = model.sample.groups
    first, goal = _prepared_start(model) if start is None else (np.asarray(start), math.inf)
    if first is not None:
        yield "", first, goal
    default = starting_values(model.table, model.layouts, samples)
    yield "starting values from the sample" if first is not None else "", default, math.inf
    yield "cautious starting values", plain_values(model.table, model.layouts, samples), math.inf


def _prepared_start(model: Model) -> tuple[Array | None, float]:
    """The optimum of a model that is close and easier, with its discrepancy where it must be this model's too."""
    theta = two_stage_start(model)
    return composite_start(model, _from_default) if theta is None else (theta, math.inf)


def _from_default(model: Model) -> Optimum:
    return _attempt(model, starting_values(model.table, model.layouts, model.sample.groups))


def _settled(model: Model, optimum: Optimum, goal: float) -> Optimum:
    """An optimum that has the value of a known minimum counts as converged, whatever rounding did to the steps."""
    if optimum.converged or not math.isfinite(goal):
        return optimum
    if model.sample.n * abs(optimum.point.value - goal) > SAME_STATISTIC:
        return optimum
    return replace(optimum, converged=True, message="converged")


def _random_start(model: Model, number: int) -> Array:
    rng = np.random.default_rng([model.options.search.seed, number])
    return random_values(rng, model.table, model.layouts, model.sample.groups)


def _attempt(model: Model, theta: Array) -> Optimum:
    """The optimiser from one start."""
    space, n, search = model.space, model.sample.n, model.options.search
    phi = space.contract(theta)
    if space.is_linear:
        return minimise(model.objective, phi, n, search.iterations or MAX_STEPS, search.tolerance)
    steps = search.iterations or MAX_CONSTRAINED_STEPS
    limits = conditions(model.table, space, model.row_name)
    return minimise_constrained(model.objective, limits, phi, n, steps, search.tolerance)


def _better(best: Optimum | None, new: Optimum) -> Optimum:
    """The converged one of two optima, or the lower; the earlier one where they are the same."""
    if best is None:
        return new
    if best.converged != new.converged:
        return best if best.converged else new
    return new if new.point.value < best.point.value - 1e-9 * max(1.0, abs(best.point.value)) else best


def two_stage_start(model: Model) -> Array | None:
    """Complete-data ML estimates from the saturated moments of incomplete data: close to the FIML optimum.

    None for complete data, and where the saturated moments cannot serve.
    """
    groups = model.sample.groups
    if model.options.missing not in FULL_INFORMATION or any(math.isnan(g.saturated_loglik) for g in groups):
        return None
    listwise = replace(model.options, missing="listwise")
    discrepancies = tuple(discrepancy_for(listwise, group) for group in groups)
    objective = replace(model.objective, discrepancies=discrepancies)
    return estimate(replace(model, objective=objective, options=listwise)).point.theta
