"""A simulated study of pairs as a folder: data, description, README, truth."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
import yaml

from comply_measure.simulation.pairs import PairPopulation, SimulatedPairs

POPULATION = "population.yaml"
_DECIMALS = 6


def pair_contents(study: SimulatedPairs, command: str) -> dict[str, str]:
    """Every file of the folder but the population: name -> text."""
    truth = {
        "truth/implied_means.csv": implied_means(study.population),
        "truth/states.csv": state_correlations(study.population),
    }
    return {
        "responses.csv": _csv(study.responses),
        "units.csv": _csv(study.units),
        **{name: _csv(table) for name, table in truth.items()},
        "dataset.yaml": _description(study, command, tuple(truth)),
        "README.md": _readme(study, command),
    }


def implied_means(population: PairPopulation) -> pd.DataFrame:
    """Expected answer of every rater about every pair on every dimension: pair, role, inside, dimension, mean."""
    means, inside, spec = population.implied_means(), population.inside(), population.spec
    rows = [
        (pair, role, bool(inside[r, p]), dimension, means[r, p, d])
        for p, pair in enumerate(spec.pairs)
        for r, role in enumerate(spec.roles)
        for d, dimension in enumerate(population.dimensions)
    ]
    return pd.DataFrame(rows, columns=["pair", "role", "inside", "dimension", "mean"]).round(_DECIMALS)


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
    return pd.DataFrame(rows, columns=["of", "correlation", "r_squared"]).round(_DECIMALS)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _description(study: SimulatedPairs, command: str, truth: tuple[str, ...]) -> str:
    spec, scale = study.population.spec, study.population.scale
    asked = set(study.responses.columns)
    collected = spec.attribute_set or scale.collection_set
    forms = [item.id for form in ("short", "dyad") for item in scale.items_for(form, collected)]
    document = {
        "title": spec.title,
        "kind": "responses",
        "file": "responses.csv",
        "source": f"Simulated: {command}",
        "licence": "CC0-1.0",
        "layout": "long",
        "scales": [spec.scale],
        "form": "short+dyad",
        "mapping": {"not_asked": [name for name in dict.fromkeys(forms) if name not in asked]},
        "units_file": "units.csv",
        "other_files": {"population": POPULATION} | {f"truth_{Path(name).stem}": name for name in truth},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _readme(study: SimulatedPairs, command: str) -> str:
    spec = study.population.spec
    roles = ", ".join(f"{role} {n}" for role, n in study.responses["role"].value_counts(sort=False).items())
    parts = [
        f"# {spec.title}",
        fill(spec.description, 110),
        "**Source.** Made from `population.yaml`, which states every parameter. In this folder:\n\n"
        f"```\n{command}\n```\n\nThe same seed ({study.seed}) gives the same bytes on any machine.",
        f"## What is in the data\n- {study.units['firm'].nunique()} firms, {len(study.units)} business units; "
        f"{len(study.responses)} informants ({roles}).\n- Everyone answers the short form about the triad, and rates "
        f"all three pairs of functions on {len(study.population.dimensions)} dimensions: two of them from inside, one "
        "from outside.",
        "## Codebook\n`responses.csv`: one row per informant.\n\n| column | meaning |\n|---|---|\n"
        "| `firm`, `unit` | ids; a unit belongs to one firm |\n| `role` | " + ", ".join(spec.roles) + " |\n"
        "| `informant` | id |\n| `D_<pair>_<dimension>` | pair form: 1 to 7 as ticked, blank: not answered |\n"
        "| other columns | items of the short form, likewise |\n\n"
        f"Items carry their ids in the scale `{spec.scale}`; `comply-measure scale show {spec.scale}` prints the "
        "wording.\n\n`units.csv`: one row per unit, `firm` and `unit`.",
        "## Truth\n- `truth/implied_means.csv`: expected answers (recoded) about pairs by rater and dimension, in "
        "closed form.\n- `truth/states.csv`: correlation of the triad's state with each pair, with the mean and the "
        "minimum of the pairs, and R² of both together, in closed form and without error of measurement.",
        "## Licence\nSimulated data, dedicated to the public domain: CC0 1.0. No person or firm stands behind any row.",
    ]
    return "\n\n".join(parts) + "\n"
