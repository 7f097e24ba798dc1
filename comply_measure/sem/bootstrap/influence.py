"""Acceleration of BCa intervals from empirical influence values (Efron, 1987).

``a = Σ l³ / (6 (Σ l²)^(3/2))`` with l the influence of each case (or cluster) on the statistic: to first order
``P s_i`` for parameters, with s_i the case's score and P the inverse observed information, and ``J P s_i``
for functions of them.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.inference.parts import scores_of
from comply_measure.sem.inference.tests import inverse_information
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum
from comply_measure.statistics.arrays import group_sums


def influence(model: Model, optimum: Optimum) -> Array:
    """Influence of every case, or cluster, on the parameters (n, q), up to a factor.

    Raises
    ------
    ModelError
        When the estimator has no casewise scores.
    """
    point = optimum.point
    P = inverse_information(model, point, "observed", optimum.jacobian)
    parts = []
    for layout, scores in zip(model.layouts, scores_of(point), strict=True):
        wide = np.zeros((len(scores), len(point.theta)))
        wide[:, layout.first : layout.first + layout.q] = scores
        parts.append(wide)
    return of_units(model, parts) @ P


def of_units(model: Model, parts: list[Array]) -> Array:
    """What cases contribute, by group (n_g, q), as contributions of cases or sums over clusters (n, q)."""
    total = np.vstack(parts)
    codes = [group.cluster for group in model.sample.groups]
    if all(code is not None for code in codes):
        _, cluster = np.unique(
            np.concatenate([code for code in codes if code is not None]), return_inverse=True
        )
        summed = group_sums(total, cluster, int(cluster.max()) + 1)
        total = summed
    return total
