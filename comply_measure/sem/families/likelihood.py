"""Maximum likelihood of normal theory on complete data."""

from __future__ import annotations

from dataclasses import replace

from comply_measure.sem.baseline import Baseline, ml_baseline, shared_baseline
from comply_measure.sem.bootstrap.replicate import BatchWorker, Worker
from comply_measure.sem.discrepancy.base import Discrepancy
from comply_measure.sem.discrepancy.ml import MLDiscrepancy
from comply_measure.sem.families.base import Family
from comply_measure.sem.families.complete import OF_MOMENTS, CompleteData
from comply_measure.sem.families.words import INFORMATION, Words
from comply_measure.sem.loglikelihood import LogLikelihoods, log_likelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import SANDWICH, SCALED_TESTS, Options
from comply_measure.sem.sample import GroupSample

WORDS = Words(
    "maximum likelihood",
    ("listwise",),
    ("standard", "robust.sem", *SANDWICH, "first.order", "bootstrap", "none"),
    ("standard", *SCALED_TESTS, "bollen.stine", "none"),
    INFORMATION,
    weights=True,
)


class Likelihood(CompleteData):
    """Normal theory on complete data or on given moments, whatever the estimator is called."""

    name = "maximum likelihood"
    other_engine = "MLW"
    solves_normal_theory = True

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return OF_MOMENTS if situation == "moments" else WORDS

    def keeps_incomplete(self, options: Options) -> str:
        """Full information, where its errors and test are those asked for."""
        full = options.se != "robust.sem" and options.test in ("standard", "none", "yuan.bentler.mplus")
        return Family.keeps_incomplete(self, options) if full else super().keeps_incomplete(options)

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """``log|Σ| + tr(S Σ⁻¹) − log|S| − p`` and the means."""
        return MLDiscrepancy(sample, exogenous)

    def same_scale(self, other: Family) -> bool:
        """A likelihood is one under any name."""
        return isinstance(other, Likelihood) or super().same_scale(other)

    def moment_options(self, options: Options) -> Options | None:
        """Its own."""
        return options

    @property
    def has_loglik(self) -> bool:
        """Yes."""
        return True

    def in_two_steps(self, options: Options) -> bool:
        """Yes."""
        return True

    def log_likelihoods(self, model: Model, point: Point) -> LogLikelihoods | None:
        """Log-likelihoods of the fitted and the saturated model."""
        return log_likelihoods(model, point.value)

    def baseline(self, model: Model) -> Baseline:
        """In closed form; its correction is that of the fitted model of uncorrelated variables."""
        exogenous = tuple(names.exogenous for names in model.table.variables)
        plain = ml_baseline(model.sample.groups, exogenous)
        if model.options.test not in SCALED_TESTS:
            return plain
        return shared_baseline(model, plain)

    def refitting(self, model: Model, point: Point) -> Worker:
        """All replications of a chunk together, unless constraints are not linear."""
        return BatchWorker(model, point) if model.space.is_linear else super().refitting(model, point)


LIKELIHOOD = Likelihood("ml")


def moment_options(options: Options) -> Options:
    """Options of plain maximum likelihood on complete data in the place of those of another family."""
    return replace(options, family=LIKELIHOOD, missing="listwise")
