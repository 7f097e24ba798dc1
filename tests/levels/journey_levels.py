"""Kept simulation of the shipped journeys: coverage of levels and gaps, size of tests of no difference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.simulation import JourneyPopulation, load_journey_population, simulate_journey
from comply_measure.triads import StageData, stage_gaps, stage_profile, stage_tests
from comply_measure.triads.aggregation.generality import generality

Rates = dict[str, float]
POPULATION = Path(__file__).parents[2] / "datasets" / "journey_triads" / "population.yaml"


def one_study(population: JourneyPopulation, seed: int) -> StageData:
    """A simulated study as stage data, items recoded."""
    scale, rows = population.scale, simulate_journey(population, seed).responses
    for name in population.items.values():
        if scale.item(name).keying < 0:
            rows[name] = scale.response.minimum + scale.response.maximum - rows[name]
    columns = {
        stage: {dim: population.items[stage, dim] for dim in population.dimensions}
        for stage in population.spec.stages
    }
    rows[list(population.items.values())] = rows[list(population.items.values())].astype(float)
    return StageData.from_long(rows, columns, roles=population.spec.roles, firm="firm")


def without_differences(population: JourneyPopulation) -> JourneyPopulation:
    """The same population with all stages and roles alike."""
    spec = population.spec
    stages = {
        name: own.model_copy(update={"level": 0.0, "role_bias": {}}) for name, own in spec.stages.items()
    }
    changed = spec.model_copy(update={"stages": stages, "dimension_shifts": ()})
    return JourneyPopulation(changed, population.scale, population.dimensions, population.items)


def journey_stages(runs: int) -> Rates:
    """Shipped journeys, 60 and 20 firms: coverage of 95 % intervals; rejections of joint tests without differences."""
    found: Rates = {}
    for firms in (60, 20):
        population = load_journey_population(POPULATION).with_firms(firms)
        implied = population.implied_means().mean(axis=2)
        covered, errors, gaps, tests = [], [], [], []
        for seed in range(1, runs + 1):
            data = one_study(population, seed)
            profile = stage_profile(data).query("role != ''")
            true = implied.ravel()
            covered.append((profile["lower"].to_numpy() <= true) & (true <= profile["upper"].to_numpy()))
            errors.append(profile["mean"].to_numpy() - true)
            table = stage_gaps(data)
            places = [(a, b) for a in range(3) for b in range(a + 1, 3)]
            expected = np.concatenate([implied[a] - implied[b] for a, b in places])
            gaps.append((table["lower"].to_numpy() <= expected) & (expected <= table["upper"].to_numpy()))
            null = stage_tests(one_study(without_differences(population), seed))
            tests.append(null.set_index("test")["p"])
        found[f"{firms} firms: bias of levels"] = float(np.mean(errors))
        found[f"{firms} firms: coverage of levels"] = float(np.mean(covered))
        found[f"{firms} firms: coverage of gaps"] = float(np.mean(gaps))
        for name in ("stages", "parallel", "roles"):
            found[f"{firms} firms: size, {name}"] = float(np.mean([p[name] <= 0.05 for p in tests]))
    return found


def generality_tests(runs: int) -> Rates:
    """Shipped journeys: rejections of equal levels and gaps by region (units) and industry (firms), no effects."""
    found: Rates = {}
    for firms in (60, 20):
        population = load_journey_population(POPULATION).with_firms(firms)
        rejected: dict[str, list[bool]] = {}
        for seed in range(1, runs + 1):
            data = one_study(population, seed)
            units = simulate_journey(population, seed).units.set_index("unit")
            views = pd.DataFrame(
                np.nanmean(data.scores, axis=2), index=data.triads.units, columns=list(data.roles)
            )
            outcomes = {"level": views.mean(axis=1), "gap": views["sales"] - views["marketing"]}
            for name in ("region", "industry"):
                for what, y in outcomes.items():
                    p = generality(y, units[name], units["firm"]).p
                    rejected.setdefault(f"{firms} firms: size, {what} by {name}", []).append(bool(p <= 0.05))
        found |= {name: float(np.mean(values)) for name, values in rejected.items()}
    return found


SIMULATIONS = {"journey_stages": (journey_stages, 200), "generality_tests": (generality_tests, 200)}
