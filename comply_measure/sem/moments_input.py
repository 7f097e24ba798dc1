"""Printed moments (covariances, correlations, means) → :class:`Sample`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arguments import is_number
from comply_measure.sem.arrays import Array
from comply_measure.sem.data import LARGEST, nearest
from comply_measure.sem.errors import InputError
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.statistics.foreign_frames import as_pandas

if TYPE_CHECKING:
    import pandas as pd

SYMMETRY = 1e-6  # relative asymmetry of a printed matrix that is taken for rounding


def named_groups(cov: Any, nobs: Any, mean: Any, sd: Any) -> tuple[tuple[str, ...], list[Any], list[Any]]:
    """Names of the groups, their matrices and their (nobs, mean, sd).

    Raises
    ------
    InputError
        When the arguments do not list the same groups.
    """
    if isinstance(cov, Mapping):
        names: tuple[str, ...] = tuple(str(name) for name in cov)
        matrices = list(cov.values())
    elif isinstance(cov, list | tuple):
        names = tuple(str(i + 1) for i in range(len(cov))) if len(cov) > 1 else ("",)
        matrices = list(cov)
    else:
        names, matrices = ("",), [cov]
    if not names or not matrices:
        raise InputError("The covariance matrix cannot be read.", [Problem("no matrix", column="cov")])
    parts = [_per_group(label, part, names) for label, part in (("nobs", nobs), ("mean", mean), ("sd", sd))]
    return names, matrices, [tuple(part[i] for part in parts) for i in range(len(names))]


def _per_group(label: str, part: Any, names: tuple[str, ...]) -> list[Any]:
    if part is None:
        return [None] * len(names)
    if len(names) == 1 and not (isinstance(part, list | tuple) and label == "nobs"):
        if isinstance(part, Mapping) and set(part) == set(names):
            return [part[names[0]]]
        return [part]
    values = [part.get(name) for name in names] if isinstance(part, Mapping) else list(part)
    if len(values) != len(names) or any(value is None for value in values):
        problem = Problem(f"{len(names)} groups, but not as many entries", column=label, value=len(values))
        raise InputError("The moments do not fit together.", [problem])
    return values


def group_sample(
    name: str,
    matrix: pd.DataFrame,
    wanted: Sequence[str],
    nobs: Any,
    mean: Any,
    sd: Any,
    rescale: bool,
) -> GroupSample:
    """Moments of one group.

    Parameters
    ----------
    name : str
        Name of the group.
    matrix : DataFrame (p, p)
        Covariances or correlations; a lower triangle (the rest empty) is completed.
    wanted : sequence of str
        Variables of the model.
    nobs : int
        Number of cases.
    mean, sd : Series, mapping or sequence, optional
        Means; standard deviations that turn correlations into covariances.
    rescale : bool
        Multiply by (n − 1)/n, because printed covariances have divisor n − 1.

    Raises
    ------
    InputError
        Listing every fault of the matrix.
    """
    problems: list[Problem] = []
    matrix = _with_names(matrix)
    columns = [str(column) for column in matrix.columns]
    if [str(label) for label in matrix.index] != columns:
        problems.append(Problem("index and columns are not the same names"))
    if not is_number(nobs) or not nobs > 1 or nobs != int(nobs):
        problems.append(
            Problem("not a number of cases", column="nobs", value=nobs, allowed="an integer above 1")
        )
    problems += [
        nearest(variable, columns, "the covariance matrix") for variable in wanted if variable not in columns
    ]
    if problems:
        raise InputError("The moments cannot be used.", problems)
    if any(np.issubdtype(kind, np.complexfloating) for kind in matrix.dtypes if isinstance(kind, np.dtype)):
        fault = Problem("not numbers", column="cov", allowed="real numbers")
        raise InputError("The moments cannot be used.", [fault])
    full = _complete(_as_numbers(matrix, "cov", lambda: matrix.to_numpy(dtype=np.float64, na_value=np.nan)))
    if sd is not None:
        scale = _vector(sd, columns, "sd")
        full = full * np.outer(scale, scale)
    places = [columns.index(variable) for variable in wanted]
    cov = full[np.ix_(places, places)]
    if rescale:
        cov = cov * (nobs - 1) / nobs
    level = None if mean is None else _vector(mean, columns, "mean")[places]
    return GroupSample(name, tuple(wanted), int(nobs), cov, level)


def _with_names(matrix: Any) -> pd.DataFrame:
    """The matrix with names of rows; tables of other libraries have none, and numbers from 0 on are none.

    They are then those of the columns, in order.
    """
    found = as_pandas(matrix)
    if found is None:
        problem = Problem("a data frame with variable names as index and columns is needed")
        raise InputError("The covariance matrix cannot be read.", [problem])
    if isinstance(matrix, type(found)) and not _is_numbered(found):
        return found
    if found.shape[0] != found.shape[1]:
        size = f"{found.shape[0]} rows and {found.shape[1]} columns"
        problem = Problem(
            "a table without names of rows is not square", value=size, allowed="a row per column"
        )
        raise InputError("The covariance matrix cannot be read.", [problem])
    return found.set_axis(found.columns, axis=0)


def _is_numbered(found: pd.DataFrame) -> bool:
    """Whether rows have numbers from 0 on, and columns names."""
    return list(found.index) == list(range(len(found))) and found.columns.inferred_type == "string"


def _complete(matrix: Array) -> Array:
    upper = np.triu_indices(len(matrix), 1)
    above, below = matrix[upper], matrix.T[upper]
    filled = matrix.copy()
    filled[upper] = np.where(np.isnan(above), below, above)
    filled.T[upper] = np.where(np.isnan(below), above, below)
    if np.isnan(filled).any():
        raise InputError("The covariance matrix has empty cells.", [Problem("missing", column="cov")])
    gap = np.abs(filled - filled.T)
    if gap.max(initial=0.0) > SYMMETRY * max(1.0, float(np.abs(filled).max())):
        raise InputError(
            "The covariance matrix is not symmetric.", [Problem("asymmetric", value=float(gap.max()))]
        )
    return np.asarray((filled + filled.T) / 2.0)


def _as_numbers(values: Any, label: str, read: Callable[[], Array]) -> Array:
    """What ``read`` makes of an argument, if it is numbers that can be squared.

    Raises
    ------
    InputError
        For texts, tables of another shape, infinite or immense values.
    """
    try:
        found = read()
    except (TypeError, ValueError) as error:
        problem = Problem(
            "not numbers", column=label, value=type(values).__name__, allowed="one number per variable"
        )
        raise InputError("The moments cannot be used.", [problem]) from error
    if np.isinf(found).any() or np.abs(found).max(initial=0.0, where=~np.isnan(found)) > LARGEST:
        problem = Problem("infinite or too large", column=label, allowed="values in another unit")
        raise InputError("The moments cannot be used.", [problem])
    return found


def _vector(values: Any, columns: Sequence[str], label: str) -> Array:
    if hasattr(values, "columns"):
        raise InputError("The moments cannot be used.", [Problem("a table", column=label, allowed="one row")])
    return _as_numbers(values, label, lambda: _read_vector(values, columns, label))


def _read_vector(values: Any, columns: Sequence[str], label: str) -> Array:
    if hasattr(values, "index") and not callable(values.index):
        values = {str(key): value for key, value in zip(values.index, values, strict=True)}
    if isinstance(values, Mapping):
        lost = [column for column in columns if column not in values]
        if lost:
            raise InputError(
                f"The argument {label} lacks variables.", [Problem("missing", column=c) for c in lost]
            )
        return np.array([float(values[column]) for column in columns])
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    if len(array) != len(columns):
        problem = Problem("wrong length", column=label, value=len(array), allowed=str(len(columns)))
        raise InputError(f"The argument {label} does not fit the covariance matrix.", [problem])
    return array


def is_correlation(sample: Sample) -> bool:
    """Whether every diagonal is one (up to the (n − 1)/n correction)."""
    for group in sample.groups:
        diagonal = group.cov.diagonal()
        plain, corrected = np.allclose(diagonal, 1.0), np.allclose(diagonal, (group.n - 1) / group.n)
        if not (plain or corrected):
            return False
    return True
