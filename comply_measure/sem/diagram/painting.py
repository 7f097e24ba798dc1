"""A diagram on matplotlib axes; the only file of the engine that draws, and it imports matplotlib when it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from comply_measure.sem.diagram.lettering import NAME_SIZE, VALUE_SIZE
from comply_measure.sem.diagram.shapes import Line, Node, Panel

#: Colours by use; a report gives its own.
COLOURS: Mapping[str, str] = MappingProxyType(
    {"ink": "#1b1f24", "muted": "#5b6571", "paper": "#fefefe", "fill": "#eef1f6"}
)
_BETWEEN = 0.3  # inches between panels


def extent(panels: Sequence[Panel]) -> tuple[float, float]:
    """Width and height of panels one below the other."""
    return (
        max(panel.width for panel in panels),
        sum(panel.height for panel in panels) + _BETWEEN * (len(panels) - 1),
    )


def origins(panels: Sequence[Panel]) -> list[float]:
    """Height of the lower edge of each panel, the first on top."""
    y, found = extent(panels)[1], []
    for panel in panels:
        y -= panel.height
        found.append(y)
        y -= _BETWEEN
    return found


def paint(drawing: Any, panels: Sequence[Panel], colours: Mapping[str, str] = COLOURS) -> None:
    """Draw panels on a figure of the size of :func:`extent`."""
    across, up = extent(panels)
    drawing.set_layout_engine("none")
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, across), ylim=(0, up))
    axes.set_axis_off()
    for panel, y in zip(panels, origins(panels), strict=True):
        if panel.title:
            axes.text(
                0.14, y + panel.height - 0.12, panel.title, ha="left", va="top", fontsize=NAME_SIZE + 1,
                fontweight="bold", color=colours["ink"],
            )  # fmt: skip
        for line in panel.lines:
            _line(axes, line, y, colours)
        for node in panel.nodes:
            _shape(axes, node, y, colours)


def _shape(axes: Any, node: Node, up: float, colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Ellipse, Polygon

    look: dict[str, Any] = {"edgecolor": colours["ink"], "linewidth": 0.9, "zorder": 3}
    x, y, a, b = node.x, node.y + up, node.width / 2, node.height / 2
    if node.kind == "latent":
        patch: Any = Ellipse((x, y), node.width, node.height, facecolor=colours["fill"], **look)
    else:
        filled = {"observed": "paper", "composite": "fill", "product": "ink"}[node.kind]
        patch = Polygon(
            [(x + a * p, y + b * q) for p, q in CORNERS[node.kind]], facecolor=colours[filled], **look
        )
    axes.add_patch(patch)
    axes.text(
        x, y, "\n".join(node.lines), ha="center", va="center", fontsize=NAME_SIZE, linespacing=1.05,
        color=colours["ink"], zorder=4,
    )  # fmt: skip


#: Corners in half widths and half heights.
CORNERS: Mapping[str, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        "observed": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "product": ((-1, 0), (0, -1), (1, 0), (0, 1)),
        "composite": ((-1, 0), (-0.8, -1), (0.8, -1), (1, 0), (0.8, 1), (-0.8, 1)),
    }
)


def _line(axes: Any, line: Line, up: float, colours: Mapping[str, str]) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    styles = {"covariance": "<|-|>", "part": "-"}
    axes.add_patch(
        FancyArrowPatch(
            path=Path([(x, y + up) for x, y in line.points]),
            arrowstyle=styles.get(line.arrow.way, "-|>"),
            mutation_scale=5 if line.arrow.way == "covariance" else 8,
            linewidth=0.7 if line.arrow.uncertain or line.arrow.way in ("covariance", "part") else 1.0,
            linestyle=(0, (4, 3)) if line.arrow.uncertain else "solid",
            color=colours["muted"] if line.arrow.uncertain else colours["ink"],
            fill=line.arrow.way != "part",
            joinstyle="round",
            zorder=1,
        )
    )
    if line.label is not None:
        axes.text(
            line.label.x, line.label.y + up, line.arrow.value, ha="center", va="center", fontsize=VALUE_SIZE,
            color=colours["ink"], bbox={"facecolor": colours["paper"], "edgecolor": "none", "pad": 0.8}, zorder=2,
        )  # fmt: skip
