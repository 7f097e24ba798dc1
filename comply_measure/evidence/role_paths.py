"""Paths of a study by who rates their ends: which paths and roles, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, field_validator

from comply_measure.documents.validation import Speaking
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.dyads import Name
from comply_measure.evidence.estimation import Cluster
from comply_measure.models import role_paths
from comply_measure.statistics.multiplicity import holm
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.evidence.unit_variables import UnitVariables
    from comply_measure.models import RolePaths


class StatedRolePath(Speaking):
    """One comparison of paths over roles in a study file.

    Parameters
    ----------
    from : str or list of str
        Predictors of one equation: scores, items, what stands above the dimensions, numeric variables of the units.
    to : str
        Outcome, one of these.
    roles : list of str, optional
        Roles to compare; all by default.
    owner : str, optional
        The role whom the outcome is about: paths to its own and to others' rating of it are compared.
    label : str
        Name in print.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    predictors: Annotated[tuple[Name, ...], Field(alias="from", min_length=1)]
    outcome: Annotated[str, Field(alias="to", min_length=1)]
    roles: tuple[Name, ...] = ()
    owner: Name | None = None
    label: str = ""

    @field_validator("predictors", mode="before")
    @classmethod
    def _in_order(cls, given: Any) -> Any:
        """One predictor stands for a list of one."""
        return (given,) if isinstance(given, str) else given

    def faults(self, variables: UnitVariables) -> Iterator[tuple[str, str]]:
        """What is wrong in this study: key and message."""
        known_roles = tuple(dict.fromkeys(role for _, role in variables.views.values()))
        unknown = [role for role in self.roles if role not in known_roles]
        yield from (("roles", unknown_message("role", role, known_roles)) for role in unknown)
        names = (*(("from", name) for name in self.predictors), ("to", self.outcome))
        if len({name for _, name in names}) < len(names):
            yield "to", "a variable stands in two places"
        known = (*variables.overall, *variables.constructs, *variables.items, *variables.numeric)
        lost = [
            (key, unknown_message("score, item or variable", n, known)) for key, n in names if n not in known
        ]
        yield from lost
        if unknown or lost:
            return
        predictors, outcome = (
            self._raters(self.predictors, variables),
            self._raters((self.outcome,), variables),
        )
        if predictors is None and outcome is None:
            yield "to", "no end of the path is rated by roles"
        elif len([r for r in predictors or outcome or () if outcome is None or r in outcome]) < 2:
            yield "to", "fewer than two roles were asked both ends of the path"
        if self.owner is not None and self.owner not in (outcome or ()):
            yield "owner", unknown_message("role that rates the outcome", self.owner, outcome or ())

    def _raters(self, names: Sequence[str], variables: UnitVariables) -> tuple[str, ...] | None:
        """Roles that were asked everything that is rated; None where nothing is."""
        rated = [name for name in names if _is_rated(name, variables)]
        if not rated:
            return None
        found = [tuple(views_of(name, variables)) for name in rated]
        return tuple(
            role
            for role in found[0]
            if all(role in each for each in found) and role in (self.roles or found[0])
        )


@dataclass(frozen=True, eq=False)
class RolePath:
    """What became of one comparison.

    Parameters
    ----------
    label, outcome : str
    predictors : tuple of str
    owner : str
        Empty without one.
    paths, tests, differences : DataFrame
        As in :class:`comply_measure.models.RolePaths`; empty where nothing could be estimated. The last two have
        ``p_holm``: corrected over the tests, or the differences of one kind, of all comparisons.
    n_units, n_clusters : int
    notes : tuple of str
        What a reader must know; the reason where there is nothing.
    """

    label: str
    outcome: str
    predictors: tuple[str, ...]
    owner: str
    paths: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame
    n_units: int
    n_clusters: int
    notes: tuple[str, ...]


def _is_rated(name: str, variables: UnitVariables) -> bool:
    return name in variables.overall or name in variables.constructs or name in variables.items


