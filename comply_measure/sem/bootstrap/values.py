"""Values of the rows of a fit's tables in every replication: estimates, defined parameters, standardised ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.bootstrap.batch import BatchImplied, Exogenous
from comply_measure.sem.bootstrap.moments import BatchMoments
from comply_measure.sem.inference.standardized import standardise
from comply_measure.sem.language.expressions import Dual, evaluate
from comply_measure.sem.model import Model
from comply_measure.sem.table.namespace import Namespace

BLOCK = 100
NOTHING = np.zeros(0, dtype=np.int64)


def row_values(model: Model, theta: Array, exogenous: Array) -> Array:
    """Values of all rows of the parameter table (R, rows)."""
    table = model.table
    values = np.tile(model.fixed_values, (len(theta), 1))
    free = table.free > 0
    values[:, free] = theta[:, table.free[free] - 1]
    if exogenous.shape[1]:
        values[:, np.flatnonzero(table.exo)] = exogenous
    return values


def defined_values(model: Model, theta: Array) -> Array:
    """Values of the defined parameters (R, definitions)."""
    relations = [relation for relation in model.table.relations if relation.op == ":="]
    if not relations:
        return np.zeros((len(theta), 0))
    space = Namespace(model.table, model.fixed_values)
    out = np.empty((len(theta), len(relations)))
    for r, point in enumerate(theta):
        known = space.at(point)
        out[r] = [known[relation.lhs].value for relation in relations]
    return out


def standardised_values(model: Model, theta: Array, exogenous: Array, kind: str) -> Array:
    """Standardised values of all rows and defined parameters (R, rows + definitions).

    Parameters
    ----------
    model : Model
        The fitted model.
    theta : array (R, q)
        Estimates.
    exogenous : array (R, e)
        Values of exogenous rows.
    kind : str
        ``all``, ``lv`` or ``nox``.
    """
    if not model.family.batched_values() or not len(theta):
        return _one_by_one(model, theta, kind)
    values = row_values(model, theta, exogenous)
    out = np.empty_like(values)
    for number in range(model.table.n_groups):
        rows = np.flatnonzero(model.table.group == number + 1).tolist()
        sizes = _Sizes(model, number, theta, values, exogenous, kind)
        for row in rows:
            out[:, row] = values[:, row] * sizes.factor(row)
    return np.hstack([out, _definitions(model, out)])


def _one_by_one(model: Model, theta: Array, kind: str) -> Array:
    size = len(model.table) + sum(relation.op == ":=" for relation in model.table.relations)
    out = np.empty((len(theta), size))
    for r, point in enumerate(theta):
        out[r] = standardise(model, model.objective.at(model.space.contract(point)), kind).values
    return out


class _Sizes:
    """Variances of one group's variables in every replication.

    The rules are those of :mod:`comply_measure.sem.inference.standardized`.
    """

    def __init__(
        self, model: Model, number: int, theta: Array, values: Array, exogenous: Array, kind: str
    ) -> None:
        table = model.table
        self.table = table
        names = table.variables[number]
        scaled = set(names.latent)
        if kind != "lv":
            scaled.update(names.observed)
        if kind == "nox":
            scaled.difference_update(names.exogenous)
        self.scaled = scaled
        self.total = _batched_variances(model, number, theta, values)
        self.residual = {
            table.lhs[row]: np.abs(values[:, row])
            for row in np.flatnonzero(table.group == number + 1).tolist()
            if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]
        }

    def factor(self, row: int) -> Array | float:
        """What a row's estimate is multiplied by; NaN where a variance is not positive."""
        lhs, op, rhs = self.table.lhs[row], self.table.op[row], self.table.rhs[row]
        source = self.total
        if op == "=~":
            pairs = [(lhs, 0.5), (rhs, -0.5)]
        elif op in ("~", "<~"):
            pairs = [(rhs, 0.5), (lhs, -0.5)]
        elif op == "~~" and lhs == rhs:
            pairs = [(lhs, -1.0)]
        elif op == "~~":
            source, pairs = self.residual, [(lhs, -0.5), (rhs, -0.5)]
        else:
            pairs = [(lhs, -0.5)] if op == "~1" else []
        factor: Array | float = 1.0
        with np.errstate(invalid="ignore", divide="ignore"):
            for name, power in pairs:
                if name in self.scaled:
                    size = source[name]
                    factor = factor * np.where(size > 0.0, size, np.nan) ** power
        return factor


