"""Model → optimum: starting values, optimiser, second chances."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.constrained import conditions, minimise_constrained
from comply_measure.sem.discrepancy import discrepancy_for
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum, minimise
from comply_measure.sem.options import FULL_INFORMATION
from comply_measure.sem.start import plain_values, starting_values


def estimate(model: Model, start: Array | None = None) -> Optimum:
    """The minimum of the model's discrepancy.

    Parameters
    ----------
    model : Model
        The model.
    start : array (q,), optional
        Starting θ (a warm start); chosen from the sample otherwise.

    Returns
    -------
    Optimum
        The best of the attempts; ``converged`` says whether the stopping rule was met.
    """
    space, n = model.space, model.sample.n
    tried: list[Optimum] = []

    def attempt(theta: Array) -> Optimum:
        phi = space.contract(theta)
        if space.is_linear:
            return minimise(model.objective, phi, n)
        return minimise_constrained(model.objective, conditions(model.table, space), phi, n)

    if start is None:
        start = two_stage_start(model)
    if start is not None:
        tried.append(attempt(np.asarray(start)))
        if tried[-1].converged:
            return tried[-1]
    for make in (starting_values, plain_values):
        theta = make(model.table, model.layouts, model.sample.groups)
        tried.append(attempt(theta))
        if tried[-1].converged:
            return tried[-1]
    return min(tried, key=lambda optimum: optimum.point.value)


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
