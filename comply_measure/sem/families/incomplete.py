"""Values missing at random: full information, and two stages by way of the saturated moments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.baseline import Baseline, ml_baseline, shared_baseline
from comply_measure.sem.data import Cases
from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.discrepancy.fiml import FIMLDiscrepancy, FIMLEvaluation
from comply_measure.sem.discrepancy.ml import expected_information, pair_products
from comply_measure.sem.discrepancy.two_stage import TwoStageDiscrepancy
from comply_measure.sem.families.likelihood import moment_options
from comply_measure.sem.families.one_level import OneLevel
from comply_measure.sem.families.words import INFORMATION, Words
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.lengths import Lengths, complete_lengths, incomplete_lengths
from comply_measure.sem.fit_measures.missing_data import missing_data_basis
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.implied import Layout
from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.inference.missing_residuals import MissingResidualErrors
from comply_measure.sem.inference.missing_values import saturated_findings
from comply_measure.sem.inference.parts import spread_groups
from comply_measure.sem.inference.residual_errors import ResidualErrors
from comply_measure.sem.loglikelihood import LogLikelihoods, log_likelihoods
from comply_measure.sem.missing.sample import (
    incomplete_groups,
    incomplete_sample,
    resampled_group,
    resampled_sample,
)
from comply_measure.sem.model import Model
from comply_measure.sem.modification.curvature import complete_cross_information, incomplete_cross_information
from comply_measure.sem.objective import Point
from comply_measure.sem.options import SANDWICH, SCALED_TESTS, Options
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.table.parameter_table import ParameterTable

KEEPS_ALL = "ml.x"  # the word that keeps cases which lack an exogenous variable
FULL_INFORMATION = Words(
    "missing='ml'",
    ("ml", KEEPS_ALL),
    ("standard", *SANDWICH, "first.order", "bootstrap", "none"),
    ("standard", "yuan.bentler.mplus", "none"),
    INFORMATION,
    robust="robust.huber.white",
    usual_information="observed",
    weights=True,
)
TWO_STAGE = Words(
    "missing='two.stage'",
    ("two.stage", "robust.two.stage"),
    ("robust.sem", "bootstrap", "none"),
    ("satorra.bentler", "none"),
    ("expected",),
    usual_information="expected",
    own=("robust.sem", "satorra.bentler"),
    estimators=("ML", "MLM", "MLR"),
    no_clusters=("two.stage",),
)


class Incomplete(OneLevel):
    """Normal theory with missing values."""

    def moment_options(self, options: Options) -> Options | None:
        """Maximum likelihood on the saturated moments."""
        return moment_options(options)

    def sample(self, cases: Cases, table: ParameterTable, options: Options) -> Sample:
        """All available values with their saturated moments."""
        fixed = options.missing != KEEPS_ALL and table.options.fixed_x
        exogenous = tuple(names.exogenous if fixed else () for names in table.variables)
        return incomplete_sample(cases, exogenous, self.two_stages)

    @property
    @abstractmethod
    def two_stages(self) -> bool:
        """Whether the saturated moments are taken for those of complete cases."""

    @property
    def has_loglik(self) -> bool:
        """Yes; under two stages that of complete cases with the saturated moments."""
        return True

    def log_likelihoods(self, model: Model, point: Point) -> LogLikelihoods | None:
        """Log-likelihoods of the fitted and the saturated model."""
        return log_likelihoods(model, point.value)

    def baseline(self, model: Model) -> Baseline:
        """In closed form; its correction is that of the fitted model of uncorrelated variables."""
        exogenous = tuple(names.exogenous for names in model.table.variables)
        plain = ml_baseline(model.sample.groups, exogenous)
        return shared_baseline(model, plain) if model.options.test in SCALED_TESTS else plain

    def data_findings(self, model: Model) -> Iterator[Finding]:
        """Variables never seen together, saturated moments that could not be estimated."""
        yield from saturated_findings(model)

    def left_out_because(self, model: Model) -> tuple[str, str]:
        """Why a case has no part in a fit, and what would keep it."""
        grouped = model.sample.n_groups > 1
        if model.options.missing != KEEPS_ALL and any(model.exogenous):
            reason = "they have no value, or lack a fixed exogenous variable" + " or the group" * grouped
            return reason, "missing='ml.x' or fixed_x=False keeps cases that lack an exogenous variable"
        return "they have no value at all" + ", or no group" * grouped, ""


class FullInformation(Incomplete):
    """Every value counts in the likelihood."""

    name = "full information"
    situations = ("full information",)
    two_stages = False

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return replace(FULL_INFORMATION, place=f"missing='{missing}'")

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """``−2 (l − l_sat) / n`` of what was observed."""
        group = incomplete_groups((sample,))[0]
        return FIMLDiscrepancy(group, exogenous, options.information)

    def in_two_steps(self, options: Options) -> bool:
        """Yes, unless exogenous variables with missing values belong to both steps."""
        return options.missing != KEEPS_ALL

    def starts_from_moments(self) -> bool:
        """Yes: a step costs as much as there are patterns."""
        return True

    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """The values of some of the cases; saturated moments only where exogenous variables take theirs."""
        if model.options.missing == KEEPS_ALL:
            return resampled_sample(model.sample, rows, tuple(() for _ in rows), False)
        groups = incomplete_groups(model.sample.groups)
        parts = tuple(
            resampled_group(group, own, fixed)
            for group, own, fixed in zip(groups, rows, model.exogenous, strict=True)
        )
        return Sample(parts, sum(part.n_cases for part in parts))

    def hidden_information(self, point: Point) -> Array | None:
        """The expected one of complete data, exactly singular where the Hessian is so up to the last steps only."""
        parts = []
        for at in point.implied:
            W = at.inverse
            parts.append(expected_information(at, W, pair_products(at, at.sandwich(W))))
        return spread_groups(point, parts)

    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """Indices that missing values do not distort."""
        df0, scaled = float(evidence.baseline.df), evidence.scaled is not None
        return missing_data_basis(evidence.model, evidence.point, df0, scaled, evidence.jacobian)

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """By the information of the incomplete data about available moments."""
        assert isinstance(evaluation, FIMLEvaluation)
        return incomplete_lengths(evaluation, sample, with_means, exogenous)

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """Given the patterns."""
        assert isinstance(evaluation, FIMLEvaluation)
        return incomplete_cross_information(evaluation, old, new)

    def residual_errors(self, model: Model, point: Point, group: int) -> ResidualErrors:
        """From the information about the saturated moments."""
        return MissingResidualErrors(model, point, group)


class TwoStage(Incomplete):
    """Saturated moments first, the model from them second."""

    name = "two-stage estimation"
    situations = ("two-stage",)
    reweighted = True
    solves_normal_theory = True
    two_stages = True

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return replace(TWO_STAGE, place=f"missing='{missing}'")

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """That of maximum likelihood at the saturated moments."""
        group = incomplete_groups((sample,))[0]
        return TwoStageDiscrepancy(group, exogenous, robust=options.missing == "robust.two.stage")

    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """The values of some of the cases and their saturated moments."""
        return resampled_sample(model.sample, rows, model.exogenous, True)

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """By the weight of the moments."""
        return complete_lengths(evaluation, sample, with_means, exogenous)

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """By the weight of the moments, without the whole matrix."""
        return complete_cross_information(evaluation, layout, old, new)

    def data_findings(self, model: Model) -> Iterator[Finding]:
        """That the log-likelihood is not the one of the data, then as under full information."""
        yield Finding(
            "two_stage",
            "log-likelihood, AIC and BIC are those of complete data with the saturated moments",
            "use missing='ml' to compare models by them",
            serious=False,
        )
        yield from super().data_findings(model)
