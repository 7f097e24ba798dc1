"""Sufficient statistics of clustered data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index


@dataclass(frozen=True)
class TwoLevelSample:
    """What the two-level likelihood reads.

    Attributes
    ----------
    names : tuple of str
        All p variables.
    within, between : int arrays
        Variables with a within part, and with a between part; those in both have both.
    sizes : array (K,)
        Different cluster sizes, ascending.
    counts : array (K,)
        Clusters of each size.
    means : array (K, p)
        Mean of the cluster means, per size.
    covariances : array (K, p, p)
        Their covariance matrix, divisor ``counts``.
    pooled : array (p_w, p_w)
        Pooled covariance matrix of deviations from cluster means, divisor ``n − J``.
    n, n_clusters : int
        Cases n, clusters J.
    cluster_means : array (J, p)
        Mean of each cluster.
    cluster_size : array (J,)
    deviations : array (n, p_w)
        Cases less their cluster's mean, sorted by cluster.
    starts : int array (J,)
        First row of each cluster in ``deviations``.
    order : int array (n,)
        Place of each of these rows in the data.
    codes : int array (J,)
        Number of each cluster in the data.
    """

    names: tuple[str, ...]
    within: Index
    between: Index
    sizes: Array
    counts: Array
    means: Array
    covariances: Array
    pooled: Array
    n: int
    n_clusters: int
    cluster_means: Array
    cluster_size: Array
    deviations: Array
    starts: Index
    order: Index
    codes: Index

    @property
    def p(self) -> int:
        """Number of variables."""
        return len(self.names)

    @property
    def n_values(self) -> int:
        """Number of values: of cases, and of clusters."""
        return self.n * len(self.within) + self.n_clusters * (self.p - len(self.within))

    def total_moments(self, places: Index) -> tuple[Array, Array]:
        """Covariance matrix (divisor n) and means over cases of variables of the within level."""
        mean = self.cluster_size @ self.cluster_means[:, places] / self.n
        gaps = self.cluster_means[:, places] - mean
        columns = [int(np.flatnonzero(self.within == place)[0]) for place in places]
        deviations = self.deviations[:, columns]
        total = deviations.T @ deviations + (gaps * self.cluster_size[:, None]).T @ gaps
        return np.asarray(total / self.n), np.asarray(mean)

    def cluster_moments(self, places: Index) -> tuple[Array, Array]:
        """Covariance matrix (divisor J) and means over clusters."""
        return total_of_cases(self.cluster_means[:, places])

    @property
    def n_within(self) -> int:
        """Degrees of freedom of the deviations, ``n − J``."""
        return self.n - self.n_clusters


def two_level_sample(
    data: Array, cluster: Index, names: tuple[str, ...], within: Index, between: Index
) -> TwoLevelSample:
    """Sufficient statistics of complete clustered data.

    Parameters
    ----------
    data : array (n, p)
        Complete cases; a variable of the cluster repeats its value in every case of the cluster.
    cluster : int array (n,)
        Cluster of each case.
    names : tuple of str
        Names of the p variables.
    within, between : int arrays
        Columns that have a within part, and a between part.

    Returns
    -------
    TwoLevelSample
    """
    codes, code = np.unique(cluster, return_inverse=True)
    order = np.argsort(code, kind="stable")
    data, code = data[order], code[order]
    size = np.bincount(code).astype(float)
    starts = np.searchsorted(code, np.arange(len(size)))
    cluster_means = np.add.reduceat(data, starts, axis=0) / size[:, None]
    deviations = data[:, within] - cluster_means[code][:, within]
    sizes, kind = np.unique(size, return_inverse=True)
    means = np.stack([cluster_means[kind == k].mean(axis=0) for k in range(len(sizes))])
    centred = cluster_means - means[kind]
    counts = np.bincount(kind).astype(float)
    covariances = np.stack([centred[kind == k].T @ centred[kind == k] for k in range(len(sizes))])
    return TwoLevelSample(
        names=names,
        within=within,
        between=between,
        sizes=sizes,
        counts=counts,
        means=means,
        covariances=covariances / counts[:, None, None],
        pooled=deviations.T @ deviations / max(len(data) - len(size), 1),
        n=len(data),
        n_clusters=len(size),
        cluster_means=cluster_means,
        cluster_size=size,
        deviations=deviations,
        starts=starts,
        order=order,
        codes=codes,
    )


def embed(matrix: Array, places: Index, p: int) -> Array:
    """A matrix over some variables as one over all p, zero elsewhere."""
    full = np.zeros((p, p))
    full[np.ix_(places, places)] = matrix
    return full


def total_of_cases(values: Array) -> tuple[Array, Array]:
    """Covariance matrix (divisor n) and means of complete rows."""
    mean = values.mean(axis=0)
    gaps = values - mean
    return np.asarray(gaps.T @ gaps / len(values)), np.asarray(mean)
