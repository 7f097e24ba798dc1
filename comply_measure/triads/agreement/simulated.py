"""Simulated distribution of agreement when items correlate: answers by cutting a multivariate normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import lcm

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats, Ints
from comply_measure.triads.agreement.exact import TIE, Statistic, answer_keys, divisor
from comply_measure.triads.agreement.nulls import NullDistribution

#: Terms of the series of :func:`cut_correlation`, and the largest correlation it is inverted for.
_TERMS, _CLOSEST = 2000, 0.995
#: Whole numbers below which values are counted instead of sorted.
_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class SimulatedDistribution:
    """Replications of a statistic averaged over items, under a null with correlated items.

    Attributes
    ----------
    values : ndarray, shape (m,)
        Different values of the mean over items, ascending.
    counts : ndarray of int, shape (m,)
        Replications with each.
    n_items : int
        Items averaged.
    """

    values: Floats
    counts: Ints
    n_items: int

    @property
    def replications(self) -> int:
        """Replications in all."""
        return int(self.counts.sum())

    def cdf(self, value: Floats) -> Floats:
        """Monte Carlo p value (1 + draws ≤ value)/(1 + replications), never 0; NaN stays NaN."""
        observed = np.asarray(value, dtype=np.float64)
        below = np.concatenate([[0], np.cumsum(self.counts)])
        place = np.searchsorted(self.values, np.where(np.isnan(observed), 0.0, observed) + TIE, side="right")
        return np.where(np.isnan(observed), np.nan, (1.0 + below[place]) / (1.0 + below[-1]))

    def critical(self, alpha: float) -> float:
        """Largest value v whose Monte Carlo p value is at most alpha; NaN when none is."""
        allowed = int(np.floor(alpha * (self.replications + 1.0) + 1e-9)) - 1
        if allowed < 1:
            return float("nan")
        first = int(np.searchsorted(np.cumsum(self.counts), allowed, side="right"))
        place = int(np.searchsorted(self.values, self.values[first] - TIE))
        return float(self.values[place - 1]) if place else float("nan")

    def level(self, alpha: float) -> float:
        """Estimated probability with which a test at `alpha` rejects under the null."""
        critical = self.critical(alpha)
        return 0.0 if np.isnan(critical) else self.share(self.values <= critical + TIE)

    def share(self, of: Bools) -> float:
        """Share of replications whose value is one of those marked."""
        return float(self.counts[of].sum() / self.replications)


def correlation_matrix(correlation: ArrayLike, n_items: int) -> Floats:
    """Item correlations from one common value or a matrix.

    Raises
    ------
    InputError
        A matrix of the wrong shape, not symmetric, without unit diagonal or not positive semidefinite; a
        common value below -1/(J - 1) or above 1.
    """
    given = np.asarray(correlation, dtype=np.float64)
    matrix = np.full((n_items, n_items), float(given)) if given.ndim == 0 else given
    if given.ndim == 0:
        np.fill_diagonal(matrix, 1.0)
    valid = matrix.shape == (n_items, n_items) and bool(np.isfinite(matrix).all())
    if valid:
        valid = bool(
            np.allclose(matrix, matrix.T)
            and np.allclose(np.diag(matrix), 1.0)
            and np.linalg.eigvalsh(matrix).min() > -1e-8
        )
    if not valid:
        allowed = f"a number, or a correlation matrix of {n_items} items"
        raise InputError("Agreement cannot be simulated.", [Problem("item correlations", allowed=allowed)])
    return matrix


def cut_correlation(latent: ArrayLike, null: NullDistribution) -> Floats:
    """Correlation of answers that cut two standard normal variables where the null's probabilities say.

    With category scores f(Z) the covariance is ``Σ_k ρ^k c_k²/k!``, ``c_k = E[f(Z) He_k(Z)] = Σ_τ φ(τ) He_{k−1}(τ)``
    over the cuts τ, as categories are one apart (Mehler's formula; Pearson & Pearson, 1922).

    Parameters
    ----------
    latent : array_like
        Correlations ρ of the normal variables.
    null : NullDistribution
        With probabilities.
    """
    series = np.concatenate([[0.0], _hermite_weights(null)])
    rho = np.asarray(latent, dtype=np.float64)
    return np.asarray(np.polynomial.polynomial.polyval(rho, series) / null.variance)


def latent_correlation(observed: ArrayLike, null: NullDistribution) -> Floats:
    """Correlations of the normal variables whose cut answers correlate as observed (inverse of the above).

    The result of a matrix is made positive semidefinite, with ones in its diagonal (negative eigenvalues at zero).
    """
    grid = np.linspace(-_CLOSEST, _CLOSEST, 2 * 995 + 1)
    r = np.clip(np.asarray(observed, dtype=np.float64), -1.0, 1.0)
    found = np.interp(r, cut_correlation(grid, null), grid)
    if found.ndim != 2:
        return np.asarray(found)
    np.fill_diagonal(found, 1.0)
    values, vectors = np.linalg.eigh(found)
    if values[0] < 0:
        found = (vectors * np.maximum(values, 0.0)) @ vectors.T
        scale = np.sqrt(np.diag(found))
        found = found / scale / scale[:, None]
    return np.asarray((found + found.T) / 2)


@lru_cache(maxsize=16)
def _hermite_weights(null: NullDistribution) -> Floats:
    """``c_k²/k!`` for k = 1, 2, …"""
    if null.pmf is None:
        fault = Problem("this null has a variance but no probabilities", value=null.name)
        raise InputError("Agreement cannot be simulated.", [fault])
    below = np.cumsum(null.pmf)[:-1]
    cuts = special.ndtri(below[(below > 0) & (below < 1)])
    density = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    # He_k / √k! keeps the recursion in range: g_k = (τ g_{k−1} − √(k−1) g_{k−2}) / √k.
    before, polynomial = np.zeros_like(cuts), np.ones_like(cuts)
    weights = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        weights[k - 1] = (density @ polynomial) ** 2 / k
        before, polynomial = polynomial, (cuts * polynomial - np.sqrt(k - 1) * before) / np.sqrt(k)
    weights.flags.writeable = False
    return weights


def simulated_answers(
    n_informants: int,
    correlation: Floats,
    null: NullDistribution,
    replications: int,
    rng: np.random.Generator,
) -> Ints:
    """Answers 0 … A - 1 of informants who share nothing, on correlated items.

    A multivariate normal is drawn per informant and each item cut where the normal reaches the null's
    cumulative probabilities.

    Parameters
    ----------
    n_informants : int
        Informants of a unit.
    correlation : ndarray, shape (J, J)
        Correlations of the normal variables.
    null : NullDistribution
        With probabilities.
    replications : int
        Units to draw.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (n_informants, replications, J)
    """
    if null.pmf is None:
        fault = Problem("this null has a variance but no probabilities", value=null.name)
        raise InputError("Agreement cannot be simulated.", [fault])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    cuts = special.ndtri(np.clip(np.cumsum(null.pmf)[:-1], 0.0, 1.0))
    answers = np.empty((n_informants, replications, len(correlation)), dtype=np.int64)
    for own in answers:  # one informant at a time, for normal variables take as much memory as answers
        own[:] = np.searchsorted(cuts, rng.standard_normal(own.shape) @ root.T, side="right")
    return answers


def simulated_distribution(
    answers: Ints,
    n_informants: Sequence[int],
    items: Ints,
    statistic: Statistic,
    known: dict[tuple[int, int], tuple[Ints, int]] | None = None,
) -> SimulatedDistribution:
    """Distribution for one pattern of answers: the first n_j simulated informants of each item used.

    Parameters
    ----------
    answers : ndarray of int, shape (n, replications, J)
        From :func:`simulated_answers`, with n at least the largest n_j.
    n_informants : sequence of int
        n_j of each item used.
    items : ndarray of int
        Positions of these items among the J.
    statistic : {"variance", "ad_mean", "ad_median"}
        What is averaged.
    known : dict, optional
        Whole-number keys and the largest, by item and number of informants, that other patterns have used; filled
        here.
    """
    keys = {} if known is None else known
    for place in zip(items.tolist(), n_informants, strict=True):
        if place not in keys:
            item, n = place
            key = answer_keys(answers[:n, :, item], statistic)
            keys[place] = key, int(key.max())
    used = [keys[place] for place in zip(items.tolist(), n_informants, strict=True)]
    divisors = [divisor(n, statistic) for n in n_informants]
    unit = lcm(*divisors)
    if sum(largest * (unit // by) for (_, largest), by in zip(used, divisors, strict=True)) < _COUNTED:
        total = np.zeros(answers.shape[1], dtype=np.int64)
        for (key, _), by in zip(used, divisors, strict=True):
            total += key if by == unit else key * (unit // by)
        counts = np.bincount(total)
        support = np.flatnonzero(counts)
        return SimulatedDistribution(support / (unit * len(items)), counts[support], len(items))
    mean = sum(key / by for (key, _), by in zip(used, divisors, strict=True)) / len(items)
    values, counts = np.unique(mean, return_counts=True)
    return SimulatedDistribution(values, counts, len(items))
