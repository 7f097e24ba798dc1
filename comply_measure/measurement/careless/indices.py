"""Indices of careless responding, one value per informant, in the conventions of R's ``careless``.

Every function takes answers of shape (n, p) with NaN for missing and returns arrays of shape (n,);
NaN means that the index is undefined for that informant. Sources: Curran (2016), Meade & Craig (2012).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import varying_items
from comply_measure.measurement.ranges import require
from comply_measure.statistics.arrays import known_mean

Floats = npt.NDArray[np.float64]

MIN_PAIRS = 3
MIN_SCALES = 3


def modal_share(answers: Floats) -> Floats:
    """Share of an informant's answers that are the most frequent one of them, in any order.

    A long string ends at one other answer; this does not. NaN without answers.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        As answered.
    """
    n, p = answers.shape
    if p == 0:
        return np.full(n, np.nan)
    ordered = np.sort(answers, axis=1)
    new = np.ones((n, p), dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]  # NaN stands last and differs from everything
    start = np.maximum.accumulate(np.where(new, np.broadcast_to(np.arange(p), (n, p)), 0), axis=1)
    longest = (np.broadcast_to(np.arange(p), (n, p)) - start + 1).max(axis=1)
    known = (~np.isnan(answers)).sum(axis=1)
    return np.where(known > 0, longest / np.maximum(known, 1), np.nan)


def longstring(answers: Floats) -> tuple[Floats, Floats]:
    """Longest run of identical answers in the order given, and the mean length of all runs.

    A missing answer ends a run and is a run of length one (as ``rle`` counts it); an informant without any
    answer is NaN.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        As answered, in the order of the questionnaire.

    Returns
    -------
    longest, mean : ndarray, shape (n,)
    """
    n, p = answers.shape
    if p == 0:
        return np.full(n, np.nan), np.full(n, np.nan)
    new = np.ones((n, p), dtype=bool)
    new[:, 1:] = answers[:, 1:] != answers[:, :-1]  # NaN differs from everything
    runs = new.sum(axis=1)
    position = np.broadcast_to(np.arange(p), (n, p))
    start = np.maximum.accumulate(np.where(new, position, 0), axis=1)
    longest = (position - start + 1).max(axis=1).astype(float)
    empty = np.isnan(answers).all(axis=1)
    return np.where(empty, np.nan, longest), np.where(empty, np.nan, p / runs)


def individual_variability(answers: Floats) -> Floats:
    """Intra-individual response variability: SD of an informant's answers, divisor n − 1 (Dunn et al. 2018).

    NaN for informants with fewer than two answers.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        As answered.
    """
    count = (~np.isnan(answers)).sum(axis=1)
    out = np.full(len(answers), np.nan)
    ok = count >= 2
    out[ok] = np.nanstd(answers[ok], axis=1, ddof=1)
    return out


def mahalanobis(answers: Floats) -> tuple[Floats, Floats]:
    """Squared Mahalanobis distance and its χ² tail probability.

    Informants with missing answers are measured in the items they answered (mean and covariance of those
    items; χ² with as many degrees of freedom), so distances are comparable through the p value only. Mean and
    covariance (divisor n − 1) are pairwise. Items without variance set nobody apart and are left out. NaN where
    the covariance of an informant's items is singular.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        After reverse scoring.

    Returns
    -------
    distance, pvalue : ndarray, shape (n,)
    """
    answers = answers[:, varying_items(answers, [""] * answers.shape[1])[0]]
    n = len(answers)
    observed = ~np.isnan(answers)
    distance, tail = np.full(n, np.nan), np.full(n, np.nan)
    frame = pd.DataFrame(answers)
    mean, cov = frame.mean().to_numpy(), frame.cov().to_numpy()
    patterns, member = np.unique(observed, axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        size = int(pattern.sum())
        block = cov[np.ix_(pattern, pattern)]
        if size == 0 or np.isnan(block).any() or _is_singular(block):
            continue
        rows = np.flatnonzero(member.ravel() == k)
        deviation = answers[np.ix_(rows, np.flatnonzero(pattern))] - mean[pattern]
        squared = np.einsum("ij,ij->i", deviation, np.linalg.solve(block, deviation.T).T)
        distance[rows] = squared
        tail[rows] = scipy.stats.chi2.sf(squared, size)
    return np.where(distance >= 0, distance, np.nan), np.where(distance >= 0, tail, np.nan)


def _is_singular(covariance: Floats) -> bool:
    """Whether the largest eigenvalue is more than 10¹² times the smallest, in absolute value."""
    values = np.abs(np.linalg.eigvalsh(covariance))
    return bool(values.max() > 1e12 * values.min())


def _row_correlation(x: Floats, y: Floats, least: int) -> Floats:
    """Correlation within rows over the columns present in both, NaN with fewer than ``least`` or no variance."""
    both = ~np.isnan(x) & ~np.isnan(y)
    count = both.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        x0 = np.where(both, x, 0.0)
        y0 = np.where(both, y, 0.0)
        dx = np.where(both, x0 - (x0.sum(axis=1) / count)[:, None], 0.0)
        dy = np.where(both, y0 - (y0.sum(axis=1) / count)[:, None], 0.0)
        sxx, syy = (dx**2).sum(axis=1), (dy**2).sum(axis=1)
        r = (dx * dy).sum(axis=1) / np.sqrt(sxx * syy)
    flat = (sxx <= 1e-12 * np.maximum((x0**2).sum(axis=1), 1.0)) | (
        syy <= 1e-12 * np.maximum((y0**2).sum(axis=1), 1.0)
    )
    return np.where((count >= least) & ~flat, np.clip(r, -1.0, 1.0), np.nan)


def even_odd(answers: Floats, scales: Sequence[Sequence[int]]) -> Floats:
    """Even-odd inconsistency: minus the Spearman-Brown corrected correlation of half-scale means over scales.

    Items at odd and even positions of each scale make two halves; ``r* = 2r/(1 + r)``, not below −1; the index is
    ``−r*``, so high values are careless. Answers must be reverse-scored. NaN with fewer than three usable scales.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
    scales : sequence of sequences of int
        Columns of each scale, in order; scales with one item are left out.
    """
    outside = sorted({i for s in scales for i in s if not 0 <= i < answers.shape[1]})
    if outside:
        fault = Problem("columns of scales", value=outside, allowed=f"0 to {answers.shape[1] - 1}")
        raise InputError("Even-odd inconsistency cannot be computed.", [fault])
    usable = [list(s) for s in scales if len(s) >= 2]
    if len(usable) < MIN_SCALES:
        return np.full(len(answers), np.nan)
    odd = np.column_stack([known_mean(answers[:, s[0::2]], 1) for s in usable])
    even = np.column_stack([known_mean(answers[:, s[1::2]], 1) for s in usable])
    r = _row_correlation(odd, even, MIN_SCALES)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = np.where(r > -1.0, 2 * r / (1 + r), -1.0)
    return np.where(np.isnan(r), np.nan, -np.maximum(corrected, -1.0))


def psychometric_pairs(
    answers: Floats, threshold: float = 0.60, antonyms: bool = False
) -> tuple[Floats, list[tuple[int, int]]]:
    """Within-person correlation over item pairs that correlate beyond a threshold in the sample.

    Synonyms: pairs with r > threshold; antonyms: r < −threshold. NaN where fewer than three pairs exist or were
    answered.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        After reverse scoring for synonyms, as answered for antonyms.
    threshold : float
    antonyms : bool

    Returns
    -------
    ndarray, shape (n,), and the list of pairs

    Raises
    ------
    InputError
        A threshold that is no correlation.
    """
    require(
        "Pairs of items cannot be chosen.",
        ("threshold", threshold, "a correlation, between -1 and 1", abs(threshold) <= 1),
    )
    r = pd.DataFrame(answers).corr(min_periods=3).to_numpy()
    later, earlier = np.tril_indices(r.shape[0], -1)
    with np.errstate(invalid="ignore"):
        chosen = r[later, earlier] < -abs(threshold) if antonyms else r[later, earlier] > abs(threshold)
    first, second = later[chosen], earlier[chosen]
    pairs = [(int(a), int(b)) for a, b in zip(second, first, strict=True)]
    if len(pairs) < MIN_PAIRS:
        return np.full(len(answers), np.nan), pairs
    return _row_correlation(answers[:, first], answers[:, second], MIN_PAIRS), pairs


def person_total(answers: Floats) -> Floats:
    """Correlation of an informant's answers with the item means of all others; NaN for flat answers.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        After reverse scoring.
    """
    present = ~np.isnan(answers)
    total, count = np.nansum(answers, axis=0), present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        others = (total - np.where(present, answers, 0.0)) / (count - present)
    return _row_correlation(answers, others, MIN_PAIRS)


def guttman_errors(answers: Floats, minimum: int, maximum: int) -> Floats:
    """Share of Guttman errors among the item steps an informant could order wrongly, 0 to 1.

    Every item is cut into ``maximum − minimum`` steps, ranked by their popularity in the sample; an error is a
    harder step passed while an easier one is failed (Emons 2008), normed by its maximum for that number of
    passed steps. Complete answers are needed (to the items that anyone answered): NaN otherwise, and for informants
    who pass no or every step.

    Parameters
    ----------
    answers : ndarray, shape (n, p)
        After reverse scoring.
    minimum, maximum : int
        Ends of the answer scale.

    Raises
    ------
    InputError
        A maximum that is not above the minimum, answers outside.
    """
    require(
        "Guttman errors cannot be computed.",
        ("maximum", maximum, f"above the minimum, {minimum}", maximum > minimum),
        (
            "answers",
            f"{np.nanmin(answers, initial=np.inf):g} to {np.nanmax(answers, initial=-np.inf):g}",
            f"{minimum} to {maximum}",
            not bool(((answers < minimum) | (answers > maximum)).any()),
        ),
    )
    answers = answers[:, ~np.isnan(answers).all(axis=0)]
    n, p = answers.shape
    complete = ~np.isnan(answers).any(axis=1)
    out = np.full(n, np.nan)
    if not complete.any():
        return out
    levels = np.arange(minimum + 1, maximum + 1)
    passed = (answers[complete][:, :, None] >= levels).reshape(complete.sum(), p * len(levels))
    order = np.argsort(-passed.mean(axis=0), kind="stable")
    passed = passed[:, order]
    failed_before = np.cumsum(~passed, axis=1)
    errors = np.where(passed, failed_before, 0).sum(axis=1).astype(float)
    steps = passed.sum(axis=1)
    most = steps * (passed.shape[1] - steps)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[complete] = np.where(most > 0, errors / most, np.nan)
    return out
