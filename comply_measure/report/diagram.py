"""Path diagrams: latent variables as ellipses, observed ones as boxes, paths as labelled arrows.

Diagrams read from left to right: an arrow leaves a node on its right side and enters the next on its left.
Positions are given in inches, so that text keeps its size whatever the diagram's extent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.parts import Figure

_MARGIN = 0.12
_ROW = 0.36
_GROUP_GAP = 0.16


@dataclass(frozen=True, slots=True)
class Node:
    """A variable of the diagram, centred at (x, y) inches."""

    key: str
    label: str
    x: float
    y: float
    kind: Literal["latent", "observed"] = "latent"
    width: float = 1.35
    height: float = 0.55


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from the right side of one node to the left side of another; uncertain ones are dashed.

    ``at`` is where the label sits, as a share of the way from source to target. ``leave`` and ``enter`` are the
    heights on the sides of the two nodes, from -1 (bottom) over 0 (middle) to 1 (top), so that many arrows on
    one node stay apart.
    """

    source: str
    target: str
    label: str = ""
    uncertain: bool = False
    at: float = 0.5
    leave: float = 0.0
    enter: float = 0.0


def path_diagram(
    key: str,
    title: str,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    alt: str,
    notes: tuple[str, ...] = (),
    min_width: int = 640,
) -> Figure:
    """Draw nodes and edges at their positions.

    Returns
    -------
    Figure
        Its size follows the extent of the nodes.
    """
    left = min(n.x - n.width / 2 for n in nodes) - _MARGIN
    right = max(n.x + n.width / 2 for n in nodes) + _MARGIN
    bottom = min(n.y - n.height / 2 for n in nodes) - _MARGIN
    top = max(n.y + n.height / 2 for n in nodes) + _MARGIN

    def paint(drawing: Any) -> None:
        drawing.set_layout_engine("none")
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set(xlim=(left, right), ylim=(bottom, top))
        axes.set_axis_off()
        for node in nodes:
            _shape(axes, node)
        by_key = {node.key: node for node in nodes}
        for edge in edges:
            _arrow(axes, edge, by_key[edge.source], by_key[edge.target])

    return draw(
        key, title, paint, size=(right - left, top - bottom), alt=alt, notes=notes, min_width=min_width
    )


def tree_layout(
    root: tuple[str, str] | None,
    branches: Mapping[str, tuple[str, Sequence[tuple[str, str]]]],
) -> list[Node]:
    """Nodes of a hierarchy from left to right: root, branches, and each branch's indicators.

    Parameters
    ----------
    root : (key, label) or None
        The higher-order variable; None for a first-order model.
    branches : mapping
        Branch key -> (label, [(indicator key, indicator label), ...]), from top to bottom.
    """
    columns = (0.75, 3.5, 6.7) if root else (0.0, 0.95, 4.15)
    nodes: list[Node] = []
    y = 0.0
    centres: list[float] = []
    for key, (label, indicators) in branches.items():
        rows = [y - _ROW * index for index in range(len(indicators))]
        centres.append((rows[0] + rows[-1]) / 2)
        nodes.append(Node(key, label, columns[1], centres[-1], "latent", 1.85, 0.62))
        nodes += [
            Node(name, text, columns[2], row, "observed", 2.1, 0.28)
            for (name, text), row in zip(indicators, rows, strict=True)
        ]
        y = rows[-1] - _ROW - _GROUP_GAP
    if root:
        middle = (centres[0] + centres[-1]) / 2
        nodes.insert(0, Node(root[0], root[1], columns[0], middle, "latent", 1.3, 0.75))
    return nodes


def _shape(axes: Any, node: Node) -> None:
    from matplotlib.patches import Ellipse, Rectangle

    look: dict[str, Any] = {
        "facecolor": COLOURS["fill"],
        "edgecolor": COLOURS["ink"],
        "linewidth": 0.9,
        "zorder": 2,
    }
    if node.kind == "latent":
        patch: Any = Ellipse((node.x, node.y), node.width, node.height, **look)
    else:
        corner = (node.x - node.width / 2, node.y - node.height / 2)
        patch = Rectangle(corner, node.width, node.height, **look | {"facecolor": COLOURS["paper"]})
    axes.add_patch(patch)
    axes.text(node.x, node.y, node.label, ha="center", va="center", fontsize=8, linespacing=1.05, zorder=3)


def _arrow(axes: Any, edge: Edge, source: Node, target: Node) -> None:
    from matplotlib.patches import FancyArrowPatch

    start = _side(source, edge.leave, 1)
    end = _side(target, edge.enter, -1)
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            linewidth=0.7 if edge.uncertain else 1.0,
            linestyle=(0, (4, 3)) if edge.uncertain else "solid",
            color=COLOURS["muted"] if edge.uncertain else COLOURS["ink"],
            zorder=1,
        )
    )
    if edge.label:
        x, y = (a + edge.at * (b - a) for a, b in zip(start, end, strict=True))
        box = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 1.0}
        axes.text(x, y, edge.label, ha="center", va="center", fontsize=7.5, bbox=box, zorder=4)


def _side(node: Node, height: float, direction: int) -> tuple[float, float]:
    """Point on the right (1) or left (-1) side of a node at a relative height."""
    half = node.width / 2
    if node.kind == "latent":
        half *= math.sqrt(max(1 - height**2, 0.0))
    return node.x + direction * half, node.y + height * node.height / 2
