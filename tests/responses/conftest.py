from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from comply_measure.errors import InputError, Problem
from comply_measure.instrument import Scale, load_scale

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def small() -> Scale:
    return load_scale(HERE / "small_scale.yaml")


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two complete triads of two firms and one unit without IT; every kind of missing answer."""
    blank = None
    rows = [
        # unit firm role        id   F1 F2 F3 S1 S2 S3  K1     K2     K3
        ("u1", "A", "marketing", "m1", 1, 2, 5, 4, 4, 4, 3, 4, blank),
        ("u1", "A", "sales", "s1", 2, 2, 4, 3, 3, 3, 5, 5, 5),
        ("u1", "A", "it", "i1", 3, 3, 3, 9, 2, 2, blank, blank, blank),
        ("u2", "B", "marketing", "m2", 5, blank, 1, 1, 1, 1, 1, 2, blank),
        ("u2", "B", "sales", "s2", 4, blank, blank, 2, 2, 2, 2, 2, 2),
        ("u2", "B", "it", "i2", blank, blank, blank, blank, blank, blank, blank, blank, blank),
        ("u3", "B", "marketing", "m3", 1, 1, 1, 1, 1, 1, 1, 1, blank),
        ("u3", "B", "sales", "s3", 5, 5, 5, 5, 5, 5, 5, 5, 5),
    ]
    columns = ["unit", "firm", "role", "informant"]
    columns += ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], "Int64"))


@pytest.fixture
def problems() -> Callable[..., tuple[Problem, ...]]:
    """Problems of the InputError that a call raises."""

    def caught(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Problem, ...]:
        with pytest.raises(InputError) as info:
            function(*args, **kwargs)
        return info.value.problems

    return caught
