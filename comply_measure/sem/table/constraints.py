"""Constraints of a table: effect coding, names, and the linear map θ = K φ + k₀.

Everything linear (equal labels, linear ``==`` relations) is eliminated here, once: the rest of the
engine optimises the free coordinates φ and knows nothing of constraints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError, ModelSyntaxError, fault
from comply_measure.sem.language.expressions import (
    Binary,
    Expression,
    Name,
    Number,
    names,
)
from comply_measure.sem.language.records import Product, Relation
from comply_measure.sem.table.feasible import contradicting
from comply_measure.sem.table.namespace import Namespace, degree, difference
from comply_measure.sem.table.parameter_table import is_internal
from comply_measure.sem.table.space import Space
from comply_measure.sem.table.variables import Variables
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    from comply_measure.sem.table.parameter_table import ParameterTable, Row

RANK_TOLERANCE = 1e-10


def effect_coding_relations(
    rows: Sequence[Row], plabels: Sequence[str], variables: Sequence[Variables]
) -> list[Relation]:
    """Effect coding (Little, Slegers & Card, 2006): loadings average one, intercepts sum to zero.

    Parameters
    ----------
    rows : sequence of Row
        All rows, latent means freed (:func:`free_coded_means`).
    plabels : sequence of str
        Their names.
    variables : sequence of Variables
        One per group.
    """
    relations = []
    known = {(row.op, row.label) for row in rows if row.group == 1 and row.label}
    for number, block in enumerate(variables, start=1):
        mine = [(row, label) for row, label in zip(rows, plabels, strict=True) if row.group == number]
        formed = {composite.name for composite in block.composites}
        formed.update(name for name in block.latent if isinstance(name, Product))
        for latent in (name for name in block.latent if name not in formed):
            loadings = [(row, label) for row, label in mine if row.op == "=~" and row.lhs == latent]
            if _needs_sum([row for row, _ in loadings], number, known):
                relations.append(_sum_relation([label for _, label in loadings], float(len(loadings))))
            indicators = {row.rhs for row, _ in loadings}
            intercepts = [(row, label) for row, label in mine if row.op == "~1" and row.lhs in indicators]
            if _needs_sum([row for row, _ in intercepts], number, known):
                relations.append(_sum_relation([label for _, label in intercepts], 0.0))
    return relations


def _needs_sum(rows: Sequence[Row], number: int, known: set[tuple[str, str]]) -> bool:
    """Whether a sum is to be constrained: all free, and in later groups none equal to one of the first.

    What is equal to the first group gives the scale already; a sum besides would tie what ``group_partial`` exempts.
    """
    tied = number > 1 and any((row.op, row.label) in known for row in rows)
    return bool(rows) and all(row.free for row in rows) and not tied


def free_coded_means(rows: Sequence[Row]) -> None:
    """Free default means of latent variables whose intercepts effect coding constrains, in place.

    Before parameters are tied, so that equal means across groups stay equal.
    """
    intercepts: dict[tuple[int, str], bool] = {}
    indicators: dict[tuple[int, str], set[str]] = {}
    for row in rows:
        if row.op == "~1":
            intercepts[row.group, row.lhs] = row.free
        elif row.op == "=~":
            indicators.setdefault((row.group, row.lhs), set()).add(row.rhs)
    for row in rows:
        if row.op != "~1" or row.user or isinstance(row.lhs, Product):
            continue
        found = [intercepts.get((row.group, name)) for name in indicators.get((row.group, row.lhs), ())]
        known = [free for free in found if free is not None]
        if known and all(known):
            row.free, row.value = True, math.nan


def _sum_relation(labels: Sequence[str], total: float) -> Relation:
    right: Expression = Number(total)
    for label in labels[1:]:
        right = Binary("-", right, Name(label))
    text = "-".join([f"{total:g}", *labels[1:]])
    return Relation(labels[0], "==", text, Name(labels[0]), right)


def referenced(table: ParameterTable, text: str = "") -> None:
    """Check that every name in a relation is a label of the table or defined earlier.

    Raises
    ------
    ModelSyntaxError
        Naming each unknown label with the nearest known one.
    """
    if not table.relations:
        return
    known = {*filter(None, table.label), *table.plabel}
    faults: list[Problem] = []
    for relation in table.relations:
        sides = [relation.right] if relation.op == ":=" else [relation.left, relation.right]
        used = [name.name for side in sides for name in names(side)]
        faults.extend(_unknown(name, relation, known, text) for name in used if name not in known)
        if relation.op == ":=":
            known.add(relation.lhs)
    if faults:
        raise ModelSyntaxError("A constraint or definition uses a label the model does not have.", faults)


def _unknown(name: str, relation: Relation, known: set[str], text: str) -> Problem:
    labels = sorted(label for label in known if not is_internal(label))
    message = f"no parameter has the label '{name}'{did_you_mean(name, labels)}"
    if not relation.line:
        return Problem(message)
    line = text.split("\n")[relation.line - 1]
    return fault(message, relation.line, line, line.find(name) + 1)


def feasible_set(table: ParameterTable) -> Space:
    """The feasible set of a table's free parameters.

    Parameters
    ----------
    table : ParameterTable
        With its equal sets and relations.

    Raises
    ------
    ModelError
        When linear constraints, inequalities and bounds contradict each other.
    """
    q = table.n_free
    is_free = table.free > 0
    bounded = bool(np.isfinite(table.lower[is_free]).any() or np.isfinite(table.upper[is_free]).any())
    shared, n_shared = _shared_coordinates(q, table.equal)
    if not table.relations:
        if not table.equal:
            return Space(None, np.zeros(q), None, (), (), bounded, 0, None)
        K = _sharing_matrix(shared, n_shared)
        return Space(K, np.zeros(q), shared, (), (), bounded, q - n_shared, None)
    namespace = Namespace(table)
    degrees = namespace.degrees()
    linear: list[Relation] = []
    curved: list[Relation] = []
    inequalities: list[Relation] = []
    for relation in table.relations:
        if relation.op in ("<", ">"):
            inequalities.append(relation)
        elif relation.op == "==":
            (linear if _is_linear(relation, degrees) else curved).append(relation)
    K = _sharing_matrix(shared, n_shared)
    k0 = np.zeros(q)
    only_shared = not linear
    if linear:
        K, k0 = _eliminate(K, linear, namespace, q)
    _check_inequalities(table, [r for r in inequalities if _is_linear(r, degrees)], namespace, K, k0)
    n_linear = q - K.shape[1]
    plain = only_shared and not table.equal
    return Space(
        K=None if plain else K,
        k0=k0,
        shared=shared if only_shared and not plain else None,
        equalities=tuple(curved),
        inequalities=tuple(inequalities),
        bounded=bounded,
        n_equalities=n_linear + len(curved),
        namespace=namespace,
    )


def _is_linear(relation: Relation, degrees: dict[str, float]) -> bool:
    return max(degree(relation.left, degrees), degree(relation.right, degrees)) <= 1.0


def _check_inequalities(
    table: ParameterTable, inequalities: list[Relation], namespace: Namespace, K: Array, k0: Array
) -> None:
    """Refuse linear inequalities that nothing satisfies, given the equalities and the bounds of parameters."""
    if not inequalities:
        return
    values = namespace.at(np.zeros(len(k0)))
    rows, least, names = list[Array](), list[float](), list[str]()
    for relation in inequalities:
        sign = 1.0 if relation.op == ">" else -1.0
        found = difference(relation, values, len(k0))
        rows.append(sign * found.gradient)
        least.append(-sign * found.value)
        names.append(f"{relation.lhs} {relation.op} {relation.rhs}")
    for row in np.flatnonzero(table.free).tolist():
        name, unit = table.label[row] or table.default_name(row), np.zeros(len(k0))
        unit[table.free[row] - 1] = 1.0
        for limit, sign, op in ((table.lower[row], 1.0, ">"), (table.upper[row], -1.0, "<")):
            if math.isfinite(limit):
                rows.append(sign * unit)
                least.append(sign * float(limit))
                names.append(f"{name} {op} {limit:g}")
    A = np.array(rows)
    wrong = contradicting(A @ K, np.array(least) - A @ k0, names)
    if len(wrong) == 1:
        raise ModelError(f"the constraint {wrong[0]} contradicts the equalities of the model")
    if wrong:
        raise ModelError(f"these constraints contradict each other: {', '.join(wrong)}")


def _shared_coordinates(q: int, equal: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], int]:
    leader = np.arange(q)
    for group in equal:
        leader[list(group)] = min(group)
    coordinates, shared = np.unique(leader, return_inverse=True)
    return shared.astype(np.int64), len(coordinates)


def _sharing_matrix(shared: NDArray[np.int64], n_shared: int) -> Array:
    K = np.zeros((len(shared), n_shared))
    K[np.arange(len(shared)), shared] = 1.0
    return K


def _eliminate(K: Array, linear: list[Relation], namespace: Namespace, q: int) -> tuple[Array, Array]:
    """Solve linear relations by Gauss-Jordan elimination with complete pivoting.

    The relations R θ = r become R K φ = r; dependent coordinates are expressed in the others, so that
    K stays sparse and its free coordinates are parameters themselves.
    """
    values = namespace.at(np.zeros(q))
    found = [difference(relation, values, q) for relation in linear]
    R = np.array([dual.gradient for dual in found]) @ K
    r = np.array([-dual.value for dual in found])
    scale = max(1.0, float(np.abs(R).max(initial=0.0)))
    work = np.column_stack([R, r])
    pivots: list[tuple[int, int]] = []
    open_rows = list(range(len(work)))
    while open_rows:
        block = np.abs(work[open_rows, :-1])
        row_place, column = divmod(int(block.argmax()), block.shape[1])
        if block[row_place, column] <= RANK_TOLERANCE * scale:
            break
        row = open_rows.pop(row_place)
        work[row] /= work[row, column]
        for other in range(len(work)):
            if other != row:
                work[other] -= work[other, column] * work[row]
        pivots.append((row, column))
    for row in open_rows:
        if abs(work[row, -1]) > 1e-8 * max(1.0, float(np.abs(r).max())):
            relation = linear[row]
            raise ModelError(f"the constraint {relation.lhs} == {relation.rhs} contradicts the others")
    dependent = [column for _, column in pivots]
    keep = np.setdiff1d(np.arange(K.shape[1]), dependent)
    basis = np.zeros((K.shape[1], len(keep)))
    basis[keep, np.arange(len(keep))] = 1.0
    offset = np.zeros(K.shape[1])
    for row, column in pivots:
        basis[column] = -work[row, keep]
        offset[column] = work[row, -1]
    return K @ basis, K @ offset
