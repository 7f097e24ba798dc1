"""README of a simulated data set: source, files, codebook, truth, licence."""

from __future__ import annotations

from textwrap import fill

from comply_measure.simulation.plan import plan_items
from comply_measure.simulation.schema import (
    AmountVariable,
    NominalVariable,
    OrderedVariable,
    OutcomeVariable,
)
from comply_measure.simulation.study import SimulatedStudy

WIDTH = 110


def readme_text(
    study: SimulatedStudy, command: str, attribute_set: str | None, *, has_reference: bool
) -> str:
    """Markdown text that explains the folder.

    Parameters
    ----------
    study : SimulatedStudy
    command : str
        Command that makes the folder.
    attribute_set : str or None
        Attribute set of the implied values.
    has_reference : bool
        Whether the folder holds the large-sample reference.

    Returns
    -------
    str
    """
    parts = [
        f"# {study.population.spec.title}",
        fill(study.population.spec.description, WIDTH),
        _source(study, command),
        "## What is in the data\n" + _contents(study),
        "## Codebook\n" + _codebook(study),
        "## Truth\n" + _truth(attribute_set, has_reference),
        "## Licence\nSimulated data, dedicated to the public domain: CC0 1.0."
        " No person or firm stands behind any row.",
    ]
    return "\n\n".join(parts) + "\n"


def _source(study: SimulatedStudy, command: str) -> str:
    return (
        "**Source.** Made from `population.yaml`, which states every parameter. In this folder:\n\n"
        f"```\n{command}\n```\n\n"
        f"The same seed ({study.seed}) gives the same bytes on any machine and with any number of workers."
    )


def _contents(study: SimulatedStudy) -> str:
    responses, truth = study.responses, study.truth
    roles = study.population.roles
    per_unit = responses.groupby("unit")["role"].nunique().reindex(study.units["unit"], fill_value=0)
    invited = len(study.truth.informants)
    several = int((responses.groupby(["unit", "role"]).size() > 1).sum())
    by_role = ", ".join(f"{role} {int((responses['role'] == role).sum())}" for role in roles)
    complete = int((per_unit == len(roles)).sum())
    kinds = truth.careless["kind"].value_counts().sort_index()
    careless = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    lines = [
        f"- {study.units['firm'].nunique()} firms, {len(study.units)} business units;"
        f" {len(responses)} informants ({by_role}); {complete} units with all {len(roles)} informants.",
        *([f"- {several} times two informants of one role in a unit."] if several else []),
        f"- {invited - len(responses)} of {invited} invited informants are absent"
        f" ({100 * (1 - len(responses) / invited):.1f} %).",
        f"- {_share_unanswered(study):.1f} % of the items asked are left out,"
        f' {_share_doubt(study):.1f} % are answered "cannot judge".',
        *_lines_on_applying(study),
        f"- {len(truth.careless)} informants answer carelessly"
        f" ({100 * len(truth.careless) / len(responses):.1f} %): {careless}.",
    ]
    return "\n".join(lines)


def _asked(study: SimulatedStudy) -> int:
    roles = study.responses["role"].value_counts()
    return sum(int(roles.get(role, 0)) for item in study.population.items for role in item.roles)


def _share_doubt(study: SimulatedStudy) -> float:
    codes = {
        item.id: code
        for scale in study.population.scales
        for item in scale.items
        if (code := scale.response.cannot_judge) is not None
    }
    hits = sum(
        int((study.responses[item.id] == codes[item.id]).sum())
        for item in study.population.items
        if item.id in codes
    )
    return 100.0 * hits / _asked(study)


def _lines_on_applying(study: SimulatedStudy) -> list[str]:
    """A line on answers "does not apply", where items offer it."""
    offered = [item for item in study.population.items if "does_not_apply" in item.offers]
    if not offered:
        return []
    plan = plan_items(study.population)
    codes = {id: code for id, code in zip(plan.ids, plan.does_not_apply, strict=True) if code}
    asked = sum(int(study.responses["role"].isin(item.roles).sum()) for item in offered)
    hits = sum(int((study.responses[item.id] == codes[item.id]).sum()) for item in offered)
    return [
        f'- {len(offered)} items offer "does not apply"; {100.0 * hits / asked:.1f} % of their answers are that.'
    ]


