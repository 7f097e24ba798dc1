"""Sample statistics of ordered and mixed data, and their joint covariance.

The order of the statistics is lavaan's: thresholds of ordered and *minus the means* of continuous variables,
interleaved in model order; slopes on covariates, if any, covariate by covariate; variances of the continuous
variables; covariances below the diagonal, column by column.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import InputError, Problem
from comply_measure.sem.ordinal.coding import MISSING, MixedData, code_groups
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.influence import (
    pearson_influence,
    polychoric_influence,
    polyserial_influence,
    spread_to_cases,
)
from comply_measure.sem.ordinal.polychoric import BOUND, PairTables, cross_tables, polychoric
from comply_measure.sem.ordinal.polyserial import pearson, polyserial
from comply_measure.sem.ordinal.univariate import (
    ContinuousMargins,
    Thresholds,
    continuous_margins,
    thresholds,
)

if TYPE_CHECKING:
    import pandas as pd

# Rows of influences held at once when the covariance is accumulated as a matrix.
ROWS = 512


@dataclass(frozen=True, slots=True)
class Statistics:
    """Estimates of the first two steps with what is needed for their influences."""

    data: MixedData
    margins: Thresholds
    continuous: ContinuousMargins
    tables: PairTables
    correlation: Array
    empty_cells: NDArray[np.intp]
    at_bound: NDArray[np.bool_]
    converged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OrdinalMoments:
    """Sample moments of one group with ordered variables.

    Parameters
    ----------
    names : tuple of str
        Variables in model order.
    ordered : ndarray of bool, shape (p,)
    n_categories : ndarray of int, shape (n_ordered,)
    n_cases : int
        Cases in the analysis (N of the tests).
    thresholds : ndarray, shape (n_thresholds + n_continuous,)
        Thresholds and means, interleaved in model order.
    threshold_index : ndarray of int
        Position of the variable each entry of ``thresholds`` belongs to, -1 for a mean.
    mean : ndarray, shape (p,)
        Means of the continuous variables, 0 for ordered ones.
    covariance : ndarray, shape (p, p)
        1 on the diagonal of ordered variables; polychoric, polyserial and product-moment elsewhere.
    gamma : AsymptoticCovariance or None
        N times the covariance of :attr:`vector`.
    empty_cells : dict
        Number of empty cells by pair of variables, pairs without any left out.
    at_bound : tuple of pairs of str
        Pairs whose correlation is indistinguishable from one.
    slopes : ndarray, shape (p, n_covariates)
        Regression of every (latent) response on fixed covariates; the other moments are then conditional on
        these, ``mean`` and ``thresholds`` at covariates of zero. No columns without covariates.
    """

    names: tuple[str, ...]
    ordered: NDArray[np.bool_]
    n_categories: NDArray[np.intp]
    n_cases: int
    thresholds: Array
    threshold_index: NDArray[np.intp]
    mean: Array
    covariance: Array
    gamma: AsymptoticCovariance | None
    empty_cells: dict[tuple[str, str], int]
    at_bound: tuple[tuple[str, str], ...]
    slopes: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def vector(self) -> Array:
        """All statistics in lavaan's order."""
        sign = np.where(self.threshold_index < 0, -1.0, 1.0)
        variances = np.diagonal(self.covariance)[~self.ordered]
        slopes = self.slopes.ravel(order="F")
        return np.concatenate((sign * self.thresholds, slopes, variances, below_diagonal(self.covariance)))


def below_diagonal(matrix: Array) -> Array:
    """Elements below the diagonal, column by column."""
    first, second = np.triu_indices(len(matrix), 1)
    return np.asarray(matrix[second, first])


def pair_positions(n_variables: int) -> NDArray[np.intp]:
    """Place of every pair of variables in the order of :func:`below_diagonal`, shape (p, p), symmetric."""
    first, second = np.triu_indices(n_variables, 1)
    out = np.zeros((n_variables, n_variables), dtype=np.intp)
    out[first, second] = out[second, first] = np.arange(len(first))
    return out


def pair_tables(data: MixedData, margins: Thresholds) -> PairTables:
    """Two-way tables of the ordered variables."""
    n_max = int(data.n_categories.max(initial=2))
    first, second = np.triu_indices(data.codes.shape[1], 1)
    counts = cross_tables(data.codes, n_max)
    return PairTables(counts, first, second, margins.values, data.n_categories)


