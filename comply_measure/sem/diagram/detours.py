"""Ways around shapes: shortest polylines over the corners of what stands between (Lozano-Pérez & Wesley, 1979)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise

from comply_measure.sem.diagram.labels import Box, Point

MARGIN = 0.08  # inches between a line and a shape it goes around
_ROUNDS = 8  # of adding shapes that a detour would cross
_BEND = 0.15  # inches that a bend counts


def detour(start: Point, end: Point, boxes: Sequence[Box]) -> list[Point]:
    """Points between start and end on the shortest way that crosses no box; none where the straight way is free.

    Parameters
    ----------
    start, end : Point
    boxes : sequence of Box
        Shapes that the line neither leaves nor enters.
    """
    near: list[Box] = []
    way = [start, end]
    for _ in range(_ROUNDS):
        hit = [box for box in boxes if box not in near and _crosses(way, box)]
        if not hit:
            return way[1:-1]
        near += hit
        found = _shortest(start, end, near)
        if found is None:
            return []
        way = found
    return way[1:-1]


def _crosses(way: Sequence[Point], box: Box) -> bool:
    return any(cuts(a, b, box) for a, b in pairwise(way))


def cuts(a: Point, b: Point, box: Box) -> bool:
    """Whether a segment passes through the inside of a box (Liang & Barsky, 1984)."""
    low, high = 0.0, 1.0
    for start, change, least, most in (
        (a[0], b[0] - a[0], box.left, box.right),
        (a[1], b[1] - a[1], box.bottom, box.top),
    ):
        if abs(change) < 1e-12:
            if not least < start < most:
                return False
            continue
        one, other = (least - start) / change, (most - start) / change
        low, high = max(low, min(one, other)), min(high, max(one, other))
    return high - low > 1e-9


def _shortest(start: Point, end: Point, boxes: Sequence[Box]) -> list[Point] | None:
    """Dijkstra's way over the corners, bends counted as some length; None where there is none."""
    points = [start, end]
    for box in boxes:
        for x in (box.left - MARGIN, box.right + MARGIN):
            points += [(x, box.bottom - MARGIN), (x, box.top + MARGIN)]
    waiting: list[tuple[float, int, int]] = [(0.0, 0, -1)]
    came: dict[int, int] = {}
    while waiting:
        length, here, before = heapq.heappop(waiting)
        if here in came:
            continue
        came[here] = before
        if here == 1:
            way = [1]
            while way[-1]:
                way.append(came[way[-1]])
            return [points[number] for number in reversed(way)]
        for other, point in enumerate(points):
            if other not in came and not any(cuts(points[here], point, box) for box in boxes):
                step = math.dist(points[here], point) + _BEND
                heapq.heappush(waiting, (length + step, other, here))
    return None
