"""The path diagram of a fit: laid out by itself, drawn and written in several forms."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.errors import Problem
from comply_measure.sem.arguments import check_arguments
from comply_measure.sem.diagram.dot import dot_of
from comply_measure.sem.diagram.graph import graph_of
from comply_measure.sem.diagram.layout import panel_of
from comply_measure.sem.diagram.painting import extent, paint
from comply_measure.sem.diagram.shapes import Panel
from comply_measure.sem.diagram.tikz import tikz_of
from comply_measure.sem.errors import InputError, ModelError

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.record import FitRecord
    from comply_measure.sem.result import Fit

FORMS = (".svg", ".png", ".pdf", ".dot", ".tex")
_STYLE = {
    "svg.hashsalt": "comply-measure", "svg.fonttype": "path", "font.family": "DejaVu Sans", "text.parse_math": False,
}  # fmt: skip
_PNG_DPI = 200


@dataclass(frozen=True, slots=True)
class Diagram:
    """A path diagram; in a notebook it shows itself.

    Attributes
    ----------
    panels : tuple of Panel
        One per group or level: shapes, lines and labels with their places in inches.
    notes : tuple of str
        What the picture leaves out, and what its dashes mean; for the caption.
    """

    panels: tuple[Panel, ...]
    notes: tuple[str, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        return extent(self.panels)

    def svg(self) -> str:
        """The picture as SVG, texts as outlines."""
        return self._drawn("svg").decode("utf-8")

    def dot(self) -> str:
        """Text for Graphviz, which lays the graph out anew."""
        return dot_of(self.panels)

    def tikz(self, standalone: bool = False) -> str:
        r"""A ``tikzpicture`` for ``\input`` (package ``tikz``), or a whole document for pdfLaTeX."""
        return tikz_of(self.panels, standalone)

    def save(self, path: str | Path) -> Path:
        """Write the picture in the form of the file's ending: ``.svg``, ``.png``, ``.pdf``, ``.dot`` or ``.tex``.

        Raises
        ------
        InputError
            For another ending.
        """
        file = Path(path)
        ending = file.suffix.lower()
        if ending not in FORMS:
            problem = Problem("no form of a diagram", value=ending or str(file), allowed=", ".join(FORMS))
            raise InputError("The diagram cannot be saved.", [problem])
        if ending == ".dot":
            content = self.dot().encode("utf-8")
        elif ending == ".tex":
            content = self.tikz().encode("utf-8")
        else:
            content = self._drawn(ending[1:])
        file.write_bytes(content)
        return file

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        n = sum(len(panel.nodes) for panel in self.panels)
        across, up = self.size
        return f"Diagram of {n} variables, {across:.1f} × {up:.1f} inches; save(path), svg(), dot(), tikz()"

    def _drawn(self, form: str) -> bytes:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        with rc_context(_STYLE):
            drawing = Figure(figsize=self.size)
            FigureCanvasAgg(drawing)
            paint(drawing, self.panels)
            content = io.BytesIO()
            dateless: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
            drawing.savefig(content, format=form, dpi=_PNG_DPI, metadata=dateless)
        return content.getvalue()


def diagram_of(
    fit: Fit | FitRecord,
    *,
    standardized: bool = True,
    labels: Mapping[str, str] | None = None,
    loadings: bool = True,
    covariances: bool = True,
    group: str | None = None,
    digits: int = 2,
) -> Diagram:
    """The diagram of a fit or of its record, as :meth:`comply_measure.sem.Fit.diagram` explains."""
    check_arguments(
        "Not valid for a diagram.",
        standardized=(standardized, "flag"),
        labels=(labels, "names or none"),
        loadings=(loadings, "flag"),
        covariances=(covariances, "flag"),
        digits=(digits, "decimals"),
    )
    if not fit.has_optimum:
        raise ModelError(f"the fit {fit.unreached}: there is nothing to draw")
    table = fit.standardized() if standardized else fit.estimates
    model = getattr(fit, "model", None)  # a record has none, and tells groups by number
    if model is not None:
        table = _named(table, [str(each.name) for each in model.sample.groups])
    return diagram_of_table(
        table,
        "est_std" if standardized else "est",
        labels=labels,
        loadings=loadings,
        covariances=covariances,
        group=group,
        digits=digits,
        warning="" if fit.admissible else "the solution is not admissible",
    )


def _named(table: pd.DataFrame, blocks: Sequence[str]) -> pd.DataFrame:
    """Groups and levels by their names; blocks are those of the sample, the levels of a group side by side."""
    levels = ("within", "between") if "level" in table.columns else ("",)
    groups = [name.removesuffix(levels[0]).strip() for name in blocks[:: len(levels)]]
    found = table.assign(group=[groups[number - 1] if number else "" for number in table["group"]])
    return (
        found.assign(level=[levels[number - 1] if number else "" for number in found["level"]])
        if levels[0]
        else found
    )


def diagram_of_table(
    table: pd.DataFrame,
    column: str,
    *,
    labels: Mapping[str, str] | None = None,
    loadings: bool = True,
    covariances: bool = True,
    group: str | None = None,
    digits: int = 2,
    warning: str = "",
) -> Diagram:
    """The diagram of a table of parameters: ``lhs, op, rhs``, the column of values, and ``ci_lower, ci_upper``."""
    rows = table[table["op"].isin(["=~", "<~", "~", "~~"])]
    panels, notes = [], dict.fromkeys([warning] if warning else [])
    for title, part in _parts(rows, group):
        graph = graph_of(
            part, column, labels=labels, loadings=loadings, covariances=covariances, digits=digits,
            leading_zero=column == "est",
        )  # fmt: skip
        if not graph.variables:
            notes[f"{title}: neither paths nor factors, not drawn"] = None
            continue
        panel = panel_of(graph, title)
        panels.append(panel)
        notes |= dict.fromkeys(graph.notes)
        if any(line.arrow.uncertain for line in panel.lines):
            notes["dashed: the interval includes zero"] = None
        if any(node.kind == "product" for node in panel.nodes):
            notes["diamonds are products of the variables that lead to them"] = None
        if panel.dropped:
            notes[f"{panel.dropped} values found no free place; they are in the table"] = None
    if not panels:
        raise ModelError("the model has neither paths nor factors: there is nothing to draw")
    notes["variances, residuals and intercepts are not drawn"] = None
    return Diagram(tuple(panels), tuple(notes))


def _parts(table: pd.DataFrame, group: str | None) -> Sequence[tuple[str, pd.DataFrame]]:
    """Rows by group and level, with titles where there is more than one part."""
    keys = [name for name in ("group", "level") if name in table.columns and len(table[name].unique()) > 1]
    if not keys:
        found = [("", table)]
    else:
        found = [
            (", ".join(str(name) for name in (names if isinstance(names, tuple) else (names,)) if name), part)
            for names, part in table.groupby(keys, sort=False)
        ]
    if group is None:
        return found
    mine = [(title, part) for title, part in found if str(group) in title.split(", ")]
    if not mine:
        titles = [title for title, _ in found if title]
        problem = Problem(
            "no group of the fit", value=group, allowed=", ".join(titles) or "the fit has one group"
        )
        raise InputError("The diagram cannot be drawn.", [problem])
    return mine
