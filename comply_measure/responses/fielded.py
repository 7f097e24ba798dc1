"""What answers to a fielded scale hold beside scores: pairs by rater, instructions not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

_IDS = ["unit", "firm", "role", "informant"]


def pair_ratings(responses: Responses, scale_key: str | None = None) -> pd.DataFrame:
    """How every informant rates every pair of roles.

    Parameters
    ----------
    responses : Responses
        Answers to a form with items about pairs, alone or beside another (``form: [short, dyad]``).
    scale_key : str, optional
        One scale; all by default.

    Returns
    -------
    pandas.DataFrame
        A row per informant, pair and construct that the role is asked about: ``unit``, ``firm``, ``role``,
        ``informant``, ``pair``, ``inside`` (the rater is one of the two), ``construct``, ``item``, ``rating`` (recoded;
        NaN where missing).

    Raises
    ------
    ComplyError
        If no item in the data asks about a pair.
    """
    pairs = {pair.key: pair for scale in responses.scales for pair in scale.pairs}
    asked = responses.pair_items(scale_key)
    if not asked:
        raise ComplyError("no item in the data asks about a pair of roles; choose the form that does")
    recoded = responses.scored()
    roles = responses.data["role"]
    parts = []
    for item in asked:
        pair = pairs[str(item.pair)]
        mine = roles.isin(item.roles)
        part = responses.data.loc[mine, _IDS].assign(
            pair=pair.key,
            inside=roles[mine].isin(pair.roles),
            construct=item.construct,
            item=item.id,
            rating=recoded.loc[mine, item.id],
        )
        parts.append(part)
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def instructions_followed(responses: Responses) -> pd.DataFrame:
    """How many instructed items every informant answered otherwise than asked.

    Parameters
    ----------
    responses : Responses
        Answers to scales with attention items.

    Returns
    -------
    pandas.DataFrame
        A row per informant: ``unit``, ``firm``, ``role``, ``informant``, ``n_asked``, ``n_failed`` (another answer),
        ``n_blank`` (no answer: neither followed nor failed).

    Raises
    ------
    ComplyError
        If there is no attention item in the data.
    """
    items = responses.items(kind="attention")
    if not items:
        raise ComplyError("there is no attention item in the data")
    answers = responses.data[[item.id for item in items]].to_numpy(dtype=float)
    roles = responses.data["role"].to_numpy(dtype=object)
    asked = np.column_stack([np.isin(roles, item.roles) for item in items])
    blank = np.isnan(answers)
    wanted = np.array([float(item.instructed or 0) for item in items])
    return responses.data[_IDS].assign(
        n_asked=asked.sum(axis=1),
        n_failed=(asked & ~blank & (answers != wanted)).sum(axis=1),
        n_blank=(asked & blank).sum(axis=1),
    )
