"""Full-information maximum likelihood: normal theory with values missing at random.

``F = −2 (l(Σ, μ) − l_sat) / n`` with l the log-likelihood of what was observed and l_sat its maximum over
all Σ and μ, so that n F is the likelihood-ratio statistic. With the completed second moment
``T = Σ_i r̂_i r̂_iᵀ + C_i`` (see :mod:`comply_measure.sem.missing`), ``Q = W T W / n − W`` and
``w = W Σ_i r̂_i / n``::

    dF = −tr(Q dΣ) − 2 wᵀ dμ

as for complete data with these moments; the Hessian is that of complete data less twice the missing
information per case (Louis, 1982).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.discrepancy.curvature import second_order_part
from comply_measure.sem.discrepancy.ml import (
    expected_information as complete_expected_information,
    mean_derivatives,
    pair_products,
)
from comply_measure.sem.implied import Implied
from comply_measure.sem.missing.completion import complete
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.information import (
    casewise_scores,
    expected_information,
    missing_information,
)
from comply_measure.sem.missing.likelihood import in_data_order, moment_gradient
from comply_measure.sem.missing.sample import IncompleteGroup
from comply_measure.sem.missing.saturated_inference import Kind


class FIMLDiscrepancy:
    """Full-information maximum likelihood for one group.

    Parameters
    ----------
    group : IncompleteGroup
        The group's cases and saturated moments. Where these cannot be estimated, F is measured from zero.
    exogenous : tuple of str
        Fixed exogenous variables.
    kind : {"observed", "expected"}
        Information about the saturated moments in scaled tests.
    """

    def __init__(
        self, group: IncompleteGroup, exogenous: tuple[str, ...] = (), kind: Kind = "observed"
    ) -> None:
        self.group = group
        self.exogenous = exogenous
        self.kind: Kind = kind
        self.sample = group.patterns
        loglik = group.saturated_loglik
        self.saturated = loglik if np.isfinite(loglik) else 0.0

    def evaluate(self, implied: Implied) -> FIMLEvaluation:
        """F at the implied moments (raises NotPositiveDefiniteError)."""
        return FIMLEvaluation(self, implied)


class FIMLEvaluation:
    """F and its derivatives at one θ."""

    def __init__(self, discrepancy: FIMLDiscrepancy, implied: Implied) -> None:
        self.implied = implied
        self.discrepancy = discrepancy
        self.sample = discrepancy.sample
        self.n = discrepancy.sample.n_cases
        try:
            self.at = moment_gradient(self.sample, implied.sigma, implied_mean(implied))
        except np.linalg.LinAlgError:
            raise NotPositiveDefiniteError from None
        self.value = -2.0 * (self.at.loglik - discrepancy.saturated) / self.n

    def gradient(self) -> Array:
        """∂F/∂θ (q,)."""
        return self.implied.gradient(-2.0 / self.n * self.at.covariance, -2.0 / self.n * self.at.mean)

    @cached_property
    def derivatives(self) -> MomentDerivatives:
        """First derivatives of the moments, as columns."""
        return moment_derivatives(self.implied)

    def information(self) -> Array:
        """Expected information per case, given the patterns (q, q)."""
        done, derivatives = self.at.completion, self.derivatives
        return expected_information(self.sample, done, derivatives) / self.n

    def hessian(self) -> Array:
        """Exact Hessian of F (q, q)."""
        done, implied = self.at.completion, self.implied
        W = done.precision
        looked_up = pair_products(implied, implied.sandwich(W))
        hessian = 2.0 * complete_expected_information(implied, W, looked_up)
        hessian += second_order_part(
            implied, W, 2.0 / self.n * self.at.covariance, self.at.mean / self.n, looked_up
        )
        return hessian - 2.0 / self.n * missing_information(self.sample, done, self.derivatives)

    def scores(self) -> Array:
        """Gradient of each case's log-likelihood, in the order of the data (n, q)."""
        cases, implied = self.discrepancy.group.cases, self.implied
        done = complete(cases, implied.sigma, implied_mean(implied))
        return in_data_order(cases, casewise_scores(cases, done, self.derivatives))

    def saturated_trace(self) -> float:
        """tr(A₁⁻¹ B₁) of the saturated model; NaN where its information is out of reach."""
        given = self.discrepancy
        if not given.group.has_inference:
            return float("nan")
        return given.group.inference(given.exogenous, given.kind).trace_of_scores


def implied_mean(implied: Implied) -> Array:
    """Implied means (p,); zero if the model has none."""
    return np.zeros(implied.layout.p) if implied.mu is None else implied.mu


def moment_derivatives(implied: Implied) -> MomentDerivatives:
    """∂Σ/∂θ and ∂μ/∂θ in the form the incomplete-data functions read."""
    layout = implied.layout
    H = np.hstack([np.eye(layout.p), implied.X])
    mean = mean_derivatives(implied) if layout.has_mean else np.zeros((layout.p, layout.q))
    return MomentDerivatives(H[:, layout.u] * layout.kappa, H[:, layout.v], mean)
