"""A simulated study of ratings as a folder: data, description, README, truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd
import yaml

from comply_measure.simulation.ratings import RatingPopulation, SimulatedRatings

POPULATION = "population.yaml"
DECIMALS = 6


def rating_contents(
    study: SimulatedRatings[Any],
    command: str,
    *,
    truth: Mapping[str, pd.DataFrame],
    form: str,
    asked: Sequence[str],
    sections: Sequence[str],
) -> dict[str, str]:
    """Every file of the folder but the population: name -> text.

    Parameters
    ----------
    study : SimulatedRatings
    command : str
        What makes the folder.
    truth : mapping
        Name in ``truth/`` -> table.
    form : str
    asked : sequence of str
        Items of the form, some of which the population may leave out.
    sections : sequence of str
        Sections of the README between the source of the data and the licence.
    """
    tables = {f"truth/{name}.csv": table for name, table in truth.items()}
    return {
        "responses.csv": _csv(study.responses),
        "units.csv": _csv(study.units),
        **{name: _csv(table) for name, table in tables.items()},
        "dataset.yaml": _description(study, command, tuple(tables), form, asked),
        "README.md": _readme(study, command, sections),
    }


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _description(
    study: SimulatedRatings[Any], command: str, truth: tuple[str, ...], form: str, asked: Sequence[str]
) -> str:
    population: RatingPopulation[Any] = study.population
    left = [name for name in dict.fromkeys(asked) if name not in set(study.responses.columns)]
    document = {
        "title": population.spec.title,
        "kind": "responses",
        "file": "responses.csv",
        "source": f"Simulated: {command}",
        "licence": "CC0-1.0",
        "layout": "long",
        "scales": [population.spec.scale],
        "form": form,
        "mapping": {"not_asked": left},
        "units_file": "units.csv",
        "other_files": {"population": POPULATION} | {f"truth_{Path(name).stem}": name for name in truth},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _readme(study: SimulatedRatings[Any], command: str, sections: Sequence[str]) -> str:
    spec = study.population.spec
    parts = [
        f"# {spec.title}",
        fill(spec.description, 110),
        "**Source.** Made from `population.yaml`, which states every parameter. In this folder:\n\n"
        f"```\n{command}\n```\n\nThe same seed ({study.seed}) gives the same bytes on any machine.",
        *sections,
        "## Licence\nSimulated data, dedicated to the public domain: CC0 1.0. No person or firm stands behind any row.",
    ]
    return "\n\n".join(parts) + "\n"


def informants_by_role(study: SimulatedRatings[Any]) -> str:
    """Numbers of informants, in words."""
    counts = study.responses["role"].value_counts(sort=False)
    return f"{len(study.responses)} informants ({', '.join(f'{role} {n}' for role, n in counts.items())})"


def codebook(study: SimulatedRatings[Any], *rows: str) -> str:
    """Head of the codebook: columns of ``responses.csv``, the keys before the rows given."""
    keys = (
        "| `firm`, `unit` | ids; a unit belongs to one firm |",
        "| `role` | " + ", ".join(study.population.spec.roles) + " |",
        "| `informant` | id |",
    )
    return "\n".join(
        (
            "## Codebook\n`responses.csv`: one row per informant.\n\n| column | meaning |\n|---|---|",
            *keys,
            *rows,
        )
    )
