"""Simple slopes: the effect of a predictor at chosen values of what moderates it.

``∂Y/∂X = b_X + b_XZ (z − c) + 2 b_XX (x − c)`` with its error from the covariance matrix of the estimates (Aiken &
West, 1991; Rogosa, 1981); the chosen values are taken as given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.results import Result
from comply_measure.sem.arguments import confidence_level, is_number
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import InputError
from comply_measure.sem.interactions.equation import Equation, Question, question
from comply_measure.sem.tables import normal_quantile, wald_columns

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.result import Fit


@dataclass(frozen=True)
class GroupSlopes:
    """Slopes of one group.

    Attributes
    ----------
    equation : Equation
    held : mapping of str to float
        Where the other variables of the equation are held.
    names : tuple of str
        What the chosen values are called.
    values, est, se : array (m,)
        Values of the moderator, slopes there and their standard errors.
    """

    equation: Equation
    held: Mapping[str, float]
    names: tuple[str, ...]
    values: Array
    est: Array
    se: Array


@dataclass(frozen=True)
class SimpleSlopes(Result):
    """Slopes of an outcome on a predictor at values of a moderator.

    Attributes
    ----------
    outcome, predictor, moderator : str
    groups : tuple of GroupSlopes
    level : float
        Confidence level of the intervals.
    notes : tuple of str
    """

    outcome: str
    predictor: str
    moderator: str
    groups: tuple[GroupSlopes, ...]
    level: float
    notes: tuple[str, ...] = ()

    @property
    def quadratic(self) -> bool:
        """Whether predictor and moderator are one variable: a curve."""
        return self.predictor == self.moderator

    def tidy(self) -> pd.DataFrame:
        """outcome, predictor, moderator, group, at, value, est, se, z, pvalue, ci_lower, ci_upper."""
        import pandas as pd

        parts = []
        for each in self.groups:
            columns: dict[str, Any] = {
                "outcome": self.outcome,
                "predictor": self.predictor,
                "moderator": self.moderator,
                "group": each.equation.group_name,
                "at": list(each.names),
                "value": each.values,
            }
            parts.append(pd.DataFrame(columns | wald_columns(each.est, each.se, self.level)))
        table = pd.concat(parts, ignore_index=True)
        table.attrs["notes"] = self.notes
        return table

    def lines(self, points: int = 50) -> pd.DataFrame:
        """Expected outcome along the predictor at each value: group, at, value, x, y, ci_lower, ci_upper.

        For the square of one variable: one curve, without at and value.
        The band is that of the effects: the expected outcome at the means is taken as given.
        """
        import pandas as pd

        parts = []
        for each in self.groups:
            mine = each.equation.variables[self.predictor]
            x = np.linspace(mine.low, mine.high, points)
            curves: list[tuple[str, float]] = list(zip(each.names, each.values.tolist(), strict=True))
            if self.quadratic:
                curves = [("", math.nan)]
            for name, value in curves:
                place = {} if self.quadratic else {self.moderator: value}
                y, half = _expected_outcome(
                    each, [{self.predictor: float(v), **place} for v in x], self.level
                )
                columns: dict[str, Any] = {"group": each.equation.group_name, "at": name, "value": value}
                columns |= {"x": x, "y": y, "ci_lower": y - half, "ci_upper": y + half}
                parts.append(pd.DataFrame(columns))
        return pd.concat(parts, ignore_index=True)

    def surface(self, points: int = 25) -> tuple[Array, Array, Array]:
        """Predictor, moderator (points,) and expected outcome (points, points; a row per value of the moderator).

        Of the first group.

        Raises
        ------
        InputError
            For the square of one variable, which makes a curve.
        """
        if self.quadratic:
            problem = Problem(
                "one variable makes a curve, no surface", value=f"{self.predictor}:{self.moderator}"
            )
            raise InputError("There is no surface.", [problem])
        each = self.groups[0]
        mine, other = (each.equation.variables[name] for name in (self.predictor, self.moderator))
        x, z = np.linspace(mine.low, mine.high, points), np.linspace(other.low, other.high, points)
        places = [{self.moderator: float(b), self.predictor: float(a)} for b in z for a in x]
        y, _ = _expected_outcome(each, places, self.level)
        return x, z, y.reshape(points, points)


def _expected_outcome(
    each: GroupSlopes, places: Sequence[Mapping[str, float]], level: float
) -> tuple[Array, Array]:
    """Expected outcomes at some points, and half widths of their intervals around the one at the means."""
    equation = each.equation
    weights = np.array([equation.value_weights({**each.held, **place}) for place in places])
    centre = equation.value_weights(each.held)
    y = equation.intercept + weights @ equation.coefficients
    return y, normal_quantile(level) * equation.error(weights - centre)


def simple_slopes(
    fit: Fit,
    term: str | None = None,
    at: float | Sequence[float] | Mapping[str, float] | None = None,
    hold: Mapping[str, float] | None = None,
    group: str | None = None,
    level: float = 0.95,
) -> SimpleSlopes:
    """Slopes of an outcome on a predictor at values of its moderator.

    Parameters
    ----------
    fit : Fit
        Any fit with a product in a structural equation.
    term : str, optional
        ``"Y ~ X:Z"``: slopes of Y on X at values of Z (``"Y ~ Z:X"`` for those on Z); ``"Y ~ X:X"``: slopes along a
        curve. Not needed where the fit has one product only.
    at : float, sequence of float, or mapping of str to float, optional
        Values of the moderator, in its own unit; a mapping gives them names. By default the mean and one standard
        deviation to both sides, or both values of a moderator that has two.
    hold : mapping of str to float, optional
        Values at which other variables of the equation are held; their means by default. They matter where the
        predictor has further products.
    group : str, optional
        Only this group; all of them by default, each at values of its own.
    level : float
        Confidence level.

    Returns
    -------
    SimpleSlopes
        With ``tidy()``, ``lines()`` and ``surface()``.

    Raises
    ------
    InputError, ModelError
        When the fit has no such product or two levels, reached no finite optimum, or an argument is not valid.
    """
    return slopes_of(question(fit, term, group), at, hold, level)


def slopes_of(
    asked: Question,
    at: float | Sequence[float] | Mapping[str, float] | None = None,
    hold: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> SimpleSlopes:
    """Slopes of equations, of a fit or not; arguments as for :func:`simple_slopes`."""
    confidence = confidence_level(level)
    held = check_hold(asked, hold)
    chosen = chosen_values(at)
    found = []
    for equation in asked.equations:
        usual = equation.variables[asked.moderator].usual()
        values = usual if chosen is None else chosen
        point = equation.means() | held
        weights = np.array(
            [equation.slope_weights(asked.predictor, {**point, asked.moderator: v}) for v in values.values()]
        )
        found.append(
            GroupSlopes(
                equation,
                point,
                tuple(values),
                np.array(list(values.values()), dtype=float),
                weights @ equation.coefficients,
                equation.error(weights),
            )
        )
    return SimpleSlopes(
        asked.outcome, asked.predictor, asked.moderator, tuple(found), confidence, asked.notes
    )


def check_hold(asked: Question, hold: Mapping[str, float] | None) -> dict[str, float]:
    """Values at which variables are held.

    Raises
    ------
    InputError
        For names that are not in the equation and values that are no numbers.
    """
    if hold is None:
        return {}
    known = dict.fromkeys(name for equation in asked.equations for name in equation.variables)
    problems = [
        Problem("not in the equation", column="hold", value=name, allowed=", ".join(known))
        for name in hold
        if name not in known
    ]
    problems += [
        Problem("not a number", column=f"hold: {name}", value=value, allowed="a number")
        for name, value in hold.items()
        if name in known and not is_number(value)
    ]
    if problems:
        raise InputError("The slopes cannot be told.", problems)
    return {str(name): float(value) for name, value in hold.items()}


def chosen_values(at: Any) -> dict[str, float] | None:
    """Chosen values by name; None where they are left open."""
    if at is None:
        return None
    if is_number(at):
        at = [at]
    named = dict(at) if isinstance(at, Mapping) else None
    listed = list(named.values()) if named is not None else at
    good = isinstance(listed, Sequence | np.ndarray) and not isinstance(listed, str) and len(listed) > 0
    if not good or not all(is_number(value) and math.isfinite(value) for value in listed):
        problem = Problem("not valid", column="at", value=at, allowed="numbers, or numbers by name")
        raise InputError("The slopes cannot be told.", [problem])
    if named is not None:
        return {str(name): float(value) for name, value in named.items()}
    return {f"{float(value):g}": float(value) for value in listed}
