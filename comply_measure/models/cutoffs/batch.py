"""One model fitted by maximum likelihood to many covariance matrices at once.

The pseudo-true parameters (fitted to the population matrix) are near every sample's estimate. All samples start
there and step together by BFGS, with the inverse Hessian at the pseudo-true point as the first metric: no
Hessian is computed again, and one step costs a few p³ per sample. A sample whose F rises halves its step. The
few samples that do not arrive are given to the engine's own optimiser one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.models.cutoffs.moments import batched_moments, log_determinants, look_up
from comply_measure.sem.implied import Layout
from comply_measure.sem.model import Model, specify
from comply_measure.sem.optimise import minimise
from comply_measure.sem.sample import GroupSample, Sample

Floats = NDArray[np.float64]
MAX_STEPS = 40
# squared distance to the optimum in standard errors: χ² is right to about this
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class BatchFits:
    """Fits of one model to R covariance matrices.

    Attributes
    ----------
    minimum : ndarray, shape (R,)
        F at the optimum; NaN where it was not reached.
    implied : ndarray, shape (R, p, p)
        Σ there.
    """

    minimum: Floats
    implied: Floats


class BatchModel:
    """A model of covariances ready for batch fitting.

    Parameters
    ----------
    model : Model
        Model of one group whose means are saturated or absent.
    theta : ndarray, shape (q,)
        Where to look for the pseudo-true parameters.
    """

    def __init__(self, model: Model, theta: Floats) -> None:
        self.model, self.theta = model, theta
        self.layout: Layout = model.layouts[0]
        K = np.eye(len(theta)) if model.space.K is None else model.space.K
        moves = ~self.layout.is_mean
        # free coordinates that touch covariances; those of means stay where they are
        self.columns = np.flatnonzero(np.abs(K[moves]).any(axis=0))
        self.K = K[:, self.columns]
        self.look = look_up(self.layout)

    def fit(self, population: Floats, samples: Floats) -> BatchFits:
        """Fit all samples.

        Parameters
        ----------
        population : ndarray, shape (p, p)
            Covariance matrix they were drawn from.
        samples : ndarray, shape (R, p, p)

        Raises
        ------
        ComplyError
            When the model cannot be fitted to the population matrix.
        """
        phi, curvature = self._pseudo_true(population)
        inverse = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
        return _descend(self, phi, inverse, samples)

    def problem(self, covariance: Floats) -> Model:
        """The model with another covariance matrix; means stay where they are."""
        group = self.model.sample.groups[0]
        mean = self.model.layouts[0].at(self.theta).mu
        stand_in = GroupSample(group.name, group.names, group.n, covariance, mean)
        options = self.model.family.moment_options(self.model.options)
        if options is None:
            raise ComplyError(f"{self.model.family.name} have no complete-data likelihood to simulate with")
        return specify(self.model.table, Sample((stand_in,), group.n_cases), options)

    def _pseudo_true(self, population: Floats) -> tuple[Floats, Floats]:
        model = self.problem(population)
        optimum = minimise(model.objective, model.space.contract(self.theta), model.sample.n)
        if not optimum.converged:
            raise ComplyError("the model cannot be fitted to the population it is meant to be wrong for")
        hessian = optimum.point.hessian[np.ix_(self.columns, self.columns)]
        return optimum.point.phi, np.asarray(hessian)

    def theta_at(self, phi: Floats) -> Floats:
        """θ (R, q) of free coordinates (R, r)."""
        space = self.model.space
        return (
            phi if space.K is None else np.asarray(phi @ space.K.T + space.expand(np.zeros(space.K.shape[1])))
        )


@dataclass
class _State:
    """Where every sample stands; rows are samples."""

    phi: Floats
    value: Floats
    sigma: Floats
    gradient: Floats
    size: Floats
    done: NDArray[np.bool_]


class Memory:
    """The last steps and gradient changes of every sample (limited-memory BFGS; Nocedal 1980).

    Parameters
    ----------
    metric : ndarray, shape (r, r)
        First inverse Hessian, shared by all samples.
    """

    def __init__(self, metric: Floats, length: int = 8) -> None:
        self.metric, self.length = metric, length
        self.pairs: list[tuple[Floats, Floats, Floats]] = []

    def remember(self, steps: Floats, changes: Floats) -> None:
        """Keep steps s and changes y (R, r); rows of zeros, and those without yᵀs > 0, have no effect."""
        product = np.einsum("rj,rj->r", changes, steps)
        size = np.linalg.norm(changes, axis=1) * np.linalg.norm(steps, axis=1)
        usable = product > 1e-12 * np.maximum(size, 1e-300)
        rho = np.where(usable, 1.0 / np.where(usable, product, 1.0), 0.0)
        self.pairs = [*self.pairs[-(self.length - 1) :], (steps, changes, rho)]

    def direction(self, rows: NDArray[np.intp], gradient: Floats) -> Floats:
        """−H g by the two-loop recursion for some samples."""
        q, kept = gradient.copy(), []
        for steps, changes, rho in reversed(self.pairs):
            s, y, scale = steps[rows], changes[rows], rho[rows]
            alpha = scale * np.einsum("rj,rj->r", s, q)
            q -= alpha[:, None] * y
            kept.append((s, y, scale, alpha))
        q = q @ self.metric
        for s, y, scale, alpha in reversed(kept):
            beta = scale * np.einsum("rj,rj->r", y, q)
            q += (alpha - beta)[:, None] * s
        return -q


def _descend(batch: BatchModel, start: Floats, inverse: Floats, samples: Floats) -> BatchFits:
    n, R = batch.model.sample.n, len(samples)
    constant = np.linalg.slogdet(samples)[1] + samples.shape[1]
    phi = np.tile(start, (R, 1))
    value, sigma, gradient = _evaluate(batch, phi, samples, constant)
    at = _State(phi, value, sigma, gradient, np.ones(R), np.zeros(R, dtype=bool))
    memory = Memory(inverse)
    for _ in range(MAX_STEPS):
        rows = np.flatnonzero(~at.done & (at.size > 1e-3) & np.isfinite(at.value))
        step = memory.direction(rows, at.gradient[rows])
        decrement = -0.5 * n * np.einsum("rj,rj->r", at.gradient[rows], step)
        arrived = (decrement >= 0) & (decrement < TOLERANCE)
        at.done[rows[arrived]] = True
        if arrived.all():
            break
        _advance(batch, at, memory, rows[~arrived], step[~arrived], samples, constant)
    _finish(batch, at, start, samples)
    return BatchFits(np.where(at.done, at.value, np.nan), at.sigma)


def _advance(
    batch: BatchModel,
    at: _State,
    memory: Memory,
    rows: NDArray[np.intp],
    step: Floats,
    samples: Floats,
    constant: Floats,
) -> None:
    """One step of some samples; those whose F falls keep it in memory."""
    moved = at.size[rows, None] * step
    trial = at.phi[rows].copy()
    trial[:, batch.columns] += moved
    f, sigma, gradient = _evaluate(batch, trial, samples[rows], constant[rows])
    slope = np.einsum("rj,rj->r", at.gradient[rows], moved)
    better = np.isfinite(f) & (f <= at.value[rows] + 1e-4 * slope)
    good = rows[better]
    steps, changes = np.zeros_like(at.gradient), np.zeros_like(at.gradient)
    steps[good], changes[good] = moved[better], gradient[better] - at.gradient[good]
    memory.remember(steps, changes)
    at.phi[good], at.value[good], at.sigma[good] = trial[better], f[better], sigma[better]
    at.gradient[good], at.size[good] = gradient[better], 1.0
    at.size[rows[~better]] *= 0.4


def _finish(batch: BatchModel, at: _State, start: Floats, samples: Floats) -> None:
    """The engine's optimiser for samples that did not arrive."""
    for row in np.flatnonzero(~at.done):
        optimum = minimise(batch.problem(samples[row]).objective, start, batch.model.sample.n)
        if optimum.converged:
            at.value[row], at.sigma[row], at.done[row] = (
                optimum.point.value,
                optimum.point.implied[0].sigma,
                True,
            )


