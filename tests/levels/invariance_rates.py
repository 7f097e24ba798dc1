"""What the search for unequal items frees, and whether latent gaps and distances hold, over simulated studies.

``python tests/levels/invariance_rates.py planted 17`` draws studies from the population of the shipped data set (seeds
from 100 on), ``null`` without its planted items; a line of JSON per study, about six seconds each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from comply_measure.evidence import invariance
from comply_measure.responses import dataset_path, responses_from_frame
from comply_measure.simulation import load_population, simulate


def studies(kind: str, n: int, first_seed: int = 100) -> Iterator[dict[str, Any]]:
    """One record per study: freed items and attributes, latent gaps and distances with their errors."""
    population = load_population(dataset_path("msi_triads") / "population.yaml")
    if kind == "null":
        spec = population.spec.model_copy(update={"noninvariant_items": ()})
        population = replace(population, spec=spec)
    population = population.with_attribute_set("20")
    for seed in range(first_seed, first_seed + n):
        drawn = simulate(population, seed)
        responses = responses_from_frame(
            drawn.responses, list(population.scales), units=drawn.units, attribute_set="20"
        )
        found = invariance(responses)
        yield {
            "seed": seed,
            "items": [item for c in found.items if c.search for item in c.search.items],
            "attributes": [item for c in found.roles if c.search for item in c.search.items],
            "gaps": found.latent_gaps[["factor", "pair", "gap", "se"]].values.tolist(),
            "distances": found.distances[["factor", "distance", "ci_lower", "ci_upper"]].values.tolist(),
        }


def main() -> None:
    """Print the records."""
    kind, n = sys.argv[1], int(sys.argv[2])
    for record in studies(kind, n):
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
