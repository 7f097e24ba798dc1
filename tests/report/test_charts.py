"""Charts say what they were given: means, ends of intervals, order and look of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from chapter_texts import drawings_described
from matplotlib import rc_context
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Drawing

from comply_measure.report.canvas import COLOURS
from comply_measure.report.charts import MARKERS, cell_layout, dot_plot, heat_map, profile_plot
from comply_measure.report.parts import Figure

MEAN = {"it": np.array([3.0, 4.5, 2.0]), "sales": np.array([3.5, np.nan, 1.0]), "buyer": np.ones(3)}


@pytest.fixture
def drawings() -> Iterator[list[Drawing]]:
    """Drawings instead of pictures of them."""
    kept: list[Drawing] = []

    def draw(key: str, title: str, paint: Any, *, size: tuple[float, float], alt: str, **_: Any) -> Figure:
        kept.append(Drawing(figsize=size))
        paint(kept[-1])
        return Figure(key, title, b"", b"", alt)

    with drawings_described(draw):
        yield kept


def bounds(mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals that are not symmetric."""
    return mean, mean - 0.25, mean + 0.75


def ends(whiskers: Any) -> list[list[list[float]]]:
    """Both ends of every whisker; empty where there is none."""
    return [np.asarray(line).tolist() for line in whiskers.get_segments()]


def looks(whiskers: Any) -> tuple[str, float]:
    """Colour and width of whiskers."""
    return to_hex(whiskers.get_color()[0]), float(whiskers.get_linewidth()[0])


def test_whiskers_of_a_profile_end_at_the_bounds_beside_each_other(drawings: list[Drawing]) -> None:
    series = {role: (role.upper(), *bounds(mean)) for role, mean in MEAN.items()}
    profile_plot("p", "P", ["a", "b", "c"], series, axis_label="Score", limits=(1.0, 7.0), alt="")
    (axes,) = drawings[0].axes
    assert axes.get_ylim() == (1.0, 7.0) and axes.get_ylabel() == "Score"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in drawings[0].legends[0].get_texts()] == ["IT", "SALES", "BUYER"]
    colours = (
        COLOURS["it"],
        COLOURS["sales"],
        COLOURS["it"],
    )  # a role of no fixed colour takes that of its place
    for place, (mean, line, whiskers) in enumerate(
        zip(MEAN.values(), axes.lines, axes.collections, strict=True)
    ):
        x = np.arange(3) + 0.14 * (place - 1)
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([x, mean]))
        drawn = zip(x, mean, strict=True)
        assert ends(whiskers) == [[] if np.isnan(m) else [[at, m - 0.25], [at, m + 0.75]] for at, m in drawn]
        assert looks(whiskers) == (colours[place], 1.4)
        assert (line.get_color(), line.get_marker()) == (colours[place], MARKERS[place])


@pytest.mark.parametrize("stagger", [True, False])
def test_whiskers_of_a_dot_plot_end_at_the_bounds_row_by_row(drawings: list[Drawing], stagger: bool) -> None:
    series = {role: bounds(mean) for role, mean in MEAN.items()}
    rows = ["a", "b", "c"]
    dot_plot("d", "D", rows, series, axis_label="ICC", alt="", reference=2.5, limits=(0, 6), stagger=stagger)
    (axes,) = drawings[0].axes
    assert axes.get_xlim() == (0.0, 6.0) and axes.get_xlabel() == "ICC"
    assert axes.yaxis_inverted()  # the first row stands on top
    *points, dashed = axes.lines
    assert list(dashed.get_xdata()) == [2.5, 2.5]
    for place, (mean, dots, whiskers) in enumerate(zip(MEAN.values(), points, axes.collections, strict=True)):
        y = np.arange(3) + (0.2 * (place - 1) if stagger else 0.0)
        np.testing.assert_allclose(dots.get_xydata(), np.column_stack([mean, y]))
        drawn = zip(y, mean, strict=True)
        assert ends(whiskers) == [[] if np.isnan(m) else [[m - 0.25, at], [m + 0.75, at]] for at, m in drawn]
        assert looks(whiskers)[1] == 1.4 and dots.get_linestyle() == "None"
    assert [text.get_text() for text in drawings[0].legends[0].get_texts()] == list(MEAN)


def test_one_series_needs_no_legend_and_no_line_without_reference(drawings: list[Drawing]) -> None:
    dot_plot("d", "D", ["a"], {"RMSEA": (*np.array([[0.05], [0.04], [0.06]]),)}, axis_label="", alt="")
    assert drawings[0].legends == [] and len(drawings[0].axes[0].lines) == 1


LONG = [f"Procurement and sourcing {letter}" for letter in "abcdefgh"]


def boxes(drawing: Drawing, texts: Any) -> list[Any]:
    """Where texts are drawn, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(drawing).get_renderer()
    drawing.draw(renderer)
    return [text.get_window_extent(renderer) for text in texts if text.get_text()]


def test_eight_roles_with_long_names_fit_their_figure(drawings: list[Drawing]) -> None:
    series = {f"r{i}": (name, *bounds(np.arange(3.0))) for i, name in enumerate(LONG)}
    profile_plot("k", "T", list("abc"), series, axis_label="", limits=None, alt="")
    (axes,) = drawings[0].axes
    places = np.array([line.get_xdata() for line in axes.get_lines()], dtype=float)
    assert (places.max(axis=0)[:-1] < places.min(axis=0)[1:]).all(), "roles of two categories stand apart"
    assert len({(line.get_color(), line.get_marker()) for line in axes.get_lines()}) == 8
    width = drawings[0].get_figwidth() * drawings[0].dpi
    named = boxes(drawings[0], drawings[0].legends[0].get_texts())
    assert len(named) == 8
    assert all(box.x0 >= 0 and box.x1 <= width for box in named)


def test_labels_of_many_columns_stand_upright_and_apart(drawings: list[Drawing]) -> None:
    pairs = [f"{one} –\n{other}" for one in LONG[:4] for other in LONG[4:]]
    rows = ["A row with a name of more than thirty-six letters", "b"]
    with rc_context({"font.size": 9.0, "figure.constrained_layout.use": True}):  # as pictures are drawn
        heat_map("k", "T", np.linspace(-1, 1, 32).reshape(2, 16), rows, pairs, bar_label="", alt="")
        axes = drawings[0].axes[0]
        found = sorted(boxes(drawings[0], axes.get_xticklabels()), key=lambda box: box.x0)
    assert len(found) == 16
    assert all(left.x1 <= right.x0 + 1 for left, right in pairwise(found))
    assert "\n" in axes.get_yticklabels()[0].get_text()


def test_short_labels_keep_the_usual_size() -> None:
    layout = cell_layout(["Tool orientation"] * 20, ["Marketing –\nSales", "Marketing –\nIT", "Sales –\nIT"])
    assert (layout.width, layout.height, layout.upright) == (6.4, 0.75 + 0.27 * 20, False)
