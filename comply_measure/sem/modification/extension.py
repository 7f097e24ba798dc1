"""A fitted model with more of its parameters free, seen at the same estimates.

New parameters stand at zero, fixed ones at their values, so that moments and F are those of the fit;
what is new is the slope and curvature of F in the added directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.discrepancy.base import Evaluation
from comply_measure.sem.model import Model
from comply_measure.sem.modification.candidates import Candidate
from comply_measure.sem.objective import Point
from comply_measure.sem.table.parameter_table import ParameterTable


@dataclass(frozen=True)
class Slopes:
    """Score and information of single candidates.

    Attributes
    ----------
    score : array (e,)
        Derivative of the mean log-likelihood (``−½ ∂F``) in each candidate.
    own : array (e,)
        Information per case about each candidate that is left when the model's parameters, and the
        moments of fixed exogenous variables, are unknown too.
    total : array (e,)
        Information per case about each candidate if everything else were known.
    """

    score: Array
    own: Array
    total: Array


@dataclass(frozen=True)
class Places:
    """Where parameters of the extended table came from.

    Attributes
    ----------
    table : ParameterTable
        Rows of each group: the model's, then the new ones.
    values : array (q + e,)
        θ of the extended table.
    source : int array (q + e,)
        Place in the model's θ, or q + place among the candidates.
    exogenous : dict of int to float
        Values of rows that the data fix.
    """

    table: ParameterTable
    values: Array
    source: Index
    exogenous: dict[int, float]


class ExtendedModel:
    """The fitted model's discrepancies at its estimates, with layouts that hold the candidates too.

    Parameters
    ----------
    model : Model
        The fitted model.
    point : Point
        Its optimum.
    candidates : sequence of Candidate
        What is added.
    """

    def __init__(self, model: Model, point: Point, candidates: Sequence[Candidate]) -> None:
        self.q, self.e = len(point.theta), len(candidates)
        places = extend(model, point.theta, candidates)
        self.source = places.source
        self.weights = model.objective.weights
        self.family = model.family
        self.layouts = self.family.layouts(places.table, places.exogenous)
        self.evaluations: list[Evaluation] = []
        for layout, discrepancy in zip(self.layouts, model.objective.discrepancies, strict=True):
            implied = layout.at(places.values[layout.first : layout.first + layout.q])
            self.evaluations.append(discrepancy.evaluate(implied))

    @cached_property
    def scores(self) -> Array:
        """Mean log-likelihood's derivative: the model's parameters, then the candidates (q + e,)."""
        score = np.zeros(self.q + self.e)
        for layout, evaluation, weight in zip(self.layouts, self.evaluations, self.weights, strict=True):
            mine = self.source[layout.first : layout.first + layout.q]
            score[mine] = -0.5 * weight * evaluation.gradient()
        return score

    def slopes(self, covariance: Array, n_nuisance: int = 0) -> Slopes:
        """Scores of the candidates and the information each of them has of its own.

        ``V = I₁₁ − I₁₂ I₂₂⁻¹ I₂₁`` one candidate at a time, where the nuisance parameters belong to the
        model too.

        Parameters
        ----------
        covariance : array (q, q)
            I₂₂⁻¹ of the model, under its constraints.
        n_nuisance : int
            How many of the last candidates are nuisance parameters.
        """
        q, e = self.q, self.e - n_nuisance
        cross, total = self._cross_information(n_nuisance)
        spread = cross[:, :q] @ covariance
        left = total[:e] - np.einsum("ej,ej->e", spread[:e], cross[:e, :q])
        if n_nuisance:
            shared = cross[:, q:] - spread @ cross[e:, :q].T
            # in units that make the diagonal 1: the pseudo-inverse must not depend on the variables' units
            size = shared[e:].diagonal().clip(0.0)
            shared = shared / np.sqrt(np.where(size > 0.0, size, 1.0))
            nuisance = shared[e:] / np.sqrt(np.where(size > 0.0, size, 1.0))[:, None]
            weights = np.linalg.lstsq(nuisance, shared[:e].T, rcond=None)[0]
            left -= np.einsum("ej,je->e", shared[:e], weights)
        return Slopes(self.scores[q : q + e], left, total[:e])

    def _cross_information(self, n_nuisance: int) -> tuple[Array, Array]:
        """Information per case between candidates and model and nuisance parameters, and of each by itself."""
        q, e = self.q, self.e - n_nuisance
        cross, total = np.zeros((self.e, q + n_nuisance)), np.zeros(self.e)
        for layout, evaluation, weight in zip(self.layouts, self.evaluations, self.weights, strict=True):
            mine = self.source[layout.first : layout.first + layout.q]
            new = np.flatnonzero(mine >= q)
            if not len(new):
                continue
            old = np.flatnonzero((mine < q) | (mine >= q + e))
            block, own = self.family.cross_information(evaluation, layout, old, new)
            columns = np.where(mine[old] < q, mine[old], mine[old] - e)
            cross[np.ix_(mine[new] - q, columns)] = weight * block
            total[mine[new] - q] = weight * own
        return cross, total

    def information(self) -> Array:
        """Information per case of the model's parameters and the candidates (q + e, q + e)."""
        total = np.zeros((self.q + self.e, self.q + self.e))
        for layout, evaluation, weight in zip(self.layouts, self.evaluations, self.weights, strict=True):
            mine = self.source[layout.first : layout.first + layout.q]
            total[np.ix_(mine, mine)] = weight * evaluation.information()
        return total


def extend(model: Model, theta: Array, candidates: Sequence[Candidate]) -> Places:
    """The table with the candidates in it, free, every group's rows together."""
    table, q = model.table, len(theta)
    new = [(i, candidate) for i, candidate in enumerate(candidates) if candidate.row < 0]
    released = {candidate.row: i for i, candidate in enumerate(candidates) if candidate.row >= 0}
    source = np.concatenate([table.free - 1, [q + i for i, _ in new]]).astype(np.int64)
    for row, i in released.items():
        source[row] = q + i
    values = np.concatenate([model.values(theta), np.zeros(len(new))])
    group = np.concatenate([table.group, [candidate.group for _, candidate in new]]).astype(np.int64)
    order = np.argsort(group, kind="stable")
    source, values = source[order], values[order]
    is_free = source >= 0
    lhs = (*table.lhs, *(candidate.lhs for _, candidate in new))
    op = (*table.op, *(candidate.op for _, candidate in new))
    rhs = (*table.rhs, *(candidate.rhs for _, candidate in new))
    exo = np.concatenate([table.exo, np.zeros(len(new), dtype=bool)])[order]
    blank = np.full(len(order), math.nan)
    places = order.tolist()
    extended = replace(
        table,
        lhs=tuple([lhs[i] for i in places]),
        op=tuple([op[i] for i in places]),
        rhs=tuple([rhs[i] for i in places]),
        label=("",) * len(order),
        plabel=("",) * len(order),
        user=np.zeros(len(order), dtype=np.int64),
        group=group[order],
        free=np.where(is_free, np.cumsum(is_free), 0),
        value=np.where(is_free, math.nan, values),
        start=blank,
        lower=blank,
        upper=blank,
        exo=exo,
        equal=(),
        relations=(),
    )
    fixed = {int(row): float(values[row]) for row in np.flatnonzero(exo)}
    return Places(extended, values[is_free], source[is_free], fixed)
