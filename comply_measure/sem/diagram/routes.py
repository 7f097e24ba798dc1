"""Lines between laid-out shapes: through the gaps between columns, in fans to indicators, in arcs for covariances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from comply_measure.sem.diagram.detours import detour
from comply_measure.sem.diagram.graph import PathGraph
from comply_measure.sem.diagram.labels import Point
from comply_measure.sem.diagram.layers import Layers, is_waypoint
from comply_measure.sem.diagram.shapes import Line, Node, boundary, on_side

_SPREAD = 0.65  # share of a side over which lines begin and end
_ARC_POINTS = 33
_BULGE = (0.28, 0.24)  # of an arc: at least, and for every inch between its ends
_WIDEST_BULGE = 2.6

Ports = dict[tuple[str, str], float]


def lines_of(
    graph: PathGraph,
    layers: Layers,
    nodes: Mapping[str, Node],
    heights: Mapping[str, float],
    edges: Sequence[tuple[float, float]],
) -> list[Line]:
    """A line for every arrow, in the order of the graph, from its source to its target."""
    place = {name: k for k, column in enumerate(layers.columns) for name in column}
    ports = _ports(layers, heights)
    home = {child: factor for factor, children in layers.children.items() for child in children}
    lines = []
    for number, arrow in enumerate(graph.arrows):
        source, target = nodes[arrow.source], nodes[arrow.target]
        if number in layers.ways:
            points = _through(layers.ways[number], place, nodes, heights, edges, ports)
            points = points if layers.ways[number][0] == arrow.source else points[::-1]
        elif arrow.way == "covariance" or (arrow.source in place and arrow.target in place):
            points = _arc(source, target, _outward(arrow.source, nodes, home, place, len(layers.columns)))
        else:
            points = _around(_straight(source, target), source, target, nodes)
        lines.append(Line(arrow, tuple(points)))
    return lines


def _ports(layers: Layers, heights: Mapping[str, float]) -> Ports:
    """Heights, from -1 to 1, at which lines leave or enter a side, in the order of their far ends."""
    right: dict[str, list[str]] = {}
    left: dict[str, list[str]] = {}
    for way in layers.ways.values():
        right.setdefault(way[0], []).append(way[1])
        left.setdefault(way[-1], []).append(way[-2])
    ports: Ports = {}
    for name, others in (*right.items(), *left.items()):
        others.sort(key=lambda other: -heights[other])
        for k, other in enumerate(others):
            ports[name, other] = 0.0 if len(others) == 1 else _SPREAD * (1 - 2 * k / (len(others) - 1))
    return ports


def _through(
    way: Sequence[str],
    place: Mapping[str, int],
    nodes: Mapping[str, Node],
    heights: Mapping[str, float],
    edges: Sequence[tuple[float, float]],
    ports: Ports,
) -> list[Point]:
    """From left to right: level inside columns, slanted between them."""
    first, last = way[0], way[-1]
    start = on_side(nodes[first], 1, ports[first, way[1]])
    points = [start, (edges[place[first]][1], start[1])]
    for name in way[1:-1]:
        assert is_waypoint(name)
        left, right = edges[place[name]]
        points += [(left, heights[name]), (right, heights[name])]
    end = on_side(nodes[last], -1, ports[last, way[-2]])
    points += [(edges[place[last]][0], end[1]), end]
    return [point for k, point in enumerate(points) if k == 0 or math.dist(point, points[k - 1]) > 1e-9]


def _straight(source: Node, target: Node) -> list[Point]:
    """Between factor and indicator: to the middle of the facing side of what is measured."""
    if target.box.left > source.box.right:
        end = target.box.left, target.y
    elif target.box.right < source.box.left:
        end = target.box.right, target.y
    else:
        end = target.x, target.box.bottom if target.y > source.y else target.box.top
    return [boundary(source, *end), end]


def _around(points: list[Point], source: Node, target: Node, nodes: Mapping[str, Node]) -> list[Point]:
    """The same line around the shapes that stand in its way, which an indicator of several factors can bring."""
    others = [node.box for node in nodes.values() if node is not source and node is not target]
    between = detour(points[0], points[-1], others)
    if not between:
        return points
    x, y = between[-1]
    if target.box.left <= x <= target.box.right:
        end = target.x, target.box.bottom if y < target.y else target.box.top
    else:
        end = target.box.left if x < target.box.left else target.box.right, target.y
    between = detour(points[0], end, others)
    return [boundary(source, *between[0]), *between, end] if between else points


def _outward(
    name: str, nodes: Mapping[str, Node], home: Mapping[str, str], place: Mapping[str, int], n_columns: int
) -> Point:
    """Direction in which arcs of a variable bulge: away from what it hangs on, out of the diagram."""
    if name in home:
        factor, node = nodes[home[name]], nodes[name]
        if node.box.left > factor.box.right or node.box.right < factor.box.left:
            return math.copysign(1.0, node.x - factor.x), 0.0
        return 0.0, math.copysign(1.0, node.y - factor.y)
    if name in place and (place[name] == 0 or place[name] < n_columns - 1):
        return -1.0, 0.0
    return 1.0, 0.0


def _arc(source: Node, target: Node, outward: Point) -> list[Point]:
    """A curve (quadratic Bézier) between two sides that face outward, or between shapes side by side."""
    ux, uy = outward
    along = math.hypot(target.x - source.x, target.y - source.y)
    bulge = min(_BULGE[0] + _BULGE[1] * along, _WIDEST_BULGE)
    apart = abs(target.x - source.x) if ux else abs(target.y - source.y)
    if (apart > (source.width + target.width) / 2 and ux) or (apart > 1e-6 and uy):
        middle = (source.x + target.x) / 2, (source.y + target.y) / 2
        nx, ny = (source.y - target.y) / along, (target.x - source.x) / along
        control = middle[0] + 0.2 * along * nx, middle[1] + 0.2 * along * ny
        start, end = boundary(source, *control), boundary(target, *control)
    elif ux:
        up = math.copysign(0.35, target.y - source.y)
        start, end = on_side(source, int(ux), up), on_side(target, int(ux), -up)
        outermost = max(ux * start[0], ux * end[0])
        control = ux * (outermost + 2 * bulge), (start[1] + end[1]) / 2
    else:
        start = source.x, source.y + uy * source.height / 2
        end = target.x, target.y + uy * target.height / 2
        control = (start[0] + end[0]) / 2, start[1] + 2 * uy * bulge
    return [_bezier(start, control, end, k / (_ARC_POINTS - 1)) for k in range(_ARC_POINTS)]


def _bezier(start: Point, control: Point, end: Point, t: float) -> Point:
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return (
        a * start[0] + b * control[0] + c * end[0],
        a * start[1] + b * control[1] + c * end[1],
    )
