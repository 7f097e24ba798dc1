"""Unrestricted moments of both levels, by accelerated EM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.twolevel.likelihood import TwoLevelMoments, cluster_covariances, slopes
from comply_measure.sem.twolevel.sample import TwoLevelSample

TOLERANCE = 1e-9
MAX_STEPS = 20_000
FLAT = 1e-10


@dataclass(frozen=True)
class SaturatedTwoLevel:
    """Maximum-likelihood moments without structure; Σ_B is positive semi-definite.

    Attributes
    ----------
    moments : TwoLevelMoments
    loglik : float
    n_steps : int
        EM steps taken.
    converged : bool
    """

    moments: TwoLevelMoments
    loglik: float
    n_steps: int
    converged: bool


def saturated_moments(
    sample: TwoLevelSample, tolerance: float = TOLERANCE, max_steps: int = MAX_STEPS
) -> SaturatedTwoLevel:
    """Unrestricted Σ_W, Σ_B and μ.

    Each step takes the means at their maximum for the current covariance matrices (generalised least
    squares), then an EM step for these: with ``B_n = Cov(b, ȳ) Ω_n⁻¹`` and ``C_n = Σ_B − B_n Cov(ȳ, b)``,

    ``Σ_B = Σ_n J_n (B_n T_n B_nᵀ + C_n) / J`` and
    ``Σ_W = [(n−J) S_PW + Σ_n J_n n ((I−B_n) T_n (I−B_n)ᵀ + C_n)] / n``.

    Steps are extrapolated by the scheme S3 of Varadhan & Roland (2008). It ends when no entry, in units of
    total standard deviations, moves by ``tolerance`` in a plain step, or when two plain steps together gain
    less than 1e-10 in log-likelihood (a between variance that is zero is approached ever more slowly).

    Parameters
    ----------
    sample : TwoLevelSample
    tolerance : float
    max_steps : int

    Returns
    -------
    SaturatedTwoLevel

    Raises
    ------
    NotPositiveDefiniteError
        If the pooled within covariance matrix is singular.
    """
    point = _start(sample)
    scale = _scale(sample)
    steps, loglik = 0, -np.inf
    while steps < max_steps:
        first, before = _step(sample, point)
        second, between = _step(sample, first)
        steps += 2
        moved, curve = _difference(first, point), _difference(second, first)
        curve = (curve[0] - moved[0], curve[1] - moved[1])
        largest = max(float(np.abs(m / s).max(initial=0.0)) for m, s in zip(moved, scale, strict=True))
        if largest < tolerance or 0.0 <= between - loglik < FLAT:
            return SaturatedTwoLevel(second, slopes(sample, second).loglik, steps, True)
        loglik = between
        point = _extrapolated(sample, point, moved, curve, scale, before) or second
    return SaturatedTwoLevel(point, slopes(sample, point).loglik, steps, False)


def _start(sample: TwoLevelSample) -> TwoLevelMoments:
    """Pooled within, and what the cluster means have beyond it, made positive definite."""
    within = sample.pooled * (1.0 - 1e-6) + 1e-6 * np.diag(np.diag(sample.pooled))
    total = sample.counts.sum()
    mean = sample.counts @ sample.means / total
    gaps = sample.means - mean
    spread = sample.covariances + gaps[:, :, None] * gaps[:, None, :]
    between = np.einsum("k,kij->ij", sample.counts / total, spread)
    b = sample.between
    between = between[np.ix_(b, b)]
    diagonal = np.sqrt(np.maximum(np.diag(between), np.finfo(np.float64).tiny))
    values, vectors = np.linalg.eigh(between / np.outer(diagonal, diagonal))
    between = (vectors * np.maximum(values, 0.05)) @ vectors.T * np.outer(diagonal, diagonal)
    return TwoLevelMoments(within, 0.5 * between, mean)


def _scale(sample: TwoLevelSample) -> tuple[Array, Array]:
    """Products of standard deviations that a change is measured in, per level."""
    within = np.sqrt(np.diag(sample.pooled))
    total = np.zeros(sample.p)
    total[sample.within] = within**2
    total += np.diag(np.einsum("k,kij->ij", sample.counts / sample.n_clusters, sample.covariances))
    between = np.sqrt(total)[sample.between]
    return np.outer(within, within), np.outer(between, between)


def _difference(after: TwoLevelMoments, before: TwoLevelMoments) -> tuple[Array, Array]:
    return after.within - before.within, after.between - before.between


def _extrapolated(
    sample: TwoLevelSample,
    start: TwoLevelMoments,
    moved: tuple[Array, Array],
    curve: tuple[Array, Array],
    scale: tuple[Array, Array],
    floor: float,
) -> TwoLevelMoments | None:
    """The extrapolated point with a positive definite Σ_B, or None if it is no better than the start."""
    size, bend = (
        np.sqrt(sum(float(np.sum((part / s) ** 2)) for part, s in zip(parts, scale, strict=True)))
        for parts in (moved, curve)
    )
    length = size / max(bend, np.finfo(float).tiny)
    if length <= 1.0:
        return None
    within, between = (
        s + 2.0 * length * m + length**2 * c
        for s, m, c in zip((start.within, start.between), moved, curve, strict=True)
    )
    try:
        np.linalg.cholesky(between)
        guess = TwoLevelMoments(within, between, start.mean)
        guess = TwoLevelMoments(within, between, _means(sample, guess))
        better = slopes(sample, guess).loglik >= floor
    except (NotPositiveDefiniteError, np.linalg.LinAlgError):
        return None
    return guess if better else None


def _means(sample: TwoLevelSample, moments: TwoLevelMoments) -> Array:
    """Generalised least squares means: ``(Σ J_n Ω_n⁻¹)⁻¹ Σ J_n Ω_n⁻¹ m_n``."""
    inverses = np.linalg.inv(cluster_covariances(sample, moments))
    weight = np.einsum("k,kij->ij", sample.counts, inverses)
    return np.asarray(
        np.linalg.solve(weight, np.einsum("k,kij,kj->i", sample.counts, inverses, sample.means))
    )


def _step(sample: TwoLevelSample, point: TwoLevelMoments) -> tuple[TwoLevelMoments, float]:
    """One ECM step, and the log-likelihood where it starts (with its means updated)."""
    point = TwoLevelMoments(point.within, point.between, _means(sample, point))
    at = slopes(sample, point)
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
    symmetric = ((within + within.T) / 2.0, (between + between.T) / 2.0)
    return TwoLevelMoments(*symmetric, point.mean), at.loglik
