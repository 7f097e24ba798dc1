"""A data frame and the names a model needs → complete cases per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import InputError
from comply_measure.sem.language.records import ModelRecords, Product, columns_of
from comply_measure.sem.weighting import UNWEIGHTED, Weighting
from comply_measure.statistics.foreign_frames import as_pandas
from comply_measure.statistics.labels import twofold_labels
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cases:
    """The user's data, reduced to what a model uses.

    Attributes
    ----------
    groups : tuple of str
        Group names in order of first appearance; ``("",)`` for a single group.
    values : tuple of array (n_g, p_g)
        Cases per group, NaN where missing.
    names : tuple of tuple of str
        Columns per group.
    clusters : tuple of int array or None
        Cluster codes per group.
    rows : tuple of int array
        Positions of the cases in the user's data.
    n_given : int
        Rows of the user's data that belong to a group.
    index : Index or None
        Row labels of the user's data.
    weighting : Weighting
        Sampling weights of the rows of the user's data, if any.
    """

    groups: tuple[str, ...]
    values: tuple[Array, ...]
    names: tuple[tuple[str, ...], ...]
    clusters: tuple[Index | None, ...]
    rows: tuple[Index, ...]
    n_given: int
    index: pd.Index[Any] | None = None
    weighting: Weighting = UNWEIGHTED


def as_frame(data: pd.DataFrame | Mapping[str, Any]) -> pd.DataFrame:
    """The data as a data frame whose columns have text for names; mappings, Polars and Arrow are taken, too."""
    import pandas as pd

    if isinstance(data, Mapping):
        try:
            data = pd.DataFrame(dict(data))
        except (ValueError, TypeError) as error:
            problem = Problem("columns of different lengths, or no columns", allowed="lists of one length")
            raise InputError("The data are no table.", [problem]) from error
    frame = as_pandas(data)
    if frame is not None:
        data = frame
        if all(type(name) is str for name in data.columns):
            return data
        return data.set_axis([str(name) for name in data.columns], axis=1)
    raise InputError(
        "The data must be a data frame.",
        [Problem("wrong type", value=type(data).__name__, allowed="DataFrame")],
    )


def split_groups(frame: pd.DataFrame, group: str | None) -> tuple[tuple[str, ...], tuple[Index, ...]]:
    """Group names in order of first appearance and the rows of each; rows without a group are left out."""
    if group is None:
        return ("",), (np.arange(len(frame)),)
    if group not in frame.columns:
        raise InputError("The grouping variable is not in the data.", [unknown_column(group, frame)])
    codes, values = _distinct(frame, group)
    names = tuple(str(value) for value in values)
    return names, tuple(np.flatnonzero(codes == i) for i in range(len(names)))


def _distinct(frame: pd.DataFrame, name: str) -> tuple[Index, Any]:
    """Codes and values of a column that tells groups or clusters apart.

    Raises
    ------
    InputError
        When its cells are no single values.
    """
    try:
        twofold = twofold_labels(frame[name], name)
        if not twofold:
            return frame[name].factorize()
    except TypeError as error:
        problem = Problem("cells are lists or the like", column=name, allowed="one number or text per cell")
        raise InputError("Cases cannot be told apart by this column.", [problem]) from error
    raise InputError("Cases cannot be told apart by this column.", twofold)


def unknown_column(name: str, frame: pd.DataFrame, line: int | None = None) -> Problem:
    """A fault for a name that is no column, with the nearest column."""
    return nearest(name, [str(column) for column in frame.columns], "the data", line)


def nearest(name: str, columns: Sequence[str], where: str, line: int | None = None) -> Problem:
    """A fault for a name that does not exist, with the most similar one that does."""
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    hint = did_you_mean(name, columns, likeness=0.5)
    place = f" (line {line} of the model)" if line else ""
    return Problem(f"'{shown}' is not a column of {where}{place}{hint}")


LISTED = 20
LONGEST = 80  # characters of a name that a message quotes
MAX_VARIABLES = 1_000  # defaults make a parameter of every pair of predictors


def unknown_columns(
    names: Sequence[str], frame: pd.DataFrame, lines: Mapping[str, int] | None = None
) -> list[Problem]:
    """Faults for the names that are no columns: the first twenty, then how many more there are."""
    columns = set(frame.columns)
    unknown = [name for name in names if name not in columns]
    problems = [unknown_column(name, frame, (lines or {}).get(name)) for name in unknown[:LISTED]]
    if len(unknown) > LISTED:
        problems.append(Problem(f"and {len(unknown) - LISTED} more names that are not columns of the data"))
    return problems


def check_names(frame: pd.DataFrame, records: ModelRecords, *columns: str | None) -> None:
    """Refuse names of a model text, and further columns asked for, that are no columns.

    Raises
    ------
    InputError
        Listing the names with their lines.
    """
    latent = {term.lhs for term in records.terms if term.op in ("=~", "<~")}
    lines: dict[str, int] = {}
    for term in records.terms:
        for name in (term.lhs, "" if term.op == "|" else term.rhs):
            for part in columns_of(name):
                if part and part not in latent:
                    lines.setdefault(part, term.line)
    observed = bool(lines)
    lines |= {name: 0 for name in columns if name is not None}
    problems = unknown_columns(list(lines), frame, lines)
    problems += _named_like_products(frame, records, lines)
    if not observed:
        problems.append(Problem("no observed variable in the model", allowed="f =~ x1 + x2 + x3"))
    if not problems and len(lines) > MAX_VARIABLES:
        problems.append(Problem(f"{len(lines)} observed variables", allowed=f"at most {MAX_VARIABLES}"))
    if not frame.columns.is_unique:
        doubled = dict.fromkeys(frame.columns[frame.columns.duplicated()])
        problems += [
            Problem("column stands twice in the data", column=name) for name in doubled if name in lines
        ]
    if problems:
        raise InputError("The data do not hold what the model names.", problems)


def named_like_columns(frame: pd.DataFrame, records: ModelRecords) -> list[str]:
    """A note for the factors and composites that bear the name of a column, which the model then does not use."""
    columns = set(frame.columns)
    latent = dict.fromkeys(term.lhs for term in records.terms if term.op in ("=~", "<~"))
    return [
        f"'{name}' is a latent variable of the model and a column of the data: the column is not used"
        for name in latent
        if name in columns
    ]


def _named_like_products(
    frame: pd.DataFrame, records: ModelRecords, lines: Mapping[str, int]
) -> list[Problem]:
    """Products of names that are no columns, where the data have a column of the whole name (two waves, ``a:1``)."""
    columns = set(frame.columns)
    meant = dict.fromkeys(
        str(term.rhs)
        for term in records.terms
        if isinstance(term.rhs, Product)
        and str(term.rhs) in columns
        and not columns.issuperset(part for part in term.rhs.parts if part in lines)
    )
    return [
        Problem(
            f"'{name}' is a product of two columns; the data have a column of that name", allowed=f"`{name}`"
        )
        for name in meant
    ]


def _needed(names: Sequence[Sequence[str]]) -> list[str]:
    """All columns that the groups' variables need, products resolved."""
    needed: dict[str, None] = {}
    for block in names:
        for name in block:
            for part in columns_of(name):
                needed[part] = None
    return list(needed)


