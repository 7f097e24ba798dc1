"""Categorical ω: reliability of the sum of ordered answers, on the scale on which the sum is formed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import covariance_range, require
from comply_measure.sem.ordinal.bivariate import normal_cdf2


def categorical_omega(common: Floats, thresholds: Sequence[Floats], total: Floats | None = None) -> float:
    """Reliability of a sum of ordered answers (Green & Yang 2009, eq. 21).

    With latent responses of unit variance and thresholds τ, the covariance of two ordered answers whose latent
    responses correlate ρ is ``Σ_c Σ_c' Φ₂(τ_jc, τ_kc'; ρ) − Σ_c Φ(τ_jc) Σ_c' Φ(τ_kc')``. The numerator adds it
    over all pairs of items at the correlations the factor gives, ``λ_j λ_k φ``, an item with its own replica
    (j = k) included; the denominator at those of the latent responses, 1 for j = k.

    Parameters
    ----------
    common : ndarray, shape (p, p)
        ``ΛΦΛ'`` of the standardised latent responses.
    thresholds : sequence of p arrays
        Thresholds of each item, ascending, in units of its latent response.
    total : ndarray, shape (p, p), optional
        Correlations of the latent responses: polychoric (observed), or implied by the model when left out.

    Returns
    -------
    float
        NaN when a common variance exceeds 1 (a Heywood case) or the sum has no variance.

    Raises
    ------
    InputError
        Shapes that do not fit, matrices that are not symmetric or have a negative variance, thresholds out of order.
    """
    common = np.asarray(common, dtype=np.float64)
    _check(common, thresholds, total)
    return _ratios(common, thresholds, [common if total is None else np.asarray(total, dtype=np.float64)])[0]


def categorical_omegas(common: Floats, thresholds: Sequence[Floats], total: Floats) -> tuple[float, float]:
    """:func:`categorical_omega` with the implied and with the observed correlations in the denominator."""
    _check(common, thresholds, total)
    implied, observed = _ratios(common, thresholds, [common, total])
    return implied, observed


def _ratios(common: Floats, thresholds: Sequence[Floats], totals: Sequence[Floats]) -> list[float]:
    """True variance of the sum over each of several total ones."""
    found = [float("nan")] * len(totals)
    if np.diag(common).max() > 1.0 or not np.isfinite(common).all():
        return found
    true = _covariance_of_sum(common, thresholds)
    for place, total in enumerate(totals):
        correlation = total.copy()
        np.fill_diagonal(correlation, 1.0)
        if np.abs(correlation).max() <= 1.0:
            observed = _covariance_of_sum(correlation, thresholds)
            found[place] = float(true / observed) if observed > 0 else float("nan")
    return found


def _covariance_of_sum(correlation: Floats, thresholds: Sequence[Floats]) -> float:
    """Sum over all pairs of items and thresholds of ``Φ₂ − ΦΦ``."""
    item = np.repeat(np.arange(len(thresholds)), [len(t) for t in thresholds])
    tau = np.concatenate([np.asarray(t, dtype=np.float64) for t in thresholds])
    rho = correlation[item[:, None], item[None, :]]
    joint = normal_cdf2(tau[:, None], tau[None, :], rho)
    margin = normal_cdf2(tau, np.inf, 0.0)
    return float((joint - np.outer(margin, margin)).sum())


def _check(common: Floats, thresholds: Sequence[Floats], total: Floats | None) -> None:
    problems = []
    p = len(common)
    if any(np.ndim(t) != 1 for t in thresholds):
        allowed = "a list of ascending numbers per item"
        raise InputError("Categorical omega cannot be computed.", [Problem("thresholds", allowed=allowed)])
    if common.shape != (p, p) or len(thresholds) != p or not p:
        problems.append(
            Problem("shapes", value=(common.shape, len(thresholds)), allowed="(p, p) and p arrays")
        )
    if total is not None and np.shape(total) != (p, p):
        problems.append(Problem("total", value=np.shape(total), allowed=f"shape ({p}, {p})"))
    problems += [
        Problem("thresholds", row=j + 1, value=list(t), allowed="at least one, ascending, finite")
        for j, t in enumerate(thresholds)
        if not len(t) or not np.isfinite(t).all() or (np.diff(t) <= 0).any()
    ]
    if problems:
        raise InputError("Categorical ω cannot be computed.", problems)
    require(
        "Categorical ω cannot be computed.",
        covariance_range("common", common),
        covariance_range("total", np.eye(p) if total is None else np.asarray(total, dtype=np.float64)),
    )
