"""Coefficients that are polynomials in the features of a case and in numbers that all cases share, with derivatives.

The density of what products lead to is one of residuals r (q of them) with a covariance matrix V, which are polynomials
in the coordinates s of the nodes. Their coefficients are polynomials of low degree in the *slots*: the features z of a
case first, then the common numbers. A form lists their terms once; cases are worked on as rows of numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from comply_measure.sem.arrays import Array, Index

Slots = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """Terms of the coefficients.

    Attributes
    ----------
    q : int
        Number of residuals.
    features, slots : int
        Number of features of a case; of these and the common numbers.
    monomials : int
        Coefficients of each residual and of each element of V (lower triangle, row by row), one after the other.
    terms : tuple of (coefficient, factor, slots)
        ``factor`` times the product of the slots is added to the coefficient.
    first : tuple of (coefficient, slot, factor, slots)
        Derivatives of the terms.
    second : tuple of (coefficient, slot, slot, factor, slots)
        Second derivatives; the second slot is not before the first.
    """

    q: int
    features: int
    slots: int
    monomials: int
    terms: tuple[tuple[int, int, Slots], ...]
    first: tuple[tuple[int, int, int, Slots], ...]
    second: tuple[tuple[int, int, int, int, Slots], ...]

    @property
    def quantities(self) -> tuple[tuple[int, ...], ...]:
        """Residuals ``(a,)`` and elements ``(a, b)`` of V, a not before b, in the order of the coefficients."""
        return (*((a,) for a in range(self.q)), *((a, b) for a in range(self.q) for b in range(a + 1)))

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.quantities) * self.monomials


def form_of(q: int, features: int, slots: int, monomials: int, terms: Counter[tuple[int, Slots]]) -> Form:
    """The form with these terms and their derivatives."""
    first: Counter[tuple[int, int, Slots]] = Counter()
    second: Counter[tuple[int, int, int, Slots]] = Counter()
    for (place, factors), times in terms.items():
        for slot in sorted(set(factors)):
            rest = _without(factors, slot)
            first[place, slot, rest] += times * factors.count(slot)
            for other in sorted(set(rest)):
                if other >= slot:
                    count = factors.count(slot) * rest.count(other)
                    second[place, slot, other, _without(rest, other)] += times * count
    return Form(
        q,
        features,
        slots,
        monomials,
        tuple((place, times, factors) for (place, factors), times in terms.items()),
        tuple((place, slot, times, rest) for (place, slot, rest), times in first.items()),
        tuple((place, slot, other, times, rest) for (place, slot, other, rest), times in second.items()),
    )


def _without(slots: Slots, slot: int) -> Slots:
    at = slots.index(slot)
    return slots[:at] + slots[at + 1 :]


class Values:
    """A form at the features (n, features) of some cases and common numbers; every row is one number of all cases."""

    def __init__(self, form: Form, z: Array, common: Array) -> None:
        self.form, self.n = form, len(z)
        self.of: list[Any] = [*np.ascontiguousarray(z.T), *common.tolist()]
        self.products: dict[Slots, Any] = {(): 1.0}

    def product(self, slots: Slots) -> Any:
        """Product of some slots: a number, or one for each case."""
        found = self.products.get(slots)
        if found is None:
            found = self.of[slots[0]] * self.product(slots[1:])
            self.products[slots] = found
        return found

    def coefficients(self) -> Array:
        """The coefficients (size, n)."""
        out = np.zeros((self.form.size, self.n))
        for place, times, slots in self.form.terms:
            value = self.product(slots)
            out[place] += value if times == 1 else times * value
        return out

    def slopes(self, adjoint: Array) -> Array:
        """Derivatives in the slots (slots, n), of those in the coefficients (size, n)."""
        out = np.zeros((self.form.slots, self.n))
        for place, slot, times, rest in self.form.first:
            out[slot] += (adjoint[place] if times == 1 else times * adjoint[place]) * self.product(rest)
        return out

    def bends(self, adjoint: Array, second: Array, rows: slice) -> Array:
        """Second derivatives in the slots of some cases (n, slots, slots).

        Parameters
        ----------
        adjoint : array (size, n)
            Derivatives in the coefficients.
        second : array (n, size, size)
            Second derivatives in the coefficients.
        rows : slice
            The cases.
        """
        form, n = self.form, len(second)
        jacobian = np.zeros((n, form.size, form.slots))
        for place, slot, times, rest in form.first:
            jacobian[:, place, slot] += times * self._of(rest, rows)
        out = np.swapaxes(jacobian, 1, 2) @ (second @ jacobian)
        for place, slot, other, times, rest in form.second:
            value = times * adjoint[place] * self._of(rest, rows)
            out[:, slot, other] += value
            if slot != other:
                out[:, other, slot] += value
        return np.asarray(out)

    def _of(self, slots: Slots, rows: slice) -> Any:
        value = self.product(slots)
        return value[rows] if isinstance(value, np.ndarray) else value


@lru_cache(maxsize=32)
def monomials(dimensions: int, degree: int) -> tuple[Slots, ...]:
    """Monomials of some variables by the variables in them, lower degrees first."""
    return tuple(
        powers
        for each in range(degree + 1)
        for powers in combinations_with_replacement(range(dimensions), each)
    )


@lru_cache(maxsize=32)
def monomial_products(dimensions: int) -> Index:
    """Where the products of two monomials of degree two stand among those of degree four (M, M)."""
    small = monomials(dimensions, 2)
    place = {powers: i for i, powers in enumerate(monomials(dimensions, 4))}
    return np.array([[place[tuple(sorted(a + b))] for b in small] for a in small], dtype=np.int64)


@lru_cache(maxsize=32)
def integral_form(k: int, q: int, d: int) -> Form:
    """That of the quadrature: ``r_a = Σ_f m_f ρ_fa`` and ``V_ab = Σ_fg m_f m_g C_fa,gb`` by powers of s.

    ``m_f + L_f s`` and ``ρ_fa + W_fa s`` stand for the moderating variables (``m_0 = 1``) and the residual parts.
    Slots: m (k), ρ (k + 1, q), L (k, d), W (k + 1, q, d), lower triangle of C.
    """
    parts = q * (k + 1)
    features = k + parts
    first_W = features + k * d
    first_C = first_W + parts * d
    place = {powers: i for i, powers in enumerate(monomials(d, 2))}
    M = len(place)

    def moderating(f: int) -> list[tuple[Slots, Slots]]:
        """Monomial and slots of each part of ``m_f + L_f s``."""
        if f == 0:
            return [((), ())]
        return [((), (f - 1,)), *(((u,), (features + (f - 1) * d + u,)) for u in range(d))]

    def residual(f: int, a: int) -> list[tuple[Slots, Slots]]:
        own = f * q + a
        return [((), (k + own,)), *(((u,), (first_W + own * d + u,)) for u in range(d))]

    terms: Counter[tuple[int, Slots]] = Counter()

    def add(row: int, factors: Iterable[list[tuple[Slots, Slots]]], more: Slots) -> None:
        left, right = factors
        for powers, slots in left:
            for others, other in right:
                at = row * M + place[tuple(sorted(powers + others))]
                terms[at, tuple(sorted((*slots, *other, *more)))] += 1

    for a in range(q):
        for f in range(k + 1):
            add(a, (moderating(f), residual(f, a)), ())
    row = q
    for a in range(q):
        for b in range(a + 1):
            for f in range(k + 1):
                for g in range(k + 1):
                    cell = first_C + _lower(f * q + a, g * q + b)
                    add(row, (moderating(f), moderating(g)), (cell,))
            row += 1
    return form_of(q, features, first_C + parts * (parts + 1) // 2, M, terms)


@lru_cache(maxsize=32)
def quasi_form(k: int, q: int) -> Form:
    """That of the quasi-likelihood: mean and covariance matrix of ``Σ_f m_f ρ_f``; slots: z, lower triangle of S."""
    features = k + q * (k + 1)
    terms: Counter[tuple[int, Slots]] = Counter()

    def part(f: int, a: int) -> int:
        return k + f * q + a

    def S(i: int, j: int) -> int:
        return features + _lower(i, j)

    for a in range(q):
        terms[a, (part(0, a),)] += 1
        for f in range(1, k + 1):
            terms[a, (f - 1, part(f, a))] += 1
            terms[a, (S(f - 1, part(f, a)),)] += 1
    row = q
    for a in range(q):
        for b in range(a + 1):
            for i, left in _directions(k, q, a):
                for j, right in _directions(k, q, b):
                    terms[row, tuple(sorted((*left, *right, S(i, j))))] += 1
            for f in range(k):
                for g in range(k):
                    first, second = part(f + 1, a), part(g + 1, b)
                    terms[row, tuple(sorted((S(f, g), S(first, second))))] += 1
                    terms[row, tuple(sorted((S(f, second), S(first, g))))] += 1
            row += 1
    return form_of(q, features, features + features * (features + 1) // 2, 1, terms)


def _directions(k: int, q: int, a: int) -> list[tuple[int, Slots]]:
    """Which features residual a moves with, each with the slots of its slope."""
    out: list[tuple[int, Slots]] = [(k + a, ())]
    for f in range(k):
        other = k + (f + 1) * q + a
        out += [(other, (f,)), (f, (other,))]
    return out


def _lower(i: int, j: int) -> int:
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


@lru_cache(maxsize=32)
def _triangle(size: int) -> tuple[Index, Index]:
    rows, columns = np.tril_indices(size)
    return rows, columns


def triangle(matrix: Array) -> Array:
    """Lower triangles of symmetric matrices (…, z, z), row by row (…, z (z + 1) / 2)."""
    rows, columns = _triangle(matrix.shape[-1])
    return np.asarray(matrix[..., rows, columns])


def symmetric(adjoint: Array, size: int) -> Array:
    """Derivatives in symmetric matrices (…, size, size) from those in their lower triangles."""
    rows, columns = _triangle(size)
    out = np.zeros((*adjoint.shape[:-1], size, size))
    out[..., rows, columns] = 0.5 * adjoint
    return np.asarray(out + out.mT)
