"""Evidence as JSON and back: what the cache stores, without pickle and without loss.

Frozen dataclasses of this package are written field by field under their class's name; tables, arrays, numbers and
texts keep their kind. Reading back makes only such classes, with exactly their fields; anything else is refused.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import KINDS, Evidence
from comply_measure.sem.result import Fit
from comply_measure.tables.values import plain_values

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

Json = dict[str, Any]
#: Columns with more rows, and arrays with more numbers, are stored as bytes, by kind.
_LONG = 1000
_PACKED_ARRAYS = {"float64": "<f8", "int64": "<i8"}
_PACKED = {"float": "<f8", "integer": "<i8", "text": "<i4"}
_PACKAGE = __name__.split(".", 1)[0]


def encode(value: Any) -> Any:
    """A value as plain JSON.

    Raises
    ------
    ComplyError
        For a kind of value that evidence does not hold.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return {"float": _float(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_record(value.record() if isinstance(value, Fit) else value)
    if isinstance(value, tuple | list):
        return {"list" if isinstance(value, list) else "tuple": [encode(part) for part in value]}
    if isinstance(value, frozenset):
        return {"frozenset": sorted((encode(part) for part in value), key=repr)}
    if isinstance(value, Mapping):
        return {"mapping": [[encode(key), encode(part)] for key, part in value.items()]}
    return _encode_numeric(value)


def decode(data: Any) -> Any:
    """The inverse of :func:`encode`; mappings come back as dictionaries.

    Raises
    ------
    ComplyError
        For anything :func:`encode` does not write.
    """
    if data is None or isinstance(data, bool | str | int):
        return data
    if not isinstance(data, dict) or len(data) != 1:
        raise ComplyError("stored evidence is damaged: not a value of a known kind")
    for kind, content in data.items():
        if kind in _DECODERS:
            return _DECODERS[kind](content)
    raise ComplyError(f"stored evidence is damaged: unknown kind '{next(iter(data))}'")


def _encode_record(value: Any) -> Json:
    kind = type(value)
    known = kind.__module__.split(".", 1)[0] == _PACKAGE or isinstance(value, Evidence)
    if not known or not kind.__dataclass_params__.frozen:
        raise ComplyError(f"evidence holds a {kind.__qualname__}, which cannot be stored")
    fields = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return {"record": {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": fields}}


def _decode_record(content: Json) -> Any:
    module, _, name = str(content["class"]).partition(":")
    kind = KINDS.get(content["class"])
    if kind is None:
        if module.split(".", 1)[0] != _PACKAGE:
            raise ComplyError(f"stored evidence is damaged: '{module}' is not of this package")
        try:
            kind = getattr(sys.modules.get(module) or import_module(module), name)
        except (ImportError, AttributeError):
            raise ComplyError(f"stored evidence is damaged: there is no {name} in {module}") from None
    if not dataclasses.is_dataclass(kind) or not isinstance(kind, type):
        raise ComplyError(f"stored evidence is damaged: {name} is not a record")
    wanted = {f.name: f.init for f in dataclasses.fields(kind)}
    if set(wanted) != set(content["fields"]):
        raise ComplyError(f"stored evidence is damaged: the fields of {name} do not match")
    return kind(**{key: decode(part) for key, part in content["fields"].items() if wanted[key]})


def _encode_numeric(value: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return {"frame": encode_frame(value)}
    if isinstance(value, pd.Series):
        frame = value.to_frame("value").assign(index=value.index)
        return {"series": {"frame": encode_frame(frame), "name": encode(value.name)}}
    if isinstance(value, np.ndarray):
        return {"array": _encode_array(value)}
    if isinstance(value, np.generic):
        return encode(value.item())
    raise ComplyError(f"evidence holds a {type(value).__qualname__}, which cannot be stored")


def _encode_array(value: np.ndarray[Any, Any]) -> Json:
    import numpy as np

    kinds = {"f": "float64", "i": "int64", "u": "int64", "b": "bool", "U": "str", "O": "object"}
    kind = kinds.get(value.dtype.kind)
    if kind is None:
        raise ComplyError(f"evidence holds an array of {value.dtype}, which cannot be stored")
    if value.size > _LONG and kind in _PACKED_ARRAYS:
        packed = np.ascontiguousarray(value).astype(_PACKED_ARRAYS[kind]).tobytes()
        return {"dtype": kind, "shape": list(value.shape), "base64": b64encode(packed).decode("ascii")}
    flat = value.ravel().tolist()
    if kind == "float64":
        flat = [_float(part) for part in flat]
    elif kind == "object":
        flat = [encode(part) for part in flat]
    return {"dtype": kind, "shape": list(value.shape), "values": flat}


def _decode_array(content: Json) -> np.ndarray[Any, Any]:
    import numpy as np

    shape, kind = tuple(content["shape"]), content["dtype"]
    if "base64" in content:
        raw = np.frombuffer(b64decode(content["base64"], validate=True), dtype=_PACKED_ARRAYS[kind])
        return raw.astype(kind).reshape(shape)
    values = content["values"]
    if kind == "float64":
        return np.array([_number(part) for part in values], dtype=np.float64).reshape(shape)
    if kind == "object":
        found = np.empty(len(values), dtype=object)
        found[:] = [decode(part) for part in values]
        return found.reshape(shape)
    if kind not in ("int64", "bool", "str"):
        raise ComplyError(f"stored evidence is damaged: no arrays of {kind}")
    return np.array(values, dtype=kind).reshape(shape)


def _decode_series(content: Json) -> pd.Series[Any]:
    frame = decode_frame(content["frame"]).set_index("index")
    found = frame["value"].rename(decode(content["name"]))
    found.index.name = None
    return found


def _float(value: Any) -> float | str | None:
    """A float as JSON: NaN as null, infinities as words."""
    if value is None or value != value:
        return None
    return float(value) if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def encode_frame(frame: pd.DataFrame) -> Json:
    """A data frame (its index dropped) as typed columns.

    Raises
    ------
    ComplyError
        If a column holds anything but numbers, truth values and texts.
    """
    return {"columns": [_encode_column(name, column) for name, column in frame.items()], "rows": len(frame)}


def decode_frame(data: Json) -> pd.DataFrame:
    """The inverse of :func:`encode_frame`."""
    import pandas as pd

    rows = data["rows"]
    columns = {column["name"]: _decode_column(column) for column in data["columns"]}
    if len(columns) < len(data["columns"]) or any(len(column) != rows for column in columns.values()):
        raise ComplyError("a stored table is damaged: its columns do not fit together")
    return pd.DataFrame(columns, index=pd.RangeIndex(rows))


def _encode_column(name: Any, series: pd.Series[Any]) -> Json:
    kind = _kind(series)
    if len(series) > _LONG and kind in _PACKED:
        return {"name": str(name), "kind": kind, **_packed(series, kind)}
    if kind == "float":
        values: list[Any] = [_float(value) for value in series.to_list()]
    elif kind == "text":
        values = [str(value) if isinstance(value, str) else None for value in plain_values(series)]
    elif kind == "integer_or_missing":
        values = [None if missing else int(value) for value, missing in _marked(series)]
    elif kind == "truth_or_missing":
        values = [None if missing else bool(value) for value, missing in _marked(series)]
    else:
        values = [bool(value) if kind == "truth" else int(value) for value in series.to_list()]
    return {"name": str(name), "kind": kind, "values": values}


def _marked(series: pd.Series[Any]) -> Iterator[tuple[Any, bool]]:
    """Values, and whether they are missing."""
    return zip(series.to_list(), series.isna().to_list(), strict=True)


def _packed(series: pd.Series[Any], kind: str) -> Json:
    """A long column as the bytes of its numbers (little-endian), or of the places of its texts among all of them."""
    import numpy as np
    import pandas as pd

    levels: Json = {}
    if kind == "text":
        values, texts = pd.factorize(series)
        levels = {"levels": [str(text) for text in texts]}
    else:
        values = (
            series.to_numpy(dtype=np.float64, na_value=math.nan) if kind == "float" else series.to_numpy()
        )
        values = np.where(values != values, math.nan, values) if kind == "float" else values
    return levels | {"base64": b64encode(values.astype(_PACKED[kind]).tobytes()).decode("ascii")}


def _unpacked(column: Json) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    values = np.frombuffer(b64decode(column["base64"], validate=True), dtype=_PACKED[column["kind"]])
    if column["kind"] != "text":
        return pd.Series(values.astype(values.dtype.newbyteorder("=")))
    levels = column["levels"]
    if not all(isinstance(text, str) for text in levels) or (
        len(values) and not -1 <= values.max() < len(levels)
    ):
        raise ComplyError("a stored table is damaged: a text is none")
    if len(values) and values.min() < -1:
        raise ComplyError("a stored table is damaged: a text is none")
    return pd.Series(pd.array([*levels, None], dtype="str")[values])


def _kind(series: pd.Series[Any]) -> str:
    import numpy as np
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(series.dtype):  # before the values: a column without any is no text
        return "truth_or_missing" if series.isna().any() else "truth"
    if types.is_integer_dtype(series.dtype):
        return "integer_or_missing" if types.is_extension_array_dtype(series.dtype) else "integer"
    if types.is_float_dtype(series.dtype):
        return "float"
    if isinstance(series.dtype, pd.StringDtype):
        return "text"
    present = series.dropna()
    if all(isinstance(value, str) for value in present):
        return "text"
    if all(isinstance(value, bool | np.bool_) for value in present):
        return "truth" if len(present) == len(series) else "truth_or_missing"
    # Columns built row by row are of type object; their values count, not their type.
    if not any(isinstance(value, bool | np.bool_) for value in present):
        if all(isinstance(value, int | np.integer) for value in present):
            return "integer_or_missing"
        if all(isinstance(value, int | float | np.integer | np.floating) for value in present):
            return "float"
    raise ComplyError(f"column '{series.name}' of a table mixes kinds of values: {_kinds_of(present)}")


def _kinds_of(series: pd.Series[Any]) -> str:
    return ", ".join(sorted({type(value).__name__ for value in series}))


def _decode_column(column: Json) -> pd.Series[Any] | ExtensionArray | np.ndarray[Any, Any]:
    """Values of a column; arrays as long as they can be, since a series of each costs more than its values."""
    import numpy as np
    import pandas as pd

    kind = column["kind"]
    if "base64" in column:
        return _unpacked(column)
    values = column["values"]
    if kind == "float":
        return np.array([_number(value) for value in values], dtype=np.float64)
    if kind == "text" and not all(value is None or isinstance(value, str) for value in values):
        raise ComplyError("a stored table is damaged: a text is none")
    dtypes: dict[str, Any] = {
        "truth": "bool",
        "truth_or_missing": "boolean",
        "integer": "int64",
        "integer_or_missing": "Int64",
        "text": "str",
    }
    return cast("ExtensionArray", pd.array(values, dtype=dtypes[kind]))


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": _number,
    "tuple": lambda content: tuple(decode(part) for part in content),
    "list": lambda content: [decode(part) for part in content],
    "frozenset": lambda content: frozenset(decode(part) for part in content),
    "mapping": lambda content: {decode(key): decode(part) for key, part in content},
    "record": _decode_record,
    "frame": decode_frame,
    "series": _decode_series,
    "array": _decode_array,
}
