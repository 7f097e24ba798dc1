"""Factor scores of two-level models.

Given the estimates, what a cluster's cases y and cluster variables say about the between parts b of its
variables is summarised by its cluster means m: with ``Ω_n = Σ_B + Σ_W / n``,

    E(b | y) = μ_B + Σ_B Ω_n⁻¹ (m − μ),      Var(b | y) = Σ_B − Σ_B Ω_n⁻¹ Σ_B.

Scores of level 2 are linear scores (:mod:`comply_measure.sem.scores.linear`) of ``E(b | y)``, those of level 1 of
``y − E(b | y)``, as in lavaan. Regression scores are then the conditional means of the factors given all of the
cluster's data; with weights A their error variance is ``Var(η) − A C + A Var(b | y) Aᵀ``, C the covariances of the
level's variables with the factors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.options import choose
from comply_measure.sem.scores.frame import GroupScores, score_frame, unused_rows
from comply_measure.sem.scores.linear import linear_scores, regression_weights, score_model
from comply_measure.sem.scores.predict import METHODS
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.sem.twolevel.objective import TwoLevelPoint
from comply_measure.sem.twolevel.sample import TwoLevelSample, embed
from comply_measure.sem.twolevel.specification import LEVELS

if TYPE_CHECKING:
    import pandas as pd


def two_level_scores(
    model: TwoLevelModel, point: TwoLevelPoint, level: int, method: str = "regression", se: bool = False
) -> pd.DataFrame:
    """Factor scores of one level.

    Parameters
    ----------
    model : TwoLevelModel
    point : TwoLevelPoint
        Its estimates.
    level : int
        1: a row per row of the data, under its label; 2: a row per cluster of the data, indexed by its name.
        NaN, with the reason in ``attrs["no score"]``, where all cases or the case were left out.
    method : str
        ``regression`` (``EBM``) or ``Bartlett`` (``ML``).
    se : bool
        Add a column ``<factor>_se`` per factor.

    Raises
    ------
    ModelError
        If the level has no latent variable, or standard errors of Bartlett scores are asked for.
    """
    if level not in (1, 2):
        raise ModelError(f"there is no level {level}; 1 is within clusters, 2 between")
    if not any(names.latent for names in model.table.variables[level - 1 :: 2]):
        raise ModelError(f"level {level} has no latent variable, so there are no factor scores")
    chosen = METHODS[choose("method", method, list(METHODS))]
    if se and chosen != "regression":
        raise ModelError("standard errors of two-level scores are available for method='regression'")
    parts = [_of_group(model, point, g, level, chosen) for g in range(len(model.data.parts))]
    index = _row_labels(model, level)
    return score_frame(index, parts, se, unused_rows(model, len(index), parts))


def _row_labels(model: TwoLevelModel, level: int) -> pd.Index[Any]:
    """Labels of the data's rows, or names of all clusters in the data."""
    import pandas as pd

    data = model.data
    if level == LEVELS:
        return pd.Index(list(data.labels), name="cluster")
    if data.index is not None:
        return data.index
    return pd.RangeIndex(1 + max(int(part.order.max(initial=-1)) for part in data.parts))


def _of_group(model: TwoLevelModel, point: TwoLevelPoint, group: int, level: int, method: str) -> GroupScores:
    """Scores of one group's cases or clusters."""
    part = model.data.parts[group]
    if not isinstance(part, TwoLevelSample):
        raise ModelError(
            "factor scores of two levels are not available with missing='ml'; use complete cases"
        )
    means, spread = between_parts(part, *point.implied[2 * group : 2 * group + 2])
    known = score_model(model, point, 2 * group + level - 1)
    if level == 1:
        size = part.cluster_size.astype(np.int64)
        raw = part.deviations + np.repeat(part.cluster_means[:, part.within], size, axis=0)
        values = raw - np.repeat(means[:, part.within] * _in_both(part), size, axis=0)
        left = np.repeat(spread[:, part.within[:, None], part.within], size, axis=0)
        places = part.order
    else:
        values, left = means[:, part.between], spread[:, part.between[:, None], part.between]
        places = part.codes
    scores, errors = linear_scores(known, values, method)
    if method == "regression":
        weights = regression_weights(known)
        errors = np.sqrt(errors**2 + np.einsum("kp,npq,kq->nk", weights, left, weights))
    return GroupScores(known.latent, scores, errors, places)


def _in_both(part: TwoLevelSample) -> Array:
    """1 for variables of the within level that have a between part, 0 for the others."""
    return np.isin(part.within, part.between).astype(float)


def between_parts(part: TwoLevelSample, within: Implied, between: Implied) -> tuple[Array, Array]:
    """Conditional means and covariance matrices of the between parts given the data, per cluster.

    Parameters
    ----------
    part : TwoLevelSample
    within, between : Implied
        Moments of both levels.

    Returns
    -------
    means : array (J, p)
        Zero for variables of the within level alone.
    covariances : array (J, p, p)
    """
    full = embed(between.sigma, part.between, part.p)
    inner = embed(within.sigma, part.within, part.p)
    of_between = np.zeros(part.p)
    of_between[part.between] = 0.0 if between.mu is None else between.mu
    mean = of_between.copy()
    mean[part.within] += 0.0 if within.mu is None else within.mu
    pull = full @ np.linalg.inv(full + inner / part.sizes[:, None, None])
    kind = np.searchsorted(part.sizes, part.cluster_size)
    means = of_between + np.einsum("jpq,jq->jp", pull[kind], part.cluster_means - mean)
    return means, (full - pull @ full)[kind]
