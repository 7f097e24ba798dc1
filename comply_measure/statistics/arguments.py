"""Arguments of public functions, checked against their annotations when a room's door hands the function out.

What a parameter may hold is what its annotation says (:mod:`comply_measure.statistics.argument_kinds`); a seed is
negative nowhere. All arguments of the wrong kind come in one :class:`InputError`; numbers of any real kind
(``float32``, ``Decimal``, ``Int64`` with NA) arrive as floats, whole numbers as names of columns as text. Ranges are
the functions' own: they depend on the other arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, TypeVar, cast

from comply_measure.errors import InputError
from comply_measure.statistics.argument_kinds import Accept, Refused, accepted

_MARK = "arguments_are_checked"
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments are checked and converted before it runs.

    A missing or unknown argument stays Python's TypeError.

    Raises
    ------
    InputError
        On a call, with every argument that cannot be used.
    """
    if hasattr(function, _MARK):
        return function
    signature = inspect.signature(function)
    plan: dict[str, Accept] = {}

    @wraps(function)
    def through(*args: Any, **kwargs: Any) -> Any:
        if not plan:
            plan.update(_plan(function, signature))
        bound = signature.bind(*args, **kwargs)
        problems = []
        for name, value in bound.arguments.items():
            try:
                bound.arguments[name] = plan[name](value)
            except Refused as refused:
                problems.append(refused.problem(name, value))
        if problems:
            raise InputError(f"{function.__name__} cannot be called like this.", problems)
        return function(*bound.args, **bound.kwargs)

    setattr(through, _MARK, True)
    return through


def arguments_checked(function: Function) -> Function:
    """The same for a method or constructor, which no door hands out."""
    return cast(Function, checked(function))


def checks_itself(function: Function) -> Function:
    """Mark of a function whose own check says more than its annotations could: doors hand it out as it is."""
    setattr(function, _MARK, True)
    return function


def _plan(function: Callable[..., Any], signature: inspect.Signature) -> Mapping[str, Accept]:
    """For every parameter, what it accepts."""
    kinds = accepted(function)
    plan = {}
    for name, parameter in signature.parameters.items():
        accept = kinds.get(name, _anything)
        if name == "seed":
            accept = _seed(accept)
        if name == "n_jobs":
            accept = _jobs
        if parameter.kind is parameter.VAR_KEYWORD:
            accept = _anything
        elif parameter.kind is parameter.VAR_POSITIONAL:
            accept = _every(accept)
        elif parameter.default is not parameter.empty:
            accept = _or_default(accept, parameter.default)
        plan[name] = accept
    return plan


def _anything(value: Any) -> Any:
    return value


def _jobs(value: Any) -> Any:
    """Workers: as joblib counts them."""
    if isinstance(value, int) and not isinstance(value, bool) and (value >= 1 or value == -1):
        return value
    raise Refused("a whole number from 1, or -1 for all cores")


def _every(accept: Accept) -> Accept:
    return lambda values: tuple(accept(value) for value in values)


def _or_default(accept: Accept, default: object) -> Accept:
    """A default is what the function itself holds for usable, whatever its annotation."""
    return lambda value: value if value is default else accept(value)


def _seed(accept: Accept) -> Accept:
    def limited(value: Any) -> Any:
        found = accept(value)
        if isinstance(found, int) and found < 0:
            raise Refused("a whole number from 0")
        return found

    return limited
