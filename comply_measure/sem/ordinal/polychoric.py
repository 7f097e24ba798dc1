"""Polychoric correlations of all pairs at once: two-step maximum likelihood by safeguarded Newton steps.

For a pair with cell counts ``n_ab`` and thresholds fixed at their marginal estimates the correlation
maximises ``Σ_ab n_ab log π_ab(ρ)``, where ``π_ab`` is the bivariate normal
probability of the cell (Olsson 1979, two-step estimator).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from comply_measure.sem.arrays import Array
from comply_measure.sem.ordinal.bivariate import ThresholdGrid

BoolArray = NDArray[np.bool_]

# Correlations are searched within this bound (as in lavaan); a pair that ends there is reported.
BOUND = 0.999
MAX_ITERATIONS = 60
# A Newton step this short leaves an error of its square; a scoring step must be shorter.
NEWTON_TOLERANCE = 1e-7
STEP_TOLERANCE = 1e-11
# Largest float32 count that is exact.
FLOAT32_COUNTS = 1 << 24
# Rounding error of a cell probability: smaller ones are taken as this.
FLOOR = 1e-15


@dataclass(frozen=True, slots=True)
class PolychoricFit:
    """Polychoric correlations of many pairs.

    Parameters
    ----------
    rho : ndarray, shape (n_pairs,)
        Estimates; NaN where a table holds no case.
    n_iterations : int
        Newton iterations until the slowest pair stopped.
    converged : ndarray of bool, shape (n_pairs,)
        Whether the last step was below the tolerance.
    at_bound : ndarray of bool, shape (n_pairs,)
        The likelihood still rises at ``|rho| = 0.999`` (or two empty cells make a 2 x 2 table degenerate).
    empty_cells : ndarray of int, shape (n_pairs,)
        Empty cells of each observed table.
    """

    rho: Array
    n_iterations: int
    converged: BoolArray
    at_bound: BoolArray
    empty_cells: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PairTables:
    """Two-way tables of all pairs with the thresholds that belong to them.

    Parameters
    ----------
    counts : ndarray, shape (n_pairs, n_max, n_max)
        Cell counts, zero beyond an item's own categories.
    first, second : ndarray of int, shape (n_pairs,)
        Items of each pair; pairs (0,1), (0,2), ..., (1,2), ...
    thresholds : ndarray, shape (n_items, n_max - 1)
        Thresholds, padded with ``FAR``.
    n_categories : ndarray of int, shape (n_items,)
    """

    counts: Array
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    thresholds: Array
    n_categories: NDArray[np.intp]

    @property
    def grid(self) -> ThresholdGrid:
        """Threshold grid of every pair."""
        return ThresholdGrid.of(self.thresholds[self.first], self.thresholds[self.second])


def cross_tables(codes: NDArray[np.integer], n_max: int, weights: Array | None = None) -> Array:
    """Two-way tables of all pairs of items.

    Parameters
    ----------
    codes : ndarray of int, shape (n_cases, n_items)
        Categories 0, 1, ...; negative = missing (the case leaves the tables of that item only).
    n_max : int
        Largest number of categories.
    weights : ndarray, shape (n_cases,), optional
        Sampling weights, which are summed in the place of counts.

    Returns
    -------
    ndarray, shape (n_items * (n_items - 1) / 2, n_max, n_max)
        Counts, pairs in the order (0,1), (0,2), ..., (1,2), ...
    """
    n_cases, n_items = codes.shape
    kind = np.float32 if n_cases < FLOAT32_COUNTS and weights is None else np.float64
    member = (codes[:, :, None] == np.arange(n_max, dtype=codes.dtype)).astype(kind).reshape(n_cases, -1)
    weighted = member if weights is None else member * weights[:, None]
    joint = (member.T @ weighted).reshape(n_items, n_max, n_items, n_max)
    first, second = np.triu_indices(n_items, 1)
    return np.asarray(joint.transpose(0, 2, 1, 3)[first, second], dtype=float)


def smoothed_counts(counts: Array, two_by_two: BoolArray) -> tuple[Array, Array]:
    """Counts with one empty cell of a 2 x 2 table filled by half a case, margins kept.

    Parameters
    ----------
    counts : ndarray, shape (n_pairs, n_max, n_max)
    two_by_two : ndarray of bool, shape (n_pairs,)

    Returns
    -------
    counts : ndarray
        Half a case moved along the diagonal that has the empty cell (lavaan's ``zero.add = c(0.5, 0)`` with
        ``zero.keep.margins``); larger tables stay as observed.
    known : ndarray, shape (n_pairs,)
        +1 or -1 where two empty cells fix the correlation, NaN elsewhere.
    """
    known = np.full(len(counts), np.nan)
    cells = counts[:, :2, :2]
    empty = (cells == 0).sum((1, 2))
    on_main = (cells[:, 0, 0] == 0) | (cells[:, 1, 1] == 0)
    single = two_by_two & (empty == 1)
    if single.any():
        counts = counts.copy()
        shift = np.where(on_main, 0.5, -0.5)[single]
        counts[single, 0, 0] += shift
        counts[single, 1, 1] += shift
        counts[single, 0, 1] -= shift
        counts[single, 1, 0] -= shift
    diagonal = (cells[:, 0, 0] > 0) & (cells[:, 1, 1] > 0)
    crossed = (cells[:, 0, 1] > 0) & (cells[:, 1, 0] > 0)
    known[two_by_two & (empty == 2) & diagonal] = 1.0
    known[two_by_two & (empty == 2) & crossed] = -1.0
    return counts, known


def corner_differences(values: Array, n_h: int, n_k: int) -> Array:
    """Cell values from values at upper-right corners, those outside the grid being zero.

    Shapes (n_pairs, n_h * n_k) to (n_pairs, n_h + 1, n_k + 1).
    """
    edge = np.zeros((len(values), n_h + 2, n_k + 2))
    edge[:, 1:-1, 1:-1] = values.reshape(-1, n_h, n_k)
    rows = edge[:, 1:, :] - edge[:, :-1, :]
    return np.asarray(rows[:, :, 1:] - rows[:, :, :-1])


def cell_probabilities(cdf: Array, grid: ThresholdGrid) -> Array:
    """Cell probabilities from the distribution function on the grid.

    Shapes (n_pairs, n_h * n_k) to (n_pairs, n_h + 1, n_k + 1); never below zero.
    """
    n_h, n_k = grid.h.shape[1], grid.k.shape[1]
    edge = np.zeros((len(cdf), n_h + 2, n_k + 2))
    edge[:, 1:-1, 1:-1] = cdf.reshape(-1, n_h, n_k)
    edge[:, 1:-1, -1] = ndtr(grid.h)
    edge[:, -1, 1:-1] = ndtr(grid.k)
    edge[:, -1, -1] = 1.0
    rows = edge[:, 1:, :] - edge[:, :-1, :]
    return np.asarray(np.maximum(rows[:, :, 1:] - rows[:, :, :-1], 0.0))


def density_slope(grid: ThresholdGrid, rho: Array, pdf: Array) -> Array:
    """``∂φ₂/∂ρ`` on the grid, shape (n_pairs, n_points)."""
    rest = ((1.0 - rho) * (1.0 + rho))[:, None]
    r = rho[:, None]
    squares, product = -2.0 * grid.half_squares, grid.product
    return np.asarray(pdf * (product * (1.0 + r * r) - r * squares + r * rest) / (rest * rest))


def _starts(tables: PairTables) -> Array:
    """Pearson correlation of the category numbers, corrected for coarse categories."""
    n_max = tables.counts.shape[1]
    score = np.arange(n_max, dtype=float)
    total = np.maximum(tables.counts.sum((1, 2)), 1.0)
    rows, columns = tables.counts.sum(2), tables.counts.sum(1)
    mean_1, mean_2 = rows @ score / total, columns @ score / total
    var_1 = rows @ score**2 / total - mean_1**2
    var_2 = columns @ score**2 / total - mean_2**2
    cross = np.einsum("pab,a,b->p", tables.counts, score, score) / total - mean_1 * mean_2
    height = np.exp(-0.5 * tables.thresholds**2).sum(1) / np.sqrt(2.0 * np.pi)
    scale = height[tables.first] * height[tables.second]
    usable = (var_1 > 0) & (var_2 > 0)
    return np.where(usable, np.clip(cross / scale, -0.9, 0.9), 0.0)


def _newton_step(counts: Array, cdf: Array, grid: ThresholdGrid, rho: Array) -> tuple[Array, BoolArray]:
    """Step towards the maximum of each log-likelihood, and whether it is so short that it is the last."""
    n_h, n_k = grid.h.shape[1], grid.k.shape[1]
    cells = np.maximum(cell_probabilities(cdf, grid), FLOOR)
    pdf = grid.pdf(rho)
    slope = corner_differences(pdf, n_h, n_k)
    bend = corner_differences(density_slope(grid, rho, pdf), n_h, n_k)
    ratio, relative = counts / cells, slope / cells
    gradient = (ratio * slope).sum((1, 2))
    observed = (ratio * (slope * relative - bend)).sum((1, 2))
    expected = counts.sum((1, 2)) * (slope * relative).sum((1, 2))
    newton = observed > 0.1 * expected
    step = gradient / np.maximum(np.where(newton, observed, expected), 1e-300)
    return step, np.abs(step) < np.where(newton, NEWTON_TOLERANCE, STEP_TOLERANCE)


def _search(counts: Array, grid: ThresholdGrid, start: Array) -> tuple[Array, int, BoolArray]:
    """Maximise every pair's log-likelihood; returns estimates, iterations and convergence."""
    rho = start.copy()
    converged = np.zeros(len(rho), dtype=bool)
    low, high = np.full(len(rho), -BOUND), np.full(len(rho), BOUND)
    active = np.arange(len(rho))
    some, n, here, cdf = grid, counts, rho.copy(), grid.cdf(rho)
    iteration = 0
    while active.size and iteration < MAX_ITERATIONS:
        iteration += 1
        step, done = _newton_step(n, cdf, some, here)
        # The root lies uphill: shrink the bracket, and halve it where Newton would leave it.
        low[active] = np.where(step > 0, here, low[active])
        high[active] = np.where(step < 0, here, high[active])
        new = here + step
        inside = done | ((new > low[active]) & (new < high[active]))
        new = np.where(inside, new, 0.5 * (low[active] + high[active]))
        done |= np.abs(new - here) < STEP_TOLERANCE
        rho[active] = new
        converged[active] = done
        going = np.flatnonzero(~done)
        if going.size < active.size:
            active, some, n = active[going], some.take(going), n[going]
            cdf, here, new = cdf[going], here[going], new[going]
        if active.size:
            cdf = some.cdf_moved(cdf, here, new)
            here = new
    return np.clip(rho, -BOUND, BOUND), iteration, converged