def _share_unanswered(study: SimulatedStudy) -> float:
    answered = int(study.responses[[item.id for item in study.population.items]].notna().sum().sum())
    return 100.0 * (1.0 - answered / _asked(study))


def _codebook(study: SimulatedStudy) -> str:
    population = study.population
    response = population.tree.response
    limits = f"{response.minimum} to {response.maximum}"
    codes = f"{limits} as ticked (reverse-keyed items are not recoded), blank: not answered"
    if response.cannot_judge is not None:
        codes += f", {response.cannot_judge}: cannot judge"
    if response.does_not_apply is not None:
        codes += f", {response.does_not_apply}: does not apply"
    scales = ", ".join(f"`{scale.key}`" for scale in population.scales)
    rows = [
        "`responses.csv`: one row per informant.",
        "",
        "| column | meaning |",
        "|---|---|",
        "| `firm`, `unit` | ids; a unit belongs to one firm |",
        f"| `role` | {', '.join(population.roles)} |",
        "| `informant` | id |",
        f"| {len(population.items)} items | {codes} |",
        "",
        f"Items carry their ids in the scales {scales} (form `{population.spec.instrument.form}`);"
        " `comply-measure scale show <scale>` prints wording, construct, keying and roles.",
        "",
        "`units.csv`: one row per unit.",
        "",
        "| column | values |",
        "|---|---|",
        "| `firm`, `unit` | ids |",
    ]
    rows += [
        f"| `{name}` | {_values(variable)} |" for name, variable in population.spec.unit_variables.items()
    ]
    return "\n".join(rows)


def _values(variable: NominalVariable | OrderedVariable | AmountVariable | OutcomeVariable) -> str:
    unit = f" ({variable.unit})" if variable.unit else ""
    if isinstance(variable, NominalVariable):
        return f"{variable.label}: {', '.join(variable.categories)}{unit}"
    if isinstance(variable, OrderedVariable):
        return f"{variable.label}: {' < '.join(str(label) for label in variable.categories)}{unit}"
    if isinstance(variable, AmountVariable):
        return f"{variable.label}: whole number, at least {variable.minimum}{unit}"
    return f"{variable.label}: whole number, {variable.minimum} to {variable.maximum}{unit}"


def _truth(attribute_set: str | None, has_reference: bool) -> str:
    lines = [
        "`truth/` holds what the data were made from; values in standard deviations of attentive informants.",
        "",
        "| file | content |",
        "|---|---|",
        "| `units.csv` | true value of every unit-level variable |",
        "| `informants.csv` | what each informant perceives, method factor, carelessness, absence |",
        "| `careless.csv` | careless informants in the data, with kind |",
        "| `absent_informants.csv` | informants who did not take part |",
        "| `noninvariant_items.csv` | planted items: role, shift of the thresholds, loading |",
        "| `implied_loadings.csv` | stated loadings and what they are on observed ratings and scores |",
        "| `implied_reliability.csv` | α and reliability of attribute and dimension scores by role |",
        "| `implied_icc.csv` | intraclass correlations over roles |",
        "| `implied_gaps.csv` | role means and gaps in scale points |",
        "| `study.json` | seed, command, hash of the population |",
    ]
    if has_reference:
        lines += [
            "| `reference_moments.csv` | covariances of unit scores in a large simulation, with errors |",
            "| `reference_means.csv` | their means |",
            "| `reference_paths.csv` | structural paths, stated and on observed unit scores |",
        ]
    which = f", attribute set {attribute_set}" if attribute_set else ""
    lines += [
        "",
        f"Implied values are closed forms for attentive informants and complete triads{which}.",
        "`comply_measure.simulation.truth_reference` reads all of it.",
    ]
    return "\n".join(lines)
