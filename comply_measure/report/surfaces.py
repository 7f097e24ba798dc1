"""Response surfaces as pictures: contours and a view in three dimensions, with the region of the data marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.parts import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_GRID = 81
_STRIDE = 3
_MARGIN = 0.25
# left, bottom, width and height within the figure: labels have the same size in all of these pictures
_FLAT, _BAR, _SOLID = (0.072, 0.12, 0.392, 0.865), (0.488, 0.23, 0.016, 0.64), (0.585, 0.06, 0.415, 0.93)
_ENDS = ("#0b5394", "#9cc4e4", "#f0f0f1", "#f0b98a", "#a84a00")


def surface_plot(
    key: str,
    title: str,
    coefficients: Array,
    x: Array,
    y: Array,
    *,
    axis_labels: tuple[str, str, str],
    centre: float,
    limits: tuple[float, float],
    alt: str,
    notes: tuple[str, ...] = (),
    language: str = "en",
) -> Figure:
    """Contours (left) and surface (right) of a second-order polynomial.

    Parameters
    ----------
    coefficients : ndarray, shape (6,)
        b0 … b5 of centred predictors.
    x, y : ndarray, shape (n,)
        The data, centred; their convex hull is outlined and the surface is drawn only inside it.
    axis_labels : tuple of str
        X, Y and outcome.
    centre : float
        Added back, so that axes show the answer scale.
    limits : tuple of float
        Ends of the answer scale; the axes cover the data within them.
    """
    import numpy as np

    points = np.column_stack([x, y]) + centre
    window = (max(limits[0], points.min() - _MARGIN), min(limits[1], points.max() + _MARGIN))
    side = np.linspace(*window, _GRID)
    gx, gy = np.meshgrid(side, side)
    hull = _hull(points)
    surface = _Surface(np.asarray(coefficients, dtype=float), centre, window, points, hull, gx, gy)

    def paint(drawing: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("surface", _ENDS)
        _paint_contours(drawing, surface, axis_labels, colours)
        _paint_solid(drawing, surface, axis_labels, colours)

    return draw(
        key,
        title,
        paint,
        size=(8.4, 3.8),
        alt=alt,
        notes=notes,
        min_width=640,
        layout=None,
        language=language,
    )


@dataclass(frozen=True, eq=False)
class _Surface:
    """What both pictures show, on the answer scale: grid (g, g), points (n, 2), corners of their hull (h, 2)."""

    coefficients: Array
    centre: float
    window: tuple[float, float]
    points: Array
    hull: Array
    gx: Array
    gy: Array

    def height(self, at: Array) -> Array:
        """Outcome at places (…, 2)."""
        b = self.coefficients
        u, v = at[..., 0] - self.centre, at[..., 1] - self.centre
        value: Array = b[0] + b[1] * u + b[2] * v + b[3] * u**2 + b[4] * u * v + b[5] * v**2
        return value

    @cached_property
    def grid(self) -> Array:
        """Outcome on the grid."""
        import numpy as np

        return self.height(np.stack([self.gx, self.gy], axis=-1))

    @cached_property
    def shown(self) -> Array:
        """Outcome on the grid, NaN outside the data."""
        import numpy as np

        return np.where(_inside(self.gx, self.gy, self.hull), self.grid, np.nan)

    @property
    def outline(self) -> Array:
        """The hull, closed."""
        import numpy as np

        return np.vstack([self.hull, self.hull[:1]])


def _paint_contours(drawing: Any, surface: _Surface, names: tuple[str, str, str], colours: Any) -> None:
    import numpy as np
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    window, ink = surface.window, COLOURS["ink"]
    flat = drawing.add_axes(_FLAT)
    levels = np.linspace(np.nanmin(surface.shown), np.nanmax(surface.shown), 9)
    filled = flat.contourf(surface.gx, surface.gy, surface.grid, levels=levels, cmap=colours, extend="both")
    region = PathPatch(
        Path(surface.outline), transform=flat.transData, fill=False, lw=0.9, ec=COLOURS["muted"]
    )
    flat.add_patch(region)
    filled.set_clip_path(region)
    flat.plot(surface.points[:, 0], surface.points[:, 1], "o", ms=2.2, color=ink, alpha=0.45)
    flat.plot(window, window, color=ink, linewidth=0.9)
    opposite = [2 * surface.centre - end for end in window]
    flat.plot(window, opposite, color=ink, lw=0.9, ls=(0, (4, 3)))
    flat.set(xlim=window, ylim=window, xlabel=names[0], ylabel=names[1], aspect="equal")
    drawing.colorbar(filled, cax=drawing.add_axes(_BAR), label=names[2], format="%.3g", extendfrac=0)


def _paint_solid(drawing: Any, surface: _Surface, names: tuple[str, str, str], colours: Any) -> None:
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    shown, outline, muted = surface.shown, surface.outline, COLOURS["muted"]
    solid = drawing.add_axes(_SOLID, projection="3d")
    stride = {"rstride": _STRIDE, "cstride": _STRIDE}
    solid.plot_surface(surface.gx, surface.gy, shown, cmap=colours, linewidth=0, alpha=0.9, **stride)
    floor = float(np.nanmin(shown) - 0.25 * (np.nanmax(shown) - np.nanmin(shown)))
    solid.plot(outline[:, 0], outline[:, 1], floor, color=muted, linewidth=0.9)
    edge = _along(outline)
    solid.plot(edge[:, 0], edge[:, 1], surface.height(edge), color=muted, linewidth=0.9)
    side = surface.gx[0]
    for line, style in ((side, "-"), (2 * surface.centre - side, (0, (4, 3)))):
        path = np.column_stack([side, line])[_inside(side, line, surface.hull)]
        if len(path):
            solid.plot(path[:, 0], path[:, 1], surface.height(path), color=COLOURS["ink"], lw=0.9, ls=style)
    solid.set(xlabel=names[0], ylabel=names[1], xlim=surface.window, ylim=surface.window)
    solid.set_zlim(floor, float(np.nanmax(shown)))
    solid.set_facecolor("none")
    solid.view_init(elev=24, azim=-125)
    solid.set_box_aspect(None, zoom=0.92)
    for axis in (solid.xaxis, solid.yaxis, solid.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.label.set_size(7.5)
        axis.set_major_locator(MaxNLocator(5))
    solid.tick_params(labelsize=7)


def _hull(points: Array) -> Array:
    from scipy.spatial import ConvexHull

    corners: Array = points[ConvexHull(points).vertices]
    return corners


def _along(outline: Array, steps: int = 20) -> Array:
    """Points along a closed outline, close enough to follow a curved surface."""
    import numpy as np

    place = np.linspace(0, len(outline) - 1, steps * (len(outline) - 1) + 1)
    corners = np.arange(len(outline))
    return np.column_stack([np.interp(place, corners, outline[:, k]) for k in (0, 1)])


def _inside(gx: Array, gy: Array, hull: Array) -> npt.NDArray[np.bool_]:
    """Grid points within the convex hull: on the left of every edge (counter-clockwise corners)."""
    import numpy as np

    ahead = np.roll(hull, -1, axis=0)
    keep = np.ones(gx.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(hull, ahead, strict=True):
        keep &= (x1 - x0) * (gy - y0) - (y1 - y0) * (gx - x0) >= -1e-9
    return keep
