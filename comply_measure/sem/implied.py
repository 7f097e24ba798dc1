"""Implied moments in reticular form, and their derivatives as pairs of columns.

All variables, observed and latent, obey ``x = m + A x + ζ`` with ``Cov(ζ) = S``. Variables with an
outgoing path form the set L (latent variables, observed predictors), all others the set R. Only L needs
a matrix inverse: with ``E = (I − A_LL)⁻¹`` and T the p × k matrix that carries x_L to the observed
variables (paths into R, a unit row for an observed member of L)::

    V = E S_LL Eᵀ                        covariances of x_L
    Σ = T V Tᵀ + S_RR + M + Mᵀ            M = S_RL (T E)ᵀ
    μ = m_R + T η,   η = E m_L

Every first derivative of Σ is a symmetric matrix of rank two, ``κ (u vᵀ + v uᵀ)``, whose u and v are
columns of ``H = [I | T E | F V]`` (F V = T V + S_RL Eᵀ, covariances of observed variables with x_L):

* path j → i:       u = g_i, v = (F V)_j, κ = 1,  and ∂μ = g_i η_j
* covariance i, j:  u = g_i, v = g_j,     κ = 1 (½ for a variance)
* mean of i:        ∂μ = g_i

with g_i = column i of I for i in R, of T E for i in L. A derivative of any discrepancy is then a
look-up in ``Hᵀ M H`` for a p × p matrix M: no p(p+1)/2 × q Jacobian is formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index, inverse_and_logdet

if TYPE_CHECKING:
    from comply_measure.sem.sample import GroupSample


@dataclass(frozen=True)
class Fill:
    """Cells of one matrix: a constant matrix, and which parameter stands in which cell.

    Attributes
    ----------
    constant : array
        The matrix with fixed values, zero elsewhere.
    cells : int array
        Flat indices of free cells.
    parameters : int array
        Parameter of the group that stands in each cell.
    """

    constant: Array
    cells: Index
    parameters: Index

    def at(self, theta: Array) -> Array:
        """The matrix at θ (…, q); one for each where there are several and a parameter stands in it."""
        if not len(self.cells):
            return self.constant
        if theta.ndim == 1:
            matrix = self.constant.copy()
            matrix.reshape(-1)[self.cells] = theta[self.parameters]
            return matrix
        lead = theta.shape[:-1]
        flat = np.tile(self.constant.reshape(-1), (*lead, 1))
        flat[..., self.cells] = theta[..., self.parameters]
        return np.asarray(flat.reshape(*lead, *self.constant.shape))


@dataclass(frozen=True)
class Layout:
    """Where each parameter of one group stands.

    Attributes
    ----------
    observed, sources : tuple of str
        Observed variables (p), variables with outgoing paths (k).
    q : int
        Number of free parameters of the group; parameter a is element ``first + a`` of θ.
    first : int
        Place of the group's first parameter in θ.
    paths : Fill
        A_LL (k, k).
    loadings : Fill
        T (p, k).
    residuals, cross, source_cov : Fill
        S_RR (p, p), S_RL (p, k), S_LL (k, k).
    observed_mean, source_mean : Fill
        m_R (p,), m_L (k,).
    u, v : int array (q,)
        Columns of H whose product is the derivative of Σ.
    kappa : array (q,)
        1, ½ for variances, 0 for parameters that do not touch Σ.
    mean_column : int array (q,)
        Column of H along which μ moves.
    mean_source : int array (q,)
        For a path its source j (then ∂μ is scaled by η_j); −1 for an intercept (scale 1); −2 for none.
    is_path, is_mean : bool array (q,)
        Kind of each parameter.
    has_mean : bool
        Whether means are modelled.
    """

    observed: tuple[str, ...]
    sources: tuple[str, ...]
    q: int
    first: int
    paths: Fill
    loadings: Fill
    residuals: Fill
    cross: Fill
    source_cov: Fill
    observed_mean: Fill
    source_mean: Fill
    u: Index
    v: Index
    kappa: Array
    mean_column: Index
    mean_source: Index
    is_path: NDArray[np.bool_]
    is_mean: NDArray[np.bool_]
    has_mean: bool

    @property
    def p(self) -> int:
        """Number of observed variables."""
        return len(self.observed)

    @property
    def k(self) -> int:
        """Number of variables with outgoing paths."""
        return len(self.sources)

    @property
    def n_statistics(self) -> int:
        """Number of sample moments: covariances and, if modelled, means."""
        return self.p * (self.p + 1) // 2 + (self.p if self.has_mean else 0)

    @property
    def has_paths(self) -> bool:
        """Whether sources influence each other."""
        return len(self.paths.cells) > 0 or bool(np.any(self.paths.constant))

    @property
    def has_cross(self) -> bool:
        """Whether residuals of R covary with sources."""
        return len(self.cross.cells) > 0 or bool(np.any(self.cross.constant))

    def at(self, theta: Array) -> Implied:
        """Implied moments at the group's parameters θ (q,)."""
        return Implied(self, theta)

    def neutral(self) -> Array:
        """θ before starting values are put in (q,): zero, or what has no effect."""
        return np.zeros(self.q)

    def put_starts(self, theta: Array, sample: GroupSample) -> None:
        """Put starting values of parameters that the sample gives directly into θ (q,), in place; none by default."""


