"""The same model with its factors in another scale: a search that fails in one may succeed in the other.

A factor has the scale of a marker (one loading fixed, the variance free) or unit variance (all loadings free). The
implied moments are the same, the surface that is searched is not: a marker whose loading is near zero blocks the way
of one, a variance near zero or below that of the other. Here a model gets the scale it does not have, and parameters
are carried from one scale to the other: with ``η' = η / s`` a loading of η' on η'' is ``λ s / s''``, a regression
``β s_x / s_y``, a covariance ``ψ / (s_x s_y)``, a mean ``α / s``.

Equal parameters across groups stay equal where a factor has one scale in all groups: those with equal loadings do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.language.records import Product
from comply_measure.sem.model import Model
from comply_measure.sem.start import starting_values
from comply_measure.sem.table.parameter_table import ParameterTable

NO_LOADING = 1e-6  # standardised loading below which an indicator gives no scale
TOUCHING = ("=~", "~", "~~", "~1")

Factor = tuple[int, str]  # block (group, or level of a group) from 1, and name


@dataclass(frozen=True)
class Rescaled:
    """A model whose factors have the other scale.

    Attributes
    ----------
    own, model : Model
        The model as it was asked for, and the same one in the other scale.
    swaps : dict of (block, factor) to (int, int)
        Rows of the marker and of the variance.
    leader : dict of (block, factor) to (block, factor)
        The factor whose scale one takes: its own, or that of the same factor in the first group.
    """

    own: Model
    model: Model
    swaps: dict[Factor, tuple[int, int]]
    leader: dict[Factor, Factor]

    @property
    def has_markers(self) -> bool:
        """Whether the model as asked for has markers."""
        return any(bool(self.own.table.free[self.swaps[head][1]]) for head in self.leader.values())

    @property
    def words(self) -> str:
        """What was changed, in words."""
        return (
            "factor variances of 1 in place of markers"
            if self.has_markers
            else "markers in place of factor variances of 1"
        )

    def back(self, theta: Array, nearby: bool = False) -> Array | None:
        """θ of the model as asked for (q,); None where no value of it has the same moments.

        ``nearby`` gives factors whose variance is below zero the one of the other sign: a start, not the same moments.
        """
        return self._carried(theta, self.model.table, self.own.table, nearby)

    def forth(self, theta: Array, nearby: bool = False) -> Array | None:
        """θ of the model in the other scale (q,); as for ``back``."""
        return self._carried(theta, self.own.table, self.model.table, nearby)

    def _carried(
        self, theta: Array, source: ParameterTable, target: ParameterTable, nearby: bool
    ) -> Array | None:
        values = source.value.copy()
        values[source.free > 0] = theta[source.free[source.free > 0] - 1]
        scale = self._scales(values, target, nearby)
        if scale is None:
            return None
        found = np.zeros(target.n_free)
        for row in np.flatnonzero(target.free).tolist():
            block = int(target.group[row])
            left, right = (scale.get((block, name), 1.0) for name in (target.lhs[row], target.rhs[row]))
            ratio = {"=~": left / right, "~": right / left, "~~": 1.0 / (left * right), "~1": 1.0 / left}
            found[target.free[row] - 1] = values[row] * ratio.get(target.op[row], 1.0)
        return found if np.isfinite(found).all() else None

    def _scales(self, values: Array, target: ParameterTable, nearby: bool) -> dict[Factor, float] | None:
        """S of every factor; None where the target has no factor of such a variance or loading."""
        scale: dict[Factor, float] = {}
        waiting = {factor: rows for factor, rows in self.swaps.items() if self.leader[factor] == factor}
        for factor, (_, variance) in list(waiting.items()):
            if not target.free[variance]:
                ratio = float(values[variance] / target.value[variance])
                ratio = abs(ratio) if nearby else ratio
                if not ratio > 0.0:
                    return None
                scale[factor] = math.sqrt(ratio)
                del waiting[factor]
        while waiting:  # markers: those of lower order first
            ready = [key for key, (marker, _) in waiting.items() if self._above(key, marker) not in waiting]
            if not ready:
                return None
            for key in ready:
                marker, _ = waiting.pop(key)
                loading = float(values[marker])
                if loading == 0.0:
                    return None
                scale[key] = float(target.value[marker]) / loading
                scale[key] *= scale.get(self._above(key, marker), 1.0)
        return {factor: scale.get(self.leader[factor], 1.0) for factor in self.leader}

    def _above(self, factor: Factor, marker: int) -> Factor:
        """The factor that a marker is, where it is one; in whose scale its loading is."""
        indicator = (factor[0], self.own.table.rhs[marker])
        return self.leader.get(indicator, indicator)


def rescaled(model: Model) -> Rescaled | None:
    """The model with unit variances in place of markers, and markers in place of unit variances.

    None where there is nothing to change, and where bounds, relations between parameters, or fixed values of what
    depends on the scale would make it another model. A variance that must not be below zero is no such bound: it says
    the same in every scale, and nothing of a variance of 1.
    """
    table = model.table
    if any(relation.op != ":=" for relation in table.relations):
        return None
    ties = _ties(table)
    if ties is None:
        return None
    swaps, leader = _chosen(model, ties)
    if not swaps or (model.space.bounded and not _bounds_of_any_scale(table, swaps)):
        return None
    other = _swapped(table, swaps, leader)
    if model.space.bounded:
        other = _with_bounds(other, swaps)
    return Rescaled(model, model.family.again(model, other), swaps, leader)


def _bounds_of_any_scale(table: ParameterTable, swaps: dict[Factor, tuple[int, int]]) -> bool:
    """Whether bounds of what touches the factors only keep variances from being negative."""
    finite = np.isfinite(table.lower) | np.isfinite(table.upper)
    for row in np.flatnonzero(finite & (table.free > 0)).tolist():
        block = int(table.group[row])
        if not {(block, table.lhs[row]), (block, table.rhs[row])} & swaps.keys():
            continue
        variance = table.op[row] == "~~" and table.lhs[row] == table.rhs[row]
        if not variance or table.lower[row] != 0.0 or math.isfinite(table.upper[row]):
            return False
    return True


def _with_bounds(table: ParameterTable, swaps: dict[Factor, tuple[int, int]]) -> ParameterTable:
    """The table in the other scale: free variances of its factors not negative, fixed ones without bounds."""
    lower, upper = table.lower.copy(), table.upper.copy()
    for marker, variance in swaps.values():
        lower[[marker, variance]], upper[[marker, variance]] = -math.inf, math.inf
        if table.free[variance]:
            lower[variance] = 0.0
    return replace(table, lower=lower, upper=upper)


def _ties(table: ParameterTable) -> list[list[int]] | None:
    """Rows of equal parameters; None where different parameters are equal."""
    row_of = {int(free) - 1: row for row, free in enumerate(table.free.tolist()) if free}
    ties = [[row_of[place] for place in equal] for equal in table.equal]
    for rows in ties:
        if (
            len({(table.lhs[r], table.op[r], table.rhs[r], _level(table, int(table.group[r]))) for r in rows})
            > 1
        ):
            return None
    return ties


def _level(table: ParameterTable, block: int) -> int:
    return (block - 1) % table.options.levels


def _chosen(
    model: Model, ties: list[list[int]]
) -> tuple[dict[Factor, tuple[int, int]], dict[Factor, Factor]]:
    """Factors whose scale changes, and whose scale each has."""
    table = model.table
    tied = {row for rows in ties for row in rows}
    size = _sizes(model)
    blocks: dict[tuple[int, str], list[int]] = {}
    for number, names in enumerate(table.variables, start=1):
        formed = {composite.name for composite in names.composites}
        for name in names.latent:
            if name not in formed and not isinstance(name, Product):
                blocks.setdefault((_level(table, number), name), []).append(number)
    swaps: dict[Factor, tuple[int, int]] = {}
    leader: dict[Factor, Factor] = {}
    for (_, name), where in blocks.items():
        loadings = [row for row in range(len(table)) if table.op[row] == "=~" and table.lhs[row] == name]
        together = len(where) > 1 and any(row in tied for row in loadings if int(table.group[row]) in where)
        for found in (
            _together(table, name, where, tied, size) if together else _apart(table, name, where, size)
        ):
            swaps |= found
            first = next(iter(found))
            leader |= {factor: first if together else factor for factor in found}
    return _pruned(table, swaps, leader, tied)


def _rows_of(table: ParameterTable, name: str, block: int) -> tuple[list[int], list[int], int]:
    """Rows of the loadings that are fixed, of those that are free, and of the variance (−1: none) of a factor."""
    fixed, free, variance = [], [], -1
    for row in np.flatnonzero(table.group == block).tolist():
        if table.lhs[row] != name:
            continue
        if table.op[row] == "=~":
            if table.free[row]:
                free.append(row)
            elif table.value[row] != 0.0:
                fixed.append(row)
        elif table.op[row] == "~~" and table.rhs[row] == name:
            variance = row
    return fixed, free, variance


def _sizes(model: Model) -> Callable[[int], float]:
    """Size of a free loading at the starting values, in standard deviations of its indicator."""
    table = model.table
    theta = starting_values(table, model.layouts, model.sample.groups)
    groups = model.sample.groups

    def size(row: int) -> float:
        sample = groups[table.group[row] - 1]
        value = abs(float(theta[table.free[row] - 1]))
        if table.rhs[row] not in sample.names:
            return value
        return value / math.sqrt(
            max(float(sample.cov.diagonal()[sample.names.index(table.rhs[row])]), 1e-300)
        )

    return size


def _apart(
    table: ParameterTable, name: str, where: list[int], size: Callable[[int], float]
) -> Iterator[dict[Factor, tuple[int, int]]]:
    """Swaps of a factor that has a scale of its own in each block."""
    for block in where:
        fixed, free, variance = _rows_of(table, name, block)
        if variance < 0:
            continue
        if len(fixed) == 1 and table.free[variance]:
            yield {(block, name): (fixed[0], variance)}
        elif not fixed and free and not table.free[variance] and table.value[variance] > 0.0:
            marker = max(free, key=size)
            if size(marker) > NO_LOADING:
                yield {(block, name): (marker, variance)}


def _together(
    table: ParameterTable, name: str, where: list[int], tied: set[int], size: Callable[[int], float]
) -> Iterator[dict[Factor, tuple[int, int]]]:
    """Swaps of a factor that has one scale in all groups; none where the groups are not alike."""
    rows = [_rows_of(table, name, block) for block in where]
    if any(variance < 0 for _, _, variance in rows):
        return
    fixed, free, variance = rows[0]
    others = rows[1:]
    if len(fixed) == 1 and all(table.free[v] for _, _, v in rows):
        indicator = table.rhs[fixed[0]]
        if all(len(f) == 1 and table.rhs[f[0]] == indicator for f, _, _ in others):
            yield {(b, name): (f[0], v) for b, (f, _, v) in zip(where, rows, strict=True)}
    elif not any(f for f, _, _ in rows) and not table.free[variance] and table.value[variance] > 0.0:
        shared = [row for row in free if row in tied]
        if not shared or len({bool(table.free[v]) for _, _, v in others}) > 1:
            return
        marker = max(shared, key=size)
        markers = [next((r for r in g if table.rhs[r] == table.rhs[marker]), -1) for _, g, _ in rows]
        if all(row in tied for row in markers) and size(marker) > NO_LOADING:
            yield {(b, name): (m, v) for b, m, (_, _, v) in zip(where, markers, rows, strict=True)}


def _pruned(
    table: ParameterTable,
    swaps: dict[Factor, tuple[int, int]],
    leader: dict[Factor, Factor],
    tied: set[int],
) -> tuple[dict[Factor, tuple[int, int]], dict[Factor, Factor]]:
    """Without factors whose scale something else depends on: fixed values, or equality with another scale."""
    while True:
        own = {row for rows in swaps.values() for row in rows}
        alone = {f for f in swaps if sum(other == leader[f] for other in leader.values()) == 1}
        bad: set[Factor] = set()
        for row in range(len(table)):
            if table.op[row] not in TOUCHING or row in own:
                continue
            block = int(table.group[row])
            touched = {(block, table.lhs[row]), (block, table.rhs[row])} & swaps.keys()
            stuck = not table.free[row] and table.value[row] != 0.0
            bad |= touched if stuck else {f for f in touched if row in tied and f in alone}
        if not bad:
            return swaps, leader
        heads = {leader[factor] for factor in bad}
        swaps = {factor: rows for factor, rows in swaps.items() if leader[factor] not in heads}
        leader = {factor: head for factor, head in leader.items() if head not in heads}


def _swapped(
    table: ParameterTable, swaps: dict[Factor, tuple[int, int]], leader: dict[Factor, Factor]
) -> ParameterTable:
    """The table with markers and variances exchanged."""
    free, value, start = table.free > 0, table.value.copy(), table.start.copy()
    row_of = {int(place) - 1: row for row, place in enumerate(table.free.tolist()) if place}
    ties = [[row_of[place] for place in equal] for equal in table.equal]
    for head in dict.fromkeys(leader.values()):
        rows = [swaps[factor] for factor in swaps if leader[factor] == head]
        _exchange(free, value, ties, [m for m, _ in rows], [v for _, v in rows])
    start[:] = math.nan
    places = np.where(free, np.cumsum(free), 0)
    equal = tuple(
        tuple(int(places[row]) - 1 for row in rows if free[row]) for rows in ties if sum(free[rows]) > 1
    )
    return replace(table, free=places, value=np.where(free, math.nan, value), start=start, equal=equal)


def _exchange(
    free: np.ndarray, value: Array, ties: list[list[int]], markers: list[int], variances: list[int]
) -> None:
    """Exchange the markers and variances of a factor in all groups that share its scale, in place."""
    lead = variances[0]
    equal = next((rows for rows in ties if lead in rows), [])
    if free[lead]:  # markers become free, and equal; the variance of the first group is fixed
        fixed = [v for v in variances if v == lead or v in equal]
        free[markers], free[fixed], value[fixed] = True, False, 1.0
        if len(markers) > 1:
            ties.append(list(markers))
        return
    fixed = [v for v in variances if not free[v]]
    free[markers], value[markers] = False, 1.0
    free[fixed] = True
    if len(fixed) > 1:
        ties.append(fixed)
