"""Covariances of items with missing answers: pairwise or listwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]


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
