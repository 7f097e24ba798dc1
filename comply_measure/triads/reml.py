r"""Restricted likelihood of units × cells with crossed variance components and missing cells.

A unit has C cells (role, or role × attribute, or role × item). Cell c of unit g is

``y_gc = x_c'β + Σ_k a_k(c) + Σ_l u_l,g(c) + e_gc``

with *shared* effects a_k (the same for all units: role, attribute, role × attribute) and *unit* effects
u_l (drawn anew in each unit: unit, unit × role, unit × attribute), all independent normal. Each effect is
given by the level it has in every cell. Units are independent given the shared effects, so the likelihood
needs only C × C algebra: the covariance V of a complete unit is inverted once, and units with missing cells
o take ``W̃ = W - W_{·o} W_oo⁻¹ W_{o·}``, W = V⁻¹, whose size is that of the gap. Cost is linear in the units.

Everything carries a leading batch axis B: replications of one design are fitted together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comply_measure.triads.grouping import Floats, Ints


@dataclass(frozen=True, slots=True)
class CellDesign:
    """Effects of a model of units × cells.

    Attributes
    ----------
    shared, unit : mapping of str to ndarray of int, shape (C,)
        Level of every cell, by effect. The residual is added by the engine and must not be listed.
    fixed : ndarray, shape (C, p)
        Design of the fixed part, a column of ones for a general mean.
    """

    shared: Mapping[str, Ints]
    unit: Mapping[str, Ints]
    fixed: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Components in the order of θ: shared, unit, residual."""
        return (*self.shared, *self.unit, "residual")

    @property
    def n_cells(self) -> int:
        """Number of cells C."""
        return len(self.fixed)

    def indicators(self) -> list[Floats]:
        """Cells × levels of every component, the residual last: 1 where the cell has the level."""
        labels = [*self.shared.values(), *self.unit.values()]
        columns = [np.equal.outer(level, np.unique(level)).astype(np.float64) for level in labels]
        return [*columns, np.eye(self.n_cells)]

    def keep(self, cells: Ints) -> CellDesign:
        """The design for some of the cells; fixed columns that become empty or repeat are dropped."""
        fixed = self.fixed[cells]
        rank = np.linalg.matrix_rank(fixed)
        if rank < fixed.shape[1]:
            chosen: list[int] = []
            for column in range(fixed.shape[1]):
                if np.linalg.matrix_rank(fixed[:, [*chosen, column]]) > len(chosen):
                    chosen.append(column)
            fixed = fixed[:, chosen]
        return CellDesign(
            {name: level[cells] for name, level in self.shared.items()},
            {name: level[cells] for name, level in self.unit.items()},
            fixed,
        )


@dataclass(frozen=True, slots=True)
class CellData:
    """Observations of units × cells, with the units gathered by which cells they lack.

    Attributes
    ----------
    y : ndarray, shape (B, G, C)
        Observations, 0 where missing; the missing cells are the same for the whole batch.
    patterns : tuple of (ndarray of int, ndarray of int)
        Missing cells o, and the units that lack exactly these; complete units are not listed.
    n_observations : int
        Observed cells N.
    """

    y: Floats
    patterns: tuple[tuple[Ints, Ints], ...]
    n_observations: int

    @classmethod
    def from_array(cls, y: Floats) -> CellData:
        """Build from (B, G, C) or (G, C) observations; NaN where missing, as in the first of the batch."""
        batch = y if y.ndim == 3 else y[None]
        missing = np.isnan(batch[0])
        rows, place = np.unique(missing, axis=0, return_inverse=True)
        patterns = tuple(
            (np.flatnonzero(row), np.flatnonzero(place.ravel() == number))
            for number, row in enumerate(rows)
            if row.any()
        )
        return cls(np.where(missing, 0.0, batch), patterns, int((~missing).sum()))

    def take(self, batch: Ints) -> CellData:
        """Some of the batch."""
        return CellData(self.y[batch], self.patterns, self.n_observations)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Restricted likelihood at θ: value (B,), gradient (B, K), average information (B, K, K), shared part.

    `cells` are the fitted cell effects (fixed plus predicted shared), shape (B, C), `cells_variance` their
    prediction error covariance (B, C, C), `weighted` the residuals V⁻¹(y - ĉ), shape (B, G, C).
    """

    loglik: Floats
    gradient: Floats
    information: Floats
    cells: Floats
    cells_variance: Floats
    weighted: Floats

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


class _Precision:
    """Inverse covariance of every unit: W for complete units, corrected where cells are missing."""

    def __init__(self, V: Floats, data: CellData) -> None:
        self.W = np.linalg.inv(V)
        self.data = data
        n_units = data.y.shape[1]
        self.logdet = n_units * np.linalg.slogdet(V)[1]
        self.gaps: list[Floats] = []
        Phi = np.zeros_like(V)
        for missing, units in data.patterns:
            Woo = self.W[:, missing[:, None], missing]
            inverse = np.linalg.inv(Woo)
            self.gaps.append(inverse)
            # |V without o| = |V| |W_oo|
            self.logdet = self.logdet + len(units) * np.linalg.slogdet(Woo)[1]
            Phi[:, missing[:, None], missing] += len(units) * inverse
        self.K = n_units * self.W - self.W @ Phi @ self.W

    def apply(self, x: Floats, columns: Floats | None = None) -> Floats:
        """Precision times x for every unit, (B, G, C); whatever x holds in missing cells has no effect.

        With `columns` A, shape (C, L), x holds coefficients, shape (B, G, L), of the vectors x A'.
        """
        result = x @ (self.W if columns is None else columns.T @ self.W)
        for (missing, units), inverse in zip(self.data.patterns, self.gaps, strict=True):
            gap = result[:, units[:, None], missing] @ inverse
            result[:, units] -= gap @ self.W[:, missing]
        return result

    def trace_sandwich(self, kernel: Floats, Q: Floats) -> Floats:
        """Σ_g tr(Q W̃_g U W̃_g) for a kernel U, shape (B,)."""
        n_units = self.data.y.shape[1]
        B = self.W @ kernel @ self.W
        F = self.W @ Q @ self.W
        total = n_units * np.einsum("bij,bji->b", Q, B)
        for (missing, units), inverse in zip(self.data.patterns, self.gaps, strict=True):
            rows, columns = missing[:, None], missing
            cross = self.W @ Q @ B
            total -= 2 * len(units) * np.einsum("bij,bji->b", inverse, cross[:, rows, columns])
            left, right = inverse @ B[:, rows, columns], inverse @ F[:, rows, columns]
            total += len(units) * np.einsum("bij,bji->b", left, right)
        return np.asarray(total)


def evaluate(theta: Floats, data: CellData, design: CellDesign, indicators: list[Floats]) -> Evaluation:
    """Restricted log-likelihood, gradient and average information (Gilmour, Thompson & Cullis 1995).

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
    n_shared = len(design.shared)
    Gamma = _covariance(theta[:, :n_shared], indicators[:n_shared], design.n_cells)
    V = _covariance(theta[:, n_shared:], indicators[n_shared:], design.n_cells)
    precision = _Precision(V, data)
    Q, logdet_shared = _shared_posterior(Gamma, precision.K, design.fixed)
    weighted = precision.apply(data.y)
    cells = np.einsum("bij,bj->bi", Q, weighted.sum(axis=1))
    weighted = weighted - precision.apply(np.broadcast_to(cells[:, None, :], data.y.shape))
    quadratic = np.einsum("bgc,bgc->b", data.y, weighted)
    df = data.n_observations - design.fixed.shape[1]
    loglik = -0.5 * (precision.logdet + logdet_shared + quadratic + df * np.log(2.0 * np.pi))
    gradient, information = _derivatives(weighted, precision, Q, indicators, n_shared)
    return Evaluation(loglik, gradient, information, cells, Q, weighted)


