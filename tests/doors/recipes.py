"""How what is made of data was made: so that it can be made again of other data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

#: By identity: the value (which keeps its identity taken) and the call that made it.
_RECIPES: dict[int, tuple[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {}


def made(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The result of a call, remembered with the call."""
    value = function(*args, **options)
    _RECIPES.setdefault(id(value), (value, function, args, options))  # a part of another value has its recipe
    return value


Change = Callable[[Any], Any]


def remade(value: Any, change: Change) -> Any:
    """A value with the data it was made of changed; the value itself where no data are in it.

    ``change`` takes a frame, an array or a list and returns another one, or the same where it has nothing to change.
    """
    if id(value) in _RECIPES:
        _, function, args, options = _RECIPES[id(value)]
        again = [remade(arg, change) for arg in args]
        named = {name: remade(option, change) for name, option in options.items()}
        same = all(a is b for a, b in zip(again, args, strict=True))
        if same and all(named[name] is options[name] for name in options):
            return value
        return made(function, *again, **named)
    if isinstance(value, pd.DataFrame | np.ndarray):
        return change(value)
    if isinstance(value, dict):
        again_by_key = {key: remade(inner, change) for key, inner in value.items()}
        return change(value if all(again_by_key[key] is value[key] for key in value) else again_by_key)
    if isinstance(value, list | tuple):
        inner = [remade(part, change) for part in value]
        return value if all(a is b for a, b in zip(inner, value, strict=True)) else type(value)(inner)
    return value


__all__ = ["made", "remade"]
