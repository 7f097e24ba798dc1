"""Log-likelihood of one group's cases under a model with products, with derivatives, pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions.lms_density import CaseSlopes
from comply_measure.sem.interactions.lms_equations import Equations
from comply_measure.sem.interactions.lms_matrices import along, times, transposed
from comply_measure.sem.interactions.lms_quadrature import integrate, parts_of
from comply_measure.sem.interactions.lms_reduction import (
    Adjoints,
    Frame,
    Matrices,
    Reduction,
)
from comply_measure.sem.sample import LOG_2PI

CASES = 256  # cases whose scores are worked on at once


@dataclass(frozen=True)
class Pattern:
    """Cases with values of the same variables.

    Attributes
    ----------
    frame : Frame
        Variables that have values, and where they stand in the model.
    rows : int array
        Cases, as places in the group.
    values : array (n, p)
    """

    frame: Frame
    rows: Index
    values: Array

    @cached_property
    def mean(self) -> Array:
        """Means of the values (p,)."""
        return np.asarray(self.values.mean(axis=0))

    @cached_property
    def centred(self) -> Array:
        """Values less their means (n, p)."""
        return self.values - self.mean

    @cached_property
    def _squares(self) -> Array:
        return self.centred.T @ self.centred

    def sums(self, nu: Array) -> tuple[Array, Array]:
        """Mean of ``v − ν`` (…, p), and the sum of its squares and products (…, p, p)."""
        centre = self.mean - nu
        return centre, self._squares + len(self.values) * centre[..., :, None] * centre[..., None, :]


@dataclass(frozen=True)
class CaseSums:
    """Sums over the cases of a pattern of their derivatives.

    Attributes
    ----------
    z : array (z,)
        In the features.
    z_values : array (z, p)
        In the features, times the values less their means.
    common : array (numbers,)
        In what they share.
    """

    z: Array
    z_values: Array
    common: Array


@dataclass(frozen=True)
class GroupLikelihood:
    """One group's cases and equations.

    Attributes
    ----------
    equations : Equations
    patterns : tuple of Pattern
    n : int
        Cases in all.
    nodes : int
        Of the quadrature, per dimension; 0 for the quasi-likelihood.
    """

    equations: Equations
    patterns: tuple[Pattern, ...]
    n: int
    nodes: int

    def at(self, theta: Array) -> GroupPoint:
        """The log-likelihood at the group's θ."""
        return GroupPoint(self, theta)


class GroupPoint:
    """Log-likelihood of a group at one θ.

    Raises
    ------
    NotPositiveDefiniteError, LinAlgError
        Where there is none.
    """

    def __init__(self, of: GroupLikelihood, theta: Array, slopes: bool = True) -> None:
        self.of, self.theta = of, theta
        self.matrices = Matrices(of.equations, theta)
        self.parts = [PatternPoint(self.matrices, pattern, of.nodes, slopes) for pattern in of.patterns]

    @property
    def loglik(self) -> float:
        """Sum over all cases."""
        return sum(part.loglik for part in self.parts)

    def casewise(self) -> Array:
        """Log-likelihood of every case (n,)."""
        out = np.zeros(self.of.n)
        for part in self.parts:
            out[part.pattern.rows] = part.casewise()
        return out

    def gradient(self) -> Array:
        """Derivatives of the sum in the group's θ (q,)."""
        return np.asarray(sum(part.gradient for part in self.parts))

    def hessian(self, steps: Array) -> Array:
        """Second derivatives of the sum in the group's θ (q, q).

        Parameters
        ----------
        steps : array (q,)
            Of the differences that stand for the second derivatives of the model's matrices; what comes from the cases
            is exact.
        """
        moved = self.theta + np.diag(steps)
        steps = moved.diagonal() - self.theta
        matrices = Matrices(self.of.equations, moved)
        total = np.asarray(sum(part.hessian(matrices, steps) for part in self.parts))
        return np.asarray(0.5 * (total + total.T))

    def scores(self, few: int | None = None) -> Array:
        """Derivatives of every case's log-likelihood, or of a few cases' (n, q)."""
        if few is not None:
            return np.concatenate([part.scores(few) for part in self.parts])
        out = np.zeros((self.of.n, self.of.equations.layout.q))
        for part in self.parts:
            out[part.pattern.rows] = part.scores()
        return out


