"""Difference tests of two nested models, the second more restricted than the first.

With T, r the standard statistics and degrees of freedom, m = r₀ − r₁, c the scaling factors of the models:

========================  =====================================================================
standard                  T₀ − T₁
satorra.bentler.2001      (T₀ − T₁) / c_d,  c_d = (r₀ c₀ − r₁ c₁) / m
satorra.bentler.2010      the same with c₁ of the larger model at the smaller one's estimates
satorra.2000              quadratic form: X = P Aᵀ(A P Aᵀ)⁺A P, P the larger model's inverse
                          information, A the restrictions, M = Δᵀ V Γ V Δ; with the traces
                          t = tr(X M) and t₂ = tr(X M X M): mean adjusted c_d = t/m; mean and
                          variance adjusted c_d = t₂/t, df = t²/t₂; scaled and shifted
                          a (T₀ − T₁) + b, a = √(m/t₂), b = m − a t
========================  =====================================================================

Sources: Satorra & Bentler (2001, 2010), Satorra (2000), Asparouhov & Muthén (2006, 2010).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.comparison.tangent import free_basis, keys_of, lost_directions
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.parts import pieces_of, spread_groups
from comply_measure.sem.inference.tests import TestStatistic, inverse_information

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

MEAN_ONLY = ("satorra.bentler", "yuan.bentler", "yuan.bentler.mplus")


@dataclass(frozen=True)
class Difference:
    """A difference test.

    Attributes
    ----------
    statistic, df : float
        NaN where not defined.
    scale : float
        By which the plain difference was divided (multiplied, for the scaled and shifted test, as in lavaan).
    shift : float
        What was added after scaling.
    note : str
        Why a value is missing.
    """

    statistic: float
    df: float
    scale: float = 1.0
    shift: float = 0.0
    note: str = ""


def difference_test(
    large: Fit, small: Fit, method: str, a_method: str = "delta", scaled_shifted: bool = True
) -> Difference:
    """Difference test of two fits.

    Parameters
    ----------
    large, small : Fit
        The less and the more restricted model.
    method : str
        ``standard``, ``satorra.bentler.2001``, ``satorra.bentler.2010`` or ``satorra.2000``.
    a_method : str
        How restrictions are found for ``satorra.2000``: ``delta`` or ``exact``.
    scaled_shifted : bool
        ``satorra.2000`` only: scaled and shifted; otherwise mean adjusted, or mean and variance adjusted
        when the models' own tests are.
    """
    plain = small.model.statistic(small.optimum.point) - large.model.statistic(large.optimum.point)
    m = float(small.model.df - large.model.df)
    if m == 0:
        return Difference(plain, m, math.nan, note="same degrees of freedom: no test")
    reason = large.model.family.why_no_difference(large.model)
    if reason:
        return Difference(math.nan, m, math.nan, note=reason)
    if method == "standard":
        family = large.model.family
        if not family.is_chisquare:
            word = family.minimises.upper()
            note = f"the difference of {word} statistics is no χ²; method='satorra.2000' with raw data"
            return Difference(math.nan, m, math.nan, note=note)
        return Difference(plain, m)
    if method != "satorra.bentler.2001":
        large.require_one_level(f"tests with method='{method}'")
    if method == "satorra.2000":
        return _quadratic_form(large, small, plain, m, a_method, scaled_shifted)
    c0 = _factor(small, small.scaled_test)
    c1 = _factor(
        large, large.scaled_test if method == "satorra.bentler.2001" else _transplanted(large, small)
    )
    scale = (small.model.df * c0 - large.model.df * c1) / m
    if not scale > 0.0:
        other = "satorra.bentler.2010" if method == "satorra.bentler.2001" else "satorra.2000"
        note = f"the scaling factor of the difference is negative; use method='{other}'"
        return Difference(math.nan, m, math.nan, note=note)
    return Difference(plain / scale, m, scale)


def _factor(fit: Fit, test: TestStatistic | None) -> float:
    if fit.model.df == 0 or test is None:
        return 1.0
    # a perfect fit has no factor; it then drops out of the sum
    return 0.0 if abs(fit.test.statistic) < 1.5e-8 else test.scaling_factor


def _transplanted(large: Fit, small: Fit) -> TestStatistic:
    """The larger model's scaled test at the smaller model's estimates (Satorra & Bentler, 2010)."""
    model, other = large.model, small.model
    values = dict(zip(keys_of(other.table), other.values(small.theta), strict=True))
    theta = np.zeros(model.table.n_free)
    for key, free in zip(keys_of(model.table), model.table.free, strict=True):
        if free:
            theta[free - 1] = values.get(key, 0.0)
    point = model.objective.at(model.space.contract(theta))
    if not math.isfinite(point.value):
        raise ModelError(
            "the larger model cannot take the smaller one's estimates; use method='satorra.2000'"
        )
    standard = TestStatistic("standard", max(model.statistic(point), 1e-8), model.df, math.nan)
    return model.family.scaled_test(model, point, standard, large.optimum.jacobian)


def _quadratic_form(
    large: Fit, small: Fit, plain: float, m: float, a_method: str, scaled_shifted: bool
) -> Difference:
    point, basis = large.optimum.point, free_basis(large)
    A = lost_directions(large, small, a_method)
    kind = large.model.options.information
    P = np.linalg.pinv(basis) @ inverse_information(large.model, point, kind, large.optimum.jacobian)
    P = P @ np.linalg.pinv(basis).T
    M = basis.T @ spread_groups(point, [part.meat for part in pieces_of(point, False)]) @ basis
    AP = A @ P
    XM = AP.T @ np.linalg.pinv(AP @ A.T, hermitian=True) @ AP @ M
    t, t2 = float(np.trace(XM)), float(np.vdot(XM, XM.T))
    if not (t > 0.0 and t2 > 0.0):
        note = "the restrictions take nothing away: the models are not nested, or have the same moments"
        return Difference(math.nan, m, math.nan, note=note)
    if scaled_shifted:
        a = math.sqrt(m / t2)
        shift = m - a * t
        return Difference(a * plain + shift, m, a, shift)
    if large.model.options.test in MEAN_ONLY or small.model.options.test in MEAN_ONLY:
        return Difference(plain * m / t, m, t / m)
    return Difference(plain * t / t2, t**2 / t2, t2 / t)
