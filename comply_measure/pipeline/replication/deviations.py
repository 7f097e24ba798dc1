"""Planned and run: what a study registered before, held against what it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from comply_measure.documents import YamlDocument, problem_at, validate
from comply_measure.errors import Problem
from comply_measure.pipeline.replication.declared import Registration
from comply_measure.pipeline.step import Step
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.pipeline.run import Run

COLUMNS = ("step", "option", "planned", "run", "agrees", "reason")


def registration_problems(
    document: YamlDocument, registration: Registration | None, registry: Mapping[str, Step]
) -> list[Problem]:
    """Planned steps and options that do not exist, and reasons for steps that do not."""
    if registration is None:
        return []
    problems = []
    for place, names in (("steps", registration.steps), ("deviations", registration.deviations)):
        for name in names:
            at = ("registration", place, name)
            if name not in registry:
                problems.append(problem_at(document, at, unknown_message("step", name, registry)))
            elif place == "steps":
                planned = dict(registration.steps[name] or {})
                problems += validate(registry[name].options, document, planned, at)[1]
    return problems


def deviations(run: Run, registration: Registration) -> pd.DataFrame:
    """One row per planned or run step, and one per option that differs.

    Returns
    -------
    DataFrame
        step, option (empty: the step itself), planned, run, agrees, reason (as the study file states it).
    """
    import pandas as pd

    names = [*registration.steps, *(name for name in run.steps if name not in registration.steps)]
    rows = [row for name in names for row in _of_step(run, registration, name)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_step(run: Run, registration: Registration, name: str) -> Iterator[tuple[Any, ...]]:
    reason = registration.deviations.get(name, "")
    planned, ran = name in registration.steps, name in run.outputs
    told = {True: "yes", False: "no"}
    agrees = planned == ran
    yield name, "", told[planned], told[ran], agrees, "" if agrees else reason
    if not (planned and ran):
        return
    wanted = run.steps[name].options(**(registration.steps[name] or {})).model_dump(mode="json")
    study = run.study
    used = (study.steps[name] if name in study.steps else study.others[name]).model_dump(mode="json")
    for option, value in wanted.items():
        if used.get(option) != value:
            yield name, option, str(value), str(used.get(option)), False, reason


def unexplained(table: pd.DataFrame) -> list[str]:
    """Steps that differ from the plan without a stated reason."""
    silent = table.loc[~table["agrees"].astype(bool) & (table["reason"] == ""), "step"]
    return list(dict.fromkeys(silent.tolist()))
