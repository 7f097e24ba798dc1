"""Dispersion among the roles of a unit, and which role stands apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.aggregation.scores import role_means
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.reliable import Reliability, reliability_array

NONE, TIE = -1, -2
UNTESTED = "no test without reliabilities: a role with more error is odd more often"


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
class OddRole(Result):
    """Which role stands apart, per unit and variable.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    roles, columns : tuple of str
        Names.
    distance : ndarray, shape (G, R, J)
        Distance of each role from the mean of the others, after taking off the role means; NaN where a role is missing.
    odd : ndarray of int, shape (G, J)
        Place of the odd role; -1 where a role is missing, -2 for a tie.
    reliable : ndarray of float, shape (G, J)
        1 or 0 whether the odd role's distance exceeds measurement error; NaN without reliabilities.
    expected : ndarray, shape (R, J)
        Share of units in which each role is the odd one if the roles' views spread alike and only their errors
        differ; NaN without reliabilities.
    confidence : float
        Level of that flag.
    """

    units: NDArray[Any]
    roles: tuple[str, ...]
    columns: tuple[str, ...]
    distance: Floats
    odd: Ints
    reliable: Floats
    expected: Floats
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
                "note": self._unit_notes().reshape(-1),
            }
        )

    def _unit_notes(self) -> NDArray[Any]:
        known = np.array(
            ["a role is missing or there are fewer than 3", "tie: no flag", "no reliabilities: no flag", ""],
            dtype=object,
        )
        unflagged = np.isnan(self.reliable)
        return np.asarray(known[np.select([self.odd == NONE, self.odd == TIE, unflagged], [0, 1, 2], 3)])

    def summary(self) -> pd.DataFrame:
        """One row per variable and role: how often the role is odd, against chance.

        Columns: column, role, n_odd, n_decided, n_ties, share, chance, share_over_chance
        (``(share - chance)/(1 - chance)``), n_reliable, chi2, df, p (of all roles of the variable being odd as
        often as by chance), p_holm, note. The role means are off, so the test does not react to a role's general
        level. A role with more error is odd more often: `chance` is the expected share under the roles' own
        errors (see :func:`odd_role_out`), and without reliabilities there is no test, for equal chances of 1/R
        would be rejected by unequal errors alone.
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
        tested = bool(np.isfinite(self.expected[:, j]).all()) and decided > 0
        chance = self.expected[:, j] if tested else np.full(R, 1.0 / R)
        expected = decided * chance
        chi2 = float(((counts - expected) ** 2 / expected).sum()) if tested else np.nan
        p = float(scipy.stats.chi2.sf(chi2, R - 1)) if tested else np.nan
        note = "" if tested and expected.min() >= 5 else "too few units for the χ² approximation"
        note = note if tested or not decided else UNTESTED
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
                    "chance": chance[place],
                    "share_over_chance": (share - chance[place]) / (1.0 - chance[place]) if R > 1 else np.nan,
                    "n_reliable": np.nan if R < 3 or np.isnan(flags).any() else int(flags.sum()),
                    "chi2": chi2,
                    "df": R - 1,
                    "p": p,
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
    reliable when it exceeds z·SE, ``SE = √(SEM_r² + Σ_{s≠r} SEM_s²/(R-1)²)``, ``SEM² = s²(1 - r)``. The odd role is
    the largest of R distances, so z is the normal quantile at ``1 - (1 - confidence)/(2R)`` (Bonferroni over the
    roles of the unit): at most 1 - `confidence` of the units whose roles do not differ get the flag.

    The expected shares suppose normal deviations with variances ``τ² + SEM_r²``, τ² the spread of true views that
    all roles have alike: half the mean variance of the gaps less the mean SEM², at least 0.

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
    reliable, expected = np.full(odd.shape, np.nan), np.full((R, len(data.columns)), np.nan)
    if reliability is not None and R >= 3:
        error = _error_variances(data, reliability_array(data, reliability))
        expected = _expected_shares(data, error)
        bound = _bound(error, confidence)
        place = np.maximum(odd, 0)
        limit = np.take_along_axis(np.broadcast_to(bound, distance.shape), place[:, None], axis=1)[:, 0]
        reliable = np.where(odd >= 0, (largest > limit).astype(np.float64), np.nan)
    return OddRole(data.units, data.roles, data.columns, distance, odd, reliable, expected, confidence)


def _error_variances(data: TriadData, reliability: Floats) -> Floats:
    """SEM² of every role and variable, shape (R, J)."""
    present = ~np.isnan(data.values)
    n = present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(present, data.values - role_means(data), 0.0)
        return np.asarray((deviation**2).sum(axis=0) / (n - 1) * (1.0 - reliability))


def _bound(error: Floats, confidence: float) -> Floats:
    """Distance beyond which the role farthest apart is reliably so, shape (R, J)."""
    R = len(error)
    others = (error.sum(axis=0) - error) / (R - 1) ** 2
    return np.asarray(scipy.stats.norm.isf((1 - confidence) / (2 * R)) * np.sqrt(error + others))


def _expected_shares(data: TriadData, error: Floats) -> Floats:
    """Probability that each role is farthest from the others' mean when only errors differ, shape (R, J)."""
    shares = np.full(error.shape, np.nan)
    normal = scipy.stats.norm.ppf(scipy.stats.qmc.Sobol(len(error), seed=0).random_base2(15))
    for j in range(error.shape[1]):
        x = data.values[:, :, j]
        x = x[~np.isnan(x).any(axis=1)]
        if len(x) < 2:
            continue
        within = x.var(axis=0, ddof=1).mean() - _mean_covariance(x)
        variance = np.maximum(within - error[:, j].mean(), 0.0) + error[:, j]
        if variance.min() > 0:
            deviation = normal * np.sqrt(variance)
            odd = np.abs(deviation - deviation.mean(axis=1, keepdims=True)).argmax(axis=1)
            shares[:, j] = np.bincount(odd, minlength=len(error)) / len(odd)
    return shares


def _mean_covariance(x: Floats) -> float:
    """Mean covariance of two roles; the mean variance less it is half the mean variance of the gaps."""
    R = x.shape[1]
    total = float(x.sum(axis=1).var(ddof=1))
    return float((total - x.var(axis=0, ddof=1).sum()) / (R * (R - 1)))
