"""Bounds of single coordinates, the simplest of inequalities: a search can project on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.space import Space


@dataclass(frozen=True)
class Box:
    """Bounds of φ.

    Attributes
    ----------
    lower, upper : array (r,)
        Infinite where there is none.
    """

    lower: Array
    upper: Array

    def inside(self, phi: Array) -> Array:
        """The nearest point of the box."""
        return np.clip(phi, self.lower, self.upper)

    def held(self, phi: Array, gradient: Array) -> NDArray[np.bool_]:
        """Coordinates at a bound across which F falls (r,)."""
        low, high = phi <= self.lower, phi >= self.upper
        return np.asarray((low & (gradient > 0.0)) | (high & (gradient < 0.0)) | (self.lower == self.upper))


def box_of(table: ParameterTable, space: Space) -> Box | None:
    """The bounds of a table in φ; None where there are none, and where relations make them more than a box."""
    if not space.bounded or space.equalities or space.inequalities:
        return None
    if space.K is not None and space.shared is None:
        return None
    place = np.arange(table.n_free) if space.shared is None else space.shared
    size = int(place.max(initial=-1)) + 1
    lower, upper = np.full(size, -np.inf), np.full(size, np.inf)
    free = np.flatnonzero(table.free)
    at = place[table.free[free] - 1]
    np.maximum.at(lower, at, table.lower[free])
    np.minimum.at(upper, at, table.upper[free])
    return Box(lower, upper) if bool(np.all(lower <= upper)) else None