class PatternPoint:
    """The cases of one pattern at one θ."""

    def __init__(self, at: Matrices, pattern: Pattern, nodes: int, slopes: bool) -> None:
        self.pattern, self.nodes = pattern, nodes
        self.reduction = found = Reduction(at, pattern.frame)
        self.Y = pattern.values - found.nu
        self.given: CaseSlopes | None = None
        if found.q:
            self.given = integrate(found, found.c + self.Y @ found.P.T, nodes, slopes)
        sums = pattern.sums(found.nu)[1]
        self.fixed = found.logdet + (found.p - found.q) * LOG_2PI + 2.0 * found.logdet_scale
        quadratic = float(np.vdot(found.Suu_inverse, found.K @ sums @ found.K.T))
        self.loglik = -0.5 * (len(self.Y) * float(self.fixed) + quadratic)
        if self.given is not None:
            self.loglik += float(self.given.loglik.sum())

    def casewise(self) -> Array:
        """Log-likelihood of every case (n,)."""
        u = self.Y @ self.reduction.K.T
        normal = self.fixed + np.einsum("iu,iu->i", u, u @ self.reduction.Suu_inverse)
        return np.asarray((0.0 if self.given is None else self.given.loglik) - 0.5 * normal)

    @cached_property
    def sums(self) -> CaseSums:
        """What the cases' derivatives add up to."""
        z = np.zeros((len(self.Y), self.reduction.S.shape[-1])) if self.given is None else self.given.z
        common = np.zeros(0) if self.given is None else self.given.common.sum(axis=0)
        return CaseSums(z.sum(axis=0), z.T @ self.pattern.centred, common)

    def total(self, of: Reduction) -> Adjoints:
        """Adjoints of the sum over cases at one θ or several, with derivatives in what cases enter by as here."""
        z, n = self.sums.z, float(len(self.Y))
        centre, squares = self.pattern.sums(of.nu)
        by_K = of.Suu_inverse @ of.K
        a_Y = by_K @ squares
        S = np.zeros_like(of.S)
        if self.given is not None:
            S = parts_of(of, self.nodes, self.given.parts).pull(
                np.broadcast_to(self.sums.common, (*of.S.shape[:-2], len(self.sums.common)))
            )
        return Adjoints(
            P=self.sums.z_values + z[:, None] * centre[..., None, :],
            c=np.broadcast_to(z, of.c.shape),
            nu=n * along(times(by_K, centre), of.K) - z @ of.P,
            S=S,
            K=-a_Y,
            Suu=0.5 * (a_Y @ transposed(by_K) - n * of.Suu_inverse),
            count=np.full(of.c.shape[:-1], n),
        )

    @cached_property
    def gradient(self) -> Array:
        """Derivatives of the sum in the group's θ (q,)."""
        return self.reduction.pull(self.total(self.reduction))

    def hessian(self, matrices: Matrices, steps: Array) -> Array:
        """Second derivatives of the sum in the group's θ (q, q).

        With ``z_i`` the features and t the common numbers: of ``Σ_i (∂z_i/∂θ)ᵀ z̄_i + (∂t/∂θ)ᵀ t̄_i`` the derivative with
        ``z̄_i`` and ``t̄_i`` held fixed, a difference that needs no cases, and ``Σ_i (∂(z_i, t)/∂θ)ᵀ G_i ∂(z_i, t)/∂θ``.
        """
        here = self.reduction
        there = Reduction(matrices, here.frame, here.scaled)
        rows = (there.pull(self.total(there)) - self.gradient) / steps[:, None]
        if self.given is None:
            return np.asarray(rows)
        size, p = here.c.shape[0], here.p
        slopes = np.empty((len(steps), size, p + 1))  # of z_i by (1, v_i − ν)
        slopes[..., 1:] = there.P - here.P
        slopes[..., 0] = there.c - here.c - times(there.P, there.nu - here.nu)
        parts = parts_of(there, self.nodes, self.given.parts)
        common = parts.numbers - self.given.parts.numbers
        J = np.concatenate([slopes.reshape(len(steps), -1), common], axis=1) / steps[:, None]
        return np.asarray(rows + J @ self._bends(size, p + 1) @ J.T)

    def _bends(self, size: int, width: int) -> Array:
        """``Σ_i G_i`` by (1, v_i − ν): second derivatives in coefficients of the features and in common numbers."""
        assert self.given is not None
        first = size * width
        total = np.zeros((first + len(self.sums.common),) * 2)
        cells = [slice(a * width, (a + 1) * width) for a in range(size)]
        for rows, G in self.given.bends():
            y = np.concatenate([np.ones((len(G), 1)), self.Y[rows]], axis=1)
            for a in range(size):
                for b in range(a + 1):
                    total[cells[a], cells[b]] += y.T @ (G[:, a, b, None] * y)
                total[first:, cells[a]] += G[:, size:, a].T @ y
            total[first:, first:] += G[:, size:, size:].sum(axis=0)
        for a in range(size):
            for b in range(a):
                total[cells[b], cells[a]] = total[cells[a], cells[b]].T
        total[:first, first:] = total[first:, :first].T
        return total

    def scores(self, few: int | None = None) -> Array:
        """Derivatives of each case in θ (n, q): they are linear in the adjoints, so that many cases need few pulls."""
        found: list[Array] = []
        pulled: Array | None = None
        for adjoints in self.single(len(self.Y) if few is None else min(few, len(self.Y))):
            if pulled is None and len(self.Y) > adjoints.width and few is None:
                pulled = self.reduction.pull(adjoints.units())
            found.append(self.reduction.pull(adjoints) if pulled is None else adjoints.flat() @ pulled)
        return np.concatenate(found)

    def single(self, n: int) -> Iterator[Adjoints]:
        """Adjoints of single cases, some at a time."""
        of = self.reduction
        u = self.Y @ of.K.T
        for first in range(0, n, CASES):
            rows = slice(first, min(first + CASES, n))
            a, Y = u[rows] @ of.Suu_inverse, self.Y[rows]
            z = np.zeros((len(Y), len(of.c))) if self.given is None else self.given.z[rows]
            yield Adjoints(
                P=z[:, :, None] * Y[:, None, :],
                c=z,
                nu=a @ of.K - z @ of.P,
                S=np.zeros((len(Y), *of.S.shape)) if self.given is None else self.given.S(rows),
                K=-a[:, :, None] * Y[:, None, :],
                Suu=0.5 * (a[:, :, None] * a[:, None, :] - of.Suu_inverse),
                count=np.ones(len(Y)),
            )


