"""Derivatives of the statistics in blocks that leave out what is zero by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index


@dataclass(frozen=True)
class MomentJacobian:
    """∂(statistics)/∂θ (D, q) in blocks: most entries for thresholds are zero.

    Attributes
    ----------
    size, q : int
        Shape.
    rows, parameters : int array (k,)
        Statistics that move with one threshold parameter each, and that parameter.
    scale : array (k,)
        By how much.
    first_columns, first : int array (a,), array (T, a)
        Other parameters that move thresholds, means and slopes, and their derivatives.
    second_columns, second : int array (b,), array (D − T, b)
        Parameters that move variances and correlations, and their derivatives.
    """

    size: int
    q: int
    rows: Index
    parameters: Index
    scale: Array
    first_columns: Index
    first: Array
    second_columns: Index
    second: Array

    def left(self, matrix: Array) -> Array:
        """``matrix @ J`` for a matrix (r, D)."""
        T = len(self.first)
        out = np.zeros((len(matrix), self.q))
        out[:, self.parameters] = matrix[:, self.rows] * self.scale
        if len(self.first_columns):
            out[:, self.first_columns] += matrix[:, :T] @ self.first
        if len(self.second_columns):
            out[:, self.second_columns] += matrix[:, T:] @ self.second
        return out

    def gram(self, weights: Array) -> Array:
        """``Jᵀ W J`` for weights (D,) (a diagonal W) or (D, D)."""
        if weights.ndim == 2:
            return self.left(self.left(weights).T)
        T = len(self.first)
        out = np.zeros((self.q, self.q))
        w = weights[self.rows] * self.scale
        out[self.parameters, self.parameters] = w * self.scale
        if len(self.first_columns):
            cross = w[:, None] * self.first[self.rows]
            out[np.ix_(self.parameters, self.first_columns)] += cross
            out[np.ix_(self.first_columns, self.parameters)] += cross.T
            inner = self.first.T @ (weights[:T, None] * self.first)
            out[np.ix_(self.first_columns, self.first_columns)] += inner
        if len(self.second_columns):
            inner = self.second.T @ (weights[T:, None] * self.second)
            out[np.ix_(self.second_columns, self.second_columns)] += inner
        return out

    def dense(self) -> Array:
        """J itself (D, q)."""
        return self.left(np.eye(self.size))
