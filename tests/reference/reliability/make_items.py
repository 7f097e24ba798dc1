"""Writes items.csv: 240 informants, one factor, six 7-point items, two by role, some answers missing."""

import numpy as np

rng = np.random.default_rng(20260801)
n = 240
factor = rng.normal(size=n)
loadings = np.array([0.8, 0.7, 0.6, 0.75, 0.5, 0.65])
latent = factor[:, None] * loadings + rng.normal(size=(n, 6)) * np.sqrt(1 - loadings**2)
answers = np.clip(np.round(4.3 + 1.3 * latent), 1, 7)
answers[rng.random(answers.shape) < 0.06] = np.nan
role = np.tile(["marketing", "sales", "it"], n // 3)
with open("items.csv", "w", encoding="utf-8") as out:
    out.write("unit,role," + ",".join(f"x{j + 1}" for j in range(6)) + "\n")
    for i in range(n):
        cells = ["NA" if np.isnan(v) else f"{v:.0f}" for v in answers[i]]
        out.write(f"u{i // 3 + 1:03d},{role[i]}," + ",".join(cells) + "\n")
