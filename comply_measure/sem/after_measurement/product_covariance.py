r"""Covariance matrix of two-step estimates with products of factors.

The whole model has no likelihood with products, so that the errors are those of the moments the second step is
estimated from. With u the direct influence of a case on these, ψ₁ its influence on θ̂₁, J the derivatives of the moments
in θ₁ and D = (Δ₂ᵀ W Δ₂)⁻¹ Δ₂ᵀ W with normal-theory weights W, its influence is ``ψ₂ = D (u + J ψ₁)`` and

    Var(θ̂) = Σ ψ ψᵀ / n²,

summed within clusters where there are any. lavaan 0.7-2 takes the scores and the first step for independent, though
the intercepts of the first step are means of the same cases: its errors are others.
"""

from __future__ import annotations

import math

import numpy as np

from comply_measure.sem.after_measurement.corrected_test import (
    in_metric,
    metrics,
    moment_influence,
    tangent_moments,
)
from comply_measure.sem.after_measurement.covariance import block_influence, outer
from comply_measure.sem.after_measurement.steps import Block, Structure
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.model import Model


def product_covariance(joint: Model, blocks: tuple[Block, ...], second: Structure) -> ParameterCovariance:
    """Covariance matrix of θ̂ of the whole model; its information is not defined.

    Parameters
    ----------
    joint : Model
        The whole model.
    blocks, second
        The two steps.
    """
    q = joint.table.n_free
    nothing = np.full((q, q), math.nan)
    if any(block.fit.vcov_array is None for block in blocks):
        return ParameterCovariance(None, nothing)
    direct, through = _influence(joint, blocks, second)
    if direct is None:
        return ParameterCovariance(None, nothing)
    return ParameterCovariance(
        outer(joint, stacked_influence(joint, blocks, second, direct, through)), nothing
    )


def product_influence_of_cases(joint: Model, blocks: tuple[Block, ...], second: Structure) -> list[Array]:
    """Influence of every case on θ̂, by group (n, q).

    Raises
    ------
    ModelError
        When the structural part is not identified.
    """
    direct, through = _influence(joint, blocks, second)
    if direct is None:
        raise ModelError("the structural part is not identified: cases have no influence")
    return stacked_influence(joint, blocks, second, direct, through)


def _influence(
    joint: Model, blocks: tuple[Block, ...], second: Structure
) -> tuple[list[Array] | None, Array]:
    """D u by group (n, q₂) and D J (q₂, q), for the parameters that the whole model has."""
    found = moment_influence(joint, blocks, second)
    roots = metrics([at.sigma for at in second.fit.optimum.point.implied])
    weights, with_means = joint.objective.weights, joint.table.meanstructure
    tangent = tangent_moments(second)
    fitted = [
        math.sqrt(w) * in_metric(root, *own, with_means)
        for w, root, own in zip(weights, roots, tangent, strict=True)
    ]
    kept = second.places >= 0
    stacked = np.vstack(fitted)
    if np.linalg.matrix_rank(stacked) < stacked.shape[1]:
        return None, np.zeros((0, 0))
    D = second.tangent[kept] @ np.linalg.pinv(stacked)
    direct, through, start = [], np.zeros((int(kept.sum()), joint.table.n_free)), 0
    for w, root, part in zip(weights, roots, found, strict=True):
        flat = part.flat(root, with_means)
        mine = D[:, start : start + flat.shape[1]]
        start += flat.shape[1]
        direct.append(flat @ mine.T / math.sqrt(w))
        through += mine @ (math.sqrt(w) * in_metric(root, part.mean_slopes, part.cov_slopes, with_means))
    return direct, through


def stacked_influence(
    joint: Model, blocks: tuple[Block, ...], second: Structure, direct: list[Array], through: Array
) -> list[Array]:
    """ψ of both steps, by group (n, q)."""
    at = second.places[second.places >= 0]
    influence = block_influence(joint, blocks, joint.options.information)
    for psi, own in zip(influence, direct, strict=True):
        psi[:, at] = own + psi @ through.T
    return influence
