"""Two levels: cases in clusters, random intercepts, maximum likelihood of complete cases or of every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.base import Request
from comply_measure.sem.families.of_cases import OfCases
from comply_measure.sem.families.words import INFORMATION, Words
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.lengths import Lengths
from comply_measure.sem.fit_measures.residual import Residuals
from comply_measure.sem.fit_measures.robust import RobustBasis, complete_data_basis
from comply_measure.sem.implied import Implied, Layout
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.layouts import build_layouts
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.modification.candidates import Candidate
from comply_measure.sem.modification.extension import ExtendedModel
from comply_measure.sem.moment_tables import MomentTables, moment_tables
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.result import Fit
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.twolevel import inference
from comply_measure.sem.twolevel.baseline import baseline_of
from comply_measure.sem.twolevel.entry import two_level_model
from comply_measure.sem.twolevel.extension import ExtendedTwoLevelModel
from comply_measure.sem.twolevel.fit import TwoLevelFit
from comply_measure.sem.twolevel.measures import collect_two_level
from comply_measure.sem.twolevel.model import TwoLevelModel, log_likelihoods, model_of
from comply_measure.sem.twolevel.objective import TwoLevelPoint

WORDS = Words(
    "'level:' blocks",
    ("listwise", "ml"),
    ("standard", "robust.huber.white", "first.order", "none"),
    ("standard", "yuan.bentler.mplus", "none"),
    INFORMATION,
    robust="robust.huber.white",
    usual_information="observed",
)


@dataclass(frozen=True)
class TwoLevel(OfCases):
    """Clusters are what is drawn independently; both levels of a group share its likelihood."""

    name = "two-level models"
    situations = ("levels",)
    one_level = False
    two_levels = True

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return WORDS

    def model(self, request: Request) -> Model:
        """The model of a text with ``level:`` blocks and data, ready to be estimated."""
        return two_level_model(request)

    def again(self, model: Model, table: ParameterTable) -> Model:
        """A model of the same data with another table."""
        mine = _model(model)
        return model_of(table, mine.data, mine.options, mine.groups)

    def layouts(self, table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[Layout, ...]:
        """Two per group, within and between."""
        return build_layouts(table, exogenous)

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """None per block: the objective is one of both levels."""
        raise ModelError("the two levels of a group have one discrepancy")

    def result(self, model: Model, optimum: Optimum, given_errors: Array | None = None) -> Fit:
        """The fit at an optimum, its tables with levels."""
        return TwoLevelFit(_model(model), optimum, given_errors)

    @property
    def has_loglik(self) -> bool:
        """Yes."""
        return True

    def log_likelihoods(self, model: Model, point: Point) -> LogLikelihoods | None:
        """Log-likelihoods of the fitted and the saturated model, given fixed exogenous variables."""
        return log_likelihoods(_model(model), point.value)

    def why_no_test(self, model: Model) -> str:
        """The likelihood of the saturated model is not known where its search did not converge."""
        if all(found.converged for found in _model(model).data.saturated):
            return ""
        return "the saturated moments did not converge"

    def covariance(self, model: Model, point: Point, jacobian: Array | None) -> ParameterCovariance:
        """Covariance matrix of θ̂ from the scores of clusters."""
        return inference.covariance_of(_model(model), _point(point), jacobian)

    def scaled_test(
        self, model: Model, point: Point, standard: TestStatistic, jacobian: Array | None = None
    ) -> TestStatistic:
        """The Yuan-Bentler test in Mplus' form."""
        return inference.scaled_test(_model(model), _point(point), standard, jacobian)

    def baseline(self, model: Model) -> Baseline:
        """No covariances in either level."""
        return baseline_of(_model(model))

    def measures(self, evidence: Evidence) -> dict[str, float]:
        """All measures that two levels have."""
        return collect_two_level(_model(evidence.model), evidence)

    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """From the scaled tests of the model and the baseline model."""
        return complete_data_basis(evidence.test, evidence.scaled, evidence.baseline)

    def residual_measures(self, model: Model, point: Point) -> Residuals:
        """One per level: see :func:`comply_measure.sem.twolevel.measures.level_residuals`."""
        self._none("root mean square residuals of both levels together")

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """Not defined."""
        self._none("indices that rest on weighted residuals")

    def extended(self, model: Model, point: Point, candidates: Sequence[Candidate]) -> ExtendedModel:
        """The model with candidates of both levels."""
        return ExtendedTwoLevelModel(_model(model), _point(point), candidates)

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """Not defined per block: see :meth:`extended`."""
        self._none("informations of one level")

    def implied_tables(self, implied: Implied) -> MomentTables:
        """Implied covariances and means of one level."""
        return moment_tables(implied.layout.observed, implied.sigma, implied.mu)

    def left_out_because(self, model: Model) -> tuple[str, str]:
        """Why a case has no part in a fit, and what would keep it."""
        if model.options.complete_cases:
            return super().left_out_because(model)
        reason = "they have no value of the within level, or lack a fixed exogenous variable or the group"
        return reason, "fixed_x=False keeps cases that lack an exogenous variable"


def _model(model: Model) -> TwoLevelModel:
    return cast(TwoLevelModel, model)


def _point(point: Point) -> TwoLevelPoint:
    return cast(TwoLevelPoint, point)
