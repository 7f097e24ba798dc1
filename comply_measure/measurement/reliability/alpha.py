"""Cronbach's α with Feldt's interval, under a named convention for missing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import joined, listed, table_values, varying_items
from comply_measure.measurement.keying import names_of, reversal_note
from comply_measure.measurement.moments import Floats, ItemCovariance, Missing, item_covariance
from comply_measure.measurement.ranges import is_count, require
from comply_measure.statistics.checks import is_share, share_faults
from comply_measure.statistics.correlation import to_correlations

IntervalN = Literal["pairs", "rows"]
Engine = Literal["own", "pingouin"]


@dataclass(frozen=True, slots=True)
class Alpha:
    """Cronbach's α of one scale.

    Attributes
    ----------
    alpha, lower, upper : float
        Estimate and Feldt interval; NaN where undefined.
    standardized : float
        α of the correlations.
    mean_r : float
        Mean inter-item correlation.
    n_items : int
        p.
    n_any, n_complete : int
        Informants with any item, and with all items.
    n_interval : int
        n behind the interval.
    missing : str
        ``pairwise`` or ``listwise``.
    confidence : float
        Level of the interval.
    note : str
        Why a value is undefined or doubtful: items that do not vary, or run against the others, by name.
    """

    alpha: float
    lower: float
    upper: float
    standardized: float
    mean_r: float
    n_items: int
    n_any: int
    n_complete: int
    n_interval: int
    missing: str
    confidence: float
    note: str


def alpha_from_covariance(covariance: Floats) -> float:
    """α = p/(p - 1) · (1 - tr C / Σ C) (Cronbach 1951); NaN for one item or a non-positive Σ C."""
    p = len(covariance)
    total = covariance.sum()
    if p < 2 or not total > 1e-12 * max(float(np.trace(covariance)), 1e-300):
        return float("nan")
    return float(p / (p - 1) * (1.0 - np.trace(covariance) / total))


def feldt_interval(alpha: float, n: int, n_items: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of α from the F distribution (Feldt 1965; Feldt, Woodruff & Salih 1987).

    ``(1 - α)·F`` with the quantiles of F on n - 1 and (n - 1)(p - 1) degrees of freedom; exact under
    essentially parallel normal items and independent informants.

    Parameters
    ----------
    alpha : float
        Estimate.
    n, n_items : int
        Informants and p.
    confidence : float

    Returns
    -------
    lower, upper : float
        NaN for an α that is NaN.

    Raises
    ------
    InputError
        α above 1 or infinite, fewer than 2 informants or items, a level outside (0, 1).
    """
    require(
        "Feldt's interval cannot be computed.",
        ("alpha", alpha, "at most 1", not (alpha > 1 or np.isinf(alpha))),
        ("n", n, "at least 2", is_count(n, 2)),
        ("n_items", n_items, "at least 2", is_count(n_items, 2)),
        ("confidence", confidence, "between 0 and 1", is_share(confidence)),
    )
    return feldt_limits(alpha, n, n_items, confidence)


def feldt_limits(alpha: float, n: int, n_items: int, confidence: float) -> tuple[float, float]:
    """Feldt's interval; NaN for an undefined α, fewer than 2 informants or items."""
    from scipy import stats

    if not np.isfinite(alpha) or n < 2 or n_items < 2:
        return float("nan"), float("nan")
    df1, df2, tail = n - 1, (n - 1) * (n_items - 1), (1.0 - confidence) / 2.0
    lower = 1.0 - (1.0 - alpha) * stats.f.ppf(1.0 - tail, df1, df2)
    upper = 1.0 - (1.0 - alpha) * stats.f.ppf(tail, df1, df2)
    return float(lower), float(upper)


