"""Sample statistics of ordered and mixed data, and their joint covariance.

The order of the statistics is lavaan's: thresholds of ordered and *minus the means* of continuous variables,
interleaved in model order; slopes on covariates, if any, covariate by covariate; variances of the continuous
variables; covariances below the diagonal, column by column.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import InputError, Problem
from comply_measure.sem.ordinal.coding import MISSING, MixedData, code_groups
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.stages import (
    Statistics,
    asymptotic_covariance,
    asymptotic_variances,
    below_diagonal,
    estimate,
)

if TYPE_CHECKING:
    import pandas as pd

GammaForm = bool | Literal["diagonal"]


@dataclass(frozen=True, slots=True)
class OrdinalMoments:
    """Sample moments of one group with ordered variables.

    Parameters
    ----------
    names : tuple of str
        Variables in model order.
    ordered : ndarray of bool, shape (p,)
    n_categories : ndarray of int, shape (n_ordered,)
    n_cases : float
        Cases in the analysis, or the sum of their sampling weights (N of the tests).
    thresholds : ndarray, shape (n_thresholds + n_continuous,)
        Thresholds and means, interleaved in model order.
    threshold_index : ndarray of int
        Position of the variable each entry of ``thresholds`` belongs to, -1 for a mean.
    mean : ndarray, shape (p,)
        Means of the continuous variables, 0 for ordered ones.
    covariance : ndarray, shape (p, p)
        1 on the diagonal of ordered variables; polychoric, polyserial and product-moment elsewhere.
    gamma : AsymptoticCovariance or None
        N times the covariance of :attr:`vector` if cases are independent, from which weights are made.
    clustered : AsymptoticCovariance or None
        The same if clusters are; None where there are none.
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
    n_cases: float
    thresholds: Array
    threshold_index: NDArray[np.intp]
    mean: Array
    covariance: Array
    gamma: AsymptoticCovariance | None
    empty_cells: dict[tuple[str, str], int]
    at_bound: tuple[tuple[str, str], ...]
    slopes: Array = field(default_factory=lambda: np.zeros((0, 0)))
    clustered: AsymptoticCovariance | None = None

    def statistic_names(self) -> list[str]:
        """Names of :attr:`vector`: ``u1|t1``, ``y1~1``, ``y1~~y1``, ``u2~~u1``; slopes as ``u1~[1]``."""
        first, step, last = [], 0, -1
        continuous = iter(
            [name for name, ordered in zip(self.names, self.ordered, strict=True) if not ordered]
        )
        for place in self.threshold_index.tolist():
            step = step + 1 if place == last else 1
            first.append(f"{next(continuous)}~1" if place < 0 else f"{self.names[place]}|t{step}")
            last = place
        slopes = [f"{name}~[{c + 1}]" for c in range(self.slopes.shape[1]) for name in self.names]
        variances = [f"{n}~~{n}" for n, ordered in zip(self.names, self.ordered, strict=True) if not ordered]
        columns, rows = np.triu_indices(len(self.names), 1)
        pairs = [f"{self.names[i]}~~{self.names[j]}" for i, j in zip(rows, columns, strict=True)]
        return [*first, *slopes, *variances, *pairs]

    @property
    def vector(self) -> Array:
        """All statistics in lavaan's order."""
        sign = np.where(self.threshold_index < 0, -1.0, 1.0)
        variances = np.diagonal(self.covariance)[~self.ordered]
        slopes = self.slopes.ravel(order="F")
        return np.concatenate((sign * self.thresholds, slopes, variances, below_diagonal(self.covariance)))


def require_variances(moments: OrdinalMoments, gamma: AsymptoticCovariance) -> None:
    """Refuse statistics without a finite, positive sampling variance, by name."""
    variances = gamma.diagonal()
    bad = np.flatnonzero(~(np.isfinite(variances) & (variances > 0.0)))
    if bad.size:
        names = moments.statistic_names()
        problems = [Problem("no finite sampling variance", column=names[k]) for k in bad[:20]]
        raise InputError("The covariance of the sample statistics cannot be estimated.", problems)


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


def ordinal_moments(data: MixedData, gamma: GammaForm = True) -> OrdinalMoments:
    """Sample moments of one group.

    Parameters
    ----------
    data : MixedData
        Coded data; missing values are used pairwise (a variable's margin rests on its own observed cases, a
        pair on the cases that have both). For listwise deletion drop incomplete cases before.
    gamma : bool or "diagonal"
        Whether to compute the asymptotic covariance, or only its diagonal.

    Returns
    -------
    OrdinalMoments

    Raises
    ------
    InputError
        If a continuous variable is constant, or has two values where the covariance is computed, two variables are
        never observed together, two binary variables are perfectly associated, or a statistic has no finite
        sampling variance.

    References
    ----------
    Muthén (1984), Psychometrika 49, 115-132; Muthén & Satorra (1995), Psychometrika 60, 489-503.
    """
    require_variation(data)
    if gamma:
        require_more_than_two_values(data)
    statistics = estimate(data)
    problems = _problems(statistics)
    if problems:
        raise InputError("The correlations of the ordered data cannot be estimated.", problems)
    scale = np.ones(len(data.names))
    scale[~data.ordered] = np.sqrt(statistics.continuous.variance)
    mean = np.zeros(len(data.names))
    mean[~data.ordered] = statistics.continuous.mean
    values, index = _interleave(statistics)
    covariance = clustered = None
    if gamma:
        with np.errstate(divide="ignore", invalid="ignore"):
            covariance = (asymptotic_variances if gamma == "diagonal" else asymptotic_covariance)(statistics)
            if data.cluster is not None:
                clustered = asymptotic_covariance(statistics, clustered=True)
    moments = OrdinalMoments(
        names=data.names,
        ordered=data.ordered,
        n_categories=data.n_categories,
        n_cases=data.total,
        thresholds=values,
        threshold_index=index,
        mean=mean,
        covariance=statistics.correlation * np.outer(scale, scale),
        gamma=covariance,
        empty_cells=_empty_cells(statistics),
        at_bound=_pairs_at_bound(statistics),
        clustered=clustered,
    )
    if covariance is not None:
        require_variances(moments, covariance)
    return moments


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


def require_more_than_two_values(data: MixedData) -> None:
    """Refuse continuous variables of two values, whose variance is a function of the mean.

    Casewise scores of mean and variance are then collinear, and the outer product that Muthén (1984) inverts is
    singular: what comes out is rounding, and another number for another coding of the two values (lavaan, too).
    """
    names = np.asarray(data.names)[~data.ordered]
    columns = (np.unique(column[~np.isnan(column)]) for column in data.values.T)
    problems = [
        Problem(
            "numeric with two values beside ordered variables: its variance follows from its mean, so that their "
            "sampling covariance does not exist",
            column=str(name),
            allowed="named in ordered=, or a fixed predictor of the others",
        )
        for name, values in zip(names, columns, strict=True)
        if values.size == 2
    ]
    if problems:
        raise InputError("The covariance of the sample statistics cannot be estimated.", problems)


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
