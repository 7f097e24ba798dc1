"""Means and covariances of what informants perceive, within and between roles, in closed form."""

from __future__ import annotations

import numpy as np

from comply_measure.simulation.plan import Floats, TargetPlan
from comply_measure.simulation.unit_model import ALIGNMENT, UnitModel


def target_means(plan: TargetPlan) -> Floats:
    """Means (R, targets): biases add up down the hierarchy, weighted by the loadings."""
    alignment = plan.alignment_bias[:, None]
    dimensions = plan.dimension_loading * alignment + plan.dimension_bias
    attributes = plan.attribute_loading * dimensions[:, plan.attribute_parent] + plan.attribute_bias
    return np.concatenate([alignment, dimensions, attributes, plan.construct_bias, plan.trait_bias], axis=1)


def target_covariance(plan: TargetPlan, model: UnitModel, role: int, other: int) -> Floats:
    """Covariances (targets, targets) between what two roles of one unit perceive; all variances are 1.

    Parameters
    ----------
    plan : TargetPlan
    model : UnitModel
        Covariances of the unit-level variables.
    role, other : int
        Positions of the roles; equal for the covariances within one informant.

    Returns
    -------
    (targets, targets) array
        Rows: `role`; columns: `other`.
    """
    tree = _tree_covariance(plan, role, other)
    constructs = _construct_covariance(plan, model, role, other)
    upper = _tree_with_constructs(plan, model, role, other)
    lower = _tree_with_constructs(plan, model, other, role).T
    traits = np.zeros((2, 2))
    if role == other:
        traits = np.array([[1.0, plan.trait_correlation], [plan.trait_correlation, 1.0]])
    size = len(plan.names)
    edge, end = len(tree), len(tree) + len(constructs)
    result = np.zeros((size, size))
    result[:edge, :edge] = tree
    result[:edge, edge:end] = upper
    result[edge:end, :edge] = lower
    result[edge:end, edge:end] = constructs
    result[end:, end:] = traits
    return result


def _shared(share: Floats, role: int, other: int) -> Floats:
    """Covariance of two informants' versions of one standardised variable."""
    if role == other:
        return np.ones_like(share[role])
    result: Floats = np.sqrt(share[role] * share[other])
    return result


def _tree_covariance(plan: TargetPlan, role: int, other: int) -> Floats:
    """Alignment, dimensions, attributes."""
    top = float(_shared(plan.alignment_share, role, other))
    g, a, parent = plan.dimension_loading, plan.attribute_loading, plan.attribute_parent
    upward = np.concatenate([[1.0], g, a * g[parent]])
    result = top * np.outer(upward, upward)
    own = (1.0 - g**2) * _shared(plan.dimension_share, role, other)
    below = np.concatenate(
        [np.zeros((1, len(g))), np.eye(len(g)), a[:, None] * (parent[:, None] == np.arange(len(g)))]
    )
    result += (below * own) @ below.T
    unique = (1.0 - a**2) * _shared(plan.attribute_share, role, other)
    places = np.arange(1 + len(g), len(upward))
    result[places, places] += unique
    return result


def _construct_covariance(plan: TargetPlan, model: UnitModel, role: int, other: int) -> Floats:
    where = [model.index(key) for key in plan.constructs]
    weights = np.outer(np.sqrt(plan.construct_share[role]), np.sqrt(plan.construct_share[other]))
    result: Floats = weights * model.covariance[np.ix_(where, where)]
    if role == other:
        np.fill_diagonal(result, 1.0)
    return result


def _tree_with_constructs(plan: TargetPlan, model: UnitModel, role: int, other: int) -> Floats:
    """Perceptions of the hierarchy by `role` with perceptions of constructs by `other`."""
    where = [model.index(key) for key in plan.constructs]
    with_alignment = model.covariance[model.index(ALIGNMENT), where]
    dimensions = [model.index(key) for key in plan.dimensions]
    g = plan.dimension_loading[:, None]
    # √(1-γ²)·Cov(Z, η): what a construct shares with the dimension's own part
    with_own = model.covariance[np.ix_(dimensions, where)] - g * with_alignment
    first = np.sqrt(plan.alignment_share[role]) * with_alignment[None, :]
    second = g * first + np.sqrt(plan.dimension_share[role])[:, None] * with_own
    third = plan.attribute_loading[:, None] * second[plan.attribute_parent]
    result: Floats = np.concatenate([first, second, third]) * np.sqrt(plan.construct_share[other])
    return result
