"""A fit with bootstrap standard errors, intervals and test."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arguments import check_arguments, confidence_level
from comply_measure.sem.arrays import Array
from comply_measure.sem.bootstrap.intervals import KINDS, interval
from comply_measure.sem.bootstrap.replicate import Replications, Worker, replicate
from comply_measure.sem.bootstrap.values import defined_values, row_values, standardised_values
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.options import choose
from comply_measure.sem.reasons import with_reasons
from comply_measure.sem.result import Fit
from comply_measure.sem.tables import estimates_frame, two_sided
from comply_measure.statistics.bootstrap import acceleration

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = 1000
MANY_FAILURES = 0.05


@dataclass(frozen=True, repr=False)
class BootstrapFit(Fit):
    """A fit whose standard errors, or whose test, come from resampled data.

    Attributes
    ----------
    naive : Replications or None
        Refits to resampled cases or clusters: standard errors and intervals.
    under_model : Replications or None
        Refits to data in which the model holds: the Bollen-Stine test.
    """

    naive: Replications | None = None
    under_model: Replications | None = None

    @property
    def vcov_array(self) -> Array | None:
        """Covariance matrix of the replications, divisor R as in lavaan (q, q)."""
        if self.naive is None or not self.converged:
            return super().vcov_array
        theta = self._replicates(self.naive)
        return (
            None
            if len(theta) < 2
            else np.asarray(np.cov(theta, rowvar=False, bias=True).reshape(2 * (theta.shape[1],)))
        )

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters, with bootstrap standard errors and percentile intervals."""
        if self.naive is None:
            return super().estimates
        return self.bootstrap_intervals("perc")

    def bootstrap_intervals(self, kind: str = "perc", level: float | None = None) -> pd.DataFrame:
        """The table of estimates with intervals of another kind.

        Parameters
        ----------
        kind : str
            ``perc`` (percentile), ``basic``, ``norm``, ``bca.simple`` (corrected for bias) or ``bca`` (and for
            acceleration); lavaan's words.
        level : float, optional
            Confidence level; that of the fit otherwise.

        Raises
        ------
        ModelError
            When there are no naive replications, or ``bca`` is asked for and the estimator has no casewise
            scores.
        """
        naive, chosen = self._naive(), choose("kind", kind, KINDS)
        level = confidence_level(self.model.options.level if level is None else level)
        table = estimates_frame(self.model, self.theta, self.vcov_array, level)
        theta = self._replicates(naive)
        rows = row_values(self.model, theta, naive.exogenous[naive.good])
        values = np.hstack([rows, defined_values(self.model, theta)])
        moving = np.concatenate(
            [self.model.table.free > 0, np.ones(values.shape[1] - rows.shape[1], dtype=bool)]
        )
        slopes = self._slopes() if chosen == "bca" else None
        defined = np.arange(len(table)) >= rows.shape[1]
        return with_reasons(
            self, self._with_intervals(table, "est", values, moving, defined, chosen, level, slopes)
        )

    def standardized(self, kind: str = "all") -> pd.DataFrame:
        """Standardised solution with standard errors and percentile intervals from the replications."""
        table = super().standardized(kind)
        if self.naive is None:
            return table
        words = choose("kind", str(kind).lower().removeprefix("std."), ("all", "lv", "nox"))
        theta, level = self._replicates(self.naive), self.model.options.level
        values = standardised_values(self.model, theta, self.naive.exogenous[self.naive.good], words)
        moving = np.ptp(values, axis=0) > 1e-9 if len(values) else np.zeros(len(table), dtype=bool)
        unbiased = np.ones(len(table), dtype=bool)
        return self._with_intervals(table, "est_std", values, moving, unbiased, "perc", level, None)

    @cached_property
    def bollen_stine(self) -> TestStatistic | None:
        """The χ² test with its p value from data in which the model holds; None if not asked for."""
        if self.under_model is None or not self.converged:
            return None
        reached = self.under_model.statistic[np.isfinite(self.under_model.statistic)]
        if not len(reached):
            note = "no replication could be fitted"
            return TestStatistic("bollen.stine", self.test.statistic, self.test.df, math.nan, note=note)
        pvalue = float(np.mean(reached > self.model.statistic(self.optimum.point)))
        return TestStatistic("bollen.stine", self.test.statistic, self.test.df, pvalue)

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """Everything a reader must know, failed replications included."""
        found = list(super().problems)
        for done in (self.naive, self.under_model):
            if done is not None:
                found.extend(_findings(self, done))
        return tuple(found)

    def _naive(self) -> Replications:
        if self.naive is None:
            raise ModelError("no naive replications: fit with se='bootstrap'")
        return self.naive

    @staticmethod
    def _replicates(done: Replications) -> Array:
        return done.theta[done.good]

    def _slopes(self) -> Array:
        """Influence of every case on all rows and defined parameters (n, rows + definitions)."""
        from comply_measure.sem.table.namespace import Namespace

        per_parameter = self.influence()
        table = self.model.table
        out = np.zeros((len(per_parameter), len(table)))
        free = table.free > 0
        out[:, free] = per_parameter[:, table.free[free] - 1]
        relations = [relation for relation in table.relations if relation.op == ":="]
        if not relations:
            return out
        known = Namespace(table, self.model.fixed_values).at(self.theta)
        J = np.array([known[relation.lhs].gradient for relation in relations])
        return np.hstack([out, per_parameter @ J.T])

    def _with_intervals(
        self,
        table: pd.DataFrame,
        column: str,
        values: Array,
        moving: Array,
        unbiased: Array,
        kind: str,
        level: float,
        slopes: Array | None,
    ) -> pd.DataFrame:
        """Replace se, z, pvalue and limits of the rows that vary over replications."""
        table = table.copy()
        estimate, se = table[column].to_numpy(dtype=float), table["se"].to_numpy(dtype=float, copy=True)
        limits = table[["ci_lower", "ci_upper"]].to_numpy(dtype=float, copy=True)
        a = np.full(len(table), np.nan) if slopes is None else acceleration(slopes)
        for row in np.flatnonzero(moving).tolist():
            mine = values[np.isfinite(values[:, row]), row]
            se[row] = mine.std(ddof=int(unbiased[row])) if len(mine) > 1 else math.nan
            limits[row] = interval(mine, estimate[row], kind, level, se[row], a[row])
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(se > 0.0, estimate / se, np.nan)
        table["se"], table["z"], table["pvalue"] = se, z, two_sided(z)
        table["ci_lower"], table["ci_upper"] = limits[:, 0], limits[:, 1]
        return table


