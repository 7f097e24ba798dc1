"""Pictures of moderation: what they show, said in words, and drawn the same way every time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing

from comply_measure import report, sem
from comply_measure.report import moderation
from comply_measure.report.parts import Figure


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=(2, 300))
    y = 0.3 * x + 0.4 * z + 0.3 * x * z + rng.normal(size=300)
    return pd.DataFrame({"x": x, "z": z, "y": y, "g": np.where(rng.random(300) < 0.5, "u", "v")})


def test_lines_tell_the_slopes(data: pd.DataFrame) -> None:
    slopes = sem.simple_slopes(sem.fit("y ~ x + z + x:z", data), at={"low": -1.0, "high": 1.0})
    figure = report.moderation_lines("lines", "Lines", slopes, {"x": "Alignment", "z": "Facilitators"})
    est = slopes.groups[0].est
    assert figure.alt == (
        f"Slopes of y on Alignment: {est[0]:.2f} at Facilitators low; {est[1]:.2f} at Facilitators high."
    ).replace("-", "−")
    assert b"<svg" in figure.svg and figure.png.startswith(b"\x89PNG")
    again = report.moderation_lines("lines", "Lines", slopes, {"x": "Alignment", "z": "Facilitators"})
    assert again.svg == figure.svg and again.png == figure.png


def test_regions_are_told_per_group(data: pd.DataFrame) -> None:
    regions = sem.johnson_neyman(sem.fit("y ~ x + z + x:z", data, group="g"))
    figure = report.moderation_region("region", "Region", regions)
    table = regions.tidy()
    for bound in table.loc[np.isfinite(table["upper"]), "upper"]:
        assert f"{bound:.2f}".replace("-", "−") in figure.alt
    assert "u: " in figure.alt and "v: " in figure.alt and "—" not in figure.alt
    assert figure.notes == ("Shaded: the slope differs from 0 (each value tested at 5 %).",)


def test_curves_and_surfaces(data: pd.DataFrame) -> None:
    curved = sem.fit("y ~ x + z + x:z + x:x", data)
    surface = report.moderation_surface("s", "Surface", sem.simple_slopes(curved, "y ~ x:z"))
    _, _, y = sem.simple_slopes(curved, "y ~ x:z").surface(41)
    assert f"from {y.min():.2f} to {y.max():.2f}.".replace("-", "−") in surface.alt
    curve = report.moderation_lines("c", "Curve", sem.simple_slopes(curved, "y ~ x:x"))
    assert curve.alt.count(" at x ") == 3


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """Drawings instead of pictures of them."""
    kept: list[Drawing] = []

    def draw(key: str, title: str, paint: Callable[[Drawing], None], **rest: Any) -> Figure:
        kept.append(Drawing(figsize=rest.pop("size"), layout="constrained"))
        paint(kept[-1])
        return Figure(key, title, b"", b"", rest["alt"], rest["notes"], rest["min_width"])

    monkeypatch.setattr(moderation, "draw", draw)
    return kept


def bounds(band: Any) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of a band, from left to right."""
    corners = band.get_paths()[0].vertices
    n = (len(corners) - 3) // 2
    return corners[1 : n + 1, 1], corners[n + 2 : 2 * n + 2, 1][::-1]


def test_lines_bands_and_labels_are_those_of_the_table(
    data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = drawn(monkeypatch)
    fit = sem.fit("y ~ x + z + x:z", data, group="g")
    slopes = sem.simple_slopes(fit, at={"low": -1.0, "high": 1.0})
    figure = report.moderation_lines("l", "Lines", slopes, {"x": "Alignment", "z": "Facilitators"})
    (drawing,) = kept
    assert drawing.get_size_inches().tolist() == [8.8, 3.5] and figure.min_width == 640
    assert figure.notes[0].startswith("Bands are those of the effects")
    table = slopes.lines()
    assert [axes.get_title() for axes in drawing.axes] == list(dict.fromkeys(data["g"]))
    assert [axes.get_ylabel() for axes in drawing.axes] == ["y", ""]
    assert drawing.axes[1].get_shared_y_axes().joined(*drawing.axes)
    for axes, each in zip(drawing.axes, slopes.groups, strict=True):
        assert axes.get_xlabel() == "Alignment" and axes.get_axisbelow() is True
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        assert labels == ["Facilitators low (−1.00)", "Facilitators high (1.00)"]
        for line, band, at in zip(axes.lines, axes.collections, ("low", "high"), strict=True):
            mine = table[(table["group"] == each.equation.group_name) & (table["at"] == at)]
            np.testing.assert_array_equal(line.get_xydata(), mine[["x", "y"]])
            low, high = bounds(band)
            np.testing.assert_allclose(low, mine["ci_lower"])
            np.testing.assert_allclose(high, mine["ci_upper"])
            slope = np.diff(mine["y"]) / np.diff(mine["x"])
            np.testing.assert_allclose(slope, each.est[each.names.index(at)])
            assert (band.get_alpha(), line.get_linewidth()) == (0.15, 1.5)
        assert axes.lines[0].get_color() != axes.lines[1].get_color()
        assert axes.lines[0].get_linestyle() == "-" and axes.lines[1].get_linestyle() == "--"


def test_values_without_a_name_and_curves_in_the_picture(
    data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = drawn(monkeypatch)
    plain = sem.simple_slopes(sem.fit("y ~ x + z + x:z", data), at=[-1.0, 0.5])
    report.moderation_lines("l", "Lines", plain)
    labels = [text.get_text() for text in kept[0].axes[0].get_legend().get_texts()]
    assert labels == ["z −1.00", "z 0.50"] and kept[0].axes[0].get_title() == ""
    curve = sem.simple_slopes(sem.fit("y ~ x + z + x:x", data), "y ~ x:x")
    report.moderation_lines("c", "Curve", curve)
    (axes,) = kept[1].axes
    assert axes.get_legend() is None and len(axes.lines) == 1
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), curve.lines()[["x", "y"]])


