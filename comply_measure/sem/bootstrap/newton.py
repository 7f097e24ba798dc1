"""Refits of complete-data maximum likelihood for a chunk of replications.

All replications start at the estimates and share their Hessian; what the Hessian becomes on the way to each
replication's own optimum is learned from its last steps (limited-memory BFGS; Nocedal & Wright, 2006, ch. 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, is_positive_definite
from comply_measure.sem.bootstrap.batch import (
    BatchImplied,
    Exogenous,
    GradientPlan,
    log_determinants,
)
from comply_measure.sem.bootstrap.moments import BatchMoments
from comply_measure.sem.inference.covariance import symmetric_inverse
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

MEMORY = 6
MAX_STEPS = 60
MAX_HALVINGS = 8
TOLERANCE = 1e-10  # n times the decrement: the square of the distance to the optimum in standard errors


@dataclass(frozen=True)
class Refits:
    """Refits of a chunk.

    Attributes
    ----------
    theta : array (B, q)
        Estimates; NaN where the chunk did not reach the optimum.
    statistic : array (B,)
        χ² statistics.
    """

    theta: Array
    statistic: Array


class ChunkRefitter:
    """Refits chunks of replications of one fitted model.

    Parameters
    ----------
    model : Model
        Complete data, maximum likelihood, linear constraints at most.
    point : Point
        Its optimum.
    """

    def __init__(self, model: Model, point: Point) -> None:
        self.model, self.phi = model, point.phi
        self.plans = [GradientPlan(layout) for layout in model.layouts]
        self.exogenous = [exogenous_cells(model, g) for g in range(len(model.layouts))]
        hessian = point.hessian if is_positive_definite(point.hessian) else 2.0 * point.information
        inverse = symmetric_inverse(hessian)
        self.inverse = np.eye(len(hessian)) if inverse is None else inverse

    def value_and_gradient(self, phi: Array, samples: list[BatchMoments]) -> tuple[Array, Array]:
        """F(φ), less constants, and its gradient for every replication (B,), (B, r)."""
        space = self.model.space
        theta = expand(self.model, phi)
        total = np.zeros(len(phi))
        gradient = np.zeros((len(phi), theta.shape[1]))
        n = np.sum([sample.n for sample in samples], axis=0)
        for plan, exogenous, sample in zip(self.plans, self.exogenous, samples, strict=True):
            layout = plan.layout
            part = slice(layout.first, layout.first + layout.q)
            at = BatchImplied(layout, theta[:, part], exogenous, sample)
            value, slope = plan.value_and_gradient(at, sample)
            weight = sample.n / n
            total += weight * value
            gradient[:, part] = weight[:, None] * slope
        return total, gradient if space.K is None else gradient @ space.K

    def refit(self, samples: list[BatchMoments]) -> Refits:
        """Optima of a chunk."""
        state = _State(self, samples)
        for _ in range(MAX_STEPS):
            if not state.advance():
                break
        theta = expand(self.model, state.phi)
        theta[~state.done] = np.nan
        return Refits(theta, np.where(state.done, self._statistic(state.value, samples), np.nan))

    def _statistic(self, value: Array, samples: list[BatchMoments]) -> Array:
        n = np.sum([sample.n for sample in samples], axis=0)
        constant = np.zeros(len(value))
        for sample in samples:
            constant += sample.n / n * (log_determinants(sample.cov) + sample.cov.shape[1])
        return np.asarray(n * (value - constant))


class _State:
    """Where every replication of a chunk stands."""

    def __init__(self, refitter: ChunkRefitter, samples: list[BatchMoments]) -> None:
        size = len(samples[0].n)
        self.refitter, self.samples = refitter, samples
        self.n = np.sum([sample.n for sample in samples], axis=0)
        self.phi = np.tile(refitter.phi, (size, 1))
        self.value, self.gradient = refitter.value_and_gradient(self.phi, samples)
        self.done = np.zeros(size, dtype=bool)
        self.open = np.flatnonzero(np.isfinite(self.value))
        self.pairs: list[tuple[Array, Array, Array]] = []

    def advance(self) -> bool:
        """One step of every open replication; false when none is left."""
        if not len(self.open):
            return False
        step = self._step(self.gradient[self.open])
        decrement = -0.5 * np.einsum("br,br->b", self.gradient[self.open], step)
        near = self.n[self.open] * np.abs(decrement) < TOLERANCE
        finished = self.open[near]
        self.phi[finished] += step[near]
        self.value[finished] -= decrement[near]
        self.done[finished] = True
        self._keep(~near)
        step, decrement = step[~near], decrement[~near]
        if not len(self.open):
            return False
        self._move(step, decrement)
        return bool(len(self.open))

    def _step(self, gradient: Array) -> Array:
        """Minus the inverse Hessian times the gradient, by the two-loop recursion."""
        q, used = gradient.copy(), []
        for s, y, rho in reversed(self.pairs):
            alpha = rho * np.einsum("br,br->b", s, q)
            q -= alpha[:, None] * y
            used.append(alpha)
        r = q @ self.refitter.inverse
        for (s, y, rho), alpha in zip(self.pairs, reversed(used), strict=True):
            beta = rho * np.einsum("br,br->b", y, r)
            r += (alpha - beta)[:, None] * s
        return -r

    def _move(self, step: Array, decrement: Array) -> None:
        """Take the steps, halved where F does not fall; give up where it never does."""
        cases = self.open
        size = np.ones(len(cases))
        waiting = np.arange(len(cases))
        value, gradient = self.value[cases].copy(), self.gradient[cases].copy()
        for _ in range(MAX_HALVINGS):
            trial = self.phi[cases[waiting]] + size[waiting, None] * step[waiting]
            chosen = [sample.take(cases[waiting]) for sample in self.samples]
            reached, slope = self.refitter.value_and_gradient(trial, chosen)
            slack = 1e-12 * np.maximum(1.0, np.abs(self.value[cases[waiting]]))
            gain = 1e-4 * size[waiting] * decrement[waiting]
            good = reached <= self.value[cases[waiting]] - gain + slack
            value[waiting[good]], gradient[waiting[good]] = reached[good], slope[good]
            waiting = waiting[~good]
            if not len(waiting):
                break
            size[waiting] *= 0.5
        moved = size[:, None] * step
        self._learn(moved, gradient - self.gradient[cases])
        self.phi[cases] += moved
        self.value[cases], self.gradient[cases] = value, gradient
        if len(waiting):
            keep = np.ones(len(cases), dtype=bool)
            keep[waiting] = False
            self._keep(keep)

    def _learn(self, s: Array, y: Array) -> None:
        product = np.einsum("br,br->b", s, y)
        length = np.linalg.norm(s, axis=1) * np.linalg.norm(y, axis=1)
        useful = product > 1e-10 * length
        rho = np.where(useful, 1.0 / np.where(useful, product, 1.0), 0.0)
        self.pairs = [*self.pairs, (s, y, rho)][-MEMORY:]

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self.open = self.open[mask]
        self.pairs = [(s[mask], y[mask], rho[mask]) for s, y, rho in self.pairs]


def expand(model: Model, phi: Array) -> Array:
    """θ of every φ (B, q)."""
    space = model.space
    if space.K is None:
        return phi.copy()
    return np.asarray(phi @ space.K.T + space.k0)


def exogenous_cells(model: Model, group: int) -> Exogenous:
    """Where the moments of fixed exogenous variables stand in a group's matrices."""
    table, layout = model.table, model.layouts[group]
    place = {name: i for i, name in enumerate(layout.sources)}
    observed = {name: i for i, name in enumerate(layout.observed)}
    cells: list[tuple[int, int, int]] = []
    means: list[tuple[int, int]] = []
    for row in np.flatnonzero(table.exo & (table.group == group + 1)).tolist():
        lhs, rhs = table.lhs[row], table.rhs[row]
        if table.op[row] == "~1":
            means.append((place[lhs], observed[lhs]))
            continue
        a, b = place[lhs], place[rhs]
        cells += [(a * layout.k + b, observed[lhs], observed[rhs])]
        cells += [(b * layout.k + a, observed[rhs], observed[lhs])] if a != b else []
    by_cell = np.array(cells, dtype=np.int64).reshape(-1, 3)
    by_mean = np.array(means, dtype=np.int64).reshape(-1, 2)
    return Exogenous(by_cell[:, 0], by_cell[:, 1], by_cell[:, 2], by_mean[:, 0], by_mean[:, 1])
