"""Shapes, lines and panels of a diagram in inches, y upwards."""

from __future__ import annotations

import math
from dataclasses import dataclass

from comply_measure.sem.diagram.graph import Arrow, Kind, Variable
from comply_measure.sem.diagram.labels import Box, Point
from comply_measure.sem.diagram.lettering import LINE, NAME_SIZE, width, wrapped

_LETTERS = 18  # of a line in a shape
_PADDING = 0.09
_PRODUCT = 0.17


@dataclass(frozen=True, slots=True)
class Node:
    """A shape with its name, centred at (x, y)."""

    name: str
    lines: tuple[str, ...]
    kind: Kind
    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        """The room that the shape takes."""
        return Box(self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow as a polyline; ``label`` is where its value stands, None where there is none."""

    arrow: Arrow
    points: tuple[Point, ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """The diagram of one group or level; the lower left corner is (0, 0).

    Attributes
    ----------
    dropped : int
        Values for which no free place was found; their lines are drawn without.
    """

    title: str
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    dropped: int = 0


def shape_of(variable: Variable) -> Node:
    """A shape that holds its name, at the origin."""
    if variable.kind == "product":
        return Node(variable.name, ("",), "product", 0.0, 0.0, _PRODUCT, _PRODUCT)
    lines = wrapped(variable.label, _LETTERS)
    across = max(width(line, NAME_SIZE) for line in lines)
    up = len(lines) * NAME_SIZE * LINE / 72
    if variable.kind == "observed":
        size = across + 2 * _PADDING, up + 1.4 * _PADDING
    else:  # an ellipse around the text
        size = max(1.1, 1.3 * across + 2 * _PADDING), max(0.5, 1.5 * up + 2 * _PADDING)
    return Node(variable.name, lines, variable.kind, 0.0, 0.0, *size)


def boundary(node: Node, x: float, y: float) -> Point:
    """Where the way from the centre of a shape to a point leaves the shape."""
    dx, dy = x - node.x, y - node.y
    if math.isclose(dx, 0.0, abs_tol=1e-12) and math.isclose(dy, 0.0, abs_tol=1e-12):
        return node.x, node.y
    a, b = node.width / 2, node.height / 2
    if node.kind == "observed":
        share = 1 / max(abs(dx) / a, abs(dy) / b)
    elif node.kind == "product":
        share = 1 / (abs(dx) / a + abs(dy) / b)
    else:
        share = 1 / math.hypot(dx / a, dy / b)
    return node.x + share * dx, node.y + share * dy


def on_side(node: Node, direction: int, height: float) -> Point:
    """Point on the right (1) or left (-1) side of a shape at a height from -1 to 1."""
    if node.kind == "product":
        return node.x + direction * node.width / 2, node.y
    half = node.width / 2
    if node.kind != "observed":
        half *= math.sqrt(max(1 - height**2, 0.0))
    return node.x + direction * half, node.y + height * node.height / 2
