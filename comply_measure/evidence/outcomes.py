"""Outcomes of a unit that a study names: unit-level variables, or constructs of other scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.errors import ComplyError

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses


@dataclass(frozen=True, slots=True)
class OutcomeName:
    """What evidence keeps of an outcome or predictor.

    Attributes
    ----------
    key : str
        Name in files.
    construct : bool
        Whether informants rated it.
    name : str
        Its name in model text.
    latent : bool
        Whether that is a latent variable.
    """

    key: str
    construct: bool
    name: str
    latent: bool


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome.

    Attributes
    ----------
    key : str
        Name in files.
    construct : bool
        Whether it is a construct that informants rated, not a variable of the units.
    column : str
        Column of the observed outcome in ``values``, a valid name in model text.
    values : DataFrame
        By unit: the outcome and, for a construct, each role's rating of it.
    latent : str
        Name of the construct's latent variable; empty for an observed variable.
    ratings : tuple of str
        Columns that measure the latent variable, one per role.
    roles : tuple of str
        Those roles.
    """

    key: str
    construct: bool
    column: str
    values: pd.DataFrame
    latent: str = ""
    ratings: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in model text: the latent variable, or the column."""
        return self.latent or self.column

    @property
    def named(self) -> OutcomeName:
        """What evidence keeps of it."""
        return OutcomeName(self.key, self.construct, self.name, bool(self.latent))


def measurement(outcomes: Sequence[Outcome]) -> list[str]:
    """Common-fate factors of the constructs; ratings of several constructs by one role correlate."""
    from comply_measure.models.informants import common_fate_model

    rated: dict[tuple[str, ...], list[str]] = {}
    for outcome in outcomes:
        if outcome.latent:
            rated.setdefault(outcome.roles, []).append(outcome.latent.removesuffix(".unit"))
    return [common_fate_model(names, roles) for roles, names in rated.items()]


def find_outcomes(responses: Responses, names: Sequence[str], constructs: bool = True) -> tuple[Outcome, ...]:
    """Look the names up among unit-level variables, then (if allowed) among constructs of all scales.

    Raises
    ------
    ComplyError
        For names that are neither, and for unit-level variables that are not numbers.
    """
    units = responses.units
    owners = {
        key: scale
        for scale in (responses.scales if constructs else ())
        for key in responses.measurement(scale.key, "dimension")
    }
    wrong = [
        name
        for name in names
        if (name in units.columns and not pd.api.types.is_numeric_dtype(units[name]))
        or (name not in units.columns and name not in owners)
    ]
    if wrong:
        numeric = ", ".join(units.select_dtypes("number").columns) or "none"
        also = f"; constructs: {', '.join(owners)}" if owners else ""
        raise ComplyError(
            f"not a numeric unit-level variable{' or a construct' * constructs}: {', '.join(wrong)}; "
            f"there are: {numeric}{also}"
        )
    return tuple(
        _variable(units, name, place)
        if name in units.columns
        else _construct(responses, owners[name], name, place)
        for place, name in enumerate(names, start=1)
    )


def _variable(units: pd.DataFrame, name: str, place: int) -> Outcome:
    column = f"outcome.{place}"
    values = units[[name]].astype(float).rename(columns={name: column})
    return Outcome(name, False, column, values)


def _construct(responses: Responses, scale: Scale, name: str, place: int) -> Outcome:
    """Unit score (role-centred mean) and the ratings of every role that was asked."""
    from comply_measure.models.informants import wide_column, wide_frame
    from comply_measure.triads import TriadData, aggregate

    scores = responses.scores("dimension", scale.key)
    asked = scores.groupby("role")[name].count()
    roles = tuple(role for role in scale.roles if asked.get(role, 0) > 0)
    if not roles:
        raise ComplyError(f"nobody answered construct {name!r}")
    data = TriadData.from_long(scores[scores["role"].isin(roles)], [name], roles=roles)
    latent, column = f"outcome.{place}.rated", f"outcome.{place}"
    unit = aggregate(data, centring="role", min_roles=1).frame().rename(columns={name: column})
    wide = wide_frame(scores.rename(columns={name: latent}), [latent], roles)
    values = unit.join(wide, how="outer")
    ratings = tuple(wide_column(latent, role) for role in roles)
    if len(roles) < 2:
        return Outcome(name, True, column, values)
    return Outcome(name, True, column, values, f"{latent}.unit", ratings, roles)
