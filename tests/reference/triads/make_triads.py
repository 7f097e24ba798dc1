"""Writes triads.csv: 60 units in 15 firms, three roles (some missing), 4 attributes of 2 five-point items."""

import numpy as np

rng = np.random.default_rng(20260802)
G, A = 60, 4
firm = np.repeat(np.arange(15), 4)
unit = rng.normal(0, 0.6, G) + rng.normal(0, 0.3, 15)[firm]
role = np.array([0.35, -0.25, -0.1])
attribute = rng.normal(0, 0.3, A)
latent = (
    3.1
    + unit[:, None, None, None]
    + role[None, :, None, None]
    + attribute[None, None, :, None]
    + rng.normal(0, 0.4, (G, 3, 1, 1))
    + rng.normal(0, 0.3, (G, 1, A, 1))
    + rng.normal(0, 0.2, (1, 3, A, 1))
    + rng.normal(0, 0.15, (1, 1, A, 2))
    + rng.normal(0, 0.6, (G, 3, A, 2))
)
answers = np.clip(np.round(latent), 1, 5)
answers[rng.random(answers.shape) < 0.03] = np.nan
absent = rng.random((G, 3)) < 0.1
names = [f"a{a + 1}_{i + 1}" for a in range(A) for i in range(2)]
with open("triads.csv", "w", encoding="utf-8") as out:
    out.write("unit,firm,role," + ",".join(names) + "\n")
    for g in range(G):
        for r, label in enumerate(("marketing", "sales", "it")):
            if not absent[g, r]:
                cells = ["NA" if np.isnan(v) else f"{v:.0f}" for v in answers[g, r].ravel()]
                out.write(f"u{g + 1:02d},f{firm[g] + 1:02d},{label}," + ",".join(cells) + "\n")
