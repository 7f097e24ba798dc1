"""A simulated study of journeys as a folder: data, description, README, truth."""

from __future__ import annotations

import pandas as pd

from comply_measure.simulation.journey import JourneyPopulation, SimulatedJourney
from comply_measure.simulation.rating_files import DECIMALS, codebook, informants_by_role, rating_contents


def journey_contents(study: SimulatedJourney, command: str) -> dict[str, str]:
    """Every file of the folder but the population: name -> text."""
    population = study.population
    return rating_contents(
        study,
        command,
        truth={"implied_means": implied_means(population), "stages": planted_stages(population)},
        form="journey",
        asked=[item.id for item in population.scale.items_for("journey")],
        sections=_sections(study),
    )


def implied_means(population: JourneyPopulation) -> pd.DataFrame:
    """Expected answer of every role at every stage on every dimension: role, stage, dimension, mean."""
    means, spec = population.implied_means(), population.spec
    rows = [
        (role, stage, dimension, means[r, s, d])
        for r, role in enumerate(spec.roles)
        for s, stage in enumerate(spec.stages)
        for d, dimension in enumerate(population.dimensions)
    ]
    return pd.DataFrame(rows, columns=["role", "stage", "dimension", "mean"]).round(DECIMALS)


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


def _sections(study: SimulatedJourney) -> tuple[str, ...]:
    """What the README says of the data."""
    spec = study.population.spec
    answers = study.responses.iloc[:, 4:]
    D = len(study.population.dimensions)
    absent = [answers.iloc[:, k * D : (k + 1) * D].isna().all(axis=1).mean() for k in range(len(spec.stages))]
    lines = [
        f"- {study.units['firm'].nunique()} firms, {len(study.units)} business units; "
        f"{informants_by_role(study)}, who rate {len(spec.stages)} stages on {D} dimensions.",
        "- Informants leave out stages in which their function is not involved: "
        + ", ".join(f"{stage} {share:.1%}" for stage, share in zip(spec.stages, absent, strict=True))
        + ".",
    ]
    variables = [
        f"| `{name}` | {', '.join(group.categories)} |" for name, group in spec.unit_variables.items()
    ]
    return (
        "## What is in the data\n" + "\n".join(lines),
        codebook(study, "| `S_<stage>_<dimension>` | 1 to 7 as ticked, blank: not answered |\n")
        + f"\nItems carry their ids in the scale `{spec.scale}` (form `journey`); "
        f"`comply-measure scale show {spec.scale}` prints the wording.\n\n"
        "`units.csv`: one row per unit.\n\n| column | values |\n|---|---|\n"
        "| `firm`, `unit` | ids |\n" + "\n".join(variables),
        "## Truth\n- `truth/stages.csv`: planted level, agreement, role biases and shares of roles not involved.\n"
        "- `truth/implied_means.csv`: expected answers (recoded) by role, stage and dimension, in closed form.",
    )
