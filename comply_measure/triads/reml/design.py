r"""Models of units × cells: which effects there are, and which cells are missing.

A unit has C cells (role, or role × attribute, or role × item). Cell c of unit g is

``y_gc = x_c'β + Σ_k a_k(c) + Σ_l u_l,g(c) + e_gc``

with *shared* effects a_k (the same for all units: role, attribute, role × attribute) and *unit* effects
u_l (drawn anew in each unit: unit, unit × role, unit × attribute), all independent normal. Each effect is
given by the level it has in every cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from comply_measure.statistics.arrays import Bools, Floats, Ints

#: Values of observations that are worked on at a time.
CHUNK_VALUES = 500_000


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
        """The design for some of the cells; fixed columns that carry nothing new are dropped."""
        fixed, chosen = self.fixed[cells], list[int]()
        for column in range(fixed.shape[1] if len(fixed) else 0):
            if np.linalg.matrix_rank(fixed[:, [*chosen, column]]) > len(chosen):
                chosen.append(column)
        return CellDesign(
            {name: level[cells] for name, level in self.shared.items()},
            {name: level[cells] for name, level in self.unit.items()},
            fixed[:, chosen],
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Sufficient statistics of the units that lack the same cells; M such patterns.

    Attributes
    ----------
    observed : ndarray of bool, shape (M, C)
        Cells the units of a pattern have.
    n_units : ndarray, shape (M,)
        How many units.
    sums : ndarray, shape (B, M, C)
        Sum of their observations.
    products : ndarray, shape (B, M, C, C)
        Sum of their cross products.
    """

    observed: Bools
    n_units: Floats
    sums: Floats
    products: Floats

    def of(self, batch: Ints | slice) -> Moments:
        """Some of the batch."""
        return Moments(self.observed, self.n_units, self.sums[batch], self.products[batch])

    def about(self, cells: Floats) -> tuple[Floats, Floats]:
        """Sums and sums of cross products of what is left of the observations after cell effects (B, C)."""
        c, n = cells[:, None, :], self.n_units[:, None, None]
        shifted = self.sums[..., :, None] * c[..., None, :]
        products = (
            self.products - shifted - np.swapaxes(shifted, -1, -2) + n * (c[..., :, None] * c[..., None, :])
        )
        return self.sums - self.n_units[:, None] * c, products


@dataclass(frozen=True, slots=True)
class Gaps:
    """Which units lack which cells.

    Attributes
    ----------
    single : (ndarray of int, ndarray of int)
        Units that lack one cell, and which.
    several : tuple of (ndarray of int, ndarray of int)
        Several missing cells, and the units that lack exactly these.
    """

    single: tuple[Ints, Ints]
    several: tuple[tuple[Ints, Ints], ...]

    @classmethod
    def of(cls, patterns: tuple[tuple[Ints, Ints], ...], place: Ints) -> Gaps:
        """Those of patterns, with a new place for every unit."""
        single = [(cells, place[units]) for cells, units in patterns if len(cells) == 1]
        nothing = np.zeros(0, dtype=np.int64)
        units = np.concatenate([nothing, *(units for _, units in single)])
        cells = np.concatenate([nothing, *(np.repeat(cells, len(units)) for cells, units in single)])
        return cls((units, cells), tuple((c, place[units]) for c, units in patterns if len(c) > 1))


@dataclass(frozen=True, slots=True)
class CellData:
    """Observations of units × cells, with the units gathered by which cells they lack.

    Attributes
    ----------
    y : ndarray, shape (B, G, C)
        Observations, 0 where missing; the missing cells are the same for the whole batch.
    patterns : tuple of (ndarray of int, ndarray of int)
        Missing cells, and the units that lack exactly these; complete units are not listed.
    n_units, n_observations : int
        Units G and observed cells N.
    moments : Moments or None
        Sufficient statistics, where patterns are so few that they are smaller than the data.
    complete : Moments or None
        Those of the complete units alone, where these are at least as many as cells.
    rest : ndarray, shape (B, R, C)
        Observations of the units that are not in `complete`.
    gaps, rest_gaps : Gaps
        Of all units, and of those in `rest`.
    """

    y: Floats
    patterns: tuple[tuple[Ints, Ints], ...]
    n_units: int
    n_observations: int
    moments: Moments | None
    complete: Moments | None
    rest: Floats
    gaps: Gaps
    rest_gaps: Gaps

    @classmethod
    def from_array(cls, y: Floats) -> CellData:
        """Build from (B, G, C) observations; NaN where missing, as in the first of the batch."""
        missing = np.isnan(y[0])
        return cls.of(np.where(missing, 0.0, y), missing)

    @classmethod
    def of(cls, filled: Floats, missing: Bools) -> CellData:
        """Build from observations that are 0 where missing, and which cells (G, C) are."""
        rows, place = np.unique(missing, axis=0, return_inverse=True)
        members = [np.flatnonzero(place.ravel() == number) for number in range(len(rows))]
        patterns = tuple(
            (np.flatnonzero(row), units) for row, units in zip(rows, members, strict=True) if row.any()
        )
        G, C = missing.shape
        moments = _moments(filled, rows, members) if len(rows) * C <= G else None
        whole = ~missing.any(axis=1)
        complete = None
        if moments is None and int(whole.sum()) >= C:
            complete = _moments(filled, np.zeros((1, C), dtype=bool), [np.flatnonzero(whole)])
        one_by_one = np.ones(G, dtype=bool) if complete is None else ~whole
        return cls(
            filled,
            patterns,
            G,
            int((~missing).sum()),
            moments,
            complete,
            filled if complete is None else filled[:, one_by_one],
            Gaps.of(patterns, np.arange(G)),
            Gaps.of(patterns, np.cumsum(one_by_one) - 1),
        )

    def take(self, batch: Ints) -> CellData:
        """Some of the batch, with what the likelihood needs of it."""
        if len(batch) == len(self.y):
            return self
        nothing, whole = self.y[batch, :0], self.complete
        if self.moments is not None:
            return replace(self, y=nothing, rest=nothing, moments=self.moments.of(batch))
        if whole is not None:
            return replace(self, y=nothing, rest=self.rest[batch], complete=whole.of(batch))
        part = self.y[batch]
        return replace(self, y=part, rest=part)

    def between(self, rows: slice) -> CellData:
        """A run of the batch; nothing is copied."""
        moments, whole = self.moments, self.complete
        return replace(
            self,
            y=self.y[rows],
            rest=self.rest[rows],
            moments=None if moments is None else moments.of(rows),
            complete=None if whole is None else whole.of(rows),
        )

    @property
    def size(self) -> int:
        """Values of a data set that the likelihood works on."""
        if self.complete is None:
            return int(self.y[0].size)
        return int(self.rest[0].size + self.complete.products[0].size)


def chunks(batch: int, size: int) -> list[slice]:
    """Runs of a batch of data sets of so many values each, nearly equal and none of one alone.

    One alone would be summed in another order, and its digits would depend on the size of the batch.
    """
    number = max(1, min(-(-batch * size // CHUNK_VALUES), batch // 2))
    ends = [batch * place // number for place in range(number + 1)]
    return [slice(first, last) for first, last in pairwise(ends)]


def _moments(y: Floats, missing: Bools, members: list[Ints]) -> Moments:
    parts = [y[:, units] for units in members]
    return Moments(
        ~missing,
        np.array([len(units) for units in members], dtype=np.float64),
        np.stack([part.sum(axis=1) for part in parts], axis=1),
        np.stack([np.swapaxes(part, 1, 2) @ part for part in parts], axis=1),
    )
