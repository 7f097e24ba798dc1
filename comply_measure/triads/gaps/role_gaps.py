"""Role gaps: signed, absolute and squared differences between roles, and tests of their means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from scipy import special

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.cluster_robust import clustered_means, few_clusters_note
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.data.triad_data import TriadData

Family = Literal["all", "column", "pair"]


@dataclass(frozen=True, slots=True)
class RoleGaps(Result):
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
        """Absolute gaps, shape (G, P, J); NaN where a role is missing."""
        return np.abs(self.signed)

    @property
    def squared(self) -> Floats:
        """Squared gaps, shape (G, P, J); NaN where a role is missing."""
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
        """One row per variable and pair: n_units, mean, sd, mean_absolute, root_mean_square, quartiles, note."""
        P, J = len(self.pairs), len(self.columns)
        parts = [_describe(self.signed[:, :, j]) for j in range(J)]
        labels = {
            "column": np.repeat(np.array(self.columns, dtype=object), P),
            "pair": np.tile(np.array(self.pairs, dtype=object), J),
        }
        return pd.DataFrame(
            labels | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        )


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
class GapTests(Result):
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
    alike: CR2 with Satterthwaite degrees of freedom
    (:func:`comply_measure.statistics.cluster_robust.clustered_means`); d_z then has no interval. Below 40 firms the
    note says that they are few.

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
        NaN with a note below two units (or two clusters) or without variance, and for the interval of d_z with
        clusters.

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
    first, second = [a for a, _ in data.pairs], [b for _, b in data.pairs]
    parts = [
        _column_tests(data.values[:, first, j] - data.values[:, second, j], codes, confidence)
        for j in range(len(data.columns))
    ]
    J, P = len(data.columns), len(data.pairs)
    labels = {
        "column": np.repeat(np.array(data.columns, dtype=object), P),
        "pair": np.tile(np.array(data.pair_names, dtype=object), J),
    }
    table = pd.DataFrame(labels | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    p = table["p"].to_numpy(dtype=float)
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


def _describe(gap: Floats) -> dict[str, NDArray[Any]]:
    """Statistics of every pair on one variable, gaps units × pairs."""
    known = ~np.isnan(gap)
    n = known.sum(axis=0)
    filled = np.where(known, gap, 0.0)
    quartiles = np.full((3, gap.shape[1]), np.nan)
    if (n > 0).any():
        quartiles[:, n > 0] = np.nanquantile(gap[:, n > 0], [0.25, 0.5, 0.75], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / n
        squares = np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0)
        return {
            "n_units": n,
            "mean": mean,
            "sd": np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan),
            "mean_absolute": np.abs(filled).sum(axis=0) / n,
            "root_mean_square": np.sqrt((filled**2).sum(axis=0) / n),
            "q25": quartiles[0],
            "median": quartiles[1],
            "q75": quartiles[2],
            "note": np.where(n > 1, "", "fewer than 2 units").astype(object),
        }


def _column_tests(d: Floats, codes: NDArray[np.int64] | None, confidence: float) -> dict[str, Any]:
    """Tests of all pairs on one variable; `d` has one column per pair."""
    known = ~np.isnan(d)
    n = known.sum(axis=0)
    filled = np.where(known, d, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / n
        sd = np.sqrt(np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / (n - 1))
        if codes is None:
            se, df, clusters = sd / np.sqrt(n), np.where(n > 1, n - 1.0, np.nan), n
        else:
            se, df, clusters = clustered_means(d, codes)
        # answers are exact decimals: a spread this far below their size is rounding, not variance
        flat = (n > 1) & ~(sd > 1e-12 * np.maximum(1.0, np.abs(filled).max(axis=0, initial=0.0)))
        sd = np.where(flat, 0.0, np.where(n > 1, sd, np.nan))
        se = np.where(flat | ~(se > 0), np.nan, se)
        t, half = mean / se, scipy.stats.t.ppf((1 + confidence) / 2, df) * se
        d_z = np.where(sd > 0, mean / np.where(sd > 0, sd, 1.0), np.nan)
        # the noncentral t interval assumes independent units
        low, high = effect_intervals(d_z, n, confidence) if codes is None else (d_z * np.nan, d_z * np.nan)
        columns: dict[str, Any] = {
            "n_units": n,
            "n_clusters": clusters,
            "mean": mean,
            "sd": sd,
            "se": se,
            "t": t,
            "df": np.where(clusters > 1, df, np.nan),
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "lower": mean - half,
            "upper": mean + half,
            "d_z": d_z,
            "d_z_hedges": d_z * hedges_factor(n - 1),
            "d_z_lower": low,
            "d_z_upper": high,
            "mean_absolute": np.abs(filled).sum(axis=0) / n,
        }
    flags = (n, clusters, flat, np.isnan(se), np.isnan(low) | np.isnan(high))
    columns["note"] = np.array(
        [_note(*row, clustered=codes is not None) for row in zip(*(f.tolist() for f in flags), strict=True)],
        dtype=object,
    )
    return columns


def _note(n: int, clusters: int, flat: bool, untested: bool, unbounded: bool, *, clustered: bool) -> str:
    if n < 2:
        return "fewer than 2 units"
    if clusters < 2:
        return "fewer than 2 firms"
    if flat:
        return "all gaps equal: no test"
    if untested:
        return "no variance between firms: no test"
    if clustered:
        return "; ".join(filter(None, [few_clusters_note(clusters), "no interval of d_z with firms"]))
    return "the interval of d_z cannot be computed: enormous effect" if unbounded else ""


def hedges_factor(df: NDArray[np.int64]) -> Floats:
    """Small-sample factor 1 - 3/(4 df - 1) of a standardised mean difference (Hedges 1981)."""
    return np.where(df > 0, 1.0 - 3.0 / (4.0 * np.maximum(df, 1) - 1.0), np.nan)


def effect_intervals(d_z: Floats, n: NDArray[np.int64], confidence: float) -> tuple[Floats, Floats]:
    """Intervals of d_z from the noncentral t distribution: the δ whose quantiles meet t = d_z √n, over √n.

    Secant steps on the normal quantile of the distribution function, which is nearly linear in δ. An end is
    NaN where the distribution cannot be computed (enormous effects).
    """
    usable = np.isfinite(d_z) & (n > 1)
    root = np.sqrt(np.where(usable, n, 2.0))
    t, df = np.where(usable, d_z, 0.0) * root, root**2 - 1.0
    width = np.sqrt(1.0 + t**2 / (2.0 * df))  # about the standard error of the noncentrality
    tail = (1.0 - confidence) / 2.0
    z = special.ndtri(1.0 - tail)
    ends = [
        _noncentrality(t, df, probability, t + sign * 0.95 * z * width, t + sign * z * width)
        for probability, sign in ((1.0 - tail, -1.0), (tail, 1.0))
    ]
    low, high = (np.where(usable, end / root, np.nan) for end in ends)
    return low, high


def _noncentrality(t: Floats, df: Floats, probability: float, before: Floats, delta: Floats) -> Floats:
    """δ with P(T ≤ t | df, δ) = probability, NaN where the search fails."""
    target = special.ndtri(probability)
    step = np.full_like(t, np.inf)
    with np.errstate(all="ignore"):
        last = special.ndtri(special.nctdtr(df, before, t)) - target
        for _ in range(30):
            miss = special.ndtri(special.nctdtr(df, delta, t)) - target
            step = np.where(miss == last, 0.0, miss * (delta - before) / (miss - last))
            before, last, delta = delta, miss, delta - step
            if not (np.abs(step) > 1e-13 * (1.0 + np.abs(delta))).any():
                break
    return np.where(np.abs(step) <= 1e-9 * (1.0 + np.abs(delta)), delta, np.nan)
