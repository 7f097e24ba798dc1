"""Draw the unit level: latent variables in causal order, and the observed variables of units."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from comply_measure.simulation.plan import Floats, Integers
from comply_measure.simulation.population import Population
from comply_measure.simulation.schema import (
    AmountVariable,
    NominalVariable,
    OrderedVariable,
    OutcomeVariable,
)
from comply_measure.simulation.unit_model import Node, UnitModel

# Values are rounded before they are cut, so that the last bit of a platform's exp or sqrt cannot matter.
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class UnitDraw:
    """Latent values and standardised disturbances (name → (n_units,)), observed variables likewise."""

    latent: dict[str, Floats]
    disturbance: dict[str, Floats]
    observed: dict[str, NDArray[np.object_]]


def draw_units(
    population: Population, firm: Integers, groups: np.random.Generator, normal: np.random.Generator
) -> UnitDraw:
    """Simulate all unit-level variables of a block.

    Parameters
    ----------
    population : Population
    firm : (n_units,) array
        Position of each unit's firm in the block; every firm of the block occurs.
    groups, normal : numpy.random.Generator
        Streams for group membership and for normal variates.

    Returns
    -------
    UnitDraw
    """
    latent, disturbance = draw_latent(population.unit_model, firm, normal)
    observed = {
        name: _observe(name, variable, firm, latent, groups, normal)
        for name, variable in population.spec.unit_variables.items()
    }
    return UnitDraw(latent, disturbance, observed)


def draw_latent(
    model: UnitModel, firm: Integers, normal: np.random.Generator
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Latent variables and their standardised disturbances, causes first."""
    n_units, n_firms = len(firm), int(firm.max()) + 1
    source: dict[str, Floats] = {}
    latent: dict[str, Floats] = {}
    disturbance: dict[str, Floats] = {}
    for node in model.nodes:
        shared, own = normal.standard_normal(n_firms), normal.standard_normal(n_units)
        source[node.name] = sqrt(node.firm_share) * shared[firm] + sqrt(1.0 - node.firm_share) * own
        disturbance[node.name] = _weighted_sum(node.mixing, source, n_units)
        latent[node.name] = _node_values(node, latent, disturbance[node.name], model)
    return latent, disturbance


def _weighted_sum(weights: tuple[tuple[str, float], ...], values: dict[str, Floats], size: int) -> Floats:
    # One addition after the other: the order of a matrix product is the library's choice.
    total = np.zeros(size)
    for name, weight in weights:
        total = total + weight * values[name]
    return total


def _node_values(node: Node, latent: dict[str, Floats], disturbance: Floats, model: UnitModel) -> Floats:
    total = _weighted_sum(node.paths, latent, len(disturbance))
    for effect in node.products:
        centre = model.covariance_of(effect.predictor, effect.moderator)
        total = total + effect.coefficient * (latent[effect.predictor] * latent[effect.moderator] - centre)
    return total + node.residual_sd * disturbance


def _observe(
    name: str,
    variable: NominalVariable | OrderedVariable | AmountVariable | OutcomeVariable,
    firm: Integers,
    latent: dict[str, Floats],
    groups: np.random.Generator,
    normal: np.random.Generator,
) -> NDArray[np.object_]:
    """Values of one observed variable."""
    if isinstance(variable, NominalVariable):
        return _nominal(variable, firm, groups)
    if isinstance(variable, OutcomeVariable):
        z = normal.standard_normal(len(firm))
        effects = _weighted_sum(tuple(variable.coefficients.items()), latent, len(firm))
        return whole_number(
            variable.intercept + effects + variable.residual_sd * z, variable.minimum, variable.maximum
        )
    if isinstance(variable, AmountVariable):
        return whole_number(np.exp(variable.log_mean + variable.log_sd * latent[name]), variable.minimum)
    category = cut(latent[name], np.array(variable.thresholds))
    return np.array(variable.categories, dtype=object)[category]


def _nominal(variable: NominalVariable, firm: Integers, groups: np.random.Generator) -> NDArray[np.object_]:
    size = int(firm.max()) + 1 if variable.level == "firm" else len(firm)
    category = cut(groups.random(size), cumulative(tuple(variable.categories.values())))
    chosen = category[firm] if variable.level == "firm" else category
    return np.array(list(variable.categories), dtype=object)[chosen]


def cumulative(shares: tuple[float, ...]) -> Floats:
    """Upper limits of all shares but the last, by plain addition."""
    limits, total = [], 0.0
    for share in shares[:-1]:
        total += share
        limits.append(total)
    return np.array(limits)


def cut(values: Floats, thresholds: Floats) -> Integers:
    """Number of thresholds below each value; thresholds on the last axis, broadcast against values."""
    rounded = np.round(values, DECIMALS)
    count = np.zeros(np.broadcast_shapes(values.shape, thresholds.shape[:-1]), dtype=np.int64)
    for position in range(thresholds.shape[-1]):
        count += rounded > thresholds[..., position]
    return count


def whole_number(values: Floats, minimum: int, maximum: int | None = None) -> NDArray[np.object_]:
    """Round to whole numbers within limits."""
    limited = np.clip(np.rint(np.round(values, DECIMALS)), minimum, maximum)
    return limited.astype(np.int64).astype(object)
