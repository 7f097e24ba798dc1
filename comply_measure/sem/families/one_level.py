"""What the families of one level share: cases (or moments) of groups, one discrepancy per group."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.fit import BootstrapFit, resampled
from comply_measure.sem.bootstrap.replicate import CaseWorker, Worker
from comply_measure.sem.data import Cases, collect
from comply_measure.sem.discrepancy.base import Evaluation
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.base import Family, Request
from comply_measure.sem.fit_measures.collect import Evidence, all_measures
from comply_measure.sem.fit_measures.lengths import Lengths, undefined_lengths
from comply_measure.sem.fit_measures.residual import Residuals, covariance_residuals
from comply_measure.sem.fit_measures.robust import RobustBasis, complete_data_basis
from comply_measure.sem.implied import Implied, Layout
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.residuals import residual_tables
from comply_measure.sem.inference.robust import covariance_of
from comply_measure.sem.inference.tests import TestStatistic, scaled_test
from comply_measure.sem.layouts import build_layouts
from comply_measure.sem.model import Model, specify
from comply_measure.sem.moment_tables import MomentTables, moment_tables
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.result import Fit
from comply_measure.sem.sample import Sample
from comply_measure.sem.scores.frame import GroupScores
from comply_measure.sem.scores.linear import group_scores, scores_of_cases
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.build import build_table
from comply_measure.sem.table.parameter_table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd


class OneLevel(Family):
    """Answers that hold for every family of one level unless it says otherwise."""

    @abstractmethod
    def sample(self, cases: Cases, table: ParameterTable, options: Options) -> Sample:
        """Sample moments of the user's cases."""

    def model(self, request: Request) -> Model:
        """The model of a text and data, ready to be estimated."""
        records, options = request.records, request.options
        table = build_table(records, request.table_options, request.groups[0])
        names = [block.observed for block in table.variables]
        cases = collect(
            request.frame, names, request.groups, records, request.asked.cluster, request.weighting
        )
        sample = self.sample(cases, table, options)
        return specify(as_asked(table, sample.groups, options.search), sample, options)

    def layouts(self, table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[Layout, ...]:
        """Where parameters stand, per group."""
        return build_layouts(table, exogenous)

    def result(self, model: Model, optimum: Optimum, given_errors: Array | None = None) -> Fit:
        """The fit at an optimum."""
        return Fit(model, optimum, given_errors)

    def random_starts(self, options: Options, most: int) -> int:
        """All of them for complete data, a third where evaluations cost more."""
        return most if options.complete_cases else most // 3

    def covariance(self, model: Model, point: Point, jacobian: Array | None) -> ParameterCovariance:
        """Covariance matrix of θ̂ by the model's choice of standard errors."""
        return covariance_of(model, point, jacobian)

    def scaled_test(
        self, model: Model, point: Point, standard: TestStatistic, jacobian: Array | None = None
    ) -> TestStatistic:
        """The correction of a standard test that the options ask for."""
        return scaled_test(model, point, standard, jacobian)

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """Parts of the whole information matrix."""
        full = evaluation.information()
        return full[np.ix_(new, old)], full[new, new]

    def measures(self, evidence: Evidence) -> dict[str, float]:
        """All fit measures by lavaan's names."""
        return all_measures(evidence)

    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """From the scaled tests of the model and the baseline model."""
        return complete_data_basis(evidence.test, evidence.scaled, evidence.baseline)

    def residual_measures(self, model: Model, point: Point) -> Residuals:
        """Root mean square residuals of means and covariances."""
        return covariance_residuals(model, point)

    def lengths(
        self, evaluation: Evaluation, sample: Any, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """NaN: nothing is known about the weights."""
        return undefined_lengths(sample, with_means)

    def implied_tables(self, implied: Implied) -> MomentTables:
        """Implied covariances and means."""
        return moment_tables(implied.layout.observed, implied.sigma, implied.mu)

    def residual_tables(
        self, model: Model, point: Point, kind: str, jacobian: Array | None
    ) -> list[MomentTables]:
        """Residuals of every group."""
        return residual_tables(model, point, kind, jacobian)

    def scores(self, model: Model, point: Point, method: str) -> list[GroupScores]:
        """Linear factor scores."""
        return list(scores_of_cases(model, point, method))

    def scores_of_new(
        self, model: Model, point: Point, number: int, frame: pd.DataFrame, rows: Index, method: str
    ) -> tuple[GroupScores, list[tuple[str, Index]]]:
        """Linear factor scores of new cases."""
        sample = model.sample.groups[number]
        values = collect(frame, [sample.names], ((sample.name,), (rows,))).values[0]
        absent: list[tuple[str, Index]] = []
        if model.options.complete_cases:
            # a case without any value is told apart from one that lacks some
            kept = ~np.isnan(values).any(axis=1) | np.isnan(values).all(axis=1)
            absent = [("a value is missing; a fit with missing='ml' uses those that are there", rows[~kept])]
            values, rows = values[kept], rows[kept]
        return group_scores(model, point, number, values, rows, method), absent

    def bootstrap(
        self, fit: Fit, replications: int, kinds: tuple[str, ...], seed: int | None, n_jobs: int
    ) -> BootstrapFit:
        """The fit with replications."""
        return resampled(fit, replications, kinds, seed, n_jobs)

    def worker(self, model: Model, point: Point, kind: str) -> Worker:
        """One replication after the other; the Bollen-Stine test needs complete continuous data."""
        if kind == "bollen.stine":
            raise ModelError("the Bollen-Stine bootstrap needs complete continuous data")
        return CaseWorker(model, point)


def on_moments(options: Options, family: Family) -> Options:
    """The options of a fit by another family, plain maximum likelihood on complete data.

    Parameters
    ----------
    options : Options
        Of the fit whose search it shall serve.
    family : Family
        Of maximum likelihood.
    """
    return replace(options, family=family, missing="listwise")
