"""Writes triads.csv (simulated) and one model file per case; then run: Rscript fit.R"""

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.models.informants import (
    common_fate_model,
    ct_cm1_model,
    ct_cm_model,
    ct_cu_model,
    latent_congruence_model,
    role_invariance_model,
    trifactor_model,
    wide_frame,
)

HERE = Path(__file__).parent
ROLES = ["m", "s", "i"]
FACTORS = {"C": ["c1", "c2", "c3"], "O": ["o1", "o2", "o3"], "L": ["p1", "p2", "p3"]}
ITEMS = [i for members in FACTORS.values() for i in members]


def simulate(units: int = 250, seed: int = 20) -> pd.DataFrame:
    """One row per informant; 10 % of the informants are missing."""
    rng = np.random.default_rng(seed)
    shared = 0.6 * rng.standard_normal(units)
    fate = {f: shared + 0.5 * rng.standard_normal(units) for f in FACTORS}
    specific = {i: 0.4 * rng.standard_normal(units) for i in ITEMS}
    shift = {"m": 0.0, "s": 0.3, "i": -0.2}
    blocks = []
    for role in ROLES:
        view = 0.5 * rng.standard_normal(units)
        block = {"unit": np.arange(units), "role": role}
        for factor, items in FACTORS.items():
            eta = shift[role] + fate[factor] + view + 0.3 * rng.standard_normal(units)
            for item in items:
                extra = 0.4 if (item, role) == ("o2", "i") else 0.0
                block[item] = 4 + extra + 0.9 * eta + specific[item] + 0.6 * rng.standard_normal(units)
        blocks.append(pd.DataFrame(block))
    data = pd.concat(blocks, ignore_index=True)
    for factor, items in FACTORS.items():
        data[factor] = data[items].mean(axis=1)
    return data[rng.random(len(data)) > 0.10].round(4)


def models() -> dict[str, str]:
    """All cases by name."""
    ladder = ("configural", "metric", "scalar", "strict", "means")
    cases = {f"invariance_{level}": role_invariance_model(FACTORS, ROLES, level).text for level in ladder}
    cases["invariance_partial"] = role_invariance_model(FACTORS, ROLES, "scalar", [("intercept", "o2")]).text
    cases["congruence_two"] = latent_congruence_model("C", FACTORS["C"], ROLES[:2])
    cases["congruence_three"] = latent_congruence_model("C", FACTORS["C"], ROLES)
    cases["common_fate"] = common_fate_model(list(FACTORS), ROLES)
    cases["ct_cm1"] = ct_cm1_model(FACTORS, ROLES, "s")
    cases["ct_cm"] = ct_cm_model(list(FACTORS), ROLES)
    cases["ct_cu"] = ct_cu_model(list(FACTORS), ROLES)
    cases["trifactor"] = trifactor_model(FACTORS["C"] + FACTORS["O"][:1], ROLES)
    return cases


if __name__ == "__main__":
    wide_frame(simulate(), [*ITEMS, *FACTORS], ROLES).to_csv(HERE / "triads.csv")
    for name, text in models().items():
        (HERE / f"{name}.lav").write_text(text + "\n", encoding="utf-8")
