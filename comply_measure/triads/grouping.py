"""Rows of informants gathered into units: sums per unit in time and memory linear in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which rows belong to which unit.

    Attributes
    ----------
    labels : ndarray, shape (G,)
        Keys of the units, in the order of their first row.
    codes : ndarray of int, shape (n,)
        Position of each row's unit in `labels`.
    order : ndarray of int, shape (n,)
        Row order that puts the rows of a unit next to each other.
    starts : ndarray of int, shape (G,)
        First place of each unit in that order.
    sizes : ndarray of int, shape (G,)
        Rows per unit.
    """

    labels: NDArray[Any]
    codes: Ints
    order: Ints
    starts: Ints
    sizes: Ints

    @classmethod
    def from_labels(cls, unit: ArrayLike) -> Grouping:
        """Group rows by their unit label (no missing labels: the boundary has checked that)."""
        codes, labels = pd.factorize(np.asarray(unit), sort=False)
        codes = codes.astype(np.int64)
        sizes = np.bincount(codes, minlength=len(labels)).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        return cls(np.asarray(labels), codes, np.argsort(codes, kind="stable"), starts, sizes)

    @property
    def n_units(self) -> int:
        """Number of units G."""
        return len(self.labels)

    @property
    def n_rows(self) -> int:
        """Number of informants."""
        return len(self.codes)

    def sums(self, values: Floats) -> Floats:
        """Sums per unit of an (n, …) array without NaN; shape (G, …)."""
        return np.asarray(np.add.reduceat(values[self.order], self.starts, axis=0), dtype=np.float64)

    def counts(self, flags: Bools) -> Ints:
        """Number of true flags per unit; shape (G, …)."""
        return np.asarray(
            np.add.reduceat(flags[self.order], self.starts, axis=0, dtype=np.int64), dtype=np.int64
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """Answers per unit and item: how many, their mean and their variance.

    Attributes
    ----------
    n : ndarray of int, shape (G, J)
        Informants who answered the item.
    mean : ndarray, shape (G, J)
        Mean over them; NaN without an answer.
    variance : ndarray, shape (G, J)
        Variance over them with divisor n - 1; NaN below two answers.
    """

    n: Ints
    mean: Floats
    variance: Floats


def spread(values: Floats, grouping: Grouping) -> Spread:
    """Count, mean and variance per unit and item, each item over the informants who answered it.

    Parameters
    ----------
    values : ndarray, shape (n, J)
        Answers; NaN where missing.
    grouping : Grouping
        Unit of each row.

    Returns
    -------
    Spread
        Two passes: deviations from the unit mean are squared, so no digits cancel.
    """
    present = ~np.isnan(values)
    n = grouping.counts(present)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = grouping.sums(np.where(present, values, 0.0)) / n
        deviation = np.where(present, values - mean[grouping.codes], 0.0)
        variance = grouping.sums(deviation**2) / (n - 1)
    return Spread(n, mean, np.where(n >= 2, variance, np.nan))


def mean_deviation(values: Floats, centre: Floats, grouping: Grouping) -> Floats:
    """Mean absolute deviation from a centre per unit and item (divisor n); NaN below two answers.

    Parameters
    ----------
    values : ndarray, shape (n, J)
        Answers; NaN where missing.
    centre : ndarray, shape (G, J)
        Mean or median per unit and item.
    grouping : Grouping
        Unit of each row.
    """
    present = ~np.isnan(values)
    n = grouping.counts(present)
    deviation = np.where(present, np.abs(values - centre[grouping.codes]), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = grouping.sums(deviation) / n
    return np.where(n >= 2, result, np.nan)


def medians(values: Floats, grouping: Grouping) -> Floats:
    """Median per unit and item over the answers given (midpoint for even counts); shape (G, J).

    Units of one size are sorted together, so the work is one vectorised sort per size.
    """
    ordered = values[grouping.order]
    result = np.full((grouping.n_units, values.shape[1]), np.nan)
    for size in np.unique(grouping.sizes):
        members = np.flatnonzero(grouping.sizes == size)
        rows = grouping.starts[members][:, None] + np.arange(size)
        block = np.sort(ordered[rows], axis=1)  # NaN sorts last
        n = (~np.isnan(block)).sum(axis=1)
        low = np.take_along_axis(block, np.maximum((n - 1) // 2, 0)[:, None, :], axis=1)[:, 0]
        high = np.take_along_axis(block, np.minimum(n // 2, size - 1)[:, None, :], axis=1)[:, 0]
        result[members] = np.where(n > 0, (low + high) / 2.0, np.nan)
    return result
