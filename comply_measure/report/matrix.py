"""Matrices of numbers in coloured cells, one above the other in one figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

from comply_measure.report.canvas import COLOURS, draw, text_on
from comply_measure.report.format import bounded
from comply_measure.report.parts import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_SHADES = ("#f2f4f8", "#c3cfe6", "#7d97cc", "#3f5ba8")
_ROW_HEIGHT = 0.34
# Inches of the figure and of a letter of a title.
_WIDTH, _LETTER = 6.2, 0.085


@dataclass(frozen=True, slots=True)
class Panel:
    """One matrix.

    Parameters
    ----------
    title : str
        What stands above it.
    values : (rows, columns) array
        NaN cells stay empty; shaded by their absolute value, from 0 to 1.
    rows, columns : sequence of str
        Labels.
    marks : (rows, columns) array of bool
        Cells in bold.
    """

    title: str
    values: Array
    rows: Sequence[str]
    columns: Sequence[str]
    marks: npt.NDArray[np.bool_]


def matrix_plot(
    key: str,
    title: str,
    panels: Sequence[Panel],
    *,
    alt: str,
    notes: tuple[str, ...] = (),
    shape: Callable[[float], str] = bounded,
    language: str = "en",
) -> Figure:
    """Several matrices of correlations below each other, cells shaded by size.

    Parameters
    ----------
    key, title, alt, notes
        See :class:`comply_measure.report.parts.Figure`.
    panels : sequence of Panel
        From top to bottom.
    shape : callable
        How a number is printed.
    """
    heights = [len(panel.rows) * _ROW_HEIGHT + 0.65 for panel in panels]

    def paint(drawing: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        scale = LinearSegmentedColormap.from_list("size", list(_SHADES))
        drawing.get_layout_engine().set(hspace=0.1)
        grid = drawing.add_gridspec(len(panels), 1, height_ratios=heights)
        for place, panel in enumerate(panels):
            _paint(drawing.add_subplot(grid[place, 0]), panel, scale, shape)

    return draw(
        key, title, paint, size=(_WIDTH, sum(heights)), alt=alt, notes=notes, min_width=600, language=language
    )


def _paint(axes: Any, panel: Panel, scale: Any, shape: Callable[[float], str]) -> None:
    import numpy as np

    size = np.ma.masked_invalid(np.clip(np.abs(panel.values), 0.0, 1.0))
    axes.pcolormesh(size, cmap=scale, vmin=0.0, vmax=1.0, edgecolors=COLOURS["paper"], linewidth=1.5)
    axes.invert_yaxis()
    for (row, column), value in np.ndenumerate(panel.values):
        if not np.isfinite(value):
            continue
        axes.text(
            column + 0.5,
            row + 0.5,
            shape(value),
            ha="center",
            va="center",
            fontsize=8.5,
            weight="bold" if panel.marks[row, column] else "normal",
            color=text_on(scale(min(abs(float(value)), 1.0))),
            in_layout=False,
        )
    axes.set_xticks(np.arange(len(panel.columns)) + 0.5, panel.columns)
    axes.set_yticks(np.arange(len(panel.rows)) + 0.5, panel.rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    # Above the cells alone, on as many lines as labels of rows leave it.
    room = max(18, int(_WIDTH / _LETTER) - max((len(row) for row in panel.rows), default=0) - 4)
    title = panel.title if len(panel.title) <= room else fill(panel.title, room)
    axes.set_title(title, loc="left", pad=8, color=COLOURS["muted"])
