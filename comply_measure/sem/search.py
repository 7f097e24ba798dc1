"""How the optimum is looked for: starting values, bounds and the optimiser's options, checked at the boundary."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from comply_measure.errors import InputError, Problem
from comply_measure.sem.table.parameter_table import LARGEST
from comply_measure.statistics.words import did_you_mean

MOST_STARTS = 10_000
STARTS = ("default", "simple")
BOUNDS = ("none", "standard", "wide", "wide.zerovar", "pos.var", "pos.ov.var", "pos.lv.var")


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin.

    Attributes
    ----------
    word : str
        ``default`` (from the sample) or ``simple`` (loadings and variances 1, covariances and regressions 0).
    values : tuple of (str, float)
        Values of single parameters by name.
    strict : bool
        Whether every name must be a free parameter of the model (not so for those of an earlier fit).
    """

    word: str = "default"
    values: tuple[tuple[str, float], ...] = ()
    strict: bool = True

    @property
    def given(self) -> bool:
        """Whether the user has said anything."""
        return self.word != "default" or bool(self.values)


@dataclass(frozen=True, slots=True)
class Search:
    """How the optimum is looked for.

    Attributes
    ----------
    start : Start
        Where to begin.
    bounds : str
        Automatic bounds, by lavaan's words.
    iterations : int or None
        Most steps of one attempt; None for the method's own limit.
    tolerance : float
        Squared distance to the optimum, in standard errors, below which the search stops.
    starts : int
        Random starts tried besides, the lowest optimum of all being kept.
    seed : int
        Seed of random starts.
    """

    start: Start = field(default_factory=Start)
    bounds: str = "none"
    iterations: int | None = None
    tolerance: float = 1e-12
    starts: int = 0
    seed: int = 1


def choose_search(
    start: str | Mapping[str, float] | Start = "default",
    bounds: str = "none",
    optimizer_options: Mapping[str, Any] | None = None,
) -> Search:
    """A :class:`Search` from the user's words.

    Raises
    ------
    InputError
        With everything that cannot be used.
    """
    problems: list[Problem] = []
    chosen = _start(start, problems)
    if not isinstance(bounds, str) or bounds.lower() not in BOUNDS:
        problems.append(_unknown("bounds", bounds, BOUNDS))
    options = _optimizer_options({} if optimizer_options is None else optimizer_options, problems)
    if problems:
        raise InputError("The options of the search cannot be used.", problems)
    return Search(chosen, bounds.lower(), **options)


def _unknown(name: str, value: object, allowed: tuple[str, ...], also: str = "") -> Problem:
    hint = did_you_mean(value, allowed, lead="") or "not known"
    return Problem(hint, column=name, value=value, allowed=", ".join(allowed) + also)


def _start(start: object, problems: list[Problem]) -> Start:
    """Words, values by name, or what an earlier fit has turned into."""
    if isinstance(start, str):
        if start.lower() in STARTS:
            return Start(start.lower())
    elif isinstance(start, Mapping):
        wrong = [
            Problem(f"not a finite number up to {LARGEST:g}", column=f"start[{name!r}]", value=value)
            for name, value in start.items()
            if not (isinstance(name, str) and _is_real(value) and abs(value) <= LARGEST)
        ]
        problems.extend(wrong)
        return Start() if wrong else Start(values=tuple((name, float(v)) for name, v in start.items()))
    elif isinstance(start, Start):
        return start
    also = ", values by name ({'f=~x2': 0.8}), or an earlier fit"
    problems.append(
        _unknown("start", start if isinstance(start, str) else type(start).__name__, STARTS, also)
    )
    return Start()


def _is_real(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real)


def _is_count(least: int, most: float = math.inf) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        whole = not isinstance(value, bool) and isinstance(value, numbers.Integral)
        return whole and least <= int(cast("int", value)) <= most

    return check


def _is_tolerance(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real) and 0.0 < float(value) <= 1e-4


OPTIMIZER_OPTIONS: dict[str, tuple[Callable[[object], bool], str]] = {
    "iterations": (_is_count(1), "a whole number, at least 1"),
    "tolerance": (_is_tolerance, "a number above 0, at most 1e-4"),
    "starts": (_is_count(0, MOST_STARTS), f"a whole number from 0 to {MOST_STARTS}"),
    "seed": (_is_count(0), "a whole number, at least 0"),
}


def _optimizer_options(given: object, problems: list[Problem]) -> dict[str, Any]:
    known = tuple(OPTIMIZER_OPTIONS)
    if not isinstance(given, Mapping):
        allowed = f"a mapping with the keys {', '.join(known)}"
        problems.append(
            Problem("no mapping", column="optimizer_options", value=type(given).__name__, allowed=allowed)
        )
        return {}
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in OPTIMIZER_OPTIONS:
            problems.append(_unknown("optimizer_options", key, known))
            continue
        check, allowed = OPTIMIZER_OPTIONS[key]
        if check(value):
            found[key] = float(value) if key == "tolerance" else int(value)
        else:
            problems.append(
                Problem("not possible", column=f"optimizer_options[{key!r}]", value=value, allowed=allowed)
            )
    return found
