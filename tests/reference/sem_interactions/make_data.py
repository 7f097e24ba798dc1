"""Write products.csv: two factors, an outcome, an observed moderator, a dummy, two groups and 60 clusters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

N, CLUSTERS = 360, 60


def main() -> None:
    """Write the file."""
    rng = np.random.default_rng(2026)
    firm = np.repeat(np.arange(CLUSTERS), N // CLUSTERS)
    shared = rng.normal(size=(CLUSTERS, 2))[firm]
    x = 0.4 * shared[:, 0] + 0.9 * rng.normal(size=N)
    z = 0.4 * x + 0.3 * shared[:, 1] + 0.8 * rng.normal(size=N)
    w = 3.0 + 0.5 * x + rng.normal(size=N)
    y = 0.5 * x + 0.4 * z + 0.3 * x * z - 0.2 * x**2 + 0.2 * (w - 3.0) * x + 0.7 * rng.normal(size=N)
    columns = {}
    for name, factor, level in (("x", x, 4.0), ("z", z, 2.0), ("y", y, 5.0)):
        for i, loading in enumerate((1.0, 0.8, 1.2), start=1):
            columns[f"{name}{i}"] = level + i + loading * factor + 0.6 * rng.normal(size=N)
    data = pd.DataFrame(columns).assign(w=w, g=np.where(rng.random(N) < 0.45, "b", "a"), firm=firm)
    data = data.round(6)
    lost = rng.random((N, 9)) < 0.08
    for i, name in enumerate(columns):
        data[f"m_{name}"] = data[name].where(~lost[:, i])
    data.to_csv(Path(__file__).parent / "products.csv", index=False)


if __name__ == "__main__":
    main()
