"""Kept simulation of the shipped pairs of roles: coverage of every interval of the step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.evidence.calibration.pairs import KnownPairs
from comply_measure.evidence.topics.pairs import PairsEvidence, pairs
from comply_measure.simulation import load_pair_population

Rates = dict[str, float]
POPULATION = Path(__file__).parents[2] / "datasets" / "pair_triads" / "population.yaml"
#: Units of the study that stands for the population where there is no closed form, and its seed.
LARGE, SEED = 20_000, 99


def _intervals(found: PairsEvidence) -> dict[str, pd.DataFrame]:
    """Kind of interval -> estimate, lower, upper, in the order of the tables."""
    tables = {
        "levels": found.levels,
        "gaps, overall": found.gaps[found.gaps["dimension"] == "all"],
        "gaps by dimension": found.gaps[found.gaps["dimension"] != "all"],
        "members": found.raters[found.raters["contrast"] == "members"],
        "inside and outside": found.raters[found.raters["contrast"] == "outside"],
    }
    kept = {
        kind: table[["mean", "lower", "upper"]].set_axis(["estimate", "lower", "upper"], axis=1)
        for kind, table in tables.items()
    }
    for kind, table in (("agreement", found.agreement), ("triad", found.relation)):
        assert table is not None
        for name in table.columns:
            if f"{name}_lower" in table:
                columns = [name, f"{name}_lower", f"{name}_upper"]
                kept[f"{kind}, {name}"] = table[columns].set_axis(["estimate", "lower", "upper"], axis=1)
    for kind, table, name in (
        ("latent states", found.latent.states, "r"),
        ("latent loadings", found.latent.raters, "loading"),
    ):
        columns = [name, f"{name}_lower", f"{name}_upper"]
        kept[kind] = table[columns].set_axis(["estimate", "lower", "upper"], axis=1)
    assert found.minimum is not None
    for term, rows in found.minimum.groupby("term", sort=False):
        kept[f"beside each other, {term}"] = rows[["estimate", "lower", "upper"]]
    return kept


def pair_intervals(runs: int) -> Rates:
    """Shipped pairs, 240 and 80 units of 4 in a firm: coverage of the 95 % intervals of the step ``pairs``.

    Expected answers are in closed form; correlations, loadings and weights are those of one study of 20,000 units. The
    share of latent models with an admissible solution stands beside.
    """
    known = KnownPairs(load_pair_population(POPULATION), {})
    large = _intervals(pairs(known.drawing(LARGE)(SEED)))
    truth = {kind: table["estimate"].to_numpy(dtype=float) for kind, table in large.items()}
    means = known.population.implied_means().mean(axis=2).T.ravel()
    np.testing.assert_allclose(truth["levels"], means, atol=0.05)
    truth["levels"] = means
    found: Rates = {}
    for units in (240, 80):
        covered: dict[str, list[float]] = {kind: [] for kind in truth}
        draw = known.drawing(units)
        admissible = 0
        for seed in range(1, runs + 1):
            study = pairs(draw(seed))
            admissible += bool(study.latent.fits) and study.latent.fits[0].fit.admissible
            for kind, table in _intervals(study).items():
                low, high = table["lower"].to_numpy(dtype=float), table["upper"].to_numpy(dtype=float)
                there = ~np.isnan(low)
                inside = (low <= truth[kind]) & (truth[kind] <= high)
                covered[kind].append(float(inside[there].mean()) if there.any() else np.nan)
        found |= {f"{units} units: {kind}": float(np.nanmean(rates)) for kind, rates in covered.items()}
        found[f"{units} units: latent model admissible"] = admissible / runs
    return found


SIMULATIONS = {"pair_intervals": (pair_intervals, 200)}
