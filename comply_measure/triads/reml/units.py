"""The inverse covariance of every unit, and the sums over units that the restricted likelihood needs.

Two ways to the same sums. `UnitPrecision` inverts the covariance V of a complete unit once; units with
missing cells o take ``W̃ = W - W_{·o} W_oo⁻¹ W_{o·}``, W = V⁻¹, whose size is that of the gap: right for
many cells and scattered gaps. `PatternPrecision` works on sufficient statistics, one inverse per pattern
of missing cells and no cost per unit: right for few cells. W̃ is zero in the rows and columns of o.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from comply_measure.statistics.arrays import Floats
from comply_measure.triads.reml.design import CellData, Moments


@dataclass(frozen=True, slots=True)
class UnitSums:
    """Sums over units at fitted cell effects ĉ, with e_g = W̃_g (y_g - ĉ) and kernels U_k = A_k A_k'.

    Attributes
    ----------
    score : ndarray, shape (B, C)
        Σ e_g.
    quadratic : ndarray, shape (B, K)
        Σ e_g' U_k e_g.
    sums : ndarray, shape (B, K, C)
        Σ W̃_g U_k e_g.
    products : ndarray, shape (B, K, K)
        Σ e_g' U_k W̃_g U_l e_g.
    """

    score: Floats
    quadratic: Floats
    sums: Floats
    products: Floats


class Precision(Protocol):
    """What the likelihood asks of the units."""

    logdet: Floats
    K: Floats

    def totals(self) -> tuple[Floats, Floats]:
        """Σ W̃_g y_g, shape (B, C), and Σ y_g' W̃_g y_g, shape (B,)."""
        ...

    def sandwich(self, Q: Floats) -> Floats:
        """Σ W̃_g Q W̃_g, shape (B, C, C)."""
        ...

    def at(self, cells: Floats, indicators: list[Floats]) -> UnitSums:
        """The sums at fitted cell effects, for the kernels of some indicators A_k."""
        ...


def precision(V: Floats, data: CellData) -> Precision:
    """The cheaper of the two ways, for covariances V of complete units, shape (B, C, C)."""
    return PatternPrecision(V, data.moments) if data.moments is not None else UnitPrecision(V, data)


class UnitPrecision:
    """Unit by unit, corrected for gaps."""

    def __init__(self, V: Floats, data: CellData) -> None:
        self.W: Floats = np.asarray(np.linalg.inv(V), dtype=np.float64)
        self.data = data
        self.n_units = data.n_units
        self.logdet: Floats = np.asarray(self.n_units * np.linalg.slogdet(V)[1], dtype=np.float64)
        self.gaps: list[Floats] = []
        self.Phi = np.zeros_like(V)
        for missing, units in data.patterns:
            Woo = self.W[:, missing[:, None], missing]
            self.gaps.append(np.asarray(np.linalg.inv(Woo), dtype=np.float64))
            # |V without o| = |V| |W_oo|
            self.logdet = self.logdet + len(units) * np.linalg.slogdet(Woo)[1]
            self.Phi[:, missing[:, None], missing] += len(units) * self.gaps[-1]
        self.K: Floats = np.asarray(self.n_units * self.W - self.W @ self.Phi @ self.W, dtype=np.float64)

    def apply(self, x: Floats, columns: Floats | None = None) -> Floats:
        """W̃ times a vector per unit, (B, G, C); whatever x holds in missing cells has no effect.

        With `columns` A, shape (C, L), x holds coefficients, shape (B, G, L), of the vectors A x_g.
        """
        result = x @ (self.W if columns is None else columns.T @ self.W)
        for (missing, units), inverse in zip(self.data.patterns, self.gaps, strict=True):
            gap = result[:, units[:, None], missing] @ inverse
            result[:, units] -= gap @ self.W[:, missing]
        return result

    def residuals(self, cells: Floats) -> Floats:
        """Weighted residuals e_g, shape (B, G, C)."""
        return self.apply(self.data.y - cells[:, None, :])

    def totals(self) -> tuple[Floats, Floats]:
        """Σ W̃_g y_g and Σ y_g' W̃_g y_g."""
        weighted = self.apply(self.data.y)
        return weighted.sum(axis=1), np.einsum("bgc,bgc->b", self.data.y, weighted)

    def sandwich(self, Q: Floats) -> Floats:
        """Σ W̃_g Q W̃_g."""
        F = self.W @ Q @ self.W
        cross = self.Phi @ self.W @ Q
        inner = self.n_units * Q - cross - np.swapaxes(cross, -1, -2)
        for (missing, units), inverse in zip(self.data.patterns, self.gaps, strict=True):
            rows = missing[:, None]
            inner[:, rows, missing] += len(units) * (inverse @ F[:, rows, missing] @ inverse)
        return np.asarray(self.W @ inner @ self.W)

    def at(self, cells: Floats, indicators: list[Floats]) -> UnitSums:
        """The sums at fitted cell effects."""
        e = self.residuals(cells)
        coefficients = [e @ columns for columns in indicators]
        inner = [self.apply(a, columns) for a, columns in zip(coefficients, indicators, strict=True)]
        size = len(indicators)
        products = np.empty((len(e), size, size))
        for k, columns in enumerate(indicators):
            for other in range(k, size):
                value = np.einsum("bgl,bgl->b", coefficients[k], inner[other] @ columns)
                products[:, k, other] = products[:, other, k] = value
        return UnitSums(
            e.sum(axis=1),
            np.stack([np.einsum("bgl,bgl->b", a, a) for a in coefficients], axis=1),
            np.stack([part.sum(axis=1) for part in inner], axis=1),
            products,
        )


