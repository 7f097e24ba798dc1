"""The baseline (independence) model: free variances and means, no covariances.

Covariances of exogenous variables stay in it, fixed or free as in the model (lavaan's convention). Under
ML the optimum is known: variances are the sample's, so ``F₀ = Σ log s_ii (+ log|S_xx|) − log|S|``; with
missing values each variable's own cases give its mean and variance.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.fit_measures.browne import statistic_of
from comply_measure.sem.inference.tests import TestStatistic, chisquare_test, scaled_test
from comply_measure.sem.model import Model, specify
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import minimise
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable


@dataclass(frozen=True)
class Baseline:
    """Test of the baseline model.

    Attributes
    ----------
    chisq : float
        Test statistic.
    df : int
        Degrees of freedom.
    scaled : TestStatistic or None
        Its correction, when the model's test has one.
    """

    chisq: float
    df: int
    scaled: TestStatistic | None = None


def ml_baseline(samples: tuple[GroupSample, ...], exogenous: tuple[tuple[str, ...], ...]) -> Baseline:
    """Baseline test under ML.

    Parameters
    ----------
    samples : tuple of GroupSample
        One per group.
    exogenous : tuple of tuple of str
        Exogenous variables of each group.
    """
    chisq = 0.0
    df = 0
    for sample, fixed in zip(samples, exogenous, strict=True):
        chisq += 2.0 * (sample.saturated_loglik - sample.independence_loglik(fixed))
        p, k = sample.p, len(fixed)
        df += p * (p - 1) // 2 - k * (k - 1) // 2
    return Baseline(float(np.maximum(chisq, 0.0)), df)


def fitted_baseline(model: Model, known: Baseline | None = None) -> Baseline:
    """Baseline test of a model from a fit of the independence model, with its correction.

    Parameters
    ----------
    model : Model
        The model.
    known : Baseline, optional
        The uncorrected test, where it is known in closed form.
    """
    independence, point = independence_fit(model)
    plain = known or Baseline(statistic_of(independence, point), independence.df)
    if model.options.test not in SCALED_TESTS:
        return plain
    standard = chisquare_test("standard", plain.chisq, plain.df)
    return replace(plain, scaled=scaled_test(independence, point, standard))


def shared_baseline(model: Model, known: Baseline) -> Baseline:
    """:func:`fitted_baseline`, once for all models of a sample that have the same independence model and options."""
    return model.sample.once(
        ("baseline", known, independence_key(model)), lambda: fitted_baseline(model, known)
    )


def independence_key(model: Model) -> Hashable:
    """What the independence model of a sample, its fit and its test depend on."""
    table, options = model.table, model.options
    names = tuple((own.observed, own.exogenous) for own in table.variables)
    chosen = (options.estimator, options.family, options.information, options.test, options.missing)
    return names, table.options.fixed_x, table.meanstructure, chosen


def independence_fit(model: Model) -> tuple[Model, Point]:
    """The independence model of a model's variables and its optimum."""
    table = independence_table(model.table)
    independence = specify(table, model.sample, model.options)
    start = _sample_values(table, model.sample.groups)
    return independence, minimise(independence.objective, start, model.sample.n).point


def independence_table(table: ParameterTable) -> ParameterTable:
    """Parameter table of the independence model; rows of exogenous variables as in the given table."""
    rows: list[tuple[str, str, str, int, bool]] = []
    for number, names in enumerate(table.variables, start=1):
        fixed = set(names.exogenous) if table.options.fixed_x else set()
        rows += [(name, "~~", name, number, name in fixed) for name in names.observed]
        for i, first in enumerate(names.exogenous):
            rows += [(first, "~~", second, number, bool(fixed)) for second in names.exogenous[i + 1 :]]
        if table.meanstructure:
            rows += [(name, "~1", "", number, name in fixed) for name in names.observed]
    n = len(rows)
    exo = np.array([row[4] for row in rows], dtype=bool)
    free = np.where(exo, 0, np.cumsum(~exo))
    return replace(
        table,
        lhs=tuple(row[0] for row in rows),
        op=tuple(row[1] for row in rows),
        rhs=tuple(row[2] for row in rows),
        label=("",) * n,
        plabel=tuple(f".p{i + 1}." for i in range(n)),
        user=np.zeros(n, dtype=np.int64),
        group=np.array([row[3] for row in rows]),
        free=free,
        value=np.full(n, np.nan),
        start=np.full(n, np.nan),
        lower=np.full(n, -np.inf),
        upper=np.full(n, np.inf),
        exo=exo,
        equal=(),
        variables=tuple(replace(names, latent=()) for names in table.variables),
        relations=(),
        notes=(),
    )


def _sample_values(table: ParameterTable, groups: tuple[GroupSample, ...]) -> Array:
    """Sample moments that the free rows of an independence table stand for (q,).

    Of incomplete data it is each variable's own cases that count, but for those whose covariances are in the model.
    """
    theta = np.zeros(table.n_free)
    known = [sample.independent_moments for sample in groups]
    for row in np.flatnonzero(table.free):
        group = table.group[row] - 1
        sample, (means, variances) = groups[group], known[group]
        i = sample.names.index(table.lhs[row])
        place = table.free[row] - 1
        if table.lhs[row] in table.variables[group].exogenous:
            j = i if table.op[row] == "~1" else sample.names.index(table.rhs[row])
            mean = 0.0 if sample.mean is None else sample.mean[i]
            theta[place] = mean if table.op[row] == "~1" else sample.cov[i, j]
        else:
            theta[place] = means[i] if table.op[row] == "~1" else variances[i]
    return theta
