"""Degenerate variants of the answers of ``good_calls``: each takes a frame, an array or a mapping of scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from good_calls import ITEMS, KEYS, SCALES
from recipes import Change

N = 60  # informants of the arrays in good_calls: three roles by turns


def _of_items(edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """A change of the items alone, in a frame with items or an array with a column per item."""

    def change(value: Any) -> Any:
        if isinstance(value, pd.DataFrame) and {"a1", "a2"} <= set(value.columns):
            items = [item for item in ITEMS if item in value.columns]
            new = value.assign(**edit(value[items]))
            if set(KEYS) <= set(value.columns):
                new = new.assign(**{key: new[SCALES[key]].mean(axis=1) for key in KEYS})
            return new
        if isinstance(value, np.ndarray) and value.ndim == 2 and len(value) == N and value.dtype.kind == "f":
            return edit(pd.DataFrame(value, columns=ITEMS[: value.shape[1]])).to_numpy()
        return value

    return change


def _of_rows(kept: Callable[[int], np.ndarray]) -> Change:
    """Informants left out, in frames with roles and in arrays with a row per informant."""

    def change(value: Any) -> Any:
        if isinstance(value, pd.DataFrame) and {"a1", "a2"} <= set(value.columns):
            return value[kept(len(value))].reset_index(drop=True)
        if isinstance(value, np.ndarray) and value.ndim and len(value) == N:
            return value[kept(N)]
        return value

    return change


def _one_item(value: Any) -> Any:
    if isinstance(value, dict) and value.get("A") == SCALES["A"]:
        return {**value, "A": ["a1"]}
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape in ((N, 9), (N, 3)):
        return value[:, :1]
    return value


def _one_cluster(value: Any) -> Any:
    if isinstance(value, pd.DataFrame) and "firm" in value.columns:
        return value.assign(firm="f0")
    if isinstance(value, np.ndarray) and value.ndim == 1 and len(value) == N and value.dtype.kind == "i":
        return np.zeros_like(value)
    return value


def _silent(items: pd.DataFrame) -> pd.DataFrame:
    return items.mask(np.broadcast_to((np.arange(len(items)) % 3 == 2)[:, None], items.shape))


VARIANTS: dict[str, Change] = {
    "constant item": _of_items(lambda x: x.assign(a1=4.0)),
    "unanswered item": _of_items(lambda x: x.assign(a1=np.nan)),
    "forgotten reversal": _of_items(lambda x: x.assign(a2=8 - x["a2"])),
    "Heywood": _of_items(lambda x: x.assign(a1=3 * x["a2"] + 0.4 * x["a1"] - 8)),
    "perfect correlation": _of_items(lambda x: x.assign(a2=x["a1"])),
    "identical answers": _of_items(lambda x: x * 0 + 4),
    "a silent role": _of_items(_silent),
    "a missing role": _of_rows(lambda n: np.arange(n) % 3 < 2),
    "one role": _of_rows(lambda n: np.arange(n) % 3 == 1),
    "two units": _of_rows(lambda n: np.arange(n) < 6),
    "two informants": _of_rows(lambda n: np.arange(n) < 2),
    "one item": _one_item,
    "one cluster": _one_cluster,
}
