"""Single attempts at the optimum of a model: one method from one start."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.box import box_of
from comply_measure.sem.constrained import conditions, minimise_constrained
from comply_measure.sem.endless import natural_units, undetermined_directions
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum, minimise
from comply_measure.sem.quasi_newton import minimise_quasi_newton
from comply_measure.sem.start import random_values, starting_values
from comply_measure.sem.trust import Coordinates, minimise_in_region

MAX_STEPS = 200
MAX_CONSTRAINED_STEPS = 500
REGION_STEPS = 80
QUASI_NEWTON_STEPS = 300
BOUND_STEPS = 20
HALVINGS = 4
LARGE = 200  # free parameters above which an optimum is not looked at for being loosely determined
SMALL_SAMPLE = 250  # cases of a group up to which it is
EXACT = 1e-6  # χ² of a model that reproduces its moments, but for rounding
LOOSE = 0.6  # standard error in standardised units above which it counts as loosely determined


def attempt(model: Model, theta: Array, least_gain: float = 0.0) -> Optimum:
    """The optimiser from one start; given up where its last steps gain less in n F than what is asked for."""
    space, n, search = model.space, model.sample.n, model.options.search
    phi = space.contract(theta)
    if space.is_linear:
        most = MAX_STEPS if model.is_determined else REGION_STEPS
        return minimise(model.objective, phi, n, search.iterations or most, search.tolerance, least_gain)
    steps = search.iterations or MAX_CONSTRAINED_STEPS
    limits = conditions(model.table, space, model.row_name)
    return minimise_constrained(model.objective, limits, phi, n, steps, search.tolerance)


def in_region(model: Model, theta: Array, least_gain: float = 0.0) -> Optimum:
    """Newton's method within a region of trust from one start; given up as in :func:`attempt`."""
    search, phi = model.options.search, model.space.contract(theta)
    steps = min(search.iterations or REGION_STEPS, REGION_STEPS)
    coordinates = Coordinates(
        box=box_of(model.table, model.space), undetermined=undetermined_directions(model)
    )
    found = minimise_in_region(
        model.objective,
        phi,
        model.sample.n,
        steps,
        search.tolerance,
        coordinates,
        least_gain=least_gain,
    )
    return _on_bounds(model, found)


def quasi_newton(model: Model, theta: Array) -> Optimum:
    """The fallback optimiser from one start."""
    search, phi = model.options.search, model.space.contract(theta)
    steps = search.iterations or QUASI_NEWTON_STEPS
    coordinates = Coordinates(box=box_of(model.table, model.space))
    found = minimise_quasi_newton(model.objective, phi, model.sample.n, steps, search.tolerance, coordinates)
    return _on_bounds(model, found)


def _on_bounds(model: Model, found: Optimum) -> Optimum:
    """An optimum with the bounds that bind, by their multipliers; as it is where there are no bounds."""
    if not model.space.bounded or not found.converged:
        return found
    limits = conditions(model.table, model.space, model.row_name)
    steps = model.options.search.iterations or BOUND_STEPS
    return minimise_constrained(
        model.objective, limits, found.point.phi, model.sample.n, steps, model.options.search.tolerance
    )


def random_start(model: Model, seed: int, number: int) -> Array:
    """Random θ, drawn towards the default values until the moments are possible ones."""
    rng = np.random.default_rng([seed, number])
    theta = random_values(rng, model.table, model.layouts, model.sample.groups)
    default = starting_values(model.table, model.layouts, model.sample.groups)
    for _ in range(HALVINGS):
        if np.isfinite(model.objective.at(model.space.contract(theta)).value):
            break
        theta = 0.5 * (theta + default)
    return theta


def has_remedies(model: Model) -> bool:
    """Whether the slow searches can honour the model's restrictions: none but linear ones and bounds."""
    return model.space.is_linear or box_of(model.table, model.space) is not None


def is_loose(model: Model, best: Optimum) -> bool:
    """Whether a proper optimum of a small sample is so loosely determined that there may be a lower one.

    The sign is an estimate whose standard error, from the curvature of F, is above ``LOOSE`` in standardised units.
    """
    n, q = model.sample.n, model.table.n_free
    if n > SMALL_SAMPLE * len(model.sample.groups) or q > LARGE or not model.is_bounded:
        return False
    if not has_remedies(model) or model.options.search.start.given or model.space.bounded:
        return False
    if is_exact(model, best):
        return False
    errors, units = standard_errors(best.point.hessian, n), model.space.contract(natural_units(model))
    known = np.isfinite(units) & (units > 0.0)
    return bool((errors[known] > LOOSE * units[known]).any())


def is_exact(model: Model, best: Optimum) -> bool:
    """Whether an optimum leaves nothing of the moments unexplained: no discrepancy is below zero."""
    known = all(group.are_moments_known for group in model.sample.groups)
    return known and model.sample.n * best.point.value < EXACT


def standard_errors(hessian: Array, n: float) -> Array:
    """Errors from the curvature of F, ``2 H⁻¹ / n`` (r,); infinite where H is singular."""
    try:
        return np.asarray(np.sqrt(np.maximum(2.0 * np.linalg.inv(hessian).diagonal() / n, 0.0)))
    except np.linalg.LinAlgError:
        return np.full(len(hessian), np.inf)
