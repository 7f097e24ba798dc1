"""Exact distributions of agreement under a null: enumeration of small units, convolution over items.

Under the null, informants answer independently with a given probability per category. The statistic of
one item is kept as a whole number, so that distributions over several items add up without rounding:
``n Σx² - (Σx)²`` for the variance, ``Σ|n x - Σx|`` and ``Σ|x - median|`` for the two mean deviations.
The critical values of the R functions rwg.sim, rwg.j.sim and ad.m.sim (Dunlap, Burke & Smith-Crowe 2003;
Cohen, Doveh & Nahum-Shani 2009) are Monte Carlo estimates of what is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb, lcm
from typing import Literal

import numpy as np
import scipy
from scipy import special

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.triads.agreement.items import rwg_j_value
from comply_measure.triads.agreement.nulls import NullDistribution

Statistic = Literal["variance", "ad_mean", "ad_median"]
#: Most answer multisets that are listed for one item; 10 informants on 11 categories need 184,756.
MAX_MULTISETS = 200_000
#: Longest table of a distribution over items.
MAX_SUPPORT = 20_000_000
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class ExactDistribution:
    """Distribution over informants' random answers of a statistic averaged over items.

    Attributes
    ----------
    values : ndarray, shape (m,)
        Possible values of the mean over items, ascending.
    probabilities : ndarray, shape (m,)
        Their probabilities.
    n_items : int
        Items averaged.
    """

    values: Floats
    probabilities: Floats
    n_items: int

    def cdf(self, value: Floats) -> Floats:
        """Probability of a value as small as this or smaller; NaN stays NaN."""
        cumulative = np.concatenate([[0.0], np.cumsum(self.probabilities)])
        observed = np.asarray(value, dtype=np.float64)
        place = np.searchsorted(self.values, np.where(np.isnan(observed), 0.0, observed) + TIE, side="right")
        return np.where(np.isnan(observed), np.nan, np.minimum(cumulative[place], 1.0))

    def critical(self, alpha: float) -> float:
        """Largest value v with P(statistic ≤ v) ≤ alpha; NaN when no value is that rare."""
        place = int(np.searchsorted(np.cumsum(self.probabilities), alpha + 1e-12, side="right"))
        return float(self.values[place - 1]) if place else float("nan")

    def level(self, alpha: float) -> float:
        """Probability with which a test at `alpha` rejects under the null; at most `alpha`."""
        critical = self.critical(alpha)
        return 0.0 if np.isnan(critical) else float(self.cdf(np.array(critical)))


def n_multisets(n_informants: int, n_categories: int) -> int:
    """Number of different answer multisets of one unit on one item, C(n + A - 1, n)."""
    return comb(n_informants + n_categories - 1, n_informants)


def exact_distribution(
    n_informants: Sequence[int], null: NullDistribution, statistic: Statistic = "variance"
) -> ExactDistribution:
    """Distribution of the mean over items of s² (divisor n - 1), AD_M or AD_Md under a null.

    Items are independent given the null.

    Parameters
    ----------
    n_informants : sequence of int
        Informants who answered each item, all at least 2; one entry per item.
    null : NullDistribution
        With probabilities.
    statistic : {"variance", "ad_mean", "ad_median"}
        What is averaged.

    Raises
    ------
    InputError
        A null without probabilities, no items, fewer than two informants, or more informants than can be
        listed (simulate then).
    """
    pmf = _checked_pmf(null, n_informants)
    return _distribution(tuple(sorted(int(n) for n in n_informants)), pmf, statistic)


def _checked_pmf(null: NullDistribution, n_informants: Sequence[int]) -> tuple[float, ...]:
    problems = []
    if null.pmf is None:
        allowed = "uniform, a shape over five categories, or a probability per category"
        problems.append(
            Problem("this null has a variance but no probabilities", value=null.name, allowed=allowed)
        )
    if not len(n_informants):
        problems.append(Problem("no items"))
    elif min(n_informants) < 2:
        problems.append(Problem("informants per item", value=min(n_informants), allowed="at least 2"))
    elif null.pmf is not None and n_multisets(int(max(n_informants)), len(null.pmf)) > MAX_MULTISETS:
        problems.append(
            Problem("too many informants to list their answers", value=int(max(n_informants)),
                    allowed="a simulated distribution")
        )  # fmt: skip
    if problems or null.pmf is None:
        raise InputError("The exact distribution of agreement cannot be computed.", problems)
    return null.pmf


@lru_cache(maxsize=512)
def _distribution(sizes: tuple[int, ...], pmf: tuple[float, ...], statistic: Statistic) -> ExactDistribution:
    distinct = sorted(set(sizes))
    unit = lcm(*(divisor(n, statistic) for n in distinct))
    longest = sum(int(_item_keys(n, pmf, statistic)[0].max()) * unit // divisor(n, statistic) for n in sizes)
    if longest > MAX_SUPPORT:
        fault = Problem("informants per item differ too much to add up exactly", value=distinct)
        raise InputError("The exact distribution of agreement cannot be computed.", [fault])
    total = np.ones(1)
    for n in distinct:
        keys, probability = _item_keys(n, pmf, statistic)
        item = np.zeros(int(keys.max()) * (unit // divisor(n, statistic)) + 1)
        item[keys * (unit // divisor(n, statistic))] = probability
        total = _convolve(total, _power(item, sizes.count(n)))
    support = np.flatnonzero(total > 0)
    values = support / (unit * len(sizes))
    return ExactDistribution(values, total[support] / total.sum(), len(sizes))


def divisor(n: int, statistic: Statistic) -> int:
    """What the whole-number key of an item is divided by to give the statistic."""
    return {"variance": n * (n - 1), "ad_mean": n * n, "ad_median": n}[statistic]


@lru_cache(maxsize=256)
def _item_keys(n: int, pmf: tuple[float, ...], statistic: Statistic) -> tuple[Ints, Floats]:
    """Distinct keys of one item and their probabilities, over all answer multisets of n informants."""
    answers = np.array(list(combinations_with_replacement(range(len(pmf)), n)), dtype=np.int64)
    counts = np.stack([(answers == a).sum(axis=1) for a in range(len(pmf))], axis=1)
    with np.errstate(divide="ignore"):
        log_p = np.log(np.array(pmf))
    terms = np.where(counts > 0, counts * np.where(np.isinf(log_p), 0.0, log_p), 0.0)
    impossible = ((counts > 0) & np.isinf(log_p)).any(axis=1)
    log_multinomial = special.gammaln(n + 1) - special.gammaln(counts + 1).sum(axis=1)
    probability = np.where(impossible, 0.0, np.exp(log_multinomial + terms.sum(axis=1)))
    keys, place = np.unique(answer_keys(answers.T, statistic), return_inverse=True)
    merged = np.bincount(place.ravel(), weights=probability)
    keep = merged > 0
    return keys[keep], merged[keep] / merged.sum()


def answer_keys(answers: Ints, statistic: Statistic) -> Ints:
    """Whole-number key of answers, shape (n, …): the statistic times its divisor."""
    n = len(answers)
    total = answers.sum(axis=0)
    if statistic == "variance":
        return np.asarray(n * (answers**2).sum(axis=0) - total**2)
    if statistic == "ad_mean":
        return np.asarray(np.abs(n * answers - total).sum(axis=0))
    middle = np.sort(answers, axis=0)[n // 2]  # any median gives the same sum of deviations
    return np.asarray(np.abs(answers - middle).sum(axis=0))


def _power(item: Floats, times: int) -> Floats:
    """`item` convolved with itself `times` times, by repeated squaring."""
    result = np.ones(1)
    while times:
        if times % 2:
            result = _convolve(result, item)
        times //= 2
        if times:
            item = _convolve(item, item)
    return result


def _convolve(a: Floats, b: Floats) -> Floats:
    if min(len(a), len(b)) <= 2_000:
        return np.convolve(a, b)
    product = scipy.signal.fftconvolve(a, b)
    return np.where(product < 1e-17, 0.0, product)  # what the transform leaves of an exact zero


def critical_rwg_j(distribution: ExactDistribution, null: NullDistribution, alpha: float = 0.05) -> float:
    """Smallest rwg(j) v with P(rwg(j) ≥ v) ≤ alpha; NaN when no value is that rare.

    rwg(j) falls as the mean variance rises, so this is its value at the critical mean variance.
    """
    critical = distribution.critical(alpha)
    return float(rwg_j_value(np.array(critical), distribution.n_items, null.variance))


def noise_passing(distribution: ExactDistribution, null: NullDistribution, cutoff: float = 0.70) -> float:
    """P(rwg(j) ≥ cutoff) when informants answer at random."""
    values = rwg_j_value(distribution.values, distribution.n_items, null.variance)
    return float(distribution.probabilities[values >= cutoff - 1e-12].sum())
