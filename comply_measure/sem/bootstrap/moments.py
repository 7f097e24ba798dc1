"""Sample moments of many replications from counts of cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index

MAX_CELLS = 8_000_000  # products of variables kept for one matrix product; beyond, replication by replication


@dataclass(frozen=True)
class BatchMoments:
    """Moments of one group in B replications.

    Attributes
    ----------
    n : array (B,)
        Number of cases.
    mean : array (B, p)
    cov : array (B, p, p)
        Divisor n.
    """

    n: Array
    mean: Array
    cov: Array

    def take(self, places: Index) -> BatchMoments:
        """Some of the replications."""
        return BatchMoments(self.n[places], self.mean[places], self.cov[places])


class MomentMaker:
    """Turns counts into moments: one matrix product with all products of variables, where these fit.

    Parameters
    ----------
    data : array (n, p)
        Complete cases of a group.
    """

    def __init__(self, data: Array) -> None:
        self.center = data.mean(axis=0)
        self.data = data - self.center
        n, p = data.shape
        self.rows, self.columns = np.tril_indices(p)
        small = n * len(self.rows) <= MAX_CELLS
        self.products = self.data[:, self.rows] * self.data[:, self.columns] if small else None

    def moments(self, counts: Array) -> BatchMoments:
        """Moments of every replication.

        Parameters
        ----------
        counts : array (B, n)
            How often each case is drawn.
        """
        n = counts.sum(axis=1)
        mean = counts @ self.data / n[:, None]
        p = self.data.shape[1]
        second = np.empty((len(counts), p, p))
        if self.products is not None:
            lower = counts @ self.products
            second[:, self.rows, self.columns] = lower
            second[:, self.columns, self.rows] = lower
        else:
            for b, times in enumerate(counts):
                second[b] = (self.data * times[:, None]).T @ self.data
        cov = second / n[:, None, None] - mean[:, :, None] * mean[:, None, :]
        return BatchMoments(n, mean + self.center, cov)
