"""Wald test of constraints on the parameters of a fitted model (Wald, 1943).

``X² = c(θ̂)ᵀ (J V Jᵀ)⁻¹ c(θ̂)`` with c the left sides less the right sides, J their derivatives and V the
covariance matrix of the estimates, robust if the fit's is; df is the rank of J V Jᵀ. Parameters at a bound count
as fixed.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.language.parser import parse_relations
from comply_measure.sem.model import Model
from comply_measure.sem.table.constraints import referenced
from comply_measure.sem.table.namespace import Namespace, difference
from comply_measure.statistics.correlation import to_correlations
from comply_measure.statistics.words import counted

REDUNDANT = 1e-10


def wald_test(model: Model, theta: Array, vcov: Array | None, constraints: str) -> TestStatistic:
    """Joint test of equality constraints.

    Parameters
    ----------
    model : Model
        The fitted model.
    theta : array (q,)
        Its estimates.
    vcov : array (q, q) or None
        Their covariance matrix.
    constraints : str
        Such as ``a == b; a*b == 0``, in labels of the model (or ``.p1.``, ``.p2.`` … for row numbers).

    Raises
    ------
    ModelSyntaxError
        When the text cannot be read or uses an unknown label.
    ModelError
        When a constraint is no equality or the fit has no standard errors.
    """
    relations = parse_relations(constraints)
    wrong = [f"{r.lhs} {r.op} {r.rhs}" for r in relations if r.op != "=="]
    if wrong:
        raise ModelError(f"a Wald test takes equalities (==); not: {'; '.join(wrong)}")
    defined = tuple(relation for relation in model.table.relations if relation.op == ":=")
    referenced(replace(model.table, relations=(*defined, *relations)), constraints)
    if vcov is None or not np.isfinite(vcov).all():
        raise ModelError("a Wald test needs the covariance matrix of the estimates, which this fit lacks")
    values = Namespace(model.table, model.fixed_values).at(theta)
    parts = [difference(relation, values, len(theta)) for relation in relations]
    gap = np.array([part.value for part in parts])
    J = np.array([part.gradient for part in parts])
    return _statistic(gap, J @ vcov @ J.T)


def _statistic(gap: Array, spread: Array) -> TestStatistic:
    scale = np.sqrt(spread.diagonal())
    if not (scale > 0.0).all():
        note = "a constraint holds by construction or involves only parameters that are fixed or at a bound"
        return TestStatistic("wald", math.nan, len(gap), math.nan, note=note)
    vectors: Array
    values, vectors = np.linalg.eigh(to_correlations(spread))
    keep = values > REDUNDANT * values[-1]
    along = vectors.T @ (gap / scale)
    if np.abs(along[~keep]).max(initial=0.0) > 1e-6 * max(1.0, float(np.abs(along).max())):
        return TestStatistic(
            "wald", math.nan, math.nan, math.nan, note="the constraints contradict each other"
        )
    statistic, df = float(np.sum(along[keep] ** 2 / values[keep])), int(keep.sum())
    lost = len(gap) - df
    note = f"{counted(lost, 'constraint follows', 'constraints follow')} from the others" if lost else ""
    return TestStatistic("wald", statistic, df, upper_tail(statistic, df), note=note)
