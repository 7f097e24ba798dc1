"""One score per unit from its informants, and how much the scheme matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints, known_mean
from comply_measure.statistics.reasons import undefined_because
from comply_measure.triads.aggregation.composition import EVIDENCE, Composition, check_composition
from comply_measure.triads.aggregation.weights import (
    competence_weights,
    equal_weights,
    precision_weights,
    response_weights,
)
from comply_measure.triads.data.triad_data import TriadData

Centring = Literal["none", "role"]
Scheme = Literal["equal", "median", "competence", "response", "precision"]


@dataclass(frozen=True, slots=True)
class UnitScores(Result):
    """Scores of units.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    columns : tuple of str
        The J variables.
    values : ndarray, shape (G, J)
        Unit scores; NaN where fewer than `min_roles` roles have the variable or the scheme is undefined.
    n_informants : ndarray of int, shape (G, J)
        Roles behind each score.
    scheme : str
        How informants were combined, incomplete units included.
    min_roles : int
        Roles required.
    composition : str
        Composition model.
    standard_errors : ndarray, shape (G, J), or None
        Standard errors, for schemes that have them.
    notes : tuple of str
        One per variable; why a scheme is undefined there.
    """

    units: NDArray[Any]
    columns: tuple[str, ...]
    values: Floats
    n_informants: Ints
    scheme: str
    min_roles: int
    composition: str = "referent_shift"
    standard_errors: Floats | None = None
    notes: tuple[str, ...] = ()

    @property
    def evidence(self) -> str:
        """What the composition model asks for."""
        return EVIDENCE[self.composition]

    def frame(self) -> pd.DataFrame:
        """Unit × variable; ``attrs["undefined"]`` says why scores are missing, :meth:`tidy` of each."""
        index = pd.Index(self.units, name="unit")
        few = f"fewer than {self.min_roles} roles" if (self.n_informants < self.min_roles).any() else ""
        reasons = [text for text in dict.fromkeys((few, *self.notes)) if text]
        table = pd.DataFrame(self.values, columns=list(self.columns), index=index)
        return undefined_because(table, "; ".join(reasons))

    def tidy(self) -> pd.DataFrame:
        """One row per unit and variable: unit, column, score, [se,] n_informants, scheme, composition, note."""
        G, J = self.values.shape
        short = self.n_informants < self.min_roles
        notes = np.array(self.notes or ("",) * J, dtype=object)
        note = np.where(short, f"fewer than {self.min_roles} roles", np.broadcast_to(notes, (G, J)))
        frame = pd.DataFrame(
            {
                "unit": np.repeat(self.units, J),
                "column": np.tile(np.array(self.columns, dtype=object), G),
                "score": self.values.reshape(-1),
                "n_informants": self.n_informants.reshape(-1),
                "scheme": self.scheme,
                "composition": self.composition,
                "note": note.reshape(-1),
            }
        )
        if self.standard_errors is not None:
            frame.insert(3, "se", self.standard_errors.reshape(-1))
        return frame


def aggregate(
    data: TriadData,
    *,
    scheme: Scheme = "equal",
    centring: Centring = "none",
    min_roles: int = 2,
    composition: Composition = "referent_shift",
    competence: Floats | None = None,
    exponent: float = 1.0,
) -> UnitScores:
    """Combine the informants present into one score per unit and variable.

    With ``centring="role"`` each role's mean over units is taken off first and the mean of the role means
    put back, ``x̄_g = Σ_r w_gr (x_gr - m_r) + m̄``, so that a unit which lacks a generous role is not scored
    low for it. With equal weights complete units get the same score either way.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    scheme : {"equal", "median", "competence", "response", "precision"}
        Equal weights (the default; the others are sensitivity analysis, see
        :mod:`comply_measure.triads.aggregation.weights`), or the median.
    centring : {"none", "role"}
        Whether to take the role means off.
    min_roles : int
        Roles a unit needs for a score.
    composition : {"direct_consensus", "referent_shift", "dispersion", "additive"}
        What the score means. ``dispersion`` returns the standard deviation (n - 1) of the present roles
        instead of a mean; it needs two roles and takes no weights.
    competence : ndarray, shape (G, R), optional
        Competence of the informants, for that scheme.
    exponent : float
        β of competence or α of response weights.

    Raises
    ------
    InputError
        Unknown option, competence missing, or `min_roles` outside 1 … number of roles.
    """
    check_composition(composition)
    _check_options(data, scheme, centring, min_roles, competence, composition)
    values, level = data.values, np.zeros(len(data.columns))
    if centring == "role":
        means = role_means(data)
        values, level = values - means, known_mean(means, 0)
    present = ~np.isnan(values)
    n = present.sum(axis=1)
    rule = f"at least {min_roles} roles"
    if composition == "dispersion":
        combined, text = _deviation(values), "standard deviation of present roles"
    elif scheme == "median":
        combined, text = _median(values) + level, "median of present roles"
    else:
        weights, text = _weights(values, scheme, competence, exponent)
        combined = np.where(present, weights * np.where(present, values, 0.0), 0.0).sum(axis=1) + level
    undefined = np.isnan(combined) & (n >= min_roles)
    notes = tuple("scheme undefined for this variable" if bad else "" for bad in undefined.any(axis=0))
    if centring == "role":
        text += ", role-centred"
    return UnitScores(
        units=data.units,
        columns=data.columns,
        values=np.where(n >= min_roles, combined, np.nan),
        n_informants=n,
        scheme=f"{text}; {rule}",
        min_roles=min_roles,
        composition=composition,
        notes=notes,
    )


def _check_options(
    data: TriadData,
    scheme: str,
    centring: str,
    min_roles: int,
    competence: Floats | None,
    composition: str,
) -> None:
    problems = [
        Problem(name, value=value, allowed=", ".join(get_args(options)))
        for name, value, options in (("scheme", scheme, Scheme), ("centring", centring, Centring))
        if value not in get_args(options)
    ]
    low = 2 if composition == "dispersion" else 1
    if not low <= min_roles <= max(len(data.roles), low):
        problems.append(Problem("min_roles", value=min_roles, allowed=f"{low} to {len(data.roles)}"))
    if scheme == "competence" and competence is None:
        problems.append(Problem("competence", allowed="an array unit × role"))
    if composition == "dispersion" and scheme != "equal":
        problems.append(Problem("scheme", value=scheme, allowed="equal, for a dispersion composition"))
    if problems:
        raise InputError("Informants cannot be aggregated with these options.", problems)


def _weights(
    values: Floats, scheme: Scheme, competence: Floats | None, exponent: float
) -> tuple[Floats, str]:
    if scheme == "competence" and competence is not None:
        return competence_weights(values, competence, exponent), f"competence weights (β = {exponent:g})"
    if scheme == "response":
        return response_weights(values, exponent), f"response-data weights (α = {exponent:g})"
    if scheme == "precision":
        return precision_weights(values), "precision weights"
    return equal_weights(values), "mean of present roles"


def _median(values: Floats) -> Floats:
    ordered = np.sort(values, axis=1)
    n = (~np.isnan(values)).sum(axis=1)
    low = np.take_along_axis(ordered, np.maximum((n - 1) // 2, 0)[:, None], axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, values.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.where(n > 0, (low + high) / 2.0, np.nan)


def _deviation(values: Floats) -> Floats:
    present = ~np.isnan(values)
    n = present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1) / n
        square = np.where(present, values - mean[:, None], 0.0) ** 2
        return np.where(n >= 2, np.sqrt(square.sum(axis=1) / (n - 1)), np.nan)


def role_means(data: TriadData) -> Floats:
    """Mean of each role over units, shape (R, J); NaN for a role nobody has."""
    return known_mean(data.values, 0)
