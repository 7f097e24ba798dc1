"""Starting values of models with composites, from components that are neither collinear nor of unlike scale.

The model of a composite does not change when its components are replaced by linear combinations ``u = T x``:
weights become ``T⁻ᵀ w``, loadings ``T λ``, all in the scale of the composite. With T such that the u are uncorrelated
with unit variance, and u₁ the combination that correlates most with the other variables (the first canonical
variate), the search is well-conditioned however collinear the components are, and does not depend on which one gives
the composite its scale. The optimum found there, carried back, is where the search in the model's own
parameters begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.model import Model, specify
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.table.composites import Composite, start_of_composite
from comply_measure.sem.table.parameter_table import ParameterTable

NO_SCALE = 1e-8  # share of the composite's weights, in standardised components, that its reference must have
DIRECT = ("~", "~~", "~1", "=~")


def composite_start(
    model: Model, attempt: Callable[[Model], Optimum]
) -> tuple[Array, float] | tuple[None, float]:
    """Starting θ (q,) of a model with composites, and the discrepancy of the optimum it comes from.

    None where there are no composites, or where the change does not apply; the discrepancy is infinite where the
    search did not converge.

    It applies to moments of continuous variables, to composites whose own parameters are all free, and where nothing
    ties a composite to a scale but its first weight. Equal parameters and relations are left out for the search.

    Parameters
    ----------
    model : Model
        The model.
    attempt : callable
        The optimiser from the default starting values of a model.
    """
    table = model.table
    easier = model.family.moment_options(model.options)
    if easier is None or not any(names.composites for names in table.variables) or not _applies(table):
        return None, math.inf
    turns = [
        [_turn(composite, sample) for composite in names.composites]
        for names, sample in zip(table.variables, model.sample.groups, strict=True)
    ]
    groups = tuple(_turned(sample, mine) for sample, mine in zip(model.sample.groups, turns, strict=True))
    loose = _without_ties(table)
    turned = specify(_first_alone(loose), Sample(groups, model.sample.n_given), easier)
    found = attempt(turned)
    if not np.isfinite(found.point.value):
        return None, math.inf
    values = turned.values(found.point.theta)
    for number, mine in enumerate(turns):
        if not _carry_back(table, values, number, mine, found.point.implied[number].sigma):
            return None, math.inf
    free = np.flatnonzero(table.free)
    theta = np.zeros(table.n_free)
    theta[table.free[free] - 1] = values[free]
    same = loose.equal == table.equal and len(loose.relations) == len(table.relations)
    return theta, found.point.value if found.converged and same else math.inf


@dataclass(frozen=True)
class _Turn:
    """The change of one composite's components: ``u = T x`` for the places of x among the observed variables."""

    composite: Composite
    places: Index
    T: Array
    back: Array


def _applies(table: ParameterTable) -> bool:
    given = table.free > 0
    if (
        np.isfinite(table.start[given]).any()
        or np.isfinite(table.lower[given]).any()
        or np.isfinite(table.upper[given]).any()
    ):
        return False
    return all(_is_free(table, number) for number in range(table.n_groups))


def _without_ties(table: ParameterTable) -> ParameterTable:
    """The table without equal parameters and relations, but for those that give the composites their scale."""
    scales = {
        table.plabel[row]
        for row in range(len(table))
        if table.op[row] == "=~"
        and any(c.name == table.lhs[row] for c in table.variables[table.group[row] - 1].composites)
    }
    kept = tuple(
        relation
        for relation in table.relations
        if relation.op == ":=" or (relation.line == 0 and relation.lhs.split("+")[0] in scales)
    )
    return replace(table, equal=(), relations=kept)


def _is_free(table: ParameterTable, number: int) -> bool:
    """Whether a group's composites have no fixed parameters but zeros and the weights of their references."""
    names = table.variables[number]
    formed = {composite.name: composite.reference for composite in names.composites}
    own = {*formed, *names.excrescent, *names.components}
    for row in np.flatnonzero(table.group == number + 1).tolist():
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        if not {lhs, rhs} & own or table.free[row]:
            continue
        if op == "<~" and rhs == formed[lhs]:
            continue
        if table.value[row] != 0.0 or op == "<~" or lhs in names.components:
            return False
    return True