def views_of(name: str, variables: UnitVariables) -> dict[str, tuple[str, ...]]:
    """Role -> the views whose mean is what it says of a name."""
    parts = variables.overall.get(name, (name,))
    roles = dict.fromkeys(role for base, role in variables.views.values() if base == parts[0])
    found = {role: tuple(f"{part}@{role}" for part in parts) for role in roles}
    return {role: views for role, views in found.items() if all(view in variables.views for view in views)}


def role_paths_of(
    stated: Sequence[StatedRolePath], variables: UnitVariables, cluster: Cluster
) -> tuple[RolePath, ...]:
    """Every stated comparison, or why there is none; p corrected after Holm within each kind of test."""
    made = [attempt(lambda e=each: _compared(e, variables, cluster)) for each in stated]  # type: ignore[misc]
    nothing = pd.DataFrame()
    tests = _corrected([nothing if found is None else found.tests for found, _ in made])
    differences = _corrected([nothing if found is None else found.differences for found, _ in made])
    return tuple(
        RolePath(
            label=each.label,
            outcome=each.outcome,
            predictors=each.predictors,
            owner=each.owner or "",
            paths=nothing if found is None else found.paths,
            tests=own,
            differences=single,
            n_units=0 if found is None else found.n_units,
            n_clusters=0 if found is None else found.n_clusters,
            notes=(why,) if found is None else found.notes,
        )
        for each, (found, why), own, single in zip(stated, made, tests, differences, strict=True)
    )


def _corrected(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """``p_holm`` beside p, over the rows of one kind in all tables."""
    found = [table.assign(p_holm=np.nan) if len(table) else table for table in tables]
    kinds = [table["kind"] if "kind" in table else pd.Series("", index=table.index) for table in found]
    for kind in dict.fromkeys(kind for column in kinds for kind in column):
        rows = [(table, column == kind) for table, column in zip(found, kinds, strict=True) if len(table)]
        p = np.concatenate([table.loc[mine, "pvalue"].to_numpy(dtype=float) for table, mine in rows])
        adjusted, place = holm(p), 0
        for table, mine in rows:
            n = int(mine.sum())
            table.loc[mine, "p_holm"] = adjusted[place : place + n]
            place += n
    return found


def _compared(each: StatedRolePath, variables: UnitVariables, cluster: Cluster) -> RolePaths:
    names = (*each.predictors, each.outcome)
    kept = [name for name in names if not _is_rated(name, variables)]
    return role_paths(
        _informants(each, names, variables, cluster),
        each.predictors,
        each.outcome,
        each.roles or None,
        owner=each.owner,
        unit_variables=kept,
        cluster=None if cluster == "none" else "firm",
    )


def _informants(
    each: StatedRolePath, names: Sequence[str], variables: UnitVariables, cluster: Cluster
) -> pd.DataFrame:
    """A row per unit and role, in the order of the scales' roles."""
    parts = []
    for role in dict.fromkeys(role for chosen in variables.scales for role in chosen.roles):
        said: dict[str, pd.Series[float]] = {}
        for name in names:
            views = views_of(name, variables).get(role, ()) if _is_rated(name, variables) else ()
            if views:
                both = pd.concat([variables.view(view) for view in views], axis=1).mean(axis=1, skipna=False)
                said[name] = both.groupby(level=0).mean()
        table = pd.DataFrame(said).reindex(columns=[n for n in names if _is_rated(n, variables)])
        parts.append(table.rename_axis("unit").reset_index().assign(role=role))
    data = pd.concat(parts, ignore_index=True)
    units = variables.responses.units
    for name in names:
        if not _is_rated(name, variables):
            data[name] = data["unit"].map(units[name]).astype(float)
    if cluster != "none":
        firms = variables.responses.data.drop_duplicates("unit").set_index("unit")["firm"]
        data["firm"] = data["unit"].map(firms)
    return data
