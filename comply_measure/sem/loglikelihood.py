"""Normal-theory log-likelihoods.

``log L = −½ n (p log 2π + log|Σ| + tr(S Σ⁻¹) + (m − μ)ᵀ Σ⁻¹ (m − μ))``. Fixed exogenous variables are
conditioned on: their own log-likelihood (at their sample moments) is taken off both values, as in lavaan.
Without a mean structure the means are taken at the sample's, so that the last term vanishes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from comply_measure.sem.model import Model


@dataclass(frozen=True)
class LogLikelihoods:
    """Log-likelihoods of the fitted and of the saturated model."""

    model: float
    saturated: float


def log_likelihoods(model: Model, fmin: float) -> LogLikelihoods:
    """Log-likelihoods of an ML fit.

    Parameters
    ----------
    model : Model
        The model.
    fmin : float
        F at the optimum; n F / 2 is the difference of the two log-likelihoods.
    """
    pairs = list(zip(model.sample.groups, model.exogenous, strict=True))
    saturated = sum(sample.saturated_loglik for sample, _ in pairs)
    exogenous = sum(sample.exogenous_loglik(fixed) for sample, fixed in pairs)
    # where the saturated moments are not determined, F counts from zero (missing values only)
    reference = sum(l for sample, _ in pairs if math.isfinite(l := sample.saturated_loglik))
    fitted = reference - 0.5 * model.sample.n * fmin
    return LogLikelihoods(fitted - exogenous, saturated - exogenous)
