"""Unrestricted moments of both levels: a few EM steps, then Newton's method in Cholesky factors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.twolevel.cholesky import Climb, FactorPoint, climb
from comply_measure.sem.twolevel.likelihood import (
    TwoLevelMoments,
    cluster_covariances,
    complete_slopes,
    slopes,
)
from comply_measure.sem.twolevel.sample import TwoLevelSample

MAX_STEPS = 200
EM_STEPS = 6
LIFTS = 5
SINGULAR = 1e-12  # smallest eigenvalue of a correlation matrix that can be inverted
NO_SLOPE = 1e-5  # of the log-likelihood in Σ_B, in units of total variances, that counts as none


@dataclass(frozen=True)
class SaturatedTwoLevel:
    """Maximum-likelihood moments without structure; Σ_B is positive semi-definite.

    Attributes
    ----------
    moments : TwoLevelMoments
    loglik : float
    n_steps : int
        Newton steps taken.
    converged : bool
    gradient : float
        Largest derivative of the log-likelihood in an entry of a Cholesky factor or a mean, variables in
        units of their total standard deviations.
    """

    moments: TwoLevelMoments
    loglik: float
    n_steps: int
    converged: bool
    gradient: float


def saturated_moments(sample: TwoLevelSample, max_steps: int = MAX_STEPS) -> SaturatedTwoLevel:
    """Unrestricted Σ_W, Σ_B and μ at the maximum of the likelihood.

    Variables are taken in units of their total standard deviations. Six EM steps lead into the basin; Newton's
    method in L_W, L_B and μ (see :func:`~comply_measure.sem.twolevel.cholesky.climb`) goes to the top. Where
    Σ_B is singular the derivative G in Σ_B must have no positive eigenvalue; a direction that has one is given
    some variance and the climb goes on.

    Parameters
    ----------
    sample : TwoLevelSample
    max_steps : int
        Newton steps at most.

    Returns
    -------
    SaturatedTwoLevel

    Raises
    ------
    NotPositiveDefiniteError
        If the pooled within covariance matrix, or that of the variables of the cluster alone, is singular: the
        likelihood has no maximum.
    """
    _check(sample)
    scale = _scale(sample)
    scaled = _scaled(sample, scale)
    start = _start(scaled)
    for _ in range(EM_STEPS):
        start = _em_step(scaled, start)
    found, steps = top(scaled, start, max_steps, FactorPoint)
    moments = found.moments
    w, b = scale[sample.within], scale[sample.between]
    moments = TwoLevelMoments(
        moments.within * np.outer(w, w), moments.between * np.outer(b, b), moments.mean * scale
    )
    loglik = slopes(sample, moments).loglik
    return SaturatedTwoLevel(moments, loglik, steps, found.converged, found.gradient)


def _check(sample: TwoLevelSample) -> None:
    """Refuse matrices without a finite maximum."""
    alone = np.setdiff1d(sample.between, sample.within)
    clusters = sample.cluster_means[:, alone]
    for matrix in (sample.pooled, np.atleast_2d(np.cov(clusters, rowvar=False)) if len(alone) else np.eye(1)):
        if not np.linalg.eigvalsh(_correlations(matrix))[0] > SINGULAR:
            raise NotPositiveDefiniteError


def top(sample: Any, start: TwoLevelMoments, max_steps: int, kind: type[FactorPoint]) -> tuple[Climb, int]:
    """The maximum, with the variables of the between level in the order of a pivoted factorisation.

    Parameters
    ----------
    sample : TwoLevelSample or IncompleteClusters
    start : TwoLevelMoments
        Positive definite.
    max_steps : int
    kind : type of FactorPoint
        That of the data.
    """
    steps, found = 0, None
    for _ in range(LIFTS):
        pivot = _pivots(start.between)
        ordered = replace(sample, between=sample.between[pivot])
        within, between = (
            np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
            for matrix in (start.within, start.between[np.ix_(pivot, pivot)])
        )
        point = kind(ordered, within, between, start.mean)
        found = climb(point, max_steps - steps)
        steps += found.n_steps
        back = np.argsort(pivot)
        moments = replace(found.moments, between=found.moments.between[np.ix_(back, back)])
        found = replace(found, moments=moments)
        rising, vectors = np.linalg.eigh(slopes(sample, moments).between)
        if rising[-1] < NO_SLOPE * sample.n_clusters or steps >= max_steps or not found.converged:
            break
        lift = 1e-3 * np.outer(vectors[:, -1], vectors[:, -1]) + 1e-6 * np.eye(len(pivot))
        start = replace(moments, between=moments.between + lift)
    assert found is not None  # LIFTS is positive
    return found, steps


def _pivots(matrix: Array) -> Index:
    from scipy.linalg import lapack

    return np.asarray(lapack.dpstrf(matrix, lower=1)[1] - 1, dtype=np.int64)


def _correlations(matrix: Array) -> Array:
    spread = np.sqrt(np.maximum(np.diag(matrix), np.finfo(np.float64).tiny))
    return np.asarray(matrix / np.outer(spread, spread))


def _scale(sample: TwoLevelSample) -> Array:
    """Total standard deviation of each variable."""
    total = np.zeros(sample.p)
    total[sample.within] = np.diag(sample.pooled)
    gaps = sample.means - sample.counts @ sample.means / sample.n_clusters
    spread = np.diagonal(sample.covariances, axis1=1, axis2=2) + gaps**2
    total += sample.counts @ spread / sample.n_clusters
    return np.sqrt(np.where(total > 0.0, total, 1.0))


def _scaled(sample: TwoLevelSample, scale: Array) -> TwoLevelSample:
    """Sufficient statistics of the variables divided by ``scale``."""
    w = scale[sample.within]
    return replace(
        sample,
        means=sample.means / scale,
        covariances=sample.covariances / np.outer(scale, scale),
        pooled=sample.pooled / np.outer(w, w),
    )


def _start(sample: TwoLevelSample) -> TwoLevelMoments:
    """Pooled within, and what the cluster means have beyond it, made positive definite."""
    total = sample.counts.sum()
    mean = sample.counts @ sample.means / total
    gaps = sample.means - mean
    spread = sample.covariances + gaps[:, :, None] * gaps[:, None, :]
    between = np.einsum("k,kij->ij", sample.counts / total, spread)
    harmonic = total / float(sample.counts @ (1.0 / sample.sizes))
    w, b = sample.within, sample.between
    floor = np.sqrt(np.maximum(np.diag(between), np.finfo(np.float64).tiny))[b]
    between[np.ix_(w, w)] -= sample.pooled / harmonic
    values, vectors = np.linalg.eigh(between[np.ix_(b, b)] / np.outer(floor, floor))
    between = (vectors * np.maximum(values, 0.05)) @ vectors.T * np.outer(floor, floor)
    return TwoLevelMoments(sample.pooled, between, mean)


def _means(sample: TwoLevelSample, moments: TwoLevelMoments) -> Array:
    """Generalised least squares means: ``(Σ J_n Ω_n⁻¹)⁻¹ Σ J_n Ω_n⁻¹ m_n``."""
    inverses = np.linalg.inv(cluster_covariances(sample, moments))
    weight = np.einsum("k,kij->ij", sample.counts, inverses)
    return np.asarray(
        np.linalg.solve(weight, np.einsum("k,kij,kj->i", sample.counts, inverses, sample.means))
    )


def _em_step(sample: TwoLevelSample, point: TwoLevelMoments) -> TwoLevelMoments:
    """Means at their maximum, then an EM step for the covariance matrices.

    With ``B_n = Cov(b, ȳ) Ω_n⁻¹`` and ``C_n = Σ_B − B_n Cov(ȳ, b)``: ``Σ_B = Σ_n J_n (B_n T_n B_nᵀ + C_n) / J`` and
    ``Σ_W = [(n−J) S_PW + Σ_n J_n n ((I−B_n) T_n (I−B_n)ᵀ + C_n)] / n``.
    """
    point = replace(point, mean=_means(sample, point))
    at = complete_slopes(sample, point)
    p, w, b = sample.p, sample.within, sample.between
    full = np.zeros((p, p))
    full[np.ix_(b, b)] = point.between
    weights = full @ at.inverses
    left = full - weights @ full
    share = sample.counts / sample.n_clusters
    between = np.einsum("k,kij->ij", share, weights @ at.second_moments @ weights.transpose(0, 2, 1) + left)
    rest = np.eye(p) - weights
    inner = rest @ at.second_moments @ rest.transpose(0, 2, 1) + left
    within = np.einsum("k,kij->ij", sample.counts * sample.sizes, inner)[np.ix_(w, w)]
    within = (within + sample.n_within * sample.pooled) / sample.n
    between = between[np.ix_(b, b)]
    return TwoLevelMoments((within + within.T) / 2.0, (between + between.T) / 2.0, point.mean)
