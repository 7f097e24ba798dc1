"""One list of bad arguments, and what each does to each public function."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from good_calls import spread

from comply_measure.errors import ComplyError, ComplyWarning

PLAIN: dict[str, Any] = {
    "None": None,
    "text": "text",
    "3": 3,
    "[]": [],
    "{}": {},
    "empty frame": pd.DataFrame(),
    "object array": np.array([object(), "x", None], dtype=object),
    "complex": 1 + 2j,
    "inf": float("inf"),
    "-1": -1,
    "1.5": 1.5,
    "'1'": "1",
    "0": 0,
}


def _bad_frames(frame: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    numeric = frame.select_dtypes("number").columns
    whole = frame[numeric].round()
    values: dict[str, Callable[[], Any]] = {
        "text": lambda: frame[numeric].astype(str),
        "objects": lambda: pd.DataFrame(object(), index=frame.index, columns=numeric),
        "Int64 with NA": lambda: whole.astype("Int64").mask(np.eye(len(frame), len(numeric), -2) > 0),
        "Decimal": lambda: frame[numeric].map(lambda value: Decimal(str(value))),
        "float32": lambda: frame[numeric].astype(np.float32),
        "complex": lambda: frame[numeric] + 1j,
        "inf": lambda: frame[numeric].astype(float).mask(np.eye(len(frame), len(numeric), -1) > 0, np.inf),
        "times 1e300": lambda: frame[numeric] * 1e300,
        "nothing known": lambda: frame[numeric] * np.nan,
    }
    for name, make in values.items():
        yield f"frame: {name}", pd.concat([frame.drop(columns=numeric), make()], axis=1)[list(frame.columns)]
    yield "frame: no rows", frame.iloc[:0]
    yield "frame: columns twice", pd.concat([frame, frame], axis=1)


def _bad_arrays(array: Any) -> Iterator[tuple[str, Any]]:
    values = np.asarray(array, dtype=float)
    yield "array: text", values.astype(str)
    yield "array: objects", np.full(values.shape, object(), dtype=object)
    yield "array: Decimal", np.vectorize(lambda value: Decimal(str(value)), otypes=[object])(values)
    yield "array: float32", values.astype(np.float32)
    yield "array: complex", values + 1j
    yield "array: inf", values + np.inf
    yield "array: times 1e300", values * 1e300
    yield "array: nothing known", values * np.nan
    yield "array: transposed", np.moveaxis(values, 0, -1)[..., :1]


def bad_values(good: Any) -> Iterator[tuple[str, Any]]:
    """What stands in the place of a good argument, each with its name."""
    yield from PLAIN.items()
    if isinstance(good, pd.DataFrame):
        yield from _bad_frames(good)
    elif isinstance(good, np.ndarray) and good.dtype.kind in "fi":
        yield from _bad_arrays(good)
    elif isinstance(good, list | tuple) and good:
        yield "list: of numbers", [1.5] * len(good)
        yield "list: of None", [None] * len(good)
        yield "list: twice", list(good) * 2


#: Kinds of numbers that every function reads through the same door and that end in a whole result.
READABLE = ("Int64 with NA", "Decimal", "float32")
#: An argument that takes any text or -1, as a name does, takes these too.
LIKE = {"'1'": "text", "3": "-1", "0": "-1"}


def faults(function: Callable[..., Any], good: dict[str, Any], *, costly: bool = False) -> Iterator[str]:
    """Calls with one bad argument that end in neither a result nor a ComplyError.

    A value that is the parameter's default is not bad; functions that are costly skip numbers that can be read, and
    values that are like one that was taken.
    """
    for name, parameter in inspect.signature(function).parameters.items():
        taken: set[str] = set()
        # Those that others are like come first.
        for label, bad in sorted(bad_values(good.get(name)), key=lambda value: value[0] in LIKE):
            if _is_default(bad, parameter.default):
                continue
            if costly and (label.endswith(READABLE) or LIKE.get(label) in taken):
                continue
            found = _fault(function, {**good, name: bad}, name)
            if found is None:
                taken.add(label)
            elif found:
                yield f"{name} = {label}: {found}"


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and isinstance(value, int | float | str | None) and value == default


def _fault(function: Callable[..., Any], arguments: dict[str, Any], name: str) -> str | None:
    """What is wrong with how a call ended; nothing for an error with words, None for a result."""
    kinds = inspect.signature(function).parameters
    if kinds[name].kind is inspect.Parameter.VAR_KEYWORD:
        return ""
    if kinds[name].kind is inspect.Parameter.VAR_POSITIONAL:
        arguments[name] = (arguments[name],)
    args, named = spread(function, arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ComplyWarning)
        try:
            function(*args, **named)
        except ComplyError as error:
            return "" if str(error).strip() else "an error without words"
        except Exception as error:  # noqa: BLE001 - what ends in any other way is what is looked for
            return f"{type(error).__name__}: {str(error)[:100]}"
    return None