def test_regions_are_shaded_within_the_range(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = drawn(monkeypatch)
    regions = sem.johnson_neyman(sem.fit("y ~ x + z + x:z", data, group="g"), level=0.9)
    figure = report.moderation_region("r", "Region", regions, {"z": "Facilitators"})
    assert figure.notes[0] == "Shaded: the slope differs from 0 (each value tested at 10 %)."
    curves = regions.curve()
    assert kept[0].get_size_inches().tolist() == [8.8, 3.5] and figure.min_width == 640
    assert [axes.get_ylabel() for axes in kept[0].axes] == ["Slope of y on x", ""]
    for axes, each in zip(kept[0].axes, regions.groups, strict=True):
        assert axes.get_xlim() == (each.low, each.high) and axes.get_xlabel() == "Facilitators"
        assert axes.get_title() == each.equation.group_name
        spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
        expected = [(max(r.lower, each.low), min(r.upper, each.high)) for r in each.regions if r.sign]
        np.testing.assert_allclose(spans, [span for span in expected if span[0] < span[1]])
        zero, *marks, curve = axes.lines
        assert np.ravel(zero.get_ydata()).tolist() == [0.0, 0.0]
        ends = [r.lower for r in each.regions if each.low < r.lower < each.high]
        assert [mark.get_xdata()[0] for mark in marks] == ends and ends
        mine = curves[curves["group"] == each.equation.group_name]
        np.testing.assert_array_equal(curve.get_xydata(), mine[["value", "est"]])
        # Where the curve's band crosses zero, a bound of the region lies.
        band, ticks = axes.collections
        low, high = bounds(band)
        inside = np.interp(ends, mine["value"], np.minimum(np.abs(low), np.abs(high)))
        np.testing.assert_allclose(inside, 0.0, atol=0.02)
        places = np.array([segment[0, 0] for segment in ticks.get_segments()])
        np.testing.assert_array_equal(places, data.loc[data["g"] == each.equation.group_name, "z"])
        assert {tuple(segment[:, 1]) for segment in ticks.get_segments()} == {(0.0, 0.03)}


def test_ticks_of_a_factor_are_its_standard_deviations(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    x, z = rng.normal(size=(2, 250))
    y = 0.3 * x + 0.2 * z + 0.3 * x * z + rng.normal(size=250)
    items = {f"z{k}": z + 0.6 * rng.normal(size=250) for k in (1, 2, 3)}
    frame = pd.DataFrame({"x": x, "y": y, **items})
    regions = sem.johnson_neyman(sem.fit("Z =~ z1 + z2 + z3\ny ~ x + Z + x:Z", frame), "y ~ x:Z")
    kept = drawn(monkeypatch)
    report.moderation_region("r", "Region", regions)
    places = [segment[0, 0] for segment in kept[0].axes[0].collections[-1].get_segments()]
    factor = regions.groups[0].equation.variables["Z"]
    np.testing.assert_allclose(places, factor.mean + factor.sd * np.arange(-2, 3))


def test_contours_cover_the_surface_and_show_the_cases(
    data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = drawn(monkeypatch)
    slopes = sem.simple_slopes(sem.fit("y ~ x + z + x:z", data))
    figure = report.moderation_surface("s", "Surface", slopes, {"y": "Outcome"})
    axes, bar = kept[0].axes
    x, z, y = slopes.surface(41)
    (filled,) = axes.collections
    np.testing.assert_allclose(filled.levels, np.linspace(y.min(), y.max(), 10))
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("x", "z", "Outcome")
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), data[["x", "z"]])
    np.testing.assert_allclose(axes.dataLim.extents[:2], [x.min(), z.min()])
    assert (
        figure.alt
        == f"Contours of the expected Outcome over x and z: from {y.min():.2f} to {y.max():.2f}.".replace(
            "-", "−"
        )
    )
    assert kept[0].get_size_inches().tolist() == [5.0, 3.9] and figure.min_width == 320


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        (-math.inf, math.inf, "everywhere"),
        (-math.inf, -0.5, "below −0.50"),
        (0.25, math.inf, "above 0.25"),
        (-0.5, 0.25, "from −0.50 to 0.25"),
    ],
)
def test_regions_in_words(lower: float, upper: float, words: str) -> None:
    assert moderation._between(lower, upper) == words


def test_long_names_stay_within_the_picture(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside an axis of 3.5 inches there is room for 36 letters; longer names are set on several lines."""
    kept = drawn(monkeypatch)
    fit = sem.fit("y ~ x + z + x:z", data)
    slopes, names = sem.simple_slopes(fit), dict.fromkeys("xyz", "Preparation of salespersons and marketers")
    figures = [
        report.moderation_lines("l", "Lines", slopes, names),
        report.moderation_region("r", "Region", sem.johnson_neyman(fit), names),
        report.moderation_surface("s", "Surface", slopes, names),
    ]
    assert [figure.min_width for figure in figures] == [320, 320, 320]
    for drawing in kept:
        FigureCanvasAgg(drawing).draw()
        for axes in drawing.axes:
            for label in (axes.xaxis.label, axes.yaxis.label):
                box = label.get_window_extent()
                assert box.width == 0 or drawing.bbox.x0 <= box.x0 < box.x1 <= drawing.bbox.x1
                assert box.height == 0 or drawing.bbox.y0 <= box.y0 < box.y1 <= drawing.bbox.y1
