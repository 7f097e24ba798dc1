"""A simulated study of pairs as a folder: data, description, README, truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure.simulation.pairs import PairPopulation, SimulatedPairs
from comply_measure.simulation.rating_files import DECIMALS, codebook, informants_by_role, rating_contents


def pair_contents(study: SimulatedPairs, command: str) -> dict[str, str]:
    """Every file of the folder but the population: name -> text."""
    population, scale = study.population, study.population.scale
    collected = population.spec.attribute_set or scale.collection_set
    return rating_contents(
        study,
        command,
        truth={"implied_means": implied_means(population), "states": state_correlations(population)},
        form="short+dyad",
        asked=[item.id for form in ("short", "dyad") for item in scale.items_for(form, collected)],
        sections=_sections(study),
    )


def implied_means(population: PairPopulation) -> pd.DataFrame:
    """Expected answer of every rater about every pair on every dimension: pair, role, inside, dimension, mean."""
    means, inside, spec = population.implied_means(), population.inside(), population.spec
    rows = [
        (pair, role, bool(inside[r, p]), dimension, means[r, p, d])
        for p, pair in enumerate(spec.pairs)
        for r, role in enumerate(spec.roles)
        for d, dimension in enumerate(population.dimensions)
    ]
    return pd.DataFrame(rows, columns=["pair", "role", "inside", "dimension", "mean"]).round(DECIMALS)


def state_correlations(population: PairPopulation) -> pd.DataFrame:
    """Correlation of the triad's state with each pair, their mean and minimum, and its regression on the last two."""
    table = population.state_covariance()
    covariance = table.to_numpy(dtype=float)
    r = covariance[-1] / np.sqrt(covariance[-1, -1] * np.diag(covariance))
    rows = [(str(name), float(value), float(value**2)) for name, value in zip(table, r, strict=True)][:-1]
    with_triad = covariance[3:5, -1]
    slopes = np.linalg.solve(covariance[3:5, 3:5], with_triad)
    both = float(slopes @ with_triad / covariance[-1, -1])
    rows.append(("mean and minimum", float(np.sqrt(both)), both))
    return pd.DataFrame(rows, columns=["of", "correlation", "r_squared"]).round(DECIMALS)


def _sections(study: SimulatedPairs) -> tuple[str, ...]:
    """What the README says of the data."""
    scale = study.population.spec.scale
    return (
        f"## What is in the data\n- {study.units['firm'].nunique()} firms, {len(study.units)} business units; "
        f"{informants_by_role(study)}.\n- Everyone answers the short form about the triad, and rates "
        f"all three pairs of functions on {len(study.population.dimensions)} dimensions: two of them from inside, one "
        "from outside.",
        codebook(
            study,
            "| `D_<pair>_<dimension>` | pair form: 1 to 7 as ticked, blank: not answered |",
            "| other columns | items of the short form, likewise |\n",
        )
        + f"\nItems carry their ids in the scale `{scale}`; `comply-measure scale show {scale}` prints the "
        "wording.\n\n`units.csv`: one row per unit, `firm` and `unit`.",
        "## Truth\n- `truth/implied_means.csv`: expected answers (recoded) about pairs by rater and dimension, in "
        "closed form.\n- `truth/states.csv`: correlation of the triad's state with each pair, with the mean and the "
        "minimum of the pairs, and R² of both together, in closed form and without error of measurement.",
    )
