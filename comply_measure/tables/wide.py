"""From a row per informant to a row per unit, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.tables.wide_names import PRESENT, wide_name

SEPARATOR = "."


def spread(
    values: pd.DataFrame,
    unit: NDArray[np.intp],
    n_units: int,
    role: pd.Series | NDArray[np.object_],
    order: Sequence[str],
    name: Callable[[str, str], str],
) -> pd.DataFrame:
    """Unit × (variable, role) from informant × variable; missing where a unit has no informant of the role.

    Parameters
    ----------
    values : DataFrame
        One row per informant.
    unit : ndarray of int, shape (n,)
        Place of each row's unit, below `n_units`; a unit has one informant of a role (the caller has checked).
    n_units : int
    role : shape (n,)
        Role of each row.
    order : sequence of str
        Roles, in the order of the wide columns; other roles are left out.
    name : callable
        Variable and role → column.

    Returns
    -------
    DataFrame
        Rows 0 to ``n_units - 1``; role by role.
    """
    labels = np.asarray(role, dtype=object)
    blocks = []
    for wanted in order:
        chosen = labels == wanted
        block = values.loc[chosen].copy()
        block.index = pd.Index(unit[chosen])
        block.columns = pd.Index([name(str(variable), wanted) for variable in values.columns])
        blocks.append(block.reindex(range(n_units)))
    return pd.concat(blocks, axis=1) if blocks else pd.DataFrame(index=range(n_units))


def wide_column(variable: str, role: str) -> str:
    """Name of a variable as one role answers it: ``variable.role`` (:mod:`comply_measure.tables.wide_names`)."""
    return wide_name(variable, role, SEPARATOR)


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
    wide = spread(
        rows[list(variables)], units.get_indexer(rows["unit"]), len(units), rows["role"], roles, wide_column
    ).set_axis(units)
    there = {}
    silent = np.asarray(rows[list(variables)].isna().to_numpy().all(axis=1))
    for role in roles:
        own = (rows["role"] == role).to_numpy()
        if silent[own].any():
            there[wide_column(PRESENT, role)] = pd.Series(units.isin(rows["unit"][own]), index=units)
    wide = pd.concat([wide, pd.DataFrame(there, index=units)], axis=1)
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
    twice = wide.index[wide.index.duplicated()].unique()
    faults += [Problem("a unit stands twice in the index", value=str(unit)) for unit in twice[:20]]
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
