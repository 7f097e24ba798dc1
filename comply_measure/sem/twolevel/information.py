"""Information about parameters of both levels, and cluster-wise scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.missing.derivatives import MomentDerivatives, trace_pairs
from comply_measure.sem.twolevel.likelihood import LevelSlopes, Slopes
from comply_measure.sem.twolevel.sample import TwoLevelSample


@dataclass(frozen=True)
class TwoLevelDerivatives:
    """Derivatives of both levels' moments, each level's parameters in their own columns.

    Attributes
    ----------
    within, between : MomentDerivatives
        Over the variables of the level; q_W and q_B columns.
    """

    within: MomentDerivatives
    between: MomentDerivatives

    @property
    def n_within(self) -> int:
        """Parameters of the within level, which come first."""
        return self.within.n_parameters

    @property
    def n_parameters(self) -> int:
        """Parameters of both levels."""
        return self.within.n_parameters + self.between.n_parameters

    def at_size(self, size: float, within: Index, between: Index, p: int) -> MomentDerivatives:
        """Derivatives of Ω_n and μ over all p variables: ``∂Σ_W / n`` and ``∂Σ_B`` side by side."""

        def joined(first: Array, second: Array) -> Array:
            full = np.zeros((p, self.n_parameters))
            full[within, : self.n_within] = first
            full[between, self.n_within :] = second
            return full

        w, b = self.within, self.between
        return MomentDerivatives(
            joined(w.left / size, b.left), joined(w.right, b.right), joined(w.mean, b.mean)
        )


@singledispatch
def observed_information(sample: object, at: LevelSlopes, derivatives: TwoLevelDerivatives) -> Array:
    """Negative Hessian of the log-likelihood of clustered data, by the kind of the data."""
    raise TypeError(f"no clustered data: {type(sample).__name__}")


@observed_information.register
def complete_observed_information(
    sample: TwoLevelSample, at: Slopes, derivatives: TwoLevelDerivatives
) -> Array:
    """Negative Hessian of the log-likelihood as if the moments were linear in the parameters (q, q).

    Per sample of cluster means, with ``W = Ω_n⁻¹`` and ``X = W T_n W``:
    ``J_n [tr(∂_aΩ W ∂_bΩ X) − ½ tr(∂_aΩ W ∂_bΩ W) + sᵀ(∂_aΩ W ∂_bμ + ∂_bΩ W ∂_aμ) + ∂_aμᵀ W ∂_bμ]`` with
    ``s = W d_n``; for the deviations the first two terms with Σ_W⁻¹, S_PW and ``n − J``. The part of the
    second derivatives of the moments is ``−tr(G ∂²Σ) − gᵀ ∂²μ``, the caller's affair.

    Parameters
    ----------
    sample : TwoLevelSample
    at : Slopes
        At the moments of interest.
    derivatives : TwoLevelDerivatives
        Columns: within parameters, then between parameters.
    """
    total = np.zeros((derivatives.n_parameters,) * 2)
    for k, count in enumerate(sample.counts):
        d = derivatives.at_size(sample.sizes[k], sample.within, sample.between, sample.p)
        w = at.inverses[k]
        part = trace_pairs(d, w, w @ at.second_moments[k] @ w) - 0.5 * trace_pairs(d, w, w)
        s = w @ at.gaps[k]
        bent = d.left * (s @ d.right) + d.right * (s @ d.left)
        cross = bent.T @ w @ d.mean
        total += count * (part + cross + cross.T + d.mean.T @ w @ d.mean)
    v, inner = at.within_inverse, slice(0, derivatives.n_within)
    through = v @ sample.pooled @ v
    part = trace_pairs(derivatives.within, v, through) - 0.5 * trace_pairs(derivatives.within, v, v)
    total[inner, inner] += sample.n_within * part
    return np.asarray((total + total.T) / 2.0)


@singledispatch
def expected_information(sample: object, at: LevelSlopes, derivatives: TwoLevelDerivatives) -> Array:
    """Fisher information of clustered data, by the kind of the data."""
    raise TypeError(f"no clustered data: {type(sample).__name__}")


@expected_information.register
def complete_expected_information(
    sample: TwoLevelSample, at: Slopes, derivatives: TwoLevelDerivatives
) -> Array:
    """Fisher information: ``Σ_n J_n [½ tr(W ∂_aΩ W ∂_bΩ) + ∂_aμᵀ W ∂_bμ] + ½ (n−J) tr(Σ_W⁻¹ ∂_a Σ_W⁻¹ ∂_b)``.

    Parameters
    ----------
    sample : TwoLevelSample
    at : Slopes
    derivatives : TwoLevelDerivatives

    Returns
    -------
    array (q, q)
    """
    total = np.zeros((derivatives.n_parameters,) * 2)
    for k, count in enumerate(sample.counts):
        d = derivatives.at_size(sample.sizes[k], sample.within, sample.between, sample.p)
        w = at.inverses[k]
        total += count * (0.5 * trace_pairs(d, w, w) + d.mean.T @ w @ d.mean)
    v, inner = at.within_inverse, slice(0, derivatives.n_within)
    total[inner, inner] += 0.5 * sample.n_within * trace_pairs(derivatives.within, v, v)
    return np.asarray((total + total.T) / 2.0)


@singledispatch
def cluster_scores(sample: object, at: LevelSlopes, mean: Array, derivatives: TwoLevelDerivatives) -> Array:
    """Gradient of each cluster's log-likelihood, by the kind of the data."""
    raise TypeError(f"no clustered data: {type(sample).__name__}")


@cluster_scores.register
def complete_cluster_scores(
    sample: TwoLevelSample, at: Slopes, mean: Array, derivatives: TwoLevelDerivatives
) -> Array:
    """Gradient of each cluster's log-likelihood (J, q).

    ``½ zᵀ ∂Ω z − ½ tr(W ∂Ω) + zᵀ ∂μ`` with ``z = Ω_n⁻¹ (ȳ_j − μ)``, plus for the deviations
    ``Σ_i ½ v_iᵀ ∂Σ_W v_i − ½ (n_j − 1) tr(Σ_W⁻¹ ∂Σ_W)`` with ``v_i = Σ_W⁻¹ (y_ij − ȳ_j)``.

    Parameters
    ----------
    sample : TwoLevelSample
    at : Slopes
    mean : array (p,)
        The means at which ``at`` was taken.
    derivatives : TwoLevelDerivatives
    """
    scores = np.empty((sample.n_clusters, derivatives.n_parameters))
    for k, size in enumerate(sample.sizes):
        mine = np.flatnonzero(sample.cluster_size == size)
        d = derivatives.at_size(size, sample.within, sample.between, sample.p)
        z = (sample.cluster_means[mine] - mean) @ at.inverses[k]
        expected = np.einsum("pa,pa->a", d.left, at.inverses[k] @ d.right)
        scores[mine] = (z @ d.left) * (z @ d.right) - expected + z @ d.mean
    w = derivatives.within
    v = sample.deviations @ at.within_inverse
    products = np.add.reduceat((v @ w.left) * (v @ w.right), sample.starts, axis=0)
    expected = np.einsum("pa,pa->a", w.left, at.within_inverse @ w.right)
    scores[:, : derivatives.n_within] += products - (sample.cluster_size[:, None] - 1.0) * expected
    return scores
