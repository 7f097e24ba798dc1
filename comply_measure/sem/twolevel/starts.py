"""Further starts of two-level models: another scaling of the factors, and random ones."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.attempts import attempt
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.scaling import Rescaled, rescaled
from comply_measure.sem.start import modest_values, random_values, starting_values
from comply_measure.sem.table.parameter_table import ParameterTable

RANDOM_STARTS = 8
NEGATIVE = -1e-8
RUN_OFF = 5.0  # variance that a factor which has run off gives an indicator, in variances of the indicator


def further_starts(model: Model, best: Optimum) -> Iterator[tuple[str, Array]]:
    """Starting θ to try besides, with the name of the remedy; none where the optimum at hand is proper.

    Σ_B rests on few clusters: its part of the likelihood has several optima and long valleys. Where the search
    ended without convergence, at a negative variance or at a bound, the model is fitted with its factors in another
    scale (a marker whose loading is near zero blocks the way), and from random starts. These are drawn with markers,
    whichever scale is asked for, so that both have the same optima to choose from.

    Parameters
    ----------
    model : Model
        Of two levels.
    best : Optimum
        What the usual starts have found.
    """
    table = model.table
    proper = best.converged and not best.at_bound and _proper(table, best.point.theta)
    if "=~" not in table.op or proper:
        return
    turned = None if best.converged else _other_side(model, best.point.theta)
    if turned is not None:
        yield "factor variances of the other sign", turned
    other = rescaled(model)
    if other is not None:
        for make in (starting_values, modest_values):
            start = make(other.model.table, other.model.layouts, other.model.sample.groups)
            yield from _where_it_ends(other, start, other.words)
    for number in range(RANDOM_STARTS):
        rng, word = np.random.default_rng([model.options.search.seed, number]), f"random start {number + 1}"
        if other is None or other.has_markers:
            yield word, random_values(rng, table, model.layouts, model.sample.groups)
        else:
            drawn = other.model
            start = random_values(rng, drawn.table, drawn.layouts, drawn.sample.groups)
            yield from _where_it_ends(other, start, f"{word}, {other.words}")


def _where_it_ends(other: Rescaled, start: Array, word: str) -> Iterator[tuple[str, Array]]:
    """Where the search in the other scale ends, in the scale of the model."""
    found = attempt(other.model, start)
    theta = other.back(found.point.theta, nearby=True) if math.isfinite(found.point.value) else None
    if theta is not None:
        yield word, theta


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
