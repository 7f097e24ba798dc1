"""Writes units.csv (simulated, incomplete triads) and one model file per case; then run: Rscript fit.R"""

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.models.informants import (
    common_fate_model,
    ct_cm1_model,
    latent_congruence_model,
    trifactor_model,
    wide_frame,
)

HERE = Path(__file__).parent
ROLES = ["m", "s", "i"]
FACTORS = {"C": ["c1", "c2", "c3"], "O": ["o1", "o2", "o3"]}
ITEMS = [i for members in FACTORS.values() for i in members]
# effects of level, m - s, and i against both on z
EFFECTS = (0.5, -0.3, 0.2)


def simulate(units: int = 260, seed: int = 11) -> pd.DataFrame:
    """One row per unit; an informant in ten is absent, some outcomes are missing."""
    rng = np.random.default_rng(seed)
    size = rng.standard_normal(units)
    shared = 0.3 * size + 0.6 * rng.standard_normal(units)
    fate = {f: shared + 0.5 * rng.standard_normal(units) for f in FACTORS}
    view = {
        r: 0.6 * rng.standard_normal(units) + shift for r, shift in zip(ROLES, (0.0, 0.3, -0.2), strict=True)
    }
    true = {(f, r): fate[f] + view[r] + 0.3 * rng.standard_normal(units) for f in FACTORS for r in ROLES}
    level = sum(true["C", r] for r in ROLES) / 3
    gap, rest = true["C", "m"] - true["C", "s"], true["C", "i"] - (true["C", "m"] + true["C", "s"]) / 2
    z = 1 + EFFECTS[0] * level + EFFECTS[1] * gap + EFFECTS[2] * rest + 0.2 * size
    gain = 0.5 * level + 0.5 * rng.standard_normal(units)
    specific = {i: 0.4 * rng.standard_normal(units) for i in ITEMS}
    blocks = []
    for role in ROLES:
        block = {"unit": np.arange(units), "role": role, "gain": 4 + gain + 0.5 * rng.standard_normal(units)}
        for factor, items in FACTORS.items():
            for item in items:
                block[item] = 4 + 0.9 * true[factor, role] + specific[item] + 0.6 * rng.standard_normal(units)
            block[factor] = np.mean([block[i] for i in items], axis=0)
        blocks.append(pd.DataFrame(block))
    data = pd.concat(blocks, ignore_index=True)
    wide = wide_frame(data[rng.random(len(data)) > 0.10], [*ITEMS, *FACTORS, "gain"], ROLES)
    unit = pd.DataFrame({"z": z + 0.5 * rng.standard_normal(units), "size": size})
    unit["z"] = unit["z"].mask(rng.random(units) < 0.05)
    unit["firm"] = rng.integers(0, 70, units)
    return wide.join(unit).drop(columns="gain.i").round(4)


def models() -> dict[str, str]:
    """All cases by name."""
    gain = common_fate_model(["gain"], ["m", "s"])
    return {
        "congruence_two": latent_congruence_model("C", FACTORS["C"], ROLES[:2], ["z"], ["size"]),
        "congruence_three": latent_congruence_model("C", FACTORS["C"], ROLES, ["z"], ["size"]),
        "congruence_construct": latent_congruence_model("C", FACTORS["C"], ROLES, ["z", "gain.unit"])
        + "\n"
        + gain,
        "common_fate": common_fate_model(list(FACTORS), ROLES, ["z"], ["size"]),
        "ct_cm1": ct_cm1_model(FACTORS, ROLES, "s", outcomes=["z"], covariates=["size"]),
        "trifactor": trifactor_model([*FACTORS["C"], "o1"], ROLES, ["size"], {"m": ["size"]}, ["z"]),
    }


if __name__ == "__main__":
    simulate().to_csv(HERE / "units.csv", index=False)
    for name, text in models().items():
        (HERE / f"{name}.lav").write_text(text + "\n", encoding="utf-8")