def _covariance(theta: Floats, indicators: list[Floats], n_cells: int) -> Floats:
    """Σ_k θ_k A_k A_k', shape (B, C, C)."""
    total = np.zeros((len(theta), n_cells, n_cells))
    for variance, columns in zip(theta.T, indicators, strict=True):
        total += variance[:, None, None] * (columns @ columns.T)
    return total


def _shared_posterior(Gamma: Floats, K: Floats, X: Floats) -> tuple[Floats, Floats]:
    """Prediction error covariance of the cell effects, and log|I + KΓ| + log|X'V⁻¹X|."""
    inner = np.eye(K.shape[-1]) + K @ Gamma
    M = Gamma @ np.linalg.inv(inner)
    left = X - M @ (K @ X)
    information = np.swapaxes(K @ X, -1, -2) @ left
    Q = M + left @ np.linalg.solve(information, np.swapaxes(left, -1, -2))
    logdet = np.linalg.slogdet(inner)[1] + np.linalg.slogdet(information)[1]
    return (Q + np.swapaxes(Q, -1, -2)) / 2.0, logdet


def _derivatives(
    weighted: Floats, precision: _Precision, Q: Floats, indicators: list[Floats], n_shared: int
) -> tuple[Floats, Floats]:
    """Gradient (B, K) and average information (B, K, K).

    V_k P y is ``A_k a_k``: one vector of cells for a shared effect, one per unit for a unit effect. Only the
    latter need work in proportion to the units.
    """
    K = precision.K
    score = weighted.sum(axis=1)
    left_over = K - K @ Q @ K
    quadratic, trace = [], []
    sums, inner, coefficients = [], [], []  # Σ_g W̃ f_k; W̃ f_k and a_k of unit effects
    for place, columns in enumerate(indicators):
        kernel = columns @ columns.T
        if place < n_shared:
            vector = score @ kernel
            quadratic.append((vector * score).sum(axis=1))
            trace.append(np.einsum("bij,ij->b", left_over, kernel))
            sums.append(np.einsum("bij,bj->bi", K, vector))
            inner.append(np.empty(0))
            coefficients.append(vector)
        else:
            a = weighted @ columns
            quadratic.append(np.einsum("bgl,bgl->b", a, a))
            trace.append(np.einsum("bij,ij->b", K, kernel) - precision.trace_sandwich(kernel, Q))
            inner.append(precision.apply(a, columns))
            sums.append(inner[-1].sum(axis=1))
            coefficients.append(a)
    gradient = -0.5 * (np.stack(trace, axis=1) - np.stack(quadratic, axis=1))
    information = np.empty((*gradient.shape, gradient.shape[1]))
    for k, columns in enumerate(indicators):
        for other in range(k, len(indicators)):
            if k < n_shared:
                product = (coefficients[k] * sums[other]).sum(axis=1)
            else:
                product = np.einsum("bgl,bgl->b", coefficients[k], inner[other] @ columns)
            shift = np.einsum("bi,bij,bj->b", sums[k], Q, sums[other])
            information[:, k, other] = information[:, other, k] = 0.5 * (product - shift)
    return gradient, information