def estimate(data: MixedData) -> Statistics:
    """First two steps: margins and correlations of every pair of variables."""
    margins = thresholds(data.codes, data.n_categories)
    continuous = continuous_margins(data.values)
    tables = pair_tables(data, margins)
    fit = polychoric(tables)
    is_ordered, is_continuous = np.flatnonzero(data.ordered), np.flatnonzero(~data.ordered)
    p = len(data.names)
    correlation = np.eye(p)

    def put(rows: NDArray[np.intp], columns: NDArray[np.intp], values: Array) -> None:
        correlation[rows, columns] = correlation[columns, rows] = values

    put(is_ordered[tables.first], is_ordered[tables.second], fit.rho)
    unsettled = np.zeros((p, p), dtype=bool)
    unsettled[is_ordered[tables.first], is_ordered[tables.second]] = ~fit.converged
    for item, place in enumerate(is_ordered):
        if is_continuous.size:
            rho, converged = polyserial(
                continuous.z, continuous.seen, data.codes[:, item], margins.values[item]
            )
            put(np.full(is_continuous.size, place), is_continuous, rho)
            unsettled[place, is_continuous] = ~converged
    first, second = np.triu_indices(is_continuous.size, 1)
    put(is_continuous[first], is_continuous[second], pearson(continuous.z, continuous.seen))
    at_bound = np.abs(correlation) > BOUND - 1e-8
    np.fill_diagonal(at_bound, False)
    return Statistics(data, margins, continuous, tables, correlation, fit.empty_cells, at_bound, ~unsettled)


def _influence_on_means(statistics: Statistics, out: Array, rows: slice) -> None:
    """Fill the columns of thresholds, minus means and variances."""
    data, column, item, numeric = statistics.data, 0, 0, 0
    first_variance = int((data.n_categories - 1).sum()) + data.values.shape[1]
    for ordered in data.ordered:
        if ordered:
            count = int(data.n_categories[item]) - 1
            own = statistics.margins.influence[item]
            out[:, column : column + count] = own[data.codes[rows, item], :count]
            column, item = column + count, item + 1
        else:
            out[:, column] = -statistics.continuous.mean_influence[rows, numeric]
            out[:, first_variance + numeric] = statistics.continuous.variance_influence[rows, numeric]
            column, numeric = column + 1, numeric + 1


def _influence_on_pairs(statistics: Statistics, table: Array, out: Array, rows: slice) -> None:
    """Fill the columns of correlations between ordered variables."""
    data, tables = statistics.data, statistics.tables
    is_ordered = np.flatnonzero(data.ordered)
    if data.ordered.all():
        spread_to_cases(table, data.codes[rows], tables.first, tables.second, out)
        return
    part = np.empty((len(out), len(table)))
    spread_to_cases(table, data.codes[rows], tables.first, tables.second, part)
    places = pair_positions(len(data.names))[is_ordered[tables.first], is_ordered[tables.second]]
    out[:, places] = part


def _influence_on_mixed_pairs(statistics: Statistics, out: Array) -> None:
    """Fill the columns of covariances that involve a continuous variable, for all cases at once."""
    data, margins, continuous = statistics.data, statistics.margins, statistics.continuous
    is_ordered, is_continuous = np.flatnonzero(data.ordered), np.flatnonzero(~data.ordered)
    places = pair_positions(len(data.names))
    for item, place in enumerate(is_ordered):
        if is_continuous.size:
            out[:, places[place, is_continuous]] = polyserial_influence(
                statistics.correlation[place, is_continuous],
                data.codes[:, item],
                margins.values[item],
                margins.influence[item],
                continuous,
            )
    for item, place in enumerate(is_continuous[:-1]):
        others = np.arange(item + 1, is_continuous.size)
        out[:, places[place, is_continuous[others]]] = pearson_influence(
            statistics.correlation[place, is_continuous[others]], continuous, item, others
        )


def asymptotic_covariance(statistics: Statistics) -> AsymptoticCovariance:
    """N times the covariance of all statistics (Muthén 1984), as root or matrix, whichever is smaller.

    Raises
    ------
    InputError
        If a statistic has no finite, positive variance (a perfectly associated pair, a constant).
    """
    data = statistics.data
    n, p = data.n_cases, len(data.names)
    n_first = int((data.n_categories - 1).sum()) + 2 * data.values.shape[1]
    size = n_first + p * (p - 1) // 2
    rho = below_diagonal(statistics.correlation[np.ix_(data.ordered, data.ordered)])
    with np.errstate(divide="ignore", invalid="ignore"):
        table = polychoric_influence(statistics.tables, rho, statistics.margins)
    if n <= size or not data.ordered.all():
        root = np.empty((n, size))
        _influence_on_means(statistics, root, slice(None))
        _influence_on_pairs(statistics, table, root[:, n_first:], slice(None))
        if not data.ordered.all():
            with np.errstate(divide="ignore", invalid="ignore"):
                _influence_on_mixed_pairs(statistics, root[:, n_first:])
        root *= np.sqrt(n)
        gamma = AsymptoticCovariance(root=root)
        if n > size:
            gamma = AsymptoticCovariance(matrix=gamma.dense())
        return gamma
    matrix = np.zeros((size, size))
    for start in range(0, n, ROWS):
        rows = slice(start, start + ROWS)
        part = np.empty((len(data.codes[rows]), size))
        _influence_on_means(statistics, part, rows)
        _influence_on_pairs(statistics, table, part[:, n_first:], rows)
        matrix += part.T @ part
    return AsymptoticCovariance(matrix=matrix * n)


