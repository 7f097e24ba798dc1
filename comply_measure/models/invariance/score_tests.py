"""Score tests of parameters that a fitted model holds, and their p values adjusted over one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.sem.inference.parts import first_order_information
from comply_measure.sem.options import SANDWICH
from comply_measure.statistics.multiplicity import benjamini_hochberg, bonferroni

Adjust = Literal["bonferroni", "fdr", "none"]


def score_statistics(fit: Fit, directions: Sequence[Sequence[int]]) -> list[float]:
    """Score statistics of letting parameters of a fitted model move by themselves.

    With s the derivative of the mean log-likelihood, I the expected information per case, K the directions the
    model leaves free and E the new ones: ``t = Eᵀs``, ``C = [1, −EᵀIK (KᵀIK)⁻¹]`` applied to (E, K); then
    ``X² = n tᵀ (C I Cᵀ)⁻¹ t``; robust: with the mean outer product of (cluster) scores in the place of I.

    Parameters
    ----------
    fit : Fit
        Likelihood fit; robust statistics when its standard errors are sandwich ones.
    directions : sequence of sequences of int
        Per test, places in θ that are released from what ties them.

    Returns
    -------
    list of float
        NaN where the directions carry no information of their own.
    """
    if not (fit.model.family.one_level and fit.model.family.has_loglik):
        raise ComplyError("score statistics are for likelihood fits of one level")
    point, n, q = fit.optimum.point, fit.n, len(fit.theta)
    K = np.eye(q) if fit.model.space.K is None else fit.model.space.K
    score, information = -0.5 * point.theta_gradient, point.theta_information
    robust = fit.model.options.se in SANDWICH
    meat = first_order_information(fit.model, point) if robust else information
    inner = np.linalg.pinv(K.T @ information @ K, hermitian=True)
    values = []
    for places in directions:
        E = np.zeros((q, len(places)))
        E[list(places), np.arange(len(places))] = 1.0
        C = E.T - (E.T @ information @ K) @ inner @ K.T
        spread = C @ meat @ C.T
        t = E.T @ score
        scale = np.diag(E.T @ meat @ E)
        if min(places) < 0 or not (np.diag(spread) > 1e-9 * scale).all():
            values.append(math.nan)
            continue
        values.append(float(n * t @ np.linalg.solve(spread, t)))
    return values


def adjust_pvalues(pvalues: Sequence[float], adjust: Adjust) -> list[float]:
    """P values adjusted over one step: Bonferroni, or Benjamini & Hochberg (1995); NaN stays NaN."""
    p = np.asarray(pvalues, dtype=np.float64)
    if adjust == "none":
        return [float(v) for v in p]
    return [float(v) for v in (bonferroni(p) if adjust == "bonferroni" else benjamini_hochberg(p))]