def patterns_of(equations: Equations, data: Array) -> tuple[Pattern, ...]:
    """Cases by what they lack; cases without any value are left out.

    Parameters
    ----------
    equations : Equations
    data : array (n, p)
        NaN where missing.

    Raises
    ------
    ModelError
        When cases have no value of a nonlinear variable on which others with values depend.
    """
    seen = ~np.isnan(data)
    if seen.all():
        found, inverse = seen[:1], np.zeros(len(seen), dtype=np.int64)
    else:
        found, inverse = np.unique(seen, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
    out = []
    for number, mask in enumerate(found):
        if not mask.any():
            continue
        observed, rows = np.flatnonzero(mask), np.flatnonzero(inverse == number)
        frame = Frame.of(equations, observed, _kept(equations, observed, len(rows)))
        out.append(Pattern(frame, rows, np.ascontiguousarray(data[np.ix_(rows, observed)])))
    return tuple(out)


def _kept(equations: Equations, observed: Index, n: int) -> Index:
    layout, nonlinear = equations.layout, equations.nonlinear
    loads = layout.loadings.constant != 0.0
    loads.reshape(-1)[layout.loadings.cells] = True
    has = loads[np.ix_(observed, nonlinear)].any(axis=0)
    step = np.zeros((layout.k, layout.k), dtype=bool)
    for fill in (layout.paths, *equations.effects):
        step |= fill.constant != 0.0
        step.reshape(-1)[fill.cells] = True
    for place in np.flatnonzero(~has):
        leads = step[nonlinear[has], nonlinear[place]]
        if leads.any():
            names = layout.sources
            outcome = names[nonlinear[has][np.flatnonzero(leads)[0]]]
            raise ModelError(
                f"{n} case(s) have no value of any indicator of '{names[nonlinear[place]]}', on which "
                f"'{outcome}' depends: their likelihood is not available; leave these cases out"
            )
    return np.flatnonzero(has)
