"""Standard errors of residuals under full-information maximum likelihood.

As for complete data (:mod:`comply_measure.sem.inference.residuals`), with Ω the covariance matrix of the
saturated moments under missing data, ``A⁻¹`` (or ``A⁻¹ Σ s_i s_iᵀ A⁻¹`` where standard errors are robust),
and V the information of the incomplete data about the moments, at the model's moments.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.fiml import implied_mean, moment_derivatives
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.residual_errors import ResidualErrors
from comply_measure.sem.missing.completion import complete
from comply_measure.sem.missing.sample import incomplete_groups
from comply_measure.sem.missing.saturated_inference import Kind, SaturatedInference
from comply_measure.sem.missing.saturated_information import (
    Pairs,
    changes_of_moments,
    dual_derivatives,
    saturated_information,
    transposed_change,
)
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

ROBUST = ("robust.huber.white", "robust.cluster")


class MissingResidualErrors(ResidualErrors):
    """Standard errors of one group's residuals."""

    def __init__(self, model: Model, point: Point, group: int) -> None:
        super().__init__(model, point, group)
        sample = incomplete_groups((self.sample,))[0]
        if not sample.has_inference:
            raise ModelError("the saturated moments allow no inference: residuals have no standard errors")
        self.group = sample
        self.kind: Kind = "expected" if model.options.information == "expected" else "observed"
        self.robust = model.options.se in ROBUST
        self.saturated: SaturatedInference = sample.inference(model.exogenous[group], self.kind)
        pairs = Pairs.of(sample.p)
        places = sample.p + pairs.number[self.moments.rows, self.moments.columns]
        self.order = np.concatenate([np.arange(sample.p), places])[self.moments.kept]

    def sampling(self) -> Array:
        """Variances of the saturated moments, times n."""
        if self.robust:
            return np.asarray(self.group.n * np.sum(self._influence**2, axis=1))
        units = np.zeros((self.saturated.scores.shape[1], len(self.order)))
        units[self.order, np.arange(len(self.order))] = 1.0
        slopes = transposed_change(self.saturated.sigma, units)
        return np.asarray(self.group.n * self.saturated.variances(slopes))

    @cached_property
    def _influence(self) -> Array:
        """Effect of each case on the kept moments (moments, R)."""
        return np.asarray(changes_of_moments(self.saturated.sigma, self.saturated.influence)[self.order])

    @cached_property
    def weighted(self) -> Array:
        """V Δ (moments, q)."""
        sigma, group = self.implied.sigma, self.group
        done = complete(group.patterns, sigma, implied_mean(self.implied))
        information = saturated_information(group.patterns, done, sigma, self.kind)
        dual = information @ dual_derivatives(done.precision, moment_derivatives(self.implied))
        return np.asarray(transposed_change(done.precision, dual)[self.order] / group.n)

    def spread(self) -> Array:
        """Ω V Δ (moments, q), Ω times n."""
        if self.robust:
            return np.asarray(self.group.n * self._influence @ (self._influence.T @ self.weighted))
        slopes = np.zeros((self.saturated.scores.shape[1], self.weighted.shape[1]))
        slopes[self.order] = self.weighted
        at = self.saturated
        solved = at.solve(transposed_change(at.sigma, slopes))
        return np.asarray(self.group.n * changes_of_moments(at.sigma, solved)[self.order])
