"""The result of a fit with products of factors and a likelihood of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.diagnosis import (
    Finding,
    cluster_findings,
    definition_findings,
    error_findings,
)
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.interactions.lms_inference import measures_of, product_test
from comply_measure.sem.interactions.lms_model import NODES, ProductModel
from comply_measure.sem.interactions.lms_objective import ProductPoint
from comply_measure.sem.interactions.lms_scores import posterior, require_regression
from comply_measure.sem.result import Fit
from comply_measure.sem.scores.frame import GroupScores, score_frame, unused_rows

if TYPE_CHECKING:
    import pandas as pd

NO_CHISQUARE = (
    "with products the variables are not normally distributed, so that no saturated model has a likelihood "
    "that this one could be compared with; see product_test, AIC and BIC"
)


@dataclass(frozen=True)
class ProductFit(Fit):
    """A fitted model with products of factors."""

    model: ProductModel

    @property
    def no_fit(self) -> str:
        """Why there is no χ² test of fit."""
        return NO_CHISQUARE if self.converged else ""

    @cached_property
    def measures(self) -> dict[str, float]:
        """Log-likelihood and what rests on it; only counts when the optimiser did not converge."""
        model = self.model
        if not self.converged:
            return {"npar": float(model.n_parameters), "ntotal": float(model.sample.n)}
        return measures_of(model, self._point)

    @property
    def _point(self) -> ProductPoint:
        return cast(ProductPoint, self.optimum.point)

    @cached_property
    def product_test(self) -> TestStatistic:
        """Likelihood-ratio test of all products together; scaled where standard errors are sandwich ones."""
        df = self.model.n_parameters - self.model.linear.n_parameters
        if not self.converged:
            return TestStatistic("likelihood ratio", math.nan, df, math.nan, note="no convergence")
        if not self.model.nodes:
            note = "a quasi-likelihood has no likelihood-ratio test; see the z values of the products"
            return TestStatistic("likelihood ratio", math.nan, df, math.nan, note=note)
        return product_test(self.model, self._point, self.optimum.jacobian)

    def predict(
        self,
        data: pd.DataFrame | None = None,
        method: str = "regression",
        se: bool = False,
        group: str | None = None,
    ) -> pd.DataFrame:
        """Factor scores: posterior means of the factors, a row per row of the data under its label.

        Parameters
        ----------
        data, group
            Scores are those of the cases the model was fitted to: these are refused.
        method : str
            ``regression`` (``EBM``).
        se : bool
            Add posterior standard deviations as columns ``<factor>_se``.
        """
        import pandas as pd

        if data is not None or group is not None:
            raise ModelError(
                "factor scores of new cases are not available for models with products of factors"
            )
        require_regression(method)
        if not self.converged:
            raise ModelError("no factor scores: the optimiser did not converge")
        parts = list(self._scores())
        index = self.model.sample.index
        if index is None:
            index = pd.RangeIndex(1 + max(int(part.places.max(initial=-1)) for part in parts))
        return score_frame(index, parts, se, unused_rows(self.model, len(index), parts))

    def _scores(self) -> Iterator[GroupScores]:
        objective = self._point.objective
        for number, likelihood in enumerate(objective.likelihoods):
            layout, sample = likelihood.equations.layout, self.model.sample.groups[number]
            theta = self.theta[layout.first : layout.first + layout.q]
            nodes = self.model.nodes or NODES[1]
            mean, spread = posterior(likelihood, theta, nodes)
            latent = self.model.table.variables[number].latent
            places = [layout.sources.index(name) for name in latent]
            rows = np.arange(sample.n_cases) if sample.rows is None else sample.rows
            yield GroupScores(latent, mean[:, places], spread[:, places], rows)

    def _doubts(self) -> Iterator[Finding]:
        """What stands in the way of standard errors or of defined parameters."""
        if self.unidentified:
            names = self.model.table.free_names()
            involved = ", ".join(names[i] for i in self.unidentified[:8])
            yield Finding(
                "not_identified",
                f"the information matrix is singular; the data do not separate: {involved}",
                "fix a loading or variance per factor, or drop parameters; no standard errors are given",
            )
        yield from cluster_findings(self.model)
        if self.model.options.se != "none" and not self.unidentified:
            yield from error_findings(self.model, self.vcov_array)
        yield from definition_findings(self.model, self.theta)
