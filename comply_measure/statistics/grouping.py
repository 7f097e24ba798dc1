"""Rows of informants gathered into units, in blocks of units of one size.

Units of s informants form an array (s, units, items) whose first axis is reduced by plain whole-array
operations: time and memory stay linear in the data for any mixture of sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from comply_measure.statistics.arrays import Bools, Floats, Ints

#: Values handled at once: large enough for speed, small enough to stay in the processor's cache.
CHUNK = 400_000


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

    def blocks(self, width: int = 1) -> Iterator[tuple[Ints, Ints]]:
        """Units of one size at a time: their positions, shape (B,), and their rows, shape (size, B).

        Parameters
        ----------
        width : int
            Values per row that the caller will handle; bounds the size of a block.
        """
        for size in np.unique(self.sizes):
            members = np.flatnonzero(self.sizes == size)
            step = max(1, CHUNK // max(1, int(size) * width))
            for first in range(0, len(members), step):
                chosen = members[first : first + step]
                yield chosen, self.order[self.starts[chosen] + np.arange(size)[:, None]]

    def sums(self, values: Floats) -> Floats:
        """Sums per unit of an (n, …) array without NaN; shape (G, …)."""
        return self._reduce(values, np.float64)

    def counts(self, flags: Bools) -> Ints:
        """Number of true flags per unit; shape (G, …)."""
        return self._reduce(flags, np.int64)

    def _reduce(self, values: NDArray[Any], dtype: type) -> NDArray[Any]:
        total = np.zeros((self.n_units, *values.shape[1:]), dtype=dtype)
        for members, rows in self.blocks(int(np.prod(values.shape[1:]))):
            total[members] = values[rows].sum(axis=0, dtype=dtype)
        return total


@dataclass(frozen=True, slots=True)
class Spread:
    """Answers per unit and item: how many, their mean and their variance.

    Attributes
    ----------
    n : ndarray of int, shape (B, J)
        Informants who answered the item.
    mean : ndarray, shape (B, J)
        Mean over them; NaN without an answer.
    variance : ndarray, shape (B, J)
        Variance over them with divisor n - 1; NaN below two answers.
    """

    n: Ints
    mean: Floats
    variance: Floats


def block_spread(block: Floats) -> Spread:
    """Count, mean and variance per unit and item, each item over the informants who answered it.

    Parameters
    ----------
    block : ndarray, shape (size, B, J)
        Answers of units of one size; NaN where missing. Deviations from the unit mean are squared, so no
        digits cancel.
    """
    present = ~np.isnan(block)
    n = present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, block, 0.0).sum(axis=0) / n
        deviation = np.where(present, block - mean, 0.0)
        variance = (deviation * deviation).sum(axis=0) / (n - 1)
    return Spread(n, mean, np.where(n >= 2, variance, np.nan))


def block_mean_deviation(block: Floats, centre: Floats, n: Ints) -> Floats:
    """Mean absolute deviation from a centre per unit and item (divisor n); NaN below two answers.

    Parameters
    ----------
    block : ndarray, shape (size, B, J)
        Answers.
    centre : ndarray, shape (B, J)
        Mean or median.
    n : ndarray of int, shape (B, J)
        Answers per item.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.abs(block - centre)
        result = np.where(np.isnan(deviation), 0.0, deviation).sum(axis=0) / n
    return np.where(n >= 2, result, np.nan)


def block_median(block: Floats, n: Ints) -> Floats:
    """Median per unit and item over the answers given (midpoint for even counts); shape (B, J)."""
    ordered = np.sort(block, axis=0)  # NaN sorts last
    low = np.take_along_axis(ordered, np.maximum((n - 1) // 2, 0)[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, len(block) - 1)[None], axis=0)[0]
    return np.where(n > 0, (low + high) / 2.0, np.nan)


def spread(values: Floats, grouping: Grouping) -> Spread:
    """Count, mean and variance per unit and variable of an (n, J) array; every array has shape (G, J)."""
    shape = (grouping.n_units, values.shape[1])
    result = Spread(np.zeros(shape, dtype=np.int64), np.full(shape, np.nan), np.full(shape, np.nan))
    for members, rows in grouping.blocks(values.shape[1]):
        part = block_spread(values[rows])
        result.n[members], result.mean[members], result.variance[members] = part.n, part.mean, part.variance
    return result
