"""Correlation matrices of data without structure: normal noise, or answers shuffled item by item."""

from __future__ import annotations

import numpy as np

from comply_measure.measurement.moments import Floats
from comply_measure.statistics.correlation import to_correlations

# Doubles held at once.
CHUNK = 4_000_000


def normal_correlations(n: int, p: int, n_replications: int, rng: np.random.Generator) -> Floats:
    """Sample correlations of p independent normal variables on n cases; shape (B, p, p).

    With n > p drawn through Bartlett's (1933) decomposition of a Wishart matrix, whose cost does not depend on
    n: its Cholesky factor has χ variables on the diagonal and normal ones below.
    """
    if n > p:
        factor = np.zeros((n_replications, p, p))
        lower = np.tril_indices(p, -1)
        factor[:, lower[0], lower[1]] = rng.standard_normal((n_replications, len(lower[0])))
        factor[:, np.arange(p), np.arange(p)] = np.sqrt(
            rng.chisquare(n - 1 - np.arange(p), (n_replications, p))
        )
        return _scaled(factor @ factor.transpose(0, 2, 1))
    out = np.empty((n_replications, p, p))
    step = max(1, CHUNK // (n * p))
    for first in range(0, n_replications, step):
        size = min(step, n_replications - first)
        x = rng.standard_normal((size, n, p))
        x -= x.mean(axis=1, keepdims=True)
        out[first : first + size] = _scaled(x.transpose(0, 2, 1) @ x)
    return out


def _scaled(products: Floats) -> Floats:
    out = to_correlations(products)
    p = products.shape[1]
    out[:, np.arange(p), np.arange(p)] = 1.0
    return np.asarray(out)


def permuted_correlations(values: Floats, n_replications: int, rng: np.random.Generator) -> Floats:
    """Pairwise Pearson correlations after each item was shuffled; replications with undefined pairs left out."""
    n, p = values.shape
    out = np.empty((n_replications, p, p))
    step = max(1, CHUNK // (n * p))
    for first in range(0, n_replications, step):
        size = min(step, n_replications - first)
        shuffled = rng.permuted(np.broadcast_to(values, (size, n, p)), axis=1)
        out[first : first + size] = _pairwise(shuffled)
    return out[np.isfinite(out).all(axis=(1, 2))]


def _pairwise(x: Floats) -> Floats:
    """Pairwise correlations of a stack of data sets, shape (B, n, p) to (B, p, p)."""
    present = ~np.isnan(x)
    if present.all():
        x = x - x.mean(axis=1, keepdims=True)
        return _scaled(x.transpose(0, 2, 1) @ x)
    flags = present.astype(np.float64)
    x = np.where(present, x, 0.0)
    x = np.where(present, x - x.sum(axis=1, keepdims=True) / flags.sum(axis=1, keepdims=True), 0.0)
    count = flags.transpose(0, 2, 1) @ flags
    sums = x.transpose(0, 2, 1) @ flags
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = (x.transpose(0, 2, 1) @ x - sums * sums.transpose(0, 2, 1) / count) / (count - 1.0)
        return _scaled(covariance)


def permuted_polychoric(values: Floats, n_replications: int, rng: np.random.Generator) -> Floats:
    """Polychoric correlations after each item was shuffled; margins, and so thresholds, stay as they are."""
    from comply_measure.sem.ordinal.polychoric import PairTables, cross_tables, polychoric
    from comply_measure.sem.ordinal.univariate import thresholds

    codes, n_categories = _coded(values)
    tau = thresholds(codes, n_categories).values
    p, n_max = codes.shape[1], int(n_categories.max())
    first, second = np.triu_indices(p, 1)
    step = max(1, CHUNK // (len(first) * n_max**2))
    blocks = []
    for start in range(0, n_replications, step):
        size = min(step, n_replications - start)
        shuffled = rng.permuted(np.broadcast_to(codes, (size, *codes.shape)), axis=1)
        counts = np.concatenate([cross_tables(one, n_max) for one in shuffled])
        tables = PairTables(counts, np.tile(first, size), np.tile(second, size), tau, n_categories)
        rho = polychoric(tables).rho.reshape(size, -1)
        block = np.tile(np.eye(p), (size, 1, 1))
        block[:, first, second] = block[:, second, first] = rho
        blocks.append(block)
    out = np.concatenate(blocks)
    return np.asarray(out[np.isfinite(out).all(axis=(1, 2))])


def _coded(values: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Categories 0, 1, … per item, −1 where missing, and their numbers."""
    codes = np.full(values.shape, -1, dtype=np.int16)
    n_categories = np.zeros(values.shape[1], dtype=np.intp)
    for j, column in enumerate(values.T):
        seen = ~np.isnan(column)
        found, inverse = np.unique(column[seen], return_inverse=True)
        codes[seen, j], n_categories[j] = inverse, len(found)
    return codes, n_categories
