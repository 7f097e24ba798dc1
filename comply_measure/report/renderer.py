"""One pass over a matplotlib figure, drawn twice: as vectors and as pixels.

To go through a figure's artists (ticks, places of texts, transforms) costs more than to draw what they ask for, so it
is done once. Vectors are measured in points; the bitmap has `dpi` / 72 pixels to a point.
"""

from __future__ import annotations

from typing import Any, TextIO

from matplotlib.backend_bases import FigureCanvasBase, GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import rgb2hex
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, TransformedBbox, TransformedPath

from comply_measure.report.lettering import Line, face_of

POINTS = 72


class PairRenderer(RendererBase):
    """Hands everything that is drawn to a vector renderer and, enlarged, to a bitmap renderer.

    Texts are measured as vectors; without hinting (``text.hinting``) they are as wide as pixels.

    Parameters
    ----------
    width, height : float
        Size of the figure in inches.
    dpi : int
        Resolution of the bitmap.
    stream : text file
        Receives the SVG text; whole after :meth:`finalize`.
    """

    def __init__(self, width: float, height: float, dpi: int, stream: TextIO) -> None:
        super().__init__()
        self.bitmap = RendererAgg(width * dpi, height * dpi, dpi)
        # Without date and creator, so that the same figure gives the same text.
        self._vectors: Any = RendererSVG(
            width * POINTS, height * POINTS, stream, image_dpi=dpi, metadata={"Date": None, "Creator": None}
        )
        self._stream = stream
        self._defined: set[str] = set()
        self._scale = dpi / POINTS
        self._enlarged = Affine2D().scale(self._scale)
        # What vectors decide for both: heights from the top, names of groups, resolution of images.
        for name in (
            "flipy",
            "get_canvas_width_height",
            "get_image_magnification",
            "open_group",
            "close_group",
        ):
            setattr(self, name, getattr(self._vectors, name))

    def draw_path(self, gc: Any, path: Any, transform: Any, rgbFace: Any = None) -> None:
        """A line or an area."""
        self._vectors.draw_path(gc, path, transform, rgbFace)
        self.bitmap.draw_path(self._context(gc), path, transform + self._enlarged, rgbFace)

    def draw_markers(
        self, gc: Any, marker_path: Any, marker_trans: Any, path: Any, trans: Any, rgbFace: Any = None
    ) -> None:
        """The same marker at many places."""
        self._vectors.draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        marker, places = marker_trans + self._enlarged, trans + self._enlarged
        self.bitmap.draw_markers(self._context(gc), marker_path, marker, path, places, rgbFace)

    def draw_path_collection(
        self,
        gc: Any,
        master_transform: Any,
        paths: Any,
        all_transforms: Any,
        offsets: Any,
        offset_trans: Any,
        *looks: Any,
        **more: Any,
    ) -> None:
        """Many paths."""
        shapes = (paths, all_transforms, offsets)
        self._vectors.draw_path_collection(gc, master_transform, *shapes, offset_trans, *looks, **more)
        master, places = master_transform + self._enlarged, offset_trans + self._enlarged
        self.bitmap.draw_path_collection(self._context(gc), master, *shapes, places, *looks, **more)

    def draw_quad_mesh(
        self,
        gc: Any,
        master_transform: Any,
        meshWidth: Any,
        meshHeight: Any,
        coordinates: Any,
        offsets: Any,
        offsetTrans: Any,
        *looks: Any,
    ) -> None:
        """Cells."""
        shapes = (meshWidth, meshHeight, coordinates, offsets)
        self._vectors.draw_quad_mesh(gc, master_transform, *shapes, offsetTrans, *looks)
        master, places = master_transform + self._enlarged, offsetTrans + self._enlarged
        self.bitmap.draw_quad_mesh(self._context(gc), master, *shapes, places, *looks)

    def draw_image(self, gc: Any, x: float, y: float, im: Any, transform: Any = None) -> None:
        """An image, which has the bitmap's resolution."""
        self._vectors.draw_image(gc, x, y, im, transform)
        self.bitmap.draw_image(self._context(gc), x * self._scale, y * self._scale, im)

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """A line of text; its letters are outlines in both."""
        face = face_of(prop)
        if ismath or not face.has(s):
            self._vectors.draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            place = (x * self._scale, y * self._scale)
            self.bitmap.draw_text(self._context(gc), *place, s, prop, angle, ismath, mtext)
            return
        line = face.line(s)
        self._write(gc, (x, y), s, line, prop.get_size_in_points() / face.SIZE, angle)
        size = prop.get_size_in_points() / face.SIZE * self._scale
        where = Affine2D().scale(size).rotate_deg(angle)
        where.translate(x * self._scale, self.bitmap.height - y * self._scale)
        looks = self._context(gc)
        looks.set_linewidth(0.0)
        looks.set_snap(False)
        self.bitmap.draw_path(looks, line.outline, where, gc.get_rgb())

    def _write(
        self, gc: Any, place: tuple[float, float], text: str, line: Line, size: float, angle: float
    ) -> None:
        """The letters of a line by reference to their outlines, each defined at its first use."""
        self._vectors.writer.comment(text)  # nothing is left open then, so that the stream may be written to
        new = [letter for letter in line.letters if letter not in self._defined]
        if new:
            self._defined.update(new)
            self._stream.write(f"<defs>{''.join(line.letters[letter] for letter in new)}</defs>\n")
        turned = f" rotate({-angle:g})" if angle else ""
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        faint = f"; opacity: {alpha:g}" if alpha != 1 else ""
        self._stream.write(
            f'<g style="fill: {rgb2hex(gc.get_rgb())}{faint}" '
            f'transform="translate({place[0]:.6g} {place[1]:.6g}){turned} scale({size:.6g} {-size:.6g})">'
            f"{line.references}</g>\n"
        )

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        """Size of a line of text in points."""
        face = face_of(prop)
        if ismath or not face.has(s):
            found: tuple[float, float, float] = self._vectors.get_text_width_height_descent(s, prop, ismath)
            return found
        size = prop.get_size_in_points() / face.SIZE
        width, height, descent = face.line(s).extent
        return width * size, height * size, descent * size

    def finalize(self) -> None:
        """Complete the SVG text."""
        self._vectors.finalize()

    def _context(self, gc: Any) -> GraphicsContextBase:
        """The same looks within the same bounds, in pixels; widths and dashes count in points for both."""
        found: Any = self.new_gc()
        found.copy_properties(gc)
        bounds = gc.get_clip_rectangle()
        if bounds is not None:
            found.set_clip_rectangle(TransformedBbox(bounds, self._enlarged))
        path, transform = gc.get_clip_path()
        if path is not None:
            found.set_clip_path(TransformedPath(path, transform + self._enlarged))
        return found  # type: ignore[no-any-return]


class PairCanvas(FigureCanvasBase):
    """What a figure is laid out and drawn with."""

    fixed_dpi = POINTS

    def __init__(self, figure: Figure, renderer: PairRenderer) -> None:
        super().__init__(figure)
        self._renderer = renderer

    def get_renderer(self) -> PairRenderer:
        """The renderer, for layouts that measure texts."""
        return self._renderer

    def draw(self) -> None:
        """Draw the whole figure; its SVG text is complete then."""
        self.figure.draw(self._renderer)
        self._renderer.finalize()
