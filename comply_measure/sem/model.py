"""A model ready to be estimated: table, sample, layouts and objective in one immutable object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Layout
from comply_measure.sem.objective import Objective, Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.table.constraints import feasible_set
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.space import Space

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Family


@dataclass(frozen=True)
class Model:
    """Everything the optimiser and the inference need.

    Attributes
    ----------
    table : ParameterTable
        The model.
    sample : Sample
        The moments.
    layouts : tuple of Layout
        Where parameters stand, per group.
    space : Space
        θ = K φ + k₀ and the constraints that are left.
    objective : Objective
        F(φ).
    options : Options
        What the user asked for.
    fixed_values : array (rows,)
        Values of fixed rows, exogenous moments filled in; NaN for free rows.
    """

    table: ParameterTable
    sample: Sample
    layouts: tuple[Layout, ...]
    space: Space
    objective: Objective
    options: Options
    fixed_values: Array

    def further_starts(self, best: Optimum) -> Iterator[tuple[str, Array]]:
        """Starting θ to try besides what has led to an optimum, with the name of the remedy; none by default."""
        return iter(())

    @property
    def is_bounded(self) -> bool:
        """Whether the discrepancy has a lower bound whatever the parameters are."""
        return self.is_determined

    @property
    def is_determined(self) -> bool:
        """Whether the cases of every group determine its moments (more variables than cases do not)."""
        return all(group.is_determined for group in self.sample.groups)

    @property
    def is_rememberable(self) -> bool:
        """Whether table, moments and options say all that a search depends on."""
        return True

    @property
    def family(self) -> Family:
        """The kind of estimation: what builds and judges whatever differs between kinds."""
        return self.options.family

    @property
    def n_parameters(self) -> int:
        """Number of free parameters, less equality constraints."""
        return self.table.n_free - self.space.n_equalities

    @property
    def n_moments(self) -> int:
        """Number of sample moments the model must explain (fixed exogenous ones do not count)."""
        total = 0
        for layout, fixed in zip(self.layouts, self.exogenous, strict=True):
            k = len(fixed)
            total += layout.n_statistics - k * (k + 1) // 2 - (k if layout.has_mean else 0)
        return total

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.n_moments - self.n_parameters

    @property
    def exogenous(self) -> tuple[tuple[str, ...], ...]:
        """Fixed exogenous variables of each group."""
        if not self.table.options.fixed_x:
            return tuple(() for _ in self.table.variables)
        return tuple(names.exogenous for names in self.table.variables)

    @property
    def n_inference(self) -> float:
        """Number of cases for standard errors and indices of fit: n, or n − groups where divisors are n − 1."""
        return float(self.sample.n - len(self.sample.groups) * self.family.cases_lost)

    def row_name(self, row: int) -> str:
        """Name of a row of the table: ``lhs op rhs`` with the group's suffix."""
        return self.table.default_name(row)

    def free_names(self) -> list[str]:
        """Name of every element of θ for a reader: the user's label, or the row's name with group and level."""
        given = self.table.free_names()
        rows = np.flatnonzero(self.table.free).tolist()
        return [
            self.row_name(row) if name == self.table.default_name(row) else name
            for name, row in zip(given, rows, strict=True)
        ]

    def statistic(self, point: Point) -> float:
        """The χ² statistic at a point, n F."""
        return self.sample.n * point.value

    def values(self, theta: Array) -> Array:
        """Value of every row at θ (rows,)."""
        free = self.table.free
        values = self.fixed_values.copy()
        is_free = free > 0
        values[is_free] = theta[free[is_free] - 1]
        return self.family.fill_dependent(self.table, self.layouts, theta, values)


def specify(table: ParameterTable, sample: Sample, options: Options) -> Model:
    """A :class:`Model` from its table, sample and options."""
    fixed_values = fill_exogenous(table, sample.groups)
    given = {int(row): float(fixed_values[row]) for row in np.flatnonzero(table.exo)}
    layouts = options.family.layouts(table, given)
    space = feasible_set(table)
    fixed = [names.exogenous if table.options.fixed_x else () for names in table.variables]
    discrepancies = tuple(
        options.family.discrepancy(options, group, exogenous, table.meanstructure)
        for group, exogenous in zip(sample.groups, fixed, strict=True)
    )
    objective = Objective(layouts, discrepancies, sample.weights, space)
    return Model(table, sample, layouts, space, objective, options, fixed_values)


def fill_exogenous(table: ParameterTable, groups: tuple[GroupSample, ...]) -> Array:
    """Fixed values of all rows, with exogenous moments taken from the sample (rows,)."""
    values = table.value.copy()
    for row in np.flatnonzero(table.exo):
        sample = groups[table.group[row] - 1]
        i = sample.names.index(table.lhs[row])
        if table.op[row] == "~1":
            values[row] = 0.0 if sample.mean is None else sample.mean[i]
        else:
            values[row] = sample.cov[i, sample.names.index(table.rhs[row])]
    return values
