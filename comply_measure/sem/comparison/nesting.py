"""Whether a model can reproduce the implied moments of another (Bentler & Satorra, 2010).

The larger model is fitted to the smaller one's implied moments: if the smaller model is nested in it, F is
zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import is_positive_definite
from comply_measure.sem.families.likelihood import LIKELIHOOD
from comply_measure.sem.objective import Objective
from comply_measure.sem.optimise import minimise
from comply_measure.sem.options import ESTIMATORS, Options
from comply_measure.sem.sample import GroupSample

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

NESTED = 1e-8
NOT_NESTED = 1e-5


def reproduces(large: Fit, small: Fit) -> bool | None:
    """Whether the larger model reproduces the smaller one's moments; None when this was not settled.

    Only continuous variables and models without constraints that are not linear are looked at, and implied matrices
    that are positive definite (those of a between level need not be).
    """
    model = large.model
    if not model.space.is_linear or not model.family.continuous:
        return None
    options = Options(ESTIMATORS["ML"], LIKELIHOOD)
    samples = []
    for implied, group in zip(small.optimum.point.implied, model.sample.groups, strict=True):
        places = [implied.layout.observed.index(name) for name in group.names]
        mean = np.zeros(group.p) if implied.mu is None else implied.mu[places]
        sigma = implied.sigma[np.ix_(places, places)]
        if not is_positive_definite(sigma):
            return None
        samples.append(GroupSample(group.name, group.names, group.n, sigma, mean))
    discrepancies = tuple(LIKELIHOOD.discrepancy(options, sample, (), False) for sample in samples)
    objective = Objective(model.layouts, discrepancies, model.sample.weights, model.space)
    found = minimise(objective, model.space.contract(large.theta), model.sample.n)
    if found.point.value < NESTED:
        return True
    return False if found.converged and found.point.value > NOT_NESTED else None
