"""The null distributions of one scale: one per pattern of informants per item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Ints
from comply_measure.triads.agreement.exact import (
    MAX_MULTISETS,
    ExactDistribution,
    Statistic,
    exact_distribution,
    n_multisets,
    noise_passing,
)
from comply_measure.triads.agreement.items import rwg_j_value
from comply_measure.triads.agreement.nulls import NullDistribution
from comply_measure.triads.agreement.simulated import SimulatedDistribution, simulated_distribution


@dataclass(frozen=True, slots=True)
class NullFamily:
    """Distributions of a statistic under one null.

    Attributes
    ----------
    null : NullDistribution
        With probabilities.
    statistic : str
        What is averaged over items.
    answers : ndarray of int or None, shape (n, replications, J)
        Simulated answers when items correlate; None for exact distributions of independent items.
    """

    null: NullDistribution
    statistic: Statistic
    answers: Ints | None
    _known: dict[tuple[int, int], tuple[Ints, int]] = field(default_factory=dict)

    def patterns(self, n: NDArray[np.int32]) -> Iterator[tuple[Ints, Ints]]:
        """Units that share a distribution: the pattern, shape (J,), and the units' positions.

        Independent items are interchangeable, so their counts are sorted first; counts below 2 are 0.

        Parameters
        ----------
        n : ndarray of int, shape (G, J)
            Informants per item.
        """
        if not len(n):
            return
        counts = np.where(n >= 2, n, 0)
        if self.answers is None:
            counts = np.sort(counts, axis=1)
        rows = np.ascontiguousarray(counts, dtype=np.int32)
        keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place, minlength=len(first)))
        for pattern, units in zip(first, np.split(order, ends[:-1]), strict=True):
            yield counts[pattern].astype(np.int64), units

    def distribution(self, pattern: Ints) -> ExactDistribution | SimulatedDistribution | None:
        """The null distribution of a pattern; None when its informants are too many to enumerate."""
        items = np.flatnonzero(pattern)
        used = pattern[items].tolist()
        if self.answers is not None:
            return simulated_distribution(self.answers, used, items, self.statistic, self._known)
        if self.null.pmf is not None and n_multisets(max(used), len(self.null.pmf)) > MAX_MULTISETS:
            return None
        return exact_distribution(used, self.null, self.statistic)


def noise_at(
    distribution: ExactDistribution | SimulatedDistribution, null: NullDistribution, cutoff: float
) -> float:
    """Probability that rwg(j) of random answers reaches the cut-off."""
    if isinstance(distribution, ExactDistribution):
        return noise_passing(distribution, null, cutoff)
    values = rwg_j_value(distribution.values, distribution.n_items, null.variance)
    return distribution.share(values >= cutoff - 1e-12)
