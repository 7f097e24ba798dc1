"""Tables of a measurement block and of the structural part, cut from the table of the whole model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from comply_measure.sem.after_measurement.parts import Parts, named_in, rows_of_names
from comply_measure.sem.arrays import Index
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.variables import Variables


def block_table(table: ParameterTable, parts: Parts, number: int) -> tuple[ParameterTable, Index]:
    """A measurement block as a factor model whose factors covary freely.

    Parameters
    ----------
    table : ParameterTable
        Of the whole model.
    parts : Parts
        Its rows by step.
    number : int
        Which block.

    Returns
    -------
    ParameterTable
    int array
        For each parameter of the block its place in θ of the whole model; −1 for moments of the factors.
    """
    factors = parts.blocks[number]
    table = _without_intercepts(table, parts.of_structure)
    mine = parts.block_rows[number]
    own = [row for row in parts.structure_rows.tolist() if _is_moment_of(table, row, factors)]
    variables = tuple(
        _variables(tuple(name for name in names.observed if name in _measured(table, mine)), factors)
        for names in table.variables
    )
    cut, places = _cut(table, np.concatenate([mine, np.array(own, dtype=np.int64)]), variables)
    cut, places = _with_covariances(cut, places, factors)
    return _with_free_moments(cut, places, factors)


def structure_table(table: ParameterTable, parts: Parts) -> tuple[ParameterTable, Index]:
    """The structural part as a path model of observed variables, the factors among them.

    Intercepts of factors that are fixed by default, because those of the indicators are free, are no restriction of
    the factors' means: they are free here.

    Returns
    -------
    ParameterTable
    int array
        For each parameter its place in θ of the whole model; −1 for such an intercept.
    """
    variables = tuple(
        replace(_variables(parts.structure, ()), exogenous=exogenous) for exogenous in parts.exogenous
    )
    cut, places = _cut(table, parts.structure_rows, variables)
    latent = {name for names in table.variables for name in names.latent}
    extra = np.array(
        [
            op == "~1" and lhs in latent and free == 0 and user == 0
            for op, lhs, free, user in zip(cut.op, cut.lhs, cut.free.tolist(), cut.user.tolist(), strict=True)
        ]
    )
    if not extra.any():
        return cut, places
    value = np.where(extra, math.nan, cut.value)
    return _renumbered(replace(cut, value=value), np.where(extra, -1, cut.free), places)


def _without_intercepts(table: ParameterTable, names: Sequence[str]) -> ParameterTable:
    """With the intercepts of some factors fixed at zero."""
    theirs = np.array(
        [op == "~1" and lhs in names for op, lhs in zip(table.op, table.lhs, strict=True)], dtype=bool
    )
    return replace(table, free=np.where(theirs, 0, table.free), value=np.where(theirs, 0.0, table.value))


def _measured(table: ParameterTable, rows: Index) -> set[str]:
    return {table.rhs[row] for row in rows.tolist() if table.op[row] == "=~"}


def _is_moment_of(table: ParameterTable, row: int, factors: Sequence[str]) -> bool:
    ends = {table.lhs[row], table.rhs[row]} - {""}
    return table.op[row] in ("~~", "~1") and ends <= set(factors)


def _variables(observed: tuple[str, ...], factors: tuple[str, ...]) -> Variables:
    return Variables(observed, factors, (), (), factors, (), ())


def _cut(
    table: ParameterTable, rows: Index, variables: tuple[Variables, ...]
) -> tuple[ParameterTable, Index]:
    """Some rows of a table with the constraints among them."""
    rows = np.sort(rows)
    chosen = rows.tolist()
    places = table.free[rows][table.free[rows] > 0] - 1
    new = {int(place): at for at, place in enumerate(places)}
    equal = tuple(
        tuple(new[place] for place in members) for members in table.equal if set(members) <= new.keys()
    )
    kept = set(chosen)
    relations = tuple(
        relation
        for relation in table.relations
        if relation.op != ":=" and kept.issuperset(rows_of_names(table, named_in(table, relation)))
    )
    needed = set().union(*(named_in(table, relation) for relation in relations))
    defined = tuple(r for r in table.relations if r.op == ":=" and r.lhs in needed)
    free = np.zeros(len(rows), dtype=np.int64)
    free[table.free[rows] > 0] = np.arange(1, len(places) + 1)
    columns: dict[str, Any] = {name: tuple(getattr(table, name)[row] for row in chosen) for name in TEXTS} | {
        name: getattr(table, name)[rows] for name in NUMBERS
    }
    cut = replace(
        table,
        **columns,
        free=free,
        equal=equal,
        variables=variables,
        relations=(*defined, *relations),
        notes=(),
    )
    return cut, places


TEXTS = ("lhs", "op", "rhs", "label", "plabel")
NUMBERS = ("user", "group", "value", "start", "lower", "upper", "exo")


def _with_covariances(
    table: ParameterTable, places: Index, factors: Sequence[str]
) -> tuple[ParameterTable, Index]:
    """With rows for covariances of factors that the structural part explains."""
    known = {
        (group, frozenset((lhs, rhs)))
        for group, op, lhs, rhs in zip(table.group.tolist(), table.op, table.lhs, table.rhs, strict=True)
        if op == "~~"
    }
    new = [
        (group, one, other)
        for group in range(1, table.n_groups + 1)
        for one, other in combinations(factors, 2)
        if (group, frozenset((one, other))) not in known
    ]
    if not new:
        return table, places
    groups = np.concatenate([table.group, [group for group, _, _ in new]])
    order = np.argsort(groups, kind="stable")
    n = len(new)
    added = {
        "lhs": tuple(one for _, one, _ in new),
        "op": ("~~",) * n,
        "rhs": tuple(other for _, _, other in new),
        "label": ("",) * n,
        "plabel": tuple(f".q{number}." for number in range(n)),
    }
    filled = {
        "user": 0,
        "value": math.nan,
        "start": math.nan,
        "lower": -math.inf,
        "upper": math.inf,
        "exo": False,
    }
    texts = {name: [*getattr(table, name), *added[name]] for name in TEXTS}
    numbers: dict[str, Any] = {
        name: np.concatenate([getattr(table, name), np.full(n, value)])[order]
        for name, value in filled.items()
    }
    numbers["user"], numbers["exo"] = numbers["user"].astype(np.int64), numbers["exo"].astype(bool)
    columns: dict[str, Any] = numbers | {name: tuple(texts[name][at] for at in order) for name in TEXTS}
    grown = replace(
        table,
        **columns,
        group=groups[order],
    )
    free = np.concatenate([table.free, np.full(n, -1)])[order]
    return _renumbered(grown, free, places)


def _with_free_moments(
    table: ParameterTable, places: Index, factors: Sequence[str]
) -> tuple[ParameterTable, Index]:
    """With variances and covariances of the factors free, and nothing that ties their moments."""
    moments = np.array([_is_moment_of(table, row, factors) for row in range(len(table))])
    loose = moments & (np.array(table.op) == "~~")
    free = np.where(loose & (table.free == 0), -1, table.free)
    ours = set((table.free[moments & (table.free > 0)] - 1).tolist())
    equal = tuple(members for members in table.equal if not ours.intersection(members))
    label = tuple("" if moment else name for moment, name in zip(moments.tolist(), table.label, strict=True))
    value = np.where(loose, math.nan, table.value)
    cut = replace(table, label=label, value=value, equal=equal)
    cut, places = _renumbered(cut, free, places)
    places = places.copy()
    places[cut.free[moments & (cut.free > 0)] - 1] = -1
    return cut, places


def _renumbered(table: ParameterTable, free: Index, places: Index) -> tuple[ParameterTable, Index]:
    """With new parameters (−1 in ``free``) numbered among the old ones."""
    is_free = free != 0
    numbers = np.where(is_free, np.cumsum(is_free), 0)
    new = np.full(int(is_free.sum()), -1, dtype=np.int64)
    old = free > 0
    new[numbers[old] - 1] = places[free[old] - 1]
    to = dict(zip((free[old] - 1).tolist(), (numbers[old] - 1).tolist(), strict=True))
    equal = tuple(tuple(to[place] for place in members) for members in table.equal)
    return replace(table, free=numbers, equal=equal), new
