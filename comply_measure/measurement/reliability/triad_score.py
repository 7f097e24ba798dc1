"""Answers of a unit: the mean over its informants, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.frames import check_labels
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import is_count, require


@dataclass(frozen=True, slots=True)
class UnitAnswers:
    """Mean answers per unit.

    Attributes
    ----------
    values : ndarray, shape (G, p)
        NaN where fewer than the required informants answered the item.
    units : ndarray, shape (G,)
        Keys, in order of appearance.
    first_row : ndarray of int, shape (G,)
        A row of each unit in the data, for variables of the unit.
    """

    values: Floats
    units: NDArray[Any]
    first_row: NDArray[np.intp]


def unit_answers(
    values: Floats, unit: NDArray[Any], role: NDArray[Any] | None, min_informants: int = 2
) -> UnitAnswers:
    """Mean of each item over the informants of a unit, after each role's mean is set to the grand mean.

    Without role centring a unit that lacks the generous role looks worse than it is.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    unit : ndarray, shape (n,)
        Rows without a unit are left out.
    role : ndarray, shape (n,), optional
        No centring when left out.
    min_informants : int
        Informants an item needs in a unit.

    Returns
    -------
    UnitAnswers

    Raises
    ------
    InputError
        Labels that do not fit the rows, fewer than 1 informant asked for.
    """
    require(
        "Answers of units cannot be computed.",
        ("min_informants", min_informants, "at least 1", is_count(min_informants, 1)),
    )
    check_labels(values, unit=unit, role=role)
    centred = values if role is None else _role_centred(values, role)
    codes, keys = pd.factorize(unit)
    used = np.flatnonzero(codes >= 0)
    present = ~np.isnan(centred[used])
    n_units, p = len(keys), values.shape[1]
    count, total = np.zeros((n_units, p)), np.zeros((n_units, p))
    np.add.at(count, codes[used], present)
    np.add.at(total, codes[used], np.where(present, centred[used], 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(count >= min_informants, total / count, np.nan)
    first = np.full(n_units, -1, dtype=np.intp)
    first[codes[used][::-1]] = used[::-1]
    return UnitAnswers(means, np.asarray(keys), first)


def _role_centred(values: Floats, role: NDArray[Any]) -> Floats:
    out = values.copy()
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        grand = np.where(present, values, 0.0).sum(axis=0) / present.sum(axis=0)
        for label in pd.unique(pd.Series(role).dropna()):
            rows = np.asarray(role == label)
            own = np.where(present[rows], values[rows], 0.0).sum(axis=0) / present[rows].sum(axis=0)
            out[rows] = values[rows] - own + grand
    return out
