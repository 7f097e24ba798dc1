"""From a drawing to bytes: deterministic SVG and PNG, and an inline form that follows the page's colours.

The figures use only the colours of :data:`COLOURS`. On disk they are what they are (dark ink on white); in
the HTML report each of them becomes a CSS variable, so the same figure is readable on a light and on a
dark page.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from comply_measure.report.parts import Figure
from comply_measure.report.translation.translator import Translator, translator

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg

#: Name -> colour on paper. Role colours are distinguishable with any colour vision (after Okabe and Ito).
COLOURS = MappingProxyType(
    {
        "ink": "#1b1f24",
        "muted": "#5b6571",
        "grid": "#d4d9df",
        "paper": "#fefefe",
        "marketing": "#b2540a",
        "sales": "#0b68a8",
        "it": "#17805a",
        "accent": "#31418f",
        "fill": "#eef1f6",
    }
)
_DARK_AND_LIGHT_TEXT = ("#1b1f25", "#fdfdfe")
_BASE_SIZE = 9.0
PNG_DPI = 150
_COMPRESSION = 1  # of nine levels: half of the usual time for files a tenth larger

_STYLE = {
    "svg.hashsalt": "comply-measure",
    "svg.fonttype": "path",
    # Letters of the bitmap stand where those of the vectors do.
    "text.hinting": "none",
    "font.family": "DejaVu Sans",
    "font.size": _BASE_SIZE,
    "axes.titlesize": _BASE_SIZE + 0.5,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "grid.color": COLOURS["grid"],
    "figure.facecolor": COLOURS["paper"],
    # Labels are texts from data and scales: a dollar sign is a dollar sign.
    "text.parse_math": False,
    "legend.frameon": False,
}


def draw(
    key: str,
    title: str,
    paint: Callable[[Any], None],
    *,
    size: tuple[float, float],
    alt: str,
    notes: tuple[str, ...] = (),
    min_width: int = 0,
    layout: Literal["constrained"] | None = "constrained",
    language: str = "en",
) -> Figure:
    """Run a painting function on an empty matplotlib figure and keep the result as bytes.

    Parameters
    ----------
    key, title, alt, notes, min_width
        See :class:`comply_measure.report.parts.Figure`.
    paint : callable
        Receives a ``matplotlib.figure.Figure`` and draws on it; no pyplot state is involved.
    size : tuple of float
        Width and height in inches.
    layout : {"constrained"}, optional
        Whether axes are moved to where their labels leave room, which costs a third of the drawing, or stay where
        they were put.
    language : str
        Language of the texts in the drawing.

    Returns
    -------
    Figure
        The same input gives the same bytes: identifiers are salted by a constant and no date is written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Drawing

    from comply_measure.report.renderer import POINTS, PairCanvas, PairRenderer

    with rc_context(_STYLE):
        drawing = Drawing(figsize=size, dpi=POINTS, layout=layout)
        svg = io.StringIO()
        renderer = PairRenderer(size[0], size[1], PNG_DPI, svg)
        canvas = PairCanvas(drawing, renderer)
        paint(drawing)
        say = translator(language)
        if not say.leaves_texts:
            retell(drawing, say)
        canvas.draw()
    png = _as_png(renderer.bitmap)
    return Figure(key, title, svg.getvalue().encode("utf-8"), png, alt, notes, min_width)


def retell(drawing: Any, say: Translator) -> None:
    """Texts of a drawing in another language: titles, labels, legends, and ticks that were named."""
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator

    for axis in (axis for axes in drawing.axes for axis in (axes.xaxis, axes.yaxis)):
        if isinstance(axis.get_major_locator(), FixedLocator):
            places = axis.get_majorticklocs()
            named = axis.get_major_formatter().format_ticks(places)
            told = [say(text) for text in named]
            if told != list(named):
                axis.set_ticks(places, told)
    for artist in drawing.findobj(Text):
        label = say(artist.get_text())
        if label != artist.get_text():
            artist.set_text(label)


def _as_png(bitmap: RendererAgg) -> bytes:
    """The pixels as a file; the paper is opaque, so that it needs no transparency.

    Rows stand as they are: most of a figure is of one colour, so that differences of neighbours (which libraries try
    for every row) cost twice the time and give larger files.
    """
    import numpy as np

    pixels = np.asarray(bitmap.buffer_rgba())
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each begins with its filter: none
    colours = rows[:, 1:].reshape(height, width, 3)
    for channel in range(3):
        colours[..., channel] = pixels[..., channel]
    per_metre = round(PNG_DPI / 0.0254)
    chunks = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"pHYs", struct.pack(">2IB", per_metre, per_metre, 1)),
        (b"IDAT", zlib.compress(rows.tobytes(), _COMPRESSION)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG file: its length, kind, content and checksum."""
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def text_on(background: tuple[float, ...]) -> str:
    """Dark or light text, whichever contrasts more with a fixed background (WCAG relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _DARK_AND_LIGHT_TEXT[0] if luminance > 0.18 else _DARK_AND_LIGHT_TEXT[1]


def inline_svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element for HTML: scalable, themed, with identifiers of its own.

    The document type and metadata are dropped, identifiers get the figure's key as prefix (several figures
    share one page), and every colour of :data:`COLOURS` becomes ``var(--fig-<name>)``.
    """
    text = figure.svg.decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'\bid="', f'id="{figure.key}-', text)
    text = re.sub(r'href="#', f'href="#{figure.key}-', text)
    text = re.sub(r"url\(#", f"url(#{figure.key}-", text)
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--fig-{name})")
    return text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1).strip()
