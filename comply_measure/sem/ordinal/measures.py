"""Fit measures that ordered variables define in their own way."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.fit_measures.residual import Residuals
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.inference.tests import TestStatistic, inverse_information
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.ordinal.categorical_ml import UNDEFINED, categorical_ml
from comply_measure.sem.ordinal.discrepancy import OrdinalEvaluation
from comply_measure.sem.ordinal.layout import OrdinalImplied


def evaluations_of(point: Point) -> list[OrdinalEvaluation]:
    """Evaluations of groups with ordered variables."""
    return cast("list[OrdinalEvaluation]", point.evaluations)


def residual_measures(point: Point, weights: tuple[float, ...]) -> Residuals:
    """Root mean square residuals, averaged over groups with their shares as weights.

    Residuals of covariances are those below the diagonal, of thresholds those of ordered variables. Sums of
    squares are divided by the number of covariances plus that of responses (covariates, which are given, do not
    count), for the CRMR by the number of covariances alone; thresholds and the slopes on covariates, where counted
    in, add theirs (as in lavaan 0.7). Slopes are in units of ``sd(x) / sd(y)`` but for the RMR.

    Parameters
    ----------
    point : Point
        The estimates.
    weights : tuple of float
        Shares of the groups.
    """
    parts = np.array([_group_residuals(part) for part in evaluations_of(point)])
    return Residuals(*(float(value) for value in np.asarray(weights) @ parts))


def _group_residuals(evaluation: OrdinalEvaluation) -> list[float]:
    implied, moments = evaluation.implied, evaluation.sample.moments
    S, sigma = moments.covariance, implied.kept_sigma
    p = len(S)
    lower = np.tril_indices(p, -1)
    s, t = np.sqrt(S.diagonal()), np.sqrt(sigma.diagonal())
    ordered = moments.threshold_index >= 0
    gaps = (moments.thresholds - implied.threshold_vector)[ordered]
    thresholds, slopes = float(gaps @ gaps), _slope_gaps(evaluation)
    spread = np.sqrt(np.var(evaluation.sample.covariates, axis=0, ddof=1)) / s[:, None]
    count, pairs = len(gaps) + slopes.size, p * (p - 1) / 2

    def both(residuals: Array, number: float, slopes: Array) -> tuple[float, float]:
        total = float(np.sum(residuals[lower] ** 2))
        others = thresholds + float(np.sum(slopes**2))
        with_others = math.sqrt((total + others) / (number + count))
        return with_others, math.sqrt(total / number) if number else 0.0

    raw = S - sigma
    rmr = both(raw, pairs + p, slopes)
    srmr = both(raw / np.outer(s, s), pairs + p, slopes * spread)
    crmr = both(S / np.outer(s, s) - sigma / np.outer(t, t), pairs, slopes * spread)
    return [*rmr, *srmr, *crmr, math.nan, math.nan]


def _slope_gaps(evaluation: OrdinalEvaluation) -> Array:
    """Residuals of the slopes on covariates (responses, covariates)."""
    layout = evaluation.implied.layout
    p, c, first = len(layout.kept), len(layout.covariates), len(layout.item)
    return evaluation.residual[first : first + c * p].reshape(p, c, order="F")


def categorical_basis(
    model: Model, point: Point, test: TestStatistic, scaled: TestStatistic | None, df0: float
) -> RobustBasis | None:
    """Basis of robust CFI, TLI and RMSEA (see :mod:`comply_measure.sem.ordinal.categorical_ml`).

    None where the test has none. NaN with continuous variables or covariates, with thresholds that are not
    saturated, with constraints that are not linear, and with polychoric or implied matrices that are not positive
    definite.

    Parameters
    ----------
    model : Model
    point : Point
        The estimates.
    test, scaled : TestStatistic
        Standard and scaled test.
    df0 : float
        Degrees of freedom of the baseline model.
    """
    if scaled is None or scaled.name == "mean.var.adjusted":
        return None
    df = float(test.df)
    found = UNDEFINED
    if test.df > 0 and math.isfinite(scaled.statistic) and _only_correlations(model, point):
        inverse = inverse_information(model, point, "expected", None)
        found = categorical_ml(evaluations_of(point), model.sample.weights, inverse, df)
    return RobustBasis(
        chisq=found.chisq,
        df=df,
        c=found.scaling,
        chisq0=found.baseline_chisq,
        df0=df0,
        c0=found.baseline_scaling,
        statistic=found.chisq / found.scaling,
        factor=found.scaling,
    )


def _only_correlations(model: Model, point: Point) -> bool:
    """Whether the model constrains nothing but correlations of ordered variables.

    Thresholds must be saturated: as many of thresholds and intercepts free, equalities counted, as there are
    sample thresholds, and not tied to other parameters.
    """
    space = model.space
    if space.equalities or space.inequalities:
        return False
    first_order = np.zeros(model.table.n_free, dtype=bool)
    count = 0
    for implied in point.implied:
        layout = cast(OrdinalImplied, implied).layout
        if not layout.is_threshold.all() or len(layout.covariates):
            return False
        first_order[layout.first + layout.thresholds.parameters] = True
        first_order[layout.first + np.flatnonzero(layout.is_mean)] = True
        count += len(layout.item)
    if space.K is None:
        return int(first_order.sum()) == count
    tied = space.K[:, np.any(space.K[first_order] != 0, axis=0)]
    if tied[~first_order].any():
        return False
    return int(np.linalg.matrix_rank(tied[first_order])) == count
