"""The baseline model of two levels: free variances in each level and free means, no covariances."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from comply_measure.sem.baseline import Baseline, independence_table
from comply_measure.sem.estimation import estimate
from comply_measure.sem.inference.tests import chisquare_test
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.twolevel.inference import scaled_test
from comply_measure.sem.twolevel.model import TwoLevelModel, model_of
from comply_measure.sem.twolevel.objective import TwoLevelPoint


def baseline_of(model: TwoLevelModel) -> Baseline:
    """Test of the independence model; covariances of exogenous variables stay in it.

    Parameters
    ----------
    model : TwoLevelModel

    Returns
    -------
    Baseline
        NaN if the independence model does not converge.
    """
    table = two_level_independence(model.table)
    independence = model_of(table, model.data, model.options, model.groups)
    optimum = estimate(independence)
    df = independence.df
    if not optimum.converged:
        return Baseline(float("nan"), df)
    statistic = max(independence.statistic(optimum.point), 0.0)
    if model.options.test not in SCALED_TESTS:
        return Baseline(statistic, df)
    standard = chisquare_test("standard", statistic, df)
    return Baseline(statistic, df, scaled_test(independence, cast(TwoLevelPoint, optimum.point), standard))


def two_level_independence(table: ParameterTable) -> ParameterTable:
    """The independence table with the means of variables of both levels in the between level alone."""
    plain = independence_table(table)
    pairs = zip(table.variables[::2], table.variables[1::2], strict=True)
    split = [
        names for within, between in pairs for names in (set(within.observed) & set(between.observed), set())
    ]
    zero = np.array(
        [
            op == "~1" and lhs in split[group - 1]
            for lhs, op, group in zip(plain.lhs, plain.op, plain.group.tolist(), strict=True)
        ],
        dtype=bool,
    )
    is_free = (plain.free > 0) & ~zero
    return replace(
        plain,
        free=np.where(is_free, np.cumsum(is_free), 0),
        value=np.where(zero, 0.0, plain.value),
        exo=plain.exo & ~zero,
    )