class Implied:
    """Moments of one group at one θ; everything beyond Σ and μ is computed on demand and kept."""

    def __init__(self, layout: Layout, theta: Array) -> None:
        self.layout = layout
        self.theta = theta
        self.T = layout.loadings.at(theta)
        self.E: Array
        self.TE: Array
        source_cov = layout.source_cov.at(theta)
        if layout.has_paths:
            paths = layout.paths.at(theta)
            self.E = np.asarray(np.linalg.inv(np.eye(layout.k) - paths), dtype=np.float64)
            self.TE = self.T @ self.E
            self.V = self.E @ source_cov @ self.E.T
        else:
            self.E = np.eye(layout.k)
            self.TE = self.T
            self.V = source_cov
        self.FV = self.T @ self.V
        self.sigma = self.FV @ self.T.T
        self.sigma += layout.residuals.at(theta)
        if layout.has_cross:
            cross = layout.cross.at(theta)
            M = cross @ self.TE.T
            self.sigma += M + M.T
            self.FV = self.FV + cross @ self.E.T
        self.eta: Array = np.zeros(0)
        self.mu: Array | None = None
        if layout.has_mean:
            self.eta = self.E @ layout.source_mean.at(theta)
            self.mu = layout.observed_mean.at(theta) + self.T @ self.eta

    @cached_property
    def _inverse_logdet(self) -> tuple[Array, float]:
        return inverse_and_logdet(self.sigma)

    @property
    def inverse(self) -> Array:
        """Σ⁻¹ (raises NotPositiveDefiniteError)."""
        return self._inverse_logdet[0]

    @property
    def logdet(self) -> float:
        """log|Σ| (raises NotPositiveDefiniteError)."""
        return self._inverse_logdet[1]

    @cached_property
    def X(self) -> Array:
        """Columns of H beyond the identity: ``[T E | F V]`` (p, 2k)."""
        return np.hstack([self.TE, self.FV])

    @cached_property
    def mean_scale(self) -> Array:
        """Factor of ∂μ for every parameter: 1, η_j or 0 (q,)."""
        source = self.layout.mean_source
        scale = np.where(source == -1, 1.0, 0.0)
        if self.layout.has_mean:
            paths = source >= 0
            scale[paths] = self.eta[source[paths]]
        return scale

    def sandwich(self, M: Array) -> Array:
        """Hᵀ M H (p + 2k, p + 2k) of a symmetric matrix M (p, p)."""
        p, X = self.layout.p, self.X
        size = p + X.shape[1]
        out = np.empty((size, size))
        MX = M @ X
        out[:p, :p] = M
        out[:p, p:] = MX
        out[p:, :p] = MX.T
        out[p:, p:] = X.T @ MX
        return out

    def project(self, y: Array) -> Array:
        """Hᵀ y for a vector (p,), or row-wise for an array (n, p)."""
        return np.concatenate([y, y @ self.X], axis=-1)

    def gradient(self, slope_sigma: Array, slope_mu: Array | None = None) -> Array:
        """Gradient in θ from slopes in the moments.

        Parameters
        ----------
        slope_sigma : array (p, p)
            Symmetric; entry (i, j) is half of ∂F/∂σ_ij for i ≠ j and ∂F/∂σ_ii on the diagonal, that is
            dF = tr(slope dΣ).
        slope_mu : array (p,), optional
            dF = slopeᵀ dμ.

        Returns
        -------
        array (q,)
        """
        layout, p, X = self.layout, self.layout.p, self.X
        MX = slope_sigma @ X
        looked_up = np.vstack([np.hstack([slope_sigma, MX]), np.hstack([MX.T, X.T @ MX])])
        gradient = 2.0 * layout.kappa * looked_up[layout.u, layout.v]
        if slope_mu is not None and layout.has_mean:
            along = np.concatenate([slope_mu, slope_mu @ X[:, : X.shape[1] // 2]])
            gradient += self.mean_scale * along[np.minimum(layout.mean_column, p + layout.k - 1)]
        return np.asarray(gradient)

    def reticular_variances(self, sigma: Array | None = None) -> tuple[Array, Array]:
        """Variances of observed variables and sources (p + k,) and their derivatives (p + k, q).

        Parameters
        ----------
        sigma : array (p, p), optional
            Covariance matrix whose diagonal is taken in the place of the implied one.
        """
        H, layout = self.reach, self.layout
        moments = self.sigma if sigma is None else sigma
        variance = np.concatenate([moments.diagonal(), self.V.diagonal()])
        return variance, 2.0 * layout.kappa * H[:, layout.u] * H[:, layout.v]

    def variable_moments(self) -> tuple[tuple[str, ...], Array | None, Array]:
        """Names, means (None without) and covariances of observed variables and sources (p + k)."""
        cov = np.block([[self.sigma, self.FV], [self.FV.T, self.V]])
        means = None if self.mu is None else np.concatenate([self.mu, self.eta])
        return (*self.layout.observed, *self.layout.sources), means, cov

    def mean_derivatives(self) -> Array:
        """∂μ/∂θ (p, q)."""
        H = np.hstack([np.eye(self.layout.p), self.TE])
        return np.asarray(H[:, np.minimum(self.layout.mean_column, H.shape[1] - 1)] * self.mean_scale)

    @property
    def reach(self) -> Array:
        """H for observed variables and, below, the same for sources (p + k, p + 2k)."""
        p, k = self.layout.p, self.layout.k
        H = np.zeros((p + k, p + 2 * k))
        H[:p, :p] = np.eye(p)
        H[:p, p:] = self.X
        H[p:, p : p + k] = self.E
        H[p:, p + k :] = self.V
        return H

    def covariance_jacobian(self, names: Sequence[str]) -> Array:
        """Derivatives of means and distinct covariances, variables in a given order (moments, q)."""
        layout = self.layout
        places = np.array([layout.observed.index(name) for name in names])
        H = np.hstack([np.eye(layout.p), self.X])
        U, V = H[:, layout.u] * layout.kappa, H[:, layout.v]
        first, second = np.triu_indices(len(places))
        i, j = places[first], places[second]
        J = U[i] * V[j] + U[j] * V[i]
        return np.vstack([self.mean_derivatives()[places], J]) if layout.has_mean else J
