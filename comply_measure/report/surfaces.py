"""Response surfaces as pictures: contours and a view in three dimensions, with the region of the data marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.parts import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_GRID = 81
_MARGIN = 0.25
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
    b = np.asarray(coefficients, dtype=float)

    def height(at: Array) -> Array:
        u, v = at[..., 0] - centre, at[..., 1] - centre
        value: Array = b[0] + b[1] * u + b[2] * v + b[3] * u**2 + b[4] * u * v + b[5] * v**2
        return value

    gz = height(np.stack([gx, gy], axis=-1))
    hull = _hull(points)
    outline = np.vstack([hull, hull[:1]])
    inside = _inside(gx, gy, hull)
    shown = np.where(inside, gz, np.nan)

    def paint(drawing: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path
        from matplotlib.ticker import MaxNLocator

        colours = LinearSegmentedColormap.from_list("surface", _ENDS)
        flat = drawing.add_subplot(1, 2, 1)
        levels = np.linspace(np.nanmin(shown), np.nanmax(shown), 9)
        filled = flat.contourf(gx, gy, gz, levels=levels, cmap=colours, extend="both")
        region = PathPatch(Path(outline), transform=flat.transData, fill=False, lw=0.9, ec=COLOURS["muted"])
        flat.add_patch(region)
        filled.set_clip_path(region)
        flat.plot(points[:, 0], points[:, 1], "o", ms=2.2, color=COLOURS["ink"], alpha=0.45)
        flat.plot(window, window, color=COLOURS["ink"], linewidth=0.9)
        opposite = [2 * centre - window[0], 2 * centre - window[1]]
        flat.plot(window, opposite, color=COLOURS["ink"], lw=0.9, ls=(0, (4, 3)))
        flat.set(xlim=window, ylim=window, xlabel=axis_labels[0], ylabel=axis_labels[1], aspect="equal")
        drawing.colorbar(filled, ax=flat, shrink=0.75, label=axis_labels[2], format="%.3g", extendfrac=0)
        solid = drawing.add_subplot(1, 2, 2, projection="3d")
        solid.plot_surface(gx, gy, shown, cmap=colours, linewidth=0, rstride=2, cstride=2, alpha=0.9)
        floor = float(np.nanmin(shown) - 0.25 * (np.nanmax(shown) - np.nanmin(shown)))
        solid.plot(outline[:, 0], outline[:, 1], floor, color=COLOURS["muted"], linewidth=0.9)
        edge = _along(outline)
        solid.plot(edge[:, 0], edge[:, 1], height(edge), color=COLOURS["muted"], linewidth=0.9)
        for line, style in ((side, "-"), (2 * centre - side, (0, (4, 3)))):
            keep = _inside(side, line, hull)
            path = np.column_stack([side, line])[keep]
            if len(path):
                solid.plot(path[:, 0], path[:, 1], height(path), color=COLOURS["ink"], lw=0.9, ls=style)
        solid.set(xlabel=axis_labels[0], ylabel=axis_labels[1], xlim=window, ylim=window)
        solid.set_zlim(floor, float(np.nanmax(shown)))
        solid.set_facecolor("none")
        solid.view_init(elev=24, azim=-125)
        solid.set_box_aspect(None, zoom=0.92)
        for axis in (solid.xaxis, solid.yaxis, solid.zaxis):
            axis.set_pane_color((0, 0, 0, 0))
            axis.label.set_size(7.5)
            axis.set_major_locator(MaxNLocator(5))
        solid.tick_params(labelsize=7)

    return draw(key, title, paint, size=(8.4, 3.8), alt=alt, notes=notes, min_width=640)


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
