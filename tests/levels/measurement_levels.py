"""Size of the tests of measurement, by simulation (figures in ``docs/measurement.md``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure import measurement as m

Rates = dict[str, float]
KINDS = ("normal", "likert5", "skewed5", "lognormal")


def drawn(rng: np.random.Generator, n: int, p: int, kind: str) -> np.ndarray:
    """Answers with one factor: normal, five points, five points piled up at the lowest, or lognormal."""
    x = 0.7 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, p))
    if kind == "likert5":
        return np.clip(np.round(3 + 1.1 * x), 1, 5)
    if kind == "skewed5":
        return np.digitize(x, [0.6, 1.1, 1.6, 2.1]) + 1.0
    return np.exp(x) if kind == "lognormal" else x


def named(x: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """A frame with a column per item, and their names."""
    names = [f"i{j}" for j in range(x.shape[1])]
    return pd.DataFrame(x, columns=names), names


def little_mcar(runs: int) -> Rates:
    """Size at .05 of Little's test: 5 % of the answers missing completely at random."""
    hits = {}
    for n, p in ((200, 6), (200, 20)):
        for kind in KINDS:
            rng = np.random.default_rng(1)
            rejected = 0
            for _ in range(runs):
                x = drawn(rng, n, p, kind)
                x[rng.uniform(size=x.shape) < 0.05] = np.nan
                rejected += m.little_mcar(*named(x)).pvalue < 0.05
            hits[f"{n} x {p} {kind}"] = rejected / runs
    return hits


def pattern_homogeneity(runs: int) -> Rates:
    """Size at .05: 70 % complete, three patterns of 10 % without one item, 199 exchanges."""
    hits = {}
    for n in (200, 600):
        for kind in KINDS:
            rng = np.random.default_rng(3)
            rejected = 0
            for seed in range(runs):
                x = drawn(rng, n, 6, kind)
                pattern = rng.choice(4, p=[0.7, 0.1, 0.1, 0.1], size=n)
                for k in (1, 2, 3):
                    x[pattern == k, k] = np.nan
                found = m.pattern_homogeneity(*named(x), seed=seed, n_permutations=199)
                rejected += found.pvalue < 0.05
            hits[f"{n} x 6 {kind}"] = rejected / runs
    return hits


def careless_flags(runs: int) -> Rates:
    """Share of attentive informants flagged: 200 informants, four scales of three items."""
    scales = {f"s{k}": [f"i{3 * k + j}" for j in range(3)] for k in range(4)}
    cuts = {"binary": [0.6], "skewed5": [0.6, 1.1, 1.6, 2.1], "likert7": list(np.arange(-2.5, 3) / 1.3)}
    shares = {}
    for kind, cut in cuts.items():
        rng = np.random.default_rng(1)
        flagged = 0.0
        for _ in range(runs):
            x = 0.7 * np.repeat(rng.normal(size=(200, 4)), 3, axis=1) + 0.7 * rng.normal(size=(200, 12))
            data, _names = named(np.digitize(x, cut) + 1.0)
            found = m.careless_indices(data, data, scales, 1, len(cut) + 1)
            flagged += m.careless_flags(found).table["flagged"].mean()
        shares[kind] = flagged / runs
    return shares


SIMULATIONS = {
    "little_mcar": (little_mcar, 400),
    "pattern_homogeneity": (pattern_homogeneity, 300),
    "careless_flags": (careless_flags, 60),
}
