"""Tables of other libraries (Polars, Arrow, Modin and whatever narwhals reads) as pandas data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What tables of other libraries have, and numbers, texts and lists have not.
_OF_TABLES = ("__dataframe__", "__arrow_c_stream__")


def as_pandas(value: object) -> pd.DataFrame | None:
    """The value as a data frame; None if it is no table.

    Rows keep their order and have no labels of their own; missing cells become NaN. Tables that are not computed yet
    (lazy frames) are no tables: their owner collects them.
    """
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value
    if not any(hasattr(type(value), name) for name in _OF_TABLES):
        return None
    import narwhals as nw

    found = nw.from_native(value, eager_only=True, pass_through=True)
    return found.to_pandas() if isinstance(found, nw.DataFrame) else None