def polychoric(tables: PairTables) -> PolychoricFit:
    """Two-step maximum-likelihood polychoric correlation of every pair.

    Parameters
    ----------
    tables : PairTables
        Two-way tables and marginal thresholds of all pairs.

    Returns
    -------
    PolychoricFit

    References
    ----------
    Olsson (1979), Psychometrika 44, 443-460. Empty cells of 2 x 2 tables: see :func:`smoothed_counts`.
    """
    n_first, n_second = tables.n_categories[tables.first], tables.n_categories[tables.second]
    inside = (np.arange(tables.counts.shape[1]) < n_first[:, None])[:, :, None] & (
        np.arange(tables.counts.shape[2]) < n_second[:, None]
    )[:, None, :]
    empty = ((tables.counts == 0) & inside).sum((1, 2))
    counts, known = smoothed_counts(tables.counts, (n_first == 2) & (n_second == 2))
    rho = known.copy()
    converged = ~np.isnan(known)
    todo = np.flatnonzero(np.isnan(known) & (tables.counts.sum((1, 2)) > 0))
    iterations = 0
    if todo.size:
        rho[todo], iterations, converged[todo] = _search(
            counts[todo], tables.grid.take(todo), _starts(tables)[todo]
        )
    at_bound = np.abs(rho) > BOUND - 1e-8
    return PolychoricFit(rho, iterations, converged, at_bound, empty)
