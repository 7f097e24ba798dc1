"""A fitted two-level model with more of its parameters free, seen at the same estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.modification.candidates import Candidate
from comply_measure.sem.modification.extension import ExtendedModel, extend
from comply_measure.sem.table.constraints import feasible_set
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.sem.twolevel.objective import TwoLevelPoint


class ExtendedTwoLevelModel(ExtendedModel):
    """Both levels of a group share a likelihood, so that scores and information are those of one objective.

    Parameters
    ----------
    model : TwoLevelModel
        The fitted model.
    point : TwoLevelPoint
        Its optimum.
    candidates : sequence of Candidate
        What is added; groups are numbers of blocks.
    """

    def __init__(self, model: TwoLevelModel, point: TwoLevelPoint, candidates: Sequence[Candidate]) -> None:
        self.q, self.e = len(point.theta), len(candidates)
        places = extend(model, point.theta, candidates)
        self.source = places.source
        layouts = model.family.layouts(places.table, places.exogenous)
        space = feasible_set(places.table)
        objective = replace(model.objective, layouts=layouts, space=space)
        self.point = objective.at(space.contract(places.values))

    @cached_property
    def scores(self) -> Array:
        """Mean log-likelihood's derivative: the model's parameters, then the candidates (q + e,)."""
        score = np.zeros(self.q + self.e)
        score[self.source] = -0.5 * self.point.theta_gradient
        return score

    def information(self) -> Array:
        """Information per case of the model's parameters and the candidates (q + e, q + e)."""
        total = np.zeros((self.q + self.e, self.q + self.e))
        total[np.ix_(self.source, self.source)] = self.point.theta_information
        return total

    def _cross_information(self, n_nuisance: int) -> tuple[Array, Array]:
        q, e = self.q, self.e - n_nuisance
        whole = self.information()
        columns = np.r_[np.arange(q), np.arange(q + e, q + self.e)]
        return whole[q:][:, columns], whole.diagonal()[q:]
