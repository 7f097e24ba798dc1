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

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.options import choose
from comply_measure.sem.scores.linear import linear_scores, regression_weights, score_model
from comply_measure.sem.scores.predict import METHODS
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.sem.twolevel.objective import TwoLevelPoint
from comply_measure.sem.twolevel.sample import TwoLevelSample, embed

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
        1: a row per case, indexed by its position in the data; 2: a row per cluster, indexed by its name.
    method : str
        ``regression`` (``EBM``) or ``Bartlett`` (``ML``).
    se : bool
        Add a column ``<factor>_se`` per factor.

    Raises
    ------
    ModelError
        If the level has no latent variable, or standard errors of Bartlett scores are asked for.
    """
    import pandas as pd

    if level not in (1, 2):
        raise ModelError(f"there is no level {level}; 1 is within clusters, 2 between")
    if not any(names.latent for names in model.table.variables[level - 1 :: 2]):
        raise ModelError(f"level {level} has no latent variable, so there are no factor scores")
    chosen = METHODS[choose("method", method, list(METHODS))]
    if se and chosen != "regression":
        raise ModelError("standard errors of two-level scores are available for method='regression'")
    tables = []
    for g, part in enumerate(model.data.parts):
        means, spread = between_parts(part, *point.implied[2 * g : 2 * g + 2])
        known = score_model(model, point, 2 * g + level - 1)
        if level == 1:
            size = part.cluster_size.astype(np.int64)
            raw = part.deviations + np.repeat(part.cluster_means[:, part.within], size, axis=0)
            values = raw - np.repeat(means[:, part.within] * _in_both(part), size, axis=0)
            left = np.repeat(spread[:, part.within[:, None], part.within], size, axis=0)
            index = pd.Index(part.order, name="row")
        else:
            values, left = means[:, part.between], spread[:, part.between[:, None], part.between]
            index = pd.Index([model.data.labels[i] for i in part.codes.tolist()], name="cluster")
        scores, errors = linear_scores(known, values, chosen)
        columns = dict(zip(known.latent, scores.T, strict=True))
        if se:
            weights = regression_weights(known)
            total = errors**2 + np.einsum("kp,npq,kq->nk", weights, left, weights)
            columns |= {f"{name}_se": np.sqrt(v) for name, v in zip(known.latent, total.T, strict=True)}
        tables.append(pd.DataFrame(columns, index=index))
    table = pd.concat(tables)
    return table.sort_index() if level == 1 else table


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
