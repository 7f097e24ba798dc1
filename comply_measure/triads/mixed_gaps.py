"""Mean role gaps from a mixed model: every unit counts, also those that lack a role."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from comply_measure.errors import InputError, Problem
from comply_measure.triads.data import TriadData
from comply_measure.triads.grouping import Floats
from comply_measure.triads.multiplicity import holm
from comply_measure.triads.reliability_oneway import check_confidence
from comply_measure.triads.reliability_twoway import reml_obstacle, role_design
from comply_measure.triads.reml_fit import fit_reml

Family = Literal["all", "column", "pair"]


def role_contrasts(data: TriadData, *, family: Family = "all", confidence: float = 0.95) -> pd.DataFrame:
    """Differences between role means with units random and roles fixed, REML variances.

    ``x_gr = μ_r + u_g + e_gr``. A contrast's standard error comes from the generalised least squares
    covariance of the role means, its t has N - G - R + 1 degrees of freedom (observations, units, roles).
    With complete units the means are the paired differences, tested with one pooled error variance for all
    pairs. Missing informants are taken to be missing at random.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    family : {"all", "column", "pair"}
        Tests that Holm (1979) corrects together.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per variable and pair: column, pair, estimate, se, t, df, p, p_holm, lower, upper, n_units,
        n_informants, note.

    Raises
    ------
    InputError
        Unknown family or level.
    """
    check_confidence(confidence)
    if family not in get_args(Family):
        raise InputError(
            "Role contrasts", [Problem("family", value=family, allowed=", ".join(get_args(Family)))]
        )
    rows = [
        {"column": column, "pair": pair, **row}
        for j, column in enumerate(data.columns)
        for pair, row in zip(data.pair_names, _column(data, j, confidence), strict=True)
    ]
    table = pd.DataFrame(rows)
    if rows:
        groups = np.zeros(len(table), dtype=int) if family == "all" else pd.factorize(table[family])[0]
        table.insert(list(table.columns).index("p") + 1, "p_holm", holm(table["p"].to_numpy(), groups))
    return table


def _column(data: TriadData, j: int, confidence: float) -> list[dict[str, object]]:
    x = data.values[:, :, j]
    x = x[~np.isnan(x).all(axis=1)]
    counts = {"n_units": len(x), "n_informants": int((~np.isnan(x)).sum())}
    seen = np.flatnonzero(~np.isnan(x).all(axis=0))
    obstacle = reml_obstacle(x)
    df = counts["n_informants"] - len(x) - len(seen) + 1
    means, covariance = np.full(len(data.roles), np.nan), np.full((len(data.roles),) * 2, np.nan)
    if not obstacle and df >= 1:
        fit = fit_reml(x[:, seen], role_design(len(seen), random_roles=False))
        means[seen] = fit.cells[0]
        covariance[np.ix_(seen, seen)] = fit.cells_variance[0]
    elif not obstacle:
        obstacle = "no degrees of freedom"
    return [
        _contrast(means, covariance, a, b, df, confidence)
        | counts
        | {"note": obstacle or _missing(means, a, b)}
        for a, b in data.pairs
    ]


def _missing(means: Floats, a: int, b: int) -> str:
    return "nobody has one of the roles" if np.isnan(means[[a, b]]).any() else ""


def _contrast(
    means: Floats, covariance: Floats, a: int, b: int, df: int, confidence: float
) -> dict[str, object]:
    estimate = float(means[a] - means[b])
    variance = float(covariance[a, a] + covariance[b, b] - 2.0 * covariance[a, b])
    se = float(np.sqrt(variance)) if variance > 0 else float("nan")
    t = estimate / se
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * se if df >= 1 else float("nan")
    return {
        "estimate": estimate,
        "se": se,
        "t": t,
        "df": df if not np.isnan(se) else np.nan,
        "p": float(2 * stats.t.sf(abs(t), df)) if not np.isnan(se) else float("nan"),
        "lower": estimate - half,
        "upper": estimate + half,
    }
