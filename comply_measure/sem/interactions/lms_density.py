r"""Mixtures of normal densities whose residuals and covariance matrices are polynomials of the nodes, with derivatives.

    log f_i = log Σ_j w_j N(0; r_i(s_j), V_i(s_j))

Derivatives of a normal density in its residuals are Hermite polynomials times it, and those in V are second ones in r
(``∂N/∂V_ab = ∂²N/∂r_a∂r_b``, half of it where a = b), so that first and second derivatives in the coefficients of
r and V are posterior moments of these polynomials, of order four at most, with powers of s. With ``h(∅) = π``
(posterior weights), ``κ = −V⁻¹ r`` and S a multiset of residuals: ``h(a S) = κ_a h(S) − Σ_{b ∈ S} V⁻¹_ab h(S \ b)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Protocol

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.interactions.lms_forms import Form, Values, monomial_products, monomials
from comply_measure.sem.interactions.lms_matrices import inverse_of, lower
from comply_measure.sem.sample import LOG_2PI

CHUNK = 32_768  # cases times nodes that are worked on at once
CELLS = 32_768  # cases times coefficients times slots
FEWEST = 128  # cases

Multiset = tuple[int, ...]


@dataclass(frozen=True)
class Nodes:
    """Nodes of a quadrature.

    Attributes
    ----------
    powers : array (monomials, J)
        Monomials of their coordinates up to degree four.
    log_weights : array (J,)
    dimensions : int
    """

    powers: Array
    log_weights: Array
    dimensions: int

    @cached_property
    def low(self) -> Array:
        """Monomials up to degree two (M, J)."""
        return self.powers[: len(monomials(self.dimensions, 2))]


class Parts(Protocol):
    """A conditional covariance matrix of the features in the numbers that a form asks for."""

    @property
    def numbers(self) -> Array:
        """The numbers (…, numbers)."""

    def pull(self, adjoint: Array) -> Array:
        """Derivatives in the matrix (…, z, z), symmetric, from those in the numbers (…, numbers)."""


class CaseSlopes:
    """Log-density of each case given its normal part, with derivatives.

    Parameters
    ----------
    values : Values
        Features and common numbers.
    nodes : Nodes
    parts : Parts
        What cases share: parts of the conditional covariance matrix of the features.
    slopes : bool
        Whether derivatives are wanted.

    Attributes
    ----------
    loglik : array (n,)
    z : array (n, z)
        Derivatives in the features.
    common : array (n, numbers)
        Derivatives in the common numbers.
    """

    def __init__(self, values: Values, nodes: Nodes, parts: Parts, slopes: bool) -> None:
        self.values, self.nodes, self.parts = values, nodes, parts
        self.coefficients = values.coefficients()
        form, n = values.form, values.n
        self.loglik = np.zeros(n)
        self.adjoint = np.zeros((form.size, n))
        for rows in self._chunks():
            mixture = _Mixture(form, nodes, self.coefficients[:, rows])
            self.loglik[rows] = mixture.loglik
            if slopes:
                self.adjoint[:, rows] = mixture.slopes()
        slots = values.slopes(self.adjoint) if slopes else np.zeros((form.slots, n))
        self.z, self.common = slots[: form.features].T, slots[form.features :].T

    def _chunks(self, cells: int = 1) -> Iterator[slice]:
        size = max(min(CHUNK // self.nodes.powers.shape[1], max(CELLS // cells, FEWEST)), 1)
        for first in range(0, self.values.n, size):
            yield slice(first, min(first + size, self.values.n))

    def S(self, rows: slice) -> Array:
        """Derivatives in the conditional covariance matrix of the features, of some cases (n, z, z); symmetric."""
        return self.parts.pull(self.common[rows])

    def bends(self) -> Iterator[tuple[slice, Array]]:
        """Second derivatives in features and common numbers (n, slots, slots), some cases at a time."""
        form = self.values.form
        for rows in self._chunks(form.size * form.slots):
            adjoint = self.adjoint[:, rows]
            mixture = _Mixture(form, self.nodes, self.coefficients[:, rows])
            yield rows, self.values.bends(adjoint, mixture.bends(adjoint), rows)


class _Mixture:
    """Some cases at all nodes: arrays (J, n)."""

    def __init__(self, form: Form, nodes: Nodes, coefficients: Array) -> None:
        self.form, self.nodes = form, nodes
        q, M = form.q, form.monomials
        at = [nodes.low.T @ coefficients[row * M : (row + 1) * M] for row in range(form.size // M)]
        residual, V, first = at[:q], [], q
        for a in range(q):
            V.append(at[first : first + a + 1])
            first += a + 1
        self.inverse, log_det = inverse_of(V)
        if q == 1:
            self.kappa = [-(self.inverse[0][0] * residual[0])]
        else:
            self.kappa = [
                -np.asarray(sum(lower(self.inverse, a, b) * residual[b] for b in range(q))) for a in range(q)
            ]
        log_f = np.asarray(sum(self.kappa[a] * residual[a] for a in range(q)))
        log_f -= log_det
        log_f *= 0.5
        log_f += (nodes.log_weights - 0.5 * q * LOG_2PI)[:, None]
        top = log_f.max(axis=0)
        log_f -= top
        weight = np.exp(log_f, out=log_f)
        total = weight.sum(axis=0)
        self.loglik = top + np.log(total)
        if not np.isfinite(self.loglik).all():
            raise NotPositiveDefiniteError
        self.weight = weight
        self.weight /= total
        self.known: dict[Multiset, Array] = {(): self.weight}

    def h(self, of: Multiset) -> Array:
        """Derivatives of the density in these residuals by the density, times the posterior weights (J, n)."""
        found = self.known.get(of)
        if found is None:
            a, rest = of[0], of[1:]
            found = self.kappa[a] * self.h(rest)
            for b in sorted(set(rest)):
                at = rest.index(b)
                less = lower(self.inverse, a, b) * self.h(rest[:at] + rest[at + 1 :])
                if rest.count(b) > 1:
                    less *= rest.count(b)
                found -= less
            self.known[of] = found
        return found

    def slopes(self) -> Array:
        """Derivatives in the coefficients (size, n)."""
        parts = [_share(each) * (self.nodes.low @ self.h(_sorted(each))) for each in self.form.quantities]
        return np.concatenate(parts)

    def bends(self, adjoint: Array) -> Array:
        """Second derivatives in the coefficients (n, size, size).

        Parameters
        ----------
        adjoint : array (size, n)
            First derivatives.
        """
        form, M = self.form, self.form.monomials
        products, quantities = monomial_products(self.nodes.dimensions), form.quantities
        moments: dict[Multiset, Array] = {}
        out = np.empty((form.size, form.size, adjoint.shape[1]))
        pairs = combinations_with_replacement(range(len(quantities)), 2)
        for x, y in pairs:
            both = _sorted(quantities[x] + quantities[y])
            if both not in moments:
                moments[both] = self.nodes.powers @ self.h(both)
            share = _share(quantities[x]) * _share(quantities[y])
            block = share * moments[both][products]
            out[x * M : (x + 1) * M, y * M : (y + 1) * M] = block
            out[y * M : (y + 1) * M, x * M : (x + 1) * M] = block
        out -= adjoint[:, None, :] * adjoint
        return np.ascontiguousarray(np.moveaxis(out, -1, 0))


def _sorted(residuals: Multiset) -> Multiset:
    return tuple(sorted(residuals))


def _share(quantity: Multiset) -> float:
    """Of the derivative in the two residuals of an element of V that is the derivative in this element."""
    return 0.5 if len(quantity) == 2 and quantity[0] == quantity[1] else 1.0
