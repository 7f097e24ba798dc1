"""Why numbers of a table are empty, in the rows in which they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def undefined_because(table: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The table, with ``attrs["undefined"]`` where numbers in it are missing: for tables without notes in their rows.

    Parameters
    ----------
    table : DataFrame
    reason : str
        Why numbers can be missing.
    """
    if reason and bool(table.select_dtypes("number").isna().any(axis=None)):
        table.attrs["undefined"] = reason
    return table


def with_reasons(table: pd.DataFrame, why: Mapping[str, str]) -> pd.DataFrame:
    """A table with a column ``reason``: why cells are empty in rows where nothing is wrong (``note`` says what is).

    Parameters
    ----------
    table : DataFrame
    why : mapping of str to str
        Column → why it can be empty.
    """
    empty = {name: table[name].isna().to_numpy() for name in why if name in table}
    reasons = []
    for row in range(len(table)):
        said: dict[str, list[str]] = {}
        for name, cells in empty.items():
            if cells[row]:
                said.setdefault(why[name], []).append(name)
        reasons.append("; ".join(f"{', '.join(names)}: {text}" for text, names in said.items()))
    return table.assign(reason=reasons)
