"""Starting values the user gives, put into the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.language.quoting import parameter_key
from comply_measure.sem.search import Start
from comply_measure.sem.table.parameter_table import ParameterTable, is_internal
from comply_measure.statistics.words import did_you_mean


def with_starts(
    table: ParameterTable, start: Start, name_of: Callable[[int], str] | None = None
) -> ParameterTable:
    """The table with the user's starting values; those in the model text come first.

    Parameters
    ----------
    table : ParameterTable
        The model.
    start : Start
        A word, or values by name: ``f=~x2`` (``.g2`` for the second group) or a label.
    name_of : callable, optional
        Name of a row; the table's own by default.

    Raises
    ------
    InputError
        Naming every parameter the model does not have, and every one with a value in the text as well.
    """
    if not start.given:
        return table
    values = table.start.copy()
    if start.word == "simple":
        values = np.where(np.isnan(values) & (table.free > 0), _simple(table), values)
        return replace(table, start=values)
    places = _places(table, name_of or table.default_name)
    problems: list[Problem] = []
    matched = False
    for name, value in start.values:
        rows = _named(name, places)
        matched |= bool(rows)
        if start.strict and not rows:
            problems.append(_unknown(name, places))
        for row in rows:
            if np.isnan(table.start[row]):
                values[row] = value
            elif start.strict:
                problems.append(
                    Problem("has a starting value in the model text already", column=f"start['{name}']")
                )
    if not matched and not problems:
        problems.append(Problem("has no parameter in common with the model", column="start"))
    if problems:
        raise InputError("The starting values do not fit the model.", problems)
    return replace(table, start=values)


def _simple(table: ParameterTable) -> np.ndarray:
    """1 for loadings and variances, 0 for covariances and regressions, NaN for what the sample gives."""
    values = np.full(len(table), np.nan)
    for row in np.flatnonzero(table.free).tolist():
        op = table.op[row]
        if op == "=~" or (op == "~~" and table.lhs[row] == table.rhs[row]):
            values[row] = 1.0
        elif op in ("~~", "~"):
            values[row] = 0.0
    return values


def _places(table: ParameterTable, name_of: Callable[[int], str]) -> dict[str, list[int]]:
    """Free rows by every name they go by."""
    places: dict[str, list[int]] = {}
    for row in np.flatnonzero(table.free).tolist():
        name = name_of(row)
        names = [name]
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        if op == "~~" and lhs != rhs:
            names.append(f"{rhs}{op}{lhs}" + name.removeprefix(f"{lhs}{op}{rhs}"))
        label = table.label[row]
        if label and not is_internal(label):
            names.append(label)
        for key in names:
            places.setdefault(key, []).append(row)
    return places


def _named(name: str, places: dict[str, list[int]]) -> list[int]:
    """Rows that a user's name means: exactly, with names between backticks, or with other blanks."""
    for key in (name, parameter_key(name)):
        if key in places:
            return places[key]
    bare = _plain(name)
    return [row for key, rows in places.items() if _plain(key) == bare for row in rows]


def _plain(name: str) -> str:
    return "".join(name.split())


def _unknown(name: str, places: dict[str, list[int]]) -> Problem:
    return Problem(f"no free parameter of the model{did_you_mean(name, places)}", column=f"start['{name}']")
