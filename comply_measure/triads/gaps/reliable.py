"""How much of a role gap is error: reliability of differences, reliable gaps, gaps corrected for error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.multiplicity import studentized_range
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.role_gaps import role_gaps

#: Reliability of each role's score: one number, or by role, or by role and variable.
Reliability = float | Mapping[str, float | Mapping[str, float]]

Family = Literal["unit", "pair"]


@dataclass(frozen=True, slots=True)
class GapReliability(Result):
    """Reliability of role gaps.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    columns, pairs : tuple of str
        The J variables and the P pairs of roles.
    table : DataFrame
        One row per variable and pair; columns as in :func:`gap_reliability`.
    signed : ndarray, shape (G, P, J)
        Gaps; NaN where a role of the pair is missing.
    se : ndarray, shape (P, J)
        Standard error of a gap; NaN where a role has no scores or no known reliability.
    critical : ndarray, shape (G, J)
        What ``|gap|/SE`` must exceed in a unit; NaN in units without a pair.
    confidence : float
        Level of the flags.
    family : str
        ``unit``: of all pairs of a unit on a variable together; ``pair``: of every pair by itself.
    """

    units: NDArray[Any]
    columns: tuple[str, ...]
    pairs: tuple[str, ...]
    table: pd.DataFrame
    signed: Floats
    se: Floats
    critical: Floats
    confidence: float
    family: str

    @property
    def z(self) -> Floats:
        """Gaps over their standard error, shape (G, P, J); NaN where the error is zero or unknown."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.se > 0, self.signed / self.se, np.nan)

    @property
    def squared_corrected(self) -> Floats:
        """``d² - SE²``, an unbiased estimate of the squared true gap; negative values are kept, NaN as in `signed`."""
        return np.asarray(self.signed**2 - self.se**2)

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def flags(self, *, reliable_only: bool = False) -> pd.DataFrame:
        """One row per unit, variable and pair: unit, column, pair, gap, se, z, reliable, squared_corrected, note.

        `reliable` is missing where a role is missing or the error unknown.

        Parameters
        ----------
        reliable_only : bool
            Only the rows of reliable gaps: with very many roles a few of millions.
        """
        G, P, J = self.signed.shape
        z = self.z
        exceeds = np.abs(z) > self.critical[:, None]

        def rows(array: NDArray[Any]) -> NDArray[Any]:
            """Unit by unit, variables before pairs."""
            return np.broadcast_to(array, (G, P, J)).transpose(0, 2, 1).reshape(-1)

        places = np.flatnonzero(rows(exceeds)) if reliable_only else np.arange(G * P * J)
        unit, column, pair = np.unravel_index(places, (G, J, P))
        gap, se, z = self.signed[unit, pair, column], self.se[pair, column], z[unit, pair, column]
        reliable = pd.array(exceeds[unit, pair, column], dtype="boolean")
        reliable[np.isnan(z)] = pd.NA
        notes = np.array(
            ["", "a role is missing", "fewer than 2 units", "no measurement error: no flag"], dtype=object
        )
        return pd.DataFrame(
            {
                "unit": self.units[unit],
                "column": np.array(self.columns, dtype=object)[column],
                "pair": np.array(self.pairs, dtype=object)[pair],
                "gap": gap,
                "se": se,
                "z": z,
                "reliable": reliable,
                "squared_corrected": gap**2 - se**2,
                "note": notes[np.select([np.isnan(gap), np.isnan(se), se <= 0], [1, 2, 3], 0)],
            }
        )


