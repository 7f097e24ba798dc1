"""What the test of equal marker effects could have found: its power, and what its interval allows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, special

from comply_measure.errors import InputError, Problem
from comply_measure.sem.fit_measures.chisquare import noncentral_cdf
from comply_measure.statistics.checks import is_share

if TYPE_CHECKING:
    from comply_measure.sem import Fit

#: Correlations of the marker with the method, and shares of method variance, that the table shows.
CORRELATIONS, SHARES = (1.0, 0.5, 0.3, 0.1), (0.01, 0.03, 0.05, 0.10)
POWER = 0.80


@dataclass(frozen=True, slots=True)
class EqualEffect:
    """The equal effect of the marker on the answers.

    Attributes
    ----------
    estimate, se : float
        b and its standard error, in units of the answers (the marker factor has variance 1).
    inverse_variance : float
        Mean of ``1/σ²`` over the indicators: ``c² · mean(1/σ²)`` is the share of variance of a method that moves every
        indicator by c.
    """

    estimate: float
    se: float
    inverse_variance: float

    def power(self, correlation: float, share: float, alpha: float = 0.05) -> float:
        """Power of the test, as in :func:`power_table`; NaN without a standard error."""
        if not (self.se > 0 and self.inverse_variance > 0):
            return math.nan
        return _power(correlation**2 * share / (self.inverse_variance * self.se**2), alpha)


def equal_effect(fit: Fit, factors: Sequence[str], items: Sequence[str]) -> EqualEffect | None:
    """The equal effect in a fit of ``method_c``; None without standard errors."""
    table, standard = fit.estimates, fit.standardized("all")
    loads = table[(table["op"] == "=~") & table["rhs"].isin(list(items))]
    effect = loads[~loads["lhs"].isin(list(factors))]
    if effect.empty or not np.isfinite(effect["se"].iloc[0]) or not effect["se"].iloc[0] > 0:
        return None
    own = loads[loads["lhs"].isin(list(factors))].set_index(["lhs", "rhs"])["est"].astype(float)
    keyed = standard[standard["op"] == "=~"].set_index(["lhs", "rhs"])["est_std"].astype(float)
    ratio = keyed.loc[own.index] / own
    return EqualEffect(float(effect["est"].iloc[0]), float(effect["se"].iloc[0]), float((ratio**2).mean()))


def power_table(
    effect: EqualEffect,
    *,
    alpha: float = 0.05,
    correlations: Sequence[float] = CORRELATIONS,
    shares: Sequence[float] = SHARES,
) -> pd.DataFrame:
    """Power of the test of equal marker effects, by what the marker has to do with the method.

    A method that moves every indicator by c has the share ``s = c²·mean(1/σ²)`` of their variance. A marker that
    correlates ρ with it carries the effect ``b = ρ c``, so that the test of b = 0 has about the noncentrality ``λ =
    (ρ c / SE)²`` on one degree of freedom (Satorra & Saris 1985), SE from the fitted model: unreliability of the
    marker, sample size and clusters are in it. ρ is not known from the data.

    Parameters
    ----------
    effect : EqualEffect
    alpha : float
        Level of the test.
    correlations, shares : sequence of float
        ρ and s, above 0 up to 1.

    Returns
    -------
    DataFrame
        A row per ρ: ``correlation``, ``power_<s>`` for each share in percent, ``detectable`` (share found with power
        .80), ``upper`` (largest share in the 95 % interval of b).

    Raises
    ------
    InputError
        For values outside (0, 1].
    """
    wrong = [v for v in (*correlations, *shares) if not (is_share(v) or v == 1)]
    if wrong:
        raise InputError(
            "No power can be computed.",
            [Problem("a share", value=v, allowed="above 0, up to 1") for v in wrong],
        )
    bound = abs(effect.estimate) + float(special.ndtri(0.975)) * effect.se
    scale = effect.inverse_variance * effect.se**2
    needed = _noncentrality(alpha)
    rows: list[Mapping[str, float]] = []
    for rho in correlations:
        power = {f"power_{100 * s:g}": effect.power(rho, s, alpha) for s in shares}
        detectable = min(needed * scale / rho**2, 1.0)
        upper = min((bound / rho) ** 2 * effect.inverse_variance, 1.0)
        rows.append({"correlation": rho, **power, "detectable": detectable, "upper": upper})
    return pd.DataFrame(rows)


def _power(noncentrality: float, alpha: float) -> float:
    critical = float(special.chdtri(1, alpha))
    return 1.0 - float(noncentral_cdf(critical, 1, noncentrality))


def _noncentrality(alpha: float) -> float:
    """Noncentrality at which a test on one degree of freedom has the power :data:`POWER`."""
    root = optimize.brentq(lambda value: _power(value**2, alpha) - POWER, 0.0, 50.0)
    return math.pow(float(root), 2)
