"""Raw columns of a data frame to category numbers and continuous values."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, total_weight
from comply_measure.sem.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

MISSING = -1
# More categories than this are a continuous variable declared ordered by mistake.
MAX_CATEGORIES = 50


@dataclass(frozen=True, slots=True)
class MixedData:
    """Ordered and continuous variables of one group.

    Parameters
    ----------
    names : tuple of str
        Variables in model order.
    ordered : ndarray of bool, shape (n_variables,)
        Which of them are ordered.
    codes : ndarray of int, shape (n_cases, n_ordered)
        Categories 0, 1, ... of the ordered variables; -1 = missing.
    n_categories : ndarray of int, shape (n_ordered,)
    values : ndarray, shape (n_cases, n_continuous)
        The continuous variables; NaN = missing.
    weights : ndarray, shape (n_cases,), optional
        Sampling weights, as normalised.
    cluster : ndarray of int, shape (n_cases,), optional
        Cluster of each case.
    """

    names: tuple[str, ...]
    ordered: NDArray[np.bool_]
    codes: NDArray[np.int16]
    n_categories: NDArray[np.intp]
    values: Array
    weights: Array | None = None
    cluster: NDArray[np.int64] | None = None

    @property
    def n_cases(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @property
    def total(self) -> float:
        """Number of cases, or the sum of their sampling weights."""
        return self.n_cases if self.weights is None else total_weight(self.weights)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return bool((self.codes != MISSING).all() and not np.isnan(self.values).any())

    def observed(self) -> NDArray[np.bool_]:
        """Which cells hold a value, shape (n_cases, n_variables)."""
        out = np.empty((self.n_cases, len(self.names)), dtype=bool)
        out[:, self.ordered] = self.codes != MISSING
        out[:, ~self.ordered] = ~np.isnan(self.values)
        return out

    def take(self, rows: NDArray[Any]) -> MixedData:
        """The same variables for some of the cases."""
        return replace(
            self,
            codes=self.codes[rows],
            values=self.values[rows],
            weights=None if self.weights is None else self.weights[rows],
            cluster=None if self.cluster is None else self.cluster[rows],
        )


def categories_of(column: pd.Series) -> tuple[Any, ...]:
    """Categories of an ordered variable, lowest first.

    An ordered pandas categorical keeps its own order (unused categories dropped); numbers and truth values
    are sorted. Text has no order of its own.

    Raises
    ------
    InputError
        If the column holds text without a declared order.
    """
    import pandas as pd

    present = column.dropna()
    _check_kind(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = set(present.unique())
        kept = [value for value in column.dtype.categories if value in used]
        if column.dtype.ordered or pd.api.types.is_numeric_dtype(column.dtype.categories):
            return tuple(kept) if column.dtype.ordered else tuple(sorted(kept))
    elif pd.api.types.is_numeric_dtype(column.dtype):
        return tuple(np.unique(present.to_numpy()).tolist())
    else:
        values = pd.to_numeric(present, errors="coerce")
        if not values.isna().any():
            if present.nunique() > values.nunique():
                raise InputError("An ordered variable cannot be coded.", [_twice(column, values, present)])
            return tuple(sorted(present.unique(), key=float))
    problem = Problem(
        "text categories have no order",
        column=str(column.name),
        value=str(present.iloc[0]) if len(present) else None,
        allowed="numbers, or a pandas categorical with ordered=True",
    )
    raise InputError("An ordered variable cannot be coded.", [problem])


def _check_kind(column: pd.Series) -> None:
    """Refuse kinds of columns whose values are no categories of answers.

    Raises
    ------
    InputError
        For complex numbers, points in time and durations.
    """
    import pandas as pd

    dtype = column.dtype.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    declared = getattr(column.dtype, "ordered", False) is True
    timed = any(
        getattr(pd.api.types, f"is_{kind}_dtype")(dtype) for kind in ("datetime64_any", "timedelta64")
    ) or isinstance(dtype, pd.PeriodDtype)
    if pd.api.types.is_complex_dtype(dtype) or (timed and not declared):
        allowed = "numbers, or a pandas categorical with ordered=True"
        problem = Problem(
            "no categories of answers", column=str(column.name), value=str(dtype), allowed=allowed
        )
        raise InputError("An ordered variable cannot be coded.", [problem])


def _twice(column: pd.Series, values: pd.Series, present: pd.Series) -> Problem:
    """A fault for one number that is written in two ways (1 and "1")."""
    spellings = present.groupby(values).nunique()
    value = float(spellings.index[int(np.argmax(spellings.to_numpy()))])
    return Problem(
        "one category written in two ways", column=str(column.name), value=value, allowed="one spelling"
    )


def category_problems(
    name: str, categories: Sequence[Any], counts: NDArray[Any], group: str | None
) -> list[Problem]:
    """What makes the categories of one variable in one group unusable."""
    where = f" in group '{group}'" if group is not None else ""
    if len(categories) < 2:
        found = f"one answer only, {categories[0]}" if len(categories) else "no answer"
        return [Problem(f"{found}{where}: an ordered variable needs at least two categories", column=name)]
    if len(categories) > MAX_CATEGORIES:
        text = f"{len(categories)} categories in an ordered variable"
        return [Problem(text, column=name, allowed=f"at most {MAX_CATEGORIES}; leave it out of 'ordered'")]
    if any(isinstance(value, numbers.Number) and not np.isfinite(float(value)) for value in categories):  # type: ignore[arg-type]
        return [Problem("infinite", column=name, allowed="finite numbers; missing answers left empty")]
    empty = [str(value) for value, count in zip(categories, counts, strict=True) if count == 0]
    if not empty:
        return []
    text = f"{'category' if len(empty) == 1 else 'categories'} {', '.join(empty)} without any case{where}"
    return [
        Problem(text, column=name, allowed="every category used in every group: join neighbouring categories")
    ]


def code_column(column: pd.Series, categories: Sequence[Any]) -> NDArray[np.int16]:
    """Numbers 0, 1, ... of the values of a column among its categories; -1 where missing."""
    import pandas as pd

    return np.asarray(pd.Categorical(column, categories=list(categories)).codes, dtype=np.int16)


def code_groups(
    frames: Sequence[pd.DataFrame],
    names: Sequence[str],
    ordered: Collection[str],
    labels: Sequence[str] | None = None,
) -> tuple[tuple[MixedData, ...], dict[str, tuple[Any, ...]]]:
    """Code the variables of every group with common categories.

    Parameters
    ----------
    frames : sequence of DataFrame
        One per group.
    names : sequence of str
        Variables in model order.
    ordered : collection of str
        Which of them are ordered.
    labels : sequence of str, optional
        Names of the groups, for messages.

    Returns
    -------
    data : tuple of MixedData
        One per group.
    categories : dict
        Categories of every ordered variable, lowest first.

    Raises
    ------
    InputError
        Lists every variable with fewer than two or more than 50 categories, with text categories, or with a
        category that a group never uses (its threshold does not exist there).
    """
    is_ordered = np.array([name in ordered for name in names])
    problems: list[Problem] = []
    categories: dict[str, tuple[Any, ...]] = {}
    codes: list[list[NDArray[np.int16]]] = [[] for _ in frames]
    plain = _numeric_columns(frames, [name for name in names if name in ordered])
    for name in (name for name in names if name in ordered):
        if name in plain:
            own, found = _code_numbers(plain[name], name, labels)
        else:
            own, found = _code_variable([frame[name] for frame in frames], name, labels)
        problems += own.problems
        categories[name] = own.categories
        for g, column in enumerate(found):
            codes[g].append(column)
    if problems:
        raise InputError("The ordered variables cannot be analysed as they are.", problems)
    continuous = [name for name in names if name not in ordered]
    n_categories = np.array([len(categories[name]) for name in names if name in ordered], dtype=np.intp)
    data = tuple(
        MixedData(
            tuple(names),
            is_ordered,
            np.column_stack(own) if own else np.empty((len(frame), 0), dtype=np.int16),
            n_categories,
            frame[continuous].to_numpy(dtype=float, na_value=np.nan),
        )
        for frame, own in zip(frames, codes, strict=True)
    )
    return data, categories


@dataclass(frozen=True, slots=True)
class _Coding:
    """Categories of one variable and what is wrong with them."""

    categories: tuple[Any, ...]
    problems: list[Problem]


def _numeric_columns(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> dict[str, list[Array]]:
    """Values of the variables that are plain numbers, one array per group: read in one go, which is faster."""
    kinds = dict(zip(frames[0].columns, frames[0].dtypes, strict=True))
    plain = [name for name in names if isinstance(kinds[name], np.dtype) and kinds[name].kind in "iufb"]
    blocks = [frame[plain].to_numpy(dtype=float) for frame in frames]
    return {name: [block[:, k] for block in blocks] for k, name in enumerate(plain)}


def _code_numbers(
    columns: Sequence[Array], name: str, labels: Sequence[str] | None
) -> tuple[_Coding, list[NDArray[np.int16]]]:
    """Code one variable of plain numbers in every group."""
    joined = columns[0] if len(columns) == 1 else np.concatenate(columns)
    values = np.unique(joined[~np.isnan(joined)])
    codes = [
        np.where(np.isnan(column), MISSING, np.searchsorted(values, column)).astype(np.int16)
        for column in columns
    ]
    categories = tuple(int(value) if value.is_integer() else value for value in values.tolist())
    return _Coding(categories, _all_problems(name, categories, codes, labels)), codes


def _all_problems(
    name: str, categories: Sequence[Any], codes: Sequence[NDArray[np.int16]], labels: Sequence[str] | None
) -> list[Problem]:
    """Problems of one variable over all groups, each once."""
    problems: list[Problem] = []
    for g, column in enumerate(codes):
        counts = np.bincount(column[column != MISSING], minlength=len(categories))
        group = labels[g] if labels is not None and len(codes) > 1 else None
        new = category_problems(name, categories, counts, group)
        problems += [problem for problem in new if problem not in problems]
    return problems


def _code_variable(
    columns: Sequence[pd.Series], name: str, labels: Sequence[str] | None
) -> tuple[_Coding, list[NDArray[np.int16]]]:
    """Code one variable in every group."""
    import pandas as pd

    try:
        categories = categories_of(columns[0] if len(columns) == 1 else pd.concat(columns))
    except InputError as error:
        return _Coding((), list(error.problems)), []
    codes = [code_column(column, categories) for column in columns]
    return _Coding(categories, _all_problems(name, categories, codes, labels)), codes
