"""From a graph to positions: shapes, lines and labels in inches, y upwards. Pure functions of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from comply_measure.sem.diagram.graph import PathGraph
from comply_measure.sem.diagram.labels import placed
from comply_measure.sem.diagram.layers import Layers, is_waypoint, layers_of
from comply_measure.sem.diagram.lettering import LINE, NAME_SIZE, VALUE_SIZE, width
from comply_measure.sem.diagram.routes import lines_of
from comply_measure.sem.diagram.shapes import Line, Node, Panel, shape_of

_MARGIN = 0.14
_ROW = 0.12  # between boxes
_BLOCK = 0.22  # between factors with what hangs on them
_FAN = 1.0  # from a factor to its indicators
_RISE = 0.75  # the same, upwards
_GAP = 1.15  # between columns
_PER_LINE = 0.055  # more of it for every line that crosses it
_WIDEST = 3.4
_STRETCHES = (1.0, 1.25, 1.6, 2.1, 2.8)


def panel_of(graph: PathGraph, title: str = "") -> Panel:
    """Lay a graph out; distances grow until every value has a place of its own."""
    layers = layers_of(graph)
    panel = None
    for stretch in _STRETCHES:
        nodes, lines = _drawing(graph, layers, stretch)
        sizes = [
            (width(line.arrow.value, VALUE_SIZE) + 0.05, VALUE_SIZE * LINE / 72 + 0.02)
            if line.arrow.value
            else None
            for line in lines
        ]
        boxes = placed([line.points for line in lines], sizes, [node.box for node in nodes])
        lines = [replace(line, label=box) for line, box in zip(lines, boxes, strict=True)]
        dropped = sum(box is None and size is not None for box, size in zip(boxes, sizes, strict=True))
        if panel is None or dropped < panel.dropped:
            panel = _framed(title, nodes, lines, dropped)
        if not dropped:
            break
    assert panel is not None
    return panel


def _framed(title: str, nodes: Sequence[Node], lines: Sequence[Line], dropped: int) -> Panel:
    """Everything moved so that it begins at the margin."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    boxes = [*(node.box for node in nodes), *(line.label for line in lines if line.label is not None)]
    left, right = min([*xs, *(b.left for b in boxes)]), max([*xs, *(b.right for b in boxes)])
    low, high = min([*ys, *(b.bottom for b in boxes)]), max([*ys, *(b.top for b in boxes)])
    dx, dy = _MARGIN - left, _MARGIN - low
    head = 0.28 if title else 0.0
    across = max(right - left, width(title, NAME_SIZE + 1)) + 2 * _MARGIN
    return Panel(
        title,
        tuple(replace(node, x=node.x + dx, y=node.y + dy) for node in nodes),
        tuple(
            replace(
                line,
                points=tuple((x + dx, y + dy) for x, y in line.points),
                label=None
                if line.label is None
                else replace(line.label, x=line.label.x + dx, y=line.label.y + dy),
            )
            for line in lines
        ),
        across,
        high - low + 2 * _MARGIN + head,
        dropped,
    )


@dataclass
class _Block:
    """A structural variable with what hangs on it; places are relative to its centre.

    ``width`` is that of the column, outward parts of outer columns not counted.
    """

    nodes: list[Node]
    top: float
    bottom: float
    width: float


def _side_block(
    name: str, shapes: dict[str, Node], layers: Layers, side: int, stretch: float, across: float = 0.0
) -> _Block:
    """Indicators left (-1) or right (1) of a variable, factors among them with their own further out.

    `across` is the width of the variable's column, so that indicators of one column stand in one, too.
    """
    own = shapes[name]
    children = layers.children.get(name, ())
    wide = max((shapes[child].width for child in children if layers.children.get(child)), default=0.0)
    below = [_side_block(child, shapes, layers, side, stretch, wide) for child in children]
    if not below:
        return _Block([own], own.height / 2, -own.height / 2, own.width)
    gap = _FAN * stretch
    nodes, y = [], 0.0
    heights: list[float] = []
    for place, block in enumerate(below):
        child = block.nodes[0]
        plain = len(block.nodes) == 1
        y -= block.top + (0.0 if place == 0 else (_ROW if plain else _BLOCK) * stretch)
        heights.append(y)
        reach = max(each.nodes[0].width for each in below)
        x = side * (max(own.width, across) / 2 + gap + (child.width if plain else reach) / 2)
        nodes += [replace(node, x=node.x + x, y=node.y + y) for node in block.nodes]
        y += block.bottom
    middle = (heights[0] + heights[-1]) / 2
    nodes = [replace(node, y=node.y - middle) for node in nodes]
    top = max(own.height / 2, *(node.box.top for node in nodes))
    bottom = min(-own.height / 2, *(node.box.bottom for node in nodes))
    return _Block([own, *nodes], top, bottom, own.width)


def _upright_block(name: str, shapes: dict[str, Node], layers: Layers, side: int, stretch: float) -> _Block:
    """Indicators in a row above (1) or below (-1) a variable between others."""
    own = shapes[name]
    children = [shapes[child] for child in layers.children.get(name, ())]
    if not children:
        return _Block([own], own.height / 2, -own.height / 2, own.width)
    gap = _ROW * stretch
    across = sum(child.width for child in children) + gap * (len(children) - 1)
    up = max(child.height for child in children)
    x, y = -across / 2, side * (own.height / 2 + _RISE * stretch + up / 2)
    nodes = []
    for child in children:
        nodes.append(replace(child, x=x + child.width / 2, y=y))
        x += child.width + gap
    ends = (own.height / 2, y + side * up / 2) if side > 0 else (-own.height / 2, y - up / 2)
    top, bottom = (ends[1], -own.height / 2) if side > 0 else (own.height / 2, ends[1])
    return _Block([own, *nodes], top, bottom, max(own.width, across))


