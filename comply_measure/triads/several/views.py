"""The view of a role: the mean of its informants, how reliable it is, and how far two views differ beyond error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.grouping import Grouping
from comply_measure.statistics.multiplicity import holm
from comply_measure.tables.long_table import HEADLINE, LongTable, long_table
from comply_measure.triads.reml.nested import fit_nested, no_fit, share_interval
from comply_measure.triads.reml.oneway import fit_oneway

#: The row of all roles together.
ALL_ROLES = "all roles"
_WANTED = 0.80


@dataclass(frozen=True, slots=True)
class Views:
    """Informants of every unit and role put together.

    Attributes
    ----------
    units : ndarray, shape (G,)
    roles : tuple of str
    columns : tuple of str
    means : ndarray, shape (G, R, J)
        Mean over the informants who have the score; NaN where nobody has.
    counts : ndarray of int, shape (G, R, J)
        How many.
    squares : ndarray, shape (R, J)
        Sums of squares of informants about the means of their places, by role.
    df : ndarray, shape (R, J)
        Informants less places.
    """

    units: NDArray[Any]
    roles: tuple[str, ...]
    columns: tuple[str, ...]
    means: Floats
    counts: Ints
    squares: Floats
    df: Floats

    @property
    def informant_variance(self) -> Floats:
        """Pooled variance of informants of one role in one unit, shape (J,); NaN where no role has several."""
        df = self.df.sum(axis=0)
        return np.where(df > 0, self.squares.sum(axis=0) / np.maximum(df, 1.0), np.nan)


def role_views(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    role: str = "role",
    roles: Sequence[str] | None = None,
) -> Views:
    """Means, numbers and spread of the informants of every unit and role.

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role.
    columns : sequence of str
        Scores.
    unit, role : str
        Key columns.
    roles : sequence of str, optional
        Roles and their order; by default that of their first row.

    Returns
    -------
    Views

    Raises
    ------
    InputError
        Unusable table.
    """
    table = long_table(data, columns, unit=unit, role=role, several=True)
    return _views(table, *role_places(table, roles))


def role_places(table: LongTable, roles: Sequence[str] | None) -> tuple[tuple[str, ...], Ints]:
    """Roles in their order, and the place of every row's role among them; -1 where it is not taken.

    Raises
    ------
    InputError
        No role, one named twice, or none that anybody has.
    """
    labels = np.asarray(table.role).astype(str)
    names = tuple(dict.fromkeys(labels.tolist())) if roles is None else tuple(map(str, roles))
    known = pd.Index(list(dict.fromkeys(names)))
    place = np.asarray(known.get_indexer(pd.Index(labels)), dtype=np.int64)
    if len(known) < max(len(names), 1) or not (place >= 0).any():
        allowed = "each once: " + ", ".join(dict.fromkeys(labels.tolist()))
        raise InputError(HEADLINE, [Problem("roles", value=", ".join(names), allowed=allowed)])
    return names, place


def _views(table: LongTable, roles: tuple[str, ...], place_of_role: Ints) -> Views:
    units = table.grouping()
    used = place_of_role >= 0
    shape = (units.n_units, len(roles), len(table.columns))
    place = units.codes[used] * len(roles) + place_of_role[used]
    present = ~np.isnan(table.values[used])
    values = np.where(present, table.values[used], 0.0)
    size = units.n_units * len(roles)
    counts, sums = (_by_place(part, place, size) for part in (present.astype(np.float64), values))
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    off = np.where(present, values - np.nan_to_num(means)[place], 0.0)
    squares = _by_place(off**2, place, size).reshape(shape).sum(axis=0)
    counts = counts.reshape(shape)
    df = (counts - (counts > 0)).sum(axis=0)
    return Views(
        units.labels, roles, table.columns, means.reshape(shape), counts.astype(np.int64), squares, df
    )


def _by_place(values: Floats, place: Ints, size: int) -> Floats:
    columns = [np.bincount(place, weights=column, minlength=size) for column in values.T]
    return np.stack(columns, axis=1)


def role_reliability(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    role: str = "role",
    roles: Sequence[str] | None = None,
    numbers: Sequence[int] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Reliability of a role's mean by the number of its informants.

    ``λ_k = kρ/(1 + (k − 1)ρ)`` (Spearman–Brown) with ρ the correlation of two informants of one role in one unit: of a
    role ``τ²_r/(τ²_r + σ²_r)`` from its own one-way REML; of all roles ``(σ²_unit + σ²_role)/(σ²_unit + σ²_role + σ²)``
    with the means of roles fixed. λ speaks of the role's view. What the roles of a unit share is less:
    ``shared = σ²_unit/(σ²_unit + σ²_role + σ²/k)``. Intervals are those of ρ (profile likelihood) brought to k.

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role.
    columns : sequence of str
        Scores.
    unit, role : str
        Key columns.
    roles : sequence of str, optional
        Roles and their order.
    numbers : sequence of int, optional
        Numbers of informants k; by default those that occur.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per variable, role (and all roles) and k: column, role, k, n_units (with k informants of the role;
        units × roles for all), reliability, lower, upper, shared (all roles only), n_needed (informants for .80),
        n_several (places with two or more), n_informants, note.

    Raises
    ------
    InputError
        Unusable table or level, or numbers of informants below one.

    References
    ----------
    Bliese, P. D. (2000). Within-group agreement, non-independence, and reliability. In Multilevel theory. James,
    L. R. (1982). Journal of Applied Psychology, 67. Spearman, C. (1910). British Journal of Psychology, 3.
    """
    check_confidence(confidence)
    if numbers is not None and min(numbers, default=0) < 1:
        given = ", ".join(map(str, numbers))
        fault = Problem(
            "numbers of informants", column="numbers", value=given, allowed="1 or more, at least one"
        )
        raise InputError(HEADLINE, [fault])
    table = long_table(data, columns, unit=unit, role=role, several=True)
    names, of_role = role_places(table, roles)
    views = _views(table, names, of_role)
    rows = []
    for j, column in enumerate(views.columns):
        occurring = [k for k in np.unique(views.counts[:, :, j]).tolist() if k > 0]
        sizes = sorted(set(numbers)) if numbers is not None else occurring
        known = (of_role >= 0) & ~np.isnan(table.values[:, j])
        y, unit_labels, place = table.values[known, j], np.asarray(table.unit)[known], of_role[known]
        for r, name in enumerate(views.roles):
            mine = place == r
            found = _of_role(y[mine], unit_labels[mine], confidence)
            rows += _lines(column, name, sizes, views.counts[:, r, j], found)
        rows += _lines(
            column, ALL_ROLES, sizes, views.counts[:, :, j], _of_all(y, unit_labels, place, confidence)
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class _Single:
    """What one informant says of its role's view, and of what roles share."""

    rho: float
    lower: float
    upper: float
    shared: float
    note: str


def _of_role(y: Floats, unit: NDArray[Any], confidence: float) -> _Single:
    nothing = float("nan")
    if len(y) < 2 or not pd.Series(unit).duplicated().any():
        return _Single(nothing, nothing, nothing, nothing, "no unit has two informants of this role")
    fit = fit_oneway(y, Grouping.from_labels(unit), confidence)
    return _Single(fit.icc1, fit.lower, fit.upper, nothing, fit.note)


def _of_all(y: Floats, unit: NDArray[Any], place: Ints, confidence: float) -> _Single:
    nothing = float("nan")
    units = pd.factorize(unit)[0].astype(np.int64)
    places = np.unique(np.stack([units, place]), axis=1).shape[1]
    present = np.unique(place)
    if places == len(y) or len(np.unique(units)) < 2 or float(np.ptp(y)) == 0.0:
        return _Single(
            nothing, nothing, nothing, nothing, "no role has two informants in a unit, or none vary"
        )
    X = np.equal.outer(place, present).astype(np.float64)
    alone = places == len(np.unique(units))
    keys = [units] if alone else [units, place]
    if obstacle := no_fit(y, X, keys):
        return _Single(nothing, nothing, nothing, nothing, obstacle)
    fit = fit_nested(y, X, keys)
    levels = list(range(len(fit.variances) - 1))
    total = float(fit.variances.sum())
    rho = float(fit.variances[levels].sum()) / total
    low, high = share_interval(fit, levels, confidence)
    shared = nothing if alone else float(fit.variances[0]) / total
    return _Single(
        rho, low, high, shared, "units have one role each: what roles share is unknown" if alone else ""
    )


def _lines(
    column: str, role: str, sizes: Sequence[int], counts: Ints, single: _Single
) -> list[dict[str, object]]:
    rho = single.rho
    needed = float("nan")
    if 0 < rho < 1:
        needed = float(np.ceil(_WANTED * (1 - rho) / ((1 - _WANTED) * rho) - 1e-9))
    note = single.note
    if rho == 0:
        note = "; ".join(filter(None, (note, "no number of informants gives .80")))
    rows = []
    for k in sizes:
        ends = {"reliability": rho, "lower": single.lower, "upper": single.upper}
        rows.append(
            {
                "column": column,
                "role": role,
                "k": int(k),
                "n_units": int((counts == k).sum()),
                **{end: grown(value, k) for end, value in ends.items()},
                "shared": single.shared / (rho + (1 - rho) / k) if rho == rho else float("nan"),
                "n_needed": max(needed, 1.0),
                "n_several": int((counts > 1).sum()),
                "n_informants": int(counts.sum()),
                "note": note,
            }
        )
    return rows


def grown(rho: float, k: float) -> float:
    """Spearman–Brown: reliability of the mean of k from the correlation of two."""
    return k * rho / (1.0 + (k - 1.0) * rho)


def view_gaps(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    role: str = "role",
    roles: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Gaps between the views of two roles of a unit, with their error.

    ``d_g = x̄_ga − x̄_gb`` has the standard error ``s √(1/k_ga + 1/k_gb)`` over informants of these roles in this unit,
    ``s² = Σ (x − x̄_gr)²/Σ (k_gr − 1)`` pooled over units and roles, and is t on ``Σ (k_gr − 1)`` degrees of freedom
    where informants of one role err alike and normally. Unlike errors from reliabilities of the items, this one holds
    what informants of a role see differently.

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role.
    columns : sequence of str
        Scores.
    unit, role : str
        Key columns.
    roles : sequence of str, optional
        Roles and their order, which signs the gaps.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per unit, variable and pair of roles that are both there: unit, column, pair, n_first, n_second, gap,
        se, lower, upper, t, df, p, p_holm (over the gaps of the variable), note.

    Raises
    ------
    InputError
        Unusable table or level.
    """
    check_confidence(confidence)
    views = role_views(data, columns, unit=unit, role=role, roles=roles)
    variance, df = views.informant_variance, views.df.sum(axis=0)
    blocks = []
    for j, column in enumerate(views.columns):
        parts = []
        for a, b in combinations(range(len(views.roles)), 2):
            gap = views.means[:, a, j] - views.means[:, b, j]
            there = np.flatnonzero(~np.isnan(gap))
            k = views.counts[there][:, [a, b], j]
            se = np.sqrt(variance[j] * (1.0 / k).sum(axis=1))
            parts.append(
                pd.DataFrame(
                    {
                        "unit": views.units[there],
                        "column": column,
                        "pair": f"{views.roles[a]} - {views.roles[b]}",
                        "n_first": k[:, 0],
                        "n_second": k[:, 1],
                        "gap": gap[there],
                        "se": se,
                    }
                )
            )
        if parts:
            blocks.append(_tested(pd.concat(parts, ignore_index=True), float(df[j]), confidence))
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()


def _tested(table: pd.DataFrame, df: float, confidence: float) -> pd.DataFrame:
    se = np.where(table["se"] > 0, table["se"], np.nan)
    gap = table["gap"].to_numpy()
    t = gap / se
    half = scipy.stats.t.ppf((1 + confidence) / 2, df) * se if df > 0 else np.full(len(se), np.nan)
    p = 2 * scipy.stats.t.sf(np.abs(t), df) if df > 0 else np.full(len(se), np.nan)
    why = "no role has two informants in a unit: the error of a view is unknown"
    if df > 0:
        why = "informants of one role never differ: the gap has no error"
    return table.assign(
        lower=gap - half,
        upper=gap + half,
        t=t,
        df=df,
        p=p,
        p_holm=holm(p, np.zeros(len(p), dtype=np.int64)),
        note=np.where(np.isnan(se), why, ""),
    )
