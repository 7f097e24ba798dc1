"""Factor scores of a fit as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Index
from comply_measure.sem.data import as_frame, split_groups
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.options import choose
from comply_measure.sem.scores.frame import GroupScores, score_frame, unused_rows

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.model import Model
    from comply_measure.sem.objective import Point

METHODS = {"regression": "regression", "ebm": "regression", "bartlett": "bartlett", "ml": "bartlett"}


def predict(
    model: Model,
    point: Point,
    data: pd.DataFrame | None = None,
    method: str = "regression",
    se: bool = False,
    group: str | None = None,
) -> pd.DataFrame:
    """Factor scores.

    Parameters
    ----------
    model : Model
        The fitted model.
    point : Point
        Its estimates.
    data : DataFrame, optional
        New cases; those the model was fitted to otherwise.
    method : str
        ``regression`` (``EBM``) or ``Bartlett`` (``ML``). With ordered variables these are the mode with and
        without the factors' distribution as prior.
    se : bool
        Add a column ``<factor>_se`` per factor.
    group : str, optional
        Column of new data that tells the groups apart; needed when the model has several.

    Returns
    -------
    DataFrame
        A row per row of the data, under the data's own labels and in their order; a column per latent
        variable. Incomplete cases have scores when the model was fitted with ``missing='ml'`` or to ordered
        variables pairwise. NaN where there is no score; ``attrs["no score"]`` then maps each reason to the
        positions of its rows.

    Raises
    ------
    InputError, ModelError
        When the model has no latent variable or no raw data, or new data do not fit the model.
    """
    if not any(names.latent for names in model.table.variables):
        raise ModelError("the model has no latent variable, so there are no factor scores")
    chosen = METHODS[choose("method", method, list(METHODS))]
    if data is not None:
        if model.table.options.product_indicators:
            raise ModelError(
                "factor scores of new cases are not available for models with products of factors"
            )
        frame = as_frame(data)
        parts, absent = _of_new_cases(model, point, frame, chosen, group)
        return score_frame(frame.index, parts, se, absent)
    parts = model.family.scores(model, point, chosen)
    index = _own_index(model, parts)
    return score_frame(index, parts, se, unused_rows(model, len(index), parts))


def _own_index(model: Model, parts: Sequence[GroupScores]) -> pd.Index[Any]:
    """Row labels of the data the model was fitted to."""
    import pandas as pd

    if model.sample.index is not None:
        return model.sample.index
    return pd.RangeIndex(1 + max(int(part.places.max(initial=-1)) for part in parts))


def _of_new_cases(
    model: Model, point: Point, frame: pd.DataFrame, method: str, group: str | None
) -> tuple[list[GroupScores], list[tuple[str, Index]]]:
    """Scores of new cases, and rows without any by reason."""
    rows_of = _rows_by_group(model, frame, group)
    parts: list[GroupScores] = []
    left = np.ones(len(frame), dtype=bool)
    lacking: list[tuple[str, Index]] = []
    for number, sample in enumerate(model.sample.groups):
        where = rows_of.get(sample.name, np.zeros(0, dtype=np.int64))
        left[where] = False
        scores, absent = model.family.scores_of_new(model, point, number, frame, where, method)
        parts.append(scores)
        lacking += absent
    return parts, [("the group is missing", np.flatnonzero(left)), *lacking]


def _rows_by_group(model: Model, frame: pd.DataFrame, group: str | None) -> dict[str, Index]:
    """Rows of new data by group of the model."""
    samples = model.sample.groups
    if len(samples) == 1:
        return {samples[0].name: np.arange(len(frame))}
    if group is None:
        problem = Problem("missing", column="group", allowed="the column that tells the groups apart")
        raise InputError("The model has several groups.", [problem])
    labels, rows = split_groups(frame, group)
    known = [sample.name for sample in samples]
    faults = [
        Problem("no group of the model", column=group, value=label, allowed=", ".join(known))
        for label in labels
        if label not in known
    ]
    if faults:
        raise InputError("The new data have other groups than the model.", faults)
    return dict(zip(labels, rows, strict=True))
