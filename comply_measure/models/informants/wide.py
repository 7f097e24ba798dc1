"""From one row per informant to one row per unit, with columns a model can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem

Factors = Mapping[str, Sequence[str]]


def wide_column(variable: str, role: str) -> str:
    """Name of a variable as one role answers it: ``variable.role``, a valid name in model text."""
    return f"{variable}.{role}"


def role_factor(factor: str, role: str) -> str:
    """Name of a dimension's latent variable as one role sees it; differs from any score column."""
    return f"{factor}.by.{role}"


def wide_frame(
    data: pd.DataFrame, variables: Sequence[str], roles: Sequence[str], keep: Sequence[str] = ()
) -> pd.DataFrame:
    """One row per unit, columns ``variable.role``; absent informants are NaN.

    Parameters
    ----------
    data : DataFrame
        One row per informant with columns ``unit``, ``role``, the variables and ``keep``.
    variables, roles : sequence of str
        What to spread, and the roles in the order wanted; rows of other roles are not used.
    keep : sequence of str
        Columns that are constant within a unit (``firm``); they become columns of their own.

    Raises
    ------
    InputError
        For missing columns, two informants of one role in a unit, or a kept column that varies in a unit.
    """
    missing = [c for c in ("unit", "role", *variables, *keep) if c not in data.columns]
    if missing:
        raise InputError(
            "The wide format cannot be made.", [Problem("column is missing", column=c) for c in missing]
        )
    rows = data[data["role"].isin(list(roles))]
    double = rows[rows.duplicated(["unit", "role"])]
    problems = [
        Problem("a second informant of this role", row=str(u), column="role", value=str(r))
        for u, r in zip(double["unit"], double["role"], strict=True)
    ]
    constant = rows.groupby("unit", sort=False)[list(keep)].nunique(dropna=True) if keep else pd.DataFrame()
    problems += [
        Problem("varies within the unit", row=str(unit), column=str(column))
        for column in constant.columns
        for unit in constant.index[constant[column] > 1]
    ]
    if problems:
        raise InputError("The wide format cannot be made.", problems)
    parts = []
    for role in roles:
        block = rows[rows["role"] == role].set_index("unit")[list(variables)]
        parts.append(block.rename(columns={v: wide_column(v, role) for v in variables}))
    units = pd.Index(dict.fromkeys(rows["unit"]), name="unit")
    wide = pd.concat([p.reindex(units) for p in parts], axis=1)
    for column in keep:
        wide[column] = rows.groupby("unit", sort=False)[column].first().reindex(units)
    return wide


def check_design(factors: Factors, roles: Sequence[str], least_roles: int = 2) -> None:
    """Refuse designs that no multi-informant model can be built for."""
    if len(roles) < least_roles or len(set(roles)) != len(roles):
        raise ComplyError(f"at least {least_roles} different roles are needed; given: {', '.join(roles)}")
    empty = [f for f, items in factors.items() if not items]
    if not factors or empty:
        raise ComplyError(f"every factor needs at least one variable; without: {', '.join(empty) or 'all'}")
    items = [i for members in factors.values() for i in members]
    twice = sorted({i for i in items if items.count(i) > 1})
    if twice:
        raise ComplyError(f"a variable may belong to one factor only; in several: {', '.join(twice)}")


def residual_correlations(items: Iterable[str], roles: Sequence[str]) -> list[str]:
    """Lines that let the residuals of one variable correlate between the roles."""
    return [
        f"{wide_column(item, first)} ~~ {wide_column(item, second)}"
        for item in items
        for first, second in combinations(roles, 2)
    ]
