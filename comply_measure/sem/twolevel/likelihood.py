"""Log-likelihood of two-level data, and its slopes in the moments of both levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from comply_measure.sem.arrays import Array, inverse_and_logdet
from comply_measure.sem.twolevel.sample import TwoLevelSample, embed

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class TwoLevelMoments:
    """Moments of both levels.

    Attributes
    ----------
    within : array (p_w, p_w)
        Σ_W over the variables with a within part.
    between : array (p_b, p_b)
        Σ_B over the variables with a between part.
    mean : array (p,)
        Means of all variables: the sum of both levels' means.
    """

    within: Array
    between: Array
    mean: Array


@dataclass(frozen=True)
class LevelSlopes:
    """Log-likelihood and its derivatives.

    Attributes
    ----------
    loglik : float
    within : array (p_w, p_w)
        Symmetric G with ``dl = tr(G dΣ_W)``.
    between : array (p_b, p_b)
        The same for Σ_B.
    mean : array (p,)
        ``dl/dμ``.
    """

    loglik: float
    within: Array
    between: Array
    mean: Array


@dataclass(frozen=True)
class Slopes(LevelSlopes):
    """Those of complete data, with what second derivatives are made of.

    Attributes
    ----------
    within_inverse : array (p_w, p_w)
        Σ_W⁻¹.
    inverses : array (K, p, p)
        Ω_n⁻¹ for each cluster size.
    second_moments : array (K, p, p)
        ``T_n = S_n + d_n d_nᵀ`` with ``d_n = m_n − μ``: second moments of the cluster means about μ.
    gaps : array (K, p)
        d_n.
    """

    within_inverse: Array
    inverses: Array
    second_moments: Array
    gaps: Array


@singledispatch
def slopes(sample: object, moments: TwoLevelMoments) -> LevelSlopes:
    """Log-likelihood of clustered data and its slopes at given moments, by the kind of the data."""
    raise TypeError(f"no clustered data: {type(sample).__name__}")


@slopes.register
def complete_slopes(sample: TwoLevelSample, moments: TwoLevelMoments) -> Slopes:
    """Log-likelihood and its slopes at given moments.

    ``−2 l = (n−J) [log|Σ_W| + tr(Σ_W⁻¹ S_PW)] + Σ_n J_n [log|Ω_n| + p_w log n + tr(Ω_n⁻¹ T_n)] + c log 2π``
    with c the number of values (cases times p_w, plus clusters times the variables of the cluster alone).

    Parameters
    ----------
    sample : TwoLevelSample
    moments : TwoLevelMoments

    Returns
    -------
    Slopes

    Raises
    ------
    NotPositiveDefiniteError
        If Σ_W is not positive definite.
    numpy.linalg.LinAlgError
        If a matrix Ω_n is not.
    """
    inverse, logdet = inverse_and_logdet(moments.within)
    omega = cluster_covariances(sample, moments)
    root = np.linalg.inv(np.linalg.cholesky(omega))
    inverses = root.transpose(0, 2, 1) @ root
    omega_logdet = -2.0 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    gaps = sample.means - moments.mean
    second = sample.covariances + gaps[:, :, None] * gaps[:, None, :]
    p_w, free = len(sample.within), sample.n_within
    fit = np.einsum("kij,kij->k", inverses, second)
    deviance = free * (logdet + float(np.vdot(inverse, sample.pooled)))
    deviance += float(sample.counts @ (omega_logdet + p_w * np.log(sample.sizes) + fit))
    only_between = sample.p - p_w
    deviance += (sample.n * p_w + sample.n_clusters * only_between) * LOG_2PI
    outer = 0.5 * (inverses @ second @ inverses - inverses)
    through_between = np.einsum("k,kij->ij", sample.counts, outer)
    through_within = np.einsum("k,kij->ij", sample.counts / sample.sizes, outer)
    w, b = np.ix_(sample.within, sample.within), np.ix_(sample.between, sample.between)
    deviations = 0.5 * free * (inverse @ sample.pooled @ inverse - inverse)
    mean = np.einsum("k,kij,kj->i", sample.counts, inverses, gaps)
    return Slopes(
        -0.5 * deviance,
        through_within[w] + deviations,
        through_between[b],
        mean,
        inverse,
        inverses,
        second,
        gaps,
    )


def cluster_covariances(sample: TwoLevelSample, moments: TwoLevelMoments) -> Array:
    """``Ω_n = Σ_B + Σ_W / n`` for each cluster size; (K, p, p)."""
    within = embed(moments.within, sample.within, sample.p)
    between = embed(moments.between, sample.between, sample.p)
    return np.asarray(between + within / sample.sizes[:, None, None])
