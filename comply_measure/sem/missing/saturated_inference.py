"""What a scaled test of fit needs to know about the saturated model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import linalg

from comply_measure.sem.arrays import sum_within_clusters
from comply_measure.sem.missing.completion import complete
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, IntArray, case_order
from comply_measure.sem.missing.saturated_information import (
    Pairs,
    complete_information,
    dual_derivatives,
    saturated_information,
    saturated_scores,
    trace_with_complete,
)

Kind = Literal["observed", "expected"]


@dataclass(frozen=True)
class SaturatedInference:
    """Information and scores of unrestricted moments of one group, at (μ, Σ), in dual coordinates.

    Attributes
    ----------
    sigma : (p, p) float array
    n_cases : float
    basis : (p + p*, d) float array or None
        Dual coordinates of unit changes of the moments that are free to change; None if all are.
    factor : (d, d) float array
        Lower Cholesky factor of the information (the upper triangle is not meaningful).
    scores : (R, p + p*) float array
        Casewise scores, or sums over clusters times ``√(c/(c−1))``.
    """

    sigma: FloatArray
    n_cases: float
    basis: FloatArray | None
    factor: FloatArray
    scores: FloatArray

    @property
    def n_moments(self) -> int:
        """Moments free to change."""
        return int(self.factor.shape[0])

    @cached_property
    def influence(self) -> FloatArray:
        """``A⁻¹ sᵀ``: the first-order effect of each case (cluster) on the moments; (p + p*, R)."""
        return self.solve(self.scores.T)

    def solve(self, right: FloatArray) -> FloatArray:
        """``A⁻¹`` times gradients in dual coordinates (p + p*, c)."""
        if self.basis is None:
            return np.asarray(linalg.cho_solve((self.factor, True), right, check_finite=False))
        inner = linalg.cho_solve((self.factor, True), self.basis.T @ right, check_finite=False)
        return np.asarray(self.basis @ inner)

    def variances(self, slopes: FloatArray) -> FloatArray:
        """``gᵀ A⁻¹ g`` for gradients in dual coordinates (p + p*, c)."""
        inner = slopes if self.basis is None else self.basis.T @ slopes
        half = linalg.solve_triangular(self.factor, inner, lower=True, check_finite=False)
        return np.asarray(np.einsum("ij,ij->j", half, half))

    @cached_property
    def weighted_influence(self) -> FloatArray:
        """``N A_c A⁻¹ sᵀ`` with ``A_c`` the expected information of one complete case; (p + p*, R)."""
        return self.n_cases * complete_information(self.sigma, self.influence)

    @cached_property
    def trace_of_scores(self) -> float:
        """``tr(A⁻¹ Σ_i s_i s_iᵀ)``; equals the number of moments if the data are normal."""
        return float(np.einsum("ri,ir->", self.scores, self.influence))

    @cached_property
    def trace_of_complete(self) -> float:
        """``N tr(A_c A⁻¹)`` with ``A_c`` the expected information of one complete case."""
        inverse = linalg.lapack.dpotri(self.factor, lower=1)[0]
        if self.basis is not None:
            inverse = np.tril(inverse) + np.tril(inverse, -1).T
            inverse = self.basis @ inverse @ self.basis.T
        return self.n_cases * trace_with_complete(self.sigma, inverse)


def saturated_inference(
    cases: IncompleteSample,
    sigma: FloatArray,
    mu: FloatArray,
    kind: Kind = "observed",
    clusters: IntArray | None = None,
    exogenous: IntArray | None = None,
) -> SaturatedInference:
    """Information of the saturated model, factored, and its casewise scores.

    Parameters
    ----------
    cases : IncompleteSample
        From ``group_cases(data, condense=False)``.
    sigma : (p, p) float array
    mu : (p,) float array
        The moments at which to evaluate: the saturated ones, or a model's.
    kind : {"observed", "expected"}
        Which information.
    clusters : (n,) int array, optional
        Cluster of each case of the data, in the order of the data.
    exogenous : int array, optional
        Columns whose own means and covariances are fixed; they must be without missing values.

    Returns
    -------
    SaturatedInference

    Raises
    ------
    numpy.linalg.LinAlgError
        If the information is not positive definite: the data do not identify every moment.
    """
    done = complete(cases, sigma, mu)
    information = saturated_information(cases, done, sigma, kind)
    scores = saturated_scores(cases, done, sigma)
    if clusters is not None:
        scores = sum_within_clusters(scores, clusters[case_order(cases)])
    basis = None
    if exogenous is not None and len(exogenous):
        basis = _free_moments(sigma, done.precision, exogenous)
        information = basis.T @ information @ basis
    # The transpose of a symmetric matrix is stored as LAPACK wants it, so that it is factored in its place.
    factor = linalg.cholesky(information.T, lower=True, overwrite_a=True, check_finite=False)
    return SaturatedInference(sigma, cases.n_cases, basis, factor, scores)


def _free_moments(sigma: FloatArray, precision: FloatArray, exogenous: IntArray) -> FloatArray:
    """Dual coordinates of unit changes of every mean and covariance not among exogenous variables."""
    p, pairs = len(sigma), Pairs.of(len(sigma))
    fixed = np.zeros(p, dtype=bool)
    fixed[exogenous] = True
    means = np.flatnonzero(~fixed)
    free = np.flatnonzero(~(fixed[pairs.rows] & fixed[pairs.columns]))
    count = len(means) + len(free)
    left, right, mean = (np.zeros((p, count)) for _ in range(3))
    mean[means, np.arange(len(means))] = 1.0
    columns = len(means) + np.arange(len(free))
    left[pairs.rows[free], columns] = 1.0
    right[pairs.columns[free], columns] = pairs.half_on_diagonal()[free]
    return dual_derivatives(precision, MomentDerivatives(left, right, mean))
