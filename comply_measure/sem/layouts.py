"""From the rows of a parameter table to where each parameter stands in the matrices of its group."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from comply_measure.sem.arrays import Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Fill, Layout
from comply_measure.sem.language.records import Product
from comply_measure.sem.table.composites import excrescent_name
from comply_measure.sem.table.parameter_table import ParameterTable


def build_layouts(
    table: ParameterTable, exogenous: Mapping[int, float] | None = None, elsewhere: Collection[str] = ()
) -> tuple[Layout, ...]:
    """Layouts of all groups.

    Parameters
    ----------
    table : ParameterTable
        The model.
    exogenous : mapping of int to float, optional
        Values of rows whose fixed value comes from the data (``exo``).
    elsewhere : collection of str
        Operators whose rows have their place outside these matrices.

    Raises
    ------
    ModelError
        For rows that have a place nowhere.
    """
    rows_of = [np.flatnonzero(table.group == g + 1) for g in range(table.n_groups)]
    return tuple(_layout(table, rows, g, exogenous or {}, elsewhere) for g, rows in enumerate(rows_of))


def is_direct_product(table: ParameterTable, row: int) -> bool:
    """Whether a row is the coefficient of a product of factors that has no place in the linear part of a model."""
    return (
        table.options.direct_products
        and table.op[row] == "~"
        and isinstance(table.rhs[row], Product)
        and table.rhs[row] not in table.variables[table.group[row] - 1].observed
    )


class _Cells:
    """Collects the cells of one matrix."""

    def __init__(self, *shape: int) -> None:
        self.constant = np.zeros(shape)
        self.cells: list[int] = []
        self.parameters: list[int] = []

    def put(self, cell: int, parameter: int, value: float) -> None:
        if parameter < 0:
            self.constant.reshape(-1)[cell] = value
        else:
            self.cells.append(cell)
            self.parameters.append(parameter)

    def done(self) -> Fill:
        return Fill(
            self.constant, np.array(self.cells, dtype=np.int64), np.array(self.parameters, dtype=np.int64)
        )


class _LayoutBuilder:
    """Places the rows of one group into the matrices and records each parameter's columns of H."""

    def __init__(self, table: ParameterTable, rows: Index, group: int) -> None:
        names = table.variables[group]
        self.observed = names.observed
        self.references = {composite.name: composite.reference for composite in names.composites}
        sources = dict.fromkeys((*names.latent, *names.excrescent))
        for row in rows:
            if is_direct_product(table, row):  # its outcome is part of the nonlinear equations
                sources[table.lhs[row]] = None
            elif table.op[row] == "~":
                sources[table.rhs[row]] = None
        self.sources = tuple(sources)
        p, k = len(self.observed), len(self.sources)
        self.p, self.k = p, k
        self.observed_at = {name: i for i, name in enumerate(self.observed)}
        self.source_at = {name: i for i, name in enumerate(self.sources)}
        free = table.free[rows]
        used = free[free > 0]
        self.first = int(used.min()) - 1 if len(used) else 0
        self.q = len(used)
        self.paths, self.loadings = _Cells(k, k), _Cells(p, k)
        self.residuals, self.cross, self.source_cov = _Cells(p, p), _Cells(p, k), _Cells(k, k)
        self.observed_mean, self.source_mean = _Cells(p), _Cells(k)
        self.u = np.zeros(self.q, dtype=np.int64)
        self.v = np.zeros(self.q, dtype=np.int64)
        self.kappa = np.zeros(self.q)
        self.mean_column = np.zeros(self.q, dtype=np.int64)
        self.mean_source = np.full(self.q, -2, dtype=np.int64)
        for name, place in self.source_at.items():
            if name in self.observed_at:
                self.loadings.constant[self.observed_at[name], place] = 1.0

    def column(self, name: str) -> int:
        """Column of H along which the residual of a variable acts."""
        place = self.source_at.get(name)
        return self.observed_at[name] if place is None else self.p + place

    def path(self, source: str, target: str, parameter: int, value: float) -> None:
        j, i = self.source_at[source], self.source_at.get(target)
        if i is None:
            self.loadings.put(self.observed_at[target] * self.k + j, parameter, value)
        else:
            self.paths.put(i * self.k + j, parameter, value)
        if parameter >= 0:
            self.u[parameter] = self.mean_column[parameter] = self.column(target)
            self.v[parameter] = self.p + self.k + j
            self.kappa[parameter] = 1.0
            self.mean_source[parameter] = j

    def weight(self, composite: str, component: str, parameter: int, value: float) -> None:
        """A weight is the path from the component's excrescent variable to the composite's reference."""
        reference = self.references[composite]
        if component == reference:
            return
        excrescent = excrescent_name(composite, component)
        self.path(excrescent, reference, parameter, value)
        self.path(excrescent, component, -1, -1.0)

    def covariance(self, first: str, second: str, parameter: int, value: float) -> None:
        a, b = self.source_at.get(first), self.source_at.get(second)
        if a is not None and b is not None:
            cells, where = self.source_cov, [a * self.k + b, b * self.k + a]
        elif a is None and b is None:
            i, j = self.observed_at[first], self.observed_at[second]
            cells, where = self.residuals, [i * self.p + j, j * self.p + i]
        elif a is None and b is not None:
            cells, where = self.cross, [self.observed_at[first] * self.k + b]
        else:
            cells, where = self.cross, [self.observed_at[second] * self.k + int(a or 0)]
        for cell in dict.fromkeys(where):
            cells.put(cell, parameter, value)
        if parameter >= 0:
            self.u[parameter], self.v[parameter] = self.column(first), self.column(second)
            self.kappa[parameter] = 0.5 if first == second else 1.0

    def mean(self, name: str, parameter: int, value: float) -> None:
        place = self.source_at.get(name)
        if place is None:
            self.observed_mean.put(self.observed_at[name], parameter, value)
        else:
            self.source_mean.put(place, parameter, value)
        if parameter >= 0:
            self.mean_column[parameter] = self.column(name)
            self.mean_source[parameter] = -1


