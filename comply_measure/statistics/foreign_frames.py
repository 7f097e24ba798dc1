"""Tables of other libraries (Polars, Arrow, Modin and whatever narwhals reads) as pandas data frames."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from comply_measure.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

# What tables of other libraries have, and numbers, texts and lists have not.
_OF_TABLES = ("__dataframe__", "__arrow_c_stream__", "__arrow_c_array__")


def as_pandas(value: object) -> pd.DataFrame | None:
    """The value as a data frame; None if it is no table.

    Rows keep their order and have no labels of their own; missing cells become NaN, decimal numbers floats. Tables that
    are not computed yet (lazy frames) are no tables: their owner collects them.

    Raises
    ------
    InputError
        If a column has a type that pandas has not.
    """
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _without_decimals(value)
    if not any(hasattr(type(value), name) for name in _OF_TABLES):
        return None
    import narwhals as nw

    found = nw.from_native(_whole(value), eager_only=True, pass_through=True)
    if not isinstance(found, nw.DataFrame):
        return None
    try:
        return _without_decimals(found.to_pandas())
    except (NotImplementedError, TypeError, ValueError) as error:  # Arrow's errors descend from ValueError
        types = ", ".join(f"{name}: {kind}" for name, kind in found.schema.items())
        fault = Problem(f"a type of column that pandas has not: {str(error).splitlines()[0]}", value=types)
        raise InputError("the table cannot be read", [fault]) from error


def _whole(value: object) -> object:
    """A batch of Arrow's as a table; anything else as it is."""
    if not hasattr(type(value), "__arrow_c_array__"):
        return value
    import pyarrow as pa

    return pa.Table.from_batches([value]) if isinstance(value, pa.RecordBatch) else value


def _without_decimals(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with columns of decimal numbers as floats; the frame itself where there are none."""
    import pandas as pd

    found = {}
    for place, kind in enumerate(frame.dtypes):
        if getattr(kind, "type", None) is Decimal:  # Arrow's own decimals within pandas
            found[place] = pd.to_numeric(frame.iloc[:, place].astype("float64[pyarrow]").astype(float))
        elif kind == "object":
            cells = frame.iloc[:, place].dropna()
            if len(cells) and all(isinstance(cell, Decimal) for cell in cells):
                found[place] = pd.to_numeric(frame.iloc[:, place].astype(float))
    if not found:
        return frame
    columns = [found.get(place, frame.iloc[:, place]) for place in range(frame.shape[1])]
    return pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)
