"""Standardised solutions with delta-method standard errors.

Every standardised value is its estimate times square roots of variances and their reciprocals:

========================  =====================================================
``f =~ x``, ``y ~ x``     b · sd(source) / sd(target)
``y ~ f:g``               b · sd(f) sd(g) / sd(target), a product of factors (Wen, Marsh & Hau, 2010)
variance of x             s / var(x)
covariance of x and y     s / √(s_xx s_yy), with the residual variances of both
intercept of x            m / sd(x)
========================  =====================================================

sd and var are model-implied totals. ``lv`` scales latent variables only, ``all`` every variable, ``nox``
every variable but the fixed exogenous ones (lavaan's ``std.lv``, ``std.all``, ``std.nox``). The product of two
standardised factors has no variance of 1, so that it is not standardised itself. Derivatives
are exact: ``∂ var(x)/∂θ_a = 2 κ_a u_a v_a`` with the columns of :mod:`comply_measure.sem.implied`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied
from comply_measure.sem.language.expressions import Dual, evaluate
from comply_measure.sem.language.records import Product
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.tables import wald_columns

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the estimates that say what a row is.
NAMES = ("lhs", "op", "rhs", "group", "label")
KINDS = ("all", "lv", "nox")


@dataclass(frozen=True)
class Standardised:
    """Standardised values of all rows and of the defined parameters.

    Attributes
    ----------
    values : array (rows + definitions,)
        NaN where a variance that is needed is not positive.
    jacobian : array (rows + definitions, q)
        Derivatives in θ.
    """

    values: Array
    jacobian: Array


def standardise(model: Model, point: Point, kind: str) -> Standardised:
    """Standardised values and their derivatives.

    Parameters
    ----------
    model : Model
        The model.
    point : Point
        The estimates.
    kind : str
        ``all``, ``lv`` or ``nox``.
    """
    table = model.table
    est = model.values(point.theta)
    q = table.n_free
    values, jacobian = np.zeros(len(table)), np.zeros((len(table), q))
    for number, implied in enumerate(point.implied):
        scales = _Scales(model, implied, number, est, kind)
        for row in np.flatnonzero(table.group == number + 1).tolist():
            values[row], slope = scales.standardise(row)
            first = implied.layout.first
            jacobian[row, first : first + implied.layout.q] = slope
    return _with_definitions(model, values, jacobian)


class _Scales:
    """Variances of one group's variables, with derivatives in the group's parameters."""

    def __init__(self, model: Model, implied: Implied, number: int, est: Array, kind: str) -> None:
        table, layout = model.table, implied.layout
        self.table, self.est = table, est
        self.first, self.q = layout.first, layout.q
        names = table.variables[number]
        self.latent = set(names.latent)
        scaled = {*names.latent, *names.excrescent}
        if kind != "lv":
            scaled.update(names.observed)
        if kind == "nox":
            scaled.difference_update(model.exogenous[number])
        self.scaled = scaled
        variance, slopes = model.family.total_variances(implied)
        self.dependent = model.family.dependent_rows(table, implied, number)
        places = {name: layout.p + j for j, name in enumerate(layout.sources)}
        places |= {name: i for i, name in enumerate(layout.observed)}
        self.total = {name: (variance[i], slopes[i]) for name, i in places.items()}
        self.residual_row = {
            table.lhs[row]: row
            for row in np.flatnonzero(table.group == number + 1).tolist()
            if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]
        }

    def own(self, row: int) -> tuple[float, Array]:
        """A row's estimate and its derivatives."""
        if row in self.dependent:
            return self.dependent[row]
        slope = np.zeros(self.q)
        place = int(self.table.free[row]) - 1 - self.first
        if place >= 0:
            slope[place] = 1.0
        return float(self.est[row]), slope

    def residual(self, name: str) -> tuple[float, Array]:
        """A variable's (residual) variance parameter, in absolute value as lavaan takes it."""
        value, slope = self.own(self.residual_row[name])
        return (value, slope) if value >= 0.0 else (-value, -slope)

    def standardise(self, row: int) -> tuple[float, Array]:
        """Standardised value of a row and its derivatives."""
        if self.table.op[row] == "~*~" and self.table.lhs[row] in self.scaled:
            return 1.0, np.zeros(self.q)  # the scale of a standardised response
        value, slope = self.own(row)
        scales = self.factors(row)
        if not all(
            variance > 0.0 or _fixed_at_zero(variance, change, power) for (variance, change), power in scales
        ):
            return math.nan, np.full(self.q, math.nan)
        if not all(variance > 0.0 for (variance, _), _ in scales):
            return 0.0, np.zeros(self.q)  # a factor that is the same for all explains nothing
        for (variance, change), power in scales:
            factor = variance**power
            slope = factor * (slope + value * power * change / variance)
            value *= factor
        return value, slope

    def factors(self, row: int) -> list[tuple[tuple[float, Array], float]]:
        """Variances that scale a row, each with its exponent."""
        lhs, op, rhs = self.table.lhs[row], self.table.op[row], self.table.rhs[row]
        if op == "=~":
            pairs = [(lhs, 0.5), (rhs, -0.5)]
        elif op == "~" and isinstance(rhs, Product) and self.latent.intersection(rhs.parts):
            pairs = [(part, 0.5) for part in rhs.parts] + [(lhs, -0.5)]
        elif op in ("~", "<~"):
            pairs = [(rhs, 0.5), (lhs, -0.5)]
        elif op == "~~" and lhs == rhs:
            pairs = [(lhs, -1.0)]
        elif op == "~~":
            return [(self.residual(name), -0.5) for name in (lhs, rhs) if name in self.scaled]
        elif op in ("~1", "|"):
            pairs = [(lhs, -0.5)]
        else:
            pairs = []
        return [(self.total[name], power) for name, power in pairs if name in self.scaled]


