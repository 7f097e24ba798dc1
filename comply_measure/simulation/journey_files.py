"""A simulated study of journeys as a folder: data, description, README, truth."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import pandas as pd
import yaml

from comply_measure.simulation.journey import JourneyPopulation, SimulatedJourney

POPULATION = "population.yaml"
_DECIMALS = 6


def journey_contents(study: SimulatedJourney, command: str) -> dict[str, str]:
    """Every file of the folder but the population: name -> text."""
    truth = {
        "truth/implied_means.csv": implied_means(study.population),
        "truth/stages.csv": planted_stages(study.population),
    }
    found = {
        "responses.csv": _csv(study.responses),
        "units.csv": _csv(study.units),
        **{name: _csv(table) for name, table in truth.items()},
    }
    return found | {
        "dataset.yaml": _description(study, command, tuple(truth)),
        "README.md": _readme(study, command),
    }


def implied_means(population: JourneyPopulation) -> pd.DataFrame:
    """Expected answer of every role at every stage on every dimension: role, stage, dimension, mean."""
    means, spec = population.implied_means(), population.spec
    rows = [
        (role, stage, dimension, means[r, s, d])
        for r, role in enumerate(spec.roles)
        for s, stage in enumerate(spec.stages)
        for d, dimension in enumerate(population.dimensions)
    ]
    return pd.DataFrame(rows, columns=["role", "stage", "dimension", "mean"]).round(_DECIMALS)


def planted_stages(population: JourneyPopulation) -> pd.DataFrame:
    """What was planted at each stage: stage, level, agreement, then bias and share not involved of every role."""
    spec = population.spec
    rows = []
    for stage, own in spec.stages.items():
        row: dict[str, object] = {"stage": stage, "level": own.level, "agreement": own.agreement}
        row |= {f"bias_{role}": own.role_bias.get(role, 0.0) for role in spec.roles}
        row |= {f"not_involved_{role}": own.not_involved.get(role, 0.0) for role in spec.roles}
        rows.append(row)
    return pd.DataFrame(rows)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _description(study: SimulatedJourney, command: str, truth: tuple[str, ...]) -> str:
    spec, scale = study.population.spec, study.population.scale
    asked = set(study.responses.columns)
    left = [item.id for item in scale.items_for("journey") if item.id not in asked]
    document = {
        "title": spec.title,
        "kind": "responses",
        "file": "responses.csv",
        "source": f"Simulated: {command}",
        "licence": "CC0-1.0",
        "layout": "long",
        "scales": [spec.scale],
        "form": "journey",
        "mapping": {"not_asked": left},
        "units_file": "units.csv",
        "other_files": {"population": POPULATION} | {f"truth_{Path(name).stem}": name for name in truth},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _readme(study: SimulatedJourney, command: str) -> str:
    spec = study.population.spec
    roles = ", ".join(f"{role} {n}" for role, n in study.responses["role"].value_counts(sort=False).items())
    answers = study.responses.iloc[:, 4:]
    D = len(study.population.dimensions)
    absent = [answers.iloc[:, k * D : (k + 1) * D].isna().all(axis=1).mean() for k in range(len(spec.stages))]
    lines = [
        f"- {study.units['firm'].nunique()} firms, {len(study.units)} business units; {len(study.responses)} "
        f"informants ({roles}), who rate {len(spec.stages)} stages on {D} dimensions.",
        "- Informants leave out stages in which their function is not involved: "
        + ", ".join(f"{stage} {share:.1%}" for stage, share in zip(spec.stages, absent, strict=True))
        + ".",
    ]
    variables = [
        f"| `{name}` | {', '.join(group.categories)} |" for name, group in spec.unit_variables.items()
    ]
    parts = [
        f"# {spec.title}",
        fill(spec.description, 110),
        "**Source.** Made from `population.yaml`, which states every parameter. In this folder:\n\n"
        f"```\n{command}\n```\n\nThe same seed ({study.seed}) gives the same bytes on any machine.",
        "## What is in the data\n" + "\n".join(lines),
        "## Codebook\n`responses.csv`: one row per informant.\n\n| column | meaning |\n|---|---|\n"
        "| `firm`, `unit` | ids; a unit belongs to one firm |\n| `role` | " + ", ".join(spec.roles) + " |\n"
        "| `informant` | id |\n| `S_<stage>_<dimension>` | 1 to 7 as ticked, blank: not answered |\n\n"
        f"Items carry their ids in the scale `{spec.scale}` (form `journey`); `comply-measure scale show {spec.scale}` "
        "prints the wording.\n\n`units.csv`: one row per unit.\n\n| column | values |\n|---|---|\n"
        "| `firm`, `unit` | ids |\n" + "\n".join(variables),
        "## Truth\n- `truth/stages.csv`: planted level, agreement, role biases and shares of roles not involved.\n"
        "- `truth/implied_means.csv`: expected answers (recoded) by role, stage and dimension, in closed form.",
        "## Licence\nSimulated data, dedicated to the public domain: CC0 1.0. No person or firm stands behind any row.",
    ]
    return "\n\n".join(parts) + "\n"
