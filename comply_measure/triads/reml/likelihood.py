"""Restricted likelihood of units × cells with crossed variance components and missing cells.

Units are independent given the shared effects, so the likelihood needs only C × C algebra and sums over
units. Everything carries a leading batch axis B: replications of one design are fitted together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.triads.reml.design import CellData, CellDesign, chunks
from comply_measure.triads.reml.units import Precision, precision


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Restricted likelihood at θ.

    Attributes
    ----------
    loglik : ndarray, shape (B,)
        Value.
    gradient, information : ndarray, shapes (B, K), (B, K, K)
        Derivative and average information.
    cells, cells_variance : ndarray, shapes (B, C), (B, C, C)
        Fitted cell effects, fixed plus predicted shared ones, and their prediction error covariance.
    """

    loglik: Floats
    gradient: Floats
    information: Floats
    cells: Floats
    cells_variance: Floats

    def take(self, rows: Ints) -> Evaluation:
        """Some of the batch."""
        return Evaluation(*(getattr(self, name)[rows] for name in self.__slots__))

    def replaced(self, rows: Ints, other: Evaluation) -> Evaluation:
        """The same with other values for some of the batch."""
        fields = []
        for name in self.__slots__:
            array = np.array(getattr(self, name))
            array[rows] = getattr(other, name)
            fields.append(array)
        return Evaluation(*fields)

    @classmethod
    def joined(cls, parts: list[Evaluation]) -> Evaluation:
        """Parts of a batch, one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


def evaluate(theta: Floats, data: CellData, design: CellDesign, indicators: list[Floats]) -> Evaluation:
    """Restricted log-likelihood, gradient and average information (Gilmour, Thompson & Cullis 1995).

    Large batches are evaluated in chunks that stay in the processor's cache.

    ``l = -½ [log|V| + log|X'V⁻¹X| + y'Py + (N - p) log 2π]``,
    ``∂l/∂θ_k = -½ [tr(P V_k) - y'P V_k P y]`` and ``AI_kl = ½ y'P V_k P V_l P y``.

    Parameters
    ----------
    theta : ndarray, shape (B, K)
        Variances in the order of ``design.names``; residual last, positive.
    data : CellData
        Observations; every cell observed in some unit.
    design : CellDesign
        Effects and fixed part.
    indicators : list of ndarray
        ``design.indicators()``, passed in so that they are built once.
    """
    parts = [
        _evaluated(theta[rows], data.between(rows), design, indicators)
        for rows in chunks(len(theta), data.size)
    ]
    return parts[0] if len(parts) == 1 else Evaluation.joined(parts)


def _evaluated(theta: Floats, data: CellData, design: CellDesign, indicators: list[Floats]) -> Evaluation:
    n_shared = len(design.shared)
    units = precision(covariance(theta[:, n_shared:], indicators[n_shared:], design.n_cells), data)
    roots = [
        np.sqrt(variance)[:, None, None] * columns
        for variance, columns in zip(theta.T[:n_shared], indicators[:n_shared], strict=True)
    ]
    Q, logdet_shared = _shared_posterior(roots, units.K, design.fixed)
    h, total = units.totals()
    cells = np.einsum("bij,bj->bi", Q, h)
    quadratic = total - (h * cells).sum(axis=1)
    df = data.n_observations - design.fixed.shape[1]
    loglik = -0.5 * (units.logdet + logdet_shared + quadratic + df * np.log(2.0 * np.pi))
    gradient, information = _derivatives(units, Q, cells, indicators, n_shared)
    return Evaluation(loglik, gradient, information, cells, Q)


def covariance(theta: Floats, indicators: list[Floats], n_cells: int) -> Floats:
    """Σ_k θ_k A_k A_k', shape (B, C, C)."""
    total = np.zeros((len(theta), n_cells, n_cells))
    for variance, columns in zip(theta.T, indicators, strict=True):
        total += variance[:, None, None] * (columns @ columns.T)
    return total


def _shared_posterior(roots: list[Floats], K: Floats, X: Floats) -> tuple[Floats, Floats]:
    """Prediction error covariance of the cell effects, and log|I + KΓ| + log|X'V⁻¹X|.

    With the shared covariance ``Γ = S S'``, S the scaled indicators side by side, everything goes through
    ``I + S'KS``, whose eigenvalues are at least 1 however large a variance becomes.
    """
    S = np.concatenate([*roots, np.zeros((*K.shape[:-1], 1))], axis=-1)
    St = np.swapaxes(S, -1, -2)
    inner = np.eye(S.shape[-1]) + St @ K @ S
    M = S @ np.linalg.solve(inner, St)
    left = X - M @ (K @ X)
    information = np.swapaxes(K @ X, -1, -2) @ left
    Q = M + left @ np.linalg.solve(information, np.swapaxes(left, -1, -2))
    logdet = np.linalg.slogdet(inner)[1] + np.linalg.slogdet(information)[1]
    return (Q + np.swapaxes(Q, -1, -2)) / 2.0, logdet


def _derivatives(
    units: Precision, Q: Floats, cells: Floats, indicators: list[Floats], n_shared: int
) -> tuple[Floats, Floats]:
    """Gradient (B, K) and average information (B, K, K).

    V_k P y is one vector of cells for a shared effect and one per unit for a unit effect; only the latter
    need sums over units.
    """
    K = units.K
    sums = units.at(cells, indicators[n_shared:])
    kernels = [columns @ columns.T for columns in indicators]
    shared_left = K - K @ Q @ K
    unit_left = K - units.sandwich(Q)
    trace = [
        np.einsum("bij,ij->b", shared_left if place < n_shared else unit_left, kernel)
        for place, kernel in enumerate(kernels)
    ]
    vectors = np.empty((len(cells), n_shared, cells.shape[1]))
    for place, kernel in enumerate(kernels[:n_shared]):
        vectors[:, place] = sums.score @ kernel
    quadratic = np.concatenate([np.einsum("bkc,bc->bk", vectors, sums.score), sums.quadratic], axis=1)
    gradient = -0.5 * (np.stack(trace, axis=1) - quadratic)
    weighted = np.concatenate([vectors @ K, sums.sums], axis=1)  # Σ_g W̃_g V_k P y
    products = np.empty((len(cells), len(kernels), len(kernels)))
    products[:, n_shared:, n_shared:] = sums.products
    products[:, :n_shared, :] = vectors @ np.swapaxes(weighted, -1, -2)
    products[:, :, :n_shared] = np.swapaxes(products[:, :n_shared, :], -1, -2)
    information = 0.5 * (products - weighted @ Q @ np.swapaxes(weighted, -1, -2))
    return gradient, information