def _fixed_at_zero(variance: float, change: Array, power: float) -> bool:
    """Whether a variance that multiplies is zero whatever the parameters are."""
    return power > 0.0 and variance == 0.0 and not change.any()


def _with_definitions(model: Model, values: Array, jacobian: Array) -> Standardised:
    """Defined parameters evaluated at the standardised values."""
    table = model.table
    relations = [relation for relation in table.relations if relation.op == ":="]
    if not relations:
        return Standardised(values, jacobian)
    size = jacobian.shape[1]
    known: dict[str, Dual] = {}
    for row in range(len(table)):
        for name in (table.label[row], table.plabel[row]):
            if name and name not in known:
                known[name] = Dual(float(values[row]), jacobian[row])
    for relation in relations:
        known[relation.lhs] = evaluate(relation.right, known, size)
    extra = [known[relation.lhs] for relation in relations]
    return Standardised(
        np.concatenate([values, [dual.value for dual in extra]]),
        np.vstack([jacobian, [dual.gradient for dual in extra]]),
    )


def standardised_frame(
    model: Model,
    point: Point,
    vcov: Array | None,
    kind: str,
    level: float,
    estimates: pd.DataFrame,
    at_bound: Sequence[int] = (),
) -> pd.DataFrame:
    """Rows of the estimates with est_std, se, z, pvalue, ci_lower, ci_upper.

    Parameters
    ----------
    model : Model
        The model.
    point : Point
        The estimates.
    vcov : array (q, q) or None
        Covariance matrix of θ̂; None gives NaN for everything that rests on it.
    kind : str
        ``all``, ``lv`` or ``nox``.
    level : float
        Confidence level.
    estimates : DataFrame
        The table of estimates, for its names.
    at_bound : sequence of int
        Places of θ at a bound: values that nothing else moves have no standard error.
    """
    import pandas as pd

    found = standardise(model, point, kind)
    moving = np.any(found.jacobian != 0.0, axis=1)
    if vcov is None or np.isnan(vcov).any():
        se = np.where(moving, math.nan, 0.0)
    else:
        se = np.sqrt(np.maximum(np.einsum("ij,ij->i", found.jacobian @ vcov, found.jacobian), 0.0))
        # variances that are one by construction move only by rounding
        se[se < 1e-9 * np.maximum(np.abs(found.values), 1e-3)] = 0.0
        held = moving & ~np.any(np.delete(found.jacobian, list(at_bound), axis=1) != 0.0, axis=1)
        se[held] = math.nan
    columns: dict[str, pd.Series | Array] = {name: estimates[name] for name in NAMES}
    for name, column in wald_columns(found.values, se, level).items():
        columns["est_std" if name == "est" else name] = column
    return pd.DataFrame(columns, index=estimates.index)
