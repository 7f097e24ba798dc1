"""Arguments of public functions, checked against their annotations when a room's door hands the function out.

What a parameter may hold is what its annotation says (:mod:`comply_measure.statistics.argument_kinds`); a seed is
negative nowhere. All arguments of the wrong kind come in one :class:`InputError`; numbers of any real kind
(``float32``, ``Decimal``, ``Int64`` with NA) arrive as floats, whole numbers as names of columns as text. Ranges are
the functions' own: they depend on the other arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, wraps
from typing import Any, TypeVar, cast

from comply_measure.errors import CallError, InputError, Problem
from comply_measure.statistics.argument_kinds import Accept, Refused, accepted
from comply_measure.statistics.words import did_you_mean

_MARK = "arguments_are_checked"
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments are checked and converted before it runs.

    Raises
    ------
    InputError
        On a call, with every argument that cannot be used.
    CallError
        On a call that leaves required arguments out or gives others than there are: each is named, with what it takes.
        It is a TypeError, too.
    """
    if hasattr(function, _MARK):
        return function
    signature = inspect.signature(function)
    plan: dict[str, Accept] = {}

    @wraps(function)
    def through(*args: Any, **kwargs: Any) -> Any:
        if not plan:
            plan.update(_plan(function, signature))
        bound = _bound(function, signature, args, kwargs)
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
    """Mark of a function whose own check says more than its annotations could: doors look at the call's form only."""
    signature = inspect.signature(function)

    @wraps(function)
    def through(*args: Any, **kwargs: Any) -> Any:
        bound = _bound(function, signature, args, kwargs)
        return function(*bound.args, **bound.kwargs)

    setattr(through, _MARK, True)
    return cast(Function, through)


def _bound(
    function: Callable[..., Any], signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> inspect.BoundArguments:
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        problems = list(_faults_of_the_call(function, signature, args, kwargs))
        if not problems:
            raise
        raise CallError(f"{function.__name__} cannot be called like this.", problems) from error


def _faults_of_the_call(
    function: Callable[..., Any], signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[Problem]:
    """Arguments that are left out, that do not exist, that are too many, or that are given twice."""
    kinds = signature.parameters
    own = [name for name in kinds if name != "self"]
    by_place = [
        name
        for name, kind in kinds.items()
        if kind.kind in (kind.POSITIONAL_ONLY, kind.POSITIONAL_OR_KEYWORD)
    ]
    several = any(kind.kind is kind.VAR_POSITIONAL for kind in kinds.values())
    if len(args) > len(by_place) and not several:
        taken = [name for name in by_place if name != "self"]
        hidden = len(by_place) - len(taken)
        yield Problem(
            "arguments without a name",
            value=len(args) - hidden,
            allowed=f"{len(taken)} ({', '.join(taken)}); others by name" if taken else "by name only",
        )
    placed = set(by_place[: len(args)])
    yield from (Problem("is given twice", column=name) for name in kwargs if name in placed)
    if not any(kind.kind is kind.VAR_KEYWORD for kind in kinds.values()):
        for name in kwargs:
            if name not in kinds:
                message = f"is not an argument{did_you_mean(name, own)}"
                yield Problem(message, column=name, allowed=", ".join(own))
    plan = _plan(function, signature)
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for name, kind in kinds.items():
        left_out = name not in placed and name not in kwargs and kind.default is kind.empty
        if left_out and kind.kind not in optional:
            yield Problem("is missing", column=name, allowed=_takes(plan[name]))


def _takes(accept: Accept) -> str | None:
    """What an argument may be, in words: what a value of no kind is told."""
    try:
        accept(object())
    except Refused as refused:
        return refused.allowed
    return None


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
