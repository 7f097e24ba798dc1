"""Standard errors of residuals where the information is that of first order (estimator MLF).

The outer products of casewise scores of the moments, ``B = V_i Γ V_i`` with ``V_i d_i`` the score of case i, take
the place of the information throughout, as in lavaan 0.7: Ω is the inverse of B at the sample moments, the weight of
the estimating equations B at the model's moments. Both are the normal-theory quantities if the data are normal.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, weighed
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import symmetric_inverse
from comply_measure.sem.inference.residual_errors import ResidualErrors


class FirstOrderResidualErrors(ResidualErrors):
    """Standard errors of one group's residuals; moments of fixed exogenous variables are left out."""

    def scores_at(self, sigma: Array, mu: Array | None) -> Array:
        """Casewise scores of the kept moments, weighted (n, moments)."""
        sample, moments = self.sample, self.moments
        if sample.data is None or sample.mean is None:
            raise ModelError("residuals with first-order errors need raw data")
        at = mu if moments.with_means and mu is not None else sample.mean
        W = np.linalg.inv(sigma)
        pulled = (sample.data - at) @ W
        weight = np.where(moments.rows == moments.columns, 0.5, 1.0)
        scores = (
            pulled[:, moments.rows] * pulled[:, moments.columns] - W[moments.rows, moments.columns]
        ) * weight
        both = np.hstack([pulled, scores]) if moments.with_means else scores
        return weighed(both[:, moments.kept], sample.weights)

    def _outer(self, scores: Array) -> Array:
        return np.asarray(scores.T @ scores / self.sample.n)

    @cached_property
    def omega(self) -> Array:
        """Ω times n (moments, moments)."""
        found = symmetric_inverse(self._outer(self.scores_at(self.S, self.sample.mean)))
        if found is None:
            raise ModelError(
                f"residuals with first-order errors need more cases than moments: {self.sample.n_cases} cases, "
                f"{len(self.moments.kept)} moments"
            )
        return found

    def sampling(self) -> Array:
        """Variances of the sample moments, times n."""
        return np.asarray(self.omega.diagonal())

    @cached_property
    def weighted(self) -> Array:
        """B Δ at the model's moments (moments, q)."""
        return np.asarray(self._outer(self.scores_at(self.implied.sigma, self.implied.mu)) @ self.jacobian)

    def spread(self) -> Array:
        """Ω B Δ (moments, q), Ω times n."""
        return np.asarray(self.omega @ self.weighted)
