"""What an annotation accepts: for each kind of type a function that returns the value, converted, or refuses it."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import os
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from decimal import Decimal
from functools import cache
from importlib import import_module
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from comply_measure.errors import Problem
from comply_measure.statistics.checks import LARGEST
from comply_measure.statistics.foreign_frames import as_pandas
from comply_measure.statistics.words import did_you_mean

Accept = Callable[[Any], Any]

SHOWN = 60

# dimensions of the arrays that go by a name; "square" has as many rows as columns
SHAPES: dict[str, tuple[int, ...] | Literal["square"]] = {
    "answers": (2,),
    "values": (2,),
    "correlation": "square",
    "covariance": "square",
    "covariances": (3,),
    "loadings": (1, 2),
    "unit": (1,),
    "role": (1,),
    "cluster": (1,),
    "common": "square",
    "general": (1,),
    "specific": (2,),
    "weights": (1,),
}


class Refused(Exception):  # noqa: N818 - not an error of the user's until the call has been looked at
    """A value that is not accepted, with what would be."""

    def __init__(self, allowed: str, message: str = "cannot be used") -> None:
        super().__init__(message)
        self.allowed, self.message = allowed, message

    def problem(self, name: str, value: object) -> Problem:
        """The fault of an argument."""
        return Problem(self.message, column=name, value=_shown(value), allowed=self.allowed)


class _Verbatim(str):
    """Text that is shown without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | complex | str | Decimal):
        text = repr(value)
    else:
        size = f" of {len(value)}" if isinstance(value, Collection) else ""
        text = f"a {type(value).__name__}{size}"
    return _Verbatim(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def accepted(function: Callable[..., Any]) -> dict[str, Accept]:
    """What every parameter of a function accepts, by its annotation."""
    written = inspect.unwrap(function)  # in the names of its own file
    names = {**vars(builtins), **_typing_names(written.__module__), **written.__globals__}
    hints = typing.get_type_hints(written, names)
    return {name: _kind(hint, name) for name, hint in hints.items() if name != "return"}


@cache
def _typing_names(module: str) -> dict[str, Any]:
    """What a module imports for the type checker alone (``if TYPE_CHECKING:``)."""
    source = inspect.getsource(sys.modules[module])
    found: dict[str, Any] = {}
    if "TYPE_CHECKING" not in source:  # to parse a file costs some milliseconds
        return found
    tree = ast.parse(source)
    for block in tree.body:
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING":
            for line in block.body:
                if isinstance(line, ast.ImportFrom) and line.module:
                    origin = import_module(line.module)
                    found |= {name.asname or name.name: getattr(origin, name.name) for name in line.names}
                elif isinstance(line, ast.Import):
                    found |= {name.asname or name.name: import_module(name.name) for name in line.names}
    return found


def _kind(annotation: Any, name: str) -> Accept:
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is Any or isinstance(annotation, TypeVar):
        return lambda value: value
    if origin in (Union, types.UnionType):
        return _any_of(_members(inner, name), type(None) in inner)
    if origin is Literal:
        return _one_of(inner)
    if isinstance(origin, type):
        return _container(origin, inner, name)
    if getattr(annotation, "__name__", "") == "DataFrame":
        return _frame
    return _PLAIN.get(annotation) or _instance(annotation)


def _members(inner: tuple[Any, ...], name: str) -> list[Accept]:
    """Kinds of a union; numpy's ArrayLike, itself a union, is one kind."""
    parts = [part for part in inner if part is not type(None)]
    if any("_SupportsArray" in str(part) for part in parts):
        mappings = [part for part in parts if isinstance(get_origin(part), type) and _is_mapping(part)]
        return [_array(name), *(_kind(part, name) for part in mappings)]
    if Path in parts:  # a whole number is no path
        parts = [part for part in parts if part is not str]
    return [_kind(part, name) for part in parts]


def _is_mapping(annotation: Any) -> bool:
    return issubclass(get_origin(annotation), Mapping)


def _container(origin: type, inner: tuple[Any, ...], name: str) -> Accept:
    import numpy as np

    if origin is np.ndarray:
        return _array(name) if np.float64 in get_args(inner[-1]) else _labels
    if issubclass(origin, Mapping):
        return _mapping(*(_kind(part, "") for part in inner))
    if origin is tuple and inner[-1] is not Ellipsis:
        return _fixed([_kind(part, "") for part in inner])
    if origin is Iterable:
        return _iterable
    if issubclass(origin, Iterable):
        return _sequence(_kind(inner[0], ""), sets=not issubclass(origin, Sequence))
    return _callable if issubclass(origin, Callable) else _instance(origin)  # type: ignore[arg-type]


def _any_of(kinds: Sequence[Accept], optional: bool) -> Accept:
    def accept(value: Any) -> Any:
        if value is None and optional:
            return None
        allowed = []
        for kind in kinds:
            try:
                return kind(value)
            except Refused as refused:
                allowed.append(refused)
        if len(allowed) == 1:
            raise allowed[0]
        raise Refused(" or ".join(dict.fromkeys(refused.allowed for refused in allowed)))

    return accept


def _one_of(words: tuple[Any, ...]) -> Accept:
    known = [str(word) for word in words]
    listed = ", ".join(known)

    def accept(value: Any) -> Any:
        if isinstance(value, str | int) and value in words:
            return value
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        raise Refused(listed, f"is unknown{hint}")

    return accept


def _whole(value: Any) -> int:
    if isinstance(value, Integral) and not _is_truth(value):
        return int(value)
    raise Refused("a whole number")


def _number(value: Any) -> float:
    """A real number; NaN stays what it is: undefined."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # whole numbers stay exact
    if isinstance(value, Real | Decimal) and not _is_truth(value):
        return float(value)
    raise Refused("a number")


def _truth(value: Any) -> bool:
    if _is_truth(value):
        return bool(value)
    raise Refused("True or False")


def _is_truth(value: object) -> bool:
    import numpy as np

    return isinstance(value, bool | np.bool_)


def _text(value: Any) -> str:
    """Text, or a whole number as the name of a column."""
    if isinstance(value, str):
        return value
    try:
        return str(_whole(value))
    except Refused:
        raise Refused("text") from None


def _path(value: Any) -> Any:
    if isinstance(value, str | os.PathLike):
        return value
    raise Refused("a path")


def _frame(value: Any) -> Any:
    """A data frame whose whole-number labels are text; tables of Polars, Arrow and others become one."""
    value = as_pandas(value)
    if value is None:
        raise Refused("a data frame")
    labels = value.columns
    if labels.nlevels > 1:
        raise Refused("a data frame with one row of column names")
    if labels.inferred_type in ("string", "empty"):
        return value
    names = [label if isinstance(label, str) else _label(label) for label in labels.tolist()]
    if len(set(names)) < labels.nunique():
        raise Refused("a data frame without a column 1 beside a column '1'")
    return value.set_axis(names, axis=1)


def _label(label: Any) -> Any:
    return str(int(label)) if isinstance(label, Integral) else label


def _callable(value: Any) -> Any:
    if callable(value):
        return value
    raise Refused("a function")


def _instance(wanted: Any) -> Accept:
    if not isinstance(wanted, type):
        return lambda value: value
    if getattr(wanted, "_is_protocol", False):
        return _with_members(wanted)
    article = "an" if wanted.__name__[0] in "AEIO" else "a"

    def accept(value: Any) -> Any:
        if isinstance(value, wanted):
            return value
        raise Refused(f"{article} {wanted.__name__}")

    return accept


def _with_members(protocol: Any) -> Accept:
    """What has the attributes and methods of a protocol."""
    members = {*inspect.get_annotations(protocol), *vars(protocol)}
    wanted = sorted(name for name in members if not name.startswith("_"))

    def accept(value: Any) -> Any:
        if all(hasattr(value, name) for name in wanted):
            return value
        raise Refused(f"a {protocol.__name__}, with {', '.join(wanted)}")

    return accept


def _items(value: Any, sets: bool) -> list[Any]:
    """Members of a list-like value; text, tables and mappings are none."""
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Series | pd.Index) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return list(value)
    plain = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    views = isinstance(value, Set) and (sets or not isinstance(value, set | frozenset))
    if plain or views:
        return list(value)
    raise Refused("a list")


def _iterable(value: Any) -> Any:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return value
    raise Refused("a list")


def _sequence(kind: Accept, sets: bool) -> Accept:
    def accept(value: Any) -> Any:
        members = _items(value, sets)
        try:
            found = [kind(member) for member in members]
        except Refused as refused:
            raise Refused(f"a list, each {refused.allowed}", f"a member {refused.message}") from None
        same = all(new is old for new, old in zip(found, members, strict=True))
        return value if same and isinstance(value, Sequence | Set) else tuple(found)

    return accept


def _fixed(kinds: Sequence[Accept]) -> Accept:
    def accept(value: Any) -> Any:
        members = _items(value, sets=False)
        if len(members) != len(kinds):
            raise Refused(f"{len(kinds)} values")
        return tuple(kind(member) for kind, member in zip(kinds, members, strict=True))

    return accept


def _mapping(key: Accept, inner: Accept) -> Accept:
    def accept(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Refused("a mapping (dict)")
        try:
            return {key(k): inner(v) for k, v in value.items()}
        except Refused as refused:
            raise Refused(f"a mapping to {refused.allowed}", f"an entry {refused.message}") from None

    return accept


def _array(name: str) -> Accept:
    """Real numbers as floats, NaN where missing, with as many dimensions as the name has."""
    import numpy as np

    shape = SHAPES.get(name)

    def accept(value: Any) -> Any:
        array = _floats(value)
        if shape == "square":
            if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.shape[-1] == 0:
                raise Refused("a square matrix")
        elif shape is not None and array.ndim not in shape:
            raise Refused(f"an array of {' or '.join(str(n) for n in shape)} dimensions")
        largest = np.abs(array).max(initial=0.0, where=~np.isnan(array))
        if largest > LARGEST:
            words = "infinite values" if math.isinf(largest) else "values too large to be raised to powers"
            raise Refused(f"numbers up to {LARGEST:g}", f"holds {words}")
        return array

    return accept


def _floats(value: Any) -> Any:
    """An array of floats from anything that holds real numbers."""
    import numpy as np
    import pandas as pd

    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value
    if isinstance(value, Mapping | str | bytes) or value is None:
        raise Refused("an array of numbers")
    if isinstance(value, pd.DataFrame | pd.Series):
        value = value.to_numpy(dtype=object, na_value=np.nan)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biufO":
            raise Refused("an array of real numbers", f"holds {array.dtype}")
        if array.dtype.kind == "O":
            flat = [_number(np.nan if cell is pd.NA or cell is None else cell) for cell in array.ravel()]
            return np.array(flat, dtype=np.float64).reshape(array.shape)
        return array.astype(np.float64)
    except (TypeError, ValueError, Refused) as error:
        message = error.message if isinstance(error, Refused) else "cannot be used"
        raise Refused("an array of real numbers", message) from error


def _labels(value: Any) -> Any:
    """An array of labels (units, roles): all text or all numbers, one each."""
    import numpy as np

    given = isinstance(value, np.ndarray) and value.ndim == 1
    labels = value if given else np.asarray(_items(value, sets=False))
    kinds = {_label_kind(label) for label in labels.tolist()} if labels.dtype.kind == "O" else {str}
    if labels.ndim != 1 or not (kinds <= {str, None} or kinds <= {Real, None}):
        raise Refused("labels that are all text or all numbers")
    return labels


def _label_kind(label: Any) -> type | None:
    """Text, a number, missing (None), or something else (object)."""
    import pandas as pd

    if pd.api.types.is_scalar(label) and pd.isna(label):
        return None
    return next((kind for kind in (str, Real) if isinstance(label, kind)), object)


_PLAIN: dict[Any, Accept] = {
    bool: _truth,
    int: _whole,
    float: _number,
    str: _text,
    Path: _path,
}
