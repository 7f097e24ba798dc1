"""Factor scores as a table with one row per row of the user's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.model import Model

REASONS = "no score"
NO_VALUE = "no value at all"
UNDETERMINED = "not determined by the values that are there"


@dataclass(frozen=True)
class GroupScores:
    """Scores of the cases of one group.

    Attributes
    ----------
    latent : tuple of str
        Latent variables.
    scores, errors : arrays (n, k)
        NaN where there is none.
    places : int array (n,)
        Rows of the data.
    empty : bool array (n,) or None
        Cases without any value.
    """

    latent: tuple[str, ...]
    scores: Array
    errors: Array
    places: Index
    empty: NDArray[np.bool_] | None = None


def score_frame(
    index: pd.Index[Any], parts: Sequence[GroupScores], se: bool, absent: Sequence[tuple[str, Index]] = ()
) -> pd.DataFrame:
    """Rows in the order and under the labels of the data; NaN where a row has no score.

    Parameters
    ----------
    index : Index
        Labels of the data's rows.
    parts : sequence of GroupScores
        One per group.
    se : bool
        Whether to add ``<factor>_se``.
    absent : sequence of (reason, rows)
        Rows that are in no part, and why.

    Returns
    -------
    DataFrame
        ``attrs["no score"]`` maps reasons to the positions of the rows they concern.
    """
    import pandas as pd

    names = list(dict.fromkeys(name for part in parts for name in part.latent))
    wanted = [*names, *[f"{name}_se" for name in names]] if se else names
    columns = {name: np.full(len(index), np.nan) for name in wanted}
    reasons: dict[str, list[int]] = {}
    for reason, rows in absent:
        reasons.setdefault(reason, []).extend(rows.tolist())
    for part in parts:
        for j, name in enumerate(part.latent):
            columns[name][part.places] = part.scores[:, j]
            if se:
                columns[f"{name}_se"][part.places] = part.errors[:, j]
        for reason, rows in _undefined(part):
            reasons.setdefault(reason, []).extend(rows.tolist())
    table = pd.DataFrame(columns, index=index)
    found = {reason: tuple(sorted(rows)) for reason, rows in reasons.items() if rows}
    if found:
        table.attrs[REASONS] = found
    return table


def _undefined(part: GroupScores) -> list[tuple[str, Index]]:
    """Reasons of NaN among the cases of a group."""
    empty = np.zeros(len(part.places), dtype=bool) if part.empty is None else part.empty
    found = [(NO_VALUE, part.places[empty])]
    for j, name in enumerate(part.latent):
        lost = np.isnan(part.scores[:, j]) & ~empty
        found.append((f"{name}: {UNDETERMINED}", part.places[lost]))
    return found


def unused_rows(model: Model, n: int, parts: Sequence[GroupScores]) -> list[tuple[str, Index]]:
    """Rows of the data that the model was not fitted to, with the reason."""
    left = np.ones(n, dtype=bool)
    for part in parts:
        left[part.places] = False
    return [(model.family.left_out_because(model)[0], np.flatnonzero(left))]
