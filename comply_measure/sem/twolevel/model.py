"""A two-level model ready to be estimated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model, fill_exogenous
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.sample import LOG_2PI
from comply_measure.sem.table.constraints import feasible_set
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.twolevel.data import TwoLevelData
from comply_measure.sem.twolevel.incomplete import Clusters
from comply_measure.sem.twolevel.objective import TwoLevelObjective
from comply_measure.sem.twolevel.specification import LEVELS, TwoLevelTable
from comply_measure.sem.twolevel.starts import further_starts


@dataclass(frozen=True)
class TwoLevelModel(Model):
    """A model with two blocks per group, within and between.

    Attributes
    ----------
    data : TwoLevelData
        The same as ``sample``.
    groups : tuple of str
        Names of the groups.
    """

    data: TwoLevelData
    groups: tuple[str, ...]

    def further_starts(self, best: Optimum) -> Iterator[tuple[str, Array]]:
        """Another scaling of the factors and random starts, where the optimum at hand is not proper."""
        return further_starts(self, best)

    @property
    def is_bounded(self) -> bool:
        """No: with an indefinite Σ_B the likelihood of clusters of a rare size has no maximum."""
        return False

    @property
    def is_rememberable(self) -> bool:
        """No: it depends on the sizes of clusters too."""
        return False

    @property
    def n_moments(self) -> int:
        """Covariances of both levels and one mean per variable, less those of fixed exogenous variables."""
        total = 0
        for g, part in enumerate(self.data.parts):
            within, between = (len(names) for names in self.exogenous[2 * g : 2 * g + 2])
            for count, fixed in ((len(part.within), within), (len(part.between), between)):
                total += count * (count + 1) // 2 - fixed * (fixed + 1) // 2
            total += part.p - within - between
        return total

    def row_name(self, row: int) -> str:
        """Name of a row with its group and level, as in lavaan (``f=~y2.g2.l2``)."""
        return block_name(self.table, row)

    def statistic(self, point: Point) -> float:
        """The χ² statistic at a point."""
        return self.data.n * point.value

    def exogenous_places(self, group: int) -> tuple[Index, Index]:
        """Columns of a group's fixed exogenous variables of the within and of the between level."""
        names = self.data.parts[group].names
        within, between = (
            np.array([names.index(name) for name in fixed], dtype=np.int64)
            for fixed in self.exogenous[2 * group : 2 * group + 2]
        )
        return within, between


def block_name(table: ParameterTable, row: int) -> str:
    """``lhs op rhs`` with the suffixes of group and level of the row's block."""
    block = int(table.group[row])
    group, level = (block + 1) // 2, (block + 1) % 2 + 1
    name = f"{table.lhs[row]}{table.op[row]}{table.rhs[row]}"
    return name + (f".g{group}" if group > 1 else "") + (".l2" if level == LEVELS else "")


def specify_two_level(given: TwoLevelTable, data: TwoLevelData, options: Options) -> TwoLevelModel:
    """A :class:`TwoLevelModel` from its table, data and options."""
    return model_of(given.table, data, options, given.groups)


def model_of(
    table: ParameterTable, data: TwoLevelData, options: Options, groups: tuple[str, ...]
) -> TwoLevelModel:
    """A :class:`TwoLevelModel` from a table with two blocks per group."""
    fixed_values = fill_exogenous(table, data.groups)
    exogenous = {int(row): float(fixed_values[row]) for row in np.flatnonzero(table.exo)}
    layouts = options.family.layouts(table, exogenous)
    space = feasible_set(table)
    objective = TwoLevelObjective(
        layouts,
        (),
        (),
        space,
        samples=data.parts,
        saturated=tuple(found.loglik for found in data.saturated),
    )
    return TwoLevelModel(
        table, data, layouts, space, objective, options, fixed_values, data=data, groups=groups
    )


def exogenous_loglik(part: Clusters, within: Index, between: Index) -> float:
    """Log-likelihood of fixed exogenous variables by themselves, at their own moments.

    Those of the within level are taken as independent cases, those of the cluster as independent
    clusters: ``−½ n (k (log 2π + 1) + log|S_xx|)`` each.

    Parameters
    ----------
    part : TwoLevelSample or IncompleteClusters
    within, between : int arrays
        Their columns.
    """
    total = 0.0
    for places, n, moments in (
        (within, part.n, part.total_moments),
        (between, part.n_clusters, part.cluster_moments),
    ):
        if len(places):
            logdet = float(np.linalg.slogdet(moments(places)[0])[1])
            total -= 0.5 * n * (len(places) * (LOG_2PI + 1.0) + logdet)
    return total


def log_likelihoods(model: TwoLevelModel, fmin: float) -> LogLikelihoods:
    """Log-likelihoods of the fitted and the saturated model, given fixed exogenous variables.

    Parameters
    ----------
    model : TwoLevelModel
    fmin : float
        F at the optimum; n F / 2 is their difference.
    """
    data = model.data
    saturated = sum(found.loglik for found in data.saturated)
    saturated -= sum(exogenous_loglik(part, *model.exogenous_places(g)) for g, part in enumerate(data.parts))
    return LogLikelihoods(saturated - 0.5 * data.n * fmin, saturated)
