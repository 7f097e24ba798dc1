"""Equal measurement over stages, of roles at each stage, and over all cells of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.models.invariance import invariance_ladder, role_design, stage_design
from comply_measure.models.invariance.role_designs import RoleDesign
from comply_measure.triads import (
    StageData,
)

if TYPE_CHECKING:
    pass

Columns = Mapping[str, Mapping[str, str]]

#: Informants a role needs for a ladder of its own over the stages.
LEAST_BY_ROLE = 100

LADDER = ("configural", "metric", "scalar")

CELLS = "stages × roles"  # the comparison of all cells


def stage_invariance(
    data: StageData, answers: pd.DataFrame, columns: Columns, clustered: bool
) -> pd.DataFrame:
    """Ladders over stages, over stages in each role, over roles at each stage, and over all cells of these."""
    cluster = "firm" if clustered else "unit"
    designs: dict[str, Callable[[], RoleDesign]] = {
        "stages": lambda: stage_design(answers, columns, cluster=cluster, estimator="MLR")
    }
    for role in data.roles:
        own = answers[answers["role"] == role]
        designs[f"stages in {role}"] = lambda own=own: _large(own, columns, "firm" if clustered else None)  # type: ignore[misc]
    for stage, names in columns.items():
        factors = {"alignment": tuple(names.values())}
        designs[f"roles at {stage}"] = lambda factors=factors: role_design(  # type: ignore[misc]
            answers, factors, data.roles, cluster="firm" if clustered else None, estimator="MLR"
        )
    designs[CELLS] = lambda: cell_design(data.roles, answers, columns, "firm" if clustered else None)
    parts = []
    for name, design in designs.items():
        ladder, why = attempt(partial(_ladder, design))
        table = pd.DataFrame([{"level": "", "note": why}]) if ladder is None else ladder
        parts.append(table.assign(comparison=name))
    found = pd.concat(parts, ignore_index=True)
    return found[["comparison", *(name for name in found.columns if name != "comparison")]]


def _ladder(design: Callable[[], RoleDesign]) -> pd.DataFrame:
    found: pd.DataFrame = invariance_ladder(design(), levels=LADDER).tidy()
    return found


def _large(own: pd.DataFrame, columns: Columns, cluster: str | None) -> RoleDesign:
    if len(own) < LEAST_BY_ROLE:
        raise NotApplicableError(f"{len(own)} informants are too few (at least {LEAST_BY_ROLE})")
    return stage_design(own, columns, cluster=cluster, estimator="MLR")


def cell_design(
    roles: Sequence[str], answers: pd.DataFrame, columns: Columns, cluster: str | None
) -> RoleDesign:
    """Every stage as every role sees it: one row per unit, a factor per cell.

    Raises
    ------
    NotApplicableError
        Where the model has more parameters than there are units: their covariances are not determined.
    """
    stages = {stage: list(names.values()) for stage, names in columns.items()}
    named = list(dict.fromkeys(column for own in stages.values() for column in own))
    known = answers[answers["role"].isin(roles)]
    wide = known.pivot_table(index="unit", columns="role", values=named, aggfunc="mean", observed=True)
    units = int(wide.notna().any(axis=1).sum())
    cells = {
        f"{stage}_{role}": {key: f"{column}|{role}" for key, column in own.items()}
        for stage, own in columns.items()
        for role in roles
    }
    factors, items = len(cells), len(next(iter(columns.values())))
    parameters = factors * (factors + 1) // 2 + items * factors * (factors - 1) // 2
    parameters += factors * (3 * items - 1)
    if parameters > units:
        raise NotApplicableError(
            f"{factors} factors of {items} indicators have {parameters:,} parameters for {units} units: not estimable; "
            "stages in each role and roles at each stage are compared instead"
        )
    wide.columns = wide.columns.map("|".join)
    if cluster:
        wide[cluster] = answers.groupby("unit", observed=True)[cluster].first().reindex(wide.index)
    return stage_design(wide, cells, cluster=cluster, estimator="MLR")
