"""Whether a mean or a slope is the same in all groups of units, or along a variable of the units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Floats, evenly_scaled
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note

#: Units that a group needs to be compared.
LEAST = 10


@dataclass(frozen=True, eq=False)
class Generality:
    """One comparison.

    Attributes
    ----------
    kind : {"groups", "number"}
    estimates : DataFrame
        ``group``, ``n_units``, ``estimate``, ``se``, ``df``, ``lower``, ``upper``: mean (or slope) of every group; of a
        number, its change per standard deviation (one row, ``group`` empty).
    f, df2, p : float
        Joint test that all groups are alike, or that nothing changes along the number; NaN with a note.
    largest, largest_upper : float
        Largest standardised difference of two groups, or size of the change per standard deviation of the number, and
        how large it may be: means in standard deviations of the outcome, slopes as β. The upper end is the largest of
        all differences' 95 % intervals, simultaneous over the pairs of groups (Bonferroni).
    df1, n_units, n_clusters, n_left_out : int
        Units in groups that are too small are left out.
    note : str
    """

    kind: str
    estimates: pd.DataFrame
    f: float
    df1: int
    df2: float
    p: float
    largest: float
    largest_upper: float
    n_units: int
    n_clusters: int
    n_left_out: int
    note: str


def generality(
    outcome: pd.Series[Any],
    variable: pd.Series[Any],
    clusters: pd.Series[Any] | None = None,
    predictor: pd.Series[Any] | None = None,
) -> Generality:
    """Compare a mean, or the slope on a predictor, over groups of units or along a number.

    Least squares: a mean (and a slope) for every group; or ``y = b₀ + b₁z (+ b₂x + b₃xz)`` with the number
    standardised, the predictor centred. Errors are CR2 by cluster with Satterthwaite's degrees of freedom, the joint
    test is Hotelling's T² with matched degrees of freedom (Pustejovsky & Tipton 2018): groups may have different
    variances. Without clusters every unit is its own.

    Parameters
    ----------
    outcome, variable, clusters, predictor : Series
        By unit; units that lack one are left out. Numbers of more than six values are a number, others groups.
    """
    named = {"y": outcome, "v": variable} | ({} if predictor is None else {"x": predictor})
    table = pd.DataFrame(named).dropna()
    number = pd.api.types.is_numeric_dtype(table["v"]) and table["v"].nunique() > 6
    before = len(table)
    if not number:
        counts = table["v"].value_counts()
        table = table[table["v"].map(counts) >= LEAST]
    codes = _codes(table, clusters)
    left = before - len(table)
    y = table["y"].to_numpy(dtype=float)
    x = None if predictor is None else table["x"].to_numpy(dtype=float) - table["x"].mean()
    return _number(table, y, x, codes, left) if number else _groups(table, y, x, codes, left)


def _codes(table: pd.DataFrame, clusters: pd.Series[Any] | None) -> NDArray[np.intp]:
    if clusters is None:
        return np.arange(len(table))
    return np.asarray(pd.factorize(clusters.reindex(table.index))[0])


def _groups(
    table: pd.DataFrame, y: Floats, x: Floats | None, codes: NDArray[np.intp], left: int
) -> Generality:
    groups = sorted(table["v"].unique(), key=str)
    member = (
        np.stack([table["v"].to_numpy() == group for group in groups], axis=1).astype(float)
        if groups
        else None
    )
    if member is None or len(groups) < 2:
        return _nothing("groups", len(table), codes, left, f"fewer than two groups of {LEAST} units")
    design = member if x is None else np.hstack([member, member * x[:, None]])
    G = len(groups)
    weights = np.zeros((G, design.shape[1]))
    weights[np.arange(G), np.arange(G) + (0 if x is None else G)] = 1.0
    differences = weights[1:] - weights[:1]
    n = member.sum(axis=0).astype(int)
    tested = _Tested(weights, differences, _all_differences(weights), _scale(y, x))
    return _found("groups", design, y, codes, tested, [str(g) for g in groups], n.tolist(), left)


def _number(
    table: pd.DataFrame, y: Floats, x: Floats | None, codes: NDArray[np.intp], left: int
) -> Generality:
    v = table["v"].to_numpy(dtype=float)
    z = (v - v.mean()) / v.std(ddof=1)
    columns = [np.ones(len(z)), z] if x is None else [np.ones(len(z)), z, x, x * z]
    design = np.stack(columns, axis=1)
    weights = np.zeros((1, design.shape[1]))
    weights[0, -1] = 1.0
    tested = _Tested(weights, weights, weights, _scale(y, x))
    return _found("number", design, y, codes, tested, [""], [len(z)], left)


@dataclass(frozen=True)
class _Tested:
    """What is asked of the coefficients: estimates, independent differences, all differences and their scale."""

    weights: Floats
    independent: Floats
    differences: Floats
    scale: float


def _all_differences(weights: Floats) -> Floats:
    return np.array([second - first for first, second in combinations(weights, 2)])


def _scale(y: Floats, x: Floats | None) -> float:
    """What makes a difference of means one in standard deviations, and a slope a β; NaN without variance."""
    spread, over = float(y.std(ddof=1)), 1.0 if x is None else float(x.std(ddof=1))
    return over / spread if spread > 0 else math.nan


def _found(
    kind: str, design: Floats, y: Floats, codes: NDArray[np.intp], tested: _Tested,
    names: list[str], counts: list[int], left: int,
) -> Generality:  # fmt: skip
    n_clusters = int(codes.max()) + 1
    scaled, units = evenly_scaled(design)
    if len(y) <= design.shape[1] or np.linalg.matrix_rank(scaled) < design.shape[1]:
        return _nothing(kind, len(y), codes, left, "no variance, or fewer units than coefficients")
    if n_clusters < 2:
        return _nothing(kind, len(y), codes, left, "one cluster: no standard errors")
    beta = np.asarray(np.linalg.lstsq(scaled, y, rcond=None)[0] / units, dtype=np.float64)
    robust = cluster_robust(design, y - design @ beta, codes)
    estimate, se, df, half = _estimated(robust, tested.weights, beta, 1)
    apart, _, _, wide = _estimated(robust, tested.differences, beta, len(tested.differences))
    table = pd.DataFrame(
        {
            "group": names, "n_units": counts, "estimate": estimate, "se": se, "df": df,
            "lower": estimate - half, "upper": estimate + half,
        }
    )  # fmt: skip
    F, df2, p = robust.wald(tested.independent, tested.independent @ beta)
    note = few_clusters_note(n_clusters) if np.isfinite(F) else "too few clusters for so many groups"
    largest = float(np.abs(apart).max()) * tested.scale
    upper = float((np.abs(apart) + wide).max()) * tested.scale
    return Generality(
        kind, table, F, len(tested.independent), df2, p, largest, upper, len(y), n_clusters, left, note
    )


def _estimated(
    robust: ClusterRobust, weights: Floats, beta: Floats, n: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Estimates, errors, degrees of freedom, and half the width of 95 % intervals that n of them share."""
    se = np.sqrt(np.einsum("mk,kl,ml->m", weights, robust.covariance, weights))
    df = robust.degrees_of_freedom(weights)
    half = scipy.stats.t.ppf(1 - 0.025 / n, df) * se
    return weights @ beta, se, df, half


def _nothing(kind: str, n: int, codes: NDArray[np.intp], left: int, note: str) -> Generality:
    columns = ["group", "n_units", "estimate", "se", "df", "lower", "upper"]
    clusters = int(codes.max()) + 1 if len(codes) else 0
    none, nan = pd.DataFrame(columns=columns), np.nan
    return Generality(kind, none, nan, 0, nan, nan, nan, nan, n, clusters, left, note)
