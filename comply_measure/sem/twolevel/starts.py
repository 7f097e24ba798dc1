"""Further starts of two-level models: another scaling of the factors, and random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum, minimise
from comply_measure.sem.start import random_values, starting_values
from comply_measure.sem.table.parameter_table import ParameterTable

RANDOM_STARTS = 8
SCALED_STEPS = 200
NO_LOADING = 1e-6
NEGATIVE = -1e-8
RUN_OFF = 5.0  # variance that a factor which has run off gives an indicator, in variances of the indicator


def further_starts(
    model: Model, best: Optimum, rebuilt: Callable[[ParameterTable], Model]
) -> Iterator[tuple[str, Array]]:
    """Starting θ to try besides, with the name of the remedy; none where the optimum at hand is proper.

    Σ_B rests on few clusters: its part of the likelihood has several optima and long valleys. Where the search
    ended without convergence or at a negative variance, the model is fitted with factors of variance 1 in place of
    markers (a marker whose loading is near zero blocks the way), and from random starts.

    Parameters
    ----------
    model : Model
        Of two levels.
    best : Optimum
        What the usual starts have found.
    rebuilt : callable
        The same model of another table.
    """
    table = model.table
    if "=~" not in table.op or (best.converged and _proper(table, best.point.theta)):
        return
    turned = None if best.converged else _other_side(model, best.point.theta)
    if turned is not None:
        yield "factor variances of the other sign", turned
    scaled = _with_unit_variances(model, rebuilt)
    if scaled is not None:
        yield "factor variances of 1 in place of markers", scaled
    for number in range(RANDOM_STARTS):
        rng = np.random.default_rng([model.options.search.seed, number])
        yield f"random start {number + 1}", random_values(rng, table, model.layouts, model.sample.groups)


def _proper(table: ParameterTable, theta: Array) -> bool:
    """Whether no free variance is negative."""
    return not any(
        op == "~~" and lhs == rhs and free and theta[free - 1] < NEGATIVE
        for lhs, op, rhs, free in zip(table.lhs, table.op, table.rhs, table.free.tolist(), strict=True)
    )


def _other_side(model: Model, theta: Array) -> Array | None:
    """θ with the factors that have run off set on the other side of infinity; None where none has.

    The optimum can lie at a negative factor variance ψ (indicators whose correlations have a negative product). A
    search that comes from a positive one loads an indicator j ever more while ψ goes to zero: ψλ_j stays, and ψ = 0
    is never crossed. ``ψ → −kψ, λ_j → −λ_j / k`` keeps the covariances of j; k takes ψλ_j² back to the variance of j.
    Where j is the marker this is ``ψ → −ψ / k`` and ``λ_i → −kλ_i`` of the others.
    """
    table, found, any_turned = model.table, theta.copy(), False
    at = {
        (int(g), lhs, op, rhs): int(free) - 1
        for g, lhs, op, rhs, free in zip(table.group, table.lhs, table.op, table.rhs, table.free, strict=True)
        if free
    }
    for (group, factor), (marker, _) in _swaps(table).items():
        sample, psi = model.sample.groups[group - 1], at[group, factor, "~~", factor]
        loading = {key[3]: place for key, place in at.items() if key[:3] == (group, factor, "=~")}
        size = {item: float(theta[place]) for item, place in loading.items()}
        size[table.rhs[marker]] = float(table.value[marker])
        runs = {
            item: abs(theta[psi]) * size[item] ** 2 / sample.cov[j, j]
            for j, item in enumerate(sample.names)
            if item in size and (group, item, "~~", item) in at and sample.cov[j, j] > 0.0
        }
        item = max(runs, key=lambda name: runs[name], default="")
        if not item or runs[item] < RUN_OFF:
            continue
        any_turned, k = True, runs[item]
        if item in loading:
            found[psi], found[loading[item]] = -k * theta[psi], -size[item] / k
            found[[place for key, place in at.items() if _is_shared(key, group, factor)]] *= -k
        else:
            found[psi] = -theta[psi] / k
            found[list(loading.values())] *= -k
        found[at[group, item, "~~", item]] += theta[psi] * size[item] ** 2 * (1.0 + 1.0 / k)
    return found if any_turned else None


def _is_shared(key: tuple[int, str, str, str], group: int, factor: str) -> bool:
    """Whether a parameter is a covariance of a factor with another variable."""
    return key[0] == group and key[2] == "~~" and (key[1] == factor) != (key[3] == factor)


def _with_unit_variances(model: Model, rebuilt: Callable[[ParameterTable], Model]) -> Array | None:
    """θ of the model at the optimum of the same model with factors of variance 1; None where that is not the same."""
    swaps = _swaps(model.table)
    if not swaps or model.space.K is not None or not model.space.is_linear:
        return None
    table = model.table
    free, value = table.free > 0, table.value.copy()
    for marker, variance in swaps.values():
        free[marker], free[variance], value[variance] = True, False, 1.0
    other = replace(table, free=np.where(free, np.cumsum(free), 0), value=value)
    scaled = rebuilt(other)
    start = starting_values(other, scaled.layouts, scaled.sample.groups)
    search = model.options.search
    steps = search.iterations or SCALED_STEPS
    phi = scaled.space.contract(start)
    found = minimise(scaled.objective, phi, scaled.sample.n, steps, search.tolerance).point.theta
    return _in_marker_units(table, other, swaps, found)


def _swaps(table: ParameterTable) -> dict[tuple[int, str], tuple[int, int]]:
    """(group, factor) → rows of its marker and of its free variance."""
    swaps: dict[tuple[int, str], tuple[int, int]] = {}
    for row, (lhs, op, rhs) in enumerate(zip(table.lhs, table.op, table.rhs, strict=True)):
        if op == "~~" and lhs == rhs and table.free[row]:
            group = int(table.group[row])
            marker = next(
                (
                    r
                    for r in np.flatnonzero(table.group == group).tolist()
                    if table.op[r] == "=~"
                    and table.lhs[r] == lhs
                    and not table.free[r]
                    and table.value[r] != 0.0
                ),
                None,
            )
            if marker is not None:
                swaps[group, lhs] = (marker, row)
    return swaps


def _in_marker_units(
    table: ParameterTable, other: ParameterTable, swaps: dict[tuple[int, str], tuple[int, int]], found: Array
) -> Array | None:
    """θ with markers from θ with unit variances: a factor is ``s`` times its standardised self."""
    at = {row: float(found[other.free[row] - 1]) for row in np.flatnonzero(other.free).tolist()}
    scale: dict[tuple[int, str], float] = {}
    waiting = dict(swaps)
    while waiting:
        ready = [
            key
            for key, (marker, _) in waiting.items()
            if (key[0], table.rhs[marker]) not in waiting or table.rhs[marker] == key[1]
        ]
        if not ready:
            return None
        for key in ready:
            marker, _ = waiting.pop(key)
            scale[key] = at[marker] * scale.get((key[0], table.rhs[marker]), 1.0) / table.value[marker]
            if abs(scale[key]) < NO_LOADING:
                return None
    theta = np.zeros(table.n_free)
    for row in np.flatnonzero(table.free).tolist():
        group, op = int(table.group[row]), table.op[row]
        left, right = (scale.get((group, name), 1.0) for name in (table.lhs[row], table.rhs[row]))
        value = at.get(row, 1.0)
        factor = {"=~": right / left, "~": left / right, "~~": left * right, "~1": left}.get(op, 1.0)
        theta[table.free[row] - 1] = value * factor
    return theta
