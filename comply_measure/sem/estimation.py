"""Model → optimum: starting values, optimiser, second chances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.attempts import (
    attempt,
    has_remedies,
    in_region,
    is_exact,
    is_loose,
    quasi_newton,
    random_start,
)
from comply_measure.sem.box import box_of
from comply_measure.sem.composite_start import composite_start
from comply_measure.sem.crossing import beyond
from comply_measure.sem.endless import Way, follow, held, run_off
from comply_measure.sem.inference.diagnosis import admissibility
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.scaling import rescaled
from comply_measure.sem.start import modest_values, plain_values, starting_values
from comply_measure.sem.three_indicators import NEGATIVE_PRODUCT, ThreeIndicators, three_indicators

RANDOM_STARTS = 8
REMEDY_SEED = 1
OPINIONS = 2  # random starts of a model whose first optimum is doubtful
LOOSE_OPINIONS = (
    2  # quick searches from random starts of a loosely determined one, for each that is affordable
)
LARGE = 200  # free parameters above which other starts are few, those of full information left to its moments
MODEST = " from loadings of the sample and small factors"
TOO_FAR_BELOW = 0.25  # share of an optimum's discrepancy that a search without end may gain on it
CROSSINGS = 4  # times that a search goes through infinity
FOLLOWED = 3  # further attempts of a search without end that are followed
IN_LOGARITHMS = "a search in logarithms of the parameters"
CROSSING = "a search that went through infinity"
ENOUGH = (
    2  # random starts that converge, and times that they repeat the best optimum, after which none is tried
)
SAME_STATISTIC = 1e-4  # difference in χ² that rounding explains
CREEP = 0.02  # gain in χ² over the last steps below which a further search is given up


def estimate(model: Model, start: Array | None = None, as_start: bool = False) -> Optimum:
    """The minimum of the model's discrepancy.

    Starts are tried in turn until one converges. Where none does, Newton's method within a region of trust and a
    quasi-Newton search are run from the same starts, the former from random ones as well, a fixed number of each, and
    the lowest optimum is kept. An optimum that only a remedy has found, or that is inadmissible, gets a few more
    starts. Where nothing converges, the lowest attempt is followed to where the discrepancy falls no further. Where the
    user asks for random starts, these are tried in any case. Where the cases do not determine the moments, a search
    that fails has run into a singular covariance matrix: then two remedies are enough, and nothing is followed.

    Parameters
    ----------
    model : Model
        The model.
    start : array (q,), optional
        Starting θ (a warm start); chosen from the sample otherwise.
    as_start : bool
        Whether the optimum is only where another search starts from, which looks itself for lower ones and follows
        those without end.

    Returns
    -------
    Optimum
        The best of the attempts; ``converged`` says whether the stopping rule was met, ``remedy`` what led there
        where it was not the first attempt, ``below`` how far an attempt that did not converge went below it.
    """
    known = _known_ways(model) if start is None else []
    tried = list(known)
    for remedy, theta, goal in () if known else _starts(model, start):
        tried.append(_settled(model, replace(attempt(model, theta), remedy=remedy), goal))
        if tried[-1].converged:
            break
    if start is None:
        tried += _further(model, tried)
    may_follow = model.is_bounded and not any(optimum.converged for optimum in tried)
    if not any(optimum.converged for optimum in tried):
        tried += () if known else _remedies(model, start)
    elif start is None and not (as_start and model.table.n_free <= LARGE):
        tried += _opinions(model, _best(tried, model.is_bounded))
    for number in range(model.options.search.starts):
        theta = random_start(model, model.options.search.seed, number)
        tried.append(replace(attempt(model, theta), remedy=f"random start {number + 1}"))
    best = _best(tried, may_follow)
    if start is not None or as_start:
        return best
    large = best.converged and model.table.n_free > LARGE
    found = run_off(model, best if large else _pursued(model, tried, best))
    return _beside(model, found, tried)


def _without_optimum(model: Model) -> ThreeIndicators | None:
    """The model as one of three indicators that is known to have no optimum; None where nothing is known."""
    three = three_indicators(model)
    return None if three is None or three.has_marker else three


def _known_ways(model: Model) -> list[Optimum]:
    """Where a model that is known to have no optimum is followed from; none where nothing is known of it."""
    three = _without_optimum(model)
    if three is None:
        return []
    return [
        replace(attempt(model, three.far_out(indicator), CREEP), remedy="a loading that grows")
        for indicator in range(3)
    ]


def _beside(model: Model, found: Optimum, tried: list[Optimum]) -> Optimum:
    """An optimum; an inadmissible one with how far above it the lowest admissible one lies that was found."""
    others = [other for other in tried if other.converged and other.point.value > found.point.value]
    if not others or found.endless or not any(admissibility(model, found.point.implied)):
        return found
    proper = [o.point.value for o in others if not any(admissibility(model, o.point.implied))]
    return replace(found, admissible_above=min(proper) - found.point.value) if proper else found


def _pursued(model: Model, tried: list[Optimum], best: Optimum) -> Optimum:
    """The lowest attempt followed where it did not converge; the best optimum where that leads to no lower one."""
    if not model.is_determined:
        return best  # a covariance matrix that becomes singular is the end of every way
    if not best.converged:
        found, entered = _followed(model, best)
        if not found.endless:
            return found
        if _without_optimum(model) is not None:
            return replace(found, proof=NEGATIVE_PRODUCT)
        few = model.is_bounded and model.table.n_free <= LARGE  # two levels have been in the other scale
        further = list(_from_other_scale(model, RANDOM_STARTS)) if few else []
        found, more = _lower(model, found, further)
        return (
            replace(found, searched=_searched([*tried, *further], entered + more)) if found.endless else found
        )
    if model.sample.n * best.below < SAME_STATISTIC:
        return best
    found, _ = _followed(model, min(tried, key=lambda optimum: optimum.point.value))
    if not found.converged or found.endless or found.point.value >= best.point.value:
        return best
    return found


def _lower(model: Model, found: Optimum, further: list[Optimum]) -> tuple[Optimum, int]:
    """What the lowest of further attempts lead to, where that is lower than a search without end; else this one.

    The number is that of starts beyond infinity.
    """
    entered = 0
    for lowest in sorted(further, key=lambda optimum: optimum.point.value)[:FOLLOWED]:
        end, starts = _followed(model, lowest)
        entered += starts
        if end.converged and model.sample.n * (found.point.value - end.point.value) > SAME_STATISTIC:
            found = replace(end, remedy=f"{end.remedy}, {lowest.remedy}")
    return found, entered


def _from_other_scale(model: Model, count: int) -> Iterator[Optimum]:
    """Searches that begin where the model with its factors in another scale ends; none where it has none."""
    other = rescaled(model)
    if other is None:
        return
    there, samples = other.model, model.sample.groups
    starts = [("", starting_values(there.table, there.layouts, samples))]
    starts += [(f" and random start {k + 1}", random_start(there, REMEDY_SEED, k)) for k in range(count)]
    for where, start in starts:
        end = attempt(there, start, CREEP)
        theta = other.back(end.point.theta, nearby=True) if math.isfinite(end.point.value) else None
        if theta is not None:
            yield replace(attempt(model, theta, CREEP), remedy=f"{other.words}{where}")


def _opinions(model: Model, first: Optimum) -> Iterator[Optimum]:
    """Other ways to the optimum of a model whose first one may not be the lowest; none where it is beyond doubt."""
    if _is_doubtful(model, first):
        yield from _second_opinions(model)
        if model.table.n_free <= LARGE and is_loose(model, first):
            yield from _quick_opinions(model, OPINIONS)
    elif is_loose(model, first):
        yield from _few_opinions(model)


def _few_opinions(model: Model) -> Iterator[Optimum]:
    """Other ways to the optimum of a model that is loosely determined."""
    samples = model.sample.groups
    default = starting_values(model.table, model.layouts, samples)
    yield replace(in_region(model, default), remedy="a second search with a trust region")
    yield from _quick_opinions(model)


def _quick_opinions(model: Model, first: int = 0) -> Iterator[Optimum]:
    """Quick searches from random starts, from the number given on."""
    for number in range(first, LOOSE_OPINIONS * _affordable(model)):
        theta = random_start(model, REMEDY_SEED, number)
        yield replace(
            attempt(model, theta, CREEP),
            remedy=f"a second, quick search from random starting values ({number + 1})",
        )


def _searched(tried: list[Optimum], entered: int) -> str:
    """What was tried, in words, where no attempt has found a finite optimum."""
    random = sum("random start" in optimum.remedy for optimum in tried)
    drawn = f" ({random} from random starts)" if random else ""
    there = f"{entered} beyond infinity" if entered else "no way through infinity"
    return f"{len(tried)} search{'es' if len(tried) > 1 else ''}{drawn}, one in logarithms of the parameters, {there}"


def _is_doubtful(model: Model, best: Optimum) -> bool:
    """Whether another optimum may well be lower: found by a remedy, at a bound or inadmissible (one-level models)."""
    if not (model.is_bounded and has_remedies(model)) or model.options.search.start.given:
        return False
    if is_exact(model, best):
        return False
    return bool(best.remedy or best.at_bound) or any(admissibility(model, best.point.implied))


def _second_opinions(model: Model) -> Iterator[Optimum]:
    """Other ways to the optimum of a model whose first optimum is doubtful.

    Large models of incomplete data get one: their search began at the optimum of the saturated moments, which is
    looked for in all of these ways.
    """
    samples = model.sample.groups
    modest = modest_values(model.table, model.layouts, samples)
    default = starting_values(model.table, model.layouts, samples)
    yield replace(attempt(model, modest, CREEP), remedy=f"a second search{MODEST}")
    if model.table.n_free > LARGE and _easier(model) is not None:
        return
    yield replace(quasi_newton(model, modest), remedy=f"a second, quasi-Newton search{MODEST}")
    yield replace(in_region(model, default), remedy="a second search with a trust region")
    for number in range(min(_affordable(model), OPINIONS)):
        theta, where = random_start(model, REMEDY_SEED, number), f"random starting values ({number + 1})"
        yield replace(in_region(model, theta, CREEP), remedy=f"a second search from {where}")
        if model.table.n_free <= LARGE:
            yield replace(attempt(model, theta, CREEP), remedy=f"a second, quick search from {where}")
    if model.table.n_free <= LARGE:
        cautious = plain_values(model.table, model.layouts, samples)
        yield replace(attempt(model, cautious, CREEP), remedy="a second search from cautious starting values")
        yield from (
            replace(o, remedy=f"a second search with {o.remedy}") for o in _from_other_scale(model, 0)
        )
        yield from _from_without_bounds(model)


def _followed(model: Model, lowest: Optimum) -> tuple[Optimum, int]:
    """Where the discrepancy of the lowest attempt falls no further; the attempt itself where that leads nowhere.

    A search that runs off to infinity is taken up on the other side, as long as that leads lower. The number is that
    of starts there.
    """
    way = follow(model, lowest.point.theta)
    if way is None:
        return lowest, 0
    ways, entered = [way], 0
    while len(ways) <= CROSSINGS and not ways[-1].found.converged:
        further, starts = _crossed(model, ways[-1])
        entered += starts
        if further is None:
            break
        ways.append(further)
    for number in reversed(range(len(ways))):
        end = ways[number].found
        found = end if end.converged else held(model, ways[number])
        if found.converged:
            return replace(found, remedy=CROSSING if number else IN_LOGARITHMS), entered
    return lowest, entered


def _crossed(model: Model, way: Way) -> tuple[Way | None, int]:
    """The way on from the other side of infinity, None where that leads no lower; how many starts were tried there."""
    least = way.found.point.value - SAME_STATISTIC / model.sample.n
    lower, tried = list[Optimum](), 0
    for phi in beyond(model, way.path, way.units):
        found, tried = attempt(model, model.space.expand(phi), CREEP), tried + 1
        if found.point.value < least:
            lower.append(found)
            if found.converged:
                break
    if not lower:
        return None, tried
    best = _best(lower, False)
    if best.converged:
        return Way(best, [best.point.phi], way.units), tried
    return follow(model, best.point.theta), tried


def _further(model: Model, tried: list[Optimum]) -> list[Optimum]:
    """Attempts from what the kind of model proposes, until random starts have repeated the best optimum."""
    found: list[Optimum] = []
    for remedy, theta in model.further_starts(_best(tried, model.is_bounded)):
        found.append(replace(attempt(model, theta), remedy=remedy))
        if _is_repeated(model, [*tried, *found]):
            break
    return found


def _is_repeated(model: Model, tried: list[Optimum]) -> bool:
    """Whether enough attempts, random starts among them, have converged and the lowest optimum came up twice."""
    values = [model.sample.n * optimum.point.value for optimum in tried if optimum.converged]
    drawn = sum(optimum.converged and optimum.remedy.startswith("random") for optimum in tried)
    return drawn >= ENOUGH and sum(value < min(values) + SAME_STATISTIC for value in values) >= ENOUGH


def _remedies(model: Model, start: Array | None) -> Iterator[Optimum]:
    """Further attempts where the quick search has failed from every start."""
    samples = model.sample.groups
    if start is not None:
        if has_remedies(model):
            yield replace(in_region(model, np.asarray(start)), remedy="a trust region")
        return
    if has_remedies(model):
        default = starting_values(model.table, model.layouts, samples)
        modest = modest_values(model.table, model.layouts, samples)
        cautious = plain_values(model.table, model.layouts, samples)
        starts = ((default, ""), (modest, MODEST), (cautious, " from cautious starting values"))
        for theta, where in starts if model.is_determined else starts[:1]:
            yield replace(in_region(model, theta), remedy=f"a trust region{where}")
            yield replace(quasi_newton(model, theta), remedy=f"a quasi-Newton search{where}")
    if not model.is_determined:
        return
    for number in range(_affordable(model)):
        theta = random_start(model, REMEDY_SEED, number)
        found = (in_region if has_remedies(model) else attempt)(model, theta, CREEP)
        yield replace(found, remedy=f"random starting values ({number + 1})")
    if model.table.n_free <= LARGE:
        yield from _from_without_bounds(model)


def _from_without_bounds(model: Model) -> Iterator[Optimum]:
    """A search from where the model ends without bounds, brought within them; none where there are no bounds.

    Bounds stand in the way of searches that would reach the optimum on a detour through what they exclude.
    """
    box = box_of(model.table, model.space)
    if box is None:
        return
    nowhere = np.full_like(model.table.lower, np.inf)
    table, space = replace(model.table, lower=-nowhere, upper=nowhere), replace(model.space, bounded=False)
    options = replace(model.options, search=replace(model.options.search, starts=0))
    free = replace(
        model, table=table, space=space, objective=replace(model.objective, space=space), options=options
    )
    theta = model.space.expand(box.inside(model.space.contract(estimate(free).point.theta)))
    yield replace(attempt(model, theta), remedy="a second search from the optimum without bounds")


def _affordable(model: Model) -> int:
    """How many random starts a failed search is given: fewer for large models and costly discrepancies."""
    most, size = model.family.random_starts(model.options, RANDOM_STARTS), max(model.table.n_free, 1)
    return int(np.clip(most * (60 / size) ** 2, 1, RANDOM_STARTS))


def _starts(model: Model, start: Array | None) -> Iterator[tuple[str, Array, float]]:
    """Starting values in the order in which they are tried, with the name of the remedy and a known minimum."""
    samples = model.sample.groups
    first, goal = _prepared_start(model) if start is None else (np.asarray(start), math.inf)
    if first is not None:
        yield "", first, goal
    default = starting_values(model.table, model.layouts, samples)
    yield "starting values from the sample" if first is not None else "", default, math.inf
    yield MODEST.removeprefix(" from "), modest_values(model.table, model.layouts, samples), math.inf
    yield "cautious starting values", plain_values(model.table, model.layouts, samples), math.inf


def _prepared_start(model: Model) -> tuple[Array | None, float]:
    """The optimum of a model that is close and easier, with its discrepancy where it must be this model's too."""
    theta = two_stage_start(model)
    if theta is None:
        three = three_indicators(model)
        theta = three.optimum() if three is not None and three.has_marker else None
    return composite_start(model, _from_default) if theta is None else (theta, math.inf)


