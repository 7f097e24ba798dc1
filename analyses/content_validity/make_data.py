"""Invented ratings and sorts of the COMPLY items, to show the analyses. No expert or judge stands behind them.

python analyses/content_validity/make_data.py [folder]

Fixed seed. Experts rate relevance from 1 to 4, judges sort items into six dimensions, and others rate each item
against the six definitions from 1 to 7. Two items are written as hardly relevant and two as belonging as much to
another dimension; a few cells are empty.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure import load_scale

SEED = 20260107
EXPERTS, SORTERS, RATERS = 9, 25, 20
WEAK = ("O_mea_3", "Y_tool_6")
CONFUSED = {"M_cus_3": "P", "L_prox_5": "C"}
# the dimension an item is most easily mistaken for
NEAREST = {"C": "L", "L": "C", "O": "Y", "Y": "O", "M": "P", "P": "M"}


def main(folder: Path) -> None:
    """Write ratings.csv, sorts.csv and definitions.csv."""
    rng = np.random.default_rng(SEED)
    measured = load_scale("comply").measurement("dimension", "20")
    own = {item: key for key, items in measured.items() for item in items}
    keys = list(measured)
    folder.mkdir(parents=True, exist_ok=True)
    relevance(rng, list(own)).to_csv(folder / "ratings.csv", lineterminator="\n")
    sorts(rng, own, keys).to_csv(folder / "sorts.csv", lineterminator="\n")
    definitions(rng, own, keys).to_csv(folder / "definitions.csv", index=False, lineterminator="\n")


def relevance(rng: np.random.Generator, items: list[str]) -> pd.DataFrame:
    """Whole numbers 1 to 4; 3 % are empty."""
    table = {}
    for item in items:
        chances = (0.20, 0.35, 0.30, 0.15) if item in WEAK else (0.005, 0.035, 0.28, 0.68)
        rating = rng.choice(4, EXPERTS, p=chances) + 1
        table[item] = np.where(rng.random(EXPERTS) < 0.03, "", rating.astype(str))
    return pd.DataFrame(table, index=pd.Index([f"E{i}" for i in range(1, EXPERTS + 1)], name="expert"))


def sorts(rng: np.random.Generator, own: dict[str, str], keys: list[str]) -> pd.DataFrame:
    """Dimension chosen; 2 % are empty."""
    table = {}
    for item, key in own.items():
        chances = dict.fromkeys(keys, 0.02)
        if item in CONFUSED:
            chances[CONFUSED[item]] = chances[key] = 0.46
        else:
            chances[NEAREST[key]] = 0.07
            chances[key] = 0.85
        picked = rng.choice(keys, SORTERS, p=[chances[k] for k in keys])
        table[item] = np.where(rng.random(SORTERS) < 0.02, "", picked)
    return pd.DataFrame(table, index=pd.Index([f"J{i:02d}" for i in range(1, SORTERS + 1)], name="judge"))


def definitions(rng: np.random.Generator, own: dict[str, str], keys: list[str]) -> pd.DataFrame:
    """Whole numbers 1 to 7, a row per judge and item."""
    rows = []
    for judge in range(1, RATERS + 1):
        for item, key in own.items():
            centre = dict.fromkeys(keys, 2.6) | {NEAREST[key]: 3.6, key: 6.1}
            if item in CONFUSED:
                centre[CONFUSED[item]] = centre[key] = 5.0
            drawn = {k: int(np.clip(np.rint(rng.normal(centre[k], 1.0)), 1, 7)) for k in keys}
            rows.append({"judge": f"R{judge:02d}", "item": item, **drawn})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
