"""Columns as Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def plain_values(column: pd.Series[Any]) -> list[Any]:
    """What ``column.to_list()`` gives; texts all at once instead of one by one.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_values(pd.Series(["a", None], dtype="str"))
    ['a', nan]
    """
    import pandas as pd

    if isinstance(column.dtype, pd.StringDtype):
        return column.to_numpy(dtype=object).tolist()
    return column.to_list()
