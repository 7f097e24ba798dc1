"""Vuong's tests of two models that need not be nested."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.models.rivals.casewise import CasewiseFit, casewise_fit
from comply_measure.models.rivals.weighted_chisquare import weighted_chisquare_tail
from comply_measure.sem import Fit
from comply_measure.sem.comparison.same_data import data_differences

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VuongTest:
    """Comparison of two models case by case.

    Attributes
    ----------
    omega2 : float
        Variance of the casewise log-likelihood ratios.
    p_distinguishable : float
        p of H0: the models cannot be told apart in this population (ω² = 0).
    z, p_first_better, p_second_better : float
        Test of equal fit and its one-sided p values; meaningful only for distinguishable, non-nested models.
    log_likelihood_ratio : float
        Σ (l₁ − l₂).
    bic_difference, bic_lower, bic_upper : float
        BIC₁ − BIC₂ with its interval; above 0 favours the second model.
    n_observations : int
        Cases, or clusters.
    note : str
        Why values are undefined, or what to know.
    """

    omega2: float
    p_distinguishable: float
    z: float
    p_first_better: float
    p_second_better: float
    log_likelihood_ratio: float
    bic_difference: float
    bic_lower: float
    bic_upper: float
    n_observations: int
    note: str = ""


def vuong_test(first: Fit, second: Fit, confidence: float = 0.95) -> VuongTest:
    """Vuong's (1989) tests of distinguishability and of relative fit for structural equation models.

    With ``m_i = l₁(x_i) − l₂(x_i)`` and ω² their variance: under H0 of indistinguishable models ``n ω̂²`` is
    distributed as Σ λ_j² χ²₁, the λ being eigenvalues of the matrix W of Vuong's equation 3.6; for
    distinguishable models ``z = Σ m_i / (√n ω̂)`` is standard normal when they fit equally well, and
    ``ΔBIC ± z_{1−α/2} · 2 √n ω̂`` an interval of the BIC difference (Merkle, You & Preacher 2016). When both fits
    have clusters, sums over clusters take the place of cases.

    Parameters
    ----------
    first, second : Fit
        Maximum-likelihood fits of the same variables to the same cases.
    confidence : float
        Level of the interval.

    Returns
    -------
    VuongTest
        NaN with a note when the two fits predict every case alike.

    Raises
    ------
    ComplyError
        When the fits do not rest on the same cases and variables, or one of them has no casewise likelihood.
    """
    one, two = casewise_fit(first), casewise_fit(second)
    variables = [[sorted(g.names) for g in fit.model.sample.groups] for fit in (first, second)]
    if variables[0] != variables[1]:
        raise ComplyError("Vuong's tests compare models of the same variables")
    if other := data_differences(first.model.sample.groups, second.model.sample.groups):
        raise ComplyError(
            f"Vuong's tests compare models fitted to the same cases in the same order; the second: {'; '.join(other)}"
        )
    return compare_casewise(one, two, (first.npar, second.npar), first.n, confidence)


def compare_casewise(
    one: CasewiseFit, two: CasewiseFit, npar: tuple[int, int], n_cases: int, confidence: float = 0.95
) -> VuongTest:
    """:func:`vuong_test` from casewise contributions; ``npar`` and ``n_cases`` enter the BIC.

    Raises
    ------
    ComplyError
        When the contributions do not belong to the same observations.
    """
    from scipy.stats import norm

    if one.clustered != two.clustered or not np.array_equal(one.key, two.key):
        raise ComplyError("Vuong's tests compare models fitted to the same cases in the same order")
    difference = one.log_likelihood - two.log_likelihood
    n = len(difference)
    ratio = float(difference.sum())
    omega2 = float(difference.var())
    bic = -2.0 * ratio + (npar[0] - npar[1]) * math.log(n_cases)
    if not omega2 > 1e-12:
        note = "the models predict every case alike: equivalent"
        return VuongTest(omega2, 1.0, math.nan, math.nan, math.nan, ratio, bic, bic, bic, n, note)
    p_distinguishable, note = _distinguishable(one, two, n * omega2)
    spread = math.sqrt(n * omega2)
    half = float(norm.ppf(0.5 + confidence / 2.0)) * 2.0 * spread
    z = ratio / spread
    better = float(norm.sf(z)), float(norm.cdf(z))
    return VuongTest(omega2, p_distinguishable, z, *better, ratio, bic, bic - half, bic + half, n, note)


def _distinguishable(one: CasewiseFit, two: CasewiseFit, statistic: float) -> tuple[float, str]:
    """The p value of indistinguishable models, and what limits it."""
    rank = one.scores.shape[1] + two.scores.shape[1]
    n = len(one.scores)
    if one.clustered and n <= rank:
        return math.nan, f"{n} clusters for {rank} parameters: distinguishability cannot be tested"
    try:
        weights = eigenvalues_of_w(one, two) ** 2
    except np.linalg.LinAlgError:
        return math.nan, "singular information: distinguishability cannot be tested"
    return weighted_chisquare_tail(statistic, weights), "observations are clusters" if one.clustered else ""


def eigenvalues_of_w(one: CasewiseFit, two: CasewiseFit) -> Floats:
    """Eigenvalues of Vuong's W (1989, eq. 3.6), shape (r₁ + r₂,).

    ``W = [[−B₁ A₁⁻¹, −B₁₂ A₂⁻¹], [B₂₁ A₁⁻¹, B₂ A₂⁻¹]]`` with A the information and B the mean products of scores.
    """
    n = len(one.log_likelihood)
    scores = np.hstack([-one.scores, two.scores])
    products = scores.T @ scores / n
    r = one.scores.shape[1]
    right = np.zeros_like(products)
    right[:r, :r] = np.linalg.inv(one.information)
    right[r:, r:] = np.linalg.inv(two.information)
    sign = np.concatenate([-np.ones(r), np.ones(len(products) - r)])
    return np.asarray(np.linalg.eigvals((products * sign) @ right).real)