def collect(
    frame: pd.DataFrame,
    names: Sequence[Sequence[str]],
    groups: tuple[tuple[str, ...], tuple[Index, ...]],
    records: ModelRecords | None = None,
    cluster: str | None = None,
    weighting: Weighting = UNWEIGHTED,
) -> Cases:
    """Cases of every group.

    Parameters
    ----------
    frame : DataFrame
        The user's data.
    names : sequence of sequence of str
        Observed variables of each group; ``a:b`` is the product of two columns.
    groups : pair of tuples
        From :func:`split_groups`.
    records : ModelRecords, optional
        To name the model line of an unknown variable.
    cluster : str, optional
        Column of clusters.
    weighting : Weighting
        Sampling weights of the rows, if any.

    Raises
    ------
    InputError
        Listing unknown columns, duplicated columns and columns that are not numbers.
    """
    needed = _needed(names)
    _check_columns(frame, needed, records, cluster)
    table = _numbers(frame, needed)
    place = {name: i for i, name in enumerate(needed)}
    _check_range(table, needed)
    codes = cluster_codes(frame, cluster)
    if codes is not None and not (records and records.levels):
        check_clusters(codes, groups, cluster)
    values = []
    for block, rows in zip(names, groups[1], strict=True):
        mine = table if len(rows) == len(table) else table[rows]
        values.append(_columns(mine, block, place))
    return Cases(
        groups=groups[0],
        values=tuple(values),
        names=tuple(tuple(block) for block in names),
        clusters=tuple(None if codes is None else codes[rows] for rows in groups[1]),
        rows=groups[1],
        n_given=len(frame),
        index=frame.index,
        weighting=weighting,
    )


