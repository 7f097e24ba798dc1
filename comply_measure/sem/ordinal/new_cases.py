"""Answers of cases that a model with ordered variables was not fitted to, coded by the categories of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.data import collect, unknown_columns
from comply_measure.sem.errors import InputError
from comply_measure.sem.ordinal.coding import MISSING, MixedData
from comply_measure.sem.ordinal.sample import OrdinalGroup

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5  # rows that a message names


@dataclass(frozen=True)
class Answers:
    """What scores need to know about cases.

    Attributes
    ----------
    coded : MixedData
        Categories of the ordered, values of the continuous variables.
    covariates : array (n, c)
        Complete.
    """

    coded: MixedData
    covariates: Array

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.coded.n_cases


def answers_of(group: OrdinalGroup) -> Answers:
    """The answers of the cases the model was fitted to."""
    return Answers(group.coded, group.covariates)


def new_answers(
    group: OrdinalGroup, frame: pd.DataFrame, rows: Index, complete: bool
) -> tuple[Answers, Index, list[tuple[str, Index]]]:
    """Answers of new cases.

    Parameters
    ----------
    group : OrdinalGroup
        Of the fit.
    frame : DataFrame
        New data.
    rows : int array
        Its rows that belong to the group.
    complete : bool
        Whether cases that lack a value have no score, as where the fit left such cases out.

    Returns
    -------
    answers : Answers
    kept : int array
        Rows of the data they stand in.
    absent : list of (str, int array)
        Rows without a score, by reason.

    Raises
    ------
    InputError
        For columns that are not there or hold no numbers, and for answers in categories the fit has not seen.
    """
    problems = unknown_columns(list(group.names), frame)
    if problems:
        raise InputError("The new data do not fit the model.", problems)
    ordered = np.asarray(group.coded.names)[group.coded.ordered].tolist()
    codes = [_codes(frame[name].iloc[rows], group.categories[name]) for name in ordered]
    _refuse_unseen(group, frame, rows, ordered, codes)
    numeric = [name for name in group.names if name not in ordered]
    values = (
        collect(frame, [numeric], ((group.name,), (rows,))).values[0] if numeric else np.zeros((len(rows), 0))
    )
    of_model = [name in group.coded.names for name in numeric]
    own, x = values[:, of_model], values[:, np.logical_not(of_model)]
    coded = replace(
        group.coded,
        codes=np.column_stack(codes).astype(np.int16) if codes else np.zeros((len(rows), 0), dtype=np.int16),
        values=own,
        weights=None,
        cluster=None,
    )
    seen = coded.observed()
    without_x = np.isnan(x).any(axis=1)
    lacking = ~seen.all(axis=1) & seen.any(axis=1) & complete & ~without_x
    kept = ~without_x & ~lacking
    absent = [
        ("a covariate is missing", rows[without_x]),
        ("a value is missing; a fit with missing='pairwise' uses those that are there", rows[lacking]),
    ]
    return Answers(coded.take(np.flatnonzero(kept)), x[kept]), rows[kept], absent


def _codes(column: pd.Series, categories: Sequence[Any]) -> NDArray[np.int16]:
    """Numbers of the values among the categories; −1 where missing and where a value is none of them."""
    places = {value: number for number, value in enumerate(categories)}
    found = column.astype(object).map(places).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(found), MISSING, found).astype(np.int16)


def _refuse_unseen(
    group: OrdinalGroup,
    frame: pd.DataFrame,
    rows: Index,
    ordered: list[str],
    codes: Sequence[NDArray[np.int16]],
) -> None:
    """Refuse answers that are no category of the fit: they have no thresholds."""
    problems = []
    for name, own in zip(ordered, codes, strict=True):
        column = frame[name].iloc[rows]
        unseen = (own == MISSING) & column.notna().to_numpy()
        if unseen.any():
            found = column[unseen]
            labels = ", ".join(str(label) for label in found.index[:SHOWN]) + ", …" * (len(found) > SHOWN)
            allowed = ", ".join(str(value) for value in group.categories[name])
            message = f"a category that the fit has not seen ({len(found)} cases; rows {labels})"
            problems.append(Problem(message, column=name, value=str(found.iloc[0]), allowed=allowed))
    if problems:
        raise InputError("The new data do not fit the model.", problems)
