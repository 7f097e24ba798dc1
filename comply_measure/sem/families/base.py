"""What everything else asks a family of estimation, and what it answers when it has nothing to say.

A family is one kind of estimation: normal theory on complete data, least squares, full information, two-stage,
ordered variables, two levels. It is an object without state that builds and judges whatever differs between them;
nothing else in the engine knows which one a model belongs to. ``Options.family`` holds it, ``Model.family`` names it.

A new family is a class in one file, registered by :func:`comply_measure.sem.families.registry.register_estimator`
together with an estimator that minimises its discrepancy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from comply_measure.sem.errors import ModelError
from comply_measure.sem.weighting import UNWEIGHTED, Weighting

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.arguments import Arguments
    from comply_measure.sem.arrays import Array, Index
    from comply_measure.sem.baseline import Baseline
    from comply_measure.sem.bootstrap.fit import BootstrapFit
    from comply_measure.sem.bootstrap.replicate import Worker
    from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
    from comply_measure.sem.families.words import Words
    from comply_measure.sem.fit_measures.collect import Evidence
    from comply_measure.sem.fit_measures.lengths import Lengths
    from comply_measure.sem.fit_measures.residual import Residuals
    from comply_measure.sem.fit_measures.robust import RobustBasis
    from comply_measure.sem.implied import Implied, Layout
    from comply_measure.sem.inference.covariance import ParameterCovariance
    from comply_measure.sem.inference.diagnosis import Finding
    from comply_measure.sem.inference.residual_errors import ResidualErrors
    from comply_measure.sem.inference.tests import TestStatistic
    from comply_measure.sem.language.records import ModelRecords
    from comply_measure.sem.loglikelihood import LogLikelihoods
    from comply_measure.sem.model import Model
    from comply_measure.sem.modification.candidates import Candidate
    from comply_measure.sem.modification.extension import ExtendedModel
    from comply_measure.sem.moment_tables import MomentTables
    from comply_measure.sem.objective import Point
    from comply_measure.sem.optimise import Optimum
    from comply_measure.sem.options import Options
    from comply_measure.sem.result import Fit
    from comply_measure.sem.sample import GroupSample, Sample
    from comply_measure.sem.scores.frame import GroupScores
    from comply_measure.sem.table.parameter_table import ParameterTable, TableOptions


@dataclass(frozen=True)
class Request:
    """What a model is built from: the parsed text, the data and the checked arguments.

    Attributes
    ----------
    records : ModelRecords
    frame : DataFrame
    groups : pair of tuples
        Names of the groups and the rows of each.
    ordered : frozenset of str
        Ordered variables of the model.
    asked : Arguments
    options : Options
    table_options : TableOptions
        What the defaults of the parameter table depend on.
    weighting : Weighting
        Sampling weights, if any.
    """

    records: ModelRecords
    frame: pd.DataFrame
    groups: tuple[tuple[str, ...], tuple[Index, ...]]
    ordered: frozenset[str]
    asked: Arguments
    options: Options
    table_options: TableOptions
    weighting: Weighting = UNWEIGHTED


@dataclass(frozen=True)
class Family(ABC):
    """A kind of estimation.

    Attributes
    ----------
    minimises : str
        Word of the discrepancy that is minimised; that of the estimators which belong here.
    is_chisquare : bool
        Whether n F follows a χ² distribution under a right model.
    name : str
        For people.
    situations : tuple of str
        Which data it is for: ``complete``, ``moments`` (printed ones), ``full information``, ``two-stage``,
        ``ordered`` or ``levels``.
    cases_lost : int
        1 where covariances have divisor n − 1 and inference counts n − 1 cases per group, 0 where both are n.
    fixes_exogenous : bool
        Whether moments of exogenous observed variables are taken as given unless the user says otherwise.
    conditional : bool
        Whether the model is one *given* the fixed exogenous variables, which then can be no outcomes.
    continuous : bool
        Whether implied means and covariances say all about a model, so that two models can be compared by them.
    one_level : bool
        Whether there is one likelihood contribution per case, as resampling and score tests take for granted.
    two_levels : bool
        Whether groups of the sample come in pairs, a within and a between level.
    other_engine : str
        The same discrepancy in semopy's words; empty where it has none.
    solves_normal_theory : bool
        Whether the estimates solve the normal-theory equations with weights at the implied moments.
    reweighted : bool
        Whether the statistic of reweighted least squares enters the GFI.
    """

    minimises: str
    is_chisquare: bool = True

    name: ClassVar[str]
    situations: ClassVar[tuple[str, ...]] = ("complete",)
    cases_lost: ClassVar[int] = 0
    fixes_exogenous: ClassVar[bool] = True
    conditional: ClassVar[bool] = False
    continuous: ClassVar[bool] = True
    one_level: ClassVar[bool] = True
    two_levels: ClassVar[bool] = False
    other_engine: ClassVar[str] = ""
    solves_normal_theory: ClassVar[bool] = False
    reweighted: ClassVar[bool] = False

    # -- words ---------------------------------------------------------------------------------------------

    @abstractmethod
    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""

    def serves(self, situation: str) -> bool:
        """Whether it is for such data."""
        return situation in self.situations

    def notes(self, estimator: str, se: str, situation: str) -> list[str]:
        """What a reader must know about an estimator and its errors here."""
        return []

    def same_scale(self, other: Family) -> bool:
        """Whether misfit is measured on the same scale, so that two models can be compared."""
        return self.minimises == other.minimises

    # -- building ------------------------------------------------------------------------------------------

    @abstractmethod
    def model(self, request: Request) -> Model:
        """The model of a text and data, ready to be estimated."""

    @abstractmethod
    def layouts(self, table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[Layout, ...]:
        """Where parameters stand, per group; ``exogenous`` holds values of rows that the data fix."""

    @abstractmethod
    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """What is minimised, for one group with these fixed exogenous variables."""

    @abstractmethod
    def result(self, model: Model, optimum: Optimum, given_errors: Array | None = None) -> Fit:
        """The fit at an optimum."""

    @abstractmethod
    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """The sample that consists of some cases of the model's, per group."""

    def fill_dependent(
        self, table: ParameterTable, layouts: tuple[Layout, ...], theta: Array, values: Array
    ) -> Array:
        """Values of all rows (rows,) with those that follow from the parameters put in, in place; none by default."""
        return values

    # -- searching -----------------------------------------------------------------------------------------

    def moment_options(self, options: Options) -> Options | None:
        """Options of maximum likelihood on the sample's covariances, an easier model to start from; None for none."""
        return None

    def starts_from_moments(self) -> bool:
        """Whether every search starts from there, because evaluations are costly."""
        return False

    def again(self, model: Model, table: ParameterTable) -> Model:
        """A model of the same data with another table."""
        from comply_measure.sem.model import specify

        return specify(table, model.sample, model.options)

    def search(self, model: Model) -> Optimum:
        """Where the model's discrepancy is smallest."""
        from comply_measure.sem.estimation import estimate

        return estimate(model)

    def why_no_difference(self, model: Model) -> str:
        """Why the difference of two fits' statistics is no test; empty when it is one."""
        return ""

    def product_difference(self, fit: Fit, without: Fit, rows: Sequence[int]) -> TestStatistic | None:
        """Test of products in these rows of the table; None where the difference of the χ² tests is one."""
        return None

    def random_starts(self, options: Options, most: int) -> int:
        """How many random starts a failed search of a model of usual size is given."""
        return most // 3

    # -- inference -----------------------------------------------------------------------------------------

    def log_likelihoods(self, model: Model, point: Point) -> LogLikelihoods | None:
        """Log-likelihoods of the fitted and the saturated model; None: the estimator has none."""
        return None

    @property
    def has_loglik(self) -> bool:
        """Whether there is a log-likelihood, and AIC and BIC with it."""
        return False

    def in_two_steps(self, options: Options) -> bool:
        """Whether measurement can be estimated apart from structure (:func:`comply_measure.sem.sam`)."""
        return False

    @abstractmethod
    def covariance(self, model: Model, point: Point, jacobian: Array | None) -> ParameterCovariance:
        """Covariance matrix of θ̂ by the model's choice of standard errors."""

    @abstractmethod
    def scaled_test(
        self, model: Model, point: Point, standard: TestStatistic, jacobian: Array | None = None
    ) -> TestStatistic:
        """The correction of a standard test that the options ask for."""

    @abstractmethod
    def baseline(self, model: Model) -> Baseline:
        """Test of the model of uncorrelated variables."""

    def hidden_information(self, point: Point) -> Array | None:
        """Information that also decides about identification, in θ (q, q); None for that of the fit alone."""
        return None

    def why_no_test(self, model: Model) -> str:
        """Why an identified model has no test of fit with these data; empty when it has."""
        return ""

    def variable_moments(
        self, model: Model, point: Point, number: int
    ) -> tuple[tuple[str, ...], Array | None, Array]:
        """Names, implied means (None without) and covariances of observed variables and sources of one group from 0."""
        return point.implied[number].variable_moments()

    def total_variances(self, implied: Implied) -> tuple[Array, Array]:
        """Variances of observed variables and sources (p + k,) and their derivatives (p + k, q)."""
        return implied.reticular_variances()

    def variances(self, implied: Implied) -> Array:
        """The same variances alone."""
        return self.total_variances(implied)[0]

    def dependent_rows(
        self, table: ParameterTable, implied: Implied, number: int
    ) -> dict[int, tuple[float, Array]]:
        """Value and derivatives of the rows that :meth:`fill_dependent` fills, for one group from 0."""
        return {}

    def moment_jacobian(self, implied: Implied, names: tuple[str, ...]) -> Array:
        """Derivatives of the implied moments, variables in a given order (moments, q)."""
        return implied.covariance_jacobian(names)

    @abstractmethod
    def cross_information(
        self, evaluation: Evaluation, layout: Layout, old: Index, new: Index
    ) -> tuple[Array, Array]:
        """Information between new and old parameters (e, m), and of each new one by itself (e,), per case."""

    # -- fit measures --------------------------------------------------------------------------------------

    @abstractmethod
    def measures(self, evidence: Evidence) -> dict[str, float]:
        """All fit measures by lavaan's names."""

    @abstractmethod
    def robust_basis(self, evidence: Evidence) -> RobustBasis | None:
        """What robust CFI, TLI and RMSEA rest on; None when they are not defined for the test."""

    def robust_cases(self, model: Model) -> float:
        """Number of cases in robust indices."""
        return model.n_inference

    @abstractmethod
    def residual_measures(self, model: Model, point: Point) -> Residuals:
        """Root mean square residuals, averaged over groups with the groups' shares as weights."""

    def srmr(self, residuals: Residuals) -> float:
        """The SRMR that goes by this name."""
        return residuals.srmr

    def n_responses(self, model: Model) -> int:
        """Observed variables of a group that are modelled."""
        return model.sample.groups[0].p

    @abstractmethod
    def lengths(
        self, evaluation: Evaluation, sample: GroupSample, with_means: bool, exogenous: tuple[str, ...]
    ) -> Lengths:
        """Lengths of a group's residuals and moments in the metric of the estimator's weights."""

    def last_index(self, evidence: Evidence, n_moments: int) -> dict[str, float]:
        """ECVI, or what stands in its place; ``n_moments`` are those of the first group."""
        from comply_measure.sem.fit_measures.absolute import ecvi

        return {"ecvi": ecvi(evidence.test.statistic, float(evidence.model.n_parameters), evidence.n)}

    # -- tables --------------------------------------------------------------------------------------------

    @abstractmethod
    def implied_tables(self, implied: Implied) -> MomentTables:
        """Implied moments of one group as data frames and series."""

    @abstractmethod
    def residual_tables(
        self, model: Model, point: Point, kind: str, jacobian: Array | None
    ) -> list[MomentTables]:
        """Residuals of every group in the form of :meth:`implied_tables`."""

    def residual_errors(self, model: Model, point: Point, group: int) -> ResidualErrors:
        """Standard errors of one group's residuals.

        Raises
        ------
        ModelError
            When there are none.
        """
        raise ModelError("residuals with standard errors need complete data or missing='ml'")

    def scores(self, model: Model, point: Point, method: str) -> list[GroupScores]:
        """Factor scores of the cases the model was fitted to.

        Raises
        ------
        ModelError
            When there are none.
        """
        raise ModelError(f"factor scores are not available for {self.name}")

    def scores_of_new(
        self, model: Model, point: Point, number: int, frame: pd.DataFrame, rows: Index, method: str
    ) -> tuple[GroupScores, list[tuple[str, Index]]]:
        """Factor scores of new cases of one group, and rows without any by reason.

        Raises
        ------
        ModelError
            When there are none.
        """
        raise ModelError(f"factor scores of new cases are not available for {self.name}")

    # -- resampling ----------------------------------------------------------------------------------------

    @abstractmethod
    def bootstrap(
        self, fit: Fit, replications: int, kinds: tuple[str, ...], seed: int | None, n_jobs: int
    ) -> BootstrapFit:
        """The fit with replications."""

    @abstractmethod
    def worker(self, model: Model, point: Point, kind: str) -> Worker:
        """Who refits resampled data.

        Raises
        ------
        ModelError
            When the model cannot be resampled in this way.
        """

    def exogenous_cases(self, group: GroupSample, rows: Index) -> Array:
        """Some cases of a group; only columns of fixed exogenous variables are looked at (n, p)."""
        assert group.data is not None
        return np.asarray(group.data[rows])

    def implied_at(self, model: Model, theta: Array) -> list[Implied]:
        """Implied moments of all groups at θ."""
        return model.objective.at(model.space.contract(theta)).implied

    def batched_values(self) -> bool:
        """Whether standardised values of many replications can be had at once."""
        return True

    # -- words for people ----------------------------------------------------------------------------------

    def data_findings(self, model: Model) -> Iterator[Finding]:
        """What the data give cause to say."""
        yield from ()

    def inadmissible(self, model: Model, point: Point) -> Iterator[Finding]:
        """Estimates that no population has, beyond negative variances and indefinite matrices."""
        yield from ()

    def left_out_because(self, model: Model) -> tuple[str, str]:
        """Why a case has no part in a fit, and what would keep it."""
        reason = "a value or the group is missing" if model.sample.n_groups > 1 else "a value is missing"
        return reason, self.keeps_incomplete(model.options)

    def keeps_incomplete(self, options: Options) -> str:
        """What would use incomplete cases as well, beside the other options; only what is taken is advised."""
        return "missing='ml' uses all available values"

    def extended(self, model: Model, point: Point, candidates: Sequence[Candidate]) -> ExtendedModel:
        """The model with candidates among its parameters, for modification indices."""
        from comply_measure.sem.modification.extension import ExtendedModel

        return ExtendedModel(model, point, candidates)

    def refuse(self, what: str) -> None:
        """Refuse what is not there for this family.

        Raises
        ------
        ModelError
        """
        if not self.one_level:
            raise ModelError(f"{what} are not available for {self.name}")
