"""Pictures of moderation: what they show, said in words, and drawn the same way every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import report, sem


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