def gap_reliability(
    data: TriadData, reliability: Reliability, *, confidence: float = 0.95, family: Family = "unit"
) -> GapReliability:
    """Reliability of role gaps and which units' gaps exceed measurement error.

    ``SE_d = √(s²_x (1 - r_x) + s²_y (1 - r_y))``; a gap is reliable when ``|d|/SE_d`` exceeds a critical value
    (Payne & Jones 1957; Jacobson & Truax 1991), and ``points`` is the gap that just does in a unit with all
    roles. In a unit where the roles do not differ, a unit with R roles has R(R - 1)/2 chances of a flag: with
    ``family="unit"`` the critical value is Tukey's, the quantile of the range of R normal values over √2, and
    at most 1 - `confidence` of such units get any flag on a variable. ``family="pair"`` takes the normal
    quantile, for one pair that was chosen beforehand.

    The reliability of the difference is ``(s²_x r_x + s²_y r_y - 2 r_xy s_x s_y)/(s²_x + s²_y - 2 r_xy s_x s_y)``
    (Lord 1963; Rogosa & Willett 1983), reported as at most 0 when the numerator is negative. Squared gaps are
    too large by error, ``E(d²) = δ² + SE_d²``: ``mean_squared_corrected`` takes it off.

    Columns: column, pair, n_units, r (between the roles), reliability_first, reliability_second,
    reliability_difference, se, points, share_reliable, share_by_chance (of units whose true gap is zero),
    mean_squared, mean_squared_corrected, note. Variances are over the units that have both roles.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    reliability : float, or mapping by role, or mapping by role of mappings by variable
        Reliability of each role's score, 0 to 1, for instance ω or α of the role's informants.
    confidence : float
        Level of the flags.
    family : {"unit", "pair"}
        Flags that share the error: all pairs of a unit on a variable, or each alone.

    Raises
    ------
    InputError
        Reliabilities missing or outside 0 to 1, a level outside (0, 1), or an unknown family.
    """
    check_confidence(confidence)
    if family not in get_args(Family):
        fault = Problem("family", value=family, allowed=", ".join(get_args(Family)))
        raise InputError("The reliability of role gaps cannot be computed.", [fault])
    r = reliability_array(data, reliability)
    gaps = role_gaps(data)
    roles = (~np.isnan(data.values)).sum(axis=1)
    quantile = _critical(len(data.roles), confidence, family)
    critical = quantile[roles]
    parts = [
        _column(data, j, gaps.signed[:, :, j], r[:, j], critical[:, j], quantile[-1]) for j in range(len(r.T))
    ]
    J, P = len(data.columns), len(gaps.pairs)
    labels = {
        "column": np.repeat(np.array(data.columns, dtype=object), P),
        "pair": np.tile(np.array(gaps.pairs, dtype=object), J),
    }
    table = pd.DataFrame(labels | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    se = np.stack([part["se"] for part in parts], axis=1)
    return GapReliability(
        data.units, data.columns, gaps.pairs, table, gaps.signed, se, critical, confidence, family
    )


def _critical(n_roles: int, confidence: float, family: Family) -> Floats:
    """Critical value of ``|gap|/SE`` by the number of roles of a unit, 0 to R; NaN below two."""
    alone = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    found = np.full(n_roles + 1, np.nan)
    for k in range(2, n_roles + 1):
        found[k] = studentized_range(confidence, k) / np.sqrt(2.0) if family == "unit" and k > 2 else alone
    return found


def reliability_array(data: TriadData, reliability: Reliability) -> Floats:
    """Reliabilities as an array role × variable; InputError for gaps or values outside 0 to 1."""
    array = np.full((len(data.roles), len(data.columns)), np.nan)
    problems = []
    for i, role in enumerate(data.roles):
        given = reliability if isinstance(reliability, int | float) else reliability.get(role)
        for j, column in enumerate(data.columns):
            value = given.get(column) if isinstance(given, Mapping) else given
            if value is None or not 0 <= value <= 1:
                problems.append(
                    Problem(
                        "reliability", row=role, column=column, value=value, allowed="0 to 1, for every role"
                    )
                )
            else:
                array[i, j] = value
    if problems:
        raise InputError("The reliability of role gaps cannot be computed.", problems)
    return array


def _column(
    data: TriadData, j: int, d: Floats, r: Floats, critical: Floats, full: float
) -> dict[str, NDArray[Any]]:
    """Every pair on one variable; `d` holds the gaps, units × pairs."""
    first, second = np.array(data.pairs, dtype=np.int64).reshape(-1, 2).T
    both = ~np.isnan(d)
    n = both.sum(axis=0)
    enough = n > 1
    x, y = (np.where(both, data.values[:, side, j], 0.0) for side in (first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (np.where(both, side - side.sum(axis=0) / n, 0.0) for side in (x, y))
        vx, vy, cov = (
            np.where(enough, (a * b).sum(axis=0) / (n - 1), np.nan) for a, b in ((x, x), (y, y), (x, y))
        )
        varying = (vx > 0) & (vy > 0)
        error = vx * (1 - r[first]) + vy * (1 - r[second])
        se, total = np.sqrt(error), vx + vy - 2 * cov
        fixed = enough & ~(total > 1e-12 * np.maximum(vx + vy, 1e-300))
        ratio = np.where(fixed, np.nan, (vx * r[first] + vy * r[second] - 2 * cov) / total)
        beyond = (both & (np.abs(d) > critical[:, None] * se)).sum(axis=0) / n
        chance = np.where(both, 2.0 * scipy.stats.norm.sf(critical)[:, None], 0.0).sum(axis=0) / n
        squared = np.where(enough, np.where(both, d**2, 0.0).sum(axis=0) / n, np.nan)
        correlation = np.where(varying, cov / np.sqrt(np.where(varying, vx * vy, 1.0)), np.nan)
    notes = zip(enough.tolist(), fixed.tolist(), ratio.tolist(), se.tolist(), varying.tolist(), strict=True)
    return {
        "n_units": n,
        "r": correlation,
        "reliability_first": r[first],
        "reliability_second": r[second],
        "reliability_difference": ratio,
        "se": se,
        "points": full * se,
        "share_reliable": np.where(se > 0, beyond, np.nan),
        "share_by_chance": np.where(n > 0, chance, np.nan),
        "mean_squared": squared,
        "mean_squared_corrected": squared - error,
        "note": np.array([_note(*row) for row in notes], dtype=object),
    }


def _note(enough: bool, fixed: bool, ratio: float, se: float, varying: bool) -> str:
    if not enough:
        return "fewer than 2 units"
    notes = (
        "gaps do not vary: reliability undefined" if fixed else "",
        "more error than variance: reliability at most 0" if ratio < 0 else "",
        "no measurement error: no flags" if se == 0 else "",
        "" if varying else "a role's scores do not vary: r undefined",
    )
    return "; ".join(filter(None, notes))
