"""Moments of the factors from those of their indicators.

With Λ, Θ, ν from the first step, S and ȳ the sample's moments and the mapping matrix M (MΛ = I)::

    ML  M = (Λᵀ Θ⁻¹ Λ)⁻¹ Λᵀ Θ⁻¹     GLS  M = (Λᵀ S⁻¹ Λ)⁻¹ Λᵀ S⁻¹     ULS  M = (Λᵀ Λ)⁻¹ Λᵀ
    Var(η) = M (S − Θ) Mᵀ           E(η) = M (ȳ − ν)

(Rosseel & Loh, 2022). ML is computed by blocks with ``Σ = Λ Ψ Λᵀ + Θ`` of the first step in the place of Θ, which gives
the same M and holds for residual variances of zero as well. Where the smallest root λ of ``|M S Mᵀ − λ M Θ Mᵀ| = 0`` is
below ``1 + 1/(n − 1)``, ``Var(η) = M S Mᵀ − (λ − 1/(n − 1)) M Θ Mᵀ`` is positive definite (Fuller, 1987, section 2.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.sample import GroupSample

MAPPINGS = ("ml", "gls", "uls")


@dataclass(frozen=True)
class Measurement:
    """What the first step says about one group.

    Attributes
    ----------
    loadings : array (p, s)
        Λ; an observed variable of the structural part has a one in its own row and column.
    residuals : array (p, p)
        Θ.
    intercepts : array (p,)
        ν.
    implied : tuple of (int array, int array, array)
        Rows, columns and Σ of each block.
    """

    loadings: Array
    residuals: Array
    intercepts: Array
    implied: tuple[tuple[Index, Index, Array], ...]


@dataclass(frozen=True)
class MappingSlopes:
    """How the mapping matrix moves with Λ and Θ, applied to what it is multiplied with.

    With W the weights of M = A⁻¹ Λᵀ W, A = Λᵀ W Λ, and R = I − Λ M, ``dM X = B dΛᵀ H − M dΛ M X`` and, for ML,
    ``− M dΘ H`` beside, with H = W R X, and B = A⁻¹ (for ML, where W may be Θ⁻¹, as well).

    Attributes
    ----------
    spread : array (s, s)
        B.
    cov : array (p, s)
        H for X = (S − c Θ) Mᵀ; zero where the first step fits.
    mean : array (p,)
        H for X = ȳ − ν.
    with_residuals, with_sample : bool
        Whether the weights are those of ML, of GLS.
    """

    spread: Array
    cov: Array
    mean: Array
    with_residuals: bool
    with_sample: bool

    @staticmethod
    def weights(kind: str, measurement: Measurement, sample: GroupSample, left: Array) -> Array:
        """W times a matrix (p, m)."""
        if kind == "gls":
            return np.asarray(sample.inverse_logdet[0] @ left)
        if kind == "uls":
            return left
        H = np.zeros_like(left)
        for rows, _, sigma in measurement.implied:
            H[rows] = np.linalg.solve(sigma, left[rows])
        return H

    def weighted(self, measurement: Measurement, sample: GroupSample, left: Array) -> Array:
        """W times a matrix (p, m), with the weights these slopes belong to."""
        kind = "ml" if self.with_residuals else "gls" if self.with_sample else "uls"
        return self.weights(kind, measurement, sample, left)


@dataclass(frozen=True)
class FactorMoments:
    """Moments of the structural part's variables in one group.

    Attributes
    ----------
    names : tuple of str
        Factors, then observed variables.
    mapping : array (s, p)
        M.
    cov, mean : arrays (s, s), (s,)
        Var(η) and E(η).
    reliability : array (s,)
        Share of each factor in the variance of its score M y: ``diag Var(η) / diag(M S Mᵀ)``.
    root : float
        λ; infinite without measurement error.
    correction : float
        What M Θ Mᵀ was multiplied with: 1 unless Var(η) had to be corrected.
    slopes : MappingSlopes
        How M moves with the first step.
    """

    names: tuple[str, ...]
    mapping: Array
    cov: Array
    mean: Array
    reliability: Array
    root: float
    correction: float
    slopes: MappingSlopes

    @property
    def is_corrected(self) -> bool:
        """Whether the full correction for measurement error gave no positive definite matrix."""
        return self.correction != 1.0


def mapping_matrix(measurement: Measurement, sample: GroupSample, kind: str) -> Array:
    """M (s, p).

    Raises
    ------
    ModelError
        When the loadings do not tell the factors apart.
    """
    p, s = measurement.loadings.shape
    if kind == "gls":
        weighted = sample.inverse_logdet[0] @ measurement.loadings
        return _solved(measurement.loadings, weighted)
    if kind == "uls":
        return _solved(measurement.loadings, measurement.loadings)
    found = np.zeros((s, p))
    for rows, columns, sigma in measurement.implied:
        loadings = measurement.loadings[np.ix_(rows, columns)]
        found[np.ix_(columns, rows)] = _solved(loadings, np.asarray(np.linalg.solve(sigma, loadings)))
    return found


def _solved(loadings: Array, weighted: Array) -> Array:
    """(Λᵀ W Λ)⁻¹ Λᵀ W from W Λ."""
    square = weighted.T @ loadings
    scale = np.sqrt(np.abs(square.diagonal()))
    if not (scale > 0).all() or np.linalg.cond(square / np.outer(scale, scale)) > 1e12:
        raise ModelError(
            "the loadings do not tell the factors apart: their moments are not determined; use method='global'"
        )
    return np.asarray(np.linalg.solve(square, weighted.T))


def factor_moments(
    measurement: Measurement, sample: GroupSample, names: Sequence[str], kind: str
) -> FactorMoments:
    """Moments of the factors of one group.

    Parameters
    ----------
    measurement : Measurement
    sample : GroupSample
        Moments of all observed variables.
    names : sequence of str
        Factors and observed variables of the structural part.
    kind : {"ml", "gls", "uls"}
        Mapping.
    """
    M = mapping_matrix(measurement, sample, kind)
    total = M @ sample.cov @ M.T
    error = M @ measurement.residuals @ M.T
    root = smallest_root(total, error)
    lost = 1.0 / (sample.n - 1.0)
    correction = root - lost if root < 1.0 + lost else 1.0
    cov = total - correction * error
    cov = 0.5 * (cov + cov.T)
    level = sample.mean if sample.mean is not None else measurement.intercepts
    mean = M @ (level - measurement.intercepts)
    X = (sample.cov - correction * measurement.residuals) @ M.T
    slopes = _mapping_slopes(
        measurement, sample, kind, M, np.column_stack([X, level - measurement.intercepts])
    )
    return FactorMoments(
        tuple(names), M, cov, mean, cov.diagonal() / total.diagonal(), root, correction, slopes
    )


def _mapping_slopes(
    measurement: Measurement, sample: GroupSample, kind: str, M: Array, X: Array
) -> MappingSlopes:
    left = X - measurement.loadings @ (M @ X)
    H = MappingSlopes.weights(kind, measurement, sample, left)
    if kind == "ml":
        spread = M @ measurement.residuals @ M.T
    else:
        W = MappingSlopes.weights(kind, measurement, sample, measurement.loadings)
        spread = np.asarray(np.linalg.inv(measurement.loadings.T @ W))
    return MappingSlopes(spread, H[:, :-1], H[:, -1], kind == "ml", kind == "gls")


def smallest_root(total: Array, error: Array) -> float:
    """Smallest root λ of ``|total − λ error| = 0``: the inverse of the largest of ``|error − κ total| = 0``."""
    from scipy.linalg import eigh

    try:
        top = float(eigh(error, total, eigvals_only=True)[-1])
    except np.linalg.LinAlgError:
        return math.nan
    return 1.0 / top if top > 1e-14 else math.inf
