"""Johnson-Neyman regions: values of a moderator at which a slope differs from zero.

The slope ``s(m) = a + b m`` has variance ``v(m) = v_aa + 2 m v_ab + m² v_bb``; it differs from zero where
``s(m)² > t² v(m)``, whose roots bound the regions (Johnson & Neyman, 1936; Bauer & Curran, 2005). Each value is tested
at the level by itself: the chance of an error somewhere is larger (Esarey & Sumner, 2018).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.results import Result
from comply_measure.sem.arguments import confidence_level
from comply_measure.sem.arrays import Array
from comply_measure.sem.interactions.equation import Equation, Question, question
from comply_measure.sem.interactions.slopes import check_hold
from comply_measure.sem.tables import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from comply_measure.sem.result import Fit

NO_ERRORS = "the fit has no standard errors"


@dataclass(frozen=True)
class Region:
    """Values of the moderator at which one thing is true of the slope.

    Attributes
    ----------
    lower, upper : float
        Bounds, infinite at the ends.
    sign : int
        1 or −1 where the slope differs from zero, 0 where it does not.
    share : float
        Share of the cases inside; of a normal distribution for a factor.
    within_range : bool
        Whether any of it lies in the range of the moderator.
    """

    lower: float
    upper: float
    sign: int
    share: float
    within_range: bool


@dataclass(frozen=True)
class GroupRegions:
    """Regions of one group.

    Attributes
    ----------
    equation : Equation
    regions : tuple of Region
        In the order of the moderator; empty without standard errors.
    low, high : float
        Range of the moderator.
    at_zero, gain : array (k,)
        Weights of the coefficients: the slope is ``(at_zero + m gain)ᵀ b``.
    """

    equation: Equation
    regions: tuple[Region, ...]
    low: float
    high: float
    at_zero: Array
    gain: Array


@dataclass(frozen=True)
class JohnsonNeyman(Result):
    """Where along a moderator the slope of an outcome on a predictor differs from zero.

    Attributes
    ----------
    outcome, predictor, moderator : str
    groups : tuple of GroupRegions
    level : float
        Confidence level of each single value.
    notes : tuple of str
    """

    outcome: str
    predictor: str
    moderator: str
    groups: tuple[GroupRegions, ...]
    level: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """A row per region: group, lower, upper, slope, share, within_range, moderator_low, moderator_high.

        ``slope`` is ``positive``, ``negative`` or ``not different from 0``. Bounds are infinite where a region has no
        end; ``attrs["undefined"]`` says so, and why numbers are missing.
        """
        import pandas as pd

        words = {1: "positive", -1: "negative", 0: "not different from 0"}
        rows = [
            {
                "outcome": self.outcome,
                "predictor": self.predictor,
                "moderator": self.moderator,
                "group": each.equation.group_name,
                "lower": region.lower,
                "upper": region.upper,
                "slope": words[region.sign],
                "share": region.share,
                "within_range": region.within_range,
                "moderator_low": each.low,
                "moderator_high": each.high,
            }
            for each in self.groups
            for region in each.regions
        ]
        table = pd.DataFrame(rows)
        table.attrs["notes"] = self.notes
        if len(table):
            ends = "a region without end has an infinite bound"
            table.attrs["undefined"] = "; ".join((ends, *self.notes))
        return table

    def curve(self, points: int = 101) -> pd.DataFrame:
        """The slope along the range of the moderator: group, value, est, ci_lower, ci_upper."""
        import pandas as pd

        parts = []
        for each in self.groups:
            value = np.linspace(each.low, each.high, points)
            weights = each.at_zero + np.outer(value, each.gain)
            est = weights @ each.equation.coefficients
            half = normal_quantile(self.level) * each.equation.error(weights)
            columns: dict[str, Any] = {"group": each.equation.group_name, "value": value, "est": est}
            parts.append(pd.DataFrame(columns | {"ci_lower": est - half, "ci_upper": est + half}))
        return pd.concat(parts, ignore_index=True)


def johnson_neyman(
    fit: Fit,
    term: str | None = None,
    hold: Mapping[str, float] | None = None,
    group: str | None = None,
    level: float = 0.95,
) -> JohnsonNeyman:
    """Regions of a moderator in which a slope differs from zero.

    Parameters
    ----------
    fit, term, hold, group, level
        As for :func:`comply_measure.sem.simple_slopes`.

    Returns
    -------
    JohnsonNeyman
        With ``tidy()`` and ``curve()``; the range is that of the cases, for a factor three standard deviations to both
        sides of its mean, and the share of cases there that of a normal distribution.

    Raises
    ------
    InputError, ModelError
        As for :func:`comply_measure.sem.simple_slopes`.
    """
    return regions_of(question(fit, term, group), hold, level)


def regions_of(
    asked: Question, hold: Mapping[str, float] | None = None, level: float = 0.95
) -> JohnsonNeyman:
    """Regions of equations, of a fit or not; arguments as for :func:`johnson_neyman`."""
    confidence = confidence_level(level)
    held = check_hold(asked, hold)
    found, notes = [], list(asked.notes)
    for equation in asked.equations:
        moderator = equation.variables[asked.moderator]
        point = equation.means() | held
        ends = [equation.slope_weights(asked.predictor, {**point, asked.moderator: m}) for m in (0.0, 1.0)]
        at_zero, gain = ends[0], ends[1] - ends[0]
        signs = _signs(equation, at_zero + moderator.mean * gain, gain, normal_quantile(confidence))
        if not signs:
            notes.append(NO_ERRORS)
        regions = tuple(
            Region(
                low + moderator.mean,
                high + moderator.mean,
                sign,
                moderator.share(low + moderator.mean, high + moderator.mean),
                low + moderator.mean < moderator.high and high + moderator.mean > moderator.low,
            )
            for low, high, sign in signs
        )
        found.append(GroupRegions(equation, regions, moderator.low, moderator.high, at_zero, gain))
    return JohnsonNeyman(
        asked.outcome,
        asked.predictor,
        asked.moderator,
        tuple(found),
        confidence,
        tuple(dict.fromkeys(notes)),
    )


def _signs(equation: Equation, start: Array, gain: Array, quantile: float) -> list[tuple[float, float, int]]:
    """Bounds and sign of every region, the moderator counted from its mean; empty without standard errors."""
    b, V = equation.coefficients, equation.covariance
    a0, a1 = float(start @ b), float(gain @ b)
    v00, v01, v11 = (float(x @ V @ y) for x, y in ((start, start), (start, gain), (gain, gain)))
    if math.isnan(v00 + v01 + v11):
        return []
    c = (a0**2 - quantile**2 * v00, a0 * a1 - quantile**2 * v01, a1**2 - quantile**2 * v11)
    bounds = [-math.inf, *_roots(*c), math.inf]
    signs = []
    for low, high in pairwise(bounds):
        inside = _between(low, high)
        differs = c[0] + 2.0 * c[1] * inside + c[2] * inside**2 > 0.0
        signs.append((low, high, int(np.sign(a0 + a1 * inside)) if differs else 0))
    return signs


def _roots(c0: float, c1: float, c2: float) -> list[float]:
    """Real roots of ``c₀ + 2 c₁ m + c₂ m²`` at which the sign changes, in order."""
    discriminant = c1**2 - c0 * c2
    if c2 == 0.0:
        return [] if c1 == 0.0 else [-c0 / (2.0 * c1)]
    if discriminant <= 0.0:
        return []
    far = -(c1 + math.copysign(math.sqrt(discriminant), c1))
    return sorted((far / c2, c0 / far))


def _between(low: float, high: float) -> float:
    """A value between two bounds that may be infinite."""
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low):
        return high - 1.0 - abs(high)
    return low + 1.0 + abs(low) if math.isinf(high) else 0.5 * (low + high)
