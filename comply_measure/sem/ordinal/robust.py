"""Products of weights and Γ behind robust standard errors and scaled tests, without forming Γ.

Per group, with J the derivatives of the statistics, W their weights and ``Γ = Zᵀ Z`` (Z has one row per case),
everything :mod:`comply_measure.sem.inference` asks for is made of ``Z W Zᵀ`` (n, n) and ``Z W J`` (n, q)::

    tr(WΓ) = Σ w_d Γ_dd                  tr((WΓ)²) = ‖Z W Zᵀ‖²
    Jᵀ W Γ W J = (Z W J)ᵀ (Z W J)        Jᵀ W Γ W Γ W J = (Z W J)ᵀ (Z W Zᵀ) (Z W J)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.jacobian import MomentJacobian


@dataclass(frozen=True)
class WeightedGamma:
    """W and Γ of one group; what does not depend on the model is computed once and kept.

    Attributes
    ----------
    weights : array (D,) or (D, D)
        W; diagonal weights as a vector.
    gamma : AsymptoticCovariance
        Γ.
    n_pairs : int
        Number of correlations, which stand last among the statistics.
    """

    weights: Array
    gamma: AsymptoticCovariance
    n_pairs: int

    @property
    def _root(self) -> Array | None:
        """Z when Γ is kept that way and W is diagonal."""
        return self.gamma.root if self.weights.ndim == 1 else None

    @cached_property
    def _product(self) -> Array:
        """Γ W (D, D)."""
        gamma, weights = self.gamma.dense(), self.weights
        return np.asarray(gamma @ weights if weights.ndim == 2 else gamma * weights)

    @cached_property
    def _kernels(self) -> tuple[Array, float]:
        """``Z W Zᵀ`` and the squared norm of its part for correlations."""
        root = self.gamma.root if self.gamma.root is not None else np.zeros((0, 0))
        scaled = root * np.sqrt(self.weights)
        first = scaled.shape[1] - self.n_pairs
        kernel = scaled[:, first:] @ scaled[:, first:].T
        pairs = float(np.vdot(kernel, kernel))
        kernel += scaled[:, :first] @ scaled[:, :first].T
        return kernel, pairs

    @cached_property
    def _diagonal(self) -> Array:
        """Diagonal of Γ W (D,)."""
        if self.weights.ndim == 1:
            return self.gamma.diagonal() * self.weights
        return np.diagonal(self._product).copy()

    @property
    def trace(self) -> float:
        """tr(WΓ)."""
        return float(self._diagonal.sum())

    @property
    def trace_squared(self) -> float:
        """tr((WΓ)²)."""
        if self._root is not None:
            return float(np.vdot(self._kernels[0], self._kernels[0]))
        return float(np.vdot(self._product, self._product.T))

    @property
    def pair_trace(self) -> float:
        """tr(WΓ) over correlations: under a diagonal W, tr(UΓ) of the model of uncorrelated variables."""
        return float(self._diagonal[len(self._diagonal) - self.n_pairs :].sum())

    @property
    def pair_trace_squared(self) -> float:
        """tr((WΓ)²) over correlations: under a diagonal W, tr((UΓ)²) of the model of uncorrelated variables."""
        if self._root is not None:
            return self._kernels[1]
        first = len(self._product) - self.n_pairs
        part = self._product[first:, first:]
        return float(np.vdot(part, part.T))

    def side(self, jacobian: MomentJacobian) -> Array:
        """``Z W J`` (n, q) where Γ is kept as its root and W is diagonal, else ``Γ W J`` (D, q)."""
        root = self._root
        return jacobian.left(self._product) if root is None else jacobian.left(root * self.weights)

    def meat(self, jacobian: MomentJacobian, side: Array) -> Array:
        """``Jᵀ W Γ W J`` (q, q), from :meth:`side`."""
        if self._root is not None:
            return side.T @ side
        weights = self.weights if self.weights.ndim == 2 else np.diag(self.weights)
        return jacobian.left(weights).T @ side

    def double_meat(self, side: Array) -> Array:
        """``Jᵀ W Γ W Γ W J`` (q, q), from :meth:`side`."""
        if self._root is not None:
            return np.asarray(side.T @ (self._kernels[0] @ side))
        pull = side.T @ self.weights if self.weights.ndim == 2 else side.T * self.weights
        return np.asarray(pull @ side)
