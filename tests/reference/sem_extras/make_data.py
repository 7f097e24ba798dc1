"""Simulated data of the reference cases: two groups, three factors, two covariates, one outcome, clusters.

Run in this folder: ``python make_data.py`` writes ``simulated.csv`` and ``incomplete.csv``
(values with three decimals).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

N, SEED = 320, 20260801
LOADINGS = {"a": (1.0, 0.8, 0.7, 0.9), "b": (1.0, 1.1, 0.6), "c": (1.0, 0.7, 0.9, 0.8)}


def simulate() -> pd.DataFrame:
    """Skewed errors, a loading and an intercept that differ between groups, some cells missing."""
    rng = np.random.default_rng(SEED)
    group = np.where(np.arange(N) < 170, "north", "south")
    cluster = rng.integers(1, 41, N)
    shift = rng.normal(0.0, 0.35, 41)[cluster]
    x1 = rng.normal(size=N)
    x2 = (rng.random(N) < 0.4).astype(float)
    a = 0.5 * x1 - 0.3 * x2 + rng.normal(0.0, 0.9, N) + shift
    b = 0.4 * a + 0.2 * x1 + rng.gamma(2.0, 0.6, N) - 1.2
    c = 0.3 * a + 0.5 * b + rng.normal(0.0, 0.8, N)
    columns: dict[str, np.ndarray] = {}
    for name, factor in (("a", a), ("b", b), ("c", c)):
        for i, loading in enumerate(LOADINGS[name], start=1):
            error = rng.gamma(3.0, 0.4, N) - 1.2
            columns[f"{name}{i}"] = 2.0 + loading * factor + error
    south = group == "south"
    columns["a3"] = columns["a3"] + 0.3 * south * a
    columns["c2"] = columns["c2"] + 0.4 * south
    columns["b3"] = columns["b3"] + 0.4 * (columns["a2"] - 2.0 - 0.8 * a)
    y = 0.6 * c + 0.3 * x1 + rng.normal(0.0, 1.0, N)
    frame = pd.DataFrame({**columns, "y": y, "x1": x1, "x2": x2}).round(3)
    frame.insert(0, "region", group)
    frame.insert(1, "unit", cluster)
    return frame


def with_holes(frame: pd.DataFrame) -> pd.DataFrame:
    """Values missing at random, some of them depending on a value that is seen; two cases without answers."""
    rng = np.random.default_rng(SEED + 1)
    frame = frame.copy()
    for name in ("a1", "a3", "b2", "c1", "c4"):
        frame.loc[rng.random(N) < 0.12, name] = np.nan
    frame.loc[frame["a2"] > frame["a2"].quantile(0.85), "b1"] = np.nan
    frame.loc[:1, [f"{f}{i + 1}" for f, l in LOADINGS.items() for i in range(len(l))]] = np.nan
    return frame


if __name__ == "__main__":
    here = Path(__file__).parent
    simulate().to_csv(here / "simulated.csv", index=False)
    with_holes(simulate()).to_csv(here / "incomplete.csv", index=False)