def _problems(statistics: Statistics) -> list[Problem]:
    """Pairs of variables that have no correlation, or one the data fix at one."""
    names, found = statistics.data.names, []
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        value = statistics.correlation[i, j]
        if np.isnan(value):
            message = f"no case has values of both '{names[i]}' and '{names[j]}'"
            found.append(Problem(message, column=names[i]))
        elif abs(value) >= 1.0:
            message = f"perfectly associated with '{names[j]}' (two empty cells in their 2 x 2 table)"
            found.append(Problem(message, column=names[i], allowed="drop one of the two"))
    return found


def ordinal_moments(data: MixedData, gamma: bool = True) -> OrdinalMoments:
    """Sample moments of one group.

    Parameters
    ----------
    data : MixedData
        Coded data; missing values are used pairwise (a variable's margin rests on its own observed cases, a
        pair on the cases that have both). For listwise deletion drop incomplete cases before.
    gamma : bool
        Whether to compute the asymptotic covariance.

    Returns
    -------
    OrdinalMoments

    Raises
    ------
    InputError
        If a continuous variable is constant, two variables are never observed together, or two binary
        variables are perfectly associated.

    References
    ----------
    Muthén (1984), Psychometrika 49, 115-132; Muthén & Satorra (1995), Psychometrika 60, 489-503.
    """
    require_variation(data)
    statistics = estimate(data)
    problems = _problems(statistics)
    if problems:
        raise InputError("The correlations of the ordered data cannot be estimated.", problems)
    scale = np.ones(len(data.names))
    scale[~data.ordered] = np.sqrt(statistics.continuous.variance)
    mean = np.zeros(len(data.names))
    mean[~data.ordered] = statistics.continuous.mean
    values, index = _interleave(statistics)
    return OrdinalMoments(
        names=data.names,
        ordered=data.ordered,
        n_categories=data.n_categories,
        n_cases=data.n_cases,
        thresholds=values,
        threshold_index=index,
        mean=mean,
        covariance=statistics.correlation * np.outer(scale, scale),
        gamma=asymptotic_covariance(statistics) if gamma else None,
        empty_cells=_empty_cells(statistics),
        at_bound=_pairs_at_bound(statistics),
    )


def polychoric_matrix(
    data: pd.DataFrame, ordered: Collection[str] | None = None, gamma: bool = False
) -> OrdinalMoments:
    """Polychoric, polyserial and product-moment correlations of the columns of a table.

    Parameters
    ----------
    data : DataFrame
        One row per case; missing values are used pairwise, rows without any value are left out.
    ordered : collection of str, optional
        Ordered columns; all of them if not given.
    gamma : bool
        Whether to compute the asymptotic covariance as well.

    Returns
    -------
    OrdinalMoments
        Its ``covariance`` is the polychoric correlation matrix if every column is ordered.

    Raises
    ------
    InputError
        See :func:`~comply_measure.sem.ordinal.coding.code_groups` and :func:`ordinal_moments`.
    """
    names = [str(name) for name in data.columns]
    used = data.dropna(how="all").set_axis(names, axis=1)
    coded, _ = code_groups([used], names, names if ordered is None else ordered)
    return ordinal_moments(coded[0], gamma=gamma)


def require_variation(data: MixedData) -> None:
    """Refuse constant or empty variables."""
    names = np.asarray(data.names)
    problems = []
    for name, column in zip(names[~data.ordered], data.values.T, strict=True):
        seen = column[~np.isnan(column)]
        if seen.size < 2 or not np.ptp(seen) > 0:
            problems.append(Problem("the variable is constant or has no values", column=str(name)))
    for name, codes, count in zip(names[data.ordered], data.codes.T, data.n_categories, strict=True):
        used = np.bincount(codes[codes != MISSING], minlength=count)
        if count < 2 or (used == 0).any():
            problems.append(Problem("every category must occur, and at least two", column=str(name)))
    if problems:
        raise InputError("Some variables carry no information.", problems)


def _interleave(statistics: Statistics) -> tuple[Array, NDArray[np.intp]]:
    """Thresholds and means in model order, with the position of their variable (-1 for means)."""
    data = statistics.data
    values: list[Array] = []
    index: list[int] = []
    item = numeric = 0
    for place, ordered in enumerate(data.ordered):
        if ordered:
            count = int(data.n_categories[item]) - 1
            values.append(statistics.margins.values[item, :count])
            index += [place] * count
            item += 1
        else:
            values.append(statistics.continuous.mean[[numeric]])
            index.append(-1)
            numeric += 1
    return np.concatenate(values), np.array(index, dtype=np.intp)


def _empty_cells(statistics: Statistics) -> dict[tuple[str, str], int]:
    """Number of empty cells by pair of ordered variables."""
    names = np.asarray(statistics.data.names)[statistics.data.ordered]
    tables, count = statistics.tables, statistics.empty_cells
    return {
        (str(names[tables.first[k]]), str(names[tables.second[k]])): int(count[k])
        for k in np.flatnonzero(count)
    }


def _pairs_at_bound(statistics: Statistics) -> tuple[tuple[str, str], ...]:
    """Pairs whose correlation ended at the bound of the search."""
    names = statistics.data.names
    rows, columns = np.nonzero(np.triu(statistics.at_bound, 1))
    return tuple((names[i], names[j]) for i, j in zip(rows, columns, strict=True))
