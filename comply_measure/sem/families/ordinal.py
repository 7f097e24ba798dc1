"""Ordered variables, alone or among continuous ones: least squares of thresholds and polychoric correlations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.data import Cases
from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.base import Request
from comply_measure.sem.families.one_level import OneLevel
from comply_measure.sem.families.words import SECOND_ORDER, Words
from comply_measure.sem.fit_measures.absolute import wrmr
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.lengths import Lengths, weighted_length
from comply_measure.sem.fit_measures.residual import Residuals
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.implied import Implied, Layout
from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.model import Model
from comply_measure.sem.modification.curvature import weighted_cross_information
from comply_measure.sem.moment_tables import MomentTables
from comply_measure.sem.objective import Point
from comply_measure.sem.options import PAIRWISE, Options
from comply_measure.sem.ordinal import findings
from comply_measure.sem.ordinal.baseline import ordinal_baseline
from comply_measure.sem.ordinal.build import ordinal_layouts
from comply_measure.sem.ordinal.discrepancy import OrdinalDiscrepancy, OrdinalEvaluation
from comply_measure.sem.ordinal.entry import ordinal_model
from comply_measure.sem.ordinal.layout import OrdinalImplied, OrdinalLayout
from comply_measure.sem.ordinal.measures import categorical_basis, residual_measures
from comply_measure.sem.ordinal.new_cases import answers_of, new_answers
from comply_measure.sem.ordinal.residuals import implied_tables, residual_tables
from comply_measure.sem.ordinal.sample import ordinal_groups, resampled_group
from comply_measure.sem.ordinal.values import dependent_rows, fill_dependent, total_variances
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.scores.frame import GroupScores
from comply_measure.sem.scores.modal import modal_scores, response_model
from comply_measure.sem.table.parameter_table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

WORDS = Words(
    "ordered variables",
    ("listwise", *PAIRWISE),
    ("standard", "robust.sem", "bootstrap", "none"),
    ("standard", "satorra.bentler", *SECOND_ORDER, "none"),
    ("expected", "observed"),
    clustered_second_order=True,
    weights=True,
    own_gamma=True,
)


class Ordinal(OneLevel):
    """Latent responses cut at thresholds, given the covariates."""

    name = "ordered variables"
    situations = ("ordered",)
    cases_lost = 1
    fixes_exogenous = False
    conditional = True
    continuous = False

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        return replace(WORDS, weighs_by_gamma=self.is_chisquare)

    def model(self, request: Request) -> Model:
        """The model of a text and data, ready to be estimated."""
        return ordinal_model(request)

    def sample(self, cases: Cases, table: ParameterTable, options: Options) -> Sample:
        """Not from numbers: ordered variables are coded first (see :meth:`model`)."""
        raise ModelError("ordered variables are no numbers")

    def layouts(self, table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[Layout, ...]:
        """Where parameters stand, thresholds and scaling factors among them."""
        return ordinal_layouts(table, exogenous)

    def keeps_incomplete(self, options: Options) -> str:
        """Pairs of answers."""
        return "missing='pairwise' uses all pairs of answers"

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """Weighted squares of residual thresholds, slopes, variances and correlations."""
        return OrdinalDiscrepancy(ordinal_groups((sample,))[0], self.minimises)

    def fill_dependent(
        self, table: ParameterTable, layouts: tuple[Layout, ...], theta: Array, values: Array
    ) -> Array:
        """Residual variances (delta) or scaling factors (theta)."""
        fill_dependent(table, cast("tuple[OrdinalLayout, ...]", layouts), theta, values)
        return values

    def total_variances(self, implied: Implied) -> tuple[Array, Array]:
        """Those of latent responses and sources, covariates included."""
        return total_variances(_ordinal(implied))

    def dependent_rows(
        self, table: ParameterTable, implied: Implied, number: int
    ) -> dict[int, tuple[float, Array]]:
        """Value and derivatives of the rows that follow from the parameters."""
        return dependent_rows(table, _ordinal(implied), number)

    def moment_jacobian(self, implied: Implied, names: tuple[str, ...]) -> Array:
        """Derivatives of all statistics.

        Raises
        ------
        ModelError
            For variables in another order.
        """
        if implied.layout.observed != names:
            raise ModelError("write the indicators of both models in the same order for this test")
        at = _ordinal(implied)
        return at.jacobian.left(np.eye(len(at.moments)))

    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """By the weights of the statistics."""
        own = cast(OrdinalEvaluation, evaluation)
        jacobian = own.implied.jacobian
        return weighted_cross_information(jacobian.left(np.eye(jacobian.size)), own.weights, old, new)

    def baseline(self, model: Model) -> Baseline:
        """In closed form."""
        return ordinal_baseline(model)

    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """Statistics of some of the cases."""
        groups = ordinal_groups(model.sample.groups)
        parts = tuple(
            resampled_group(group, own, self.minimises) for group, own in zip(groups, rows, strict=True)
        )
        return Sample(parts, sum(part.n_cases for part in parts))

    def exogenous_cases(self, group: GroupSample, rows: Index) -> Array:
        """Values of the covariates in their columns, zero elsewhere."""
        own = ordinal_groups((group,))[0]
        places = [i for i, name in enumerate(own.names) if name not in own.coded.names]
        data = np.zeros((len(rows), own.p))
        data[:, places] = own.covariates[rows]
        return data

    def batched_values(self) -> bool:
        """No: rows that follow from the parameters are filled one replication at a time."""
        return False

    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """From the categorical maximum-likelihood discrepancy."""
        e = evidence
        return categorical_basis(e.model, e.point, e.test, e.scaled, float(e.baseline.df))

    def robust_cases(self, model: Model) -> float:
        """N: the statistic is N times a likelihood discrepancy, as in lavaan 0.7."""
        return float(model.sample.n)

    def residual_measures(self, model: Model, point: Point) -> Residuals:
        """Root mean squares of residual correlations, with and without thresholds."""
        return residual_measures(point, model.sample.weights)

    def srmr(self, residuals: Residuals) -> float:
        """Thresholds are left out, as in lavaan."""
        return residuals.srmr_nomean

    def n_responses(self, model: Model) -> int:
        """Covariates are given and do not count."""
        return len(cast(OrdinalLayout, model.layouts[0]).kept)

    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """By the weights of the statistics."""
        own = cast(OrdinalEvaluation, evaluation)
        moments = own.residual + own.implied.moments
        return Lengths(own.value / own.factor, weighted_length(moments, own.weights), len(moments))

    def last_index(self, evidence: Evidence, n_moments: int) -> dict[str, float]:
        """WRMR instead of ECVI; the number of statistics is that of the first group, as in lavaan."""
        return {"wrmr": wrmr(evidence.test.statistic, n_moments)}

    def implied_tables(self, implied: Implied) -> MomentTables:
        """Implied correlations, means, thresholds and slopes."""
        return implied_tables(_ordinal(implied))

    def residual_tables(
        self, model: Model, point: Point, kind: str, jacobian: Array | None
    ) -> list[MomentTables]:
        """Residuals of every group."""
        return residual_tables(model, point, kind, jacobian)

    def scores(self, model: Model, point: Point, method: str) -> list[GroupScores]:
        """The mode of what a case's answers say about its factors."""
        word = "ebm" if method == "regression" else "ml"
        parts = []
        groups = ordinal_groups(model.sample.groups)
        for names, implied, group in zip(model.table.variables, point.implied, groups, strict=True):
            known = response_model(_ordinal(implied), answers_of(group), names.latent)
            scores, errors = modal_scores(known, word)
            places = np.arange(group.n_cases) if group.rows is None else group.rows
            parts.append(GroupScores(names.latent, scores, errors, places))
        return parts

    def scores_of_new(
        self, model: Model, point: Point, number: int, frame: pd.DataFrame, rows: Index, method: str
    ) -> tuple[GroupScores, list[tuple[str, Index]]]:
        """The same for new cases, by the categories of the fit."""
        word = "ebm" if method == "regression" else "ml"
        group = ordinal_groups(model.sample.groups)[number]
        answers, kept, absent = new_answers(group, frame, rows, model.options.complete_cases)
        latent = model.table.variables[number].latent
        scores, errors = modal_scores(response_model(_ordinal(point.implied[number]), answers, latent), word)
        return GroupScores(latent, scores, errors, kept), absent

    def data_findings(self, model: Model) -> Iterator[Finding]:
        """What the sample's tables and correlations give cause to say."""
        yield from findings.data_findings(ordinal_groups(model.sample.groups))

    def inadmissible(self, model: Model, point: Point) -> Iterator[Finding]:
        """Residual variances that are no parameters."""
        yield from findings.negative_residuals(model, [_ordinal(at) for at in point.implied])


def _ordinal(implied: Implied) -> OrdinalImplied:
    return cast(OrdinalImplied, implied)


ORDINAL = tuple(Ordinal(word, is_chisquare=word == "wls") for word in ("uls", "wls", "dwls"))
