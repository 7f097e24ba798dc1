"""The baseline (independence) model: free variances and means, no covariances.

Fixed exogenous variables keep their sample covariances, as in lavaan. Under ML the optimum is known:
variances are the sample's, so ``F₀ = Σ log s_ii (+ log|S_xx|) − log|S|``; with missing values each
variable's own cases give its mean and variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.sample import GroupSample


@dataclass(frozen=True)
class Baseline:
    """Test of the baseline model.

    Attributes
    ----------
    chisq : float
        Test statistic.
    df : int
        Degrees of freedom.
    """

    chisq: float
    df: int


def ml_baseline(samples: tuple[GroupSample, ...], exogenous: tuple[tuple[str, ...], ...]) -> Baseline:
    """Baseline test under ML.

    Parameters
    ----------
    samples : tuple of GroupSample
        One per group.
    exogenous : tuple of tuple of str
        Fixed exogenous variables of each group.
    """
    chisq = 0.0
    df = 0
    for sample, fixed in zip(samples, exogenous, strict=True):
        chisq += 2.0 * (sample.saturated_loglik - sample.independence_loglik(fixed))
        p, k = sample.p, len(fixed)
        df += p * (p - 1) // 2 - k * (k - 1) // 2
    return Baseline(float(np.maximum(chisq, 0.0)), df)
