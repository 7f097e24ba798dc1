"""The first two stages over all variables of a group, and the influences of its cases put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.ordinal.coding import MixedData
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
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # a symmetric two-point variable has no finite variance
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
    """N times the covariance of all statistics (Muthén 1984), as root or matrix, whichever is smaller."""
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


def asymptotic_variances(statistics: Statistics) -> AsymptoticCovariance:
    """N times the variances of all statistics: from the tables alone where all is ordered and complete."""
    data = statistics.data
    if not (data.ordered.all() and data.complete):
        return AsymptoticCovariance(variances=asymptotic_covariance(statistics).diagonal())
    n, margins = data.n_cases, statistics.margins
    n_max = margins.influence.shape[1] - 1
    counts = np.stack([np.bincount(codes, minlength=n_max) for codes in data.codes.T])
    thresholds_ = np.einsum("ic,ict->it", counts, margins.influence[:, :n_max] ** 2)
    own = np.arange(n_max - 1) < (data.n_categories - 1)[:, None]
    table = polychoric_influence(statistics.tables, below_diagonal(statistics.correlation), margins)
    pairs = (statistics.tables.counts * table[:, :n_max, :n_max] ** 2).sum((1, 2))
    return AsymptoticCovariance(variances=n * np.concatenate((thresholds_[own], pairs)))
