"""The result of a fit: keeps every stage, computes tables when they are asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.fit_measures.browne import statistic_of
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.undefined import unidentified_parameters, why_no_fit, without_fit
from comply_measure.sem.followups import FollowUps
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.diagnosis import (
    Finding,
    admissibility,
    admissible_finding,
    cluster_findings,
    definition_findings,
    endless_finding,
    error_findings,
    is_lower_elsewhere,
    no_fit_findings,
    remedy_finding,
)
from comply_measure.sem.inference.missing_values import left_out
from comply_measure.sem.inference.tests import TestStatistic, chisquare_test
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.moment_tables import FitMoments, MomentTables
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import RESIDUAL_TESTS, SCALED_TESTS, choose
from comply_measure.sem.reasons import of_errors, of_measures, of_residuals, with_reasons
from comply_measure.sem.record import FitRecord, unreached
from comply_measure.sem.shared import work_on
from comply_measure.sem.tables import estimates_frame
from comply_measure.statistics.reasons import undefined_because

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fit(FollowUps):
    """A fitted model.

    Attributes
    ----------
    model : Model
        Parameter table, sample, layouts, options.
    optimum : Optimum
        Where the optimiser stopped.
    given_errors : array (q,) or None
        Standard errors of another engine, used instead of this one's.
    """

    model: Model
    optimum: Optimum
    given_errors: Array | None = None

    @property
    def converged(self) -> bool:
        """Whether the optimiser met its stopping rule."""
        return self.optimum.converged

    @property
    def has_optimum(self) -> bool:
        """Whether the search ended at a finite optimum: converged, and not held on a way without end.

        What publishes a number of the fit (a reliability, an effect) asks this, not :attr:`converged`.
        """
        return self.converged and not self.optimum.endless

    @property
    def unreached(self) -> str:
        """What stands in the place of an optimum, after "the model"; empty where there is one."""
        return unreached(self.converged, self.has_optimum)

    @property
    def theta(self) -> Array:
        """Free parameters θ̂ (q,)."""
        return self.optimum.point.theta

    @property
    def n(self) -> int:
        """Number of cases used."""
        return self.model.sample.n_cases

    @property
    def steps(self) -> str:
        """In which steps the estimates were found, where all were not found at once; empty for one step."""
        return ""

    @property
    def npar(self) -> int:
        """Number of free parameters, less equality constraints."""
        return self.model.n_parameters

    @cached_property
    def covariance(self) -> ParameterCovariance:
        """Covariance matrix of θ̂ with the information it came from."""
        return self.model.family.covariance(self.model, self.optimum.point, self.optimum.jacobian)

    @property
    def vcov_array(self) -> Array | None:
        """Covariance matrix of θ̂ (q, q); None when it could not be computed or was not asked for."""
        if not self.converged or self.optimum.endless or self.model.options.se == "none" or self.unidentified:
            return None
        if self.given_errors is not None:
            known = np.diag(self.given_errors**2)
            return np.where(np.eye(len(known), dtype=bool), known, math.nan)
        return self.covariance.vcov

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters, named as in lavaan.

        ``attrs["undefined"]`` says why numbers are missing.
        """
        import pandas as pd

        names = self.model.free_names()
        matrix = self.vcov_array
        table = pd.DataFrame(math.nan if matrix is None else matrix, index=names, columns=names)
        return undefined_because(table, of_errors(self))

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters: lhs, op, rhs, group, label, free, est, se, z, pvalue, ci_lower, ci_upper.

        ``attrs["undefined"]`` says why numbers are missing.
        """
        level, at_bound = self.model.options.level, self.optimum.at_bound
        return with_reasons(self, estimates_frame(self.model, self.theta, self.vcov_array, level, at_bound))

    @cached_property
    def unidentified(self) -> tuple[int, ...]:
        """Parameters (places in θ) that the data cannot separate; empty when the model is identified."""
        if not self.converged:
            return ()
        return unidentified_parameters(self.model, self.optimum.point, self.optimum.jacobian)

    @property
    def no_fit(self) -> str:
        """Why there is no test of fit and no fit measure; empty when there is."""
        return why_no_fit(self.model, self.unidentified) if self.converged else ""

    @cached_property
    def test(self) -> TestStatistic:
        """The standard χ² test."""
        if not self.converged:
            return TestStatistic("standard", math.nan, self.model.df, math.nan, note="no convergence")
        if self.no_fit:
            return TestStatistic("standard", math.nan, self.model.df, math.nan, note=self.no_fit)
        if self.log_likelihoods is not None and math.isnan(self.log_likelihoods.saturated):
            note = "the data do not determine the saturated model"
            return TestStatistic("standard", math.nan, self.model.df, math.nan, note=note)
        statistic = statistic_of(self.model, self.optimum.point, self.optimum.jacobian)
        residual = self.model.options.test in RESIDUAL_TESTS
        name = self.model.options.test if residual else "standard"
        if math.isnan(statistic):
            note = "the residual test needs an identified model and more cases than moments"
            return TestStatistic(name, math.nan, self.model.df, math.nan, note=note)
        if self.model.df == 0 and abs(statistic) < 1e-9 * self.n:
            statistic = 0.0
        found = chisquare_test(name, max(statistic, 0.0), self.model.df)
        if not self.model.family.is_chisquare and not residual:
            word = self.model.family.minimises.upper()
            note = f"the {word} statistic does not follow a χ² distribution"
            found = replace(found, pvalue=math.nan, note=note)
        return found

    @cached_property
    def scaled_test(self) -> TestStatistic | None:
        """The χ² test corrected for non-normal data; None when the estimator has none."""
        if not self.converged or self.model.options.test not in SCALED_TESTS:
            return None
        optimum = self.optimum
        return self.model.family.scaled_test(self.model, optimum.point, self.test, optimum.jacobian)

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline model's test; exogenous covariances stay in it whether fixed or not, as in lavaan."""
        return Baseline(math.nan, 0) if self.no_fit else self.model.family.baseline(self.model)

    @cached_property
    def log_likelihoods(self) -> LogLikelihoods | None:
        """Log-likelihoods of the fitted and the saturated model; None when the estimator has none."""
        return self.model.family.log_likelihoods(self.model, self.optimum.point)

    @cached_property
    def measures(self) -> dict[str, float]:
        """Fit measures by lavaan's names; only counts when the optimiser did not converge."""
        model = self.model
        if not self.converged:
            return {"npar": float(model.n_parameters), "df": float(model.df), "ntotal": float(model.sample.n)}
        if model.options.test == "none":
            counts = {"npar": float(model.n_parameters), "df": float(model.df)}
            return counts | {"ntotal": float(model.sample.n)}
        found = model.family.measures(
            Evidence(
                model,
                self.optimum.point,
                self.test,
                self.baseline,
                self.log_likelihoods,
                self.scaled_test,
                self.optimum.jacobian,
            )
        )
        return without_fit(found, self.no_fit) if self.no_fit else found

    @cached_property
    def fit_measures(self) -> pd.Series[float]:
        """Fit measures as a series under lavaan's names; ``attrs["note"]`` holds the serious problems of the fit.

        ``attrs["undefined"]`` says why measures are missing.
        """
        import pandas as pd

        found = pd.Series(self.measures, dtype=float, name="fit_measures")
        found.attrs["note"] = "; ".join(problem.message for problem in self.problems if problem.serious)
        found.attrs["undefined"] = of_measures(self, found)
        return found

    @cached_property
    def inadmissible(self) -> tuple[Finding, ...]:
        """No finite optimum found, negative variances and matrices that are not positive definite."""
        found = [endless_finding(self.optimum)] if self.optimum.endless else []
        found.extend(admissibility(self.model, self.optimum.point.implied))
        found.extend(self.model.family.inadmissible(self.model, self.optimum.point))
        return tuple(found)

    @property
    def admissible(self) -> bool:
        """Whether a finite optimum was found and all variances and covariance matrices are possible ones."""
        return not self.inadmissible

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """Everything a reader must know before trusting the numbers; empty when all is well."""
        found: list[Finding] = []
        if not self.converged:
            found.append(
                Finding(
                    "not_converged",
                    f"the optimiser did not converge: {self.optimum.message}",
                    "simplify the model, check the scales of the variables or give starting values",
                )
            )
        elif self.optimum.remedy or is_lower_elsewhere(self.n, self.optimum):
            found.append(remedy_finding(self.n, self.optimum))
        found.extend(admissible_finding(self.n, self.optimum))
        if self.converged:
            found.extend(self._doubts())
        found.extend(self.inadmissible)
        if self.optimum.binding and not self.optimum.endless:
            found.append(
                Finding(
                    "binding_constraint",
                    f"constraints that hold with equality: {', '.join(self.optimum.binding)}",
                    "χ² and p values are not exact on the boundary; parameters at a bound have no standard error, "
                    "the other errors take them as fixed",
                    serious=False,
                )
            )
        notes = (*self.model.options.notes, *self.model.table.notes)
        found.extend(Finding("note", note, serious=False) for note in notes)
        found.extend(left_out(self.model))
        found.extend(self.model.family.data_findings(self.model))
        return tuple(found)

    def _doubts(self) -> Iterator[Finding]:
        """What stands in the way of a test of fit, of standard errors, or of defined parameters."""
        yield from no_fit_findings(self.model, self.no_fit, self.unidentified)
        yield from cluster_findings(self.model)
        if self.model.options.se != "none" and not self.unidentified and not self.optimum.endless:
            yield from error_findings(self.model, self.vcov_array)
        yield from definition_findings(self.model, self.theta)

    def standardized(self, kind: str = "all") -> pd.DataFrame:
        """Standardised solution: lhs, op, rhs, group, label, est_std, se, z, pvalue, ci_lower, ci_upper.

        Parameters
        ----------
        kind : str
            ``all`` (every variable), ``lv`` (latent variables only) or ``nox`` (all but fixed exogenous
            ones); lavaan's ``std.all``, ``std.lv`` and ``std.nox`` are understood.
        """
        from comply_measure.sem.inference.standardized import KINDS, standardised_frame

        chosen = choose("kind", str(kind).lower().removeprefix("std."), KINDS)
        level = self.model.options.level
        table = standardised_frame(
            self.model,
            self.optimum.point,
            self.vcov_array,
            chosen,
            level,
            self.estimates,
            self.optimum.at_bound,
        )
        return with_reasons(self, table)

    def implied(self) -> FitMoments:
        """Implied moments: ``cov`` and, with means, ``mean``; of ordered variables also ``th`` and ``slopes``.

        With several groups or levels: such tables for each, by its name.
        """
        return self._by_group([self.model.family.implied_tables(at) for at in self.optimum.point.implied])

    def residuals(self, kind: str = "raw") -> FitMoments:
        """Residuals of the sample moments, in the form of :meth:`implied`.

        Parameters
        ----------
        kind : str
            ``raw``, ``cor`` (differences of correlations), ``cor.bentler`` (raw over sample standard
            deviations), ``normalized`` or ``standardized`` (raw over the standard error of the sample
            moment, or of the residual). ``attrs["undefined"]`` of a table says why numbers in it are missing.
        """
        from comply_measure.sem.inference.residuals import KINDS

        chosen, optimum = choose("kind", kind, KINDS), self.optimum
        tables = self.model.family.residual_tables(self.model, optimum.point, chosen, optimum.jacobian)
        return self._by_group([of_residuals(self, part) for part in tables])

    def _by_group(self, parts: list[MomentTables]) -> FitMoments:
        groups = self.model.sample.groups
        return FitMoments({group.name: part for group, part in zip(groups, parts, strict=True)})

    def record(self) -> FitRecord:
        """The fit's results without model and data, to be stored."""
        work_on(self.model.sample)
        return FitRecord(
            self.n,
            self.npar,
            self.converged,
            self.has_optimum,
            self.admissible,
            self.problems,
            self.measures,
            self.estimates,
            self.standardized("all") if self.converged else None,
        )

    def summary(self) -> str:
        """The fit as text."""
        from comply_measure.sem.summary import render

        return render(self)

    def __repr__(self) -> str:
        return self.summary()