def _numbers(frame: pd.DataFrame, needed: Sequence[str]) -> Array:
    """Columns as numbers (rows, columns), NaN where missing."""
    place = {name: i for i, name in enumerate(frame.columns)}
    places = [place[name] for name in needed]
    if all(dtype == np.float64 for dtype in frame.dtypes.array):
        return np.asarray(frame.to_numpy()[:, places])
    dtypes = frame.dtypes.array
    if all(dtypes[at] == np.float64 for at in places):  # beside columns of other kinds: no frame in between
        columns = np.empty((len(places), len(frame)))
        for k, name in enumerate(needed):
            columns[k] = frame[name].to_numpy()
        return columns.T
    chosen = frame.iloc[:, places]
    return np.asarray(chosen.to_numpy(dtype=np.float64, na_value=np.nan))


def _columns(table: Array, block: Sequence[str], place: Mapping[str, int]) -> Array:
    if not any(isinstance(name, Product) for name in block):
        order = [place[name] for name in block]
        return table if order == list(range(table.shape[1])) else table[:, order]
    columns = [np.prod(table[:, [place[part] for part in columns_of(name)]], axis=1) for name in block]
    return np.column_stack(columns)


LARGEST = 1e100  # squares and sums of squares stay finite; a spread below its inverse has no square


def range_problems(table: Array, names: Sequence[str]) -> list[Problem]:
    """Columns with infinite values, or with values whose squares are none that a computer can hold."""
    top = np.fmax.reduce(np.abs(table), axis=0, initial=0.0)
    with np.errstate(invalid="ignore", over="ignore"):  # of what is infinite or nearly so
        spread = np.fmax.reduce(table, axis=0, initial=-np.inf) - np.fmin.reduce(
            table, axis=0, initial=np.inf
        )
    problems = []
    for name, most, wide in zip(names, top.tolist(), spread.tolist(), strict=True):
        if most == np.inf:
            problems.append(Problem("infinite", column=name))
        elif most > LARGEST or 0.0 < wide < 1.0 / LARGEST:
            size = most if most > LARGEST else wide
            message = "too large to square" if most > LARGEST else "varies too little to square"
            problems.append(Problem(message, column=name, value=size, allowed="values in another unit"))
    return problems


def _check_range(table: Array, names: Sequence[str]) -> None:
    problems = range_problems(table, names)
    if problems:
        infinite = any(problem.message == "infinite" for problem in problems)
        raise InputError("Infinite values in the data." if infinite else "Values out of range.", problems)


def check_clusters(
    codes: Index, groups: tuple[tuple[str, ...], tuple[Index, ...]], cluster: str | None
) -> None:
    """Refuse a group whose cases all belong to one cluster: nothing is drawn independently there."""
    problems = [
        Problem(
            f"one cluster only{f' in group {name!r}' if name else ''}", column=cluster, allowed="two or more"
        )
        for name, rows in zip(*groups, strict=True)
        if len(rows) and codes[rows].min() == codes[rows].max()
    ]
    if problems:
        raise InputError("Cluster-robust inference needs clusters.", problems)


def cluster_codes(frame: pd.DataFrame, cluster: str | None) -> Index | None:
    """Codes of the clusters, row by row; None without clusters.

    Raises
    ------
    InputError
        When a row has none.
    """
    if cluster is None:
        return None
    codes, _ = _distinct(frame, cluster)
    if (codes < 0).any():
        missing = int((codes < 0).sum())
        raise InputError(
            "The cluster variable has missing values.", [Problem("missing", column=cluster, value=missing)]
        )
    return np.asarray(codes, dtype=np.int64)


def _check_columns(
    frame: pd.DataFrame, needed: Sequence[str], records: ModelRecords | None, cluster: str | None
) -> None:
    lines: dict[str, int] = {}
    for term in records.terms if records else ():
        for name in (term.lhs, term.rhs):
            for part in columns_of(name):
                lines.setdefault(part, term.line)
    problems = unknown_columns([*needed, *([cluster] if cluster is not None else [])], frame, lines)
    if not problems:
        problems = _bad_types(frame, needed)
    if problems:
        raise InputError("The data do not hold what the model names.", problems)


def _bad_types(frame: pd.DataFrame, needed: Sequence[str]) -> list[Problem]:
    import pandas as pd

    problems = []
    if not frame.columns.is_unique:
        doubled = frame.columns[frame.columns.duplicated()]
        problems += [
            Problem("column stands twice in the data", column=str(n)) for n in doubled if n in needed
        ]
        if problems:
            return problems
    dtypes = dict(zip(frame.columns, frame.dtypes.array, strict=True))
    for name in needed:
        dtype = dtypes[name]
        if dtype == np.float64:
            continue
        if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
            continue
        kind = "categories without order" if isinstance(dtype, pd.CategoricalDtype) else "not a number"
        allowed = "a numeric column, or ordered categories" if kind != "not a number" else "a numeric column"
        problems.append(Problem(kind, column=name, value=str(dtype), allowed=allowed))
    return problems
