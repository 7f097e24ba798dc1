"""Log-likelihood of one group's cases under a model with products, with derivatives, pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions.lms_equations import Equations
from comply_measure.sem.interactions.lms_matrices import along, transposed
from comply_measure.sem.interactions.lms_quadrature import CaseSlopes, integrate
from comply_measure.sem.interactions.lms_quasi import QuasiSlopes
from comply_measure.sem.interactions.lms_reduction import (
    Adjoints,
    Frame,
    Matrices,
    Reduction,
)
from comply_measure.sem.sample import LOG_2PI

QUASI = 0  # number of nodes that stands for the quasi-likelihood
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
    """Log-likelihood of a group at one θ, or its gradient at several (…, q) at once.

    Raises
    ------
    NotPositiveDefiniteError, LinAlgError
        Where there is none.
    """

    def __init__(self, of: GroupLikelihood, theta: Array, slopes: bool = True) -> None:
        self.of = of
        self.matrices = Matrices(of.equations, theta)
        self.parts = [_Part(self.matrices, pattern, of.nodes, slopes) for pattern in of.patterns]

    @property
    def loglik(self) -> float:
        """Sum over all cases."""
        return float(sum(part.loglik.sum() for part in self.parts))

    def casewise(self) -> Array:
        """Log-likelihood of every case (n,)."""
        out = np.zeros(self.of.n)
        for part in self.parts:
            out[part.pattern.rows] = part.loglik
        return out

    def gradient(self) -> Array:
        """Derivatives of the sum in the group's θ (…, q)."""
        return np.asarray(sum(part.reduction.pull(part.total()) for part in self.parts))

    def scores(self) -> Array:
        """Derivatives of every case's log-likelihood (n, q)."""
        out = np.zeros((self.of.n, self.of.equations.layout.q))
        for part in self.parts:
            out[part.pattern.rows] = part.scores()
        return out


class _Part:
    """One pattern at one θ."""

    def __init__(self, at: Matrices, pattern: Pattern, nodes: int, slopes: bool) -> None:
        self.pattern = pattern
        self.reduction = found = Reduction(at, pattern.frame)
        self.Y = pattern.values - found.nu[..., None, :]
        self.u = self.Y @ transposed(found.K)
        self.a = self.u @ found.Suu_inverse
        z = found.c[..., None, :] + self.Y @ transposed(found.P)
        self.given: CaseSlopes
        if not found.q:
            self.given = CaseSlopes(np.zeros(z.shape[:-1]), np.zeros_like(z))
        elif nodes == QUASI:
            self.given = QuasiSlopes(found, z)
        else:
            self.given = integrate(found, z, nodes, slopes)
        fixed = np.asarray(found.logdet + (found.p - found.q) * LOG_2PI + 2.0 * found.logdet_scale)
        normal = fixed[..., None] + np.einsum("...u,...u->...", self.u, self.a)
        self.loglik = self.given.loglik - 0.5 * normal

    def total(self) -> Adjoints:
        """Adjoints of the sum over cases."""
        of, z = self.reduction, self.given.z
        z_sum, a_t = z.sum(axis=-2), transposed(self.a)
        n = self.Y.shape[-2]
        return Adjoints(
            P=transposed(z) @ self.Y,
            c=z_sum,
            nu=along(self.a.sum(axis=-2), of.K) - along(z_sum, of.P),
            S=self.given.S_total,
            K=-a_t @ self.Y,
            Suu=0.5 * (a_t @ self.a - n * of.Suu_inverse),
            count=np.full(z_sum.shape[:-1], float(n)),
        )

    def scores(self) -> Array:
        """Derivatives of each case in θ (n, q): they are linear in the adjoints, so that many cases need few pulls."""
        found: list[Array] = []
        pulled: Array | None = None
        for adjoints in self.single():
            if pulled is None and len(self.Y) > adjoints.width:
                pulled = self.reduction.pull(adjoints.units())
            found.append(self.reduction.pull(adjoints) if pulled is None else adjoints.flat() @ pulled)
        return np.concatenate(found)

    def single(self) -> Iterator[Adjoints]:
        """Adjoints of single cases, some at a time."""
        of = self.reduction
        for first in range(0, len(self.Y), CASES):
            rows = slice(first, first + CASES)
            z, a, Y = self.given.z[rows], self.a[rows], self.Y[rows]
            yield Adjoints(
                P=z[:, :, None] * Y[:, None, :],
                c=z,
                nu=a @ of.K - z @ of.P,
                S=self.given.S(rows),
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
