"""The inverse covariance of every unit, and the sums over units that the restricted likelihood needs.

Two ways to the same sums. `UnitPrecision` inverts the covariance V of a complete unit once; units with
missing cells o take ``W̃ = W - W_{·o} W_oo⁻¹ W_{o·}``, W = V⁻¹, whose size is that of the gap: right for
many cells and scattered gaps. `PatternPrecision` works on sufficient statistics, one inverse per pattern
of missing cells and no cost per unit: right for few cells. W̃ is zero in the rows and columns of o.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.triads.reml.design import CellData, Gaps, Moments


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
        """The sums at fitted cell effects, for the kernels of the indicators A_k of unit effects, the residual last."""
        ...


def precision(V: Floats, data: CellData) -> Precision:
    """The cheaper of the two ways, for covariances V of complete units, shape (B, C, C)."""
    return PatternPrecision(V, data.moments) if data.moments is not None else UnitPrecision(V, data)


class UnitPrecision:
    """Unit by unit, corrected for gaps; complete units by their sums of products, where there are many."""

    def __init__(self, V: Floats, data: CellData) -> None:
        self.W: Floats = np.asarray(np.linalg.inv(V), dtype=np.float64)
        self.data = data
        self.n_units = data.n_units
        self.diagonal: Floats = np.einsum("bcc->bc", self.W)
        #: Units that lack just the one cell.
        self.single: Floats = np.bincount(data.gaps.single[1], minlength=V.shape[-1]).astype(np.float64)
        # |V without o| = |V| |W_oo|
        # (products of the whole batch with one vector or matrix would have digits that depend on its size)
        self.logdet: Floats = self.n_units * np.linalg.slogdet(V)[1] + (
            np.log(self.diagonal) * self.single
        ).sum(axis=1)
        self.inverses: list[Floats] = []
        self.Phi = (self.single / self.diagonal)[:, :, None] * np.eye(V.shape[-1])
        for missing, units in data.gaps.several:
            own = _within(missing)
            Woo = self.W[own]
            self.inverses.append(np.asarray(np.linalg.inv(Woo), dtype=np.float64))
            self.logdet = self.logdet + len(units) * np.linalg.slogdet(Woo)[1]
            self.Phi[own] += len(units) * self.inverses[-1]
        self.K: Floats = np.asarray(self.n_units * self.W - self.W @ self.Phi @ self.W, dtype=np.float64)

    def apply(self, x: Floats, gaps: Gaps) -> Floats:
        """W̃ times a vector per unit, (B, G, C); whatever x holds in missing cells has no effect."""
        result = x @ self.W
        units, cells = gaps.single
        share = result[:, units, cells] / self.diagonal[:, cells]
        result[:, units] -= share[:, :, None] * self.W[:, cells]
        for (missing, units), inverse in zip(gaps.several, self.inverses, strict=True):
            mine = result[:, units]
            result[:, units] = mine - (mine[:, :, _run(missing)] @ inverse) @ self.W[:, _run(missing)]
        return result

    def residuals(self, cells: Floats) -> Floats:
        """Weighted residuals e_g of all units, shape (B, G, C)."""
        return self.apply(self.data.y - cells[:, None, :], self.data.gaps)

    @cached_property
    def weighted(self) -> Floats:
        """W̃_g y_g of the units in ``data.rest``."""
        return self.apply(self.data.rest, self.data.rest_gaps)

    def totals(self) -> tuple[Floats, Floats]:
        """Σ W̃_g y_g and Σ y_g' W̃_g y_g."""
        total, product = self.weighted.sum(axis=1), np.einsum("bgc,bgc->b", self.data.rest, self.weighted)
        if (m := self.data.complete) is not None:
            total = total + (self.W @ m.sums[:, 0, :, None])[..., 0]
            product = product + np.einsum("bij,bij->b", self.W, m.products[:, 0])
        return total, product

    def sandwich(self, Q: Floats) -> Floats:
        """Σ W̃_g Q W̃_g."""
        F = self.W @ Q @ self.W
        cross = self.Phi @ self.W @ Q
        inner = self.n_units * Q - cross - np.swapaxes(cross, -1, -2)
        own = np.arange(F.shape[-1])
        inner[:, own, own] += self.single * F[:, own, own] / self.diagonal**2
        for (missing, units), inverse in zip(self.data.gaps.several, self.inverses, strict=True):
            place = _within(missing)
            inner[place] += len(units) * (inverse @ F[place] @ inverse)
        return np.asarray(self.W @ inner @ self.W)

    def at(self, cells: Floats, indicators: list[Floats]) -> UnitSums:
        """The sums at fitted cell effects.

        With W in place of W̃_g they follow from ``Σ e_g`` and ``S = Σ e_g e_g'``; what the gaps take off,
        ``W̃_g = W - W_{·o} W_oo⁻¹ W_{o·}``, is summed over the units that have any.
        """
        e = self._residuals(cells)
        score, second = e.sum(axis=1), np.swapaxes(e, 1, 2) @ e
        if (m := self.data.complete) is not None:
            left, products = m.about(cells)
            score = score + (self.W @ left[:, 0, :, None])[..., 0]
            second = second + self.W @ products[:, 0] @ self.W
        effects = indicators[:-1]
        ahead = [self.W @ columns for columns in effects]
        spread = [second @ columns for columns in effects]
        sums = [W @ (columns.T @ score[..., None]) for W, columns in zip(ahead, effects, strict=True)]
        sums.append(self.W @ score[..., None])
        quadratic = [np.einsum("cl,bcl->b", A, S) for A, S in zip(effects, spread, strict=True)]
        quadratic.append(np.einsum("bcc->b", second))
        size = len(indicators)
        products = np.empty((len(e), size, size))
        for k, columns in enumerate(effects):
            for other in range(k, size - 1):
                value = ((columns.T @ ahead[other]) * (columns.T @ spread[other])).sum(axis=(1, 2))
                products[:, k, other] = products[:, other, k] = value
            products[:, k, -1] = products[:, -1, k] = (spread[k] * ahead[k]).sum(axis=(1, 2))
        products[:, -1, -1] = np.einsum("bij,bij->b", second, self.W)
        found = np.stack([part[..., 0] for part in sums], axis=1)
        for lost, weighed, rows in self._lost(e, effects, ahead):
            products -= np.einsum("bkgm,blgm->bkl", lost, weighed)
            found -= rows(weighed)
        return UnitSums(score, np.stack(quadratic, axis=1), found, products)

    def _residuals(self, cells: Floats) -> Floats:
        """Weighted residuals of the units in ``data.rest``: W̃_g ĉ is the same for all units with the same gaps."""
        ahead = (self.W @ cells[..., None])[..., 0]
        e = self.weighted - ahead[:, None, :]
        units, places = self.data.rest_gaps.single
        e[:, units] += (ahead / self.diagonal)[:, places, None] * self.W[:, places]
        for (missing, units), inverse in zip(self.data.rest_gaps.several, self.inverses, strict=True):
            cells_gone = _run(missing)
            e[:, units] += (ahead[:, None, cells_gone] @ inverse) @ self.W[:, cells_gone]
        return e

    def _lost(
        self, e: Floats, effects: list[Floats], ahead: list[Floats]
    ) -> Iterator[tuple[Floats, Floats, Callable[[Floats], Floats]]]:
        """``W_{o·} U_k e_g`` and the same times W_oo⁻¹, shape (B, K, units, gap), and what takes these to cells."""
        units, places = self.data.rest_gaps.single
        if len(units):
            mine, W = e[:, units], self.W[:, places]
            parts = [
                ((mine @ columns) * wide[:, places]).sum(axis=-1)
                for columns, wide in zip(effects, ahead, strict=True)
            ]
            lost = np.stack([*parts, (mine * W).sum(axis=-1)], axis=1)[..., None]
            yield lost, lost / self.diagonal[:, None, places, None], lambda x: x[..., 0] @ W
        for (missing, units), inverse in zip(self.data.rest_gaps.several, self.inverses, strict=True):
            gone = _run(missing)
            mine, rows = e[:, units], self.W[:, gone]
            parts = [
                (mine @ columns) @ np.swapaxes(wide[:, gone], 1, 2)
                for columns, wide in zip(effects, ahead, strict=True)
            ]
            lost = np.stack([*parts, mine @ np.swapaxes(rows, 1, 2)], axis=1)
            yield lost, lost @ inverse[:, None], partial(_to_cells, rows)


