"""What each role says of the variables of an equation, by unit, and which ratings are compared with which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.words import did_you_mean
from comply_measure.tables.numbers import number_problems

HEADLINE = "Paths cannot be compared over roles."
#: Who rates the predictors, and who the outcome; empty where a variable of the unit is there.
Cell = tuple[str, str]


@dataclass(frozen=True, eq=False)
class RoleViews:
    """Ratings by unit.

    Attributes
    ----------
    views : mapping
        ``(name, role)`` -> values by unit; role ``""`` of a variable of the unit.
    predictors : tuple of str
    outcome : str
    predictor_roles, outcome_roles : tuple of str
        Roles that rate every predictor that is rated, and the outcome; ``("",)`` where none is rated.
    clusters : Series or None
        By unit.
    notes : tuple of str
    """

    views: Mapping[tuple[str, str], pd.Series[Any]]
    predictors: tuple[str, ...]
    outcome: str
    predictor_roles: tuple[str, ...]
    outcome_roles: tuple[str, ...]
    clusters: pd.Series[Any] | None
    notes: tuple[str, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in any equation."""
        return tuple(role for role in dict.fromkeys((*self.predictor_roles, *self.outcome_roles)) if role)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every pair of raters; those with one rater first."""
        found = [(r, s) for r in self.predictor_roles for s in self.outcome_roles]
        return (*self.own, *(cell for cell in found if cell not in self.own))

    @property
    def own(self) -> tuple[Cell, ...]:
        """Pairs that tell what one role sees: it rates both ends, or the only end that is rated."""
        if self.predictor_roles == ("",) or self.outcome_roles == ("",):
            return tuple((r, s) for r in self.predictor_roles for s in self.outcome_roles)
        return tuple((role, role) for role in self.predictor_roles if role in self.outcome_roles)

    @staticmethod
    def rater(cell: Cell) -> str:
        """The role of a pair of `own`."""
        return cell[0] or cell[1]

    def table(self, cell: Cell) -> pd.DataFrame:
        """Predictors and, last, the outcome, a row per unit."""
        columns = [
            self.views[name, cell[0] if (name, cell[0]) in self.views else ""] for name in self.predictors
        ]
        columns.append(self.views[self.outcome, cell[1]])
        return pd.concat(columns, axis=1, keys=range(len(columns)))

    @property
    def source_weights(self) -> dict[Cell, float]:
        """Mean of the pairs with one rater less that with two, over the roles that rate both ends."""
        both = [cell[0] for cell in self.own]
        k = len(both)
        return {(r, s): 1 / k if r == s else -1 / (k * (k - 1)) for r in both for s in both}

    def owner_weights(self, owner: str) -> dict[Cell, float]:
        """Mean of the owner's ratings of the outcome less that of the others', over the same raters of the predictors.

        Others are those that rate the predictors as well, if the owner does, else those that do not; empty without any.
        """
        inside = owner in self.predictor_roles
        others = [
            role for role in self.outcome_roles if role != owner and (role in self.predictor_roles) == inside
        ]
        if not others:
            return {}
        share = 1 / len(self.predictor_roles)
        found = {(r, owner): share for r in self.predictor_roles}
        return found | {(r, s): -share / len(others) for r in self.predictor_roles for s in others}


def role_views(
    data: pd.DataFrame,
    predictors: tuple[str, ...],
    outcome: str,
    roles: Sequence[str] | None,
    unit_variables: Sequence[str],
    cluster: str | None,
) -> RoleViews:
    """Ratings by unit from a row per informant.

    Raises
    ------
    InputError
        For missing or other than numeric columns, names that stand in two places, roles that are not in the data, a
        variable of the unit or cluster with several values in one unit, fewer than two roles to compare.
    """
    kept = tuple(unit_variables)
    names = (*predictors, outcome)
    _require_columns(data, names, kept, cluster)
    compared = _compared(roles, data["role"])
    rows = data[data["role"].isin(compared)]
    problems = _several_values(data, [*kept, *([] if cluster is None else [cluster])])
    if problems:
        raise InputError(HEADLINE, problems)
    rated = [name for name in names if name not in kept]
    n_double = len(rows[rows.duplicated(["unit", "role"], keep=False)].drop_duplicates(["unit", "role"]))
    notes = [f"several informants of one role in {n_double} places: their mean is taken"] * bool(n_double)
    views: dict[tuple[str, str], pd.Series[Any]] = {}
    means = rows.groupby(["role", "unit"], sort=False)[rated].mean() if rated else None
    for role in compared if means is not None else ():
        assert means is not None
        mine = means.loc[role] if role in means.index.get_level_values(0) else means.iloc[:0]
        views |= {(name, role): mine[name] for name in rated if mine[name].notna().any()}
    by_unit = data.groupby("unit", sort=False)
    views |= {(name, ""): by_unit[name].first() for name in names if name in kept}

    def raters(of: Sequence[str]) -> tuple[str, ...]:
        if all(name in kept for name in of):
            return ("",)
        return tuple(role for role in compared if all(name in kept or (name, role) in views for name in of))

    found = RoleViews(
        views, predictors, outcome, raters(predictors), raters((outcome,)),
        None if cluster is None else by_unit[cluster].first(), tuple(notes),
    )  # fmt: skip
    if len(found.own) < 2:
        problem = Problem(
            "roles that rate predictors and outcome", column="roles", value=len(found.own),
            allowed="two or more; one end can be a variable of the unit",
        )  # fmt: skip
        raise InputError(HEADLINE, [problem])
    return found


def _require_columns(
    data: pd.DataFrame, names: Sequence[str], kept: Sequence[str], cluster: str | None
) -> None:
    problems = [] if len(names) > 1 else [Problem("nothing is named", column="predictors")]
    twice = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
    problems += [Problem("stands in two places", column=name) for name in twice]
    problems += [
        Problem(
            f"neither predictor nor outcome{did_you_mean(name, names)}",
            column="unit_variables",
            value=name,
            allowed=", ".join(names),
        )
        for name in kept
        if name not in names
    ]
    wanted = ("unit", "role", *([] if cluster is None else [cluster]))
    problems += [Problem("column is missing", column=name) for name in wanted if name not in data.columns]
    problems += number_problems(data, names)
    if not problems and cluster is not None and data[cluster].isna().any():
        problems = [Problem("missing values", column=cluster, allowed="a cluster for every informant")]
    if problems:
        raise InputError(HEADLINE, problems)


def _compared(roles: Sequence[str] | None, column: pd.Series[Any]) -> tuple[str, ...]:
    known = tuple(str(role) for role in dict.fromkeys(column.dropna()))
    if roles is None:
        return known
    asked = tuple(dict.fromkeys(roles))
    problems = [
        Problem(
            f"no such role{did_you_mean(role, known)}", column="roles", value=role, allowed=", ".join(known)
        )
        for role in asked
        if role not in known
    ]
    if not problems and len(asked) < 2:
        problems = [Problem("fewer than two roles", column="roles", allowed=", ".join(known))]
    if problems:
        raise InputError(HEADLINE, problems)
    return asked


def _several_values(data: pd.DataFrame, columns: Sequence[str]) -> list[Problem]:
    """Columns that must have one value per unit, and do not."""
    counts = data.groupby("unit", sort=False)[list(columns)].nunique() if columns else pd.DataFrame()
    return [
        Problem(
            "more than one value in a unit",
            column=name,
            value=str(counts.index[counts[name] > 1][0]),
            allowed="one value per unit",
        )
        for name in columns
        if (counts[name] > 1).any()
    ]
