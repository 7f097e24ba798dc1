"""Least squares between sample and implied moments of continuous variables.

``F = (n − 1)/n · [(m − μ)ᵀ V₁ (m − μ) + (s − σ)ᵀ V₂ (s − σ)]``, s = vech(S) with divisor n − 1, and
weights

========  ==========================================================================
GLS       V₁ = S⁻¹, V₂ = ½ Dᵀ(S⁻¹ ⊗ S⁻¹)D (Browne, 1974): F₂ = ½ tr[(S⁻¹(S − Σ))²]
ULS       V = I on means and distinct covariances
WLS       V = Γ⁻¹, Γ the covariance matrix of √n (m, s) without assumptions (Browne, 1984)
DWLS      V = diag(Γ)⁻¹
========  ==========================================================================

χ² is n F; standard errors use n minus the number of groups, as lavaan does.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, Index, summed, weighed
from comply_measure.sem.discrepancy.base import Discrepancy, RobustPieces
from comply_measure.sem.discrepancy.casewise import Deviations, cluster_rows, group_deviations
from comply_measure.sem.discrepancy.curvature import second_derivatives
from comply_measure.sem.discrepancy.ml import expected_information, mean_derivatives, pair_products
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.sample import GroupSample


def least_squares(
    kind: str, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
) -> Discrepancy:
    """The least-squares discrepancy of a name.

    Parameters
    ----------
    kind : str
        ``gls``, ``uls``, ``wls`` or ``dwls``.
    sample : GroupSample
        Moments with divisor n − 1.
    exogenous : tuple of str
        Fixed exogenous variables: their moments carry no weight.
    with_means : bool
        Whether means are modelled.
    """
    if kind == "gls":
        return GLSDiscrepancy(sample, exogenous)
    moments = Moments(sample, exogenous, with_means)
    if kind == "uls":
        return WeightedDiscrepancy(moments, np.ones(len(moments.kept)))
    gamma = moments.gamma()
    if kind == "dwls":
        return WeightedDiscrepancy(moments, 1.0 / gamma.diagonal())
    return WeightedDiscrepancy(moments, _inverse_gamma(gamma, sample))


def _inverse_gamma(gamma: Array, sample: GroupSample) -> Array:
    place = f" in group '{sample.name}'" if sample.name else ""
    if sample.n_cases <= len(gamma):
        raise ModelError(
            f"WLS needs more cases than moments{place}: {sample.n_cases} cases, {len(gamma)} moments; use MLR or GLS"
        )
    try:
        root = np.linalg.inv(np.linalg.cholesky(gamma))
    except np.linalg.LinAlgError:
        raise ModelError(f"the weight matrix of WLS cannot be inverted{place}") from None
    return np.asarray(root.T @ root)


class GLSDiscrepancy:
    """Generalised least squares; derivatives are look-ups as under ML, with W = S⁻¹."""

    def __init__(self, sample: GroupSample, exogenous: tuple[str, ...] = ()) -> None:
        self.sample = sample
        self.exogenous = exogenous
        self.W = sample.inverse_logdet[0]
        self.factor = (sample.n - 1.0) / sample.n

    @cached_property
    def deviations(self) -> Deviations:
        """Casewise deviations from the sample moments."""
        return group_deviations(self.sample, self.exogenous)

    def evaluate(self, implied: Implied) -> GLSEvaluation:
        """F at the implied moments."""
        return GLSEvaluation(self, implied)


class GLSEvaluation:
    """F and its derivatives at one θ."""

    def __init__(self, discrepancy: GLSDiscrepancy, implied: Implied) -> None:
        self.discrepancy, self.implied = discrepancy, implied
        self.W = discrepancy.W
        self.WR = self.W @ (discrepancy.sample.cov - implied.sigma)
        value = 0.5 * float(np.vdot(self.WR, self.WR.T))
        self.slope_mu: Array | None = None
        if implied.mu is not None and discrepancy.sample.mean is not None:
            d = discrepancy.sample.mean - implied.mu
            w = self.W @ d
            self.slope_mu = -2.0 * discrepancy.factor * w
            value += float(d @ w)
        self.value = discrepancy.factor * value

    @cached_property
    def slope_sigma(self) -> Array:
        """Symmetric matrix with dF = tr(slope dΣ) (p, p)."""
        slope = -self.discrepancy.factor * self.WR @ self.W
        return np.asarray((slope + slope.T) / 2.0)

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return self.implied.gradient(self.slope_sigma, self.slope_mu)

    def information(self) -> Array:
        """Δᵀ V Δ (q, q)."""
        looked_up = pair_products(self.implied, self.implied.sandwich(self.W))
        return expected_information(self.implied, self.W, looked_up)

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q)."""
        curved = second_derivatives(self.implied, self.slope_sigma, self.slope_mu)
        return 2.0 * self.discrepancy.factor * self.information() + curved

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ."""
        return self.discrepancy.deviations.pieces(self.implied, self.W, second_order)


class Moments:
    """Sample means and covariances of one group as one vector, and how a model maps into it.

    Attributes
    ----------
    rows, columns : int arrays (p(p+1)/2,)
        Places of the distinct covariances, column by column of the lower triangle.
    kept : int array
        Places of the moments that are not fixed by exogenous variables.
    """

    def __init__(self, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool) -> None:
        self.sample, self.exogenous, self.with_means = sample, exogenous, with_means
        self.columns, self.rows = np.triu_indices(sample.p)
        fixed = np.isin(sample.names, exogenous)
        keep = ~(fixed[self.rows] & fixed[self.columns])
        if with_means:
            keep = np.concatenate([~fixed, keep])
        self.kept: Index = np.flatnonzero(keep)
        covariances = sample.cov[self.rows, self.columns]
        mean = np.zeros(sample.p) if sample.mean is None else sample.mean
        self.observed = (np.concatenate([mean, covariances]) if with_means else covariances)[self.kept]

    @cached_property
    def deviations(self) -> Deviations:
        """Casewise deviations from the sample moments."""
        return group_deviations(self.sample, self.exogenous)

    @cached_property
    def cases(self) -> Array:
        """Casewise deviations of all kept moments, centred and weighted (n, moments)."""
        parts = self.deviations
        total = parts.z[:, self.rows] * parts.z[:, self.columns]
        if parts.h is not None:
            total -= parts.h[:, self.rows] * parts.h[:, self.columns]
        weights = self.sample.weights
        total -= total.mean(axis=0) if weights is None else summed(total, weights) / self.sample.n
        return weighed((np.hstack([parts.e, total]) if self.with_means else total)[:, self.kept], weights)

    @cached_property
    def units(self) -> Array:
        """Deviations of what was drawn independently: cases, or sums over clusters times √(C/(C − 1))."""
        cluster = self.sample.cluster
        if cluster is None:
            return self.cases
        sums = np.array([self.cases[rows].sum(axis=0) for rows in cluster_rows(cluster)])
        return np.asarray(sums * math.sqrt(len(sums) / (len(sums) - 1.0)))

    def gamma(self) -> Array:
        """Covariance matrix of √n times the moments, without assumptions but independent cases."""
        return np.asarray(self.cases.T @ self.cases / self.sample.n)

    def implied(self, implied: Implied) -> Array:
        """Implied moments in the same order (moments,)."""
        covariances = implied.sigma[self.rows, self.columns]
        if not self.with_means or implied.mu is None:
            return covariances[self.kept]
        return np.concatenate([implied.mu, covariances])[self.kept]

    def slopes(self, pull: Array) -> tuple[Array, Array | None]:
        """Slopes in Σ (as dF = tr(slope dΣ)) and μ of a linear function of the moments."""
        p = self.sample.p
        full = np.zeros(len(self.rows) + (p if self.with_means else 0))
        full[self.kept] = pull
        own = full[p:] if self.with_means else full
        matrix = np.zeros((p, p))
        matrix[self.rows, self.columns] = own / 2.0
        return matrix + matrix.T, full[:p] if self.with_means else None

    def jacobian(self, implied: Implied) -> Array:
        """Derivatives of the implied moments (moments, q)."""
        layout = implied.layout
        H = np.hstack([np.eye(layout.p), implied.X])
        U, V = H[:, layout.u] * layout.kappa, H[:, layout.v]
        J = U[self.rows] * V[self.columns] + U[self.columns] * V[self.rows]
        if self.with_means:
            J = np.vstack([mean_derivatives(implied), J])
        return np.asarray(J[self.kept])


class WeightedDiscrepancy:
    """Least squares with a given weight.

    Parameters
    ----------
    moments : Moments
        The sample.
    weight : array (moments,) or (moments, moments)
        A diagonal or a full matrix V.
    """

    def __init__(self, moments: Moments, weight: Array) -> None:
        self.moments, self.weight = moments, weight
        self.factor = (moments.sample.n - 1.0) / moments.sample.n

    def evaluate(self, implied: Implied) -> WeightedEvaluation:
        """F at the implied moments."""
        return WeightedEvaluation(self, implied)

    def weigh(self, columns: Array) -> Array:
        """V times a vector (moments,) or matrix (moments, k)."""
        if self.weight.ndim == 2:
            return np.asarray(self.weight @ columns)
        return (self.weight * columns.T).T


class WeightedEvaluation:
    """F and its derivatives at one θ."""

    def __init__(self, discrepancy: WeightedDiscrepancy, implied: Implied) -> None:
        self.discrepancy, self.implied = discrepancy, implied
        residual = discrepancy.moments.observed - discrepancy.moments.implied(implied)
        self.pull = discrepancy.weigh(residual)
        self.factor = discrepancy.factor
        self.value = self.factor * float(residual @ self.pull)

    @cached_property
    def jacobian(self) -> Array:
        """Δ (moments, q)."""
        return self.discrepancy.moments.jacobian(self.implied)

    @cached_property
    def weighted(self) -> Array:
        """V Δ (moments, q)."""
        return self.discrepancy.weigh(self.jacobian)

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return np.asarray(-2.0 * self.factor * self.jacobian.T @ self.pull)

    def information(self) -> Array:
        """Δᵀ V Δ (q, q)."""
        return np.asarray(self.jacobian.T @ self.weighted)

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q)."""
        slopes = self.discrepancy.moments.slopes(-2.0 * self.factor * self.pull)
        return 2.0 * self.factor * self.information() + second_derivatives(self.implied, *slopes)

    def robust_pieces(self, second_order: bool) -> RobustPieces:
        """Traces and quadratic forms with Γ."""
        units = self.discrepancy.moments.units
        n = self.discrepancy.moments.sample.n
        scores = units @ self.weighted
        weighed = self.discrepancy.weigh(units.T).T
        trace = float(np.vdot(units, weighed)) / n
        meat = scores.T @ scores / n
        if not second_order:
            return RobustPieces(trace, meat)
        gram = units @ weighed.T
        return RobustPieces(trace, meat, float(np.vdot(gram, gram)) / n**2, scores.T @ gram @ scores / n**2)