def total_variances(model: Model, theta: Array, exogenous: Array, number: int) -> dict[str, Array]:
    """Implied variances of a group's variables in every replication, by name (R,).

    Parameters
    ----------
    model : Model
        The fitted model.
    theta : array (R, q)
        Estimates.
    exogenous : array (R, e)
        Values of exogenous rows.
    number : int
        The group, from 0.
    """
    if len(theta) and model.family.batched_values():
        return _batched_variances(model, number, theta, row_values(model, theta, exogenous))
    layout = model.layouts[number]
    names = [*layout.observed, *layout.sources]
    total = np.empty((len(theta), len(names)))
    for r, point in enumerate(theta):
        implied = model.family.implied_at(model, point)[number]
        total[r] = model.family.variances(implied)
    return {name: total[:, i] for i, name in enumerate(names)}


def _batched_variances(model: Model, number: int, theta: Array, values: Array) -> dict[str, Array]:
    layout = model.layouts[number]
    part = theta[:, layout.first : layout.first + layout.q]
    totals = [
        _total_variances(model, number, part[i : i + BLOCK], values[i : i + BLOCK])
        for i in range(0, len(part), BLOCK)
    ]
    total = np.vstack(totals)
    places = {name: layout.p + j for j, name in enumerate(layout.sources)}
    places |= {name: i for i, name in enumerate(layout.observed)}
    return {name: total[:, place] for name, place in places.items()}


def _total_variances(model: Model, number: int, theta: Array, values: Array) -> Array:
    """Implied variances of observed variables and sources (B, p + k)."""
    layout, table = model.layouts[number], model.table
    place = {name: i for i, name in enumerate(layout.sources)}
    cells, rows = [], []
    for row in np.flatnonzero(
        table.exo & (table.group == number + 1) & (np.array(table.op) == "~~")
    ).tolist():
        a, b = place[table.lhs[row]], place[table.rhs[row]]
        cells += [a * layout.k + b, b * layout.k + a]
        rows += [row, row]
    given = Exogenous(np.array(cells, dtype=np.int64), NOTHING, NOTHING, NOTHING, NOTHING)
    # the fixed values stand in for sample moments: one "variable pair" per cell
    pairs = np.arange(len(cells))
    moments = BatchMoments(np.zeros(len(theta)), np.zeros((len(theta), 1)), values[:, rows][:, None, :])
    given = replace(given, first=np.zeros(len(cells), dtype=np.int64), second=pairs)
    at = BatchImplied(layout, theta, given, moments)
    observed = np.einsum("bii->bi", at.sigma)
    return np.hstack([observed, np.einsum("bii->bi", at.V)])


def _definitions(model: Model, rows: Array) -> Array:
    """Defined parameters evaluated at standardised values (R, definitions)."""
    table = model.table
    relations = [relation for relation in table.relations if relation.op == ":="]
    out = np.empty((len(rows), len(relations)))
    if not relations:
        return out
    zero = np.zeros(0)
    for r, values in enumerate(rows):
        known: dict[str, Dual] = {}
        for row in range(len(table)):
            for name in (table.label[row], table.plabel[row]):
                if name and name not in known:
                    known[name] = Dual(float(values[row]), zero)
        for j, relation in enumerate(relations):
            known[relation.lhs] = evaluate(relation.right, known, 0)
            out[r, j] = known[relation.lhs].value
    return out
