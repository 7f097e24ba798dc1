"""Cases grouped by what they lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import total_weight

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

MAX_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True)
class PatternBlock:
    """Patterns that lack the same number ``m`` of variables; where their gaps lie is found once.

    Attributes
    ----------
    n_variables : int
        Number of all variables, p.
    missing : (K, m) int array
        Columns lacking, per pattern.
    frequency : (K,) float array
        Cases that show the pattern, or the sum of their weights.
    rows : slice
        Rows of :class:`IncompleteSample` that belong to the block.
    owner : (R,) int array
        Pattern (0 … K−1) of each of those rows.
    """

    n_variables: int
    missing: IntArray
    frequency: FloatArray
    rows: slice
    owner: IntArray

    @property
    def n_missing(self) -> int:
        """Number of variables each pattern of the block lacks."""
        return int(self.missing.shape[1])

    @cached_property
    def gaps(self) -> IntArray:
        """Places of the missing values among those of the whole sample, row by row; (R, m)."""
        first = np.arange(self.rows.start, self.rows.stop) * self.n_variables
        return np.asarray(first[:, None] + self.missing[self.owner])

    @cached_property
    def pairs(self) -> IntArray:
        """Places of the pairs of missing variables in a (p, p) matrix, per pattern; (K, m, m)."""
        return np.asarray(self.missing[:, :, None] * self.n_variables + self.missing[:, None, :])


@dataclass(frozen=True, slots=True)
class IncompleteSample:
    """Data with holes, in the form the likelihood reads.

    A row is a case (times the root of its sampling weight), or, where a pattern has more cases than it has first
    and second moments, one row of a square root of those moments. Row r enters as ``values_r − weight_r · μ``:
    weight 1 for a case (the root of its sampling weight), √n for a pattern's mean, 0 for a factor of its scatter.
    Sums of squares and products over rows are those over cases.

    Attributes
    ----------
    values : (R, p) float array
        Zero where missing.
    weight : (R,) float array
    observed : (R, p) float array
        1 where observed, 0 where missing.
    blocks : tuple of PatternBlock
    case : (R,) int array or None
        Row of the data each row came from; None if cases were condensed into moments.
    n_cases, n_values : float
        Cases used and values observed; with sampling weights the sums of these.
    n_rows : int
        Cases of the data, those without any value among them.
    """

    values: FloatArray
    weight: FloatArray
    observed: FloatArray
    blocks: tuple[PatternBlock, ...]
    case: IntArray | None
    n_cases: float
    n_values: float
    n_rows: int

    @property
    def n_variables(self) -> int:
        """Number of variables, p."""
        return int(self.values.shape[1])

    @property
    def n_patterns(self) -> int:
        """Number of distinct patterns of missing values."""
        return sum(block.missing.shape[0] for block in self.blocks)


@dataclass(frozen=True, slots=True)
class _Pattern:
    missing: IntArray
    cases: IntArray


def group_cases(
    data: FloatArray, condense: bool = True, sampling: FloatArray | None = None
) -> IncompleteSample:
    """Sort cases by their pattern of missing values.

    Parameters
    ----------
    data : (n, p) float array
        NaN marks a missing value.
    condense : bool
        Replace the cases of a frequent pattern by a square root of their moments: the likelihood is the
        same, the work no longer grows with n. Casewise quantities need False.
    sampling : (n,) float array, optional
        Sampling weights: the likelihood of a case counts so often.

    Returns
    -------
    IncompleteSample
    """
    seen = ~np.isnan(data)
    each = np.ones(len(data)) if sampling is None else sampling
    patterns = _patterns(seen)
    values, weights, owners, cases = [], [], [], []
    for number, pattern in enumerate(patterns):
        rows = np.where(seen[pattern.cases], data[pattern.cases], 0.0)
        weight = np.ones(len(rows))
        if sampling is not None:
            weight = np.sqrt(sampling[pattern.cases])
            rows = rows * weight[:, None]
        if condense and len(rows) > data.shape[1] - len(pattern.missing) + 1:
            rows, weight = _square_root_of_moments(rows, weight)
        values.append(rows)
        weights.append(weight)
        owners.append(np.full(len(rows), number))
        cases.append(pattern.cases)
    observed = np.ones((len(patterns), data.shape[1]))
    for number, pattern in enumerate(patterns):
        observed[number, pattern.missing] = 0.0
    owner = np.concatenate(owners) if owners else np.zeros(0, dtype=np.intp)
    return IncompleteSample(
        values=np.concatenate(values) if values else np.zeros((0, data.shape[1])),
        weight=np.concatenate(weights) if weights else np.zeros(0),
        observed=observed[owner],
        blocks=tuple(_blocks(data.shape[1], patterns, owner, [float(each[p.cases].sum()) for p in patterns])),
        case=None if condense else np.concatenate(cases),
        n_cases=total_weight(each[seen.any(axis=1)]),
        n_values=float(each @ np.count_nonzero(seen, axis=1)),
        n_rows=len(data),
    )


def _patterns(seen: BoolArray) -> list[_Pattern]:
    """Distinct patterns with at least one value, those that lack least first."""
    used = np.flatnonzero(seen.any(axis=1))
    if not len(used):
        return []
    keys = np.packbits(seen[used], axis=1)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    members = np.split(used[order], np.cumsum(np.bincount(inverse))[:-1])
    found = [_Pattern(np.flatnonzero(~seen[used[f]]), cases) for f, cases in zip(first, members, strict=True)]
    return sorted(found, key=lambda pattern: (len(pattern.missing), int(pattern.cases[0])))


def _square_root_of_moments(rows: FloatArray, root: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rows and weights with the same sums of products as the given rows, which enter with the given weights."""
    if (root == 1.0).all():
        n: float = len(rows)
        mean = rows.mean(axis=0)
        centred = rows - mean
    else:
        n = float(root @ root)
        mean = root @ rows / n
        centred = rows - root[:, None] * mean
    factor = np.linalg.qr(centred, mode="r")
    values = np.vstack([np.sqrt(n) * mean, factor])
    weight = np.zeros(len(values))
    weight[0] = np.sqrt(n)
    return values, weight


def _blocks(
    n_variables: int, patterns: list[_Pattern], owner: IntArray, frequency: list[float]
) -> Iterator[PatternBlock]:
    """Runs of patterns that lack equally many variables, none too large to hold in memory."""
    starts = np.searchsorted(owner, np.arange(len(patterns) + 1))
    first = 0
    while first < len(patterns):
        m = len(patterns[first].missing)
        room = MAX_BLOCK_CELLS // max(m * m, 1)
        last = first + 1
        while (
            last < len(patterns)
            and len(patterns[last].missing) == m
            and starts[last + 1] - starts[first] <= room
        ):
            last += 1
        rows = slice(int(starts[first]), int(starts[last]))
        yield PatternBlock(
            n_variables=n_variables,
            missing=np.array([p.missing for p in patterns[first:last]], dtype=np.intp).reshape(
                last - first, m
            ),
            frequency=np.array(frequency[first:last]),
            rows=rows,
            owner=owner[rows] - first,
        )
        first = last


def case_order(cases: IncompleteSample) -> IntArray:
    """Row of the data of each row of the sample.

    Raises
    ------
    ValueError
        If the cases were condensed into moments.
    """
    if cases.case is None:
        raise ValueError("casewise quantities need group_cases(..., condense=False)")
    return cases.case
