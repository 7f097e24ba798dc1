"""Role gaps: signed, absolute and squared differences between roles, and tests of their means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from comply_measure.errors import InputError, Problem
from comply_measure.triads.data import TriadData
from comply_measure.triads.grouping import Floats
from comply_measure.triads.multiplicity import holm
from comply_measure.triads.reliability_oneway import check_confidence

Family = Literal["all", "column", "pair"]


@dataclass(frozen=True, slots=True)
class RoleGaps:
    """Gaps per unit, pair of roles and variable.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    pairs : tuple of str
        Names of the P pairs, ``first - second``.
    columns : tuple of str
        The J variables.
    signed : ndarray, shape (G, P, J)
        First role minus second role; NaN when either is missing. Of the three gaps of a triad only two are
        free: (a - b) + (b - c) = a - c.
    """

    units: NDArray[Any]
    pairs: tuple[str, ...]
    columns: tuple[str, ...]
    signed: Floats

    @property
    def absolute(self) -> Floats:
        """Absolute gaps, shape (G, P, J)."""
        return np.abs(self.signed)

    @property
    def squared(self) -> Floats:
        """Squared gaps, shape (G, P, J)."""
        return self.signed**2

    def tidy(self) -> pd.DataFrame:
        """One row per unit, pair and variable: unit, pair, column, gap, absolute_gap, squared_gap."""
        G, P, J = self.signed.shape
        gap = self.signed.reshape(-1)
        frame = pd.DataFrame(
            {
                "unit": np.repeat(self.units, P * J),
                "pair": np.tile(np.repeat(np.array(self.pairs, dtype=object), J), G),
                "column": np.tile(np.array(self.columns, dtype=object), G * P),
                "gap": gap,
                "absolute_gap": np.abs(gap),
                "squared_gap": gap**2,
            }
        )
        frame["note"] = np.where(np.isnan(gap), "a role is missing", "")
        return frame

    def summary(self) -> pd.DataFrame:
        """One row per variable and pair: n_units, mean, sd, mean_absolute, root_mean_square, quartiles."""
        rows = []
        for j, column in enumerate(self.columns):
            for place, pair in enumerate(self.pairs):
                gap = self.signed[:, place, j]
                rows.append({"column": column, "pair": pair, **_describe(gap[~np.isnan(gap)])})
        return pd.DataFrame(rows)


def role_gaps(data: TriadData) -> RoleGaps:
    """All pairwise role gaps of every unit and variable.

    Parameters
    ----------
    data : TriadData
        Scores on one scale for all roles. Comparing them assumes that the roles use the scale alike
        (scalar invariance across roles); that is tested elsewhere.

    Returns
    -------
    RoleGaps
        R(R - 1)/2 pairs in the order of the roles.
    """
    first = [a for a, _ in data.pairs]
    second = [b for _, b in data.pairs]
    return RoleGaps(data.units, data.pair_names, data.columns, data.values[:, first] - data.values[:, second])


@dataclass(frozen=True, slots=True)
class GapTests:
    """Tests of mean role gaps; `table` has one row per variable and pair.

    Columns: column, pair, n_units, n_clusters, mean, sd, se, t, df, p, p_holm, lower, upper (of the mean),
    d_z, d_z_hedges, d_z_lower, d_z_upper, mean_absolute, note.
    """

    table: pd.DataFrame
    family: str
    confidence: float
    clustered: bool

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()


def gap_tests(
    data: TriadData,
    *,
    family: Family = "all",
    confidence: float = 0.95,
    cluster: bool = False,
) -> GapTests:
    """Paired t tests of every mean role gap, with Holm's correction and standardised effects.

    ``t = d̄ / (s_d/√n)`` on n - 1 degrees of freedom over the units that have both roles; ``d_z = d̄/s_d``
    and Hedges' ``d_z·[1 - 3/(4(n-1) - 1)]``; its interval inverts the noncentral t distribution
    (Cumming & Finch 2001). With ``cluster=True`` the standard error allows for units of one firm being
    alike: ``se² = C/(C-1) · Σ_c (Σ_{g∈c} (d_g - d̄))² / n²`` on C - 1 degrees of freedom (C firms); d_z then
    has no interval.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    family : {"all", "column", "pair"}
        Tests that Holm (1979) corrects together: the whole table, the pairs of one variable, or the
        variables of one pair.
    confidence : float
        Level of the intervals.
    cluster : bool
        Whether to use the firms as clusters; units without a firm are clusters of their own.

    Returns
    -------
    GapTests
        NaN with a note below two units (or two clusters) or without variance.

    Raises
    ------
    InputError
        Unknown family, a level outside (0, 1), or clusters asked for without firms.
    """
    check_confidence(confidence)
    if family not in get_args(Family):
        raise InputError("Gap tests", [Problem("family", value=family, allowed=", ".join(get_args(Family)))])
    if cluster and data.firms is None:
        raise InputError("Gap tests", [Problem("cluster=True needs the firm of each unit", column="firm")])
    codes = cluster_codes(data) if cluster else None
    gaps = role_gaps(data)
    rows = [
        {"column": column, "pair": pair, **_test(gaps.signed[:, place, j], codes, confidence)}
        for j, column in enumerate(gaps.columns)
        for place, pair in enumerate(gaps.pairs)
    ]
    table = pd.DataFrame(rows)
    if rows:
        p = table["p"].to_numpy()
        groups = np.zeros(len(p), dtype=int) if family == "all" else pd.factorize(table[family])[0]
        table.insert(list(table.columns).index("p") + 1, "p_holm", holm(p, groups))
    return GapTests(table, family, confidence, cluster)


def cluster_codes(data: TriadData) -> NDArray[np.int64]:
    """Number of each unit's firm; units without a firm are firms of their own."""
    codes, labels = pd.factorize(np.asarray(data.firms), use_na_sentinel=True)
    alone = codes < 0
    codes = codes.astype(np.int64)
    codes[alone] = len(labels) + np.arange(alone.sum())
    return codes


