"""A diagram as DOT text for Graphviz, which lays it out anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comply_measure.sem.diagram.shapes import Line, Panel

_SHAPES = {"latent": "ellipse", "observed": "box", "composite": "hexagon", "product": "diamond"}


def dot_of(panels: Sequence[Panel]) -> str:
    """A ``digraph`` with a cluster for each panel that has a title."""
    lines = ["digraph paths {", "  rankdir=LR;", '  node [fontname="Helvetica", fontsize=10];']
    lines.append('  edge [fontname="Helvetica", fontsize=9];')
    for number, panel in enumerate(panels, start=1):
        inner = list(_panel(panel, number))
        if panel.title:
            inner = [
                f"subgraph cluster_{number} {{",
                f"  label={_text(panel.title)};",
                *(f"  {x}" for x in inner),
                "}",
            ]
        lines += [f"  {line}" for line in inner]
    return "\n".join([*lines, "}"]) + "\n"


def _panel(panel: Panel, number: int) -> Iterator[str]:
    keys = {node.name: f"n{number}_{k}" for k, node in enumerate(panel.nodes, start=1)}
    for node in panel.nodes:
        label = _text(" ".join(node.lines))
        small = ", width=0.2, height=0.2, style=filled, fillcolor=black" if node.kind == "product" else ""
        yield f"{keys[node.name]} [label={label}, shape={_SHAPES[node.kind]}{small}];"
    for line in panel.lines:
        yield f"{keys[line.arrow.source]} -> {keys[line.arrow.target]}{_look(line)};"


def _look(line: Line) -> str:
    parts = [f"label={_text(line.arrow.value)}"] if line.arrow.value else []
    if line.arrow.uncertain:
        parts.append("style=dashed")
    if line.arrow.way == "covariance":
        parts += ["dir=both", "constraint=false"]
    elif line.arrow.way == "part":
        parts.append("dir=none")
    return f" [{', '.join(parts)}]" if parts else ""


def _text(text: str) -> str:
    """A quoted string; line breaks and control characters become spaces."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
