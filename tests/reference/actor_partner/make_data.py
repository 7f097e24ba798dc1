"""Data of actor_partner.json's R script: 120 units, two roles, some absent. ``python make_data.py > dyads.csv``."""

import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
n = 120
x = rng.multivariate_normal([0.0, 0.2], [[1.0, 0.4], [0.4, 1.2]], n)
e = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 0.6]], n)
y = np.column_stack([0.5 * x[:, 0] + 0.3 * x[:, 1], 0.4 + 0.4 * x[:, 1] + 0.1 * x[:, 0]]) + e
rows = []
for unit in range(n):
    for r, role in enumerate(("sales", "marketing")):
        if rng.random() < 0.1:
            continue
        row = {"unit": f"u{unit}", "role": role, "x": x[unit, r], "y": y[unit, r]}
        for j, loading in enumerate((1.0, 0.8, 0.9)):
            row[f"x{j}"] = 0.2 * j + loading * x[unit, r] + 0.6 * rng.normal()
            row[f"y{j}"] = loading * y[unit, r] + 0.6 * rng.normal()
        rows.append(row)
pd.DataFrame(rows).round(4).to_csv(sys.stdout, index=False)
