"""The boundary of this room: scales and groups of informants taken out of a data frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.moments import Floats
from comply_measure.statistics.labels import twofold_labels
from comply_measure.tables.numbers import column_problem, number_problems
from comply_measure.tables.roles import POOLED

FEW = 16  # columns that are taken one by one faster than by a list


def check_scales(
    data: pd.DataFrame, scales: Mapping[str, Sequence[str]], keys: Sequence[str | None] = ()
) -> None:
    """Raise one InputError that lists absent, repeated or non-numeric items and absent key columns."""
    problems: list[Problem] = []
    if not scales:
        problems.append(Problem("no scales were named"))
    if not len(data):
        problems.append(Problem("the table has no rows"))
    absent = [key for key in keys if key is not None and key not in data.columns]
    problems += [Problem("column is absent", column=key) for key in absent]
    for scale, items in scales.items():
        if not len(items):
            problems.append(Problem("scale has no items", column=scale))
        if len(set(items)) < len(items):
            problems.append(Problem("scale names an item twice", column=scale))
        problems += [problem for item in items if (problem := column_problem(data, item)) is not None]
    if problems:
        raise InputError("The scales cannot be analysed.", problems)


def check_labels(values: Floats, **labels: NDArray[Any] | None) -> None:
    """Raise one InputError for labels of informants that are not as many as the rows of the values."""
    problems = [
        Problem("as many labels as rows", column=name, value=len(given), allowed=str(len(values)))
        for name, given in labels.items()
        if given is not None and len(given) != len(values)
    ]
    if problems:
        raise InputError("Rows and labels do not fit together.", problems)


def table_values(data: pd.DataFrame, headline: str) -> NDArray[np.float64]:
    """A whole table as floats with NaN where missing; one InputError lists the columns that hold no usable numbers."""
    if problems := number_problems(data, list(data.columns)):
        raise InputError(headline, problems)
    return data.to_numpy(dtype=np.float64, na_value=np.nan)


def item_values(data: pd.DataFrame, items: Sequence[str]) -> NDArray[np.float64]:
    """Items as an informant × item array of floats with NaN where missing."""
    if len(items) > FEW or not data.columns.is_unique:
        return data.loc[:, list(items)].to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.empty((len(items), len(data)))
    for row, item in enumerate(items):
        values[row] = data[item].to_numpy(dtype=np.float64, na_value=np.nan)
    return values.T


def varying_items(values: Floats, items: Sequence[str]) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    """Columns of items that vary, and the other items with the reason."""
    kept: list[int] = []
    dropped: list[tuple[str, str]] = []
    for j, item in enumerate(items):
        answers = values[~np.isnan(values[:, j]), j]
        if answers.size < 2:
            dropped.append((item, "no answers" if answers.size == 0 else "one answer"))
        elif np.ptp(answers) == 0:
            dropped.append((item, "all answers equal"))
        else:
            kept.append(j)
    return kept, tuple(dropped)


def listed(faults: Sequence[tuple[str, str]]) -> str:
    """Items with their faults, in a line."""
    return "; ".join(f"{item}: {reason}" for item, reason in faults)


def joined(*notes: str) -> str:
    """Notes in a line; empty ones are left out."""
    return "; ".join(note for note in notes if note)


def runs_against(items: Sequence[str]) -> str:
    """What to say of items that run against the others of their scale; empty without any."""
    return f"runs against the others (not reversed?): {', '.join(items)}" if items else ""


def groups(data: pd.DataFrame, by: str | None, pooled: bool = True) -> Iterator[tuple[str, NDArray[Any]]]:
    """Pooled informants first, then one group per value of `by` in order of appearance, as row masks."""
    if pooled or by is None:
        yield POOLED, np.ones(len(data), dtype=bool)
    if by is not None:
        labels = data[by].to_numpy()
        for label in pd.unique(data[by].dropna()):
            yield str(label), labels == label


def cluster_codes(data: pd.DataFrame, column: str) -> NDArray[np.intp]:
    """Whole numbers that tell clusters apart; a row without a cluster is one of its own.

    Raises
    ------
    InputError
        When the column is absent, or a label stands as text and as a number.
    """
    if column not in data.columns:
        raise InputError("Clusters are not known.", [Problem("column is absent", column=column)])
    if problems := twofold_labels(data[column], column):
        raise InputError("Clusters cannot be told apart.", problems)
    codes = pd.factorize(data[column])[0].astype(np.intp)
    lost = codes < 0
    codes[lost] = codes.max(initial=-1) + 1 + np.arange(lost.sum())
    return codes


def check_estimates(estimates: pd.DataFrame) -> None:
    """Refuse a table that is not ``fit.estimates``: columns lhs, op, rhs and numbers in est."""
    problems = [
        Problem("column is absent", column=c) for c in ("lhs", "op", "rhs") if c not in estimates.columns
    ]
    problems += [
        Problem("two columns have one name", column=c)
        for c in estimates.columns[estimates.columns.duplicated()]
    ]
    fault = column_problem(estimates, "est")
    problems += [fault] if fault is not None else []
    if not problems and estimates["est"].isna().any():
        problems.append(
            Problem("estimates are missing", column="est", value=int(estimates["est"].isna().sum()))
        )
    if problems:
        raise InputError("This is no table of estimates.", problems)
