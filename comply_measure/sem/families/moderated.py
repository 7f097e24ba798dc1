"""Products of factors with a likelihood of their own: LMS and QML."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.bootstrap.fit import BootstrapFit, resampled
from comply_measure.sem.bootstrap.replicate import Worker
from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.families.base import Family, Request
from comply_measure.sem.families.of_cases import OfCases
from comply_measure.sem.families.words import Words
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.lengths import Lengths
from comply_measure.sem.fit_measures.residual import Residuals, covariance_residuals
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.implied import Implied, Layout
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.interactions.lms_fit import NO_CHISQUARE, ProductFit, product_difference
from comply_measure.sem.interactions.lms_inference import covariance_of, measures_of, sharpened
from comply_measure.sem.interactions.lms_model import ProductModel, product_model, with_table
from comply_measure.sem.interactions.lms_moments import TotalImplied
from comply_measure.sem.interactions.lms_objective import ProductPoint
from comply_measure.sem.interactions.lms_search import search
from comply_measure.sem.layouts import build_layouts
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.moment_tables import MomentTables, moment_tables
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import SANDWICH, Options
from comply_measure.sem.result import Fit
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable

ESTIMATORS = ("ML", "MLR", "MLF")
ERRORS = ("standard", "robust.huber.white", "robust.cluster", "first.order", "none")


@dataclass(frozen=True)
class Moderated(OfCases):
    """Latent moderated structural equations (Klein & Moosbrugger, 2000)."""

    name = "latent moderated structural equations (LMS)"
    situations = ("lms",)
    fixes_exogenous = False
    continuous = False
    one_level = False
    quasi: ClassVar[bool] = False

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return Words(
            f"interactions='{situation}'",
            ("listwise", "ml"),
            ERRORS,
            ("standard", "yuan.bentler.mplus", "none"),
            ("observed", "first.order"),
            robust="robust.huber.white",
            usual_information="observed",
            estimators=ESTIMATORS,
        )

    def model(self, request: Request) -> Model:
        """The model of a text with products and data, ready to be estimated."""
        return product_model(request, self.quasi)

    def layouts(self, table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[Layout, ...]:
        """Of the linear part."""
        return build_layouts(table, exogenous)

    def again(self, model: Model, table: ParameterTable) -> Model:
        """A model of the same data with another table."""
        return with_table(cast(ProductModel, model), table)

    def search(self, model: Model) -> Optimum:
        """Where the likelihood is largest."""
        return search(cast(ProductModel, model))

    def same_scale(self, other: Family) -> bool:
        """A likelihood is one with and without products; a quasi-likelihood is another."""
        return super().same_scale(other) and self.quasi == getattr(other, "quasi", False)

    def why_no_difference(self, model: Model) -> str:
        """Quasi-likelihoods have no ratio, and scaled ratios are those of products alone."""
        if self.quasi:
            return "a quasi-likelihood has no likelihood-ratio test; see sem.product_test"
        robust = model.options.se in SANDWICH
        return (
            "scaled ratios of these likelihoods are those of products: see sem.product_test" if robust else ""
        )

    def product_difference(self, fit: Fit, without: Fit, rows: Sequence[int]) -> TestStatistic | None:
        """Likelihood ratio, or a Wald test where there is only a quasi-likelihood."""
        return product_difference(cast(ProductFit, fit), cast(ProductFit, without), rows)

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """None of moments: the likelihood is one of cases."""
        self._none("discrepancies of moments")

    def result(self, model: Model, optimum: Optimum, given_errors: Array | None = None) -> Fit:
        """The fit at an optimum."""
        return ProductFit(cast(ProductModel, model), optimum, given_errors)

    @property
    def has_loglik(self) -> bool:
        """Yes."""
        return True

    def log_likelihoods(self, model: Model, point: Point) -> LogLikelihoods | None:
        """That of the model; a saturated one does not exist."""
        return LogLikelihoods(cast(ProductPoint, point).loglik, math.nan)

    def bootstrap(
        self, fit: Fit, replications: int, kinds: tuple[str, ...], seed: int | None, n_jobs: int
    ) -> BootstrapFit:
        """The fit with replications; there is no χ² and no test of Bollen and Stine."""
        from comply_measure.sem.interactions.lms_resampling import BootstrapProductFit

        if kinds != ("ordinary",):
            self._none("bootstrap tests")
        return resampled(fit, replications, kinds, seed, n_jobs, make=BootstrapProductFit)

    def worker(self, model: Model, point: Point, kind: str) -> Worker:
        """Who searches from the estimates."""
        from comply_measure.sem.interactions.lms_resampling import ProductWorker

        return ProductWorker(cast(ProductModel, model), cast(ProductPoint, point))

    def variances(self, implied: Implied) -> Array:
        """Total variances without their derivatives, which take two moments for every parameter."""
        return implied.total_variances() if isinstance(implied, TotalImplied) else super().variances(implied)

    def batched_values(self) -> bool:
        """No: products add to the variances."""
        return False

    def implied_at(self, model: Model, theta: Array) -> list[Implied]:
        """Moments with the products in them, without the likelihood."""
        equations = zip(cast(ProductModel, model).equations, model.layouts, strict=True)
        return [TotalImplied(own, theta[at.first : at.first + at.q]) for own, at in equations]

    def covariance(self, model: Model, point: Point, jacobian: Array | None) -> ParameterCovariance:
        """Covariance matrix of θ̂ by the model's choice of standard errors."""
        return covariance_of(cast(ProductModel, model), cast(ProductPoint, point), jacobian)

    def scaled_test(
        self, model: Model, point: Point, standard: TestStatistic, jacobian: Array | None = None
    ) -> TestStatistic:
        """None, for the reason of the standard test."""
        name = model.options.test
        return TestStatistic(name, math.nan, standard.df, math.nan, math.nan, note=NO_CHISQUARE)

    def baseline(self, model: Model) -> Baseline:
        """None."""
        return Baseline(math.nan, 0)

    def hidden_information(self, point: Point) -> Array | None:
        """The observed information, with directions exactly singular that differences cannot tell from singular."""
        return sharpened(cast(ProductPoint, point))

    def measures(self, evidence: Evidence) -> dict[str, float]:
        """Log-likelihood, information criteria, the SRMR of the implied moments, and the model without products."""
        return measures_of(cast(ProductModel, evidence.model), cast(ProductPoint, evidence.point))

    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """None."""
        return None

    def residual_measures(self, model: Model, point: Point) -> Residuals:
        """Root mean square residuals of means and covariances, against the moments that products imply."""
        return covariance_residuals(model, point)

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """Not defined."""
        self._none("indices that rest on weighted residuals")

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """Not defined."""
        self._none("modification indices")

    def implied_tables(self, implied: Implied) -> MomentTables:
        """Means and covariances with the products in them."""
        return moment_tables(implied.layout.observed, implied.sigma, implied.mu)


class QuasiModerated(Moderated):
    """Quasi-maximum likelihood (Klein & Muthén, 2007)."""

    name = "quasi-maximum likelihood of products (QML)"
    situations = ("qml",)
    quasi = True
