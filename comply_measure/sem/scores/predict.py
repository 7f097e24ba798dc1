"""Factor scores of a fit as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.data import as_frame, collect, split_groups
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.options import choose
from comply_measure.sem.scores.linear import linear_scores, score_model

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
        A row per case in the order of the data, indexed by its position there; a column per latent variable.
        Incomplete cases have scores when the model was fitted with ``missing='ml'`` or to ordered variables
        pairwise, and no row otherwise. NaN where a score is not defined, as Bartlett's of a second-order
        factor.

    Raises
    ------
    InputError, ModelError
        When the model has no latent variable or no raw data, or new data do not fit the model.
    """
    import pandas as pd

    if not any(names.latent for names in model.table.variables):
        raise ModelError("the model has no latent variable, so there are no factor scores")
    chosen = METHODS[choose("method", method, list(METHODS))]
    parts: list[pd.DataFrame] = []
    for names, scores, errors, places in _by_group(model, point, data, chosen, group):
        columns: dict[str, Array] = {name: scores[:, j] for j, name in enumerate(names)}
        if se:
            columns |= {f"{name}_se": errors[:, j] for j, name in enumerate(names)}
        parts.append(pd.DataFrame(columns, index=places))
    table = pd.concat(parts).sort_index()
    table.index.name = "row"
    return table


Scores = tuple[tuple[str, ...], Array, Array, Index]


def _by_group(
    model: Model, point: Point, data: pd.DataFrame | None, method: str, group: str | None
) -> Iterator[Scores]:
    """Latent variables, scores, errors and positions, group by group."""
    from comply_measure.sem.ordinal.layout import OrdinalImplied

    if any(isinstance(implied, OrdinalImplied) for implied in point.implied):
        if data is not None:
            raise ModelError("factor scores of new cases are not available for ordered variables")
        yield from _ordered(model, point, method)
        return
    for number, (values, places) in enumerate(_cases(model, data, group)):
        known = score_model(model, point, number)
        if not len(values):
            continue
        scores, errors = linear_scores(known, values, method)
        yield known.latent, scores, errors, places


def _ordered(model: Model, point: Point, method: str) -> Iterator[Scores]:
    from comply_measure.sem.ordinal.layout import OrdinalImplied
    from comply_measure.sem.ordinal.sample import OrdinalGroup
    from comply_measure.sem.scores.modal import modal_scores, response_model

    word = "ebm" if method == "regression" else "ml"
    for names, implied, sample in zip(model.table.variables, point.implied, model.sample.groups, strict=True):
        if not isinstance(implied, OrdinalImplied) or not isinstance(sample, OrdinalGroup):
            raise ModelError("ordered variables in some groups only")
        scores, errors = modal_scores(response_model(implied, sample, names.latent), word)
        places = np.arange(sample.n) if sample.rows is None else sample.rows
        yield names.latent, scores, errors, places


def _cases(model: Model, data: pd.DataFrame | None, group: str | None) -> Iterator[tuple[Array, Index]]:
    """Values and positions of the cases, one pair per group of the model."""
    samples = model.sample.groups
    if data is None:
        for sample in samples:
            if sample.data is None:
                raise ModelError("the model was fitted to moments: give the data to have factor scores")
            yield sample.data, np.arange(sample.n) if sample.rows is None else sample.rows
        return
    frame = as_frame(data)
    if len(samples) > 1 and group is None:
        problem = Problem("missing", column="group", allowed="the column that tells the groups apart")
        raise InputError("The model has several groups.", [problem])
    labels, rows = split_groups(frame, group if len(samples) > 1 else None)
    unknown = [label for label in labels if label not in {sample.name for sample in samples}]
    if len(samples) > 1 and unknown:
        known = ", ".join(sample.name for sample in samples)
        faults = [
            Problem("no group of the model", column=group, value=name, allowed=known) for name in unknown
        ]
        raise InputError("The new data have other groups than the model.", faults)
    keep_incomplete = model.options.missing != "listwise"
    for sample in samples:
        places = dict(zip(labels if len(samples) > 1 else (sample.name,), rows, strict=True))
        where = places.get(sample.name, np.zeros(0, dtype=np.int64))
        cases = collect(frame, [sample.names], ((sample.name,), (where,)))
        values = cases.values[0]
        if not keep_incomplete:
            complete = ~np.isnan(values).any(axis=1)
            values, where = values[complete], where[complete]
        yield values, where
