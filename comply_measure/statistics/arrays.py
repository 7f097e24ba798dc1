"""Types of arrays, means of what is known, and sums over groups."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def known_mean(values: Floats, axis: int, least: float = 0.0) -> Floats:
    """Mean of the values that are no NaN; NaN where there is none, or less than a share of them.

    Parameters
    ----------
    values : ndarray
    axis : int
        Averaged over.
    least : float
        Share that must be known.
    """
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    enough = (n > 0) & (n >= least * values.shape[axis])
    return np.asarray(np.where(enough, total / np.maximum(n, 1), np.nan))


def group_sums(values: Floats, codes: NDArray[np.integer[Any]], n_groups: int) -> Floats:
    """Sums of rows over each group, added one after the other in their order.

    Parameters
    ----------
    values : ndarray, shape (n, …)
    codes : int ndarray, shape (n,)
        Group of each row, from 0.
    n_groups : int

    Returns
    -------
    ndarray, shape (n_groups, …)
        ``Σ v_i`` over the rows i of a group; zero for groups without rows.
    """
    from scipy import sparse

    ends = np.zeros(n_groups + 1, dtype=np.intp)
    np.cumsum(np.bincount(codes, minlength=n_groups), out=ends[1:])
    # A product with a sparse matrix of ones takes a tenth of the time of np.add.at.
    members = sparse.csr_array(
        (np.ones(len(codes)), np.argsort(codes, kind="stable"), ends), shape=(n_groups, len(codes))
    )
    flat = np.reshape(values, (len(values), math.prod(values.shape[1:])))
    return np.asarray(members @ flat).reshape(n_groups, *values.shape[1:])


def evenly_scaled(X: Floats) -> tuple[Floats, Floats]:
    """Columns in units in which their sizes are alike, and those units.

    Ranks and pseudo-inverses take what is small beside the largest column for rounding: turnover in a small currency
    would make scores of 1 to 7 vanish. Units are powers of 2²⁰, so that nothing is rounded and columns of usual sizes
    stay as they are.

    Parameters
    ----------
    X : ndarray, shape (n, k)

    Returns
    -------
    ndarray, shape (n, k)
        ``X / units``.
    ndarray, shape (k,)
    """
    size = np.abs(X).max(axis=0, initial=0.0)
    with np.errstate(divide="ignore"):
        steps = np.where(size > 0, np.round(np.log2(size) / 20.0), 0.0)
    units = np.exp2(20.0 * steps)
    return X / units, units


def without_variance(values: Floats) -> bool:
    """Whether numbers differ by no more than rounding."""
    return not len(values) or bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
