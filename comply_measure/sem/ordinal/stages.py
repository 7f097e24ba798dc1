"""The first two stages over all variables of a group, and the influences of its cases put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.ordinal.coding import MixedData
from comply_measure.sem.ordinal.covariance import (
    AsymptoticCovariance,
    clustered_covariance,
    covariance_of_influences,
)
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
    counts = cross_tables(data.codes, n_max, data.weights)
    return PairTables(counts, first, second, margins.values, data.n_categories)


def estimate(data: MixedData) -> Statistics:
    """First two steps: margins and correlations of every pair of variables."""
    margins = thresholds(data.codes, data.n_categories, data.weights)
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # a symmetric two-point variable has no finite variance
        continuous = continuous_margins(data.values, data.weights)
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
                continuous.z, continuous.seen, data.codes[:, item], margins.values[item], data.weights
            )
            put(np.full(is_continuous.size, place), is_continuous, rho)
            unsettled[place, is_continuous] = ~converged
    first, second = np.triu_indices(is_continuous.size, 1)
    put(is_continuous[first], is_continuous[second], pearson(continuous.z, continuous.seen, data.weights))
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
                data.weights,
            )
    for item, place in enumerate(is_continuous[:-1]):
        others = np.arange(item + 1, is_continuous.size)
        out[:, places[place, is_continuous[others]]] = pearson_influence(
            statistics.correlation[place, is_continuous[others]], continuous, item, others, data.weights
        )


def asymptotic_covariance(statistics: Statistics, clustered: bool = False) -> AsymptoticCovariance:
    """N times the covariance of all statistics (Muthén 1984), as root or matrix, whichever is smaller.

    Parameters
    ----------
    statistics : Statistics
    clustered : bool
        Whether what is drawn independently are the clusters of the data: influences are then summed within each of C
        clusters, and their products multiplied by C/(C − 1).
    """
    data = statistics.data
    size, parts = _size(statistics), _influences(statistics)
    if clustered and data.cluster is not None:
        return clustered_covariance(np.concatenate(list(parts)), data.cluster, data.total)
    if data.n_cases <= size or not data.ordered.all():
        return covariance_of_influences(np.concatenate(list(parts)), data.total)
    matrix = np.zeros((size, size))
    for part in parts:
        matrix += part.T @ part
    return AsymptoticCovariance(matrix=matrix * data.total)


def _size(statistics: Statistics) -> int:
    """Number of statistics."""
    p: int = len(statistics.data.names)
    return _n_first(statistics) + p * (p - 1) // 2


def _n_first(statistics: Statistics) -> int:
    """Thresholds, means and variances, which stand before the pairs."""
    data = statistics.data
    n_continuous: int = data.values.shape[1]
    return int((data.n_categories - 1).sum()) + 2 * n_continuous


def _influences(statistics: Statistics) -> Iterator[Array]:
    """Influences of the cases, weighted by their sampling weights: ``ROWS`` at a time where all is ordered."""
    data, first = statistics.data, _n_first(statistics)
    rho = below_diagonal(statistics.correlation[np.ix_(data.ordered, data.ordered)])
    with np.errstate(divide="ignore", invalid="ignore"):
        table = polychoric_influence(statistics.tables, rho, statistics.margins)
    step = ROWS if data.ordered.all() else data.n_cases
    for start in range(0, data.n_cases, step):
        rows = slice(start, start + step)
        part = np.empty((len(data.codes[rows]), _size(statistics)))
        _influence_on_means(statistics, part, rows)
        _influence_on_pairs(statistics, table, part[:, first:], rows)
        if not data.ordered.all():
            with np.errstate(divide="ignore", invalid="ignore"):
                _influence_on_mixed_pairs(statistics, part[:, first:])
        yield weighed(part, None if data.weights is None else data.weights[rows])


def asymptotic_variances(statistics: Statistics) -> AsymptoticCovariance:
    """N times the variances of all statistics: from the tables alone where all is ordered and complete."""
    data = statistics.data
    if not (data.ordered.all() and data.complete) or data.weights is not None:
        return AsymptoticCovariance(variances=asymptotic_covariance(statistics).diagonal())
    n, margins = data.n_cases, statistics.margins
    n_max = margins.influence.shape[1] - 1
    counts = np.stack([np.bincount(codes, minlength=n_max) for codes in data.codes.T])
    thresholds_ = np.einsum("ic,ict->it", counts, margins.influence[:, :n_max] ** 2)
    own = np.arange(n_max - 1) < (data.n_categories - 1)[:, None]
    table = polychoric_influence(statistics.tables, below_diagonal(statistics.correlation), margins)
    pairs = (statistics.tables.counts * table[:, :n_max, :n_max] ** 2).sum((1, 2))
    return AsymptoticCovariance(variances=n * np.concatenate((thresholds_[own], pairs)))