def _from_default(model: Model) -> Optimum:
    return attempt(model, starting_values(model.table, model.layouts, model.sample.groups))


def _settled(model: Model, optimum: Optimum, goal: float) -> Optimum:
    """An optimum that has the value of a known minimum counts as converged, whatever rounding did to the steps."""
    if optimum.converged or not math.isfinite(goal):
        return optimum
    if model.sample.n * abs(optimum.point.value - goal) > SAME_STATISTIC:
        return optimum
    return replace(optimum, converged=True, message="converged")


def _best(tried: list[Optimum], may_follow: bool) -> Optimum:
    """The lowest optimum that converged, or the lowest at all; the earlier one where they are the same.

    Where a search without end went far below the only optimum, it is returned if it may be followed; otherwise the
    optimum counts, with ``below``: a discrepancy that is not bounded falls without end beside local optima.
    """
    candidates = [optimum for optimum in tried if optimum.converged] or tried
    best = candidates[0]
    for other in candidates[1:]:
        if other.point.value < best.point.value - 1e-9 * max(1.0, abs(best.point.value)):
            best = other
    lowest = min(tried, key=lambda optimum: optimum.point.value)
    below = max(best.point.value - lowest.point.value, 0.0)
    if best.converged and may_follow and below > TOO_FAR_BELOW * abs(best.point.value):
        return replace(lowest, message="the discrepancy falls far below the only optimum found, without end")
    return replace(best, below=below) if best.converged else best


def two_stage_start(model: Model) -> Array | None:
    """Complete-data ML estimates from the sample's moments, where evaluations of the model itself are costly.

    The saturated moments of incomplete data lead close to the optimum of full information. None where the search has
    no need of it, and where the moments cannot serve.
    """
    easier = _easier(model)
    if easier is None:
        return None
    discrepancies = tuple(
        easier.family.discrepancy(easier, group, (), False) for group in model.sample.groups
    )
    objective = replace(model.objective, discrepancies=discrepancies)
    return estimate(replace(model, objective=objective, options=easier), as_start=True).point.theta


def _easier(model: Model) -> Options | None:
    """Options of the fit to the sample's moments that gives the start; None where there is none."""
    if not model.family.starts_from_moments() or not any(group.has_gaps for group in model.sample.groups):
        return None
    if any(math.isnan(group.saturated_loglik) for group in model.sample.groups):
        return None
    return model.family.moment_options(model.options)