def _turn(composite: Composite, sample: GroupSample) -> _Turn:
    """Uncorrelated combinations of the components, the first one their canonical variate with the rest."""
    places = np.array([sample.names.index(name) for name in composite.components])
    rest = np.setdiff1d(np.arange(sample.p), places)
    values, vectors = np.linalg.eigh(_correlation(sample.cov[np.ix_(places, places)]))
    scale = np.sqrt(sample.cov.diagonal()[places])
    whiten = (vectors / np.sqrt(np.maximum(values, 1e-14))).T / scale
    cross = whiten @ sample.cov[np.ix_(places, rest)]
    if cross.size:
        others, axes = np.linalg.eigh(_correlation(sample.cov[np.ix_(rest, rest)]))
        standard = cross / np.sqrt(sample.cov.diagonal()[rest])
        left = np.linalg.svd(standard @ axes / np.sqrt(np.maximum(others, 1e-8)))[0]
        whiten = left.T @ whiten
    return _Turn(composite, places, whiten, np.linalg.inv(whiten))


def _correlation(cov: Array) -> Array:
    scale = np.sqrt(cov.diagonal())
    return np.asarray(cov / scale / scale[:, None])


def _turned(sample: GroupSample, turns: list[_Turn]) -> GroupSample:
    T = np.eye(sample.p)
    for turn in turns:
        T[np.ix_(turn.places, turn.places)] = turn.T
    cov = T @ sample.cov @ T.T
    mean = None if sample.mean is None else T @ sample.mean
    return GroupSample(sample.name, sample.names, sample.n, (cov + cov.T) / 2.0, mean)


def _first_alone(table: ParameterTable) -> ParameterTable:
    """The table with composites that start as their first component."""
    weights = [op == "<~" and free > 0 for op, free in zip(table.op, table.free.tolist(), strict=True)]
    return replace(table, start=np.where(weights, 0.0, table.start))


def _carry_back(table: ParameterTable, values: Array, number: int, turns: list[_Turn], sigma: Array) -> bool:
    """A group's values in terms of the components themselves, in place; False where a reference has no weight."""
    rows = np.flatnonzero(table.group == number + 1).tolist()
    at = {(table.lhs[row], table.op[row], table.rhs[row]): row for row in rows}
    scales: dict[str, float] = {}
    for turn in turns:
        composite = turn.composite
        components = composite.components
        weights = turn.T.T @ values[[at[composite.name, "<~", name] for name in components]]
        block = turn.back @ sigma[np.ix_(turn.places, turn.places)] @ turn.back.T
        standard = np.abs(weights) * np.sqrt(block.diagonal())
        if standard[0] < NO_SCALE * standard.max():
            return False
        scales[composite.name] = 1.0 / float(weights[0])
        weights = weights / weights[0]
        loadings, _, rest = start_of_composite(block, weights)
        for k, name in enumerate(components):
            values[at[composite.name, "<~", name]] = weights[k]
            values[at[composite.name, "=~", name]] = loadings[k]
        for i, first in enumerate(composite.excrescent):
            for j, second in enumerate(composite.excrescent[i:], start=i):
                values[at[first, "~~", second]] = rest[i, j]
        if table.meanstructure:
            means = [at[name, "~1", ""] for name in components]
            values[means] = turn.back @ values[means]
    _rescale(table, values, rows, scales)
    return True


def _rescale(table: ParameterTable, values: Array, rows: list[int], scales: dict[str, float]) -> None:
    """Parameters of the composites as variables among others, in the scale of their references."""
    for row in rows:
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        if op not in DIRECT or (op == "=~" and lhs in scales):
            continue
        values[row] *= scales.get(lhs, 1.0) if op != "=~" else scales.get(rhs, 1.0)
        if op == "~":
            values[row] /= scales.get(rhs, 1.0)
        elif op == "~~":
            values[row] *= scales.get(rhs, 1.0)
