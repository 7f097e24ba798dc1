"""Where values stand on their lines: no label on another, none on a shape, few on the lines of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Array = NDArray[np.float64]

_SHARES = np.concatenate([[0.5], *((0.5 - step, 0.5 + step) for step in np.arange(0.03, 0.43, 0.03))])
_CLEAR = 0.015  # inches around a label
_ON_LINE = 1.0  # price of a label on the line of another, in lengths of its own line
_ORDERS = 12
_DENSE = 0.03  # inches between the points that stand for a line


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its centre at (x, y)."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Smallest x."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Largest x."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Smallest y."""
        return self.y - self.height / 2

    @property
    def top(self) -> float:
        """Largest y."""
        return self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether the insides of two rectangles meet."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2
            and abs(self.y - other.y) < (self.height + other.height) / 2
        )


def placed(
    lines: Sequence[Sequence[Point]], sizes: Sequence[tuple[float, float] | None], shapes: Sequence[Box]
) -> list[Box | None]:
    """A box on each line that has a label; None where no free place was found.

    Every label has places along its line, of which those on shapes fall away. The labels with the fewest places choose
    first: the place with the lowest price among those that are free, the price being the distance from the middle and
    the lines of others underneath. Where a label finds none, it chooses first in the next of a dozen rounds.

    Parameters
    ----------
    lines : sequence of polylines
    sizes : sequence of (width, height) or None
        Of the labels; None: no label.
    shapes : sequence of Box
        What no label may stand on.
    """
    wanted = [k for k, size in enumerate(sizes) if size is not None]
    if not wanted:
        return [None] * len(lines)
    dots, owner = _dots(lines)
    places = {k: _places(k, lines[k], sizes[k], shapes, dots, owner) for k in wanted}  # type: ignore[arg-type]
    order = sorted(wanted, key=lambda k: (len(places[k][0]), k))
    best: dict[int, Array] = {}
    for _ in range(_ORDERS):
        chosen, unplaced = _chosen(order, places, sizes)
        if len(chosen) > len(best):
            best = chosen
        if not unplaced:
            break
        order = unplaced + [k for k in order if k not in unplaced]
    found: list[Box | None] = [None] * len(lines)
    for k, (x, y) in best.items():
        across, up = sizes[k]  # type: ignore[misc]
        found[k] = Box(float(x), float(y), across, up)
    return found


def _dots(lines: Sequence[Sequence[Point]]) -> tuple[Array, NDArray[np.intp]]:
    """Points along all lines, and whose they are."""
    dots, owner = [], []
    for k, line in enumerate(lines):
        points = np.asarray(line, dtype=float)
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        at = np.linspace(0.0, way[-1], max(int(way[-1] / _DENSE), 2))
        dots.append(np.column_stack([np.interp(at, way, points[:, 0]), np.interp(at, way, points[:, 1])]))
        owner.append(np.full(len(at), k))
    return np.concatenate(dots), np.concatenate(owner)


def _places(
    number: int,
    line: Sequence[Point],
    size: tuple[float, float],
    shapes: Sequence[Box],
    dots: Array,
    owner: NDArray[np.intp],
) -> tuple[Array, Array]:
    """Centres (k, 2) that are not on a shape, the best first, and their prices."""
    points = np.asarray(line, dtype=float)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = _SHARES * way[-1]
    centres = np.column_stack([np.interp(at, way, points[:, 0]), np.interp(at, way, points[:, 1])])
    half = np.array(size) / 2 + _CLEAR
    if len(shapes):
        middles = np.array([(box.x, box.y) for box in shapes])
        halves = np.array([(box.width / 2, box.height / 2) for box in shapes])
        far = np.abs(centres[:, None, :] - middles) >= halves + half
        free = (far[:, :, 0] | far[:, :, 1]).all(axis=1)
    else:
        free = np.ones(len(centres), dtype=bool)
    centres, shares = centres[free], _SHARES[free]
    others = dots[owner != number]
    reach = half + np.ptp(points, axis=0) / 2
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    near = np.abs(others - middle) <= reach + 1e-9
    close = others[near[:, 0] & near[:, 1]]
    away = np.abs(centres[:, None, :] - close)
    inside = ((away[:, :, 0] < half[0]) & (away[:, :, 1] < half[1])).sum(axis=1)
    price = np.abs(shares - 0.5) + _ON_LINE * np.minimum(inside * _DENSE / size[1], 3.0)
    best = np.argsort(price, kind="stable")
    return centres[best], price[best]


def _chosen(
    order: Sequence[int],
    places: dict[int, tuple[Array, Array]],
    sizes: Sequence[tuple[float, float] | None],
) -> tuple[dict[int, Array], list[int]]:
    """Places in the order of choice, and the labels that found none."""
    taken = np.empty((0, 4))
    chosen: dict[int, Array] = {}
    unplaced: list[int] = []
    for k in order:
        centres, _ = places[k]
        half = np.array(sizes[k]) / 2 + _CLEAR
        apart = np.abs(centres[:, None, :] - taken[:, :2]) >= half + taken[:, 2:]
        free = np.flatnonzero((apart[:, :, 0] | apart[:, :, 1]).all(axis=1))
        if not len(free):
            unplaced.append(k)
            continue
        chosen[k] = centres[free[0]]
        taken = np.vstack([taken, [*centres[free[0]], *(half - _CLEAR)]])
    return chosen, unplaced
