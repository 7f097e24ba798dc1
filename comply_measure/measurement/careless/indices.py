"""Indices of careless responding, one value per informant, in the conventions of R's ``careless``.

Every function takes answers of shape (n, p) with NaN for missing and returns arrays of shape (n,);
NaN means that the index is undefined for that informant. Sources: Curran (2016), Meade & Craig (2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import varying_items

Floats = npt.NDArray[np.float64]

MIN_PAIRS = 3
MIN_SCALES = 3


@dataclass(frozen=True)
class CarelessIndices:
    """All indices.

    Attributes
    ----------
    table : DataFrame
        One row per informant, index as given: ``longstring, mean_string, irv, mahalanobis, mahalanobis_p,
        even_odd, synonyms, antonyms, person_total, guttman, n_answered``.
    n_synonym_pairs, n_antonym_pairs, n_items : int
    notes : tuple of str
        Items that do not vary, and indices that are undefined for every informant, with the reason.
    """

    table: pd.DataFrame
    n_synonym_pairs: int
    n_antonym_pairs: int
    n_items: int
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per informant."""
        return self.table.copy()


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
        if size == 0 or np.isnan(block).any() or np.linalg.cond(block) > 1e12:
            continue
        rows = np.flatnonzero(member.ravel() == k)
        deviation = answers[np.ix_(rows, np.flatnonzero(pattern))] - mean[pattern]
        squared = np.einsum("ij,ij->i", deviation, np.linalg.solve(block, deviation.T).T)
        distance[rows] = squared
        tail[rows] = stats.chi2.sf(squared, size)
    return np.where(distance >= 0, distance, np.nan), np.where(distance >= 0, tail, np.nan)


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
    usable = [list(s) for s in scales if len(s) >= 2]
    if len(usable) < MIN_SCALES:
        return np.full(len(answers), np.nan)
    odd = np.column_stack([_row_mean(answers[:, s[0::2]]) for s in usable])
    even = np.column_stack([_row_mean(answers[:, s[1::2]]) for s in usable])
    r = _row_correlation(odd, even, MIN_SCALES)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = np.where(r > -1.0, 2 * r / (1 + r), -1.0)
    return np.where(np.isnan(r), np.nan, -np.maximum(corrected, -1.0))


def _row_mean(x: Floats) -> Floats:
    count = (~np.isnan(x)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, np.nansum(x, axis=1) / count, np.nan)


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
    """
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
    """
    answers = answers[:, ~np.isnan(answers).all(axis=0)]
    n, p = answers.shape
    complete = ~np.isnan(answers).any(axis=1)
    out = np.full(n, np.nan)
    if not complete.any() or maximum <= minimum:
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


def careless_indices(
    answers: pd.DataFrame,
    scored: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    minimum: int,
    maximum: int,
    threshold: float = 0.60,
) -> CarelessIndices:
    """All indices for a table of answers.

    Parameters
    ----------
    answers : DataFrame, shape (n, p)
        As answered, in the order of the questionnaire (long strings and variability).
    scored : DataFrame, shape (n, p)
        The same after reverse scoring (all other indices).
    scales : mapping
        Scale → its items.
    minimum, maximum : int
        Ends of the answer scale.
    threshold : float
        Correlation beyond which item pairs count as synonyms or antonyms (antonyms are sought in ``answers``).

    Returns
    -------
    CarelessIndices

    Raises
    ------
    InputError
        An empty table, items of a scale that are absent, tables of different length.
    """
    _check(answers, scored, scales)
    raw, recoded = answers.to_numpy(dtype=float), scored.to_numpy(dtype=float)
    place = {str(c): i for i, c in enumerate(scored.columns)}
    longest, mean_run = longstring(raw)
    distance, tail = mahalanobis(recoded)
    synonyms, synonym_pairs = psychometric_pairs(recoded, threshold)
    antonyms, antonym_pairs = psychometric_pairs(raw, threshold, antonyms=True)
    table = pd.DataFrame(
        {
            "longstring": longest,
            "mean_string": mean_run,
            "irv": individual_variability(raw),
            "mahalanobis": distance,
            "mahalanobis_p": tail,
            "even_odd": even_odd(recoded, [[place[i] for i in items] for items in scales.values()]),
            "synonyms": synonyms,
            "antonyms": antonyms,
            "person_total": person_total(recoded),
            "guttman": guttman_errors(recoded, minimum, maximum),
            "n_answered": (~np.isnan(raw)).sum(axis=1),
        },
        index=answers.index,
    )
    faults = varying_items(recoded, [str(c) for c in scored.columns])[1]
    counts = {"synonyms": len(synonym_pairs), "antonyms": len(antonym_pairs)}
    notes = (*(f"{item}: {reason}" for item, reason in faults), *_undefined(table, counts))
    return CarelessIndices(table, len(synonym_pairs), len(antonym_pairs), raw.shape[1], notes)


# index -> why nobody has it
_NEEDS = {
    "mahalanobis": "items determine each other, or there are fewer informants than items",
    "even_odd": "three scales of two items are needed, with answers that differ",
    "person_total": "three answers are needed, and items that differ",
    "guttman": "nobody answered every item",
}


def _undefined(table: pd.DataFrame, pairs: Mapping[str, int]) -> list[str]:
    """Indices that no informant has."""
    notes = [f"{index}: {why}" for index, why in _NEEDS.items() if table[index].isna().all()]
    notes += [
        f"{index}: {count} such pairs of items, {MIN_PAIRS} are needed"
        for index, count in pairs.items()
        if count < MIN_PAIRS
    ]
    return notes


def _check(answers: pd.DataFrame, scored: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> None:
    problems = [
        Problem("column is absent", column=str(item))
        for item in dict.fromkeys(item for items in scales.values() for item in items)
        if item not in scored.columns
    ]
    if len(answers) != len(scored):
        problems.append(Problem("rows", value=len(scored), allowed=f"{len(answers)}, as answered"))
    if not len(answers) or not answers.shape[1]:
        problems.append(Problem("the table is empty", value=answers.shape))
    if problems:
        raise InputError("Careless answering cannot be judged.", problems)