class PatternPrecision:
    """Pattern by pattern, on sufficient statistics."""

    def __init__(self, V: Floats, moments: Moments) -> None:
        self.moments = moments
        seen = moments.observed
        both = seen[:, :, None] & seen[:, None, :]
        # missing cells are made independent of the rest with variance 1, then blanked
        padded = np.where(both, V[:, None], np.eye(V.shape[-1]))
        self.W = np.where(both, np.linalg.inv(padded), 0.0)
        self.logdet: Floats = np.linalg.slogdet(padded)[1] @ moments.n_units
        self.K: Floats = np.einsum("m,bmij->bij", moments.n_units, self.W)

    def totals(self) -> tuple[Floats, Floats]:
        """Σ W̃_g y_g and Σ y_g' W̃_g y_g."""
        h = (self.W @ self.moments.sums[..., None])[..., 0].sum(axis=1)
        return h, np.einsum("bmij,bmij->b", self.W, self.moments.products)

    def sandwich(self, Q: Floats) -> Floats:
        """Σ W̃_g Q W̃_g."""
        return np.asarray(np.einsum("m,bmij->bij", self.moments.n_units, self.W @ Q[:, None] @ self.W))

    def at(self, cells: Floats, indicators: list[Floats]) -> UnitSums:
        """The sums at fitted cell effects."""
        m = self.moments
        c = cells[:, None, :]
        shifted = m.sums[..., :, None] * c[..., None, :]
        n = m.n_units[:, None, None]
        products = (
            m.products - shifted - np.swapaxes(shifted, -1, -2) + n * (c[..., :, None] * c[..., None, :])
        )
        T = self.W @ products @ self.W  # Σ e e' per pattern
        t = (self.W @ (m.sums - m.n_units[:, None] * c)[..., None])[..., 0]
        kernels = [columns @ columns.T for columns in indicators]
        left = [kernel @ self.W for kernel in kernels]
        right = [kernel @ T for kernel in kernels]
        pairs = np.stack(
            [np.stack([np.einsum("bmij,bmji->b", a, b) for b in right], axis=1) for a in left], axis=1
        )
        sums = [(self.W @ (t @ kernel)[..., None])[..., 0].sum(axis=1) for kernel in kernels]
        quadratic = [np.einsum("bmij,ij->b", T, kernel) for kernel in kernels]
        return UnitSums(t.sum(axis=1), np.stack(quadratic, axis=1), np.stack(sums, axis=1), pairs)
