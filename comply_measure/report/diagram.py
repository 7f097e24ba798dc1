"""Path diagrams of the report: the engine's layout (:mod:`comply_measure.sem.diagram`) on the report's canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.parts import Figure
from comply_measure.sem.diagram.painting import paint

if TYPE_CHECKING:
    from comply_measure.sem.diagram.diagram import Diagram

_PIXELS = 72  # per inch: names of 8 points stay readable; narrower pages scroll


def diagram_figure(
    key: str, title: str, diagram: Diagram, *, alt: str, notes: tuple[str, ...] = (), language: str = "en"
) -> Figure:
    """A laid-out diagram as a figure.

    Parameters
    ----------
    key, title, alt, notes
        See :class:`comply_measure.report.parts.Figure`; the notes of the diagram follow those given.
    diagram : Diagram
        From :meth:`comply_measure.sem.Fit.diagram`.
    """
    said = tuple(f"{note[0].upper()}{note[1:]}." for note in diagram.notes)
    return draw(
        key,
        title,
        lambda drawing: paint(drawing, diagram.panels, COLOURS),
        size=diagram.size,
        alt=alt,
        notes=(*notes, *said),
        min_width=round(_PIXELS * diagram.size[0]),
        language=language,
    )
