"""One-factor models of many sets of items at once, by full-information maximum likelihood.

With one factor of variance 1, ``Σ = λλᵀ + Θ``, so that the inverse and the determinant of what a pattern of missing
values leaves of Σ have closed forms (Sherman–Morrison), and so have the derivatives of the likelihood:
Newton's method runs over all patterns of all members of the stack without a decomposition per pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Bools, Floats

MAX_STEPS = 60
HALVINGS = 12
#: Squared distance to the optimum in standard errors at which the search ends, and below which rounding hides
#: whether the likelihood grew.
REACHED, UNSEEN = 1e-20, 1e-8
#: Smallest residual variance (of items of variance 1) and eigenvalue of the information (as a share of the
#: largest) of a solution that is beyond doubt.
LEAST_RESIDUAL, LEAST_INFORMATION = 1e-3, 1e-9
#: Cells (patterns × items²) up to which a member is small enough for a stack.
CELLS = 500_000


@dataclass(frozen=True, slots=True)
class OneFactorFit:
    """A one-factor solution.

    Attributes
    ----------
    loading, residual : ndarray, shape (p,)
        λ and the diagonal of Θ.
    omega_error : float
        Standard error of ω by the delta method.
    """

    loading: Floats
    residual: Floats
    omega_error: float


def one_factor_fits(tables: Sequence[Floats], expected: bool = False) -> list[OneFactorFit | None]:
    """Fit one factor to every table of answers; tables with the same number of items together.

    Parameters
    ----------
    tables : sequence of ndarray, shape (n, p)
        Informants × items, NaN where missing; p at least 3, every item varies.
    expected : bool
        Standard errors from the expected information (of complete data) instead of the observed one.

    Returns
    -------
    list of OneFactorFit or None
        None where the search does not end at an interior maximum that is beyond doubt (a residual variance near
        zero or below, an information matrix near singularity, pairs of items hardly seen together, very many
        patterns): the engine fits these one at a time.
    """
    found: list[OneFactorFit | None] = [None] * len(tables)
    together: dict[int, list[tuple[int, _Member]]] = {}
    for place, values in enumerate(tables):
        member = _member(values)
        if member is not None:
            together.setdefault(values.shape[1], []).append((place, member))
    for members in together.values():
        solved = _solve([member for _, member in members], expected)
        for (place, _), fit in zip(members, solved, strict=True):
            found[place] = fit
    return found


@dataclass(frozen=True, slots=True)
class _Member:
    """Moments of standardised items by pattern, and what they were standardised by."""

    seen: Floats
    number: Floats
    mean: Floats
    scatter: Floats
    correlation: Floats
    scale: Floats


def _member(values: Floats) -> _Member | None:
    known = ~np.isnan(values)
    p = values.shape[1]
    together = known.T.astype(float) @ known
    if together.min() <= p:
        return None
    count = np.diag(together)
    centre = np.where(known, values, 0.0).sum(axis=0) / count
    deviation = np.where(known, values - centre, 0.0)
    scale = np.sqrt((deviation**2).sum(axis=0) / count)
    standard = deviation / scale
    patterns, owner = np.unique(known, axis=0, return_inverse=True)
    if patterns.size * p > CELLS:
        return None
    number = np.bincount(owner).astype(float)
    order = np.argsort(owner, kind="stable")
    parts = np.split(standard[order], np.cumsum(number).astype(int)[:-1])
    mean = np.array([part.mean(axis=0) for part in parts])
    scatter = np.array([part.T @ part / len(part) for part in parts]) - mean[:, :, None] * mean[:, None, :]
    correlation = (standard.T @ standard) / together
    return _Member(patterns.astype(float), number, mean, scatter, correlation, scale)


@dataclass(frozen=True, slots=True)
class _Stack:
    """Patterns of several members, member by member."""

    seen: Floats
    number: Floats
    mean: Floats
    scatter: Floats
    owner: NDArray[np.intp]
    first: NDArray[np.intp]

    @classmethod
    def of(cls, members: Sequence[_Member]) -> _Stack:
        counts = [len(member.number) for member in members]
        return cls(
            np.concatenate([member.seen for member in members]),
            np.concatenate([member.number for member in members]),
            np.concatenate([member.mean for member in members]),
            np.concatenate([member.scatter for member in members]),
            np.repeat(np.arange(len(members)), counts),
            np.cumsum([0, *counts[:-1]]),
        )

    def total(self, values: Floats) -> Floats:
        """Sum over the patterns of each member."""
        return np.asarray(np.add.reduceat(values, self.first, axis=0))


@dataclass(frozen=True, slots=True)
class _At:
    """The likelihood at parameters θ = (λ, ψ, ν), each of shape (M, p); ψ is the diagonal of Θ.

    For a pattern that sees some items, with D the inverse residual variances of these (0 elsewhere) and
    ``c = λᵀDλ``: ``W = Σ⁻¹ = D − DλλᵀD/(1 + c)``, ``log|Σ| = Σ log ψ + log(1 + c)``.
    """

    stack: _Stack
    theta: Floats

    def _parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """D, Wλ, c of each pattern, and its deviation from the mean."""
        stack = self.stack
        loading, psi, mean = np.split(self.theta[stack.owner], 3, axis=1)
        inverse = stack.seen / psi
        c = (inverse * loading**2).sum(axis=1)
        return inverse, inverse * loading / (1.0 + c)[:, None], c, stack.seen * (stack.mean - mean)

    def value(self) -> Floats:
        """``½ Σ n [log|Σ| + tr(W T)]``, the negative log-likelihood less its constant; shape (M,)."""
        stack = self.stack
        p = self.theta.shape[1] // 3
        inverse, w, c, d = self._parts()
        log_det = (stack.seen * np.log(self.theta[stack.owner, p : 2 * p])).sum(axis=1) + np.log1p(c)
        second = stack.scatter + d[:, :, None] * d[:, None, :]
        trace = (inverse * np.diagonal(second, axis1=1, axis2=2)).sum(axis=1)
        trace -= (1.0 + c) * (w[:, None, :] @ second @ w[:, :, None])[:, 0, 0]
        return stack.total(0.5 * stack.number * (log_det + trace))

    def derivatives(self) -> tuple[Floats, Floats]:
        """Gradient (M, 3p) and Hessian (M, 3p, 3p).

        With ``A = W T W``, ``G = W − A``, ``a = Aλ``, ``u = W d``: the differential is
        ``n [½ tr(G dΣ) − uᵀ dν]``, and ``dG = −W dΣ W + W dΣ A + A dΣ W + W (dν dᵀ + d dνᵀ) W``.
        """
        inverse, w, c, d = self._parts()
        W = inverse[:, :, None] * np.eye(w.shape[1]) - (1.0 + c)[:, None, None] * _outer(w, w)
        WT = W @ (self.stack.scatter + _outer(d, d))
        A = WT @ W
        a = (WT @ w[:, :, None])[:, :, 0]
        u = (W @ d[:, :, None])[:, :, 0]
        s = c / (1.0 + c)
        excess = (self.theta[self.stack.owner, : w.shape[1]] * a).sum(axis=1) - s
        n = self.stack.number[:, None]
        total = self.stack.total
        diagonal = np.diagonal(W - A, axis1=1, axis2=2)
        gradient = np.concatenate([total(n * (w - a)), total(0.5 * n * diagonal), total(-n * u)], axis=1)
        n = n[:, None]
        both = _outer(w, a)
        loading = (1.0 + excess)[:, None, None] * W + (s - 1.0)[:, None, None] * A
        loading += both + both.transpose(0, 2, 1) - _outer(w, w)
        cross = W * (a - w)[:, None, :] + A * w[:, None, :]
        mean = W * (d * w).sum(axis=1)[:, None, None] + _outer(u, w)
        blocks = [[loading, cross, mean], [cross, W * A - 0.5 * W**2, u[:, :, None] * W], [mean, W, W]]
        sums = [[total(n * block) for block in row] for row in blocks]
        return gradient, _symmetric(sums)

    def expected(self) -> Floats:
        """Expected information of complete data (M, 3p, 3p): the Hessian where T = Σ."""
        inverse, w, c, _ = self._parts()
        W = inverse[:, :, None] * np.eye(w.shape[1]) - (1.0 + c)[:, None, None] * _outer(w, w)
        n = self.stack.number[:, None, None]
        loading = (c / (1.0 + c))[:, None, None] * W + _outer(w, w)
        nothing = np.zeros_like(W)
        blocks = [
            [loading, W * w[:, None, :], nothing],
            [nothing, 0.5 * W**2, nothing],
            [nothing, nothing, W],
        ]
        return _symmetric([[self.stack.total(n * block) for block in row] for row in blocks])


def _outer(one: Floats, other: Floats) -> Floats:
    return one[:, :, None] * other[:, None, :]


def _symmetric(blocks: list[list[Floats]]) -> Floats:
    """The matrix of which the blocks on and above the diagonal are given."""
    for i in range(3):
        for j in range(i):
            blocks[i][j] = blocks[j][i].transpose(0, 2, 1)
    return np.concatenate([np.concatenate(row, axis=2) for row in blocks], axis=1)


def _start(members: Sequence[_Member]) -> Floats:
    """First principal axis, shrunk."""
    values, vectors = np.linalg.eigh(np.stack([member.correlation for member in members]))
    rest = values[:, :-1].mean(axis=1)
    size = np.sqrt(np.maximum(values[:, -1] - rest, 0.1))
    loading = vectors[:, :, -1] * size[:, None]
    residual = np.maximum(1.0 - loading**2, 0.2)
    return np.concatenate([loading, residual, np.zeros_like(loading)], axis=1)


def _solve(members: Sequence[_Member], expected: bool) -> list[OneFactorFit | None]:
    theta, done = _start(members), np.zeros(len(members), dtype=bool)
    open_ = np.ones(len(members), dtype=bool)
    for _ in range(MAX_STEPS):
        rows = np.flatnonzero(open_).tolist()
        at = _At(_Stack.of([members[row] for row in rows]), theta[rows])
        gradient, hessian = at.derivatives()
        step, distance, sure = _newton(gradient, hessian)
        ended = distance < REACHED
        done[rows] = ended & sure
        moved, stuck = _line_search(at, gradient, step, distance)
        theta[rows] = np.where(ended[:, None], at.theta, moved)
        open_[rows] = ~ended & ~stuck
        if not open_.any():
            break
    p = theta.shape[1] // 3
    done &= (theta[:, p : 2 * p] > LEAST_RESIDUAL).all(axis=1)
    rows = np.flatnonzero(done).tolist()
    found: list[OneFactorFit | None] = [None] * len(members)
    if len(rows):
        at = _At(_Stack.of([members[row] for row in rows]), theta[rows])
        information = at.expected() if expected else at.derivatives()[1]
        scale = np.stack([members[row].scale for row in rows])
        for row, fit in zip(rows, _fits(theta[rows], information, scale), strict=True):
            found[row] = fit
    return found


def _newton(gradient: Floats, hessian: Floats) -> tuple[Floats, Floats, Bools]:
    """Step with a curvature made positive, its squared length in standard errors, and whether it was positive."""
    values, vectors = np.linalg.eigh(hessian)
    largest = np.abs(values).max(axis=1, keepdims=True)
    size = np.maximum(np.abs(values), LEAST_INFORMATION * largest)
    rotated = (gradient[:, None, :] @ vectors)[:, 0, :]
    step = -(vectors @ (rotated / size)[:, :, None])[:, :, 0]
    return step, (rotated**2 / size).sum(axis=1), values[:, 0] > LEAST_INFORMATION * largest[:, 0]


def _line_search(at: _At, gradient: Floats, step: Floats, distance: Floats) -> tuple[Floats, Bools]:
    """Shorten steps until residual variances are positive and the likelihood grows; which found no such point."""
    p = at.theta.shape[1] // 3
    slope = (gradient * step).sum(axis=1)
    share, moved = np.ones(len(step)), at.theta.copy()
    todo = np.ones(len(step), dtype=bool)
    value = at.value()
    for _ in range(HALVINGS):
        trial = at.theta + share[:, None] * step
        inside = np.asarray((trial[:, p : 2 * p] > 0).all(axis=1))
        got = _At(at.stack, np.where(inside[:, None], trial, at.theta)).value()
        good = np.asarray(todo & inside & ((got <= value + 1e-4 * share * slope) | (distance < UNSEEN)))
        moved[good] = trial[good]
        todo &= ~good
        if not todo.any():
            break
        share[todo] *= 0.5
    return moved, todo


def _fits(theta: Floats, information: Floats, scale: Floats) -> list[OneFactorFit]:
    """Solutions in the metric of the items, with the delta method for ``ω = L²/(L² + E)``, L = Σλ, E = Σψ."""
    loading, residual, _ = np.split(theta, 3, axis=1)
    loading, residual = loading * scale, residual * scale**2
    total, error = loading.sum(axis=1, keepdims=True), residual.sum(axis=1, keepdims=True)
    variance = total**2 + error
    slope = np.concatenate(
        [scale * 2.0 * total * error / variance**2, -(scale**2) * total**2 / variance**2, 0.0 * scale], axis=1
    )
    spread = np.linalg.solve(information, slope[:, :, None])[:, :, 0]
    errors = np.sqrt((slope * spread).sum(axis=1))
    return [
        OneFactorFit(mine, rest, float(se)) for mine, rest, se in zip(loading, residual, errors, strict=True)
    ]
