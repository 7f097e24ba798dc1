"""What normal theory and least squares share: complete cases of continuous variables, or their moments."""

from __future__ import annotations

from dataclasses import replace

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.baseline import Baseline, fitted_baseline
from comply_measure.sem.bootstrap.bollen_stine import transformed
from comply_measure.sem.bootstrap.replicate import Worker
from comply_measure.sem.complete_cases import complete_sample
from comply_measure.sem.data import Cases
from comply_measure.sem.discrepancy.base import Evaluation
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.one_level import OneLevel
from comply_measure.sem.families.words import SECOND_ORDER, Words
from comply_measure.sem.fit_measures.lengths import Lengths, complete_lengths
from comply_measure.sem.implied import Layout
from comply_measure.sem.inference.first_order_residuals import FirstOrderResidualErrors
from comply_measure.sem.inference.residual_errors import ResidualErrors
from comply_measure.sem.model import Model
from comply_measure.sem.modification.curvature import complete_cross_information
from comply_measure.sem.objective import Point
from comply_measure.sem.options import RESIDUAL_TESTS, Options
from comply_measure.sem.sample import GroupSample, Sample, moments
from comply_measure.sem.table.parameter_table import ParameterTable

OF_MOMENTS = Words(
    "moments alone",
    ("listwise",),
    ("standard", "robust.sem.nt", "none"),
    ("standard", "browne.residual.nt", "none"),
    ("expected", "observed"),
)


class CompleteData(OneLevel):
    """Complete cases, or moments. A discrepancy of one's own needs :meth:`discrepancy` and nothing else."""

    situations = ("complete", "moments")
    reweighted = True

    def words(self, situation: str, missing: str) -> Words:
        """Those of moments alone, or what a discrepancy without assumptions can honour."""
        return OF_MOMENTS if situation == "moments" else OWN

    def sample(self, cases: Cases, table: ParameterTable, options: Options) -> Sample:
        """Moments of the complete cases."""
        return complete_sample(cases, bool(self.cases_lost))

    def keeps_incomplete(self, options: Options) -> str:
        """Another estimator: a discrepancy of moments has no use for single values."""
        return "estimator='MLR' with missing='ml' (and its own se and test) uses all available values"

    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """Moments of some of the cases."""
        parts = []
        for group, own in zip(model.sample.groups, rows, strict=True):
            if group.data is None:
                raise ModelError("the model was fitted to moments: there are no cases to resample")
            parts.append(moments(group.data[own], group.names, group.name, unbiased=bool(self.cases_lost)))
        return Sample(tuple(parts), sum(part.n_cases for part in parts))

    def baseline(self, model: Model) -> Baseline:
        """The model of uncorrelated variables, fitted."""
        return fitted_baseline(model)

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """By the weight of the moments, without the whole matrix."""
        return complete_cross_information(evaluation, layout, old, new)

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """By the weight of the moments; NaN where it is not known."""
        return complete_lengths(evaluation, sample, with_means, exogenous)

    def residual_errors(self, model: Model, point: Point, group: int) -> ResidualErrors:
        """Standard errors of residuals; from outer products of scores where the information is."""
        kind = FirstOrderResidualErrors if model.options.se == "first.order" else ResidualErrors
        return kind(model, point, group)

    def worker(self, model: Model, point: Point, kind: str) -> Worker:
        """Resampled cases, or for the Bollen-Stine test resampled cases of data in which the model holds."""
        groups = model.sample.groups
        if kind == "bollen.stine":
            data = [transformed(*pair) for pair in zip(groups, point.implied, strict=True)]
            parts = tuple(replace(group, data=own) for group, own in zip(groups, data, strict=True))
            model = replace(model, sample=replace(model.sample, groups=parts))
        elif any(group.data is None for group in groups):
            raise ModelError("the bootstrap needs the cases, not moments")
        return self.refitting(model, point)

    def refitting(self, model: Model, point: Point) -> Worker:
        """Who refits the model to resampled cases: one replication after the other."""
        return super().worker(model, point, "ordinary")


OWN = Words(
    "this estimator",
    ("listwise",),
    ("standard", "robust.sem", "bootstrap", "none"),
    ("standard", "satorra.bentler", *SECOND_ORDER, *RESIDUAL_TESTS, "bollen.stine", "none"),
    ("expected", "observed"),
)
