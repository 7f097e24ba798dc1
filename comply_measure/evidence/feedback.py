"""What one unit is told: its role profiles with their error, where it stands, what is strong, low or disputed.

Everything is decided against error: a band among the other units only where the whole interval lies in it, no rank;
a call on an attribute only with a p value corrected over the attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.responses import one_per_role
from comply_measure.results import Result
from comply_measure.statistics.multiplicity import holm
from comply_measure.statistics.words import counted, require_known
from comply_measure.triads import TriadData, blup_scores, gap_reliability
from comply_measure.triads.gaps.actions import interventions_for, levers_for

if TYPE_CHECKING:
    from comply_measure.responses import Responses

_Z95 = 1.959963984540054
#: Level of calls, over all attributes of a unit.
ALPHA = 0.05
_LEAST_ROLES, _LEAST_HIDDEN = 2, 3


@dataclass(frozen=True, eq=False)
class UnitFeedback(Result):
    """What a unit is told.

    Parameters
    ----------
    unit : str
        The unit.
    title : str
        The scale.
    roles : tuple of str
        Roles whose profiles are shown; none where the unit wants them hidden.
    n_units, n_informants : int
        Units it is compared with, itself included; its own informants.
    limits : tuple of float
        Ends of the answer scale.
    profiles : DataFrame
        ``column`` (dimension), ``role, score, lower, upper`` (± 1.96 standard errors of measurement).
    standing : DataFrame
        ``column, score, lower, upper`` of the unit's level (BLUP), standardised by the units (0: their mean), and
        ``band``: ``upper third``, ``middle third``, ``lower third``, ``not lower third``, ``not upper third`` or
        ``cannot say``.
    attributes : DataFrame
        ``column, dimension, z, p`` (corrected, of the level against the mean of units), ``disputed``, ``call``
        (``strong``, ``low``, ``disputed``, ``low and disputed``, ``strong and disputed`` or empty).
    levers, interventions : DataFrame
        Of the framework, for attributes that are low or disputed.
    note : str
        What could not be decided, and why.
    """

    unit: str
    title: str
    roles: tuple[str, ...]
    n_units: int
    n_informants: int
    limits: tuple[float, float]
    profiles: pd.DataFrame
    standing: pd.DataFrame
    attributes: pd.DataFrame
    levers: pd.DataFrame
    interventions: pd.DataFrame
    note: str = ""

    def tidy(self) -> pd.DataFrame:
        """Level and call of every attribute."""
        return self.attributes

    def called(self, word: str) -> list[str]:
        """Attributes whose call has a word: strong, low, disputed."""
        return [
            name
            for name, call in zip(self.attributes["column"], self.attributes["call"], strict=True)
            if word in call.split(" and ")
        ]


def unit_feedback(
    responses: Responses,
    scale: str | None = None,
    *,
    hide_roles: bool = False,
    minimum: int = 1,
) -> tuple[dict[str, UnitFeedback], dict[str, str]]:
    """Feedback for every unit, and why some units get none.

    Levels are best linear unbiased predictions from the roles present (:func:`comply_measure.triads.blup_scores`). An
    attribute is strong or low where its level differs from the mean of all units, ``(score − mean)/SE`` with Holm's
    correction over the attributes at 5%; it is disputed where a gap between two roles exceeds measurement error
    (:func:`comply_measure.triads.gap_reliability`, Tukey's range over roles, Bonferroni over attributes). Strong
    and low are said relative to the units of the study: without norms nothing says whether a level is high as such.

    Parameters
    ----------
    responses : Responses
        The answers.
    scale : str, optional
        Key of the scale; the first with dimensions by default.
    hide_roles : bool
        Show nothing by role; three informants are then needed, since one of two could infer the other's answers.
    minimum : int
        Informants of a role that are needed to show its profile.

    Returns
    -------
    dict of str to UnitFeedback, dict of str to str
        Units in the order of the data; units without feedback, with the reason.
    """
    if minimum < 1:
        raise ComplyError("the minimum number of informants of a role is at least 1")
    everyone = (responses.everyone or responses).data
    chosen = chosen_focal(one_per_role(responses), scale)
    base = _Base.of(chosen)
    counts = everyone.groupby(["unit", "role"]).size()
    found: dict[str, UnitFeedback] = {}
    refused: dict[str, str] = {}
    for place, unit in enumerate(base.dimensions.units.tolist()):
        mine = {role: int(counts.get((unit, role), 0)) for role in chosen.roles}
        answered = [r for r, role in enumerate(chosen.roles) if mine[role] and base.answered[place, r]]
        n = sum(mine[chosen.roles[r]] for r in answered)
        shown = tuple(chosen.roles[r] for r in answered if mine[chosen.roles[r]] >= minimum)
        reason = _refusal(len(answered), n, hide_roles, len(shown))
        if reason:
            refused[str(unit)] = reason
        else:
            found[str(unit)] = base.of_unit(place, () if hide_roles else shown, n)
    return found, refused


def feedback_of(found: tuple[Mapping[str, UnitFeedback], Mapping[str, str]], unit: str) -> UnitFeedback:
    """The feedback of one unit.

    Raises
    ------
    ComplyError
        If the unit is unknown, or gets none, with the reason.
    """
    told, refused = found
    require_known("unit", unit, [*told, *refused])
    if unit in refused:
        raise ComplyError(f"unit '{unit}' gets no feedback: {refused[unit]}")
    return told[unit]


def _refusal(n_roles: int, n: int, hide_roles: bool, n_shown: int) -> str:
    if n_roles < _LEAST_ROLES:
        return f"answers of {counted(n_roles, 'role', 'roles')}; {_LEAST_ROLES} are needed"
    if hide_roles and n < _LEAST_HIDDEN:
        return f"{counted(n, 'informant', 'informants')}; {_LEAST_HIDDEN} are needed where roles are hidden"
    if not hide_roles and n_shown < _LEAST_ROLES:
        return f"{counted(n_shown, 'role', 'roles')} with enough informants to be shown; {_LEAST_ROLES} are needed"
    return ""


@dataclass(frozen=True, eq=False)
class _Base:
    """What all units share."""

    title: str
    limits: tuple[float, float]
    roles: tuple[str, ...]
    parents: Mapping[str, str]
    dimensions: TriadData
    answered: np.ndarray
    errors: np.ndarray
    levels: np.ndarray
    level_errors: np.ndarray
    z: np.ndarray
    attributes: tuple[str, ...]
    disputed: np.ndarray
    note: str

    @staticmethod
    def of(chosen: object) -> _Base:
        from comply_measure.evidence.focal import Focal

        assert isinstance(chosen, Focal)
        whole = TriadData.from_long(chosen.scores("dimension"), list(chosen.wholes), roles=chosen.roles)
        fine = TriadData.from_long(chosen.scores(chosen.level), list(chosen.items), roles=chosen.roles)
        coarse = role_reliabilities(chosen, chosen.wholes)
        exact = role_reliabilities(chosen, chosen.items)
        level, parts = blup_scores(whole), blup_scores(fine)
        assert level.standard_errors is not None
        assert parts.standard_errors is not None
        disputed: np.ndarray = np.zeros(parts.values.shape, dtype=bool)
        note = "reliabilities of attributes are undefined: no attribute is called disputed"
        if exact is not None:
            gaps = gap_reliability(fine, exact, confidence=1.0 - ALPHA / len(fine.columns))
            with np.errstate(invalid="ignore"):
                disputed = np.asarray((np.abs(gaps.z) > gaps.critical[:, None]).any(axis=1))
            note = ""
        mean, spread = np.nanmean(level.values, axis=0), np.nanstd(level.values, axis=0, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.asarray((parts.values - np.nanmean(parts.values, axis=0)) / parts.standard_errors)
            scaled, error = (level.values - mean) / spread, level.standard_errors / spread
        response = chosen.scale.response
        return _Base(
            chosen.title,
            (float(response.minimum), float(response.maximum)),
            chosen.roles,
            {key: chosen.scale.construct(key).parent or "" for key in fine.columns},
            whole,
            np.asarray((~np.isnan(whole.values)).any(axis=2)),
            _errors(whole, coarse),
            np.asarray(scaled),
            np.asarray(error),
            z,
            fine.columns,
            disputed,
            note,
        )

    def of_unit(self, place: int, shown: tuple[str, ...], n_informants: int) -> UnitFeedback:
        """One unit's part."""
        attributes = self._attributes(place)
        calls = {
            name: " and ".join(word for word in call.split(" and ") if word != "strong")
            for name, call in zip(attributes["column"], attributes["call"], strict=True)
        }
        calls = {name: call for name, call in calls.items() if call}
        return UnitFeedback(
            str(self.dimensions.units[place]),
            self.title,
            shown,
            len(self.dimensions.units),
            n_informants,
            self.limits,
            self._profiles(place, shown),
            self._standing(place),
            attributes,
            levers_for(calls),
            interventions_for(calls),
            self.note,
        )

    def _profiles(self, place: int, shown: tuple[str, ...]) -> pd.DataFrame:
        rows = []
        for r, role in enumerate(self.roles):
            for j, column in enumerate(self.dimensions.columns if role in shown else ()):
                score, half = self.dimensions.values[place, r, j], _Z95 * self.errors[r, j]
                rows.append((column, role, score, score - half, score + half))
        return pd.DataFrame(rows, columns=["column", "role", "score", "lower", "upper"])

    def _standing(self, place: int) -> pd.DataFrame:
        half = _Z95 * self.level_errors[place]
        table = pd.DataFrame(
            {
                "column": list(self.dimensions.columns),
                "score": self.levels[place],
                "lower": self.levels[place] - half,
                "upper": self.levels[place] + half,
            }
        )
        first, second = np.nanquantile(self.levels, [1 / 3, 2 / 3], axis=0)
        table["band"] = [
            band(*ends) for ends in zip(table["lower"], table["upper"], first, second, strict=True)
        ]
        return table

    def _attributes(self, place: int) -> pd.DataFrame:
        from scipy import special

        z = self.z[place]
        p = np.asarray(holm(2 * special.ndtr(-np.abs(z))))
        calls = []
        for value, corrected, gap in zip(z, p, self.disputed[place], strict=True):
            sure = bool(corrected <= ALPHA)
            words = [("strong" if value > 0 else "low")] if sure else []
            calls.append(" and ".join([*words, *(["disputed"] if gap else [])]))
        return pd.DataFrame(
            {
                "column": list(self.attributes),
                "dimension": [self.parents[name] for name in self.attributes],
                "z": z,
                "p": p,
                "disputed": self.disputed[place],
                "call": calls,
            }
        )


def band(lower: float, upper: float, first: float, second: float) -> str:
    """Where an interval lies among the thirds of the units; what it excludes where it lies in no single third."""
    if not lower <= upper:
        return "cannot say"
    if lower > second:
        return "upper third"
    if upper < first:
        return "lower third"
    if lower > first and upper < second:
        return "middle third"
    if lower > first:
        return "not lower third"
    return "not upper third" if upper < second else "cannot say"


def _errors(data: TriadData, reliability: dict[str, dict[str, float]] | None) -> np.ndarray:
    """Standard error of measurement by role and dimension, ``s √(1 − r)``; NaN without reliabilities."""
    spread = np.nanstd(data.values, axis=0, ddof=1)
    if reliability is None:
        return np.full(spread.shape, np.nan)
    r = np.array([[reliability[role][name] for name in data.columns] for role in data.roles])
    return np.asarray(spread * np.sqrt(1.0 - r))
