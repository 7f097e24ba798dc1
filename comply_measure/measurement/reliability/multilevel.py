"""Reliability on two levels: informants within units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_labels, joined
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.alpha import alpha_from_covariance
from comply_measure.measurement.reliability.one_factor import OneFactor, one_factor
from comply_measure.measurement.reliability.two_level_factor import two_level_factor
from comply_measure.measurement.threads import single_threaded
from comply_measure.statistics.arrays import group_sums
from comply_measure.statistics.correlation import to_correlations

Estimator = Literal["ml", "anova"]
FactorEstimator = Literal["two_stage", "two_level"]
NAN = float("nan")
# Largest move of an EM step, in total standard deviations, at which the saturated moments are taken.


@dataclass(frozen=True, slots=True)
class LevelCovariances:
    """Covariance matrices of the items within and between units.

    Attributes
    ----------
    within, between : ndarray, shape (p, p)
    size_harmonic : float
        Harmonic mean of unit sizes, ñ.
    size_anova : float
        ``(n − Σn_j²/n)/(J − 1)``, the size of the analysis of variance.
    n_informants, n_units, n_dropped : int
        Informants with all items, their units, informants left out for missing answers.
    estimator : str
    note : str
    """

    within: Floats
    between: Floats
    size_harmonic: float
    size_anova: float
    n_informants: int
    n_units: int
    n_dropped: int
    estimator: str
    note: str


@dataclass(frozen=True, slots=True)
class MultilevelReliability:
    """α and ω on two levels.

    Attributes
    ----------
    alpha_within, alpha_between : float
        Of Σ_W and Σ_B (Geldhof et al. 2014): the latter for a unit mean of infinitely many informants.
    omega_within, omega_between : float
        From one factor on each level.
    alpha_single, omega_single : float
        Of one informant's score with both levels in it (Lai 2021, ω^2ℓ).
    alpha_mean, omega_mean : float
        Of the observed unit mean, whose error is also the sampling of informants (Lai 2021, ω^b).
    alpha_deviation, omega_deviation : float
        Of an informant's deviation from the unit mean (Lai 2021, ω^w): those of Σ_W.
    icc : ndarray, shape (p,)
        Share of variance between units per item.
    icc_score : float
        Of the sum.
    levels : LevelCovariances
    factor_estimator : str
        ``two_stage`` or ``two_level``.
    note : str
    """

    alpha_within: float
    alpha_between: float
    omega_within: float
    omega_between: float
    alpha_single: float
    omega_single: float
    alpha_mean: float
    omega_mean: float
    alpha_deviation: float
    omega_deviation: float
    icc: Floats
    icc_score: float
    levels: LevelCovariances
    factor_estimator: str
    note: str


def level_covariances(values: Floats, unit: NDArray[Any], estimator: Estimator = "ml") -> LevelCovariances:
    """Covariance matrices within and between units.

    ``anova``: ``Σ_W = S_PW`` (pooled within, divisor n − J) and ``Σ_B = (S_B* − S_PW)/c`` with the mean products
    between units S_B* (divisor J − 1) and c = (n − Σn_j²/n)/(J − 1) (Muthén 1994, MUML; unbiased, Σ_B need not be
    positive semidefinite). ``ml``: unrestricted maximum likelihood with random unit effects (Σ_B is positive
    semidefinite). Both take complete informants; units of one count.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    unit : ndarray, shape (n,)
    estimator : {"ml", "anova"}

    Returns
    -------
    LevelCovariances
        NaN with a note when fewer than 3 units or no unit with two informants is left.

    Raises
    ------
    InputError
        Unknown estimator.
    """
    if estimator not in get_args(Estimator):
        problem = Problem("estimator", value=estimator, allowed=", ".join(get_args(Estimator)))
        raise InputError("Levels cannot be separated.", [problem])
    check_labels(values, unit=unit)
    complete = ~np.isnan(values).any(axis=1)
    x, dropped = values[complete], int((~np.isnan(values[~complete]).all(axis=1)).sum())
    code = np.unique(unit[complete], return_inverse=True)[1]
    n, p = x.shape
    sizes = np.bincount(code).astype(np.float64)
    n_units = len(sizes)
    nothing = np.full((p, p), NAN)
    note = _obstacle(x, n_units)
    if note:
        return LevelCovariances(nothing, nothing, NAN, NAN, n, n_units, dropped, estimator, note)
    within, between, c = _anova(x, code, sizes)
    if estimator == "ml" and not _positive_definite(within):
        note = "the covariance matrix within units is singular: items determine each other, or too few informants"
        return LevelCovariances(nothing, nothing, NAN, NAN, n, n_units, dropped, estimator, note)
    if estimator == "ml":
        within, between, note = _maximum_likelihood(x, code)
    harmonic = float(n_units / (1.0 / sizes).sum())
    return LevelCovariances(within, between, harmonic, c, n, n_units, dropped, estimator, note)


@single_threaded
def multilevel_reliability(
    values: Floats,
    unit: NDArray[Any],
    estimator: Estimator = "ml",
    factors: FactorEstimator = "two_stage",
    items: Sequence[str] | None = None,
) -> MultilevelReliability:
    """α and ω within and between units, of one informant's score, and of the observed unit mean.

    With sums of the elements ``w = 1'Σ_W 1``, ``b = 1'Σ_B 1``, ``t`` the part of each that is true (for ω: (Σλ)²; for
    α: p² times the mean covariance) and ñ the harmonic mean size (Geldhof, Preacher & Zyphur 2014; Lai 2021):

    * within ``t_W/w``, between ``t_B/b``;
    * one informant's score, both levels: ``(t_W + t_B)/(w + b)``;
    * observed unit mean: ``t_B/(b + w/ñ)``.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        One row per informant; NaN = missing (informants are taken complete).
    unit : ndarray, shape (n,)
    estimator : {"ml", "anova"}
        Of the two covariance matrices; see :func:`level_covariances`.
    factors : {"two_stage", "two_level"}
        One factor per level: by maximum likelihood for each of the two matrices, or for both levels at once by the
        SEM engine (as lavaan; item variances between units are kept at zero or above; slower).
    items : sequence of str, optional
        Names for the note, which names items that run against the others on a level.

    Returns
    -------
    MultilevelReliability
        NaN with a note where a level has no variance or its factor does not exist.

    Raises
    ------
    InputError
        Unknown estimator.
    """
    check_labels(values, unit=unit)
    if factors not in get_args(FactorEstimator):
        problem = Problem("factors", value=factors, allowed=", ".join(get_args(FactorEstimator)))
        raise InputError("Levels cannot be separated.", [problem])
    levels = level_covariances(values, unit, estimator)
    w, b = float(levels.within.sum()), float(levels.between.sum())
    solution, why = one_factor(np.stack([levels.within, levels.between])), ""
    if factors == "two_level" and not levels.note:
        solution, why = two_level_factor(values, unit)
    true_w, true_b = _true(solution, 0), _true(solution, 1)
    alpha_w, alpha_b = _tau_equivalent(levels.within), _tau_equivalent(levels.between)
    within, between = np.diag(levels.within), np.diag(levels.between)
    mean_variance = b + w / levels.size_harmonic
    with np.errstate(invalid="ignore", divide="ignore"):
        icc = np.maximum(between, 0.0) / (within + np.maximum(between, 0.0))
    omega_w, omega_b = solution.omega(observed=False)
    # model-implied totals for ω, as in a two-level factor model
    sum_w, sum_b = _implied(solution, 0), _implied(solution, 1)
    return MultilevelReliability(
        alpha_from_covariance(levels.within),
        alpha_from_covariance(levels.between),
        float(omega_w),
        float(omega_b),
        _ratio(alpha_w + alpha_b, w + b),
        _ratio(true_w + true_b, sum_w + sum_b),
        _ratio(alpha_b, mean_variance),
        _ratio(true_b, sum_b + sum_w / levels.size_harmonic),
        alpha_from_covariance(levels.within),
        float(omega_w),
        icc,
        _ratio(b, w + b),
        levels,
        factors,
        joined(why or _note(levels, solution), "" if levels.note else _reversed(levels, items)),
    )


def _reversed(levels: LevelCovariances, items: Sequence[str] | None) -> str:
    """Items that run against the others, level by level."""
    found = {name: reversal_note(getattr(levels, name), items) for name in ("within", "between")}
    if len(set(found.values())) == 1:
        return found["within"]
    return joined(*(f"{name} units: {note}" for name, note in found.items() if note))


def _obstacle(x: Floats, n_units: int) -> str:
    if n_units < 3:
        return "fewer than 3 units with complete informants"
    if len(x) == n_units:
        return "no unit has two complete informants"
    if (np.ptp(x, axis=0) == 0).any():
        return "an item does not vary"
    return ""


def _positive_definite(covariance: Floats) -> bool:
    variance = np.diag(covariance)
    if not (variance > 0).all():
        return False
    return bool(np.linalg.eigvalsh(to_correlations(covariance))[0] > 1e-10)


def _anova(x: Floats, code: NDArray[np.intp], sizes: Floats) -> tuple[Floats, Floats, float]:
    n, n_units = len(x), len(sizes)
    sums = group_sums(x, code, n_units)
    means = sums / sizes[:, None]
    deviation = x - means[code]
    within = deviation.T @ deviation / (n - n_units)
    centred = means - x.mean(axis=0)
    products = (centred * sizes[:, None]).T @ centred / (n_units - 1)
    c = float((n - (sizes**2).sum() / n) / (n_units - 1))
    return within, (products - within) / c, c


def _maximum_likelihood(x: Floats, code: NDArray[np.intp]) -> tuple[Floats, Floats, str]:
    from comply_measure.sem.arrays import NotPositiveDefiniteError
    from comply_measure.sem.twolevel.sample import two_level_sample
    from comply_measure.sem.twolevel.saturated import saturated_moments

    p = x.shape[1]
    every = np.arange(p)
    sample = two_level_sample(x, code, tuple(f"x{j}" for j in range(p)), every, every)
    try:
        found = saturated_moments(sample)
    except NotPositiveDefiniteError:
        nothing = np.full((p, p), NAN)
        return nothing, nothing, "the covariance matrix within units is singular"
    note = "" if found.converged else "maximum-likelihood moments did not converge"
    return found.moments.within, found.moments.between, note


def _true(factors: OneFactor, level: int) -> float:
    return float(factors.loadings[level].sum() ** 2) if factors.defined[level] else NAN


def _implied(factors: OneFactor, level: int) -> float:
    return _true(factors, level) + float(factors.residual_variances[level].sum())


def _tau_equivalent(covariance: Floats) -> float:
    """``p² · mean covariance``: the variance of a sum of tau-equivalent true scores."""
    p = len(covariance)
    return float((covariance.sum() - np.trace(covariance)) * p / (p - 1)) if p > 1 else NAN


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NAN


def _note(levels: LevelCovariances, factors: OneFactor) -> str:
    if levels.note:
        return levels.note
    notes = []
    smallest = float(np.linalg.eigvalsh(levels.between)[0])
    if smallest < -1e-8 * max(float(np.trace(levels.between)), 1e-300):
        notes.append("the covariance matrix between units is not positive semidefinite")
    for level, name in enumerate(("within", "between")):
        if len(levels.within) < 3:
            notes.append("fewer than 3 items: ω is not identified")
            break
        if not factors.defined[level]:
            notes.append(f"no one-factor solution {name} units")
        elif factors.heywood[level]:
            notes.append(f"Heywood case {name} units")
    return "; ".join(notes)
