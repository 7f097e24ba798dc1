"""Through infinity: where parameters run away together, the discrepancy goes on falling on the other side.

Parameters that run to infinity move as powers of one quantity: ``φ_i ≈ c_i κ^−e_i`` with whole e_i and κ → 0 (a marker
without loading: the other loadings as 1/κ, the covariances of the factor as κ, its variance as κ²; a residual
variance that falls for ever: a loading as 1/κ, the factor's variance as κ). The moments are smooth in κ at 0, which
is nothing but a border of the parameters' names for them: if F falls on the way to κ = 0, it falls beyond, at
κ < 0, unless its slope is zero there. The search that runs away never gets there, as every step keeps the signs. Here
the powers are read from its path, and with κ < 0 what goes with an odd power starts anew with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.box import box_of
from comply_measure.sem.model import Model
from comply_measure.sem.table.parameter_table import ParameterTable

SIZES = (1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # sizes at which the other side is entered
STRETCH = 2.0  # growth of the leading parameter between the two points that show the powers
LEAST_GROWTH = 1.2
POWERS = (1, 2, 3)  # how often κ goes into the leading parameter
WHOLE = 0.25  # distance from a whole number that still counts as one
MOST_PARTS = 3  # independent runaways that are told apart


def beyond(model: Model, path: list[Array], units: Array) -> Iterator[Array]:
    """Starting φ on the other side of infinity, one for each choice of what crosses; none without a clear way there.

    Parameters
    ----------
    model : Model
        Without relations other than equal parameters and bounds.
    path : list of array (r,)
        Points of a search without end, in order.
    units : array (r,)
        Standardising units; infinite for parameters that do not run away.
    """
    sizes, late = np.abs(np.array(path)) / units, path[-1]
    seen = _pace(sizes, np.ones(len(late), dtype=bool))
    if seen is None:
        return
    parts = _parts(model.table, _coordinates(model), powers(path[seen[0]], late, seen[1][1] / seen[1][0])[0])
    box, runs = box_of(model.table, model.space), parts >= 0
    for crossing in _choices(parts):
        seen = _pace(sizes, crossing)
        if seen is None:
            continue
        early, t = path[seen[0]], seen[1]
        best, lowest = None, np.inf
        for phi in _other_side(np.where(runs & ~crossing, late, early), late, t, crossing):
            inside = phi if box is None else box.inside(phi)
            value = model.objective.at(inside).value
            if value < lowest:
                best, lowest = inside, value
        if best is not None:
            yield best


def _pace(sizes: Array, among: NDArray[np.bool_]) -> tuple[int, Array] | None:
    """An earlier point of a path, and the size of the leading parameter there and at the end; None without growth."""
    t = sizes[:, int(np.where(among, sizes[-1], 0.0).argmax())]
    early = int(np.abs(np.log(np.maximum(t, 1e-300)) - np.log(max(t[-1] / STRETCH, 1e-300))).argmin())
    return (early, t[[early, -1]]) if t[-1] > LEAST_GROWTH * t[early] > 0.0 else None


def powers(early: Array, late: Array, growth: float) -> tuple[Index, int]:
    """Powers e (r,) of 1/κ with which parameters grow, and that of the leading one, from two points of a path.

    Zero for what changes its sign or is zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.log(np.abs(late / early)) / np.log(growth)
    relative[~np.isfinite(relative) | (np.sign(early) != np.sign(late))] = 0.0
    moving = relative[np.abs(relative) > WHOLE]
    fits = [k for k in POWERS if (np.abs(k * moving - np.round(k * moving)) < WHOLE).all()]
    often = fits[0] if fits else 1
    return np.round(often * relative).astype(np.int64), often


def _other_side(early: Array, late: Array, t: Array, crossing: NDArray[np.bool_]) -> Iterator[Array]:
    """φ at κ < 0 for several sizes of the leading parameter: with ``c_i`` as at the end, and as a line in κ."""
    e, often = powers(early, late, float(t[1] / t[0]))
    e[~crossing] = 0
    kappa = t ** (-1.0 / often)
    first, last = early * kappa[0] ** e, late * kappa[1] ** e
    slope = (last - first) / (kappa[1] - kappa[0])
    sign = np.where(e % 2 == 1, -1.0, 1.0)
    for size in SIZES:
        there = size ** (-1.0 / often)
        for c in (last, last - slope * (kappa[1] + there)):
            yield sign * c * there ** (-e.astype(np.float64))


def _coordinates(model: Model) -> Index:
    """The coordinate of φ that each θ takes (q,)."""
    shared = model.space.shared
    return np.arange(model.table.n_free) if shared is None else shared


def _choices(parts: Index) -> Iterator[NDArray[np.bool_]]:
    """Which coordinates cross (r,): those of one runaway after the other, then all that run away."""
    count = int(parts.max(initial=-1)) + 1
    if 1 < count <= MOST_PARTS:
        for part in range(count):
            yield parts == part
    if count:
        yield parts >= 0


def _parts(table: ParameterTable, coordinate: Index, e: Index) -> Index:
    """Number of the runaway that each coordinate belongs to (r,), −1 for those that stay.

    Parameters of the same variable run away together; those of an indicator with its factors.
    """
    group = dict[tuple[int, str], tuple[int, str]]()

    def root(name: tuple[int, str]) -> tuple[int, str]:
        while group.setdefault(name, name) != name:
            name = group[name]
        return name

    moving = np.zeros(len(table), dtype=bool)
    free = np.flatnonzero(table.free)
    moving[free] = e[coordinate[table.free[free] - 1]] != 0
    touched = {
        (int(table.group[row]), name)
        for row in np.flatnonzero(moving).tolist()
        for name in (table.lhs[row], table.rhs[row] or table.lhs[row])
    }
    owner: dict[int, tuple[int, str]] = {}
    for row in range(len(table)):
        names = [(int(table.group[row]), name) for name in (table.lhs[row], table.rhs[row] or table.lhs[row])]
        if moving[row] or (table.op[row] == "=~" and all(name in touched for name in names)):
            group[root(names[0])] = root(names[1])
        if moving[row]:
            place = int(coordinate[table.free[row] - 1])
            if place in owner:  # equal across groups
                group[root(owner[place])] = root(names[0])
            owner[place] = names[0]
    found = np.full(len(e), -1, dtype=np.int64)
    numbers: dict[tuple[int, str], int] = {}
    for place, name in owner.items():
        found[place] = numbers.setdefault(root(name), len(numbers))
    return found
