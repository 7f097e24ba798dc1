"""One record per informant, from a long or a wide table: the step between cells and :class:`Responses`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.responses.answers import Answers
from comply_measure.responses.columns import ColumnPlan, Place
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import RawTable
from comply_measure.responses.identity import Names, read_names, read_roles
from comply_measure.responses.roles import RoleWords
from comply_measure.responses.vocabulary import (
    ANSWERED,
    CANNOT_JUDGE,
    DOES_NOT_APPLY,
    NOT_ANSWERED,
    USER_MISSING,
)
from comply_measure.statistics.words import counted


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Informants with what they answered; every array has one entry per informant.

    Parameters
    ----------
    records : ndarray of int
        Record of the table that each informant comes from.
    rows : ndarray of int
        Row of the file.
    units : Names
        Unit ids.
    roles : ndarray of int
        Position of the role in the study's roles; -1 where unknown.
    informants : Names or None
        Informant ids; None if the file has none.
    answers : mapping
        Item id -> codes and reasons.
    variables : mapping
        Informant-level variable -> values.
    notes : tuple of str
        What was noticed.
    """

    records: NDArray[np.intp]
    rows: NDArray[np.intp]
    units: Names
    roles: NDArray[np.intp]
    informants: Names | None
    answers: Mapping[str, Answers]
    variables: Mapping[str, pd.Series[Any]]
    notes: tuple[str, ...] = ()


def long_records(
    table: RawTable,
    plan: ColumnPlan,
    answers: Mapping[Place, Answers],
    variables: Mapping[Place, pd.Series[Any]],
    words: RoleWords,
    faults: Faults,
    *,
    missing: Collection[str] = (),
) -> Records:
    """Records of a table that has one row per informant.

    Parameters
    ----------
    table : RawTable
        The file.
    plan : ColumnPlan
        What its columns are.
    answers, variables : mapping
        Answers and informant-level variables, read, by item or name.
    words : RoleWords
        How roles may be written.
    faults : Faults
        Receives missing ids and unknown roles.
    missing : collection of str
        Further words, folded, that mean missing, for ids too.
    """
    nobody = Names(np.full(len(table), -1, dtype=np.intp), ())
    units, informants = nobody, None
    roles = nobody.codes
    if plan.unit:
        units = read_names(table, table.columns[plan.unit], "unit", faults, required=True, missing=missing)
    if not plan.role and len(plan.roles) == 1:
        roles = np.zeros(len(table), dtype=np.intp)
    if plan.role:
        roles = read_roles(table, table.columns[plan.role], words, plan.roles, faults)
    if "" in plan.informants:
        column = table.columns[plan.informants[""]]
        informants = read_names(table, column, "informant", faults, required=True, missing=missing)
    return Records(
        np.arange(len(table), dtype=np.intp),
        table.rows,
        units,
        roles,
        informants,
        {item: read for (item, _), read in answers.items()},
        {name: values for (name, _), values in variables.items()},
    )


