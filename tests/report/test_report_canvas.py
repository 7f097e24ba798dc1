"""A figure is drawn once, as vectors and as pixels: both show the same things at the same places."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.patches import Circle, Polygon, Rectangle
from PIL import Image

from comply_measure.report.canvas import PNG_DPI, draw
from comply_measure.report.charts import heat_map

RED, PAPER = (255, 0, 0), (254, 254, 254)


def page(drawing: Any) -> Any:
    """Axes over the whole figure, measured in inches."""
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 2), ylim=(0, 1))
    axes.set_axis_off()
    return axes


def pixels(png: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)))


def extent(png: bytes) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of all that is no paper, in inches."""
    inked = (pixels(png) != PAPER).any(axis=2)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    height = inked.shape[0]
    edges = (columns[0], height - rows[-1] - 1, columns[-1] + 1, height - rows[0])
    return tuple(float(edge) / PNG_DPI for edge in edges)  # type: ignore[return-value]


def rectangle(axes: Any) -> None:
    axes.add_patch(Rectangle((0.4, 0.2), 1.0, 0.5, color="red", linewidth=0))


def line(axes: Any) -> None:
    axes.plot([0.4, 1.4], [0.45, 0.45], color="red", linewidth=36, solid_capstyle="butt")


def markers(axes: Any) -> None:
    axes.plot([0.65, 1.15], [0.45, 0.45], "s", color="red", markersize=36, markeredgewidth=0)


def within(axes: Any, bounds: Any) -> None:
    patch = Rectangle((0, 0), 2, 1, color="red", linewidth=0)
    axes.add_patch(patch)
    patch.set_clip_path(bounds)


def within_a_rectangle(axes: Any) -> None:
    within(axes, Rectangle((0.4, 0.2), 1.0, 0.5, transform=axes.transData))


def within_a_path(axes: Any) -> None:
    within(axes, Polygon([(0.4, 0.2), (1.4, 0.2), (1.4, 0.7), (0.4, 0.7)], transform=axes.transData))


def collection(axes: Any) -> None:
    axes.fill_between([0.4, 1.4], [0.2, 0.2], [0.7, 0.7], color="red", linewidth=0)


def mesh(axes: Any) -> None:
    axes.pcolormesh([0.4, 0.9, 1.4], [0.2, 0.7], [[1.0, 1.0]], cmap="autumn", vmin=1, vmax=2)


def image(axes: Any) -> None:
    axes.imshow(np.full((3, 3, 3), RED, dtype=np.uint8), extent=(0.4, 1.4, 0.2, 0.7), aspect="auto", zorder=2)


#: What the vectors say, in points from the top: a corner, the middle of lines and markers, a shape above the bottom.
PLACES = {
    rectangle: b"M 28.8 57.6 L 100.8 57.6 L 100.8 21.6 L 28.8 21.6",
    line: b"M 28.8 39.6 L 100.8 39.6",
    markers: b'x="46.8" y="39.6"',
    within_a_rectangle: b'<rect x="28.8" y="21.6" width="72" height="36"/> </clipPath>',
    within_a_path: b'<path d="M 28.8 57.6 L 100.8 57.6 L 100.8 21.6 L 28.8 21.6',
    collection: b"M 28.8 -50.4 L 28.8 -14.4 L 100.8 -14.4",
    mesh: b"M 28.8 57.6 L 64.8 57.6 L 64.8 21.6 L 28.8 21.6",
    image: b'transform="scale(1 -1) translate(0 -36)" x="28.8" y="-21.6" width="72" height="36"',
}


@pytest.mark.parametrize("shape", PLACES)
def test_every_kind_of_shape_has_its_place_and_colour(shape: Any) -> None:
    figure = draw("f", "F", lambda drawing: shape(page(drawing)), size=(2, 1), alt="", layout=None)
    found = pixels(figure.png)
    assert found.shape == (PNG_DPI, 2 * PNG_DPI, 3)
    assert tuple(found[round(0.55 * PNG_DPI), round(0.65 * PNG_DPI)]) == RED
    assert extent(figure.png) == pytest.approx((0.4, 0.2, 1.4, 0.7), abs=1.01 / PNG_DPI)
    assert b'viewBox="0 0 144 72"' in figure.svg
    assert PLACES[shape] in re.sub(rb"\s+", b" ", figure.svg)


def test_texts_stand_where_the_vectors_have_them() -> None:
    def paint(drawing: Any) -> None:
        page(drawing).text(0.4, 0.2, "HHHH", fontsize=20, color="red", va="baseline")

    figure = draw("f", "F", paint, size=(2, 1), alt="", layout=None)
    left, bottom, right, top = extent(figure.png)
    # Of DejaVu Sans: H is .729 em high and .752 em wide, with .098 em of space on either side.
    assert (bottom, top) == pytest.approx((0.2, 0.2 + 0.729 * 20 / 72), abs=1.5 / PNG_DPI)
    assert left == pytest.approx(0.4 + 0.098 * 20 / 72, abs=1.5 / PNG_DPI)
    assert right == pytest.approx(0.4 + (4 * 0.752 - 0.098) * 20 / 72, abs=1.5 / PNG_DPI)


def test_dashes_and_widths_are_points_in_both() -> None:
    def paint(drawing: Any) -> None:
        page(drawing).plot([0, 2], [0.5, 0.5], color="red", lw=7.2, ls=(0, (2, 3)), dash_capstyle="butt")

    figure = draw("f", "F", paint, size=(2, 1), alt="", layout=None)
    _, bottom, _, top = extent(figure.png)
    assert top - bottom == pytest.approx(0.1, abs=1.01 / PNG_DPI)
    red = (pixels(figure.png)[PNG_DPI // 2] == RED).all(axis=1)
    assert red.mean() == pytest.approx(2 / 5, abs=0.02)  # the edges of dashes are mixed colours
    assert b"stroke-dasharray: 14.4,21.6" in figure.svg and b"stroke-width: 7.2" in figure.svg


def test_the_same_drawing_gives_the_same_bytes() -> None:
    def paint(drawing: Any) -> None:
        axes = page(drawing)
        axes.add_patch(Circle((1, 0.5), 0.3))
        markers(axes)

    one, other = (draw("f", "F", paint, size=(2, 1), alt="", layout=None) for _ in range(2))
    assert one.svg == other.svg and one.png == other.png


def test_the_bar_of_a_heat_map_has_the_colours_of_its_cells() -> None:
    figure = heat_map("f", "F", np.array([[-1.0], [1.0]]), ["a", "b"], ["c"], bar_label="", alt="")
    found = pixels(figure.png)
    colours = {tuple(colour) for colour in found.reshape(-1, 3)}
    assert {(11, 83, 148), (168, 74, 0)} <= colours  # the two cells
    bar = found[:, int(found.shape[1] * 0.87)].astype(int)
    assert np.abs(bar - (11, 83, 148)).sum(axis=1).min() <= 6
    assert np.abs(bar - (168, 74, 0)).sum(axis=1).min() <= 6
