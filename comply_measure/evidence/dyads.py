"""Actor-partner models of a study: which roles and variables, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
from pydantic import ConfigDict, Field, field_validator

from comply_measure.documents.validation import Speaking
from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.models import actor_partner
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.evidence.unit_variables import UnitVariables
    from comply_measure.models import ActorPartner

Name = Annotated[str, Field(min_length=1)]
LEAST = ("ML", "MLR")


class StatedDyad(Speaking):
    """One actor-partner model of a study file.

    Parameters
    ----------
    from : str or list of str
        Predictors: scores or items that both roles were asked.
    to : str
        Outcome, each role's own or the same as both see it.
    roles : pair of str
        The two roles.
    owner : str, optional
        The role whom the outcome is about, where both rate the same.
    items : bool
        Whether constructs are latent, measured by their items in each role.
    label : str
        Name in print.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    predictors: Annotated[tuple[Name, ...], Field(alias="from", min_length=1)]
    outcome: Annotated[str, Field(alias="to", min_length=1)]
    roles: Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)]
    owner: Name | None = None
    items: bool = False
    label: str = ""

    @field_validator("predictors", mode="before")
    @classmethod
    def _in_order(cls, given: Any) -> Any:
        """One predictor stands for a list of one."""
        return (given,) if isinstance(given, str) else given

    def faults(self, variables: UnitVariables) -> Iterator[tuple[str, str]]:
        """What is wrong in this study: key and message."""
        roles = tuple(dict.fromkeys(role for _, role in variables.views.values()))
        unknown = [role for role in self.roles if role not in roles]
        yield from (("roles", unknown_message("role", role, roles)) for role in unknown)
        if len(set(self.roles)) < 2:
            yield "roles", "a dyad has two roles"
        if self.owner is not None and self.owner not in self.roles:
            yield "owner", unknown_message("role of the dyad", self.owner, self.roles)
        names = (*(("from", name) for name in self.predictors), ("to", self.outcome))
        twice = len({name for _, name in names}) < len(names)
        if twice:
            yield "to", "a variable stands in two places"
        if unknown:
            return
        known = tuple(dict.fromkeys(base for base, _ in variables.views.values()))
        for key, name in names:
            if name not in known:
                yield key, unknown_message("score or item of informants", name, known)
                continue
            absent = [role for role in self.roles if f"{name}@{role}" not in variables.views]
            if absent:
                yield key, f"'{name}' was not asked of {' and '.join(absent)}"
            elif self.items and (name not in variables.constructs or len(self._columns(name, variables)) < 2):
                yield key, f"'{name}' has not two items that both roles were asked: leave out items"

    def _columns(self, name: str, variables: UnitVariables) -> tuple[str, ...]:
        """What measures a variable in both roles."""
        if not self.items:
            return (name,)
        items = variables.constructs[name][1]
        return tuple(
            item for item in items if all(f"{item}@{role}" in variables.views for role in self.roles)
        )

    def measures(self, variables: UnitVariables) -> dict[str, tuple[str, ...]]:
        """Columns of every variable, the outcome last."""
        return {name: self._columns(name, variables) for name in (*self.predictors, self.outcome)}


@dataclass(frozen=True, eq=False)
class Dyad:
    """What became of one actor-partner model.

    Parameters
    ----------
    label, outcome : str
    predictors, roles : tuple of str
    owner : str
        Empty without one.
    effects, tests, ratios, views : DataFrame
        As in :class:`comply_measure.models.ActorPartner`; empty where the model could not be estimated.
    n_units, n_pairs : int
    notes : tuple of str
        What a reader must know; the reason where there is nothing.
    """

    label: str
    outcome: str
    predictors: tuple[str, ...]
    roles: tuple[str, ...]
    owner: str
    effects: pd.DataFrame
    tests: pd.DataFrame
    ratios: pd.DataFrame
    views: pd.DataFrame
    n_units: int
    n_pairs: int
    notes: tuple[str, ...]


def dyads_of(
    stated: Sequence[StatedDyad], variables: UnitVariables, options: Estimation, cluster: Cluster, seed: int
) -> tuple[Dyad, ...]:
    """Every stated actor-partner model, or why there is none."""
    return tuple(_dyad(each, variables, options, cluster, seed) for each in stated)


def _dyad(
    each: StatedDyad, variables: UnitVariables, options: Estimation, cluster: Cluster, seed: int
) -> Dyad:
    found, why = attempt(lambda: _fitted(each, variables, options, cluster, seed))
    about: dict[str, Any] = {
        "label": each.label, "outcome": each.outcome, "predictors": each.predictors,
        "roles": each.roles, "owner": each.owner or "",
    }  # fmt: skip
    if found is None:
        nothing = pd.DataFrame()
        return Dyad(
            **about, effects=nothing, tests=nothing, ratios=nothing, views=nothing, n_units=0, n_pairs=0,
            notes=(why,),
        )  # fmt: skip
    return Dyad(
        **about, effects=found.effects, tests=found.tests, ratios=found.ratios, views=found.views,
        n_units=found.n_units, n_pairs=found.n_pairs, notes=found.notes,
    )  # fmt: skip


def _fitted(
    each: StatedDyad, variables: UnitVariables, options: Estimation, cluster: Cluster, seed: int
) -> ActorPartner:
    if options.engine != "comply" or options.estimator not in LEAST:
        raise NotApplicableError("actor-partner models are estimated by this package with ML or MLR")
    measures = each.measures(variables)
    data = _informants(measures, each.roles, variables, cluster)
    outcome = {each.outcome: measures[each.outcome]}
    return actor_partner(
        data,
        {name: measures[name] for name in each.predictors},
        outcome,
        each.roles,
        owner=each.owner,
        estimator="MLR" if options.estimator == "MLR" else "ML",
        missing=options.missing,
        cluster=None if cluster == "none" else "firm",
        seed=seed,
    )


def _informants(
    measures: dict[str, tuple[str, ...]], roles: Sequence[str], variables: UnitVariables, cluster: Cluster
) -> pd.DataFrame:
    """A row per unit and role; several informants of a role are averaged."""
    parts = []
    names = [column for columns in measures.values() for column in columns]
    for role in roles:
        views = {name: variables.view(f"{name}@{role}") for name in names}
        table = pd.DataFrame({name: view.groupby(level=0).mean() for name, view in views.items()})
        parts.append(table.rename_axis("unit").reset_index().assign(role=role))
    data = pd.concat(parts, ignore_index=True)
    if cluster != "none":
        firms = variables.responses.data.drop_duplicates("unit").set_index("unit")["firm"]
        data["firm"] = data["unit"].map(firms)
    return data
