"""The result of a fit with products of factors and a likelihood of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.bootstrap.influence import of_units
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.inference.diagnosis import (
    Finding,
    cluster_findings,
    definition_findings,
    error_findings,
)
from comply_measure.sem.inference.tests import TestStatistic, chisquare_test, inverse_information
from comply_measure.sem.interactions.lms_inference import inflation, measures_of
from comply_measure.sem.interactions.lms_model import NODES, ProductModel, quadrature_error
from comply_measure.sem.interactions.lms_objective import ProductPoint
from comply_measure.sem.interactions.lms_scores import posterior, require_regression
from comply_measure.sem.options import SANDWICH
from comply_measure.sem.result import Fit
from comply_measure.sem.scores.frame import GroupScores, score_frame, unused_rows

if TYPE_CHECKING:
    import pandas as pd

TELL = 0.01  # change of the log-likelihood with twice the nodes that a reader must know
NO_CHISQUARE = (
    "with products the variables are not normally distributed, so that no saturated model has a likelihood "
    "that this one could be compared with; see sem.product_test, AIC and BIC"
)


@dataclass(frozen=True, repr=False)
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

    def influence(self) -> Array:
        """Influence of every case, or cluster, on the estimates, up to a factor (n, q)."""
        point = self._point
        P = inverse_information(self.model, point, "observed", self.optimum.jacobian)
        sizes = np.cumsum([each.n for each in point.objective.likelihoods])[:-1]
        return of_units(self.model, np.split(point.scores, sizes)) @ P

    @property
    def _point(self) -> ProductPoint:
        return cast(ProductPoint, self.optimum.point)

    @property
    def scores_new_cases(self) -> bool:
        """Scores are those of the cases the model was fitted to."""
        return False

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
            names = self.model.free_names()
            involved = ", ".join(names[i] for i in self.unidentified[:8])
            yield Finding(
                "not_identified",
                f"the information matrix is singular; the data do not separate: {involved}",
                "fix a loading or variance per factor, or drop parameters; no standard errors are given",
            )
        error = self.model.error
        if error is None:
            error = quadrature_error(self.model, self.theta, self._point.loglik)
        if error > TELL:
            yield Finding(
                "quadrature",
                f"twice the nodes change the log-likelihood by {error:.2g}",
                f"fit with nodes={2 * self.model.nodes} or more",
            )
        yield from cluster_findings(self.model)
        if self.model.options.se != "none" and not self.unidentified:
            yield from error_findings(self.model, self.vcov_array)
        yield from definition_findings(self.model, self.theta)


def product_difference(fit: ProductFit, without: ProductFit, tested: Sequence[int]) -> TestStatistic:
    """Test of products that another fit of the same data lacks.

    The likelihood ratio; with sandwich standard errors divided by the mean of the factors by which these change the
    covariance matrix of the products' coefficients, ``c = tr(V⁻¹ V_robust) / df`` (Kent, 1982; Satorra, 2000). A
    quasi-likelihood has no ratio with a known distribution: the Wald test of the coefficients stands in its place.

    Parameters
    ----------
    fit, without : ProductFit
    tested : sequence of int
        Rows of the table.
    """
    df = fit.npar - without.npar
    if not fit.model.nodes:
        constraints = "; ".join(f"{fit.model.table.plabel[row]} == 0" for row in tested)
        found = fit.wald(constraints)
        return replace(found, name="Wald", note="a quasi-likelihood has no likelihood-ratio test")
    statistic = max(2.0 * (fit._point.loglik - without._point.loglik), 0.0)
    if fit.model.options.se not in SANDWICH:
        return chisquare_test("likelihood ratio", statistic, df)
    places = tuple(int(fit.model.table.free[row]) - 1 for row in tested)
    factor = inflation(fit.model, fit._point, fit.optimum.jacobian, places) / df
    name = "scaled likelihood ratio"
    if not factor > 0.0:
        return TestStatistic(name, math.nan, df, math.nan, note="the information matrix is singular")
    return TestStatistic(name, statistic / factor, df, upper_tail(statistic / factor, df), factor)