def resampled(
    fit: Fit,
    replications: int = DEFAULT,
    kinds: tuple[str, ...] = ("ordinary",),
    seed: int | None = None,
    n_jobs: int = 1,
    worker: Worker | None = None,
    make: type[BootstrapFit] = BootstrapFit,
) -> BootstrapFit:
    """Bootstrap a fit.

    Parameters
    ----------
    fit : Fit
        A converged fit to raw data.
    replications : int
        How many samples of each kind.
    kinds : tuple of str
        ``ordinary`` for standard errors and intervals, ``bollen.stine`` for the test.
    seed : int, optional
        The same seed gives the same result, whatever ``n_jobs``.
    n_jobs : int
        Cores; −1 for all.
    worker : Worker, optional
        Who refits; that of the family otherwise.
    make : type
        What the fit becomes.

    Raises
    ------
    InputError
        For a number of replications below two.
    ModelError
        When the fit did not converge or cannot be resampled.
    """
    check_arguments(
        "Not a number of replications, a seed or a number of workers: the bootstrap cannot be done.",
        bootstrap=(replications, "replications"),
        seed=(seed, "seed"),
        n_jobs=(n_jobs, "workers"),
    )
    if not fit.converged:
        raise ModelError("the bootstrap needs a model that converged")
    done: dict[str, Replications] = {}
    for number, kind in enumerate(kinds):
        own = seed if seed is None or number == 0 else seed + number
        refits = worker or fit.model.family.worker(fit.model, fit.optimum.point, kind)
        done[kind] = replicate(refits, int(replications), kind, own, n_jobs)
    own_fields = {field.name for field in fields(make)} & {field.name for field in fields(fit)}
    known = {name: getattr(fit, name) for name in own_fields - {"naive", "under_model"}}
    return make(**known, naive=done.get("ordinary"), under_model=done.get("bollen.stine"))


def _findings(fit: BootstrapFit, done: Replications) -> list[Finding]:
    """What happened in the replications."""
    name = "Bollen-Stine" if done.kind == "bollen.stine" else "naive"
    test = fit.bollen_stine if done.kind == "bollen.stine" else None
    said = f", p = {test.pvalue:.4g}" if test is not None else ""
    message = f"{name} bootstrap: {len(done.good)} of {done.asked} replications, seed {done.seed}{said}"
    found = [Finding("bootstrap", message, serious=False)]
    if done.failed:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in sorted(done.reasons.items()))
        found.append(
            Finding(
                "bootstrap_failures",
                f"{done.failed} of {done.asked} {name} replications failed: {reasons}",
                "they are left out, which biases intervals when there are many",
                serious=done.failed > MANY_FAILURES * done.asked,
            )
        )
    negative = _negative_variances(fit, done)
    if negative:
        found.append(
            Finding(
                "bootstrap_inadmissible",
                f"{negative} of {len(done.good)} {name} replications have a negative variance",
                "they are kept, as in lavaan",
                serious=False,
            )
        )
    return found


def _negative_variances(fit: BootstrapFit, done: Replications) -> int:
    table = fit.model.table
    rows = [
        row
        for row in np.flatnonzero(table.free).tolist()
        if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]
    ]
    columns = table.free[rows] - 1
    return int(np.any(done.theta[done.good][:, columns] < 0.0, axis=1).sum())