def _layout(
    table: ParameterTable, rows: Index, group: int, exogenous: Mapping[int, float], elsewhere: Collection[str]
) -> Layout:
    builder = _LayoutBuilder(table, rows, group)
    free, values = table.free.tolist(), table.value.tolist()
    for row in rows.tolist():
        op, lhs, rhs = table.op[row], table.lhs[row], table.rhs[row]
        parameter = free[row] - 1 - builder.first if free[row] else -1
        value = exogenous.get(row, values[row])
        if is_direct_product(table, row):
            continue
        if op == "~~":
            builder.covariance(lhs, rhs, parameter, value)
        elif op == "=~":
            builder.path(lhs, rhs, parameter, value)
        elif op == "~":
            builder.path(rhs, lhs, parameter, value)
        elif op == "~1":
            builder.mean(lhs, parameter, value)
        elif op == "<~":
            builder.weight(lhs, rhs, parameter, value)
        elif op not in elsewhere:
            raise ModelError(f"'{lhs} {op} {rhs}' is for ordered variables; name them in ordered=")
    is_mean = builder.mean_source == -1
    return Layout(
        observed=builder.observed,
        sources=builder.sources,
        q=builder.q,
        first=builder.first,
        paths=builder.paths.done(),
        loadings=builder.loadings.done(),
        residuals=builder.residuals.done(),
        cross=builder.cross.done(),
        source_cov=builder.source_cov.done(),
        observed_mean=builder.observed_mean.done(),
        source_mean=builder.source_mean.done(),
        u=builder.u,
        v=builder.v,
        kappa=builder.kappa,
        mean_column=builder.mean_column,
        mean_source=builder.mean_source,
        is_path=builder.mean_source >= 0,
        is_mean=is_mean,
        has_mean=table.meanstructure,
    )
