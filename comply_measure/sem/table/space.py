"""The feasible set of θ: the linear map θ = K φ + k₀ from the free coordinates φ, and what else restricts them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.language.records import Relation
from comply_measure.sem.table.namespace import Namespace


@dataclass(frozen=True)
class Space:
    """The feasible set of θ.

    Attributes
    ----------
    K : array (q, r) or None
        θ = K φ + k₀; None when there is no linear constraint (then φ = θ).
    k0 : array (q,)
        Offset.
    shared : int array (q,) or None
        When every row of K has exactly one 1 and k₀ = 0: the coordinate that each θ takes. Products with
        K are then sums over groups of rows.
    equalities : tuple of Relation
        Non-linear ``==`` relations.
    inequalities : tuple of Relation
        ``<`` and ``>`` relations.
    bounded : bool
        Whether any parameter has a bound.
    n_equalities : int
        Rank of all equality constraints, linear and not: what they add to the degrees of freedom.
    namespace : Namespace or None
        Values of names, when there are relations.
    jacobian_linear : array (c, q)
        Rows of the linear constraints.
    """

    K: Array | None
    k0: Array
    shared: NDArray[np.int64] | None
    equalities: tuple[Relation, ...]
    inequalities: tuple[Relation, ...]
    bounded: bool
    n_equalities: int
    namespace: Namespace | None

    @property
    def is_linear(self) -> bool:
        """Whether φ is unrestricted."""
        return not (self.equalities or self.inequalities or self.bounded)

    def coordinates(self, place: slice) -> NDArray[np.int64]:
        """Coordinates of φ that some parameters depend on."""
        if self.K is None:
            return np.arange(place.start, place.stop)
        if self.shared is not None:
            return np.unique(self.shared[place])
        return np.flatnonzero(self.K[place].any(axis=0))

    def restricted(self, theta: NDArray[np.int64], phi: NDArray[np.int64]) -> Space:
        """The linear map of some parameters from the coordinates they depend on."""
        if self.K is None:
            return Space(None, self.k0[theta], None, (), (), False, 0, None)
        shared = None if self.shared is None else np.searchsorted(phi, self.shared[theta])
        # All of a map is no copy of it: it may be large, and fits are kept.
        K = self.K if self.K.shape == (len(theta), len(phi)) else self.K[np.ix_(theta, phi)]
        return Space(K, self.k0[theta], shared, (), (), False, 0, None)

    def expand(self, phi: Array) -> Array:
        """θ of φ."""
        if self.K is None:
            return phi
        if self.shared is not None:
            return phi[self.shared]
        return np.asarray(self.K @ phi + self.k0)

    def contract(self, theta: Array) -> Array:
        """φ whose θ is nearest (least squares) to the given one."""
        if self.K is None:
            return theta
        if self.shared is not None:
            count = np.bincount(self.shared)
            return np.asarray(np.bincount(self.shared, weights=theta) / count)
        return np.asarray(np.linalg.lstsq(self.K, theta - self.k0, rcond=None)[0])

    def gradient(self, gradient: Array) -> Array:
        """Gradient with respect to φ: Kᵀ g."""
        if self.K is None:
            return gradient
        if self.shared is not None:
            return np.asarray(np.bincount(self.shared, weights=gradient), dtype=np.float64)
        return np.asarray(self.K.T @ gradient)

    def curvature(self, matrix: Array) -> Array:
        """A symmetric matrix in the coordinates φ: Kᵀ M K."""
        if self.K is None:
            return matrix
        if self.shared is not None:
            first, others = self._members
            half = matrix[first]
            for rows in others:
                half[self.shared[rows]] += matrix[rows]
            total = half[:, first]
            for rows in others:
                total[:, self.shared[rows]] += half[:, rows]
            return np.asarray(total)
        return np.asarray(self.K.T @ matrix @ self.K)

    @cached_property
    def _members(self) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
        """Places of θ by coordinate: the first one of each, the second ones, the third ones, and so on."""
        shared = np.zeros(0, dtype=np.int64) if self.shared is None else self.shared
        order = np.argsort(shared, kind="stable")
        _, starts = np.unique(shared[order], return_index=True)
        rank = np.empty(len(shared), dtype=np.int64)
        rank[order] = np.arange(len(shared)) - np.repeat(starts, np.diff([*starts, len(shared)]))
        by_rank = [np.flatnonzero(rank == r) for r in range(int(rank.max(initial=0)) + 1)]
        first = by_rank[0]
        return first[np.argsort(shared[first])], by_rank[1:]

    def spread(self, covariance: Array) -> Array:
        """Covariance matrix of θ from that of φ: K V Kᵀ."""
        if self.K is None:
            return covariance
        if self.shared is not None:
            return covariance[np.ix_(self.shared, self.shared)]
        return np.asarray(self.K @ covariance @ self.K.T)
