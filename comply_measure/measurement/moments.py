"""Covariances of items with missing answers: pairwise or listwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]
# Share of a sum of squares about the mean below which it is the rounding of a constant.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class ItemCovariance:
    """Covariance matrix of p items and the counts it rests on.

    Attributes
    ----------
    covariance : ndarray, shape (p, p)
        Divisor n - 1 per pair; NaN where a pair has fewer than two joint answers.
    n_pairs : ndarray of int, shape (p, p)
        Informants who answered both items.
    n_any, n_complete : int
        Informants with any answer, and with all.
    """

    covariance: Floats
    n_pairs: NDArray[np.int64]
    n_any: int
    n_complete: int


def pairwise_correlations(values: Floats, missing: Missing = "pairwise") -> Floats:
    """Pearson correlations (p, p) over the informants who answered both items, or all of them (listwise).

    Means and standard deviations, too, are those of the informants in question, as in R's
    ``cor(use = "pairwise.complete.obs")``; NaN where they gave one answer only.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN where missing.
    missing : {"pairwise", "listwise"}
    """
    present = ~np.isnan(values)
    if missing == "listwise":
        complete = present.all(axis=1)
        values, present = values[complete], present[complete]
    if not len(values):
        return np.full((values.shape[1],) * 2, np.nan)
    flags = present.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(present, values, 0.0).sum(axis=0) / flags.sum(axis=0)
        x = np.where(present, values - centre, 0.0)
        return correlations_of_sums(flags.T @ flags, x.T @ flags, x.T @ x, (x**2).T @ flags)


def correlations_of_sums(count: Floats, first: Floats, product: Floats, second: Floats) -> Floats:
    """Correlations (…, p, p) from sums over the informants with both items.

    Parameters
    ----------
    count, product : ndarray, shape (…, p, p)
        Informants with both; sums of products. The count may be (…, 1, 1).
    first, second : ndarray, shape (…, p, p) or (…, p, 1)
        Sums of item i, and of its square, over the informants with both i and j.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = product - first * first.swapaxes(-1, -2) / count
        variance = second - first**2 / count
        # what is left of a constant by rounding is no variance
        variance = np.where(variance > ROUNDING * second, variance, np.nan)
        return np.asarray(covariance / np.sqrt(variance * variance.swapaxes(-1, -2)))


def item_covariance(values: Floats, missing: Missing = "pairwise") -> ItemCovariance:
    """Covariances of items over the informants who answered both (pairwise) or all (listwise).

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Answers; NaN where missing.
    missing : {"pairwise", "listwise"}
        A pairwise matrix uses every answer and need not be positive semidefinite; variances come from all
        answers to the item, covariances from the informants both items share, about the means over those.
    """
    present = ~np.isnan(values)
    n_any, complete = int(present.any(axis=1).sum()), present.all(axis=1)
    if missing == "listwise":
        values, present = values[complete], present[complete]
    p = values.shape[1]
    flags = present.astype(np.float64)
    n_pairs = flags.T @ flags
    if not len(values):
        return ItemCovariance(np.full((p, p), np.nan), n_pairs.astype(np.int64), n_any, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # centred first, so that the sums of products lose no digits
        centre = np.where(present, values, 0.0).sum(axis=0) / np.diag(n_pairs)
        x = np.where(present, values - centre, 0.0)
        sums = x.T @ flags
        covariance = (x.T @ x - sums * sums.T / n_pairs) / (n_pairs - 1.0)
    covariance = np.where(n_pairs >= 2, covariance, np.nan)
    return ItemCovariance(covariance, n_pairs.astype(np.int64), n_any, int(complete.sum()))
