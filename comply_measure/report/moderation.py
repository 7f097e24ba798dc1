"""Pictures of moderation: lines at values of a moderator, slopes along it with their region, and the surface."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.format import MINUS, number
from comply_measure.report.labels import wrapped
from comply_measure.report.parts import Figure

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.interactions.johnson_neyman import GroupRegions, JohnsonNeyman
    from comply_measure.sem.interactions.slopes import GroupSlopes, SimpleSlopes

_LINES = ("sales", "marketing", "it", "accent", "ink", "muted")
_STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
_PANEL = (4.4, 3.5)
_ALONG = 36  # letters of a line beside an axis
_NARROWEST = 320  # pixels of a panel: that of a phone
_COLOURS = ("#0b5394", "#9cc4e4", "#f0f0f1", "#f0b98a", "#a84a00")
BAND = "Bands are those of the effects: the expected outcome at the means is taken as given."


def moderation_lines(
    key: str,
    title: str,
    slopes: SimpleSlopes,
    labels: Mapping[str, str] | None = None,
    *,
    alt: str = "",
    language: str = "en",
) -> Figure:
    """Expected outcome along the predictor, a line with its band per value of the moderator; a panel per group.

    Parameters
    ----------
    key, title, alt
        See :class:`comply_measure.report.parts.Figure`; ``alt`` is made from the slopes if empty.
    slopes : SimpleSlopes
        From :func:`comply_measure.sem.simple_slopes`.
    labels : mapping of str to str, optional
        Names to show for variables.
    language : str
        Language of the words in the figure.
    """
    names = _Names(labels)
    table = slopes.lines()

    def paint(drawing: Any) -> None:
        shared = None
        for place, each in enumerate(slopes.groups, start=1):
            group = each.equation.group_name
            axes = drawing.add_subplot(1, len(slopes.groups), place, sharey=shared)
            shared = shared or axes
            mine = table[table["group"] == group]
            if slopes.quadratic:
                _line(axes, mine, 0, "")
            else:
                for position, (at, value) in enumerate(zip(each.names, each.values.tolist(), strict=True)):
                    label = _value_label(names(slopes.moderator), at, value)
                    _line(axes, mine[mine["at"] == at], position, label)
            axes.set_xlabel(wrapped(names(slopes.predictor), _ALONG))
            axes.grid(axis="y", linewidth=0.6)
            axes.set_axisbelow(True)
            if place == 1:
                axes.set_ylabel(wrapped(names(slopes.outcome), _ALONG))
            if group:
                axes.set_title(group)
            if not slopes.quadratic:
                axes.legend(loc="best", fontsize=7.5)

    told = alt or _slopes_in_words(slopes, names)
    return _in_panels(key, title, paint, len(slopes.groups), told, (BAND, *slopes.notes), language)


def moderation_region(
    key: str,
    title: str,
    regions: JohnsonNeyman,
    labels: Mapping[str, str] | None = None,
    *,
    alt: str = "",
    language: str = "en",
) -> Figure:
    """Slope along the moderator with its band, shaded where it differs from zero; a panel per group.

    Ticks above the axis are cases; for a factor, its mean and standard deviations.
    """
    names = _Names(labels)
    curves = regions.curve()

    def paint(drawing: Any) -> None:
        shared = None
        for place, each in enumerate(regions.groups, start=1):
            axes = drawing.add_subplot(1, len(regions.groups), place, sharey=shared)
            shared = shared or axes
            mine = curves[curves["group"] == each.equation.group_name]
            axes.axhline(0.0, color=COLOURS["muted"], linewidth=0.9)
            _shade(axes, each)
            _line(axes, mine.rename(columns={"value": "x", "est": "y"}), 0, "")
            _ticks(axes, each, regions.moderator)
            axes.set_xlim(each.low, each.high)
            axes.set_xlabel(wrapped(names(regions.moderator), _ALONG))
            if place == 1:
                along = f"Slope of {names(regions.outcome)} on {names(regions.predictor)}"
                axes.set_ylabel(wrapped(along, _ALONG))
            if each.equation.group_name:
                axes.set_title(each.equation.group_name)

    told = alt or _regions_in_words(regions, names)
    note = (
        f"Shaded: the slope differs from 0 (each value tested at {number(100 * (1 - regions.level), 0)} %)."
    )
    return _in_panels(key, title, paint, len(regions.groups), told, (note, *regions.notes), language)


def _in_panels(
    key: str,
    title: str,
    paint: Callable[[Any], None],
    n: int,
    alt: str,
    notes: tuple[str, ...],
    language: str,
) -> Figure:
    """A drawing of panels side by side, each at least as wide as it can be read."""
    size, least = (_PANEL[0] * n, _PANEL[1]), _NARROWEST * n
    return draw(key, title, paint, size=size, alt=alt, notes=notes, min_width=least, language=language)


def moderation_surface(
    key: str,
    title: str,
    slopes: SimpleSlopes,
    labels: Mapping[str, str] | None = None,
    *,
    alt: str = "",
    language: str = "en",
) -> Figure:
    """Expected outcome over predictor and moderator as contours, within the range of both; of the first group."""
    names = _Names(labels)
    x, z, y = slopes.surface(41)

    def paint(drawing: Any) -> None:
        import numpy as np
        from matplotlib.colors import LinearSegmentedColormap

        axes = drawing.add_subplot()
        scale = LinearSegmentedColormap.from_list("moderation", _COLOURS)
        filled = axes.contourf(x, z, y, levels=np.linspace(y.min(), y.max(), 10), cmap=scale)
        variables = [
            slopes.groups[0].equation.variables[name] for name in (slopes.predictor, slopes.moderator)
        ]
        cases = [variable.cases for variable in variables]
        if cases[0] is not None and cases[1] is not None:
            axes.plot(cases[0], cases[1], "o", ms=2.0, color=COLOURS["ink"], alpha=0.4)
        of = {
            side: wrapped(names(getattr(slopes, side)), _ALONG)
            for side in ("predictor", "moderator", "outcome")
        }
        axes.set(xlabel=of["predictor"], ylabel=of["moderator"])
        drawing.colorbar(filled, ax=axes, label=of["outcome"], format="%.3g")

    told = alt or (
        f"Contours of the expected {names(slopes.outcome)} over {names(slopes.predictor)} and "
        f"{names(slopes.moderator)}: from {number(float(y.min()))} to {number(float(y.max()))}."
    )
    return draw(
        key,
        title,
        paint,
        size=(5.0, 3.9),
        alt=told,
        notes=slopes.notes,
        min_width=_NARROWEST,
        language=language,
    )


class _Names:
    """Names to show for variables."""

    def __init__(self, labels: Mapping[str, str] | None) -> None:
        self.labels = labels or {}

    def __call__(self, name: str) -> str:
        return self.labels.get(name, name)


def _value_label(moderator: str, at: str, value: float) -> str:
    shown = number(value)
    return f"{moderator} {shown}" if at == f"{value:g}" else f"{moderator} {at.replace('-', MINUS)} ({shown})"


def _line(axes: Any, table: pd.DataFrame, position: int, label: str) -> None:
    colour = COLOURS[_LINES[position % len(_LINES)]]
    axes.fill_between(table["x"], table["ci_lower"], table["ci_upper"], color=colour, alpha=0.15, linewidth=0)
    axes.plot(table["x"], table["y"], color=colour, ls=_STYLES[position % len(_STYLES)], lw=1.5, label=label)


def _shade(axes: Any, each: GroupRegions) -> None:
    """Mark where the slope differs from zero, and the bounds inside the range."""
    for region in each.regions:
        low, high = max(region.lower, each.low), min(region.upper, each.high)
        if region.sign and low < high:
            axes.axvspan(low, high, color=COLOURS["fill"], linewidth=0, zorder=0)
        if each.low < region.lower < each.high:
            axes.axvline(region.lower, color=COLOURS["muted"], linewidth=0.9, linestyle=(0, (4, 3)))


def _ticks(axes: Any, each: GroupRegions, moderator: str) -> None:
    """Where the cases are along the moderator."""
    variable = each.equation.variables[moderator]
    places = variable.cases
    if places is None:
        steps = range(-2, 3)
        places = [variable.mean + step * variable.sd for step in steps]  # type: ignore[assignment]
    axes.vlines(
        places,
        0.0,
        0.03,
        color=COLOURS["muted"],
        linewidth=0.6,
        alpha=0.6,
        transform=axes.get_xaxis_transform(),
    )


def _slopes_in_words(slopes: SimpleSlopes, names: _Names) -> str:
    """The slopes as a sentence."""
    told = []
    for each in slopes.groups:
        for at, est in zip(each.names, each.est.tolist(), strict=True):
            told.append(f"{_group(each)}{number(est)} at {names(slopes.moderator)} {at}")
    return f"Slopes of {names(slopes.outcome)} on {names(slopes.predictor)}: {'; '.join(told)}."


def _regions_in_words(regions: JohnsonNeyman, names: _Names) -> str:
    """The regions as a sentence."""
    words = {1: "positive", -1: "negative", 0: "not different from 0"}
    told = [
        f"{_group(each)}{words[region.sign]} {_between(region.lower, region.upper)}"
        for each in regions.groups
        for region in each.regions
    ]
    where = f"along {names(regions.moderator)}"
    return f"Slope of {names(regions.outcome)} on {names(regions.predictor)} {where}: {'; '.join(told)}."


def _group(each: GroupSlopes | GroupRegions) -> str:
    name = each.equation.group_name
    return f"{name}: " if name else ""


def _between(lower: float, upper: float) -> str:
    if math.isinf(lower):
        return "everywhere" if math.isinf(upper) else f"below {number(upper)}"
    return f"above {number(lower)}" if math.isinf(upper) else f"from {number(lower)} to {number(upper)}"
