"""Split-half reliability over all, or many random, halves; Guttman's lower bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.extraction import squared_multiple_correlations
from comply_measure.measurement.frames import joined
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import covariance_range, is_count, require
from comply_measure.statistics.correlation import to_correlations

# More halves than this are sampled.
MOST_SPLITS = 25_000
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class SplitHalves:
    """Distribution of split-half reliability.

    Attributes
    ----------
    lambda4_max, lambda4_mean, lambda4_min, lambda4_median : float
        Of ``4 cov(A, B)/σ²_X`` over halves; the largest is Guttman's λ₄.
    spearman_brown_max, spearman_brown_mean, spearman_brown_min : float
        Of ``2r/(1 + r)``, which assumes equal variances of the halves.
    first_half : tuple of int
        Items of one half of the split with the largest λ₄.
    n_splits : int
    exhaustive : bool
        Whether these are all halves; otherwise random ones, and the largest is a lower bound.
    note : str
    """

    lambda4_max: float
    lambda4_mean: float
    lambda4_min: float
    lambda4_median: float
    spearman_brown_max: float
    spearman_brown_mean: float
    spearman_brown_min: float
    first_half: tuple[int, ...]
    n_splits: int
    exhaustive: bool
    note: str


def split_half(
    covariance: Floats,
    *,
    max_splits: int = MOST_SPLITS,
    seed: int | np.random.Generator | None = None,
    items: Sequence[str] | None = None,
) -> SplitHalves:
    """Split-half reliability of a sum over halves of equal size.

    ``λ₄ = 4 cov(A, B)/σ²_X`` (Guttman 1945; Rulon 1939; Flanagan) does not assume halves alike and its mean
    over all equal halves is α (Cronbach 1951, for an even number of items); ``2r/(1 + r)`` is Spearman's
    (1910) and Brown's (1910) formula.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Item covariances.
    max_splits : int
        Up to this many halves are enumerated, beyond it as many are drawn at random.
    seed : int or Generator, optional
        Required when halves are drawn.
    items : sequence of str, optional
        Names for the note.

    Returns
    -------
    SplitHalves
        NaN with a note for one item, undefined covariances or a sum without variance.

    Raises
    ------
    InputError
        Halves must be drawn and no seed is given; a matrix that is not symmetric or has a negative variance.
    """
    require(
        "Split halves cannot be computed.",
        covariance_range("covariance", covariance),
        ("max_splits", max_splits, "at least 1", is_count(max_splits, 1)),
    )
    p = len(covariance)
    note = _obstacle(covariance)
    if note:
        return SplitHalves(NAN, NAN, NAN, NAN, NAN, NAN, NAN, (), 0, False, note)
    n_halves = comb(p, p // 2) // (2 if p % 2 == 0 else 1)
    exhaustive = n_halves <= max_splits
    signs = all_halves(p) if exhaustive else _random_halves(p, max_splits, seed)
    total = float(covariance.sum())
    # with s = ±1: s'Cs = σ²_A + σ²_B − 2 cov and 1'C1 = σ²_A + σ²_B + 2 cov
    difference = ((signs @ covariance) * signs).sum(axis=1)
    between = (total - difference) / 4.0
    member = (signs > 0).astype(np.float64)
    first = ((member @ covariance) * member).sum(axis=1)
    second = total - first - 2.0 * between
    with np.errstate(invalid="ignore", divide="ignore"):
        r = between / np.sqrt(first * second)
        corrected = np.where((first > 0) & (second > 0), 2.0 * r / (1.0 + r), np.nan)
    lambda4 = 4.0 * between / total
    defined = np.isfinite(corrected)
    spread = corrected[defined] if defined.any() else np.array([np.nan])
    best = int(np.argmax(lambda4))
    return SplitHalves(
        float(lambda4[best]),
        float(lambda4.mean()),
        float(lambda4.min()),
        float(np.median(lambda4)),
        float(spread.max()),
        float(spread.mean()),
        float(spread.min()),
        tuple(int(j) for j in np.flatnonzero(signs[best] > 0)),
        len(signs),
        exhaustive,
        joined(
            "" if exhaustive else f"{len(signs)} random halves of {n_halves}",
            "" if defined.any() else "no split has halves that vary: Spearman–Brown is undefined",
            reversal_note(covariance, items),
        ),
    )


def all_halves(p: int) -> Floats:
    """Every division of p items into halves as rows of ±1 (sizes differ by one when p is odd)."""
    size = p // 2
    # with equal halves, item 1 is kept in the first half so that no split counts twice
    if p % 2 == 0:
        chosen = [(0, *rest) for rest in combinations(range(1, p), size - 1)]
    else:
        chosen = list(combinations(range(p), size))
    signs = np.full((len(chosen), p), -1.0)
    np.put_along_axis(signs, np.array(chosen, dtype=np.intp).reshape(len(chosen), -1), 1.0, axis=1)
    return signs


def _random_halves(p: int, n_splits: int, seed: int | np.random.Generator | None) -> Floats:
    if seed is None:
        problem = Problem("a random choice of halves needs a seed", column="seed", allowed="a whole number")
        raise InputError("Split halves cannot be drawn.", [problem])
    rng = np.random.default_rng(seed)
    signs = np.where(np.arange(p) < p // 2, 1.0, -1.0)
    return rng.permuted(np.tile(signs, (n_splits, 1)), axis=1)


def _obstacle(covariance: Floats) -> str:
    if len(covariance) < 2:
        return "one item: no halves"
    if not np.isfinite(covariance).all():
        return "covariances are undefined"
    if not covariance.sum() > 1e-12 * np.trace(covariance):
        return "variance of the sum is zero or negative"
    return ""


def guttman_lambda2(covariance: Floats) -> Floats:
    """Guttman's (1945) ``λ₂ = [Σ_{i≠j} c_ij + √(p/(p−1) Σ_{i≠j} c²_ij)] / σ²_X``, at least α.

    Parameters
    ----------
    covariance : ndarray, shape (..., p, p)

    Returns
    -------
    ndarray, shape (...)
        NaN for one item or a sum without variance.

    Raises
    ------
    InputError
        For a matrix that is not symmetric or has a negative variance.
    """
    require("λ₂ cannot be computed.", covariance_range("covariance", covariance))
    p = covariance.shape[-1]
    total = covariance.sum(axis=(-1, -2))
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    squares = (covariance**2).sum(axis=(-1, -2)) - (np.diagonal(covariance, axis1=-2, axis2=-1) ** 2).sum(-1)
    if p < 2:
        return np.full(np.shape(total), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (total - trace + np.sqrt(p / (p - 1) * squares)) / total
    return np.asarray(np.where(total > 1e-12 * trace, value, np.nan))


def guttman_lambda6(covariance: Floats) -> Floats:
    """Guttman's (1945) ``λ₆ = 1 − Σ c_ii (1 − R²_i) / σ²_X`` with the squared multiple correlation of each item.

    Parameters
    ----------
    covariance : ndarray, shape (..., p, p)

    Returns
    -------
    ndarray, shape (...)
        NaN for a singular matrix.

    Raises
    ------
    InputError
        For a matrix that is not symmetric or has a negative variance.
    """
    require("λ₆ cannot be computed.", covariance_range("covariance", covariance))
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    total = covariance.sum(axis=(-1, -2))
    usable = np.asarray(np.isfinite(covariance).all(axis=(-1, -2)) & (variance > 0).all(axis=-1))
    safe = np.where(usable[..., None, None], covariance, np.eye(covariance.shape[-1]))
    smc = squared_multiple_correlations(to_correlations(safe))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = 1.0 - (variance * (1.0 - smc)).sum(axis=-1) / total
    return np.asarray(np.where(usable & (total > 1e-12 * variance.sum(-1)), value, np.nan))
