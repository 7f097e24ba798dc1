"""Browne's residual-based test of fit (Browne, 1984, eq. 2.20a).

``T = rᵀ V r − bᵀ (Δᵀ V Δ)⁻¹ b``, ``b = Δᵀ V r`` summed over groups, the group's n (n − 1 for least squares) in V. It
is a χ² for any consistent estimate of θ where V is the inverse of the moments' covariance matrix: under normality
with V at S (``browne.residual.nt``), for any distribution with V = Γ⁻¹ (``browne.residual.adf``). With V at Σ(θ̂) it
is the statistic of reweighted least squares. Unweighted and diagonally weighted least squares have no χ² of their
own, so this is theirs, as in lavaan 0.7.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, is_positive_definite
from comply_measure.sem.discrepancy.ls import Moments
from comply_measure.sem.discrepancy.ml import expected_information, pair_products
from comply_measure.sem.fit_measures.lengths import normal_length
from comply_measure.sem.implied import Implied
from comply_measure.sem.inference.covariance import invert, symmetric_inverse
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import RESIDUAL_TESTS
from comply_measure.sem.sample import GroupSample

NAN = float("nan")


def statistic_of(model: Model, point: Point, jacobian: Array | None = None) -> float:
    """The χ² statistic that a model's options ask for: n F, or Browne's residual test.

    Parameters
    ----------
    model : Model
        The model with its options.
    point : Point
        The optimum.
    jacobian : array (c, r), optional
        Binding constraints that are not linear, in φ.
    """
    test = model.options.test
    if test not in RESIDUAL_TESTS:
        return model.statistic(point)
    if test == "browne.residual.adf":
        return distribution_free_residual(model, point, jacobian)
    return browne_residual(model, point, at_sample=True, jacobian=jacobian)


def browne_residual(
    model: Model, point: Point, at_sample: bool = False, jacobian: Array | None = None
) -> float:
    """The statistic with normal-theory weights; NaN when ΔᵀVΔ is singular, or Σ(θ̂) not positive definite.

    At an ML optimum without residual means, with weights at the implied moments, b is zero.

    Parameters
    ----------
    model, point, jacobian
        As for :func:`statistic_of`.
    at_sample : bool
        Weights at the sample covariance matrix, not at the implied one.
    """
    q = len(point.theta)
    fitted = model.family.solves_normal_theory and not at_sample and not _mean_gaps(model, point)
    total, slope, information = 0.0, np.zeros(q), np.zeros((q, q))
    for implied, sample, layout in zip(point.implied, model.sample.groups, model.layouts, strict=True):
        n = sample.n - model.family.cases_lost
        if not at_sample and not is_positive_definite(implied.sigma):
            return NAN  # least squares may end there
        W = sample.inverse_logdet[0] if at_sample else implied.inverse
        R = sample.cov - implied.sigma
        d = np.zeros(sample.p) if implied.mu is None or sample.mean is None else sample.mean - implied.mu
        total += n * normal_length(W, R, d)
        if fitted:
            continue
        place = slice(layout.first, layout.first + layout.q)
        slope[place] = n * implied.gradient(0.5 * W @ R @ W, W @ d if layout.has_mean else None)
        looked_up = pair_products(implied, implied.sandwich(W))
        information[place, place] = n * expected_information(implied, W, looked_up)
    return total if fitted else _projected(point, total, slope, information, jacobian)


def distribution_free_residual(model: Model, point: Point, jacobian: Array | None = None) -> float:
    """The statistic with V = Γ⁻¹; NaN when a group has no more cases than moments."""
    q = len(point.theta)
    total, slope, information = 0.0, np.zeros(q), np.zeros((q, q))
    groups = zip(point.implied, model.sample.groups, model.exogenous, strict=True)
    for implied, sample, exogenous in groups:
        pieces = _adf_pieces(implied, sample, exogenous)
        if pieces is None:
            return NAN
        n = sample.n - model.family.cases_lost
        residual, J, V = pieces
        place = slice(implied.layout.first, implied.layout.first + implied.layout.q)
        total += n * float(residual @ V @ residual)
        slope[place] = n * J.T @ V @ residual
        information[place, place] = n * J.T @ V @ J
    return _projected(point, total, slope, information, jacobian)


def _adf_pieces(
    implied: Implied, sample: GroupSample, exogenous: tuple[str, ...]
) -> tuple[Array, Array, Array] | None:
    """Residuals, Δ and Γ⁻¹ of one group."""
    moments = Moments(sample, exogenous, implied.layout.has_mean)
    if sample.data is None or sample.n_cases <= len(moments.kept):
        return None
    V = symmetric_inverse(moments.gamma())
    return None if V is None else (moments.observed - moments.implied(implied), moments.jacobian(implied), V)


def _projected(point: Point, total: float, slope: Array, information: Array, jacobian: Array | None) -> float:
    """T from its pieces in θ."""
    space = point.objective.space
    inverse = invert(space.curvature(information), point, 1.0, jacobian).vcov
    return NAN if inverse is None else total - float(slope @ inverse @ slope)


def _mean_gaps(model: Model, point: Point) -> bool:
    """Whether implied means differ from the sample's by more than rounding."""
    for implied, sample in zip(point.implied, model.sample.groups, strict=True):
        if implied.mu is None or sample.mean is None:
            continue
        if np.any(np.abs(sample.mean - implied.mu) > 1e-9 * np.sqrt(sample.cov.diagonal())):
            return True
    return False
