"""Information between the parameters of a model and parameters it lacks, without the full matrix."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.discrepancy.base import CurvedWeight, Evaluation, is_curved, is_given
from comply_measure.sem.discrepancy.fiml import FIMLEvaluation
from comply_measure.sem.discrepancy.ml import mean_derivatives
from comply_measure.sem.implied import Layout
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.information import expected_information

CHUNK = 256


def complete_cross_information(
    evaluation: Evaluation, layout: Layout, old: Index, new: Index
) -> tuple[Array, Array]:
    """Expected information per case between new and old parameters, and of each new one by itself.

    Parameters
    ----------
    evaluation : Evaluation
        A group's discrepancy at the estimates, between means and covariances.
    layout : Layout
        The group's layout, with old and new parameters.
    old, new : int arrays (m,), (e,)
        Places of the parameters in the layout.

    Returns
    -------
    cross : array (e, m)
    diagonal : array (e,)
    """
    if is_curved(evaluation):
        return _complete(evaluation, layout, old, new)
    if is_given(evaluation):
        return weighted_cross_information(evaluation.jacobian, evaluation.discrepancy.weight, old, new)
    full = evaluation.information()
    return full[np.ix_(new, old)], full[new, new]


def _complete(evaluation: CurvedWeight, layout: Layout, old: Index, new: Index) -> tuple[Array, Array]:
    """Maximum likelihood: products of entries of Hᵀ W H (see :mod:`comply_measure.sem.implied`).

    ``½ tr(W ∂_aΣ W ∂_bΣ) = κ_a κ_b {(u_aᵀWu_b)(v_aᵀWv_b) + (u_aᵀWv_b)(v_aᵀWu_b)}``.
    """
    implied, W = evaluation.implied, evaluation.information_weight
    product = implied.sandwich(W)
    u, v, kappa = layout.u, layout.v, layout.kappa
    by_u, by_v = product[:, u[old]], product[:, v[old]]
    cross = by_u[u[new]] * by_v[v[new]]
    cross += by_v[u[new]] * by_u[v[new]]
    cross *= kappa[old] * kappa[new][:, None]
    a, b = u[new], v[new]
    diagonal = (product[a, a] * product[b, b] + product[a, b] ** 2) * kappa[new] ** 2
    if layout.has_mean:
        D = mean_derivatives(implied)
        WD = W @ D[:, new]
        cross += WD.T @ D[:, old]
        diagonal += np.einsum("pa,pa->a", WD, D[:, new])
    return cross, diagonal


def incomplete_cross_information(evaluation: FIMLEvaluation, old: Index, new: Index) -> tuple[Array, Array]:
    """Full information with missing values: the full matrix for a few new parameters at a time."""
    d, m = evaluation.derivatives, len(old)
    cross, diagonal = np.zeros((len(new), m)), np.zeros(len(new))
    for begin in range(0, len(new), CHUNK):
        rows = slice(begin, min(begin + CHUNK, len(new)))
        places = np.concatenate([old, new[rows]])
        part = MomentDerivatives(d.left[:, places], d.right[:, places], d.mean[:, places])
        block = expected_information(evaluation.sample, evaluation.at.completion, part) / evaluation.n
        cross[rows] = block[m:, :m]
        diagonal[rows] = block.diagonal()[m:]
    return cross, diagonal


def weighted_cross_information(J: Array, weights: Array, old: Index, new: Index) -> tuple[Array, Array]:
    """Least squares with given weights: Δᵀ V Δ."""
    added = J[:, new]
    if weights.ndim == 2:
        pulled = weights @ added
    else:
        pulled = weights[:, None] * added
    return pulled.T @ J[:, old], np.einsum("da,da->a", added, pulled)