def _evaluate(
    batch: BatchModel, phi: Floats, samples: Floats, constant: Floats
) -> tuple[Floats, Floats, Floats]:
    """F (R,), Σ (R, p, p) and the gradient in the moving coordinates (R, r); F is infinite where Σ is impossible.

    With W = Σ⁻¹ the slope of F is M = W − W S W; only the entries of Hᵀ M H that parameters look up are formed
    (:mod:`comply_measure.sem.implied`).
    """
    layout = batch.layout
    sigma, TE, FV = batched_moments(layout, batch.theta_at(phi))
    possible, logdet = log_determinants(sigma)
    safe = sigma if possible.all() else np.where(possible[:, None, None], sigma, np.eye(layout.p))
    W = np.linalg.inv(safe)
    WS = W @ samples
    value = logdet + np.einsum("rii->r", WS) - constant
    X = np.concatenate([TE, FV], axis=2)
    WX = W @ X
    MX = WX - WS @ WX
    look = batch.look
    entries = np.empty((len(phi), layout.q))
    entries[:, look.plain] = W[:, look.i, look.j] - np.einsum("rqp,rqp->rq", WS[:, look.i], W[:, look.j])
    entries[:, look.mixed] = MX[:, look.row, look.column]
    entries[:, look.inner] = (X.transpose(0, 2, 1) @ MX)[:, look.left, look.right]
    gradient = (2.0 * layout.kappa * entries) @ batch.K
    return np.where(possible, value, np.inf), sigma, np.asarray(gradient)
