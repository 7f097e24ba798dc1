"""Arguments of the front door, each checked for its own sake: one table of names and what they may be."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.options import known_word, unknown_word
from comply_measure.sem.table.parameter_table import GROUP_EQUAL
from comply_measure.sem.weighting import NORMALIZATIONS
from comply_measure.statistics.checks import is_share

ENGINES = ("comply", "semopy")
PARAMETERIZATIONS = ("delta", "theta")
MODEL_TYPES = ("sem", "cfa", "growth")
INTERACTIONS = ("product", "lms", "qml")
PRODUCT_INDICATORS = ("double_centred", "residual_centred", "unconstrained", "constrained")

Check = Callable[[str, Any], "tuple[Any, Problem | None]"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of :func:`comply_measure.sem.fit` that are not words of estimation, in their final form."""

    model: str
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    ordered: bool | tuple[str, ...] = ()
    cluster: str | None = None
    sampling_weights: str | None = None
    sampling_weights_normalization: str = "group"
    std_lv: bool = False
    effect_coding: bool = False
    orthogonal: bool = False
    meanstructure: bool | None = None
    fixed_x: bool | None = None
    parameterization: str = "delta"
    bootstrap: int = 0
    seed: int | None = None
    n_jobs: int = 1
    engine: str = "comply"
    model_type: str = "sem"
    rescale: bool | None = None
    interactions: str | None = None
    product_indicators: str = "double_centred"
    match: bool = False
    nodes: int | None = None


def checked(**given: Any) -> Arguments:
    """The arguments in their final form.

    Raises
    ------
    InputError
        Naming every argument that cannot be what it is.
    """
    values, problems = {}, []
    for name, value in given.items():
        values[name], problem = CHECKS[name](name, value)
        if problem is not None:
            problems.append(problem)
    if problems:
        names = ", ".join(dict.fromkeys(str(problem.column) for problem in problems))
        raise InputError(f"Not valid: {names}.", problems)
    return Arguments(**values)


def check_arguments(headline: str, **given: tuple[Any, str]) -> None:
    """Refuse arguments of a method that are not of their kind.

    Parameters
    ----------
    headline : str
        One sentence for the error.
    **given : pair of object and str
        Value and kind (a key of :data:`KINDS_OF_VALUE`) of each argument.

    Raises
    ------
    InputError
        Naming every argument that cannot be what it is.
    """
    problems = []
    for name, (value, kind) in given.items():
        holds, allowed = KINDS_OF_VALUE[kind]
        if not holds(value):
            problems.append(Problem("not valid", column=name, value=_short(value), allowed=allowed))
    if problems:
        raise InputError(headline, problems)


def is_number(value: Any) -> bool:
    """Whether a value is a finite real number (truth values are none)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return bool(np.isfinite(float(value)))


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number (truth values are none)."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _short(value: Any) -> Any:
    """A value as a message can hold it: the type of what is large."""
    return value if isinstance(value, str | int | float | None) else type(value).__name__


def _names_in_print(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(word, str) for pair in value.items() for word in pair
    )


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(word, str) for word in value)


KINDS_OF_VALUE: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "flag": (lambda v: isinstance(v, bool | np.bool_), "True, False"),
    "number": (is_number, "a number"),
    "seed": (lambda v: v is None or (is_whole(v) and v >= 0), "a whole number, 0 or more"),
    "workers": (lambda v: is_whole(v) and v >= -1 and v != 0, "a whole number, 1 or more (-1: all cores)"),
    "replications": (lambda v: is_whole(v) and v >= 2, "2 or more"),
    "text or none": (lambda v: v is None or isinstance(v, str), "a text"),
    "texts": (lambda v: v is None or isinstance(v, str) or _texts(v), "a text, or a list of texts"),
    "numbers": (
        lambda v: v is None or (isinstance(v, list | tuple) and all(map(is_whole, v))),
        "a list of whole numbers",
    ),
    "names or none": (lambda v: v is None or _names_in_print(v), "texts by name"),
    "decimals": (lambda v: is_whole(v) and 0 <= v <= 6, "a whole number, 0 to 6"),
    "column": (lambda v: v is None or isinstance(v, str) or is_whole(v), "the name of one column"),
}


def whole_number(name: str, value: Any, least: int, allowed: str) -> Problem | None:
    """A fault unless the value is a whole number of at least ``least``."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return (
        None if whole and value >= least else Problem("not valid", column=name, value=value, allowed=allowed)
    )


def confidence_level(level: Any) -> float:
    """A confidence level as a number.

    Raises
    ------
    InputError
        Unless it lies between 0 and 1.
    """
    if is_share(level):
        return float(level)
    problem = Problem("not a confidence level", column="level", value=level, allowed="between 0 and 1")
    raise InputError("The interval cannot be computed.", [problem])