def _run(places: Ints) -> Ints | slice:
    """Places as a slice where they follow each other: what is taken is then no copy."""
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1) if last - first + 1 == len(places) else places


def _within(places: Ints) -> tuple[slice, Ints | slice, Ints | slice]:
    """Rows and columns at some places of a batch of matrices."""
    run = _run(places)
    return (slice(None), run, run) if isinstance(run, slice) else (slice(None), places[:, None], places)


def _to_cells(rows: Floats, weighed: Floats) -> Floats:
    return np.asarray(weighed.sum(axis=2) @ rows)


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
        sums, products = self.moments.about(cells)
        T = self.W @ products @ self.W  # Σ e e' per pattern
        t = (self.W @ sums[..., None])[..., 0]
        kernels = [columns @ columns.T for columns in indicators]
        left = [kernel @ self.W for kernel in kernels]
        right = [kernel @ T for kernel in kernels]
        pairs = np.stack(
            [np.stack([np.einsum("bmij,bmji->b", a, b) for b in right], axis=1) for a in left], axis=1
        )
        ahead = [(self.W @ (t @ kernel)[..., None])[..., 0].sum(axis=1) for kernel in kernels]
        quadratic = [np.einsum("bmij,ij->b", T, kernel) for kernel in kernels]
        return UnitSums(t.sum(axis=1), np.stack(quadratic, axis=1), np.stack(ahead, axis=1), pairs)
