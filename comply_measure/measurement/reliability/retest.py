"""Test-retest reliability of scores in two or more waves, with measurement error in units of the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_scales, groups, item_values
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.mean_squares import icc_intervals, icc_values, twoway_mean_squares

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Retest:
    """Agreement of repeated scores of the same informants.

    Attributes
    ----------
    icc_agreement, lower, upper : float
        ICC(A,1) with its interval.
    icc_consistency : float
        ICC(C,1).
    correlation : float
        Mean correlation between waves.
    shift, shift_pvalue : float
        Mean difference, last less first wave, and p of the paired t test (two waves) or of F between waves.
    sem_agreement, sem_consistency : float
        Standard error of measurement, with and without systematic differences between waves.
    sdc_agreement, sdc_consistency : float
        Smallest detectable change of one informant, 95 %: ``1.96 · √2 · SEM``.
    sdc_group : float
        Of a mean over n informants: ``sdc_agreement / √n``.
    n_informants, n_waves, n_dropped : int
        Informants with all waves, waves, informants with some but not all.
    confidence : float
    note : str
    """

    icc_agreement: float
    lower: float
    upper: float
    icc_consistency: float
    correlation: float
    shift: float
    shift_pvalue: float
    sem_agreement: float
    sem_consistency: float
    sdc_agreement: float
    sdc_consistency: float
    sdc_group: float
    n_informants: int
    n_waves: int
    n_dropped: int
    confidence: float
    note: str


@dataclass(frozen=True, slots=True)
class RetestTable(Result):
    """Test-retest reliability per score and group.

    Attributes
    ----------
    rows : mapping of (score, group) to Retest
    """

    rows: Mapping[tuple[str, str], Retest]

    def tidy(self) -> pd.DataFrame:
        """One row per score and group; columns are the attributes of :class:`Retest`."""
        names = Retest.__dataclass_fields__
        return pd.DataFrame(
            [
                {"score": score, "group": group, **{name: getattr(row, name) for name in names}}
                for (score, group), row in self.rows.items()
            ]
        )


def retest(values: Floats, *, confidence: float = 0.95) -> Retest:
    """Test-retest reliability of one score.

    From the two-way analysis of variance of n informants by k waves with mean squares of informants (R), waves (C)
    and error (E): ``ICC(A,1) = (MSR − MSE)/(MSR + (k−1)MSE + k(MSC − MSE)/n)`` and ICC(C,1) without the last term
    (McGraw & Wong 1996, with their interval). ``SEM_agreement = √(σ²_wave + σ²_error)``, ``σ²_wave = max(0, (MSC −
    MSE)/n)``, ``SEM_consistency = √MSE``, ``SDC = 1.96·√2·SEM`` (de Vet et al. 2006).

    Parameters
    ----------
    values : ndarray, shape (n, k)
        One row per informant, one column per wave; NaN = missing.
    confidence : float

    Returns
    -------
    Retest
        NaN with a note for fewer than 3 informants in all waves or scores without variance.

    Raises
    ------
    InputError
        Fewer than two waves, or a level outside (0, 1).
    """
    values = np.asarray(values, dtype=np.float64)
    _check(values, confidence)
    complete = ~np.isnan(values).any(axis=1)
    dropped = int((~np.isnan(values[~complete]).all(axis=1)).sum())
    x = values[complete]
    n, k = x.shape
    if n < 3 or np.ptp(x) == 0:
        note = "fewer than 3 informants in all waves" if n < 3 else "all scores equal"
        return Retest(
            NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, n, k, dropped, confidence, note
        )
    msr, msc, mse = twoway_mean_squares(x)
    if (x == x[:, :1]).all():  # nothing left but rounding
        msc = mse = 0.0
    agreement, consistency, *_ = icc_values(msr, mse, (msc - mse) / n, k)
    below, above = icc_intervals(msr, msc, mse, n, k, confidence)
    sem_a = float(np.sqrt(max(0.0, (msc - mse) / n) + mse))
    sem_c = float(np.sqrt(mse))
    factor = 1.96 * np.sqrt(2.0)
    f = msc / mse if mse > 0 else np.inf if msc > 0 else NAN
    return Retest(
        agreement,
        below[0],
        above[0],
        consistency,
        _mean_correlation(x),
        float(x[:, -1].mean() - x[:, 0].mean()),
        float(scipy.stats.f.sf(f, k - 1, (n - 1) * (k - 1))),
        sem_a,
        sem_c,
        float(factor * sem_a),
        float(factor * sem_c),
        float(factor * sem_a / np.sqrt(n)),
        n,
        k,
        dropped,
        confidence,
        _note(x, msc, mse),
    )


def _note(x: Floats, msc: float, mse: float) -> str:
    if (np.ptp(x, axis=0) == 0).any():
        return "a wave does not vary: no correlation"
    if mse <= 0 and msc <= 0:
        return "all waves are equal: no interval and no test of a shift"
    return ""


def retest_table(
    data: pd.DataFrame,
    scores: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    pooled: bool = True,
    confidence: float = 0.95,
) -> RetestTable:
    """Test-retest reliability of several scores, by role and pooled.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    scores : mapping of str to sequence of str
        Columns of each score, one per wave in order.
    by : str, optional
        Column of the groups.
    pooled : bool
    confidence : float

    Returns
    -------
    RetestTable

    Raises
    ------
    InputError
        Absent columns, fewer than two waves.
    """
    check_scales(data, scores, [by])
    rows = {
        (score, group): retest(item_values(data, columns)[members], confidence=confidence)
        for score, columns in scores.items()
        for group, members in groups(data, by, pooled)
    }
    return RetestTable(rows)


def _mean_correlation(x: Floats) -> float:
    if (np.ptp(x, axis=0) == 0).any():
        return NAN
    r = np.asarray(np.corrcoef(x, rowvar=False))
    return float(r[np.triu_indices(x.shape[1], 1)].mean())


def _check(values: Floats, confidence: float) -> None:
    problems = []
    if values.ndim != 2 or values.shape[1] < 2:
        problems.append(Problem("waves", value=values.shape, allowed="informants × at least 2 waves"))
    problems += share_faults("confidence", confidence)
    if problems:
        raise InputError("Test-retest reliability cannot be computed.", problems)