def _text(name: str, value: Any) -> tuple[Any, Problem | None]:
    if isinstance(value, str):
        return value, None
    return value, Problem(
        "not a text", column=name, value=type(value).__name__, allowed="a model in lavaan's language"
    )


def _flag(name: str, value: Any) -> tuple[Any, Problem | None]:
    if isinstance(value, bool | np.bool_):
        return bool(value), None
    return value, Problem("not valid", column=name, value=value, allowed="True, False")


def _flag_or_none(name: str, value: Any) -> tuple[Any, Problem | None]:
    return (None, None) if value is None else _flag(name, value)


def _column(name: str, value: Any) -> tuple[Any, Problem | None]:
    if value is None:
        return None, None
    if not isinstance(value, bool) and isinstance(value, str | numbers.Integral):
        return str(value), None
    return value, Problem("not a column name", column=name, value=value, allowed="the name of one column")


def _names(name: str, value: Any) -> tuple[Any, Problem | None]:
    if isinstance(value, str):
        return (value,) if value else (), None
    if (
        isinstance(value, Collection)
        and not isinstance(value, Mapping)
        and all(isinstance(v, str) for v in value)
    ):
        return tuple(word for word in value if word), None
    return value, Problem("not valid", column=name, value=value, allowed="a text, or a list of texts")


def _equalities(name: str, value: Any) -> tuple[Any, Problem | None]:
    words, problem = _names(name, value)
    for word in words if problem is None else ():
        if word not in GROUP_EQUAL:
            return value, unknown_word(name, word, GROUP_EQUAL)
    return words, problem


def _ordered(name: str, value: Any) -> tuple[Any, Problem | None]:
    if value is None or isinstance(value, bool | np.bool_):
        return bool(value) or (), None
    if isinstance(value, str | numbers.Integral):
        return (str(value),) if value != "" else (), None
    if isinstance(value, Collection) and not isinstance(value, Mapping):
        names = [_column(name, v) for v in value]
        if all(found is not None and problem is None for found, problem in names):
            return tuple(found for found, _ in names), None
    return value, Problem("not valid", column=name, value=value, allowed="True, False, or names of columns")


def _word(allowed: tuple[str, ...]) -> Check:
    def check(name: str, value: Any) -> tuple[Any, Problem | None]:
        found = known_word(value, allowed)
        return (found, None) if found is not None else (value, unknown_word(name, value, allowed))

    return check


def _word_or_none(allowed: tuple[str, ...]) -> Check:
    def check(name: str, value: Any) -> tuple[Any, Problem | None]:
        return (None, None) if value is None else _word(allowed)(name, value)

    return check


def _nodes(name: str, value: Any) -> tuple[Any, Problem | None]:
    if value is None:
        return None, None
    problem = whole_number(name, value, 2, "a whole number, 2 or more")
    return (value, problem) if problem else (int(value), None)


def _replications(name: str, value: Any) -> tuple[Any, Problem | None]:
    allowed = "a whole number, 2 or more (0: no bootstrap)"
    problem = whole_number(name, value, 0, allowed)
    if problem is not None or value == 1:
        return value, Problem("not a number of replications", column=name, value=value, allowed=allowed)
    return int(value), None


def _seed(name: str, value: Any) -> tuple[Any, Problem | None]:
    if value is None:
        return None, None
    problem = whole_number(name, value, 0, "a whole number, 0 or more")
    return (value, problem) if problem else (int(value), None)


def _workers(name: str, value: Any) -> tuple[Any, Problem | None]:
    allowed = "a whole number, 1 or more (-1: all cores)"
    problem = whole_number(name, 1 if is_whole(value) and value == -1 else value, 1, allowed)
    return (value, problem) if problem else (int(value), None)


CHECKS: Mapping[str, Check] = {
    "model": _text,
    "group": _column,
    "group_equal": _equalities,
    "group_partial": _names,
    "ordered": _ordered,
    "cluster": _column,
    "sampling_weights": _column,
    "sampling_weights_normalization": _word(NORMALIZATIONS),
    "std_lv": _flag,
    "effect_coding": _flag,
    "orthogonal": _flag,
    "meanstructure": _flag_or_none,
    "fixed_x": _flag_or_none,
    "parameterization": _word(PARAMETERIZATIONS),
    "bootstrap": _replications,
    "seed": _seed,
    "n_jobs": _workers,
    "engine": _word(ENGINES),
    "model_type": _word(MODEL_TYPES),
    "rescale": _flag_or_none,
    "interactions": _word_or_none(INTERACTIONS),
    "product_indicators": _word(PRODUCT_INDICATORS),
    "match": _flag,
    "nodes": _nodes,
}