def wide_records(
    table: RawTable,
    plan: ColumnPlan,
    answers: Mapping[Place, Answers],
    variables: Mapping[Place, pd.Series[Any]],
    all_roles: tuple[str, ...],
    faults: Faults,
    *,
    missing: Collection[str] = (),
) -> Records:
    """Records of a table that has one row per unit and columns per item and role.

    A role's informant exists in a unit if it has an id or any cell that is not blank. Arguments as in
    :func:`long_records`; `all_roles` are the roles of the study, in order.
    """
    n = len(table)
    ids = {
        role: read_names(table, table.columns[column], "informant", faults, required=False, missing=missing)
        for role, column in plan.informants.items()
    }
    present = np.column_stack([_present(table, plan, role, ids.get(role), answers) for role in plan.roles])
    _check_ids_given(table, plan, ids, present, faults)
    if not present.any():
        faults.add("no informant has an id or an answer")
    empty = int((~present.any(axis=1)).sum())
    notes = (
        (f"{counted(empty, 'row without any informant was', 'rows without any informant were')} left out",)
        if empty
        else ()
    )
    # Row-major order: all informants of the first unit, then of the second.
    records, place = (axis.astype(np.intp) for axis in np.nonzero(present))
    position = np.array([all_roles.index(role) for role in plan.roles], dtype=np.intp)
    unit_names = Names(np.full(n, -1, dtype=np.intp), ())
    if plan.unit:
        unit_names = read_names(
            table, table.columns[plan.unit], "unit", faults, required=True, missing=missing
        )
    items = dict.fromkeys(item for item, _ in answers)
    blank = Answers(np.full(n, np.nan), np.full(n, NOT_ANSWERED, dtype=np.int8))
    stacked = {}
    for item in items:
        by_role = [answers.get((item, role), blank) for role in plan.roles]
        stacked[item] = Answers(
            np.column_stack([read.values for read in by_role])[records, place],
            np.column_stack([read.reasons for read in by_role])[records, place],
        )
    return Records(
        records,
        table.rows[records],
        unit_names.taken(records),
        position[place],
        _stacked_ids(ids, plan.roles, records, place),
        stacked,
        _stacked_variables(variables, plan.roles, records, place),
        notes,
    )


def _present(
    table: RawTable, plan: ColumnPlan, role: str, ids: Names | None, answers: Mapping[Place, Answers]
) -> NDArray[np.bool_]:
    """Records in which someone of a role exists: with an id, an answer, or a value of a variable."""
    present = np.zeros(len(table), dtype=np.bool_) if ids is None else ids.codes >= 0
    for (_, of_role), read in answers.items():
        if of_role == role:
            present = present | np.isin(read.reasons, (ANSWERED, CANNOT_JUDGE, USER_MISSING, DOES_NOT_APPLY))
    for (_, of_role), column in plan.informant_variables.items():
        if of_role == role:
            present = present | (table.columns[column].codes >= 0)
    return present


def _check_ids_given(
    table: RawTable, plan: ColumnPlan, ids: Mapping[str, Names], present: NDArray[np.bool_], faults: Faults
) -> None:
    for place, role in enumerate(plan.roles):
        if role in ids:
            absent = np.flatnonzero(present[:, place] & (ids[role].codes < 0))
            faults.add_rows("the informant is missing", table.rows[absent], column=plan.informants[role])


def _stacked_ids(
    ids: Mapping[str, Names], roles: tuple[str, ...], records: NDArray[np.intp], place: NDArray[np.intp]
) -> Names | None:
    if not ids:
        return None
    table = np.full((records.max(initial=-1) + 1, len(roles)), None, dtype=object)
    for column, role in enumerate(roles):
        if role in ids:
            table[:, column] = ids[role].values()[: len(table)]
    codes, names = pd.factorize(table[records, place], use_na_sentinel=True)
    return Names(codes.astype(np.intp), tuple(names))


def _stacked_variables(
    variables: Mapping[Place, pd.Series[Any]],
    roles: tuple[str, ...],
    records: NDArray[np.intp],
    place: NDArray[np.intp],
) -> dict[str, pd.Series[Any]]:
    stacked: dict[str, pd.Series[Any]] = {}
    for name in dict.fromkeys(name for name, _ in variables):
        values = [variables[name, role] for role in roles if (name, role) in variables]
        kind = "float64" if all(pd.api.types.is_numeric_dtype(v.dtype) for v in values) else "str"
        column = np.full(len(records), None, dtype=object)
        for number, role in enumerate(roles):
            if (name, role) in variables:
                chosen = place == number
                column[chosen] = variables[name, role].to_numpy(dtype=object)[records[chosen]]
        stacked[name] = (
            pd.Series(column).astype("float64") if kind == "float64" else pd.Series(column, dtype="str")
        )
    return stacked
