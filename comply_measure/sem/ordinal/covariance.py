"""The asymptotic covariance of sample statistics, kept as casewise influences while that is smaller.

With influences ``ψ_n`` (D,) of N cases on D statistics, ``Γ = N Σ_n ψ_n ψ_nᵀ`` has rank N at most: for 60
five-point items D is 2,010, and N = 500 rows say all that a 2,010 x 2,010 matrix would. Where clusters are drawn
independently their sums of influences take the place of cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index, sum_within_clusters
from comply_measure.sem.errors import ModelError


@dataclass(frozen=True, slots=True)
class AsymptoticCovariance:
    """``Γ``, N times the covariance of D sample statistics; exactly one of three forms is given.

    Parameters
    ----------
    root : ndarray, shape (n_rows, D), optional
        Any matrix with ``Γ = rootᵀ root``.
    matrix : ndarray, shape (D, D), optional
        ``Γ`` itself.
    variances : ndarray, shape (D,), optional
        Its diagonal, when no more is needed.
    """

    root: Array | None = None
    matrix: Array | None = None
    variances: Array | None = None

    @property
    def size(self) -> int:
        """Number of statistics D."""
        if self.variances is not None:
            return len(self.variances)
        return int((self.root if self.root is not None else self._matrix).shape[1])

    @property
    def _matrix(self) -> Array:
        if self.matrix is None:
            raise ModelError(
                "only the variances of the sample statistics were computed, not their covariances"
            )
        return self.matrix

    def diagonal(self) -> Array:
        """Variances, shape (D,)."""
        if self.variances is not None:
            return self.variances
        if self.root is not None:
            return np.asarray(np.einsum("nd,nd->d", self.root, self.root))
        return np.diagonal(self._matrix).copy()

    def dense(self) -> Array:
        """``Γ`` as a matrix, shape (D, D)."""
        return self.root.T @ self.root if self.root is not None else self._matrix

    def any_root(self) -> Array:
        """Any Z with ``Γ = Zᵀ Z``: the one kept, a Cholesky factor, or from eigenvalues when Γ is singular."""
        if self.root is not None:
            return self.root
        try:
            return np.asarray(np.linalg.cholesky(self._matrix).T)
        except np.linalg.LinAlgError:
            values, vectors = np.linalg.eigh(self._matrix)
            return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)

    def take(self, index: slice | NDArray[np.intp]) -> AsymptoticCovariance:
        """The covariance of some of the statistics."""
        if self.root is not None:
            return AsymptoticCovariance(root=self.root[:, index])
        return AsymptoticCovariance(matrix=self._matrix[index][:, index])

    def quadratic(self, weights: Array) -> Array:
        """``BᵀΓ B`` for B of shape (D, k)."""
        if self.root is not None:
            part = self.root @ weights
            return part.T @ part
        return np.asarray(weights.T @ self._matrix @ weights)


def covariance_of_influences(influences: Array, total: float) -> AsymptoticCovariance:
    """N Σ ψψᵀ of independent cases (or of what stands for them).

    Parameters
    ----------
    influences : array (n, D)
    total : float
        N, or the sum of sampling weights.
    """
    found = AsymptoticCovariance(root=influences * np.sqrt(total))
    return found if len(influences) <= influences.shape[1] else AsymptoticCovariance(matrix=found.dense())


def clustered_covariance(influences: Array, cluster: Index, total: float) -> AsymptoticCovariance:
    """``N C/(C − 1) Σ_c ψ_c ψ_cᵀ`` with ψ_c the sum of the influences within a cluster.

    Parameters
    ----------
    influences : array (n, D)
        Of the cases.
    cluster : int array (n,)
    total : float
        N, or the sum of sampling weights.
    """
    return covariance_of_influences(sum_within_clusters(influences, cluster), total)