def cronbach_alpha(
    values: pd.DataFrame | Floats,
    *,
    missing: Missing = "pairwise",
    interval_n: IntervalN = "pairs",
    confidence: float = 0.95,
    engine: Engine = "own",
    items: Sequence[str] | None = None,
) -> Alpha:
    """Cronbach's α of the columns of an array.

    Parameters
    ----------
    values : ndarray or DataFrame, shape (n, p)
        Item answers, recoded to one direction; NaN where missing.
    missing : {"pairwise", "listwise"}
        Pairwise covariances (the default of psych::alpha), or only informants who answered every item.
    interval_n : {"pairs", "rows"}
        n of the pairwise interval: the smallest number of informants any two items share, or every informant
        with an answer (as psych does, which makes the interval too narrow when much is missing).
    confidence : float
        Level of the interval.
    engine : {"own", "pingouin"}
        Where α itself comes from. pingouin confirms the value; its interval is not used, since it is rounded
        to three decimals and counts the informants that listwise deletion left out.
    items : sequence of str, optional
        Names for the note; a data frame's columns name themselves.

    Returns
    -------
    Alpha
        Without variance, with one item, or with too few answers: NaN and a note.

    Raises
    ------
    InputError
        Unknown option, level outside (0, 1), or an array that is not two-dimensional.
    """
    given = values
    if isinstance(values, pd.DataFrame):
        values = table_values(values, "Alpha cannot be computed.")
    values = np.asarray(values, dtype=np.float64)
    _check(values, missing, interval_n, confidence, engine)
    names = names_of(values.shape[1], items, given)
    moments = item_covariance(values, missing)
    note = _note(moments, missing)
    n = _interval_n(moments, missing, interval_n)
    alpha = float("nan")
    if not note:
        alpha = alpha_from_covariance(moments.covariance)
        if np.isfinite(alpha) and engine == "pingouin":
            alpha = _pingouin_alpha(values, missing)
        why = "" if np.isfinite(alpha) else "variance of the sum is zero or negative"
        doubt = reversal_note(moments.covariance, names)
        note = joined(listed(varying_items(values, names)[1]), why, doubt)
    lower, upper = feldt_limits(alpha, n, values.shape[1], confidence)
    correlation = to_correlations(moments.covariance)
    off = correlation[np.triu_indices(len(correlation), 1)]
    return Alpha(
        alpha,
        lower,
        upper,
        alpha_from_covariance(correlation),
        float(off.mean()) if off.size else float("nan"),
        values.shape[1],
        moments.n_any,
        moments.n_complete,
        n,
        missing,
        confidence,
        note,
    )


def _check(values: Floats, missing: str, interval_n: str, confidence: float, engine: str) -> None:
    problems = [
        Problem(name, value=value, allowed=", ".join(get_args(options)))
        for name, value, options in (
            ("missing", missing, Missing),
            ("interval_n", interval_n, IntervalN),
            ("engine", engine, Engine),
        )
        if value not in get_args(options)
    ]
    problems += share_faults("confidence", confidence)
    if values.ndim != 2 or np.isinf(values).any():
        problems.append(
            Problem("values", value=values.shape, allowed="informants × items, finite or missing")
        )
    if problems:
        raise InputError("α cannot be computed.", problems)


def _note(moments: ItemCovariance, missing: str) -> str:
    if len(moments.covariance) < 2:
        return "one item: α is undefined"
    if missing == "listwise" and moments.n_complete < 2:
        return "fewer than 2 complete informants"
    if np.isnan(moments.covariance).any():
        return "two items share fewer than 2 informants"
    return ""


def _interval_n(moments: ItemCovariance, missing: str, interval_n: str) -> int:
    if missing == "listwise":
        return moments.n_complete
    if interval_n == "rows":
        return moments.n_any
    return int(moments.n_pairs.min()) if moments.n_pairs.size else 0


def _pingouin_alpha(values: NDArray[np.float64], missing: str) -> float:
    import pingouin

    frame = pd.DataFrame(values, columns=[f"item{j}" for j in range(values.shape[1])])
    return float(pingouin.cronbach_alpha(frame, nan_policy=missing)[0])
