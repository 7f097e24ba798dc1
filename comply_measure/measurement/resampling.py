"""Bootstrap of everything that is a function of a covariance matrix, by informants or by clusters.

A resample of clusters is a vector of counts, and sums of products add over clusters; so all resampled
covariance matrices come from one matrix product, and a statistic that takes a stack of matrices is computed
for all resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_labels
from comply_measure.measurement.moments import ROUNDING, Floats, Missing, correlations_of_sums
from comply_measure.measurement.threads import single_threaded
from comply_measure.statistics.arrays import group_sums
from comply_measure.statistics.bootstrap import (
    acceleration,
    bca_probabilities,
    bias_correction,
    percentile_interval,
    two_tails,
)
from comply_measure.statistics.checks import share_faults

IntervalKind = Literal["percentile", "bca"]
Moments = Literal["covariance", "correlation"]
# From a stack of covariance (or correlation) matrices (B, p, p) to statistics (B, q).
Statistic = Callable[[Floats], Floats]
# Doubles held at once.
CHUNK = 4_000_000
MIN_REPLICATIONS = 100


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Sums over the informants of each cluster that give every pairwise covariance.

    Attributes
    ----------
    count : ndarray, shape (G, p, p)
        Informants with both items; (G, 1, 1) when no answer is missing.
    first : ndarray, shape (G, p, p)
        Sum of item i over the informants with both i and j; (G, p, 1) when complete.
    product : ndarray, shape (G, p, p)
        Sum of products.
    second : ndarray, shape (G, p, p)
        Sum of squares of item i over the informants with both; (G, p, 1) when complete.
    """

    count: Floats
    first: Floats
    product: Floats
    second: Floats

    @property
    def n_clusters(self) -> int:
        """Clusters, G."""
        return len(self.count)

    def covariances(self, weights: Floats) -> Floats:
        """Covariance matrices (divisor n − 1) for counts of clusters; (B, G) to (B, p, p).

        NaN where a pair has fewer than two joint answers.
        """
        return self._in_chunks(weights, self._covariance)

    def correlations(self, weights: Floats) -> Floats:
        """Correlation matrices for counts of clusters, each over its pair's informants; (B, G) to (B, p, p)."""
        return self._in_chunks(weights, self._correlation)

    def _in_chunks(self, weights: Floats, matrices: Callable[[Floats], Floats]) -> Floats:
        p = self.product.shape[1]
        step = max(1, CHUNK // (4 * p * p))
        return np.concatenate(
            [matrices(weights[first : first + step]) for first in range(0, len(weights), step)]
        )

    def _covariance(self, weights: Floats) -> Floats:
        count, first, product = (_total(weights, part) for part in (self.count, self.first, self.product))
        with np.errstate(invalid="ignore", divide="ignore"):
            out = (product - first * first.transpose(0, 2, 1) / count) / (count - 1.0)
        out = np.where(count >= 2, out, np.nan)
        # an item whose answers are equal in a resample has no variance, not the rounding of its sums
        n = np.einsum("bii->bi", np.broadcast_to(count, out.shape))
        flat = np.einsum("bii->bi", out) * (n - 1.0) <= ROUNDING * np.einsum("bii->bi", product)
        flat_pair = (flat[:, :, None] | flat[:, None, :]) & ~np.isnan(out)
        return np.asarray(np.where(flat_pair, 0.0, out))

    def _correlation(self, weights: Floats) -> Floats:
        parts = (self.count, self.first, self.product, self.second)
        return correlations_of_sums(*(_total(weights, part) for part in parts))


def _total(weights: Floats, part: Floats) -> Floats:
    return np.asarray((weights @ part.reshape(len(part), -1)).reshape(-1, *part.shape[1:]))


def cluster_sums(values: Floats, cluster: NDArray[Any] | None, missing: Missing) -> ClusterSums:
    """Sums of products by cluster; every informant is a cluster of its own when none is given.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    cluster : ndarray, shape (n,), optional
        Cluster of each informant.
    missing : {"pairwise", "listwise"}
    """
    code = np.arange(len(values)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    present = ~np.isnan(values)
    if missing == "listwise":
        keep = present.all(axis=1)
        values, present, code = values[keep], present[keep], np.unique(code[keep], return_inverse=True)[1]
    n = len(values)
    n_clusters = int(code.max(initial=-1)) + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(present, values, 0.0).sum(axis=0) / present.sum(axis=0)
    x = np.where(present, values - centre, 0.0)

    def summed(left: Floats, right: Floats) -> Floats:
        if n_clusters == n and (code == np.arange(n)).all():
            return left[:, :, None] * right[:, None, :]
        out = np.empty((n_clusters, left.shape[1], right.shape[1]))
        for j in range(right.shape[1]):
            out[:, :, j] = group_sums(left * right[:, j, None], code, n_clusters)
        return out

    if present.all():
        one = np.ones((n, 1))
        return ClusterSums(summed(one, one), summed(x, one), summed(x, x), summed(x**2, one))
    flags = present.astype(np.float64)
    return ClusterSums(summed(flags, flags), summed(x, flags), summed(x, x), summed(x**2, flags))


def why_no_interval(n_clusters: int) -> str:
    """Why the resamples of so many clusters (below 0: of informants) gave no interval."""
    if 0 <= n_clusters < 2:
        return "fewer than 2 clusters to resample"
    return "undefined in more than a tenth of the resamples"


@dataclass(frozen=True, slots=True)
class Interval:
    """Bootstrap intervals of q statistics.

    Attributes
    ----------
    lower, upper, se : ndarray, shape (q,)
    n_used : ndarray of int, shape (q,)
        Resamples in which the statistic was defined.
    n_replications, n_clusters : int
    flat : ndarray of bool, shape (q,)
        Statistics that no left-out cluster changes: their bias-corrected intervals have no acceleration (a = 0).
    """

    lower: Floats
    upper: Floats
    se: Floats
    n_used: NDArray[np.intp]
    n_replications: int
    n_clusters: int
    flat: NDArray[np.bool_]


@single_threaded
def bootstrap(
    values: Floats,
    statistic: Statistic,
    *,
    n_replications: int,
    seed: int | np.random.Generator | None,
    cluster: NDArray[Any] | None = None,
    missing: Missing = "pairwise",
    kind: IntervalKind = "percentile",
    confidence: float = 0.95,
    moments: Moments = "covariance",
) -> Interval:
    """Bootstrap intervals of statistics of a covariance matrix (Efron & Tibshirani 1993).

    Informants, or with ``cluster`` whole clusters, are drawn with replacement (Field & Welsh 2007). ``bca``
    corrects for bias and acceleration, the latter by leaving out one cluster at a time (Efron 1987).

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    statistic : callable
        Stack of matrices (B, p, p) to (B, q); NaN where undefined.
    n_replications : int
    seed : int or Generator
    cluster : ndarray, shape (n,), optional
    missing : {"pairwise", "listwise"}
    kind : {"percentile", "bca"}
    confidence : float
    moments : {"covariance", "correlation"}
        What the statistic is given.

    Returns
    -------
    Interval
        NaN when a statistic is defined in fewer than nine in ten resamples, or there are fewer than 2 clusters.

    Raises
    ------
    InputError
        No seed, too few replications, unknown kind, level outside (0, 1).
    """
    check_bootstrap(n_replications, seed, kind, confidence)
    check_labels(values, cluster=cluster)
    sums = cluster_sums(values, cluster, missing)
    n_clusters = sums.n_clusters
    rng = np.random.default_rng(seed)
    if n_clusters < 2:
        q = statistic(np.full((1, values.shape[1], values.shape[1]), np.nan)).shape[1]
        nothing = np.full(q, np.nan)
        unused, flat = np.zeros(q, dtype=np.intp), np.zeros(q, dtype=bool)
        return Interval(nothing, nothing, nothing, unused, n_replications, n_clusters, flat)
    share = np.full(n_clusters, 1.0 / n_clusters)
    weights = rng.multinomial(n_clusters, share, size=n_replications).astype(np.float64)
    matrices = sums.covariances if moments == "covariance" else sums.correlations
    draws = statistic(matrices(weights))
    flat = np.zeros(draws.shape[1], dtype=bool)
    if kind == "bca":
        here = statistic(matrices(np.ones((1, n_clusters))))[0]
        left_out = statistic(matrices(1.0 - np.eye(n_clusters)))
        # up to rounding, whose skewness means nothing
        flat = np.ptp(left_out, axis=0) <= 1e-12 * np.abs(here)
        tails = bca_tails(draws, here, np.where(flat, here, left_out), confidence)
    else:
        tails = np.array(two_tails(confidence))
    return summarise(draws, tails, n_clusters, flat)


def summarise(
    draws: Floats, tails: Floats, n_clusters: int, flat: NDArray[np.bool_] | None = None
) -> Interval:
    """Quantiles and standard deviations of the defined draws; ``tails`` has shape (2,) or (2, q)."""
    n_replications, q = draws.shape
    n_used = np.isfinite(draws).sum(axis=0)
    lower, upper = percentile_interval(draws, tails, least=0.9 * n_replications)
    se = np.full(q, np.nan)
    for k in np.flatnonzero(np.isfinite(lower)).tolist():
        se[k] = draws[np.isfinite(draws[:, k]), k].std(ddof=1)
    flat = np.zeros(q, dtype=bool) if flat is None else flat
    return Interval(lower, upper, se, n_used, n_replications, n_clusters, flat)


def bca_tails(draws: Floats, estimate: Floats, left_out: Floats, confidence: float) -> Floats:
    """Corrected tail probabilities, shape (2, q) (Efron 1987); NaN where a jackknife value is undefined.

    Where no left-out cluster changes a statistic, a = 0: the interval is corrected for bias alone, which
    :class:`Interval` says in ``flat``.
    """
    z = ndtri((1.0 - confidence) / 2.0) * np.array([[1.0], [-1.0]])
    bias = bias_correction(draws, estimate, ties="half")
    return bca_probabilities(bias, acceleration(-left_out, flat=0.0), z)


def check_bootstrap(n_replications: int, seed: object, kind: str, confidence: float) -> None:
    """Raise an InputError that lists all unusable options."""
    problems = []
    if seed is None:
        problems.append(Problem("a bootstrap needs a seed", column="seed", allowed="a whole number"))
    if n_replications < MIN_REPLICATIONS:
        allowed = f"at least {MIN_REPLICATIONS}"
        problems.append(Problem("too few replications", value=n_replications, allowed=allowed))
    if kind not in ("percentile", "bca"):
        problems.append(Problem("kind", value=kind, allowed="percentile, bca"))
    problems += share_faults("confidence", confidence)
    if problems:
        raise InputError("The bootstrap cannot be run.", problems)
