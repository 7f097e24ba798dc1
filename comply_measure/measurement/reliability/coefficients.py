"""Reliability coefficients as functions of stacks of covariance matrices, by name.

Adding one: a function (B, p, p) → (B,) and an entry in ``COEFFICIENTS``; estimates, bootstrap and tables follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.one_factor import OneFactor, one_factor
from comply_measure.measurement.reliability.split_half import guttman_lambda2, guttman_lambda6


@dataclass(frozen=True, slots=True)
class Moments:
    """A stack of covariance matrices and, when needed, the factor solution of each.

    Attributes
    ----------
    covariances : ndarray, shape (B, p, p)
    factor : OneFactor or None
    """

    covariances: Floats
    factor: OneFactor | None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A reliability coefficient.

    Attributes
    ----------
    label : str
        In words, with its convention.
    compute : callable
        Moments to values (B,).
    needs_factor : bool
        Whether it rests on a one-factor model.
    """

    label: str
    compute: Callable[[Moments], Floats]
    needs_factor: bool = False


def alpha_stack(covariances: Floats) -> Floats:
    """Cronbach's α of each matrix; NaN for one item or a sum without variance."""
    p = covariances.shape[-1]
    trace = np.trace(covariances, axis1=-2, axis2=-1)
    total = covariances.sum(axis=(-1, -2))
    if p < 2:
        return np.full(np.shape(total), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = p / (p - 1) * (1.0 - trace / total)
    return np.asarray(np.where(total > 1e-12 * np.maximum(trace, 1e-300), value, np.nan))


def correlations_of(covariances: Floats) -> Floats:
    """Correlation matrices; NaN rows for items without variance."""
    variance = np.diagonal(covariances, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(np.where(variance > 0, variance, np.nan))
        return np.asarray(covariances / (scale[..., :, None] * scale[..., None, :]))


def mean_correlation(covariances: Floats) -> Floats:
    """Mean of the correlations off the diagonal."""
    p = covariances.shape[-1]
    if p < 2:
        return np.full(covariances.shape[:-2], np.nan)
    correlations = correlations_of(covariances)
    return np.asarray((correlations.sum(axis=(-1, -2)) - p) / (p * (p - 1)))


def _of_factor(read: Callable[[OneFactor], Floats]) -> Callable[[Moments], Floats]:
    def compute(moments: Moments) -> Floats:
        factor = one_factor(moments.covariances) if moments.factor is None else moments.factor
        return read(factor)

    return compute


COEFFICIENTS: dict[str, Coefficient] = {
    "alpha": Coefficient("Cronbach's α", lambda m: alpha_stack(m.covariances)),
    "alpha_standardized": Coefficient(
        "α of standardised items", lambda m: alpha_stack(correlations_of(m.covariances))
    ),
    "lambda2": Coefficient("Guttman's λ₂", lambda m: guttman_lambda2(m.covariances)),
    "lambda6": Coefficient("Guttman's λ₆", lambda m: guttman_lambda6(m.covariances)),
    "mean_correlation": Coefficient("mean inter-item correlation", lambda m: mean_correlation(m.covariances)),
    "omega_implied": Coefficient(
        "ω_total = composite reliability, implied variance of the sum",
        _of_factor(lambda f: f.omega(observed=False)),
        needs_factor=True,
    ),
    "omega_observed": Coefficient(
        "ω_total, observed variance of the sum", _of_factor(lambda f: f.omega(observed=True)), True
    ),
    "maximal_reliability": Coefficient(
        "maximal reliability H of optimal weights", _of_factor(lambda f: f.maximal()), True
    ),
}


def compute_all(names: tuple[str, ...], covariances: Floats) -> Floats:
    """Several coefficients of each matrix, shape (B, len(names)); one factor solution serves all."""
    needed = any(COEFFICIENTS[name].needs_factor for name in names)
    moments = Moments(covariances, one_factor(covariances) if needed else None)
    return np.stack([COEFFICIENTS[name].compute(moments) for name in names], axis=1)
