"""Answers with planted method variance: three factors, a marker, one item keyed the other way, firms, gaps.

Run in this folder: python make_data.py
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(20101)
N, FIRMS = 420, 70
firm = np.repeat(np.arange(FIRMS), N // FIRMS)
phi = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
shared = rng.standard_normal((FIRMS, 3)) @ np.linalg.cholesky(phi).T
own = rng.standard_normal((N, 3)) @ np.linalg.cholesky(phi).T
factors = np.sqrt(0.2) * shared[firm] + np.sqrt(0.8) * own
marker, method = rng.standard_normal(N), rng.standard_normal(N)
columns = {}
loadings = {"a": (0.8, 0.7, 0.75, 0.6), "b": (0.7, 0.8, 0.65), "c": (0.75, 0.7, 0.8)}
weights = {"a": (0.3, 0.4, 0.35, -0.3), "b": (0.45, 0.3, 0.35), "c": (0.25, 0.4, 0.3)}
for f, name in enumerate(loadings):
    for j, (load, weight) in enumerate(zip(loadings[name], weights[name], strict=True), start=1):
        error = rng.standard_t(8, N) * np.sqrt((1 - load**2) * 6 / 8)
        columns[f"{name}{j}"] = load * factors[:, f] + weight * method + error
for j, load in enumerate((0.7, 0.6, 0.65, 0.55), start=1):
    columns[f"m{j}"] = load * marker + 0.5 * method + 0.5 * rng.standard_normal(N)
data = pd.DataFrame(columns)
data = (4 + 1.1 * data).round(3)
data = data.mask(rng.random(data.shape) < 0.04)
data.insert(0, "firm", firm + 1)
data.to_csv("answers.csv", index=False)
