"""Discrepancies that fall without end: where to stop, and what to hold.

An infimum need not be a minimum. A residual variance falls to −∞ while a loading grows and others vanish, a latent
correlation grows for ever, a factor with its variance fixed at one loads without limit on the factor above: χ² falls
all the while by less and less. Other programs stop somewhere on the way and call it convergence. Here the search
goes on in logarithms of the parameters until χ² is flat. Where it does not lead on through infinity
(:mod:`comply_measure.sem.crossing`), the parameters that are far out are held there, the others are brought to their
minimum given these, and the result says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.box import box_of
from comply_measure.sem.implied import Implied
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.start import starting_values
from comply_measure.sem.table.space import Space
from comply_measure.sem.trust import Coordinates, minimise_in_region, undetermined

STEPS = 200
POLISH = 80
SIGMA = 1e-6  # standardised size from which steps are relative: parameters may vanish while others grow
RUN_OFF = 1e4  # standardised size that no finite optimum has
FAR_OUT = (30.0, 10.0, 3.0)  # standardised sizes from which parameters count as on their way to infinity


@dataclass(frozen=True)
class Way:
    """A search in logarithms of the parameters.

    Attributes
    ----------
    found : Optimum
        Its end: a minimum where it converged.
    path : list of array (r,)
        Its points.
    units : array (r,)
        Standardising units of the coordinates, infinite for those that do not run away.
    """

    found: Optimum
    path: list[Array]
    units: Array


def follow(model: Model, theta: Array) -> Way | None:
    """The way of a search in logarithms from a point, to a minimum or to where χ² is flat.

    None where the method does not apply (relations between parameters).

    Parameters
    ----------
    model : Model
        Without relations other than equal parameters and bounds.
    theta : array (q,)
        The lowest point that is known.
    """
    if not _applies(model):
        return None
    space, search = model.space, model.options.search
    box = box_of(model.table, space)
    units, path = space.contract(natural_units(model)), list[Array]()
    found = minimise_in_region(
        model.objective,
        space.contract(theta),
        model.sample.n,
        min(search.iterations or STEPS, STEPS),
        search.tolerance,
        Coordinates(sigma=SIGMA * units, box=box, undetermined=undetermined_directions(model)),
        path,
    )
    return Way(found, path, units) if math.isfinite(found.point.value) else None


def _applies(model: Model) -> bool:
    """Whether coordinates can be held: no relations other than equal parameters and bounds."""
    space = model.space
    box = box_of(model.table, space)
    return (box is not None or space.is_linear) and (space.K is None or space.shared is not None)


def run_off(model: Model, found: Optimum) -> Optimum:
    """An optimum; held and marked where it lies so far out that the discrepancy is flat there to the last digit.

    The stopping rule is met on the way to infinity, too, once nothing more is to be gained (the loading of an indicator
    without residual variance, where residual variances are fixed at 1: ``parameterization="theta"``).
    """
    largest = float(np.abs(found.point.theta).max(initial=0.0))
    if not found.converged or found.endless or largest < RUN_OFF or not _applies(model):
        return found
    units = model.space.contract(natural_units(model))
    if not (np.abs(found.point.phi) > RUN_OFF * units).any():
        return found
    end = held(model, Way(found, [found.point.phi], units))
    return replace(end, remedy=found.remedy) if end.converged else found


def held(model: Model, way: Way) -> Optimum:
    """The end of a search that found no minimum: what is far out held, the rest at its minimum.

    The optimum counts as converged if the rest is at its minimum, within bounds where there are any; ``endless`` names
    what is held.
    """
    space, search, units = model.space, model.options.search, way.units
    box = box_of(model.table, space)
    rest, far = way.found, np.zeros(len(units), dtype=bool)
    for size in FAR_OUT:
        far |= np.abs(rest.point.phi) > size * units
        if far.any():
            steps = min(search.iterations or STEPS, POLISH)
            apart = Coordinates(held=far, box=box, undetermined=undetermined_directions(model))
            rest = minimise_in_region(
                model.objective, rest.point.phi, model.sample.n, steps, search.tolerance, apart
            )
        if rest.converged:
            break
    kept = Coordinates(held=far, box=box).kept(rest.point)
    names, values = model.free_names(), rest.point.theta
    at_bound = _places(space, kept)
    return replace(
        rest,
        jacobian=np.eye(len(units))[kept],
        at_bound=at_bound,
        binding=tuple(f"{names[i]} = {values[i]:.6g}" for i in at_bound),
        endless=tuple(names[i] for i in _places(space, far)),
    )


def _places(space: Space, chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    """Places of θ that some coordinates of φ stand for."""
    if space.shared is not None:
        chosen = chosen[space.shared]
    return tuple(np.flatnonzero(chosen).tolist())


def undetermined_directions(model: Model) -> int:
    """How many directions the moments say nothing of, wherever the parameters are: seen at the starting values."""
    theta = starting_values(model.table, model.layouts, model.sample.groups)
    return undetermined(model.objective.at(model.space.contract(theta)))


def natural_units(model: Model) -> Array:
    """Units of the parameters (q,), from standard deviations: of variables, and of factors at the starting values.

    Infinite for means, thresholds and scales, which do not run away.
    """
    table = model.table
    theta = starting_values(table, model.layouts, model.sample.groups)
    units = np.full(table.n_free, np.inf)
    deviations = [
        _deviations(layout.at(theta[layout.first : layout.first + layout.q])) for layout in model.layouts
    ]
    for row in np.flatnonzero(table.free).tolist():
        sd = deviations[table.group[row] - 1]
        left, right = sd.get(table.lhs[row]), sd.get(table.rhs[row])
        if left is not None and right is not None:
            sizes = {"=~": right / left, "~": left / right, "~~": left * right}
            units[table.free[row] - 1] = sizes.get(table.op[row], np.inf)
    return units


def _deviations(at: Implied) -> dict[str, float]:
    """Standard deviations of the variables that have a variance above zero."""
    variances = dict(zip(at.layout.sources, at.V.diagonal().tolist(), strict=True))
    variances |= dict(zip(at.layout.observed, at.sigma.diagonal().tolist(), strict=True))
    return {name: math.sqrt(variance) for name, variance in variances.items() if variance > 0.0}