def _describe(gap: Floats) -> dict[str, float]:
    n = gap.size
    quartiles = np.quantile(gap, [0.25, 0.5, 0.75]) if n else np.full(3, np.nan)
    return {
        "n_units": n,
        "mean": gap.mean() if n else np.nan,
        "sd": gap.std(ddof=1) if n > 1 else np.nan,
        "mean_absolute": np.abs(gap).mean() if n else np.nan,
        "root_mean_square": float(np.sqrt((gap**2).mean())) if n else np.nan,
        "q25": quartiles[0],
        "median": quartiles[1],
        "q75": quartiles[2],
    }


def _test(gap: Floats, codes: NDArray[np.int64] | None, confidence: float) -> dict[str, object]:
    known = ~np.isnan(gap)
    d = gap[known]
    n = d.size
    clusters = n if codes is None else len(np.unique(codes[known]))
    mean = d.mean() if n else np.nan
    sd = d.std(ddof=1) if n > 1 else np.nan
    se = _standard_error(d, sd, None if codes is None else codes[known], clusters)
    df = clusters - 1
    note = "fewer than 2 units" if n < 2 else "fewer than 2 firms" if clusters < 2 else ""
    # answers are exact decimals: a spread this far below their size is rounding, not variance
    if not note and not sd > 1e-12 * max(1.0, float(np.abs(d).max())):
        note, se = "all gaps equal: no test", np.nan
        sd = 0.0
    t = mean / se if se > 0 else np.nan
    half = stats.t.ppf((1 + confidence) / 2, df) * se if se > 0 else np.nan
    d_z = mean / sd if sd > 0 else np.nan
    # the noncentral t interval assumes independent units
    d_low, d_high = effect_interval(d_z, n, confidence) if codes is None else (np.nan, np.nan)
    return {
        "n_units": n,
        "n_clusters": clusters,
        "mean": mean,
        "sd": sd,
        "se": se,
        "t": t,
        "df": df if df > 0 else np.nan,
        "p": 2 * stats.t.sf(abs(t), df) if df > 0 else np.nan,
        "lower": mean - half,
        "upper": mean + half,
        "d_z": d_z,
        "d_z_hedges": d_z * hedges_factor(n - 1),
        "d_z_lower": d_low,
        "d_z_upper": d_high,
        "mean_absolute": np.abs(d).mean() if n else np.nan,
        "note": note,
    }


def _standard_error(d: Floats, sd: float, codes: NDArray[np.int64] | None, clusters: int) -> float:
    n = d.size
    if n < 2 or clusters < 2:
        return np.nan
    if codes is None:
        return sd / float(np.sqrt(n))
    sums = np.bincount(codes, weights=d - d.mean())
    return float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / n)


def hedges_factor(df: int) -> float:
    """Small-sample factor 1 - 3/(4 df - 1) of a standardised mean difference (Hedges 1981)."""
    return 1.0 - 3.0 / (4.0 * df - 1.0) if df > 0 else np.nan


def effect_interval(d_z: float, n: int, confidence: float) -> tuple[float, float]:
    """Interval of d_z from the noncentral t distribution: the δ whose quantiles meet t = d_z √n, over √n.

    An end is NaN where the distribution cannot be computed (enormous effects).
    """
    if not np.isfinite(d_z) or n < 2:
        return np.nan, np.nan
    from scipy.optimize import brentq

    t, df, tail = d_z * np.sqrt(n), n - 1, (1 - confidence) / 2
    width = np.sqrt(1.0 + t**2 / (2.0 * df))  # about the standard error of the noncentrality

    def bound(probability: float) -> float:
        def miss(delta: float) -> float:
            return float(stats.nct.cdf(t, df, delta)) - probability

        low, high = t - width, t + width
        # widened in small steps: far out the noncentral t distribution is not computable
        while miss(low) < 0:
            low -= width
        while miss(high) > 0:
            high += width
        try:
            return float(brentq(miss, low, high, xtol=1e-12) / np.sqrt(n))
        except ValueError:  # the distribution is NaN somewhere: enormous effects in tiny samples
            return float("nan")

    return bound(1 - tail), bound(tail)
