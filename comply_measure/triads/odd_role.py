"""Dispersion among the roles of a unit, and which role stands apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from comply_measure.triads.aggregation import role_means
from comply_measure.triads.data import TriadData
from comply_measure.triads.grouping import Floats, Ints
from comply_measure.triads.multiplicity import holm
from comply_measure.triads.reliability_oneway import check_confidence
from comply_measure.triads.reliable_gaps import Reliability, reliability_array

NONE, TIE = -1, -2


def role_dispersion(data: TriadData) -> pd.DataFrame:
    """Spread of the roles of every unit on every variable.

    One row per unit and variable: unit, column, n_informants, sd (n - 1), range, mean_absolute_pair (mean of
    the absolute gaps over the pairs present), note. NaN with a note below two roles.
    """
    values = data.values
    present = ~np.isnan(values)
    n = present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1) / n
        deviation = np.where(present, values - mean[:, None], 0.0)
        sd = np.sqrt((deviation**2).sum(axis=1) / (n - 1))
    high = np.where(present, values, -np.inf).max(axis=1)
    low = np.where(present, values, np.inf).min(axis=1)
    first, second = [a for a, _ in data.pairs], [b for _, b in data.pairs]
    gaps = np.abs(values[:, first] - values[:, second])
    known = ~np.isnan(gaps)
    with np.errstate(invalid="ignore", divide="ignore"):
        pair = np.where(known, gaps, 0.0).sum(axis=1) / known.sum(axis=1)
    enough = n >= 2
    spread = np.where(enough, high - np.where(enough, low, 0.0), np.nan)
    G, J = n.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(data.units, J),
            "column": np.tile(np.array(data.columns, dtype=object), G),
            "n_informants": n.reshape(-1),
            "sd": np.where(enough, sd, np.nan).reshape(-1),
            "range": spread.reshape(-1),
            "mean_absolute_pair": np.where(enough, pair, np.nan).reshape(-1),
            "note": np.where(enough, "", "fewer than 2 roles").reshape(-1),
        }
    )


@dataclass(frozen=True, slots=True)
class OddRole:
    """Which role stands apart, per unit and variable.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    roles, columns : tuple of str
        Names.
    distance : ndarray, shape (G, R, J)
        Distance of each role from the mean of the others, after taking off the role means.
    odd : ndarray of int, shape (G, J)
        Place of the odd role; -1 where a role is missing, -2 for a tie.
    reliable : ndarray of float, shape (G, J)
        1 or 0 whether the odd role's distance exceeds measurement error; NaN without reliabilities.
    confidence : float
        Level of that flag.
    """

    units: NDArray[Any]
    roles: tuple[str, ...]
    columns: tuple[str, ...]
    distance: Floats
    odd: Ints
    reliable: Floats
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """One row per unit and variable: unit, column, odd_role, distance, margin, reliable, note.

        `margin` is 1 minus the second largest distance over the largest: 0 for a tie, and at most 1/2 with
        three roles, when the other two agree. (The largest distance over the sum of all says nothing with
        three roles: it is always 1/2.)
        """
        G, J = self.odd.shape
        labels = np.array([*self.roles, "tie", ""], dtype=object)  # places -2 and -1 count from the end
        ordered = np.sort(self.distance, axis=1)  # NaN last
        largest, second = ordered[:, -1], ordered[:, -2] if len(self.roles) > 1 else ordered[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            margin = np.where(largest > 0, 1.0 - second / largest, np.nan)
        reliable = pd.array(self.reliable.reshape(-1) == 1.0, dtype="boolean")
        reliable[np.isnan(self.reliable.reshape(-1))] = pd.NA
        return pd.DataFrame(
            {
                "unit": np.repeat(self.units, J),
                "column": np.tile(np.array(self.columns, dtype=object), G),
                "odd_role": labels[self.odd].reshape(-1),
                "distance": largest.reshape(-1),
                "margin": margin.reshape(-1),
                "reliable": reliable,
                "note": np.where(self.odd == NONE, "a role is missing or there are fewer than 3", "").reshape(
                    -1
                ),
            }
        )

    def summary(self) -> pd.DataFrame:
        """One row per variable and role: how often the role is odd, against chance.

        Columns: column, role, n_odd, n_decided, n_ties, share, chance, share_over_chance
        (``(share - 1/R)/(1 - 1/R)``), n_reliable, chi2, df, p (of all roles of the variable being odd equally
        often), p_holm, note. The test is χ² of equal frequencies; the role means are off, so it does not
        react to a role's general level. A role with more error variance is odd more often.
        """
        rows = [row for j, column in enumerate(self.columns) for row in self._column_rows(j, column)]
        table = pd.DataFrame(rows)
        if rows:
            first = table.drop_duplicates("column")
            adjusted = dict(zip(first["column"], holm(first["p"].to_numpy()), strict=True))
            table.insert(list(table.columns).index("p") + 1, "p_holm", table["column"].map(adjusted))
        return table

    def _column_rows(self, j: int, column: str) -> list[dict[str, object]]:
        R = len(self.roles)
        odd = self.odd[:, j]
        counts = np.bincount(odd[odd >= 0], minlength=R)
        decided, ties = int(counts.sum()), int((odd == TIE).sum())
        expected = decided / R
        chi2 = float(((counts - expected) ** 2).sum() / expected) if decided else np.nan
        note = "" if expected >= 5 else "too few units for the χ² approximation"
        note = note if R >= 3 else "needs 3 roles"
        rows: list[dict[str, object]] = []
        for place, role in enumerate(self.roles):
            share = counts[place] / decided if decided else np.nan
            flags = self.reliable[odd == place, j]
            rows.append(
                {
                    "column": column,
                    "role": role,
                    "n_odd": int(counts[place]),
                    "n_decided": decided,
                    "n_ties": ties,
                    "share": share,
                    "chance": 1.0 / R,
                    "share_over_chance": (share * R - 1.0) / (R - 1.0) if R > 1 else np.nan,
                    "n_reliable": np.nan if R < 3 or np.isnan(flags).any() else int(flags.sum()),
                    "chi2": chi2,
                    "df": R - 1,
                    "p": float(stats.chi2.sf(chi2, R - 1)) if decided else np.nan,
                    "note": note,
                }
            )
        return rows


def odd_role_out(
    data: TriadData, reliability: Reliability | None = None, *, confidence: float = 0.95
) -> OddRole:
    """Find the role that is farthest from the mean of the others, in units where every role is present.

    Each role's mean over units is taken off first, so that a role which is generally higher is not odd
    everywhere. Equal largest distances are a tie. With reliabilities the odd role's distance is called
    reliable when it exceeds z·SE, ``SE = √(SEM_r² + Σ_{s≠r} SEM_s²/(R-1)²)``, ``SEM² = s²(1 - r)``.

    Parameters
    ----------
    data : TriadData
        Scores by role, three roles or more.
    reliability : float or mapping, optional
        As for :func:`comply_measure.triads.gap_reliability`.
    confidence : float
        Level of the flag.

    Returns
    -------
    OddRole

    Raises
    ------
    InputError
        Unusable reliabilities or level.
    """
    check_confidence(confidence)
    centred = data.values - role_means(data)
    R = len(data.roles)
    with np.errstate(invalid="ignore", divide="ignore"):
        others = (centred.sum(axis=1, keepdims=True) - centred) / (R - 1)
        distance = np.abs(centred - others)
    complete = ~np.isnan(distance).any(axis=1) & (R >= 3)
    filled = np.where(complete[:, None], distance, 0.0)
    largest = filled.max(axis=1)
    tied = (filled >= largest[:, None] - 1e-9 * np.maximum(largest[:, None], 1.0)).sum(axis=1) > 1
    odd = np.where(complete, np.where(tied, TIE, filled.argmax(axis=1)), NONE)
    reliable = np.full(odd.shape, np.nan)
    if reliability is not None and R >= 3:
        bound = _bound(data, reliability_array(data, reliability), confidence)
        place = np.maximum(odd, 0)
        limit = np.take_along_axis(np.broadcast_to(bound, distance.shape), place[:, None], axis=1)[:, 0]
        reliable = np.where(odd >= 0, (largest > limit).astype(np.float64), np.nan)
    return OddRole(data.units, data.roles, data.columns, distance, odd, reliable, confidence)


def _bound(data: TriadData, reliability: Floats, confidence: float) -> Floats:
    """Distance beyond which a role is reliably apart, shape (R, J)."""
    present = ~np.isnan(data.values)
    n = present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(present, data.values - role_means(data), 0.0)
        error = (deviation**2).sum(axis=0) / (n - 1) * (1.0 - reliability)
    others = (error.sum(axis=0) - error) / (len(data.roles) - 1) ** 2
    return np.asarray(stats.norm.ppf((1 + confidence) / 2) * np.sqrt(error + others))
