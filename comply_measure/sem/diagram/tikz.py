"""A diagram as TikZ text for a paper: every position stands in it, so that it needs no library of TikZ."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from comply_measure.sem.diagram.painting import CORNERS, extent, origins
from comply_measure.sem.diagram.shapes import Line, Node, Panel
from comply_measure.statistics.latex import escape

_OTHER_ENGINE = 0x250  # what lies beyond (but signs that `escape` knows) pdfLaTeX has no letters for


def tikz_of(panels: Sequence[Panel], standalone: bool) -> str:
    """A ``tikzpicture``, or a document with it; sizes in inches."""
    lines = [r"\begin{tikzpicture}[x=1in, y=1in, line join=round, inner sep=1.2pt]"]
    for panel, up in zip(panels, origins(panels), strict=True):
        if panel.title:
            at = f"(0,{up + panel.height:.3f})"
            lines.append(rf"\node[anchor=north west, font=\small\bfseries] at {at} {{{_text(panel.title)}}};")
        lines += [f"  {line}" for line in (*_lines(panel.lines, up), *_shapes(panel.nodes, up))]
    lines.append(r"\end{tikzpicture}")
    if standalone:
        across, up = extent(panels)
        lines = [
            r"\documentclass{article}",
            rf"\usepackage[paperwidth={across + 0.4:.2f}in, paperheight={up + 0.6:.2f}in, margin=0.15in]{{geometry}}",
            r"\usepackage[utf8]{inputenc}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{amsmath,tikz}",
            r"\pagestyle{empty}",
            r"\begin{document}",
            r"\noindent",
            *lines,
            r"\end{document}",
        ]
    return "\n".join(lines) + "\n"


def _shapes(nodes: Sequence[Node], up: float) -> Iterator[str]:
    for node in nodes:
        x, y, a, b = node.x, node.y + up, node.width / 2, node.height / 2
        fill = {"observed": "white", "product": "black"}.get(node.kind, "black!6")
        if node.kind == "latent":
            yield rf"\draw[fill={fill}] ({x:.3f},{y:.3f}) ellipse [x radius={a:.3f}in, y radius={b:.3f}in];"
        else:
            corners = " -- ".join(f"({x + a * p:.3f},{y + b * q:.3f})" for p, q in CORNERS[node.kind])
            yield rf"\draw[fill={fill}] {corners} -- cycle;"
        words = r"\\".join(_text(line) for line in node.lines)
        if words:
            yield rf"\node[align=center, font=\scriptsize] at ({x:.3f},{y:.3f}) {{{words}}};"


def _lines(lines: Sequence[Line], up: float) -> Iterator[str]:
    for line in lines:
        tip = {"covariance": "latex-latex, thin", "part": "thin"}.get(line.arrow.way, "-latex")
        look = f"{tip}, dashed, black!60" if line.arrow.uncertain else tip
        yield rf"\draw[{look}] {' -- '.join(f'({x:.3f},{y + up:.3f})' for x, y in line.points)};"
    for line in lines:
        if line.label is not None:
            at = f"({line.label.x:.3f},{line.label.y + up:.3f})"
            yield rf"\node[fill=white, font=\scriptsize] at {at} {{{_text(line.arrow.value)}}};"


def _text(text: str) -> str:
    """Escaped; letters that pdfLaTeX does not have are told by their names."""
    known = "".join(
        sign if ord(sign) < _OTHER_ENGINE or _has_command(sign) else _named(sign) for sign in text
    )
    return escape(known)


def _has_command(sign: str) -> bool:
    return escape(sign) != sign


def _named(sign: str) -> str:
    return f"[{unicodedata.name(sign, f'U+{ord(sign):04X}').lower()}]"