def _drawing(graph: PathGraph, layers: Layers, stretch: float) -> tuple[list[Node], list[Line]]:
    shapes = {variable.name: shape_of(variable) for variable in graph.variables}
    blocks = [_blocks(place, layers, shapes, stretch) for place in range(len(layers.columns))]
    heights = _heights(layers, blocks, stretch)
    edges = _column_edges(layers, blocks, stretch)
    nodes: dict[str, Node] = {}
    for column, found, (left, right) in zip(layers.columns, blocks, edges, strict=True):
        for name in column:
            if is_waypoint(name):
                continue
            x, y = (left + right) / 2, heights[name]
            nodes |= {n.name: replace(n, x=n.x + x, y=n.y + y) for n in found[name].nodes}
    if layers.beyond:
        nodes |= _beyond(graph, layers, shapes, nodes, stretch)
    return list(nodes.values()), lines_of(graph, layers, nodes, heights, edges)


def _blocks(place: int, layers: Layers, shapes: dict[str, Node], stretch: float) -> dict[str, _Block]:
    """Blocks of a column; the first grows to the left, the last, or the only one, to the right."""
    column, last = layers.columns[place], len(layers.columns) - 1
    across = max((shapes[name].width for name in column if name in shapes), default=0.0)
    found: dict[str, _Block] = {}
    for position, name in enumerate(column):
        if is_waypoint(name):
            found[name] = _Block([], 0.08, -0.08, 0.0)
        elif 0 < place < last:
            nested = any(layers.children.get(child) for child in layers.children.get(name, ()))
            side = 1 if position < len(column) / 2 else -1
            found[name] = (
                _side_block(name, shapes, layers, 1, stretch, across)
                if nested
                else _upright_block(name, shapes, layers, side, stretch)
            )
        else:
            found[name] = _side_block(name, shapes, layers, -1 if place == 0 < last else 1, stretch, across)
    return found


def _heights(layers: Layers, blocks: Sequence[dict[str, _Block]], stretch: float) -> dict[str, float]:
    """Y of every variable and waypoint: near the mean of its neighbours, at least a distance from the next."""
    near: dict[str, list[str]] = {}
    for way in layers.ways.values():
        for a, b in pairwise(way):
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
    found: dict[str, float] = {}
    for column, mine in zip(layers.columns, blocks, strict=True):
        found |= _stacked(column, mine, dict.fromkeys(column, 0.0), stretch)
    for _ in range(6):
        for column, mine in zip(layers.columns, blocks, strict=True):
            wished = {
                name: sum(found[other] for other in near[name]) / len(near[name])
                if name in near
                else found[name]
                for name in column
            }
            found |= _stacked(column, mine, wished, stretch)
    return found


def _stacked(
    column: Sequence[str], blocks: dict[str, _Block], wished: dict[str, float], stretch: float
) -> dict[str, float]:
    """Heights closest to the wished ones (least squares) that keep the order and the distances.

    With ``z = y + offset`` distances become an order: isotonic regression, by pooling neighbours.
    """
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + blocks[lower].top - blocks[upper].bottom + _BLOCK * stretch)
    pools: list[list[float]] = []  # sum and number of members; means must fall
    for name, offset in zip(column, offsets, strict=True):
        pools.append([wished[name] + offset, 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] < pools[-1][0] / pools[-1][1]:
            total, n = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += n
    means = [total / n for total, n in pools for _ in range(int(n))]
    return {name: mean - offset for name, mean, offset in zip(column, means, offsets, strict=True)}


def _column_edges(
    layers: Layers, blocks: Sequence[dict[str, _Block]], stretch: float
) -> list[tuple[float, float]]:
    """Left and right edge of every column of structural variables."""
    found: list[tuple[float, float]] = []
    x = 0.0
    for place, mine in enumerate(blocks):
        across = max((block.width for block in mine.values()), default=0.0)
        found.append((x, x + across))
        here = set(layers.columns[place])
        crossing = sum(any(name in here for name in way[:-1]) for way in layers.ways.values())
        nested = max((n.box.right for block in mine.values() for n in block.nodes), default=0.0)
        inner = 0 < place < len(blocks) - 1 and nested > across / 2 + 0.01
        x += across + min(_GAP + _PER_LINE * crossing, _WIDEST) * stretch
        x += nested - across / 2 if inner else 0.0
    return found


def _beyond(
    graph: PathGraph, layers: Layers, shapes: dict[str, Node], nodes: dict[str, Node], stretch: float
) -> dict[str, Node]:
    """Factors on the far side of indicators that they share with others, each near the middle of its own."""
    edge = max(node.box.right for node in nodes.values()) + _FAN * 1.3 * stretch
    mine = {
        name: [a.target for a in graph.arrows if a.way == "loading" and a.source == name]
        for name in layers.beyond
    }
    wished = {name: sum(nodes[part].y for part in parts) / len(parts) for name, parts in mine.items()}
    column = sorted(layers.beyond, key=lambda name: -wished[name])
    blocks = {
        name: _Block([shapes[name]], shapes[name].height / 2, -shapes[name].height / 2, shapes[name].width)
        for name in column
    }
    heights = _stacked(column, blocks, wished, stretch)
    across = max(shapes[name].width for name in column)
    return {name: replace(shapes[name], x=edge + across / 2, y=heights[name]) for name in column}
