"""From one row per informant to one row per unit, with columns a model can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.sem.language.quoting import quoted
from comply_measure.wide_names import wide_name

SEPARATOR = "."
PRESENT = "present"  # who was there, where somebody answered nothing
Factors = Mapping[str, Sequence[str]]


def wide_column(variable: str, role: str) -> str:
    """Name of a variable as one role answers it: ``variable.role`` (:mod:`comply_measure.wide_names`)."""
    return wide_name(variable, role, SEPARATOR)


def wide_term(variable: str, role: str) -> str:
    """The same as it stands in a model text."""
    return quoted(wide_column(variable, role))


def role_factor(factor: str, role: str) -> str:
    """Name of a dimension's latent variable as one role sees it; differs from any score column."""
    return f"{factor}.by.{role}"


def wide_frame(
    data: pd.DataFrame, variables: Sequence[str], roles: Sequence[str], keep: Sequence[str] = ()
) -> pd.DataFrame:
    """One row per unit, columns ``variable.role``; absent informants are NaN.

    Where an informant of a role answered nothing, the Boolean column ``present.role`` tells who was there.

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
    wanted = list(dict.fromkeys(("unit", "role", *variables, *keep)))
    faults = [Problem("column is missing", column=c) for c in wanted if c not in data.columns]
    faults += [Problem("the name is taken for who was there", column=PRESENT)] if PRESENT in variables else []
    twice = data.columns[data.columns.duplicated()]
    faults += [Problem("two columns have one name", column=c) for c in wanted if c in twice]
    if faults:
        raise InputError("The wide format cannot be made.", faults)
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
    if not len(roles):
        problems.append(Problem("no roles were named"))
    if problems:
        raise InputError("The wide format cannot be made.", problems)
    units = pd.Index(dict.fromkeys(rows["unit"]), name="unit")
    parts, there = [], {}
    for role in roles:
        own = rows[rows["role"] == role].set_index("unit")
        block = own[list(variables)]
        parts.append(block.rename(columns={v: wide_column(v, role) for v in variables}).reindex(units))
        if block.isna().all(axis=1).any():
            there[wide_column(PRESENT, role)] = pd.Series(units.isin(own.index), index=units)
    wide = pd.concat([*parts, pd.DataFrame(there, index=units)], axis=1)
    for column in keep:
        wide[column] = rows.groupby("unit", sort=False)[column].first().reindex(units)
    return wide


def long_frame(wide: pd.DataFrame, variables: Sequence[str], roles: Sequence[str]) -> pd.DataFrame:
    """One row per informant from one row per unit: the inverse of :func:`wide_frame`.

    Parameters
    ----------
    wide : DataFrame
        Index ``unit``, columns ``variable.role``.
    variables, roles : sequence of str
        What was spread.

    Returns
    -------
    DataFrame
        ``unit``, ``role``, the variables, and the columns that are none of a role; unit by unit. A unit has an
        informant of a role where it has an answer, or where the column ``present.role`` says so.

    Raises
    ------
    InputError
        For missing columns.
    """
    wanted = {role: [wide_column(v, role) for v in variables] for role in roles}
    named = [c for columns in wanted.values() for c in columns]
    faults = [Problem("column is missing", column=c) for c in named if c not in wide.columns]
    faults += [Problem("two columns have one name", column=c) for c in named if (wide.columns == c).sum() > 1]
    faults += [] if named else [Problem("no variables or no roles were named")]
    if faults:
        raise InputError("The long format cannot be made.", faults)
    marks = {role: wide_column(PRESENT, role) for role in roles}
    spread = {*marks.values(), *(c for columns in wanted.values() for c in columns)}
    kept = wide.drop(columns=[c for c in wide.columns if c in spread])
    parts = []
    for role, columns in wanted.items():
        there = wide[columns].notna().any(axis=1)
        if marks[role] in wide.columns:
            there |= wide[marks[role]].astype(bool)
        block = wide.loc[there, columns].set_axis(list(variables), axis=1)
        block.insert(0, "role", role)
        parts.append(pd.concat([block, kept.loc[there]], axis=1))
    order = pd.Series(range(len(wide)), index=wide.index)
    long = pd.concat(parts)
    long = long.iloc[order.loc[long.index].to_numpy().argsort(kind="stable")]
    return long.rename_axis("unit").reset_index()


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
        f"{wide_term(item, first)} ~~ {wide_term(item, second)}"
        for item in items
        for first, second in combinations(roles, 2)
    ]
