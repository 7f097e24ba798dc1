"""Correlated dimensions within and between units: a two-level model beside that of pooled informants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.fits import NamedFit
from comply_measure.models import correlated_factors
from comply_measure.statistics.reasons import with_reasons

_CORRELATIONS = ("within", "within_lower", "within_upper", "between", "between_lower", "between_upper")


@dataclass(frozen=True, eq=False)
class TwoLevel:
    """A two-level model of correlated dimensions.

    Parameters
    ----------
    named : NamedFit
    correlations : DataFrame
        ``first, second, within, within_lower, within_upper, between, between_lower, between_upper, reason``:
        correlations of the dimensions among informants of one unit, and among units; NaN for the reason said.
    n_units, n_informants, n_left_out : int
        Units and informants of the fit; informants left out for a missing indicator.
    estimator : str
    """

    named: NamedFit
    correlations: pd.DataFrame
    n_units: int
    n_informants: int
    n_left_out: int
    estimator: str


def two_level(data: pd.DataFrame, factors: Mapping[str, Sequence[str]], estimator: str = "MLR") -> TwoLevel:
    """Fit correlated dimensions on both levels, units being the clusters (Muthén 1994).

    Pooled informants mix two relations: what informants of one unit see alike beyond their unit, and how units
    differ. The same structure is fitted on both levels with loadings of their own; units count as independent.

    Parameters
    ----------
    data : DataFrame
        ``unit`` and the indicators, a row per informant; rows with a missing indicator are left out.
    factors : mapping of str to sequence of str
        Dimension -> indicators.
    estimator : str

    Returns
    -------
    TwoLevel

    Raises
    ------
    ComplyError
        If there are fewer units than parameters on the level of units, or the model is refused.
    """
    names = [name for members in factors.values() for name in members]
    rows = data.dropna(subset=names)
    units = int(rows["unit"].nunique())
    needed = 3 * len(names) + len(factors) * (len(factors) - 1) // 2
    if units < needed:
        raise ComplyError(
            f"{units} units with complete informants for {needed} parameters of the level of units"
        )
    upper = {f"{factor}.units": members for factor, members in factors.items()}
    text = f"level: 1\n{correlated_factors(factors)}\nlevel: 2\n{correlated_factors(upper)}"
    fit = sem.fit(text, rows[["unit", *names]], estimator=estimator, cluster="unit")
    return TwoLevel(
        NamedFit("two_level", "Within and between units", fit),
        _correlations(fit, list(factors)),
        units,
        len(rows),
        len(data) - len(rows),
        f"{estimator}, two levels, complete informants, units as clusters",
    )


def _correlations(fit: sem.Fit, factors: Sequence[str]) -> pd.DataFrame:
    estimates = fit.standardized("all") if fit.has_optimum else pd.DataFrame(columns=["lhs", "op", "rhs"])
    rows = {
        (row["lhs"], row["rhs"]): (row["est_std"], row["ci_lower"], row["ci_upper"])
        for row in estimates[estimates["op"] == "~~"].to_dict("records")
    }
    nothing = (np.nan, np.nan, np.nan)
    found = []
    for first, second in combinations(factors, 2):
        values: dict[str, float] = {}
        for level, (a, b) in (
            ("within", (first, second)),
            ("between", (f"{first}.units", f"{second}.units")),
        ):
            estimate = rows.get((a, b), rows.get((b, a), nothing))
            values |= dict(zip((level, f"{level}_lower", f"{level}_upper"), estimate, strict=True))
        found.append({"first": first, "second": second, **values})
    none = f"the model {fit.unreached}" if fit.unreached else "not defined in this solution"
    table = pd.DataFrame(
        found, columns=["first", "second", *_CORRELATIONS]
    )  # empty where there is one dimension
    return with_reasons(table, dict.fromkeys(_CORRELATIONS, none))
