"""Scores: reverse-keyed answers recoded, construct scores as means of the answers given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.instrument import Item, Scale


def recoded(answers: pd.DataFrame, scales: Iterable[Scale]) -> pd.DataFrame:
    """Answers with every item keyed in the direction of its construct.

    A reverse-keyed answer x becomes minimum + maximum - x of its scale's answer format; NaN stays NaN.

    Parameters
    ----------
    answers : DataFrame
        Informant x item, as answered.
    scales : iterable of Scale
        Scales of the items.

    Returns
    -------
    DataFrame
        Of the same shape.
    """
    result = answers.copy()
    for scale in scales:
        reverse = [item for item in answers.columns if item in scale.reverse_keyed()]
        if reverse:
            turned = scale.response.minimum + scale.response.maximum - answers[reverse].to_numpy()
            result[reverse] = turned
    return result


def mean_of_valid(
    values: NDArray[np.float64], asked: NDArray[np.bool_], min_valid: float
) -> NDArray[np.float64]:
    """Row means over the valid values, if enough of those asked are valid.

    mean_i = sum_j x_ij / v_i over the v_i valid values of row i; NaN unless v_i >= 1 and
    v_i >= min_valid * a_i, with a_i the number asked of row i (person-mean substitution, Downey & King, 1998,
    is the same number).

    Parameters
    ----------
    values : ndarray, shape (n, k)
        NaN where missing.
    asked : ndarray of bool, shape (n, k)
        Whether the value was asked of the row at all.
    min_valid : float
        Least share of valid values, 0 to 1.

    Returns
    -------
    ndarray, shape (n,)
    """
    valid = ~np.isnan(values) & asked
    n_valid = valid.sum(axis=1)
    total = np.where(valid, values, 0.0).sum(axis=1)
    # Shares such as 2/3 of 3 are not exact in binary; the tolerance is far below one answer.
    enough = (n_valid > 0) & (n_valid >= min_valid * asked.sum(axis=1) - 1e-9)
    return np.where(enough, total / np.maximum(n_valid, 1), np.nan)


def construct_scores(
    answers: pd.DataFrame,
    roles: Sequence[str] | NDArray[np.object_],
    items: Mapping[str, Item],
    measurement: Mapping[str, Sequence[str]],
    min_valid: float,
) -> pd.DataFrame:
    """Informant x construct means.

    A construct whose items belong to several attributes (a dimension) scores the mean of its attribute
    scores, so that each attribute counts the same however many items it has; the rule on `min_valid`
    holds for the items within an attribute and again for the attributes within the dimension. Items not
    meant for the informant's role do not count as asked.

    Parameters
    ----------
    answers : DataFrame
        Informant x item, recoded.
    roles : sequence of str
        Role of each informant.
    items : mapping
        Item id -> Item.
    measurement : mapping
        Construct -> item ids, all columns of `answers`.
    min_valid : float
        Least share of valid values for a score.

    Returns
    -------
    DataFrame
        One column per construct, NaN where too few answers are valid.

    Raises
    ------
    ComplyError
        If `min_valid` is not between 0 and 1.
    """
    if not 0 <= min_valid <= 1:
        raise ComplyError(f"min_valid is a share between 0 and 1, not {min_valid}")
    return pd.DataFrame(
        {
            construct: mean_of_valid(values, asked, min_valid)
            for construct, values, asked, _ in _measured(answers, roles, items, measurement, min_valid)
        },
        index=answers.index,
    )


def score_reasons(
    answers: pd.DataFrame,
    roles: Sequence[str] | NDArray[np.object_],
    items: Mapping[str, Item],
    measurement: Mapping[str, Sequence[str]],
    min_valid: float,
) -> pd.DataFrame:
    """Why scores of :func:`construct_scores` are missing, in the same shape; empty text where there is a score."""
    found: dict[str, NDArray[np.object_]] = {}
    for construct, values, asked, parts in _measured(answers, roles, items, measurement, min_valid):
        n_asked, n_valid = asked.sum(axis=1), (~np.isnan(values) & asked).sum(axis=1)
        few = [
            f"{valid} of {many} {parts}, fewer than a share of {min_valid:g}"
            for valid, many in zip(n_valid.tolist(), n_asked.tolist(), strict=True)
        ]
        told = np.where(n_asked == 0, "no item is for the role", np.where(n_valid == 0, "no answer", few))
        missing = np.isnan(mean_of_valid(values, asked, min_valid))
        found[construct] = np.where(missing, told, "").astype(object)
    return pd.DataFrame(found, index=answers.index, dtype=object)


def _measured(
    answers: pd.DataFrame,
    roles: Sequence[str] | NDArray[np.object_],
    items: Mapping[str, Item],
    measurement: Mapping[str, Sequence[str]],
    min_valid: float,
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.bool_], str]]:
    """Per construct the values that it averages, whether each was asked, and what they are: answers or attributes."""
    distinct, role_codes = np.unique(np.asarray(roles, dtype=str), return_inverse=True)
    meant = {name: np.array([role in item.roles for role in distinct]) for name, item in items.items()}

    def answered(names: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        asked = np.column_stack([meant[name] for name in names])[role_codes]
        return answers[list(names)].to_numpy(dtype=np.float64), asked

    for construct, names in measurement.items():
        attributes = dict.fromkeys(items[name].construct for name in names)
        parts = [answered([n for n in names if items[n].construct == attribute]) for attribute in attributes]
        if len(parts) == 1:
            yield construct, *parts[0], "answers"
        else:
            values = np.column_stack([mean_of_valid(*part, min_valid) for part in parts])
            yield (
                construct,
                values,
                np.column_stack([asked.any(axis=1) for _, asked in parts]),
                "attributes scored",
            )
