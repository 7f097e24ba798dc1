"""Convergent validity of factors from one standardised solution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from comply_measure import sem
from comply_measure.evidence.fits import (
    standardized,
    value_of,
)
from comply_measure.evidence.keying import Turned, with_doubt
from comply_measure.measurement import average_variance_extracted, composite_reliability
from comply_measure.measurement.frames import joined


def construct_validity(
    fit: sem.Fit | sem.FitRecord,
    factors: Mapping[str, Sequence[str]],
    turned: Turned,
    indices: Sequence[str] = (),
) -> pd.DataFrame:
    """Composite reliability and variance extracted of factors, from one standardised solution.

    ``CR = (Σλ)² / ((Σλ)² + Σθ)``, ``AVE = Σλ² / (Σλ² + Σθ)`` (Fornell & Larcker, 1981).

    Parameters
    ----------
    fit : Fit or FitRecord
        A model of correlated factors.
    factors : mapping of str to sequence of str
        Factor -> its indicators.
    turned : mapping of str to tuple of str
        Construct -> items that run against it, for the notes.
    indices : sequence of str
        Observed constructs of the model; they count as correlates, and have no row.

    Returns
    -------
    DataFrame
        ``key, n_indicators, composite_reliability, ave, root_ave, largest_correlation, note``.
    """
    table = standardized(fit)
    every = {**factors, **dict.fromkeys(indices, ())}
    correlations, rows = factor_correlations(table, every), []
    trust = "; ".join(finding.message for finding in fit.problems if finding.serious)
    for factor, members in factors.items():
        loadings = [value_of(table, factor, "=~", name) for name in members]
        residuals = [value_of(table, name, "~~", name) for name in members]
        proper = all(math.isfinite(v) for v in (*loadings, *residuals))
        mine = correlations[(correlations["lhs"] == factor) | (correlations["rhs"] == factor)]["est_std"]
        ave = average_variance_extracted(loadings, residuals) if proper else math.nan
        rows.append(
            {
                "key": factor,
                "n_indicators": len(members),
                "composite_reliability": composite_reliability(loadings, residuals) if proper else math.nan,
                "ave": ave,
                "root_ave": math.sqrt(ave) if ave >= 0 else math.nan,
                "largest_correlation": float(mine.abs().max()) if len(mine) else math.nan,
                "note": joined(trust, "" if ave == ave else "a negative residual variance, or not estimated"),
            }
        )
    data = pd.DataFrame(rows)
    data["note"] = with_doubt(data["note"], [(key, *own) for key, own in factors.items()], turned)
    return data


def factor_correlations(table: pd.DataFrame, factors: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Rows of a table of parameters that correlate two factors."""
    names = set(factors)
    between = (table["op"] == "~~") & table["lhs"].isin(names) & table["rhs"].isin(names)
    return table[between & (table["lhs"] != table["rhs"])].reset_index(drop=True)
