"""Writes several.csv: informants of three roles in 60 units of 15 firms, one to four of a role, three items of 1 to 7."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(20261130)
unit = np.repeat(np.arange(60), 3)
role = np.tile(np.arange(3), 60)
number = rng.choice([0, 1, 2, 3, 4], size=180, p=[0.1, 0.35, 0.3, 0.15, 0.1])
place = np.repeat(np.arange(180), number)
u, r = unit[place], role[place]
view = rng.normal(0, 0.5, 15)[u // 4] + rng.normal(0, 0.7, 60)[u] + rng.normal(0, 0.5, 180)[place]
person = view + rng.normal(0, 0.6, len(place)) + np.array([0.3, 0.0, -0.2])[r]
items = np.clip(np.rint(4.5 + person[:, None] + rng.normal(0, 0.9, (len(place), 3))), 1, 7)
table = pd.DataFrame(items.astype(int), columns=["q1", "q2", "q3"])
table.insert(0, "role", np.array(["marketing", "sales", "it"])[r])
table.insert(0, "unit", [f"U{k:02d}" for k in u])
table.insert(0, "firm", [f"F{k // 4:02d}" for k in u])
table.to_csv(Path(__file__).parent / "several.csv", index=False)
