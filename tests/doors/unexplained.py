"""Numbers of a result that are empty or infinite without a word beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

Said = Callable[[pd.DataFrame], "pd.Series[bool]"]


def unexplained(table: pd.DataFrame, said: dict[str, Said] | None = None) -> list[str]:
    """Columns with an undefined number in a row whose note, reason, kind of interval or estimator say nothing of it.

    ``said``: columns whose undefined numbers another column of the row explains, with the rows in which it does.
    """
    blank = pd.Series([""] * len(table), index=table.index)
    texts = {name: table[name].fillna("") if name in table else blank for name in ("note", "reason")}
    interval = table.get("interval", blank)
    found = []
    for column in table.select_dtypes("number"):
        values = table[column].to_numpy(dtype=float, na_value=np.nan)
        bad = np.isnan(values) if column == "df" else ~np.isfinite(values)  # infinite: of a normal statistic
        silent = pd.Series(bad, index=table.index) & texts["note"].eq("")
        silent &= ~texts["reason"].map(lambda text, c=column: str(c) in text).astype(bool)
        if str(column).endswith(("lower", "upper")):
            silent &= ~interval.fillna("").str.startswith("none: ")
        if column in ("f", "df1", "df2") and "estimator" in table:
            silent &= table["estimator"] != "REML"
        if said and column in said:
            silent &= ~said[column](table)
        if silent.any():
            found.append(str(column))
    return found


def tables(result: Any, path: str = "") -> Iterator[tuple[str, pd.DataFrame]]:
    """Every data frame of a result, with its place: attributes, the results among them, and methods without input."""
    if isinstance(result, pd.DataFrame):
        yield path, result
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from tables(value, f"{path}[{key}]")
    elif isinstance(result, tuple | list):
        for place, value in enumerate(result):
            yield from tables(value, f"{path}[{place}]")
    elif is_dataclass(result) and type(result).__module__.startswith("comply_measure."):
        if type(result).__module__.startswith("comply_measure.sem."):
            return  # the engine's own tables: its tests
        for field in fields(result):
            yield from tables(getattr(result, field.name), f"{path}.{field.name}")
        for name in TABLES:
            method = getattr(type(result), name, None)
            if callable(method):
                yield from tables(method(result), f"{path}.{name}()")


#: Methods that hand out a table.
TABLES = (
    "tidy", "wide", "summary", "rules", "variance", "factor_correlations", "fit_table", "convergence", "test_table",
)  # fmt: skip
