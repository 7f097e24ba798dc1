"""How much of a role gap is error: reliability of differences, reliable gaps, gaps corrected for error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from comply_measure.errors import InputError, Problem
from comply_measure.triads.data import TriadData
from comply_measure.triads.gaps import role_gaps
from comply_measure.triads.grouping import Floats
from comply_measure.triads.reliability_oneway import check_confidence

#: Reliability of each role's score: one number, or by role, or by role and variable.
Reliability = float | Mapping[str, float] | Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class GapReliability:
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
        Gaps.
    se : ndarray, shape (P, J)
        Standard error of a gap.
    confidence : float
        Level of the flags.
    """

    units: NDArray[Any]
    columns: tuple[str, ...]
    pairs: tuple[str, ...]
    table: pd.DataFrame
    signed: Floats
    se: Floats
    confidence: float

    @property
    def z(self) -> Floats:
        """Gaps over their standard error, shape (G, P, J); NaN where the error is zero or unknown."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.se > 0, self.signed / self.se, np.nan)

    @property
    def squared_corrected(self) -> Floats:
        """``d² - SE²``, an unbiased estimate of the squared true gap; negative values are kept."""
        return np.asarray(self.signed**2 - self.se**2)

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def flags(self) -> pd.DataFrame:
        """One row per unit, variable and pair: unit, column, pair, gap, se, z, reliable, squared_corrected.

        `reliable` is missing where a role is missing or the error unknown.
        """
        G, P, J = self.signed.shape

        def rows(array: Floats) -> Floats:
            """Unit by unit, variables before pairs."""
            return np.broadcast_to(array, (G, P, J)).transpose(0, 2, 1).reshape(-1)

        z = rows(self.z)
        critical = stats.norm.ppf((1 + self.confidence) / 2)
        reliable = pd.array(np.abs(z) > critical, dtype="boolean")
        reliable[np.isnan(z)] = pd.NA
        return pd.DataFrame(
            {
                "unit": np.repeat(self.units, P * J),
                "column": np.tile(np.repeat(np.array(self.columns, dtype=object), P), G),
                "pair": np.tile(np.array(self.pairs, dtype=object), G * J),
                "gap": rows(self.signed),
                "se": rows(self.se),
                "z": z,
                "reliable": reliable,
                "squared_corrected": rows(self.squared_corrected),
            }
        )


def gap_reliability(data: TriadData, reliability: Reliability, *, confidence: float = 0.95) -> GapReliability:
    """Reliability of role gaps and which units' gaps exceed measurement error.

    ``SE_d = √(s²_x (1 - r_x) + s²_y (1 - r_y))``; a gap is reliable when ``|d|/SE_d`` exceeds the normal
    quantile (Payne & Jones 1957; Jacobson & Truax 1991), and ``points`` is the gap that just does. The
    reliability of the difference is ``(s²_x r_x + s²_y r_y - 2 r_xy s_x s_y)/(s²_x + s²_y - 2 r_xy s_x s_y)``
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

    Raises
    ------
    InputError
        Reliabilities missing or outside 0 to 1, or a level outside (0, 1).
    """
    check_confidence(confidence)
    r = reliability_array(data, reliability)
    gaps = role_gaps(data)
    critical = stats.norm.ppf((1 + confidence) / 2)
    se = np.full(gaps.signed.shape[1:], np.nan)
    rows = []
    for j, column in enumerate(data.columns):
        for place, (a, b) in enumerate(data.pairs):
            row = _pair(data.values[:, a, j], data.values[:, b, j], float(r[a, j]), float(r[b, j]), critical)
            se[place, j] = row["se"]
            rows.append({"column": column, "pair": gaps.pairs[place], **row})
    table = pd.DataFrame(rows)
    if rows:
        table.insert(10, "share_by_chance", 1.0 - confidence)
    return GapReliability(data.units, data.columns, gaps.pairs, table, gaps.signed, se, confidence)


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


def _pair(x: Floats, y: Floats, r_x: float, r_y: float, critical: float) -> dict[str, Any]:
    both = ~(np.isnan(x) | np.isnan(y))
    x, y, n = x[both], y[both], int(both.sum())
    nothing = dict.fromkeys(
        (
            "reliability_difference",
            "se",
            "points",
            "share_reliable",
            "mean_squared",
            "mean_squared_corrected",
        ),
        np.nan,
    )
    base = {"n_units": n, "r": np.nan, "reliability_first": r_x, "reliability_second": r_y}
    if n < 2:
        return base | nothing | {"note": "fewer than 2 units"}
    vx, vy, cov = float(x.var(ddof=1)), float(y.var(ddof=1)), float(np.cov(x, y)[0, 1])
    if vx > 0 and vy > 0:
        base["r"] = cov / np.sqrt(vx * vy)
    se = float(np.sqrt(vx * (1 - r_x) + vy * (1 - r_y)))
    d = x - y
    ratio, note = _difference_reliability(vx * r_x + vy * r_y - 2 * cov, vx + vy - 2 * cov, vx + vy)
    if se == 0:
        note = "; ".join(filter(None, [note, "no measurement error: no flags"]))
    return base | {
        "reliability_difference": ratio,
        "se": se,
        "points": critical * se,
        "share_reliable": float((np.abs(d) > critical * se).mean()) if se > 0 else np.nan,
        "mean_squared": float((d**2).mean()),
        "mean_squared_corrected": float((d**2).mean()) - se**2,
        "note": note,
    }


def _difference_reliability(true: float, total: float, scale: float) -> tuple[float, str]:
    """True over total variance of the gap, and what to say of it."""
    if total <= 1e-12 * max(scale, 1e-300):
        return float("nan"), "gaps do not vary: reliability undefined"
    if true < 0:
        return true / total, "more error than variance: reliability at most 0"
    return true / total, ""
