"""Matrices over the parameters, by blocks of what hangs together.

Groups without common parameters do not touch each other: every matrix of second derivatives is block diagonal,
and so is its inverse. Blocks are found in general, as the connected components of groups and free coordinates φ
(a group and a coordinate hang together when some parameter of the group depends on the coordinate), and all
factorisations are done block by block: the cost of independent groups is the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from comply_measure.sem.arrays import Array, Factor, Index, is_positive_definite
from comply_measure.sem.table.space import Space


@dataclass(frozen=True)
class Component:
    """Groups that share coordinates, and nothing with the others.

    Attributes
    ----------
    groups : tuple of int
        Their places among the layouts.
    theta, phi : int arrays
        Places of their parameters in θ and of their coordinates in φ.
    space : Space
        The map from the one to the other.
    """

    groups: tuple[int, ...]
    theta: Index
    phi: Index
    space: Space


def components_of(
    space: Space, slices: Sequence[slice], together: Sequence[Sequence[int]]
) -> list[Component]:
    """Connected components of groups and coordinates.

    Parameters
    ----------
    space : Space
        θ = K φ + k₀.
    slices : sequence of slice
        Places of each layout's parameters in θ.
    together : sequence of sequence of int
        Layouts that belong to one likelihood anyway (the two levels of a group), else each alone.
    """
    owner = np.arange(len(slices))
    for members in together:
        owner[list(members)] = members[0]
    uses = [space.coordinates(place) for place in slices]
    first_user: dict[int, int] = {}
    for layout, coordinates in enumerate(uses):
        for coordinate in coordinates.tolist():
            other = owner[first_user.setdefault(coordinate, layout)]
            if other != owner[layout]:
                owner[owner == owner[layout]] = other
    found = []
    for name in dict.fromkeys(owner.tolist()):
        groups = tuple(np.flatnonzero(owner == name).tolist())
        theta = np.concatenate([np.arange(slices[g].start, slices[g].stop) for g in groups])
        phi = np.unique(np.concatenate([uses[g] for g in groups]))
        found.append(Component(groups, theta, phi, space.restricted(theta, phi)))
    return found


@dataclass(frozen=True)
class BlockMatrix:
    """A symmetric block diagonal matrix.

    Attributes
    ----------
    size : int
        Number of rows.
    places : tuple of int arrays
        Rows of each block.
    blocks : tuple of arrays
        The blocks.
    """

    size: int
    places: tuple[Index, ...]
    blocks: tuple[Array, ...]

    def diagonal(self) -> Array:
        """The diagonal (size,)."""
        diagonal = np.zeros(self.size)
        for place, block in zip(self.places, self.blocks, strict=True):
            diagonal[place] = block.diagonal()
        return diagonal

    def times(self, factor: float) -> BlockMatrix:
        """The matrix times a number."""
        return BlockMatrix(self.size, self.places, tuple(factor * block for block in self.blocks))

    def dense(self) -> Array:
        """The whole matrix (size, size)."""
        if len(self.blocks) == 1:
            return self.blocks[0]
        total = np.zeros((self.size, self.size))
        for place, block in zip(self.places, self.blocks, strict=True):
            total[np.ix_(place, place)] = block
        return total

    def quadratic(self, vector: Array) -> float:
        """``vᵀ M v``."""
        if len(self.blocks) == 1:
            return float(vector @ self.blocks[0] @ vector)
        pairs = zip(self.places, self.blocks, strict=True)
        return sum(float(vector[place] @ block @ vector[place]) for place, block in pairs)

    def plus_diagonal(self, added: Array) -> BlockMatrix:
        """The matrix with a vector added to its diagonal."""
        blocks = [block + np.diag(added[p]) for p, block in zip(self.places, self.blocks, strict=True)]
        return BlockMatrix(self.size, self.places, tuple(blocks))

    def is_positive_definite(self) -> bool:
        """Whether every block has a Cholesky factor."""
        return all(is_positive_definite(block) for block in self.blocks)

    def factor(self) -> BlockFactor:
        """Cholesky factors of the blocks (raises NotPositiveDefiniteError)."""
        return BlockFactor(self.size, self.places, tuple(Factor(block) for block in self.blocks))


@dataclass(frozen=True)
class BlockFactor:
    """Cholesky factors of a block diagonal matrix, for repeated solving."""

    size: int
    places: tuple[Index, ...]
    factors: tuple[Factor, ...]

    def solve(self, right: Array) -> Array:
        """Solution of ``M x = right`` (size,)."""
        if len(self.factors) == 1:
            return self.factors[0].solve(right)
        solution = np.zeros(self.size)
        for place, factor in zip(self.places, self.factors, strict=True):
            solution[place] = factor.solve(right[place])
        return solution


def block_product(places: Sequence[Index], *matrices: Array) -> Array:
    """Product of square matrices that are all block diagonal in the same places.

    Parameters
    ----------
    places : sequence of int arrays
        Rows of each block.
    *matrices : arrays (q, q)
        The factors.
    """
    if len(places) == 1:
        return reduce(np.matmul, matrices)
    total = np.zeros_like(matrices[0])
    for place in places:
        square = np.ix_(place, place)
        total[square] = reduce(np.matmul, [matrix[square] for matrix in matrices])
    return total
