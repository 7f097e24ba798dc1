"""Writes units.csv (simulated), products.csv and one model file per case; then run: Rscript fit.R"""

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.models.informants import latent_polynomial_model, product_indicators

HERE = Path(__file__).parent
ITEMS, ROLES, CENTRE = ["i1", "i2", "i3"], ["m", "s"], 4.0
# b0 … b5 of the population, about the centre
TRUTH = (1.0, 0.3, 0.2, -0.25, 0.40, -0.20)


def simulate(units: int = 300, seed: int = 3) -> pd.DataFrame:
    """One row per unit; 4 % of the values are missing."""
    rng = np.random.default_rng(seed)
    x = 0.3 + 0.8 * rng.standard_normal(units)
    y = -0.1 + 0.5 * (x - 0.3) + 0.7 * rng.standard_normal(units)
    b = TRUTH
    z = (
        b[0]
        + b[1] * x
        + b[2] * y
        + b[3] * x**2
        + b[4] * x * y
        + b[5] * y**2
        + 0.6 * rng.standard_normal(units)
    )
    specific = 0.3 * rng.standard_normal((units, 3))
    columns = {}
    for role, view in (("m", x), ("s", y)):
        for j, (loading, intercept) in enumerate(zip((1.0, 0.8, 1.2), (0.0, 0.2, -0.2), strict=True)):
            noise = 0.5 * rng.standard_normal(units)
            columns[f"{ITEMS[j]}.{role}"] = CENTRE + intercept + loading * view + specific[:, j] + noise
    columns["z"] = z
    columns["size"] = 0.5 * x + rng.standard_normal(units)
    frame = pd.DataFrame(columns).round(4)
    frame = frame.mask(rng.random(frame.shape) < 0.04)
    frame["firm"] = rng.integers(0, 60, units)
    return frame


def models() -> dict[str, str]:
    """All cases by name."""
    return {
        "plain": latent_polynomial_model("C", ITEMS, ROLES, "z"),
        "control": latent_polynomial_model("C", ITEMS, ROLES, "z", controls=["size"]),
    }


if __name__ == "__main__":
    data = simulate()
    data.to_csv(HERE / "units.csv", index=False)
    product_indicators(data, ITEMS, ROLES, CENTRE).to_csv(HERE / "products.csv", index=False)
    for name, text in models().items():
        (HERE / f"{name}.lav").write_text(text + "\n", encoding="utf-8")
