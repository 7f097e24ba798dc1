"""Pieces of sandwich matrices and tests, put together over groups."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.discrepancy.base import (
    CasewiseEvaluation,
    CurvedEvaluation,
    RobustEvaluation,
    RobustPieces,
)
from comply_measure.sem.discrepancy.casewise import first_order
from comply_measure.sem.errors import ModelError
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point


def pieces_of(point: Point, second_order: bool) -> list[RobustPieces]:
    """Robust pieces of all groups.

    Raises
    ------
    ModelError
        When the estimator has none.
    """
    found = []
    for evaluation in point.evaluations:
        if not isinstance(evaluation, RobustEvaluation):
            raise ModelError("this combination of estimator and missing values has no such robust statistics")
        found.append(evaluation.robust_pieces(second_order))
    return found


def observed_pieces_of(point: Point, second_order: bool) -> list[RobustPieces]:
    """Robust pieces of all groups with the observed information of the saturated moments for a weight."""
    return [e.observed_pieces(second_order) for e in point.evaluations if isinstance(e, CurvedEvaluation)]


def scores_of(point: Point) -> list[Array]:
    """Casewise scores of all groups, times the sampling weights where there are any.

    Raises
    ------
    ModelError
        When the estimator is not a likelihood.
    """
    found = []
    for evaluation in point.evaluations:
        if not isinstance(evaluation, CasewiseEvaluation):
            raise ModelError("casewise scores need maximum likelihood and raw data")
        found.append(evaluation.scores())
    return found


def spread_groups(point: Point, parts: list[Array]) -> Array:
    """Σ_g (n_g / n) part_g, each in its group's place (q, q)."""
    objective, q = point.objective, len(point.theta)
    total = np.zeros((q, q))
    for layout, weight, part in zip(objective.layouts, objective.weights, parts, strict=True):
        rows = slice(layout.first, layout.first + layout.q)
        total[rows, rows] += weight * part
    return total


def first_order_information(model: Model, point: Point) -> Array:
    """Mean outer product of casewise (or cluster) scores, over all groups (q, q)."""
    parts = [
        first_order(scores, group.cluster, group.n)
        for scores, group in zip(scores_of(point), model.sample.groups, strict=True)
    ]
    return spread_groups(point, parts)


def theta_places(point: Point, jacobian: Array | None) -> list[Index]:
    """Places in θ of groups that hang together; constraints that are not linear may tie any."""
    if jacobian is not None and len(jacobian):
        return [np.arange(len(point.theta))]
    return [component.theta for component in point.objective.components]
