"""Lines of text are those of matplotlib: as wide, with the same outlines, in every face, at every angle."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from PIL import Image

from comply_measure.report.canvas import PNG_DPI, draw
from comply_measure.report.lettering import face_of

FACES = [
    FontProperties(family="DejaVu Sans", size=9),
    FontProperties(family="DejaVu Sans", size=7.5, weight="bold"),
    FontProperties(family="DejaVu Sans", size=20, style="oblique"),
    FontProperties(family="DejaVu Serif", size=11),
]
TEXTS = ["Ågq fi AV", "−.31*", "χ²(164) = 321.45, p < .001", " ", "Größe & „Maß“"]


@pytest.mark.parametrize("properties", FACES)
@pytest.mark.parametrize("text", TEXTS)
def test_outline_and_extent_are_those_of_matplotlib(text: str, properties: FontProperties) -> None:
    face = face_of(properties)
    assert face.has(text)
    line, scale = face.line(text), properties.get_size_in_points() / face.SIZE
    extent = text_to_path.get_text_width_height_descent(text, properties, False)
    assert tuple(part * scale for part in line.extent) == extent
    vertices, codes = text_to_path.get_text_path(properties, text)
    np.testing.assert_array_equal(line.outline.vertices, np.reshape(vertices, (-1, 2)))
    assert list(line.outline.codes if len(vertices) else ()) == list(codes)


def test_letters_in_svg_are_their_outlines_and_stand_where_they_are_set() -> None:
    line = face_of(FACES[0]).line("fif")
    assert len(line.letters) == 2
    places = re.findall(r'<use xlink:href="#([^"]+)"(?: x="([^"]+)")?/>', line.references)
    found = []
    for name, x in places:
        (outline,) = re.findall(r' d="([^"]+)"', line.letters[name])
        for command, numbers in re.findall(r"([MLQCZ])([^MLQCZ]*)", outline):
            points = np.array([float(part) for part in numbers.split()]).reshape(-1, 2)
            found.append((command, np.add(points, (float(x or 0), 0.0))))
    drawn = [(code, np.reshape(points, (-1, 2))) for points, code in line.outline.iter_segments()]
    names = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CLOSEPOLY: "Z"}
    assert [command for command, _ in found] == [names[code] for code, _ in drawn]
    for (command, points), (_, expected) in zip(found, drawn, strict=True):
        if command != "Z":
            np.testing.assert_allclose(points, expected, atol=1e-3)


def _written(angle: float, text: str = "HHHH", colour: Any = "red") -> tuple[Any, str]:
    def paint(drawing: Any) -> None:
        drawing.text(0.5, 0.5, text, fontsize=20, color=colour, rotation=angle, ha="center", va="center")

    figure = draw("f", "F", paint, size=(2, 2), alt="", layout=None)
    return np.asarray(Image.open(io.BytesIO(figure.png))), figure.svg.decode()


def test_turned_texts_turn_in_both() -> None:
    flat, _ = _written(0.0)
    turned, svg = _written(90.0)
    inked = [(picture != 254).any(axis=2) for picture in (flat, np.rot90(turned, -1))]
    edges = [
        [ends for axis in (0, 1) for ends in np.flatnonzero(mask.any(axis=axis))[[0, -1]]] for mask in inked
    ]
    assert edges[0] == pytest.approx(edges[1], abs=2)
    assert edges[0][1] - edges[0][0] == pytest.approx((4 * 0.752 - 0.196) * 20 / 72 * PNG_DPI, abs=3)
    assert "rotate(-90)" in svg and "fill: #ff0000" in svg


def test_faint_texts_are_faint_in_both() -> None:
    picture, svg = _written(0.0, colour=(1.0, 0.0, 0.0, 0.5))
    assert "opacity: 0.5" in svg
    assert tuple(picture.reshape(-1, 3).min(axis=0)) == pytest.approx((254, 127, 127), abs=2)


def test_of_characters_that_the_font_lacks_every_figure_warns() -> None:
    assert not face_of(FACES[0]).has("\u4e2d")
    for _ in range(2):
        with pytest.warns(UserWarning, match="Glyph 20013"):
            _written(0.0, "\u4e2d")


def test_texts_of_labels_are_escaped_where_they_stand() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, svg = _written(0.0, "a--> <script>&")
    assert "<script>" not in svg and "&lt;script&gt;&amp;" in svg
