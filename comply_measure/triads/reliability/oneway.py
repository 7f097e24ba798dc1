"""One-way reliability of unit means: ICC(1) and ICC(2) with informants taken as exchangeable.

For roles, which are distinguishable, see :mod:`comply_measure.triads.reliability.twoway`: the one-way
model counts a role's general bias as error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.mean_squares import OnewayAnova, icc_of_f, oneway_anova
from comply_measure.tables.long_table import long_table
from comply_measure.triads.reml.oneway import OnewayReml, fit_oneway

Size = Literal["n0", "mean"]


@dataclass(frozen=True, slots=True)
class OnewayReliability(Result):
    """ICC(1) and ICC(2) of several variables.

    Attributes
    ----------
    columns : tuple of str
        Variables.
    anova : OnewayAnova
        Mean squares behind them.
    size : str
        Which average size entered ICC(1).
    confidence : float
        Level of the intervals.
    icc1, icc2 : ndarray, shape (J,)
        Estimates; negative values are kept.
    icc1_lower, icc1_upper, icc2_lower, icc2_upper : ndarray
        Intervals from the F distribution.
    f, p : ndarray
        F test of ICC(1) = 0.
    """

    columns: tuple[str, ...]
    anova: OnewayAnova
    size: str
    confidence: float
    icc1: Floats
    icc1_lower: Floats
    icc1_upper: Floats
    icc2: Floats
    icc2_lower: Floats
    icc2_upper: Floats
    f: Floats
    p: Floats

    def tidy(self) -> pd.DataFrame:
        """One row per variable, with the mean squares, the counts and a note."""
        anova = self.anova
        frame = pd.DataFrame({"column": self.columns, "icc1": self.icc1})
        for name in ("icc1_lower", "icc1_upper", "icc2", "icc2_lower", "icc2_upper", "f"):
            frame[name] = getattr(self, name)
        frame["df1"], frame["df2"], frame["p"] = anova.dfb, anova.dfw, self.p
        frame["msb"], frame["msw"] = anova.msb, anova.msw
        frame["n_units"], frame["n_informants"] = anova.n_units.astype(int), anova.n_informants.astype(int)
        frame["mean_size"], frame["n0"] = anova.mean_size, anova.n0
        frame["note"] = self._notes()
        return frame

    def _notes(self) -> list[str]:
        notes = []
        anova = self.anova
        for j in range(len(self.columns)):
            if anova.dfb[j] < 1:
                notes.append("fewer than 2 units")
            elif anova.dfw[j] < 1:
                notes.append("no unit with 2 informants")
            elif anova.msb[j] + anova.msw[j] == 0:
                notes.append("all answers equal")
            elif anova.msw[j] == 0:
                notes.append("no variance within units")
            elif anova.msb[j] == 0:
                notes.append("no variance between units: ICC(2) undefined")
            elif np.isclose(anova.mean_size[j], anova.n0[j], rtol=1e-12):
                notes.append("")
            else:
                notes.append("unequal unit sizes: intervals approximate")
        return notes


def icc_oneway(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    size: Size = "n0",
    confidence: float = 0.95,
) -> OnewayReliability:
    """ICC(1) and ICC(2) from the one-way analysis of variance (Bartko 1976; Bliese 2000).

    ``ICC(1) = (MSB - MSW) / (MSB + (n* - 1) MSW)`` and ``ICC(2) = (MSB - MSW) / MSB``. The test is
    ``F = MSB/MSW`` on G - 1 and N - G degrees of freedom. With F_L = F/F_{1-α/2}(df1, df2) and
    F_U = F·F_{1-α/2}(df2, df1) the intervals are ``(F_L - 1)/(F_L + n* - 1)`` and ``1 - 1/F_L``, upper ends
    alike (Shrout & Fleiss 1979): exact for equal sizes, approximate otherwise. Negative estimates are kept.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : sequence of str
        Scores; each uses the informants who have it. Units with one informant count between units only.
    unit : str
        Column with the unit's key.
    size : {"n0", "mean"}
        n*: ``n0 = (N - Σ n_g²/N)/(G - 1)``, the unbalanced analysis of variance; or the arithmetic mean size
        as in the R package multilevel. Equal when sizes are equal.
    confidence : float
        Level of the intervals.

    Returns
    -------
    OnewayReliability
        NaN with a note where undefined.

    Raises
    ------
    InputError
        Unusable table or option.
    """
    check_confidence(confidence)
    if size not in get_args(Size):
        raise InputError("ICC options", [Problem("size", value=size, allowed=", ".join(get_args(Size)))])
    table = long_table(data, columns, unit=unit)
    anova = oneway_anova(table.values, table.grouping())
    n_star = anova.n0 if size == "n0" else anova.mean_size
    tail = (1.0 + confidence) / 2.0
    with np.errstate(invalid="ignore", divide="ignore"):
        f = anova.msb / anova.msw
        f = np.where((anova.msw == 0) & (anova.msb == 0), np.nan, f)
        low = f / scipy.stats.f.ppf(tail, anova.dfb, anova.dfw)
        high = f * scipy.stats.f.ppf(tail, anova.dfw, anova.dfb)
        msb = np.where(anova.msb > 0, anova.msb, np.nan)  # ICC(2) has no value without variance of means
        return OnewayReliability(
            table.columns,
            anova,
            size,
            confidence,
            icc1=(anova.msb - anova.msw) / (anova.msb + (n_star - 1.0) * anova.msw),
            icc1_lower=icc_of_f(low, n_star),
            icc1_upper=icc_of_f(high, n_star),
            icc2=(msb - anova.msw) / msb,
            icc2_lower=np.where(np.isnan(msb), np.nan, 1.0 - 1.0 / low),
            icc2_upper=np.where(np.isnan(msb), np.nan, 1.0 - 1.0 / high),
            f=f,
            p=scipy.stats.f.sf(f, anova.dfb, anova.dfw),
        )


@dataclass(frozen=True, slots=True)
class RemlReliability(Result):
    """ICC(1) and ICC(2) by REML, one :class:`OnewayReml` per variable.

    Attributes
    ----------
    columns : tuple of str
        Variables.
    fits : tuple of OnewayReml
        Variance components and intervals.
    n_units, n_informants : ndarray, shape (J,)
        Counts.
    confidence : float
        Level of the profile intervals.
    """

    columns: tuple[str, ...]
    fits: tuple[OnewayReml, ...]
    n_units: Floats
    n_informants: Floats
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """One row per variable.

        Columns: column, icc1, icc1_lower, icc1_upper, icc2, icc2_lower, icc2_upper (Spearman-Brown at the
        mean size), variance_between, variance_within, n_units, n_informants, mean_size, note.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            size = self.n_informants / self.n_units
        single = {
            "icc1": np.array([fit.icc1 for fit in self.fits]),
            "icc1_lower": np.array([fit.lower for fit in self.fits]),
            "icc1_upper": np.array([fit.upper for fit in self.fits]),
        }
        mean = {name.replace("1", "2", 1): spearman_brown(x, size) for name, x in single.items()}
        return pd.DataFrame(
            {
                "column": self.columns,
                **single,
                **mean,
                "variance_between": [fit.between for fit in self.fits],
                "variance_within": [fit.within for fit in self.fits],
                "n_units": self.n_units.astype(int),
                "n_informants": self.n_informants.astype(int),
                "mean_size": size,
                "note": [fit.note for fit in self.fits],
            }
        )


