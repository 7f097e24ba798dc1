"""Information about parameters of both levels from clustered data with missing values, and scores of clusters.

Names are those of :mod:`comply_measure.sem.twolevel.incomplete`.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.twolevel.incomplete import IncompleteClusters, IncompleteSlopes
from comply_measure.sem.twolevel.information import (
    TwoLevelDerivatives,
    cluster_scores,
    expected_information,
    observed_information,
)


def _joint(sample: IncompleteClusters, derivatives: TwoLevelDerivatives) -> tuple[Array, Array, Array]:
    """Between derivatives over all p variables (left, right) and those of the means of all parameters (p, q)."""
    q, first = derivatives.n_parameters, derivatives.n_within
    left, right, mean = (np.zeros((sample.p, q)) for _ in range(3))
    left[sample.between, first:] = derivatives.between.left
    right[sample.between, first:] = derivatives.between.right
    mean[sample.within, :first] = derivatives.within.mean
    mean[sample.between, first:] = derivatives.between.mean
    return left, right, mean


@observed_information.register
def incomplete_observed_information(
    sample: IncompleteClusters, at: IncompleteSlopes, derivatives: TwoLevelDerivatives
) -> Array:
    """Negative Hessian of the log-likelihood as if the moments were linear in the parameters (q, q).

    ``Σ_j h_aᵀ Ω⁻¹ h_b − ½ tr(Ω⁻¹ ∂_aΩ Ω⁻¹ ∂_bΩ)`` with ``h_a = ∂_aΩ Ω⁻¹ (y − μ) + ∂_a μ``, which for a case is
    ``∂_aΣ_W q_i + ∂_aΣ_B s_j + ∂_aμ``.
    """
    quadratic = _quadratic_part(sample, at, derivatives)
    return np.asarray(quadratic - _trace_part(sample, at, derivatives))


@expected_information.register
def incomplete_expected_information(
    sample: IncompleteClusters, at: IncompleteSlopes, derivatives: TwoLevelDerivatives
) -> Array:
    """Fisher information given what was observed: ``Σ_j ½ tr(Ω⁻¹ ∂_aΩ Ω⁻¹ ∂_bΩ) + ∂_aμᵀ Ω⁻¹ ∂_bμ`` (q, q)."""
    mean = _joint(sample, derivatives)[2]
    return np.asarray(_trace_part(sample, at, derivatives) + mean.T @ at.M.sum(axis=0) @ mean)


def _quadratic_part(
    sample: IncompleteClusters, at: IncompleteSlopes, derivatives: TwoLevelDerivatives
) -> Array:
    """``Σ_j h_aᵀ Ω⁻¹ h_b``."""
    left, right, mean = _joint(sample, derivatives)
    w, z, both, J, q = sample.within, sample.alone, sample.both, sample.n_clusters, derivatives.n_parameters
    of_cluster = left * (at.s @ right)[:, None, :] + right * (at.s @ left)[:, None, :] + mean  # (J, p, q)
    prior = np.zeros((J, len(w), q))
    total = np.zeros((q, q))
    if len(z):
        of_z = of_cluster[:, z]
        total += np.einsum("jza,jzy,jyb->ab", of_z, at.level.inverse, of_z, optimize=True)
        prior[:, both] = at.level.K @ of_z
    inner = derivatives.within
    pulled = np.zeros((J, len(w), q))
    for pattern, V, root in zip(sample.patterns, at.V, at.roots, strict=True):
        rows, cluster = pattern.rows, sample.cluster[pattern.rows]
        own = at.q[rows]
        h = (of_cluster[:, w] - prior)[cluster]
        first = inner.left * (own @ inner.right)[:, None, :] + inner.right * (own @ inner.left)[:, None, :]
        h[:, :, : derivatives.n_within] += first
        side = np.matmul(root.T, h)
        flat = side.reshape(-1, q)
        total += flat.T @ flat
        starts = np.flatnonzero(np.diff(cluster, prepend=-1))
        pulled[cluster[starts]] += np.add.reduceat(np.matmul(V, h), starts, axis=0)
    u = pulled[:, both]
    return np.asarray(total - np.einsum("jka,jkl,jlb->ab", u, at.H, u, optimize=True))


def _trace_part(sample: IncompleteClusters, at: IncompleteSlopes, derivatives: TwoLevelDerivatives) -> Array:
    """``Σ_j ½ tr(Ω⁻¹ ∂_aΩ Ω⁻¹ ∂_bΩ)`` (q, q).

    Within and within: ``Σ_i ½ tr(∂_a V_i ∂_b V_i) − tr(∂_a V_i ∂_b V_i H V_i)`` and ``½ tr(H Y_a H Y_b)`` with
    ``Y_a = Σ_i V_i ∂_a V_i``; within and between: ``½ Σ_i tr(∂_aΣ_W R_i ∂_bΣ_B R_iᵀ)``, ``R_i = V_i (I − H A)``,
    the sum of a case's row of Ω⁻¹; between and between: ``½ tr(M ∂_a M ∂_b)``. All of it is the same for clusters
    that lack the same, so that it is computed once for each kind of them.
    """
    first, q = derivatives.n_within, derivatives.n_parameters
    inner, both, w = derivatives.within, sample.both, sample.within
    chosen, times = sample.kinds
    counts, H, K = sample.counts[:, chosen], at.H[chosen], at.level.K[chosen]
    total = np.zeros((q, q))
    dW = _matrices(inner)
    dB = _matrices(derivatives.between)
    p_w, b = len(w), sample.between
    # R_i = V_i X_j with X_j (p_w, p): the identity less H A for the variables of both levels, −K for those alone
    X = np.zeros((len(chosen), p_w, sample.p))
    X[:, np.arange(p_w), w] = 1.0
    A_rows = np.tensordot(counts.T, at.V, axes=1)[:, both]
    X[:, both[:, None], w] -= H @ A_rows
    if len(sample.alone):
        rest = np.eye(len(both)) - H @ A_rows[:, :, both]
        X[:, both[:, None], sample.alone] -= rest @ K
    X = X[:, :, b]
    Y = np.zeros((len(chosen), len(both), len(both), first))
    for g, pattern in enumerate(sample.patterns):
        V, count = at.V[g], counts[g]
        turned = V @ dW.transpose(2, 0, 1) @ V  # V ∂_a V, (first, p_w, p_w)
        flat_d, flat_t = dW.reshape(-1, first), turned.transpose(1, 2, 0).reshape(-1, first)
        same = 0.5 * len(pattern.rows) * (flat_d.T @ flat_t)
        spread = np.zeros((p_w, p_w))
        spread[np.ix_(both, both)] = np.tensordot(count * times, H, axes=1)
        lost = (V @ dW.transpose(2, 0, 1) @ (V @ spread @ V)).transpose(1, 2, 0).reshape(-1, first)
        total[:first, :first] += same - flat_d.T @ lost
        Y += count[:, None, None, None] * turned.transpose(1, 2, 0)[np.ix_(both, both)][None]
        if dB.shape[2]:
            # ½ tr(∂W V (Σ_j n_j X ∂B Xᵀ) V): the inner sum for every between parameter
            middle = np.einsum("j,jac,jbd->abcd", count * times, X, X, optimize=True)
            between = middle.reshape(p_w * p_w, -1) @ dB.reshape(-1, dB.shape[2])
            total[:first, first:] += 0.5 * flat_t.T @ between
    HY = np.matmul(H[:, None], Y.transpose(0, 3, 1, 2))
    flat = (times[:, None, None, None] * HY).transpose(0, 2, 3, 1).reshape(-1, first)
    other = HY.transpose(0, 3, 2, 1).reshape(-1, first)
    total[:first, :first] += 0.5 * (flat.T @ other)
    M = at.M[chosen][:, b[:, None], b]
    pairs = np.einsum("j,jab,jcd->abcd", times, M, M, optimize=True)
    side = pairs.transpose(1, 2, 0, 3).reshape(len(b) ** 2, -1)  # M_ab M_cd as (b, c; a, d)
    total[first:, first:] += 0.5 * dB.reshape(-1, dB.shape[2]).T @ (side @ dB.reshape(-1, dB.shape[2]))
    total[first:, :first] = total[:first, first:].T
    return np.asarray((total + total.T) / 2.0)


def _matrices(derivatives: MomentDerivatives) -> Array:
    """Derivatives of a covariance matrix as full matrices (p, p, q)."""
    product = derivatives.left[:, None, :] * derivatives.right[None, :, :]
    return np.asarray(product + product.transpose(1, 0, 2))


@cluster_scores.register
def incomplete_cluster_scores(
    sample: IncompleteClusters, at: IncompleteSlopes, mean: Array, derivatives: TwoLevelDerivatives
) -> Array:
    """Gradient of each cluster's log-likelihood (J, q)."""
    left, right, of_mean = _joint(sample, derivatives)
    scores = (at.s @ left) * (at.s @ right) - np.einsum("pa,jpr,ra->ja", left, at.M, right, optimize=True)
    scores += at.s @ of_mean
    inner, first = derivatives.within, derivatives.n_within
    products = (at.q @ inner.left) * (at.q @ inner.right)
    np.add.at(scores[:, :first], sample.cluster, products)
    scores[:, :first] -= np.einsum("pa,jpr,ra->ja", inner.left, at.N, inner.right, optimize=True)
    return np.asarray(scores)
