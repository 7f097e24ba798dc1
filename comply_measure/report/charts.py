"""Charts of a multi-informant study: role profiles, gap heat maps, dot-and-interval plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

from comply_measure.report.canvas import COLOURS, draw, text_on
from comply_measure.report.format import number
from comply_measure.report.parts import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Inches of a letter in the size of figures, and beside the cells of a heat map; letters of a row before it is broken.
_LETTER, _COLOUR_BAR, _ROW_LABEL = 0.075, 1.0, 36
_ROLE_COLOURS = ("marketing", "sales", "it")
# Further roles; and series that are no roles, which must not look like one.
_MORE_COLOURS = ("#a05195", "#7d7a1e", "#5aa7c7", "#c0506a", "#6b5344")


def role_colour(role: str, position: int) -> str:
    """The fixed colour of a known role, else one by position: eight that differ, also for the colour-blind."""
    if role in _ROLE_COLOURS:
        return COLOURS[role]
    place = position % (len(_ROLE_COLOURS) + len(_MORE_COLOURS))
    return (
        COLOURS[_ROLE_COLOURS[place]]
        if place < len(_ROLE_COLOURS)
        else _MORE_COLOURS[place - len(_ROLE_COLOURS)]
    )


def profile_plot(
    key: str,
    title: str,
    categories: Sequence[str],
    series: Mapping[str, tuple[str, Array, Array, Array]],
    *,
    axis_label: str,
    limits: tuple[float, float] | None,
    alt: str,
    notes: tuple[str, ...] = (),
    language: str = "en",
) -> Figure:
    """Mean with interval of each role over categories (dimensions), roles side by side.

    Parameters
    ----------
    categories : sequence of str
        Labels of the horizontal axis.
    series : mapping
        Role key -> (label, mean, lower bound, upper bound), each of the length of ``categories``.
    limits : tuple of float or None
        Range of the vertical axis; None follows the data.
    """

    def paint(drawing: Any) -> None:
        axes = drawing.add_subplot()
        for position, (role, (label, mean, lower, upper)) in enumerate(series.items()):
            shift = step * (position - (len(series) - 1) / 2)
            places = [index + shift for index in range(len(categories))]
            colour = role_colour(role, position)
            axes.vlines(places, lower, upper, color=colour, linewidth=1.4)
            marker = MARKERS[position % len(MARKERS)]
            axes.plot(places, mean, marker=marker, color=colour, label=label, linewidth=0.8, markersize=5)
        axes.set_xticks(range(len(categories)), categories)
        axes.set_ylabel(axis_label)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_axisbelow(True)
        if limits is not None:
            axes.set_ylim(*limits)
        drawing.legend(loc="outside upper center", ncols=columns)

    # Roles of one category keep apart from those of the next, however many there are.
    step = min(0.14, 0.7 / max(1, len(series) - 1))
    columns = _legend_columns([label for label, *_ in series.values()], 7.2)
    height = 3.7 + 0.2 * (-(-len(series) // columns) - 1 if series else 0)
    return draw(key, title, paint, size=(7.2, height), alt=alt, notes=notes, min_width=560, language=language)


def _write_cells(
    axes: Any,
    values: Array,
    marks: npt.NDArray[np.bool_] | None,
    shape: Callable[[float], str],
    colour: Callable[[float], Any],
    size: float,
) -> None:
    """The number of each cell of a heat map, legible on the cell's colour; marked ones bold with an asterisk."""
    import numpy as np

    for (row, column), value in np.ndenumerate(values):
        marked = marks is not None and bool(marks[row, column])
        axes.text(
            column + 0.5,
            row + 0.5,
            (shape(value) if np.isfinite(value) else "") + ("*" if marked else ""),
            ha="center",
            va="center",
            color=text_on(colour(value)) if np.isfinite(value) else COLOURS["muted"],
            weight="bold" if marked else "normal",
            fontsize=size,
            in_layout=False,
        )


def _paint_bar(bar: Any, least: float, reach: float, scale: Any, norm: Any) -> None:
    """The colours of a bar beside a map as one image, in place of hundreds of narrow cells."""
    import numpy as np

    bar.outline.set_visible(False)
    bar.solids.set_visible(False)
    bar.ax.imshow(
        np.linspace(least, reach, 256)[:, None],
        cmap=scale,
        norm=norm,
        extent=(0, 1, least, reach),
        origin="lower",
        aspect="auto",
    )


