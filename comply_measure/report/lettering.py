"""Lines of text as outlines, worked out once for all figures: to set the same few words costs more than to draw them.

Positions and outlines are matplotlib's, without hinting, so that a line looks the same as vectors and as pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

Array = npt.NDArray[np.float64]
_KEPT = 4096
# Code of an outline's step -> its command in SVG, and its points.
_STEPS: dict[int, tuple[str, int]] = {
    int(Path.MOVETO): ("M", 1),
    int(Path.LINETO): ("L", 1),
    int(Path.CURVE3): ("Q", 2),
    int(Path.CURVE4): ("C", 3),
    int(Path.CLOSEPOLY): ("Z", 1),
}


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text in a face of :attr:`Face.SIZE` points.

    Parameters
    ----------
    outline : Path
        All letters, upwards from the baseline.
    extent : tuple of float
        Width, height and descent.
    letters : dict of str to str
        Identifier -> SVG element that defines the letter.
    references : str
        SVG elements that put the letters where they stand.
    """

    outline: Path
    extent: tuple[float, float, float]
    letters: dict[str, str]
    references: str


class Face:
    """A face of a font: family, weight and style."""

    #: Points at which lines are worked out.
    SIZE = text_to_path.FONT_SCALE

    def __init__(self, properties: FontProperties) -> None:
        self._properties = properties
        self._file = fontManager.findfont(properties)
        self._characters = frozenset(get_font(self._file).get_charmap())
        self._outlines: dict[str, tuple[Array, Array]] = {}
        self._elements: dict[str, str] = {}
        self._lines: dict[str, Line] = {}

    def has(self, text: str) -> bool:
        """Whether the face has all characters; matplotlib warns of others each time it meets them."""
        return text in self._lines or self._characters.issuperset(map(ord, text))

    def line(self, text: str) -> Line:
        """A text without line ends, whose characters the face has."""
        found = self._lines.get(text)
        if found is None:
            if len(self._lines) >= _KEPT:
                self._lines.clear()
            found = self._lines[text] = self._set(text)
        return found

    def _set(self, text: str) -> Line:
        font = get_font(self._file)
        font.set_size(self.SIZE, text_to_path.DPI)
        glyphs, _, _ = text_to_path.get_glyphs_with_font(font, text, self._outlines)
        extent = text_to_path.get_text_width_height_descent(text, self._properties, False)
        places = [(name, x, y) for name, x, y, _ in glyphs]
        for name in {name for name, _, _ in places} - self._elements.keys():
            self._elements[name] = f'<path id="{name}" d="{_drawn(*self._outlines[name])}"/>'
        letters = {name: self._elements[name] for name, _, _ in places}
        references = "".join(f'<use xlink:href="#{name}"{_at(x, y)}/>' for name, x, y in places)
        return Line(_joined(places, self._outlines), extent, letters, references)


def face_of(properties: FontProperties) -> Face:
    """The face that a text of these properties is set in, whatever its size."""
    family = tuple(properties.get_family())
    return _face(family, properties.get_style(), properties.get_weight(), properties.get_stretch())


@lru_cache(maxsize=64)
def _face(family: tuple[str, ...], style: Any, weight: int | str, stretch: int | str) -> Face:
    return Face(
        FontProperties(family=list(family), style=style, weight=weight, stretch=stretch, size=Face.SIZE)
    )


def _joined(places: Iterable[tuple[str, float, float]], outlines: dict[str, tuple[Array, Array]]) -> Path:
    """The outlines of letters at their places as one path."""
    moved = [(outlines[name][0] + (x, y), outlines[name][1]) for name, x, y in places]
    if not any(len(vertices) for vertices, _ in moved):
        return Path(np.empty((0, 2)))
    return Path(np.concatenate([v for v, _ in moved]), np.concatenate([c for _, c in moved]))


def _drawn(vertices: Array, codes: Iterable[int]) -> str:
    """An outline in the words of SVG; fractions of a 640th of the size are all that fonts know."""
    found, place, kinds = [], 0, [int(code) for code in codes]
    while place < len(kinds):
        command, points = _STEPS[kinds[place]]
        numbers = () if command == "Z" else vertices[place : place + points].ravel()
        found.append(command + " ".join(map(_short, numbers)))
        place += points
    return "".join(found)


def _at(x: float, y: float) -> str:
    return "".join(f' {name}="{_short(value)}"' for name, value in (("x", x), ("y", y)) if value)


def _short(value: float) -> str:
    return f"{value:.6g}"
