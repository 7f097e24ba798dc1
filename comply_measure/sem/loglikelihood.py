"""Normal-theory log-likelihoods of complete data.

``log L = −½ n (p log 2π + log|Σ| + tr(S Σ⁻¹) + (m − μ)ᵀ Σ⁻¹ (m − μ))``. Fixed exogenous variables are
conditioned on: their own log-likelihood (at their sample moments) is taken off both values, as in lavaan.
Without a mean structure the means are taken at the sample's, so that the last term vanishes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.model import Model

LOG_2PI = math.log(2.0 * math.pi)


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
    saturated = 0.0
    for sample, exogenous in zip(model.sample.groups, model.exogenous, strict=True):
        saturated -= 0.5 * sample.n * (sample.p * (LOG_2PI + 1.0) + sample.inverse_logdet[1])
        if exogenous:
            saturated += _exogenous_part(sample.cov, sample.names, exogenous, sample.n)
    return LogLikelihoods(saturated - 0.5 * model.sample.n * fmin, saturated)


def _exogenous_part(cov: Array, names: tuple[str, ...], exogenous: tuple[str, ...], n: int) -> float:
    places = [names.index(name) for name in exogenous]
    logdet = float(np.linalg.slogdet(cov[np.ix_(places, places)])[1])
    return 0.5 * n * (len(places) * (LOG_2PI + 1.0) + logdet)
