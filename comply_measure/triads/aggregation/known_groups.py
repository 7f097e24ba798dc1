"""Do groups that should differ on a unit score differ in the expected order? Cluster-robust known-groups validity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.cluster_robust import cluster_robust, few_clusters_note
from comply_measure.statistics.multiplicity import holm
from comply_measure.tables.numbers import column_problem

_NUMBERS = ("difference", "se", "df", "lower", "upper", "p", "d", "d_lower", "d_upper", "sd_within")


def known_groups(
    data: pd.DataFrame, groupings: Mapping[str, Sequence[object]], score: str, *, cluster: str | None = None
) -> pd.DataFrame:
    """Compare the score of groups whose order is expected.

    A regression of the score on indicators of the groups; the difference of two groups has a CR2 error with
    Satterthwaite degrees of freedom, clustered as the data are (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018), so
    that groups may have different variances; without clusters every unit is its own (HC2). ``d`` is the difference over
    the pooled standard deviation within groups (Cohen 1988), its interval that of the difference over the same
    standard deviation, which is taken as given. ``p_holm`` corrects over the groupings, for their last against their
    first group.

    Parameters
    ----------
    data : DataFrame
        One row per unit.
    groupings : mapping of str to sequence
        Column -> its values in the expected order, the lowest score first; units with other values are left out.
    score : str
        Numeric column.
    cluster : str, optional
        Column of the firm.

    Returns
    -------
    DataFrame
        grouping, kind (``extremes``: last against first, ``step``: each against the one before), lower_group,
        higher_group, n_lower, n_higher, n_clusters, difference, se, df, lower, upper (95 %), p, p_holm (extremes only),
        d, d_lower, d_upper, sd_within, note. Differences are higher minus lower.

    Raises
    ------
    InputError
        Absent columns, a score that is no number, fewer than two groups, or groups named twice or absent.
    """
    _check(data, groupings, score, cluster)
    parts = [_grouping(data, name, order, score, cluster) for name, order in groupings.items()]
    table = pd.DataFrame([row for rows in parts for row in rows])
    if table.empty:
        return table
    first = (table["kind"] == "extremes").to_numpy()
    corrected = np.full(len(table), np.nan)
    corrected[first] = holm(table.loc[first, "p"].to_numpy(dtype=np.float64))
    table.insert(list(table.columns).index("p") + 1, "p_holm", corrected)
    return table


def _check(
    data: pd.DataFrame, groupings: Mapping[str, Sequence[object]], score: str, cluster: str | None
) -> None:
    columns = [str(name) for name in data.columns]
    wanted = [score, *groupings, *([cluster] if cluster else [])]
    problems = [Problem("column is absent", column=name) for name in wanted if name not in columns]
    if score in columns:
        fault = column_problem(data, score)
        problems += [] if fault is None else [fault]
    for name, order in groupings.items():
        known = set(data[name].dropna()) if name in columns else set(order)
        if len(order) < 2:
            problems.append(Problem("too few groups", column=name, value=len(order), allowed="2 or more"))
        if len(set(order)) < len(order):
            problems.append(Problem("a group is named twice", column=name))
        allowed = ", ".join(sorted(map(str, known)))
        problems += [
            Problem("no unit is in this group", column=name, value=value, allowed=allowed)
            for value in order
            if value not in known
        ]
    if problems:
        raise InputError("Known groups cannot be compared.", problems)


def _grouping(
    data: pd.DataFrame, name: str, order: Sequence[object], score: str, cluster: str | None
) -> list[dict[str, object]]:
    rows = data[data[name].isin(list(order)) & data[score].notna()]
    places = {value: place for place, value in enumerate(order)}
    group: Ints = np.array([places[value] for value in rows[name]], dtype=np.int64)
    codes: Ints = np.arange(len(rows), dtype=np.int64)
    if cluster is not None:
        own = pd.Series(range(len(rows)), rows.index)
        codes = pd.factorize(rows[cluster].astype(object).where(rows[cluster].notna(), own))[0].astype(
            np.int64
        )
    y = rows[score].to_numpy(dtype=np.float64)
    last = len(order) - 1
    pairs = [("extremes", 0, last)]
    if last > 1:
        pairs += [("step", place, place + 1) for place in range(last)]
    sizes = np.bincount(group, minlength=len(order))
    head = [
        {
            "grouping": name,
            "kind": kind,
            "lower_group": str(order[low]),
            "higher_group": str(order[high]),
            "n_lower": int(sizes[low]),
            "n_higher": int(sizes[high]),
            "n_clusters": len(np.unique(codes)),
        }
        for kind, low, high in pairs
    ]
    numbers = _compared(y, group, codes, [(low, high) for _, low, high in pairs], len(order))
    note = few_clusters_note(len(np.unique(codes))) if cluster is not None else ""
    return [{**row, **values, "note": why or note} for row, (values, why) in zip(head, numbers, strict=True)]


def _compared(
    y: Floats, group: Ints, codes: Ints, pairs: Sequence[tuple[int, int]], k: int
) -> list[tuple[dict[str, float], str]]:
    """Differences of group means with their errors, and why one is undefined."""
    sizes = np.bincount(group, minlength=k)
    nothing = dict.fromkeys(_NUMBERS, math.nan)
    if (sizes < 2).any() or len(np.unique(codes)) <= k:
        return [(nothing, "a group has fewer than two units, or there are too few clusters")] * len(pairs)
    X = (group[:, None] == np.arange(k)).astype(np.float64)
    means = np.bincount(group, weights=y, minlength=k) / sizes
    residuals = y - means[group]
    sd = float(np.sqrt(residuals @ residuals / (len(y) - k)))
    if not sd > 1e-12 * np.abs(y).max():
        return [(nothing, "the score does not vary within groups")] * len(pairs)
    robust = cluster_robust(X, residuals, codes)
    contrasts = np.zeros((len(pairs), k))
    for row, (low, high) in enumerate(pairs):
        contrasts[row, [low, high]] = -1.0, 1.0
    degrees = robust.degrees_of_freedom(contrasts)
    found = []
    for contrast, df in zip(contrasts, degrees.tolist(), strict=True):
        difference = float(contrast @ means)
        se = math.sqrt(max(float(contrast @ robust.covariance @ contrast), 0.0))
        half = float(scipy.stats.t.ppf(0.975, df)) * se
        p = float(2 * scipy.stats.t.sf(abs(difference / se), df)) if se > 0 else math.nan
        ends = (difference - half, difference + half)
        values = (difference, se, df, *ends, p, difference / sd, ends[0] / sd, ends[1] / sd, sd)
        found.append((dict(zip(_NUMBERS, values, strict=True)), "" if p == p else "no standard error"))
    return found
