"""One score per unit from its informants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.triads.data import TriadData
from comply_measure.triads.grouping import Floats, Ints

Centring = Literal["none", "role"]


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Scores of units.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    columns : tuple of str
        The J variables.
    values : ndarray, shape (G, J)
        Unit scores; NaN where fewer than `min_roles` roles have the variable.
    n_informants : ndarray of int, shape (G, J)
        Roles behind each score.
    scheme : str
        How informants were combined, incomplete units included.
    min_roles : int
        Roles required.
    """

    units: NDArray[Any]
    columns: tuple[str, ...]
    values: Floats
    n_informants: Ints
    scheme: str
    min_roles: int

    def frame(self) -> pd.DataFrame:
        """Unit × variable."""
        return pd.DataFrame(self.values, columns=list(self.columns), index=pd.Index(self.units, name="unit"))

    def tidy(self) -> pd.DataFrame:
        """One row per unit and variable: unit, column, score, n_informants, scheme, note."""
        G, J = self.values.shape
        short = self.n_informants < self.min_roles
        return pd.DataFrame(
            {
                "unit": np.repeat(self.units, J),
                "column": np.tile(np.array(self.columns, dtype=object), G),
                "score": self.values.reshape(-1),
                "n_informants": self.n_informants.reshape(-1),
                "scheme": self.scheme,
                "note": np.where(short.reshape(-1), f"fewer than {self.min_roles} roles", ""),
            }
        )


def aggregate(data: TriadData, *, centring: Centring = "none", min_roles: int = 2) -> UnitScores:
    """Unweighted mean of the informants present.

    With ``centring="role"`` each role's mean over units is taken off first and the mean of the role means
    put back, ``x̄_g = mean_r(x_gr - m_r) + m̄``, so that a unit which lacks a generous role is not scored
    low for it. Complete units get the same score either way.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    centring : {"none", "role"}
        Whether to take the role means off.
    min_roles : int
        Roles a unit needs for a score.

    Raises
    ------
    InputError
        Unknown centring, or `min_roles` outside 1 … number of roles.
    """
    problems = []
    if centring not in get_args(Centring):
        problems.append(Problem("centring", value=centring, allowed=", ".join(get_args(Centring))))
    if not 1 <= min_roles <= len(data.roles):
        problems.append(Problem("min_roles", value=min_roles, allowed=f"1 to {len(data.roles)}"))
    if problems:
        raise InputError("Informants cannot be aggregated with these options.", problems)
    values, level = data.values, 0.0
    if centring == "role":
        means = role_means(data)
        values = values - means
        level = np.array(
            [column[~np.isnan(column)].mean() if (~np.isnan(column)).any() else np.nan for column in means.T]
        )  # type: ignore[assignment]
    present = ~np.isnan(values)
    n = present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1) / n + level
    scheme = "mean of present roles" + (", role-centred" if centring == "role" else "")
    return UnitScores(data.units, data.columns, np.where(n >= min_roles, mean, np.nan), n, scheme, min_roles)


def role_means(data: TriadData) -> Floats:
    """Mean of each role over units, shape (R, J); NaN for a role nobody has."""
    present = ~np.isnan(data.values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(present, data.values, 0.0).sum(axis=0) / present.sum(axis=0))
