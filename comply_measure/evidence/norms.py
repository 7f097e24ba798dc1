"""Norms of attributes from a file: what makes levels of different attributes comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.words import did_you_mean

_COLUMNS = ("name", "norm", "se")


def read_norms(
    path: Path, attributes: Mapping[str, Sequence[str]], limits: tuple[float, float]
) -> pd.DataFrame:
    """Norms of attributes: the mean that a reference population has, or that experts expect of an adequate unit.

    Parameters
    ----------
    path : Path
        CSV with a row per attribute or item: ``name`` (its key), ``norm`` (points of the answer scale, recoded so that
        high means more of the construct) and, optional, ``se`` (its standard error; 0 where it is left out). An
        attribute without a row of its own has the mean of its items' norms, if all of them are there.
    attributes : mapping of str to sequence of str
        Attribute -> its items.
    limits : tuple of float
        Ends of the answer scale.

    Returns
    -------
    DataFrame
        ``column, norm, norm_se``, a row per attribute; NaN without a norm.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    rows = _rows(path)
    known = [*attributes, *(item for items in attributes.values() for item in items)]
    problems: list[Problem] = []
    values: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows.to_dict("records"), start=2):
        name = row["name"].strip()
        if name not in known:
            hint = did_you_mean(name, known)
            problems.append(
                Problem(
                    f"neither an attribute nor an item{hint}",
                    file=str(path),
                    row=number,
                    column="name",
                    value=name,
                )
            )
        if name in values:
            problems.append(Problem("named twice", file=str(path), row=number, column="name", value=name))
        norm, se = _number(row["norm"]), _number(row.get("se", "") or "0")
        allowed = f"{limits[0]:g} to {limits[1]:g}"
        if not limits[0] <= norm <= limits[1]:
            problems.append(
                Problem(
                    "no norm", file=str(path), row=number, column="norm", value=row["norm"], allowed=allowed
                )
            )
        if not 0 <= se < np.inf:
            problems.append(
                Problem(
                    "no standard error",
                    file=str(path),
                    row=number,
                    column="se",
                    value=row["se"],
                    allowed="0 or more",
                )
            )
        values[name] = (norm, se)
    if problems:
        raise InputError(f"{path} cannot be used as norms.", problems)
    return pd.DataFrame(
        [(key, *_norm(key, items, values)) for key, items in attributes.items()],
        columns=["column", "norm", "norm_se"],
    )


def _rows(path: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        problem = Problem("cannot be read as CSV", file=str(path), value=type(error).__name__)
        raise InputError("The norms cannot be read.", [problem]) from None
    columns = [str(name) for name in rows.columns]
    wrong = [Problem("column is absent", file=str(path), column=c) for c in _COLUMNS[:2] if c not in columns]
    wrong += [
        Problem("unknown column", file=str(path), column=c, allowed=", ".join(_COLUMNS))
        for c in columns
        if c not in _COLUMNS
    ]
    if wrong:
        raise InputError("The norms cannot be read.", wrong)
    return rows


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _norm(key: str, items: Sequence[str], values: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    if key in values:
        return values[key]
    own = [values[item] for item in items if item in values]
    if not items or len(own) < len(items):
        return np.nan, np.nan
    norms, errors = zip(*own, strict=True)
    return float(np.mean(norms)), float(np.sqrt(np.sum(np.square(errors)))) / len(items)