def heat_map(
    key: str,
    title: str,
    values: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    bar_label: str,
    alt: str,
    groups: Sequence[str] | None = None,
    marks: npt.NDArray[np.bool_] | None = None,
    symmetric: bool = True,
    shape: Callable[[float], str] = number,
    notes: tuple[str, ...] = (),
    language: str = "en",
) -> Figure:
    """Numbers in coloured cells; diverging around zero, or one hue from zero upwards.

    Parameters
    ----------
    values : (rows, columns) array
        NaN cells stay empty.
    groups : sequence of str, optional
        Group of each row; a line separates groups.
    marks : (rows, columns) array of bool, optional
        Cells whose number is set in bold with an asterisk.
    symmetric : bool
        Diverging colours with zero in the middle, or sequential colours from zero.
    shape : callable
        How a number is printed.
    """
    import numpy as np

    finite = values[np.isfinite(values)]
    reach = max(float(np.abs(finite).max()), 1e-12) if finite.size else 1.0
    layout = cell_layout(rows, columns)
    height, small = layout.height, 8.0 if len(columns) <= 9 else 5.6

    def paint(drawing: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        ends = ["#0b5394", "#9cc4e4", "#f0f0f1", "#f0b98a", "#a84a00"]
        scale = LinearSegmentedColormap.from_list("gaps", ends if symmetric else ends[2:])
        least = -reach if symmetric else 0.0
        norm = Normalize(least, reach)
        axes = drawing.add_subplot()
        mesh = axes.pcolormesh(
            np.ma.masked_invalid(values), cmap=scale, norm=norm, edgecolors=COLOURS["paper"], linewidth=1.5
        )
        axes.invert_yaxis()
        _write_cells(axes, values, marks, shape, lambda value: scale(norm(value)), small)
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=90 if layout.upright else 0)
        axes.set_yticks(np.arange(len(rows)) + 0.5, layout.rows)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        for row in _breaks(groups):
            axes.axhline(row, color=COLOURS["muted"], linewidth=0.9)
        bar = drawing.colorbar(mesh, ax=axes, shrink=min(1.0, 2.4 / height), aspect=18, label=bar_label)
        _paint_bar(bar, least, reach, scale, norm)

    least_width = round(520 * layout.width / 6.4)
    return draw(
        key,
        title,
        paint,
        size=(layout.width, height),
        alt=alt,
        notes=notes,
        min_width=least_width,
        language=language,
    )


def dot_plot(
    key: str,
    title: str,
    rows: Sequence[str],
    series: Mapping[str, tuple[Array, Array, Array]],
    *,
    axis_label: str,
    alt: str,
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
    stagger: bool = True,
    notes: tuple[str, ...] = (),
    language: str = "en",
) -> Figure:
    """Estimates with intervals, one row each; several series are staggered within a row if asked.

    Parameters
    ----------
    series : mapping
        Label -> (estimate, lower, upper), each of the length of ``rows``; NaN bounds draw no interval.
    reference : float, optional
        A dashed vertical line.
    """

    def paint(drawing: Any) -> None:
        axes = drawing.add_subplot()
        for position, (label, (estimate, lower, upper)) in enumerate(series.items()):
            shift = 0.2 * (position - (len(series) - 1) / 2) if stagger else 0.0
            places = [index + shift for index in range(len(rows))]
            colour = ((COLOURS["accent"], *_MORE_COLOURS))[position % (1 + len(_MORE_COLOURS))]
            axes.hlines(places, lower, upper, color=colour, linewidth=1.4)
            marker = MARKERS[position % len(MARKERS)]
            axes.plot(estimate, places, marker, color=colour, label=label, markersize=5)
        if reference is not None:
            axes.axvline(reference, color=COLOURS["muted"], linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.set_xlabel(axis_label)
        axes.grid(axis="x", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        if limits is not None:
            axes.set_xlim(*limits)
        if len(series) > 1:
            labels = [str(label) for label in series]
            drawing.legend(loc="outside upper center", ncols=_legend_columns(labels, 6.4))

    size = (6.4, 0.9 + 0.34 * len(rows))
    return draw(key, title, paint, size=size, alt=alt, notes=notes, min_width=520, language=language)


@dataclass(frozen=True, slots=True)
class CellLayout:
    """How a figure of cells holds its labels: inches, labels of rows in lines, whether columns stand upright."""

    width: float
    height: float
    rows: tuple[str, ...]
    upright: bool


def cell_layout(rows: Sequence[str], columns: Sequence[str]) -> CellLayout:
    """A layout in which no label runs into another and every cell holds its number.

    The usual size where that is enough; else labels of columns stand upright and the figure grows.
    """
    width, cell = 6.4, 0.43 if len(columns) <= 9 else 0.25
    shown = tuple(
        fill(row, _ROW_LABEL, break_long_words=False) if len(row) > _ROW_LABEL else row for row in rows
    )
    lines = max((row.count("\n") + 1 for row in shown), default=1)
    beside = _LETTER * _longest(shown) + _COLOUR_BAR
    room = (width - beside) / max(1, len(columns))
    upright = _LETTER * _longest(columns) > max(room, cell)
    if upright:  # lines of a label stand beside each other
        cell = max(cell, 0.17 * max(label.count("\n") + 1 for label in columns))
    above = _LETTER * _longest(columns) if upright else 0.0
    return CellLayout(
        max(width, beside + cell * len(columns)),
        0.75 + (0.27 if lines == 1 else 0.17 * lines) * len(rows) + above,
        shown,
        upright,
    )


def _longest(texts: Sequence[str]) -> int:
    """Letters of the longest line."""
    return max((len(line) for text in texts for line in text.splitlines()), default=0)


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """As many entries of a legend side by side as fit the width."""
    return max(1, min(len(labels), int(width / (_LETTER * _longest(labels) + 0.55))))


def _breaks(groups: Sequence[str] | None) -> list[int]:
    if groups is None:
        return []
    return [index for index in range(1, len(groups)) if groups[index] != groups[index - 1]]