def spearman_brown(reliability: Floats, length: Floats | float) -> Floats:
    """Reliability of a mean of `length` parallel measures, ``k ρ / (1 + (k - 1) ρ)``."""
    return np.asarray(length * reliability / (1.0 + (length - 1.0) * reliability))


def icc_oneway_reml(
    data: pd.DataFrame, columns: Sequence[str], *, unit: str = "unit", confidence: float = 0.95
) -> RemlReliability:
    """ICC(1) = τ²/(τ² + σ²) by restricted maximum likelihood, and ICC(2) at the mean unit size.

    Unlike the analysis of variance it weighs units of unequal size efficiently, and it cannot be negative: a
    variable whose units differ less than chance gets 0 and a note. Intervals are profile likelihood. Bliese
    (2000); Patterson & Thompson (1971).

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : sequence of str
        Scores; each uses the informants who have it.
    unit : str
        Column with the unit's key.
    confidence : float
        Level of the intervals.

    Raises
    ------
    InputError
        Unusable table or level.
    """
    check_confidence(confidence)
    table = long_table(data, columns, unit=unit)
    grouping = table.grouping()
    fits = tuple(fit_oneway(column, grouping, confidence) for column in table.values.T)
    anova = oneway_anova(table.values, grouping)
    return RemlReliability(table.columns, fits, anova.n_units, anova.n_informants, confidence)
