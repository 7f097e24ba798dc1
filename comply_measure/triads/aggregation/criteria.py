"""Does a unit score tell a criterion beyond what is known without it? Cluster-robust incremental validity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, evenly_scaled, without_variance
from comply_measure.statistics.cluster_robust import cluster_robust, few_clusters_note
from comply_measure.statistics.multiplicity import holm
from comply_measure.tables.numbers import column_problem

_NOTHING = ("r_squared_controls", "r_squared", "delta_r_squared", "beta", "se", "df", "lower", "upper", "p")


def incremental_validity(
    data: pd.DataFrame,
    criteria: Sequence[str],
    score: str,
    controls: Sequence[str] = (),
    *,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Regress each criterion on the controls and the score.

    ``ΔR² = R²(controls, score) − R²(controls)``; β is that of the score with criterion and score standardised over the
    units used. Its error is CR2 with Satterthwaite degrees of freedom, clustered as the data are (Bell & McCaffrey
    2002; Pustejovsky & Tipton 2018); without clusters every unit is its own (HC2). p_holm corrects over the criteria.
    A score with error tells less than what it measures, and its β need not be smaller than the true one where controls
    are related to it.

    Parameters
    ----------
    data : DataFrame
        One row per unit.
    criteria : sequence of str
        Numeric columns.
    score : str
        Numeric column.
    controls : sequence of str
        Columns taken into account first: numbers, or categories as indicators.
    cluster : str, optional
        Column of the firm.

    Returns
    -------
    DataFrame
        One row per criterion: criterion, score, n_units, n_clusters, r_squared_controls, r_squared, delta_r_squared,
        beta, se, df, lower, upper (95 %), p, p_holm, note.

    Raises
    ------
    InputError
        Absent columns, or numbers that are none.
    """
    _check(data, [*criteria, score], [*controls, *([cluster] if cluster else [])])
    found = pd.DataFrame([_row(data, name, score, controls, cluster) for name in criteria])
    if len(found):
        found.insert(
            list(found.columns).index("p") + 1, "p_holm", holm(found["p"].to_numpy(dtype=np.float64))
        )
    return found


def _check(data: pd.DataFrame, numbers: Sequence[str], others: Sequence[str]) -> None:
    columns = [str(name) for name in data.columns]
    every = list(dict.fromkeys([*numbers, *others]))
    problems = [
        Problem("column is absent" if columns.count(name) == 0 else "column stands twice", column=name)
        for name in every
        if columns.count(name) != 1
    ]
    for name in every:
        numeric = columns.count(name) == 1 and pd.api.types.is_numeric_dtype(data[name])
        if columns.count(name) == 1 and (name in numbers or numeric):
            fault = column_problem(data, name)
            problems += [] if fault is None else [fault]
    if problems:
        raise InputError("Incremental validity cannot be computed.", problems)


def _row(
    data: pd.DataFrame, criterion: str, score: str, controls: Sequence[str], cluster: str | None
) -> dict[str, object]:
    used = data[[criterion, score, *controls]].notna().all(axis=1)
    rows = data[used]
    codes = np.arange(len(rows), dtype=np.int64)
    if cluster is not None:
        named = (
            rows[cluster].astype(object).where(rows[cluster].notna(), pd.Series(range(len(rows)), rows.index))
        )
        codes = pd.factorize(named)[0].astype(np.int64)
    known = _known(rows, controls)
    y, x = (rows[name].to_numpy(dtype=np.float64) for name in (criterion, score))
    head: dict[str, object] = {
        "criterion": criterion,
        "score": score,
        "n_units": len(rows),
        "n_clusters": int(codes.max(initial=-1)) + 1,
        **dict.fromkeys(_NOTHING, np.nan),
    }
    why = _obstacle(y, x, known, int(codes.max(initial=-1)) + 1)
    if why:
        return head | {"note": why}
    y, x = (y - y.mean()) / y.std(), (x - x.mean()) / x.std()
    X = np.column_stack([known, x])
    beta, residuals = _solved(X, y)
    _, before = _solved(known, y)
    robust = cluster_robust(X, residuals, codes)
    contrast = np.eye(X.shape[1])[[-1]]
    b, se = float(beta[-1]), float(np.sqrt(robust.covariance[-1, -1]))
    df = float(robust.degrees_of_freedom(contrast)[0])
    half = float(scipy.stats.t.ppf(0.975, df)) * se
    total = float(y @ y)
    shares = (1 - float(before @ before) / total, 1 - float(residuals @ residuals) / total)
    return head | {
        "r_squared_controls": shares[0],
        "r_squared": shares[1],
        "delta_r_squared": shares[1] - shares[0],
        "beta": b,
        "se": se,
        "df": df,
        "lower": b - half,
        "upper": b + half,
        "p": float(2 * scipy.stats.t.sf(abs(b / se), df)),
        "note": few_clusters_note(robust.n_clusters) if cluster is not None else "",
    }


def _known(rows: pd.DataFrame, controls: Sequence[str]) -> Floats:
    """Intercept, standardised numbers, indicators of all but the most frequent category."""
    columns = [np.ones(len(rows))]
    for name in controls:
        values = rows[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            x = values.to_numpy(dtype=np.float64)
            columns.append((x - x.mean()) / x.std() if len(x) and x.std() > 0 else np.zeros(len(x)))
        else:
            words = values.astype("string")
            columns += [
                (words == level).to_numpy(dtype=np.float64) for level in words.value_counts().index[1:]
            ]
    return np.column_stack(columns)


def _obstacle(y: Floats, x: Floats, known: Floats, n_clusters: int) -> str:
    if len(y) <= known.shape[1] + 2 or n_clusters <= known.shape[1] + 1:
        return "too few units or clusters"
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        return "values are not finite"
    if without_variance(y) or without_variance(x):
        return "the criterion or the score does not vary"
    full = evenly_scaled(np.column_stack([known, x]))[0]
    return "" if np.linalg.matrix_rank(full) == full.shape[1] else "controls and score determine each other"


def _solved(X: Floats, y: Floats) -> tuple[Floats, Floats]:
    scaled, units = evenly_scaled(X)
    beta = np.asarray(np.linalg.lstsq(scaled, y, rcond=None)[0] / units, dtype=np.float64)
    return beta, np.asarray(y - X @ beta, dtype=np.float64)
