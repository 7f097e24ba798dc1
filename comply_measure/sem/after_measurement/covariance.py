r"""Covariance matrix of estimates found in two steps.

With the information per case of the whole model at the two-step estimates, partitioned by steps, P₁₁ = Var(θ̂₁) of the
blocks and R = I₂₂⁻¹ I₂₁ (on the tangent space of the constraints)::

    Var(θ̂₂) = I₂₂⁻¹ / n + R P₁₁ Rᵀ        Cov(θ̂₁, θ̂₂) = − P₁₁ Rᵀ

(Gong & Samaniego, 1981; Rosseel & Loh, 2022). Blocks are taken for independent of each other, as in lavaan; that sets
the covariances between the steps to zero as well, which matters where both enter a function (standardised loadings).

Robust errors are those of the stacked estimating equations: with the influence ψ₁ of each case on θ̂₁ (which correlates
the blocks) and its score s₂ of the whole model less their mean, ψ₂ = I₂₂⁻¹ (s₂ − I₂₁ ψ₁) and Var(θ̂) = Σ ψ ψᵀ / n²,
summed within clusters where there are any.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.after_measurement.steps import Block, Structure
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.discrepancy.casewise import first_order
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import (
    ParameterCovariance,
    standard_covariance,
    symmetric_inverse,
)
from comply_measure.sem.inference.parts import scores_of
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import SANDWICH


def information_at(point: Point, kind: str) -> Array:
    """Information per case about θ at the two-step estimates (q, q)."""
    if kind == "expected":
        return point.theta_information
    return 0.5 * point.theta_hessian


def two_step_covariance(
    joint: Model, point: Point, blocks: tuple[Block, ...], structure: Structure
) -> ParameterCovariance:
    """Covariance matrix of θ̂ of the whole model.

    Parameters
    ----------
    joint : Model
        The whole model.
    point : Point
        The two-step estimates.
    blocks, structure
        The two steps.
    """
    information = information_at(point, joint.options.information)
    second = structure.places[structure.places >= 0]
    first = np.setdiff1d(np.arange(len(point.theta)), second)
    inverse = _structural_inverse(structure, information[np.ix_(second, second)])
    parts = [block.fit.vcov_array for block in blocks]
    if inverse is None or any(part is None for part in parts):
        return ParameterCovariance(None, information)
    R = inverse @ information[np.ix_(second, first)]
    if joint.options.se in SANDWICH:
        found = _stacked(joint, point, blocks, inverse, R, (first, second))
        return ParameterCovariance(outer(joint, found), information)
    vcov = np.zeros_like(information)
    for block, part in zip(blocks, parts, strict=True):
        mine = block.places >= 0
        vcov[np.ix_(block.places[mine], block.places[mine])] = np.asarray(part)[np.ix_(mine, mine)]
    own = vcov[np.ix_(first, first)]
    cross = -own @ R.T
    vcov[np.ix_(second, second)] = inverse / joint.n_inference - R @ cross
    vcov[np.ix_(first, second)] = cross
    vcov[np.ix_(second, first)] = cross.T
    return ParameterCovariance(vcov, information)


def _structural_inverse(structure: Structure, information: Array) -> Array | None:
    """I₂₂⁻¹ on the tangent space of the structural part's constraints, in θ; None when singular."""
    basis = structure.tangent[structure.places >= 0]
    basis = basis[:, np.abs(basis).max(axis=0, initial=0.0) > 0.0]
    inverse = symmetric_inverse(basis.T @ information @ basis)
    return None if inverse is None else basis @ inverse @ basis.T


def _stacked(
    joint: Model,
    point: Point,
    blocks: tuple[Block, ...],
    inverse: Array,
    R: Array,
    steps: tuple[Index, Index],
) -> list[Array]:
    """Influence of every case on θ̂ by the stacked estimating equations, by group (n, q)."""
    first, second = steps
    scores = scores_of(point)
    influence = block_influence(joint, blocks, joint.options.information)
    for group, layout in enumerate(point.objective.layouts):
        u = influence[group]
        own = np.zeros_like(u)
        own[:, layout.first : layout.first + layout.q] = scores[group]
        s = own[:, second] - own[:, second].mean(axis=0)
        u[:, second] = s @ inverse.T - u[:, first] @ R.T
    return influence


def outer(joint: Model, influence: list[Array]) -> Array:
    """Sum of outer products of influences over n², of cases or clusters (q, q)."""
    total = np.zeros((influence[0].shape[1],) * 2)
    for weight, sample, own in zip(joint.objective.weights, joint.sample.groups, influence, strict=True):
        total += weight * first_order(own, sample.cluster, sample.n)
    return np.asarray(total / joint.n_inference)


def two_step_influence(
    joint: Model, point: Point, blocks: tuple[Block, ...], structure: Structure
) -> list[Array]:
    """Influence of every case on θ̂ of the whole model, by group (n, q).

    Raises
    ------
    ModelError
        When a step has a singular information matrix.
    """
    information = information_at(point, joint.options.information)
    second = structure.places[structure.places >= 0]
    first = np.setdiff1d(np.arange(len(point.theta)), second)
    inverse = _structural_inverse(structure, information[np.ix_(second, second)])
    if inverse is None or any(block.fit.vcov_array is None for block in blocks):
        raise ModelError("the information matrix of a step is singular: cases have no influence")
    R = inverse @ information[np.ix_(second, first)]
    return _stacked(joint, point, blocks, inverse, R, (first, second))


def block_influence(joint: Model, blocks: tuple[Block, ...], information: str) -> list[Array]:
    """Influence of every case on the estimates of the first step, by group (n, q): θ̂₁ − θ₁ ≈ mean over all cases."""
    q = joint.table.n_free
    found = [np.zeros((group.n_cases, q)) for group in joint.sample.groups]
    for block in blocks:
        model, point = block.fit.model, block.fit.optimum.point
        P = standard_covariance(point, information, 1.0, block.fit.optimum.jacobian).vcov
        assert P is not None  # the block has standard errors
        mine = block.places >= 0
        share = joint.sample.n / model.sample.n
        for group, scores in enumerate(scores_of(point)):
            layout = point.objective.layouts[group]
            columns = P[mine][:, layout.first : layout.first + layout.q]
            rows = _rows_in(joint, model, group)
            found[group][np.ix_(rows, block.places[mine])] = share * scores @ columns.T
    return found


def _rows_in(joint: Model, block: Model, group: int) -> Index:
    """Places of a block's cases among those of the whole model."""
    whole, part = joint.sample.groups[group].rows, block.sample.groups[group].rows
    if whole is None or part is None:
        return np.arange(block.sample.groups[group].n_cases)
    return np.searchsorted(whole, part)
