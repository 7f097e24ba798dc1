"""Second step: influences of the cases on correlations and covariances, first-step error included.

For a pair with casewise score ``s`` for its correlation, first-step estimates κ with influences ``ψ_κ``, and
``A₂₂ = Σ s²``, ``A₂₁ = Σ s ∂ℓ/∂κ``, the influence of a case is::

    ψ_ρ = (s − A₂₁ ψ_κ) / A₂₂

(Muthén 1984; Muthén & Satorra 1995). Sums of squares and products stand for the information, as in lavaan. With
sampling weights these sums are weighted, and influences are those of a case of weight 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.ordinal.bivariate import ThresholdGrid
from comply_measure.sem.ordinal.coding import MISSING
from comply_measure.sem.ordinal.polychoric import FLOOR, PairTables, cell_probabilities, corner_differences
from comply_measure.sem.ordinal.polyserial import category_limits, serial_derivatives, serial_terms
from comply_measure.sem.ordinal.univariate import ContinuousMargins, Thresholds

# Pairs per chunk when tables are turned into casewise influences.
PAIR_CHUNK = 256


def threshold_slopes(grid: ThresholdGrid, rho: Array) -> tuple[Array, Array]:
    """Derivatives of cell probabilities with respect to the thresholds that bound the cell.

    Parameters
    ----------
    grid : ThresholdGrid
    rho : ndarray, shape (n_pairs,)

    Returns
    -------
    first : ndarray, shape (n_pairs, n_h, n_k + 1)
        ``φ(h_a) P(k_{b−1} < Y ≤ k_b | X = h_a)``: gained by cell (a, b), lost by (a+1, b).
    second : ndarray, shape (n_pairs, n_h + 1, n_k)
        The same for the second variable's thresholds.
    """
    root = np.sqrt((1.0 - rho) * (1.0 + rho))[:, None, None]
    r = rho[:, None, None]
    h, k = grid.h[:, :, None], grid.k[:, None, :]
    height_h = np.exp(-0.5 * h * h) / np.sqrt(2.0 * np.pi)
    height_k = np.exp(-0.5 * k * k) / np.sqrt(2.0 * np.pi)
    n_pairs, n_h, n_k = len(rho), grid.h.shape[1], grid.k.shape[1]
    first = np.ones((n_pairs, n_h, n_k + 1))
    first[:, :, :-1] = ndtr((k - r * h) / root)
    first[:, :, 1:] -= first[:, :, :-1].copy()
    second = np.ones((n_pairs, n_h + 1, n_k))
    second[:, :-1, :] = ndtr((h - r * k) / root)
    second[:, 1:, :] -= second[:, :-1, :].copy()
    return first * height_h, second * height_k


def polychoric_influence(tables: PairTables, rho: Array, margins: Thresholds) -> Array:
    """Influence of a case on every polychoric correlation, by its two categories.

    Parameters
    ----------
    tables : PairTables
        Observed counts (without any filling of empty cells).
    rho : ndarray, shape (n_pairs,)
        Estimates, inside (-1, 1).
    margins : Thresholds

    Returns
    -------
    ndarray, shape (n_pairs, n_max + 1, n_max + 1)
        Indexed by the categories of the first and the second variable; the last index stands for missing.
    """
    grid = tables.grid
    n_h, n_k = grid.h.shape[1], grid.k.shape[1]
    cells = np.maximum(cell_probabilities(grid.cdf(rho), grid), FLOOR)
    score = corner_differences(grid.pdf(rho), n_h, n_k) / cells
    weighted = tables.counts * score
    a22 = (weighted * score).sum((1, 2))
    share = weighted / cells
    slope_1, slope_2 = threshold_slopes(grid, rho)
    a21_first = (slope_1 * (share[:, :-1, :] - share[:, 1:, :])).sum(2)
    a21_second = (slope_2 * (share[:, :, :-1] - share[:, :, 1:])).sum(1)
    by_first = np.einsum("pct,pt->pc", margins.influence[tables.first], a21_first)
    by_second = np.einsum("pct,pt->pc", margins.influence[tables.second], a21_second)
    out = -(by_first[:, :, None] + by_second[:, None, :])
    out[:, :-1, :-1] += score
    return np.asarray(out / a22[:, None, None])


def spread_to_cases(
    table: Array, codes: NDArray[np.integer], first: NDArray[np.intp], second: NDArray[np.intp], out: Array
) -> None:
    """Write ``table[pair, codes[case, first], codes[case, second]]`` into ``out`` (n_cases, n_pairs)."""
    n_max = table.shape[1]
    place = np.where(codes == MISSING, n_max - 1, codes).astype(np.int32)
    flat = table.reshape(len(table), n_max * n_max)
    for start in range(0, len(table), PAIR_CHUNK):
        part = slice(start, start + PAIR_CHUNK)
        index = place[:, first[part]] * n_max
        index += place[:, second[part]]
        index += np.arange(len(first[part]), dtype=np.int32) * (n_max * n_max)
        np.take(flat[part].ravel(), index, out=out[:, part], mode="clip")


def polyserial_influence(
    rho: Array,
    codes: NDArray[np.integer],
    thresholds: Array,
    threshold_influence: Array,
    margins: ContinuousMargins,
    weights: Array | None = None,
) -> Array:
    """Influences on the polyserial *covariances* of one ordered with every continuous variable.

    Parameters
    ----------
    rho : ndarray, shape (n_continuous,)
        Polyserial correlations.
    codes : ndarray of int, shape (n_cases,)
    thresholds : ndarray, shape (n_max - 1,)
    threshold_influence : ndarray, shape (n_max + 1, n_max - 1)
        Of :class:`~.univariate.Thresholds` for this variable.
    margins : ContinuousMargins
    weights : ndarray, shape (n_cases,), optional
        Sampling weights.

    Returns
    -------
    ndarray, shape (n_cases, n_continuous)
        Influence on ``ρ σ``.
    """
    use = (margins.seen & (codes != MISSING)[:, None]).astype(float)
    upper, lower = category_limits(codes, thresholds)
    z, sd, variance = margins.z, np.sqrt(margins.variance), margins.variance
    terms = serial_terms(z, upper, lower, rho)
    score = use * serial_derivatives(terms, z, upper, lower, rho)[0]
    rise = (terms.height_upper - terms.height_lower) / (terms.probability * terms.root)
    d_mean = (z + rho * rise) / sd
    d_variance = (z * z - 1.0 + rho * z * rise) / (2.0 * variance)
    heavy = weighed(score, weights)
    a21_mean, a21_variance = (heavy * d_mean).sum(0), (heavy * d_variance).sum(0)
    place = np.where(codes == MISSING, len(threshold_influence) - 1, codes)
    scaled = heavy / (terms.probability * terms.root)
    steps = np.arange(len(thresholds))
    a21_thresholds = (codes[:, None] == steps).T.astype(float) @ (scaled * terms.height_upper)
    a21_thresholds -= (codes[:, None] == steps + 1).T.astype(float) @ (scaled * terms.height_lower)
    first_step = a21_mean * margins.mean_influence + a21_variance * margins.variance_influence
    first_step += threshold_influence[place] @ a21_thresholds
    influence = (score - first_step) / (heavy * score).sum(0)
    return np.asarray(sd * influence + rho / (2.0 * sd) * margins.variance_influence)


def pearson_influence(
    rho: Array,
    margins: ContinuousMargins,
    item: int,
    others: NDArray[np.intp],
    weights: Array | None = None,
) -> Array:
    """Influences on the covariances of one continuous variable with others.

    Parameters
    ----------
    rho : ndarray, shape (n_others,)
        Correlations of ``item`` with ``others``.
    margins : ContinuousMargins
    item : int
    others : ndarray of int
    weights : ndarray, shape (n_cases,), optional
        Sampling weights.

    Returns
    -------
    ndarray, shape (n_cases, n_others)
        Influence on ``ρ σ₁ σ₂``.
    """
    use = (margins.seen[:, [item]] & margins.seen[:, others]).astype(float)
    rest = (1.0 - rho) * (1.0 + rho)
    z1, z2 = margins.z[:, [item]], margins.z[:, others]
    v1, v2 = margins.variance[item], margins.variance[others]
    s1, s2 = np.sqrt(v1), np.sqrt(v2)
    quadratic = z1 * z1 - 2.0 * rho * z1 * z2 + z2 * z2
    score = use * (rho + z1 * z2 - rho * quadratic / rest) / rest
    heavy = weighed(score, weights)
    a21_mean_1 = (heavy * (z1 - rho * z2)).sum(0) / (s1 * rest)
    a21_mean_2 = (heavy * (z2 - rho * z1)).sum(0) / (s2 * rest)
    a21_var_1 = (heavy * (z1 * (z1 - rho * z2) / rest - 1.0)).sum(0) / (2.0 * v1)
    a21_var_2 = (heavy * (z2 * (z2 - rho * z1) / rest - 1.0)).sum(0) / (2.0 * v2)
    var_1, var_2 = margins.variance_influence[:, [item]], margins.variance_influence[:, others]
    first_step = (
        a21_mean_1 * margins.mean_influence[:, [item]] + a21_mean_2 * margins.mean_influence[:, others]
    )
    first_step += a21_var_1 * var_1 + a21_var_2 * var_2
    influence = (score - first_step) / (heavy * score).sum(0)
    return np.asarray(s1 * s2 * influence + rho * (s2 / (2.0 * s1) * var_1 + s1 / (2.0 * s2) * var_2))
