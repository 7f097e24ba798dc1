"""The result of structural-after-measurement."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from comply_measure.sem.after_measurement.corrected_test import corrected_tests
from comply_measure.sem.after_measurement.covariance import two_step_covariance, two_step_influence
from comply_measure.sem.after_measurement.product_covariance import (
    product_covariance,
    product_influence_of_cases,
)
from comply_measure.sem.after_measurement.resampling import TwoStepWorker
from comply_measure.sem.after_measurement.steps import (
    Block,
    Structure,
    fit_globally,
    fit_locally,
    put_together,
)
from comply_measure.sem.bootstrap.fit import BootstrapFit, resampled
from comply_measure.sem.bootstrap.influence import of_units
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.fit_measures.undefined import without_fit
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.diagnosis import (
    Finding,
    definition_findings,
    error_findings,
    few_clusters,
)
from comply_measure.sem.language.records import Product
from comply_measure.sem.result import Fit
from comply_measure.statistics.reasons import undefined_because

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.after_measurement.moments import FactorMoments
    from comply_measure.sem.after_measurement.parts import Parts
    from comply_measure.sem.arrays import Array
    from comply_measure.sem.baseline import Baseline
    from comply_measure.sem.inference.tests import TestStatistic
    from comply_measure.sem.loglikelihood import LogLikelihoods
    from comply_measure.sem.modification.score_test import ScoreTest
    from comply_measure.sem.table.parameter_table import ParameterTable

TWO_STEPS = "structural-after-measurement; ask the parts: fit.structural, fit.blocks"


@dataclass(frozen=True, repr=False)
class SamFit(Fit):
    """A model estimated in two steps.

    Estimates, standardised solution, residuals and factor scores are those of the whole model; tests and fit measures
    those of the structural part.

    Attributes
    ----------
    method : str
        ``local`` or ``global``.
    mapping : str
        How the moments of the factors were found; empty for ``global``.
    first : tuple of Block
        The measurement blocks.
    second : Structure
        The structural part.
    parts : Parts
        Which parameters belong to which step.
    """

    method: str = "local"
    mapping: str = "ml"
    first: tuple[Block, ...] = ()
    second: Structure | None = None
    parts: Parts | None = None

    @property
    def steps(self) -> str:
        """Method and mapping."""
        return f"{self.method} {self.mapping}".strip()

    @property
    def structural(self) -> Fit:
        """The fit of the structural part; its own standard errors take the first step for known."""
        assert self.second is not None
        return self.second.fit

    @cached_property
    def blocks(self) -> dict[str, Fit]:
        """Fits of the measurement blocks by their factors (``"f"`` or ``"f, g"``)."""
        return {", ".join(block.fit.model.table.variables[0].latent): block.fit for block in self.first}

    @property
    def moments(self) -> tuple[FactorMoments, ...]:
        """Moments of the factors, one per group; empty for ``global``."""
        assert self.second is not None
        return self.second.moments

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Reliability of each factor's score M y: factor, group, reliability (``local`` only).

        ``Var(η) / Var(M y)``; lavaan's ``sam.rel``. ``attrs["undefined"]`` says why values are missing.
        """
        import pandas as pd

        rows = [
            (name, number, float(value))
            for number, found in enumerate(self.moments, start=1)
            for name, value in zip(found.names, found.reliability, strict=True)
            if name in self.model.table.variables[number - 1].latent
        ]
        table = pd.DataFrame(rows, columns=["factor", "group", "reliability"])
        return undefined_because(
            table, "no reliability where the variance of a score or factor is not above zero"
        )

    @cached_property
    def covariance(self) -> ParameterCovariance:
        """Two-step covariance matrix of θ̂ (:mod:`comply_measure.sem.after_measurement.covariance`)."""
        if self._structure.products and self.model.options.se != "none":
            return product_covariance(self.model, self.first, self._structure)
        return two_step_covariance(self.model, self.optimum.point, self.first, self._structure)

    @property
    def _structure(self) -> Structure:
        assert self.second is not None
        return self.second

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters as of any fit, with ``step``: 1 measurement, 2 structure."""
        return self.with_steps(super().estimates)

    def with_steps(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table of the parameters with the column ``step``."""
        second = {place for place in self._structure.places.tolist() if place >= 0}
        free = frame["free"].to_numpy() - 1
        measured = {name for block in self.model.table.variables for name in block.latent}
        indicators = {r for o, r in zip(frame["op"], frame["rhs"], strict=True) if o == "=~"}
        structural = [
            place in second or (place < 0 and op != "=~" and lhs not in indicators) or op == ":="
            for place, op, lhs in zip(free.tolist(), frame["op"], frame["lhs"], strict=True)
        ]
        assert measured  # a model without factors has been refused
        frame["step"] = np.where(structural, 2, 1)
        return frame

    @property
    def unidentified(self) -> tuple[int, ...]:
        """Parameters that the steps cannot separate."""
        second = self._structure
        found = [int(block.places[p]) for block in self.first for p in block.fit.unidentified]
        found += [int(second.places[p]) for p in second.fit.unidentified]
        return tuple(sorted(place for place in found if place >= 0))

    @property
    def no_fit(self) -> str:
        """Why the second step has no test of fit; empty when it has."""
        return self.structural.no_fit

    @cached_property
    def test(self) -> TestStatistic:
        """χ² of the structural part (local) or of the whole model (global), without regard to the first step.

        It follows no χ² distribution and has no p value: see :attr:`scaled_test`.
        """
        if not self.converged or self.no_fit:
            return super().test
        found = self.structural.test
        if not self.moments:
            found = replace(found, df=self.model.df)
        note = (
            found.note or "without regard to the first step χ² follows no known distribution; see scaled_test"
        )
        return replace(found, pvalue=math.nan, note=note)

    @cached_property
    def _corrected(self) -> tuple[TestStatistic, TestStatistic] | None:
        if not self.converged or self.no_fit or not self.model.options.complete_cases:
            return None
        base = self.structural.baseline
        return corrected_tests(self.model, self.first, self._structure, self.test, base)

    @property
    def scaled_test(self) -> TestStatistic | None:
        """χ² that allows for the first step (complete cases; see the module ``corrected_test``)."""
        return None if self._corrected is None else self._corrected[0]

    @property
    def baseline(self) -> Baseline:
        """Of what the second step fits: the moments of the factors (local) or all variables (global)."""
        found = self.structural.baseline
        return found if self._corrected is None else replace(found, scaled=self._corrected[1])

    @property
    def log_likelihoods(self) -> LogLikelihoods | None:
        """Of the second step (global only: moments of factors have no likelihood)."""
        return None if self.moments else self.structural.log_likelihoods

    @cached_property
    def measures(self) -> dict[str, float]:
        """Fit measures of the structural part (local) or of the whole model at its two-step estimates (global)."""
        if not self.converged:
            return super().measures
        fit = self.structural if self.moments else self
        evidence = Evidence(
            fit.model,
            fit.optimum.point,
            self.test,
            self.baseline,
            self.log_likelihoods,
            self.scaled_test,
            fit.optimum.jacobian,
        )
        found = fit.model.family.measures(evidence)
        return without_fit(found, self.no_fit) if self.no_fit else found

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """Everything a reader must know before trusting the numbers; empty when all is well."""
        found = [*self._of_blocks(), *self._of_structure(), *self.inadmissible]
        if self.converged:
            found.extend(error_findings(self.model, self.vcov_array))
            found.extend(definition_findings(self.model, self.theta))
        notes = (*self.model.options.notes, *self.model.table.notes)
        found.extend(Finding("note", note, serious=False) for note in notes)
        return tuple(found)

    def _of_blocks(self) -> Iterator[Finding]:
        for title, fit in self.blocks.items():
            for problem in fit.problems:
                if problem.code != "note":
                    yield Finding(
                        f"block_{problem.code}",
                        f"measurement of {title}: {problem.message}",
                        problem.advice,
                        problem.serious,
                    )

    def _of_structure(self) -> Iterator[Finding]:
        for problem in self.structural.problems:
            if problem.code != "note":
                message = f"structural part: {problem.message}"
                yield Finding(f"structure_{problem.code}", message, problem.advice, problem.serious)
        yield from self._few_clusters()
        for found, group in zip(self.moments, self.model.sample.groups, strict=False):
            if found.is_corrected:
                place = f" in group '{group.name}'" if group.name else ""
                yield Finding(
                    "factor_covariance",
                    f"the covariance matrix of the factors{place} was not positive definite; measurement error was "
                    f"taken into account to {max(found.correction, 0.0):.0%} only (Fuller's correction)",
                    "factors that are hardly distinct or reliable, or too few cases: estimates are biased towards "
                    "those of uncorrected scores",
                )

        for own, group in zip(self._structure.products, self.model.sample.groups, strict=False):
            if own.correction != 1.0:
                place = f" in group '{group.name}'" if group.name else ""
                yield Finding(
                    "product_covariance",
                    f"the covariance matrix of the factors and their products{place} was not positive definite; "
                    f"measurement error was taken into account to {own.correction:.0%} only (Fuller's correction)",
                    "factors that are hardly distinct or reliable, or too few cases: estimates are biased towards "
                    "those of uncorrected scores",
                )

    def _few_clusters(self) -> Iterator[Finding]:
        """Locally the second step has moments and no clusters; its errors rest on those of the cases."""
        codes = [group.cluster for group in self.model.sample.groups if group.cluster is not None]
        if codes and self.moments:
            number = sum(len(np.unique(code)) for code in codes)
            if found := few_clusters(number, self.structural.npar, " of the structural part"):
                yield replace(found, code=f"structure_{found.code}")

    def predict(
        self,
        data: pd.DataFrame | None = None,
        method: str = "regression",
        se: bool = False,
        group: str | None = None,
    ) -> pd.DataFrame:
        """Factor scores as of any fit; products of factors have none, being no linear functions of the data."""
        found = super().predict(data, method, se, group)
        names = [name for block in self.model.table.variables for name in block.latent]
        products = {str(name) for name in names if isinstance(name, Product)}
        gone = [c for c in found.columns if str(c).removesuffix("_se") in products]
        return found.drop(columns=gone)

    def restricted(self, table: ParameterTable) -> SamFit:
        """The second step with more constraints, after the same first step."""
        joint = replace(self.model, table=table)
        parts, blocks = self.parts, self.first
        assert parts is not None
        local = bool(self.moments)
        second = (
            fit_locally(joint, parts, blocks, self.mapping) if local else fit_globally(joint, parts, blocks)
        )
        optimum = put_together(joint, blocks, second)
        return replace(self, model=joint, optimum=optimum, second=second)

    def difference_of_products(self, without: Fit, rows: Sequence[int]) -> TestStatistic:
        """The Wald test: differences of χ² of a second step follow no known distribution."""
        constraints = "; ".join(f"{self.model.table.plabel[row]} == 0" for row in rows)
        said = "a second step has no likelihood-ratio test"
        return replace(self.wald(constraints), name="Wald", note=said)

    def summary(self) -> str:
        """The fit as text."""
        used = ", ".join(part for part in (self.method, self.mapping) if part)
        head = f"Two steps ({used}): {len(self.first)} measurement blocks, then the structural part"
        what = "structural part" if self.moments else "whole model at its two-step estimates"
        return f"{head}; tests and measures are those of the {what}\n{super().summary()}"

    def modification_indices(
        self, sort: bool = False, minimum: float = 0.0, op: str | tuple[str, ...] | None = None
    ) -> NoReturn:
        """Not of the whole model: two-step estimates are no optimum of it."""
        self._none("modification indices are")

    def score_test(self, add: str | None = None, release: Sequence[int] | None = None) -> ScoreTest:
        """Not of the whole model."""
        self._none("score tests are")

    def small_sample_tests(self) -> NoReturn:
        """Not of two steps."""
        self._none("χ² corrections for small samples are")

    def influence(self) -> Array:
        """Influence of every case, or cluster, on the estimates of both steps (n, q)."""
        model, second = self.model, self._structure
        if second.products:
            return of_units(model, product_influence_of_cases(model, self.first, second))
        return of_units(model, two_step_influence(model, self.optimum.point, self.first, second))

    def bootstrap(
        self, replications: int = 1000, kind: str = "ordinary", seed: int | None = None, n_jobs: int = 1
    ) -> BootstrapFit:
        """The same fit with standard errors and intervals from both steps in resampled data.

        Parameters and errors are those of :meth:`comply_measure.sem.Fit.bootstrap`; only ``ordinary`` is there.
        """
        if kind != "ordinary":
            self._none(f"bootstraps of kind '{kind}' are")
        worker = TwoStepWorker(self)
        return resampled(self, replications, ("ordinary",), seed, n_jobs, worker, BootstrapSamFit)

    def _none(self, what: str) -> NoReturn:
        raise ModelError(f"{what} not available for {TWO_STEPS}")


@dataclass(frozen=True, repr=False)
class BootstrapSamFit(BootstrapFit, SamFit):
    """A model estimated in two steps, both of them repeated in resampled data."""

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters with bootstrap standard errors and percentile intervals, and ``step``."""
        return self.with_steps(self.bootstrap_intervals("perc"))
