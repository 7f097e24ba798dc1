"""Newton steps for unrestricted moments of two levels, in the Cholesky factors of both matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from comply_measure.sem.arrays import Array, Factor, Index, NotPositiveDefiniteError, lower_triangle
from comply_measure.sem.twolevel.likelihood import TwoLevelMoments, slopes

GRADIENT = 1e-8
FLAT = 1e-13  # relative change of the log-likelihood below which no gain can be seen
FIRST_DAMPING, LARGEST_DAMPING = 1e-4, 1e12


@dataclass(frozen=True)
class Climb:
    """Where Newton's method stopped.

    Attributes
    ----------
    moments : TwoLevelMoments
    loglik : float
    gradient : float
        Largest derivative of the log-likelihood in an entry of a Cholesky factor or a mean.
    n_steps : int
        Hessians that were factored.
    converged : bool
    """

    moments: TwoLevelMoments
    loglik: float
    gradient: float
    n_steps: int
    converged: bool


class FactorPoint:
    """Log-likelihood at ``Σ_W = L_W L_Wᵀ``, ``Σ_B = L_B L_Bᵀ`` and μ, with gradient and Hessian.

    Coordinates: the lower triangles of L_W and of L_B, row by row, then μ.

    Raises
    ------
    NotPositiveDefiniteError, numpy.linalg.LinAlgError
        Where a covariance matrix is singular.
    """

    sample: Any

    def __init__(self, sample: Any, within: Array, between: Array, mean: Array) -> None:
        self.sample, self.factors, self.mean = sample, (within, between), mean
        self.moments = TwoLevelMoments(within @ within.T, between @ between.T, mean)
        self.at: Any = slopes(sample, self.moments)
        self.loglik = self.at.loglik

    @cached_property
    def gradient(self) -> Array:
        """Derivatives of the log-likelihood: lower triangles of ``2 G L``, and dl/dμ."""
        parts = [
            2.0 * (slope @ factor)[lower_triangle(len(factor))]
            for slope, factor in zip((self.at.within, self.at.between), self.factors, strict=True)
        ]
        return np.concatenate([*parts, self.at.mean])

    @property
    def largest(self) -> float:
        """Largest derivative in absolute size."""
        return float(np.abs(self.gradient).max(initial=0.0))

    def curvature(self) -> Array:
        """Negative Hessian.

        With ``∂Σ/∂L_ab = e_a l_bᵀ + l_b e_aᵀ`` (l_b column b) the terms of
        :func:`~comply_measure.sem.twolevel.information.observed_information` are products of entries of small
        matrices, summed over cluster sizes by one matrix product each. The curved part
        ``∂²Σ/∂L_ab ∂L_cb = e_a e_cᵀ + e_c e_aᵀ`` adds ``−2 G_ac``.
        """
        s, at = self.sample, self.at
        middle = at.inverses @ at.second_moments @ at.inverses - 0.5 * at.inverses
        places = (s.within, s.between)
        blocks: list[list[Array]] = [[], []]
        for x, y in ((0, 0), (0, 1), (1, 1)):
            weight = s.counts / s.sizes ** ((x == 0) + (y == 0))
            first, second = (stack[:, places[x][:, None], places[y]] for stack in (at.inverses, middle))
            if y == 0:
                v = at.within_inverse
                through = v @ s.pooled @ v - 0.5 * v
                weight = np.append(weight, s.n_within)
                first, second = np.concatenate([first, v[None]]), np.concatenate([second, through[None]])
            blocks[x].append(_pairs(weight, first, second, self.factors[x], self.factors[y]))
        for x, slope in enumerate((at.within, at.between)):
            row, column = lower_triangle(len(slope))
            blocks[x][0] -= 2.0 * slope[np.ix_(row, row)] * (column[:, None] == column)
        bent = [self._with_means(x, places[x]) for x in (0, 1)]
        mean = np.einsum("k,kij->ij", s.counts, at.inverses)
        (ww, wb), (bb,) = blocks
        return np.block([[ww, wb, bent[0]], [wb.T, bb, bent[1]], [bent[0].T, bent[1].T, mean]])

    def _with_means(self, level: int, places: Index) -> Array:
        """Cross derivatives of a factor and μ: ``Σ J_n c (W e_a (sᵀ l_b) + W l_b s_a)``, s = W d_n, c = 1 or 1/n."""
        s, at, factor = self.sample, self.at, self.factors[level]
        weight = s.counts / s.sizes if level == 0 else s.counts
        scores = np.einsum("kij,kj->ki", at.inverses, at.gaps)[:, places]
        columns = at.inverses[:, :, places]
        row, column = lower_triangle(len(factor))
        each = weight[:, None]
        one = np.tensordot(columns, each * (scores @ factor), axes=(0, 0)).transpose(1, 2, 0)
        two = np.tensordot(columns @ factor, each * scores, axes=(0, 0)).transpose(2, 1, 0)
        return np.asarray((one + two)[row, column])

    def moved(self, step: Array) -> FactorPoint | None:
        """The point after a step, or None where a matrix is singular."""
        factors = [factor.copy() for factor in self.factors]
        lengths = [len(factor) * (len(factor) + 1) // 2 for factor in factors]
        *parts, mean = np.split(step, np.cumsum(lengths))
        for factor, part in zip(factors, parts, strict=True):
            factor[lower_triangle(len(factor))] += part
        try:
            point = type(self)(self.sample, factors[0], factors[1], self.mean + mean)
        except (NotPositiveDefiniteError, np.linalg.LinAlgError):
            return None
        return point if np.isfinite(point.loglik) else None


def _pairs(weight: Array, first: Array, second: Array, left: Array, right: Array) -> Array:
    """``Σ_k w_k tr(∂_P A_k ∂_Q B_k)`` for all entries P of one factor and Q of another.

    For P = (a, b), Q = (c, d), l and r columns of the factors, the trace is
    ``(l_bᵀA e_c)(e_aᵀB r_d) + (e_aᵀA r_d)(l_bᵀB e_c) + (l_bᵀA r_d)(e_aᵀB e_c) + (e_aᵀA e_c)(l_bᵀB r_d)``.
    """
    p, q = len(left), len(right)
    crossed = _summed(weight, (left.T @ first, second @ right), (left.T @ second, first @ right))
    straight = _summed(weight, (left.T @ first @ right, second), (left.T @ second @ right, first))
    a, b = (index[:, None] for index in lower_triangle(p))
    c, d = (index[None, :] for index in lower_triangle(q))
    shape = (p, q, p, q)
    return np.asarray(crossed.reshape(shape)[b, c, a, d] + straight.reshape(shape)[b, d, a, c])


def _summed(weight: Array, *products: tuple[Array, Array]) -> Array:
    """``Σ_k w_k vec(X_k) vec(Y_k)ᵀ`` over all pairs of stacks."""
    k = len(weight)
    first = np.concatenate([(weight[:, None] * x.reshape(k, -1)) for x, _ in products])
    second = np.concatenate([y.reshape(k, -1) for _, y in products])
    return np.asarray(first.T @ second)


def climb(point: FactorPoint, max_steps: int) -> Climb:
    """Newton's method with Levenberg–Marquardt damping, to the top.

    The exact Hessian in Cholesky factors stays regular where Σ_B is singular (there ``−2 G`` is left of it),
    while the information of the moments does not. A step is damped until the matrix is positive definite and
    the gain at least a tenth of what the quadratic model says. It ends when no derivative exceeds 1e-8, or when no
    step gains anything that can be seen in floating point.

    Parameters
    ----------
    point : FactorPoint
        Start; both factors of full rank.
    max_steps : int
    """
    damping = FIRST_DAMPING
    for step_number in range(max_steps):
        if point.largest < GRADIENT:
            return Climb(point.moments, point.loglik, point.largest, step_number, True)
        after, damping, gain = _best_step(point, point.curvature(), damping)
        if after is None:
            flat = gain < FLAT * max(1.0, abs(point.loglik))
            return Climb(point.moments, point.loglik, point.largest, step_number + 1, flat)
        point = after
    return Climb(point.moments, point.loglik, point.largest, max_steps, False)


def _best_step(
    point: FactorPoint, curvature: Array, damping: float
) -> tuple[FactorPoint | None, float, float]:
    """The accepted point (None: no gain is left), damping for the next step, gain the model promised."""
    slope, diagonal = point.gradient, np.abs(curvature.diagonal())
    scale = np.maximum(diagonal, 1e-8 * diagonal.max())
    promised = np.inf
    while damping < LARGEST_DAMPING:
        try:
            step = Factor(curvature + np.diag(damping * scale)).solve(slope)
        except NotPositiveDefiniteError:
            damping = max(10.0 * damping, FIRST_DAMPING)
            continue
        expected = float(slope @ step - 0.5 * step @ curvature @ step)
        promised = min(promised, expected)
        after = point.moved(step)
        if after is not None:
            gain = after.loglik - point.loglik
            seen = FLAT * max(1.0, abs(point.loglik))
            if expected < seen and abs(gain) < 10.0 * seen:  # below rounding: judged by the gradient
                better = after.largest < 0.5 * point.largest
                return (after if better else None), damping / 10.0, promised
            if gain > 0.1 * expected:
                return after, (damping / 10.0 if gain > 0.5 * expected else damping), promised
        damping *= 4.0
    return None, damping, promised
