"""Bootstrap of models with products and a likelihood of their own.

Every replication is searched from the estimates by BFGS in coordinates in which their Hessian is the identity, so that
the first steps are Newton's; where that does not converge, by the search of a first fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.draws import plan_draws
from comply_measure.sem.bootstrap.fit import BootstrapFit
from comply_measure.sem.bootstrap.refit import FAILURES, first_line
from comply_measure.sem.bootstrap.replicate import Chunk
from comply_measure.sem.interactions.lms_fit import ProductFit
from comply_measure.sem.interactions.lms_likelihood import patterns_of
from comply_measure.sem.interactions.lms_model import ProductModel
from comply_measure.sem.interactions.lms_objective import ProductObjective, ProductPoint
from comply_measure.sem.interactions.lms_search import search

STEPS = 100
CLOSE = 1e-3  # distance from the optimum in standard errors
OUTSIDE = 1e10  # stands for F where there is no likelihood


@dataclass(frozen=True, repr=False)
class BootstrapProductFit(BootstrapFit, ProductFit):
    """A model with products of factors that was fitted again to resampled data."""


class ProductWorker:
    """Refits of LMS and QML, one replication after the other.

    Parameters
    ----------
    model : ProductModel
        The fitted model.
    point : ProductPoint
        Its optimum.
    """

    together = False

    def __init__(self, model: ProductModel, point: ProductPoint) -> None:
        self.model, self.phi = model, point.phi
        self.draws = plan_draws(model.sample)
        values, vectors = np.linalg.eigh(0.5 * (point.hessian + point.hessian.T))
        size = np.maximum(values, 1e-8 * max(float(values.max(initial=0.0)), 1e-300))
        self.root = vectors / np.sqrt(size)  # columns of L, L Lᵀ = H⁻¹

    def run(self, seed: np.random.SeedSequence, size: int) -> Chunk:
        """One chunk."""
        from threadpoolctl import threadpool_limits

        counts = self.draws.counts(np.random.default_rng(seed), size)
        theta, reasons = np.full((size, self.model.table.n_free), np.nan), list[str]()
        with threadpool_limits(1):
            for b in range(size):
                rows = [np.repeat(np.arange(own.shape[1]), own[b].astype(np.int64)) for own in counts]
                try:
                    theta[b] = self._refit(rows)
                except FAILURES as failure:
                    reasons.append(first_line(failure))
                else:
                    reasons += [] if np.isfinite(theta[b]).all() else ["no convergence"]
        return Chunk(theta, np.zeros((size, 0)), np.full(size, math.nan), reasons)

    def _refit(self, rows: list[Index]) -> Array:
        """θ of one replication; NaN without convergence."""
        objective = self._objective(rows)
        found = self._near(objective) if self.model.space.is_linear else None
        if found is not None:
            return objective.space.expand(found)
        optimum = search(replace(self.model, objective=objective))
        return optimum.point.theta if optimum.converged else np.full(self.model.table.n_free, np.nan)

    def _near(self, objective: ProductObjective) -> Array | None:
        """φ at the optimum that BFGS reaches from the estimates; None without convergence."""
        from scipy.optimize import minimize

        def at(x: Array) -> tuple[float, Array]:
            point = objective.at(self.phi + self.root @ x)
            if not math.isfinite(point.value):
                return OUTSIDE, np.zeros(len(x))
            return point.value, self.root.T @ point.gradient

        tolerance = CLOSE * math.sqrt(2.0 / objective.n)
        options = {"maxiter": STEPS, "gtol": tolerance, "norm": 2}
        found = minimize(at, np.zeros(len(self.phi)), jac=True, method="BFGS", options=options)
        slope = float(np.linalg.norm(found.jac))
        if not found.fun < OUTSIDE or not slope <= 10.0 * tolerance:
            return None
        return np.asarray(self.phi + self.root @ found.x)

    def _objective(self, rows: list[Index]) -> ProductObjective:
        """The objective of the cases in these rows."""
        objective = self.model.objective
        assert isinstance(objective, ProductObjective)
        likelihoods = []
        for each, group, own in zip(objective.likelihoods, self.model.sample.groups, rows, strict=True):
            assert group.data is not None
            patterns = patterns_of(each.equations, group.data[own])
            likelihoods.append(replace(each, patterns=patterns, n=len(own)))
        return replace(objective, likelihoods=tuple(likelihoods), exact=False, last=[])
