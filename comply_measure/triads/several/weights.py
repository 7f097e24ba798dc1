"""One score per unit from any number of informants of each role, and what each informant weighs in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, known_mean
from comply_measure.triads.several.levels import variance_levels
from comply_measure.triads.several.views import Views, role_views

Weighting = Literal["role", "informant", "reliability"]


@dataclass(frozen=True, slots=True)
class WeighedScores(Result):
    """Unit scores from informants that are weighed.

    Attributes
    ----------
    weighting : str
    views : Views
        What was put together.
    weights : ndarray, shape (G, R, J)
        Weight of each role's view; they sum to 1 in a unit, 0 where the role is missing.
    scores, errors, reliability : ndarray, shape (G, J)
        Score, its standard error about the unit's value, and the share of its variance that is the unit's.
    notes : tuple of str
        By variable: why errors are unknown.
    """

    weighting: str
    views: Views
    weights: Floats
    scores: Floats
    errors: Floats
    reliability: Floats
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row per unit and variable: unit, column, score, se, reliability, n_roles, n_informants, note."""
        counts = self.views.counts
        blocks = [
            pd.DataFrame(
                {
                    "unit": self.views.units,
                    "column": column,
                    "score": self.scores[:, j],
                    "se": self.errors[:, j],
                    "reliability": self.reliability[:, j],
                    "n_roles": (counts[:, :, j] > 0).sum(axis=1),
                    "n_informants": counts[:, :, j].sum(axis=1),
                    "note": np.where(np.isnan(self.scores[:, j]), "nobody answered", self.notes[j]),
                }
            )
            for j, column in enumerate(self.views.columns)
        ]
        return pd.concat(blocks, ignore_index=True)

    def weight_table(self) -> pd.DataFrame:
        """Mean weights: column, role, k (informants), n_units, weight (of the role), weight_each (of one informant)."""
        rows = []
        for j, column in enumerate(self.views.columns):
            for r, role in enumerate(self.views.roles):
                counts, weights = self.views.counts[:, r, j], self.weights[:, r, j]
                for k in np.unique(counts[counts > 0]).tolist():
                    mean = float(weights[counts == k].mean())
                    rows.append((column, role, int(k), int((counts == k).sum()), mean, mean / k))
        return pd.DataFrame(rows, columns=["column", "role", "k", "n_units", "weight", "weight_each"])


def weigh_informants(
    data: pd.DataFrame,
    columns: Sequence[str],
    weighting: Weighting = "role",
    *,
    centring: Literal["role", "none"] = "role",
    unit: str = "unit",
    role: str = "role",
    roles: Sequence[str] | None = None,
) -> WeighedScores:
    """A unit's score as a weighted mean of the views of its roles.

    ``role``: every role the same, however many informants it has. ``informant``: every informant the same, so that a
    role weighs by its number. ``reliability``: ``w_r ∝ 1/(σ²_role + σ²/k_r)``, the inverse error variance of a view
    about what the roles share, which is best among weighted means where the model holds (generalised least squares);
    it lies between the other two. The score errs by ``Σ_r w²_r (σ²_role + σ²/k_r)`` with variances from
    :func:`variance_levels` (unit, role in unit, informant; means of roles fixed).

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role.
    columns : sequence of str
        Scores.
    weighting : {"role", "informant", "reliability"}
    centring : {"role", "none"}
        Take the mean of each role's views off before averaging and put their mean back, so that a unit that lacks a
        generous role is not scored low for it.
    unit, role : str
        Key columns.
    roles : sequence of str, optional
        Roles and their order.

    Returns
    -------
    WeighedScores
        Errors are NaN with a note where no role has several informants in a unit; weights by reliability are then equal
        for roles.

    Raises
    ------
    InputError
        Unusable table or option.

    References
    ----------
    Searle, S. R., Casella, G., & McCulloch, C. E. (1992). Variance components. Wiley.
    """
    for name, value, allowed in (
        ("weighting", weighting, get_args(Weighting)),
        ("centring", centring, ("role", "none")),
    ):
        if value not in allowed:
            fault = Problem(name, value=value, allowed=", ".join(allowed))
            raise InputError("Unit scores of several informants", [fault])
    views = role_views(data, columns, unit=unit, role=role, roles=roles)
    rows = data[data[role].astype(str).isin(views.roles)]
    levels = variance_levels(rows, columns, (unit, role), fixed=role, intervals=False)
    shares, notes = _variances(levels.tidy(), views.columns)
    k = views.counts.astype(np.float64)
    present = k > 0
    error = np.where(present, shares[1] + shares[2] / np.maximum(k, 1.0), np.nan)
    raw = {
        "role": np.ones_like(k),
        "informant": k,
        "reliability": np.where(np.isnan(error) | (error <= 0), 1.0, 1.0 / np.where(error > 0, error, 1.0)),
    }[weighting]
    weights = _normalised(np.where(present, raw, 0.0))
    means = views.means
    if centring == "role":
        own = known_mean(means, 0)
        means = means - own + known_mean(own, 0)
    scores = np.where(present.any(axis=1), np.nansum(weights * means, axis=1), np.nan)
    variance = np.nansum(weights**2 * error, axis=1) + np.where(np.isnan(shares[0]), np.nan, 0.0)
    variance = np.where(present.any(axis=1), variance, np.nan)
    reliability = shares[0] / (shares[0] + variance)
    return WeighedScores(weighting, views, weights, scores, np.sqrt(variance), reliability, notes)


def _variances(table: pd.DataFrame, columns: tuple[str, ...]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Variances of unit, role and informant, shape (3, J), and why they are unknown."""
    found = {column: table.loc[table["column"] == column, "variance"].to_numpy() for column in columns}
    known = table.drop_duplicates("column").set_index("column")["note"]
    notes = tuple(
        "" if np.isfinite(found[column]).all() else f"errors unknown: {known[column]}" for column in columns
    )
    return np.column_stack([found[column] for column in columns]), notes


def _normalised(weights: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))
