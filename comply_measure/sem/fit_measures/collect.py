"""All fit measures of a fit under lavaan's names and in lavaan's order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from comply_measure.sem.baseline import Baseline
from comply_measure.sem.fit_measures import incremental, information_criteria, rmsea
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.fit_measures.residual import Residuals, root_mean_squares
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

RMSEA_LEVEL = 0.90
CLOSE = 0.05
NOT_CLOSE = 0.08


@dataclass(frozen=True)
class Evidence:
    """What fit measures are computed from.

    Attributes
    ----------
    model : Model
        The model.
    point : Point
        The optimum.
    test : TestStatistic
        The standard χ² test.
    baseline : Baseline
        The baseline model's test.
    logl : LogLikelihoods or None
        Log-likelihoods; None when the estimator has none.
    """

    model: Model
    point: Point
    test: TestStatistic
    baseline: Baseline
    logl: LogLikelihoods | None

    @cached_property
    def residuals(self) -> Residuals:
        """Root mean square residuals, averaged over groups with the groups' shares as weights."""
        parts = []
        with_means = self.model.table.meanstructure
        for group, implied in zip(self.model.sample.groups, self.point.implied, strict=True):
            means = (group.mean, implied.mu) if with_means else (None, None)
            parts.append(root_mean_squares(group.cov, implied.sigma, *means))
        weights = self.model.sample.weights
        return Residuals(*(sum(w * r[i] for w, r in zip(weights, parts, strict=True)) for i in range(8)))


def collect(evidence: Evidence) -> dict[str, float]:
    """All measures, family by family; a new family is one function in the list below."""
    measures: dict[str, float] = {}
    for family in FAMILIES:
        measures.update(family(evidence))
    return measures


def _test(evidence: Evidence) -> dict[str, float]:
    test = evidence.test
    return {
        "npar": float(evidence.model.n_parameters),
        "fmin": evidence.point.value / 2.0,
        "chisq": test.statistic,
        "df": float(test.df),
        "pvalue": test.pvalue,
    }


def _incremental(evidence: Evidence) -> dict[str, float]:
    base = evidence.baseline
    four = (evidence.test.statistic, evidence.test.df, base.chisq, float(base.df))
    value = incremental.tli(*four)
    return {
        "baseline.chisq": base.chisq,
        "baseline.df": float(base.df),
        "baseline.pvalue": upper_tail(base.chisq, base.df),
        "cfi": incremental.cfi(*four),
        "tli": value,
        "nnfi": value,
        "rfi": incremental.rfi(*four),
        "nfi": incremental.nfi(*four),
        "pnfi": incremental.pnfi(*four),
        "ifi": incremental.ifi(*four),
        "rni": incremental.rni(*four),
    }


def _likelihood(evidence: Evidence) -> dict[str, float]:
    n, npar = float(evidence.model.sample.n), float(evidence.model.n_parameters)
    if evidence.logl is None:
        return {"ntotal": n}
    logl = evidence.logl.model
    known = math.isfinite(logl)
    return {
        "logl": logl,
        "unrestricted.logl": evidence.logl.saturated,
        "aic": information_criteria.aic(logl, npar) if known else math.nan,
        "bic": information_criteria.bic(logl, npar, n) if known else math.nan,
        "ntotal": n,
        "bic2": information_criteria.bic2(logl, npar, n) if known else math.nan,
    }


def _rmsea(evidence: Evidence) -> dict[str, float]:
    test, n = evidence.test, float(evidence.model.sample.n)
    groups = len(evidence.model.sample.groups)
    low, high = rmsea.interval(test.statistic, test.df, n, groups, level=RMSEA_LEVEL)
    return {
        "rmsea": rmsea.rmsea(test.statistic, test.df, n, groups),
        "rmsea.ci.lower": low,
        "rmsea.ci.upper": high,
        "rmsea.ci.level": RMSEA_LEVEL,
        "rmsea.pvalue": rmsea.close_fit(test.statistic, test.df, n, groups, h0=CLOSE),
        "rmsea.close.h0": CLOSE,
        "rmsea.notclose.pvalue": rmsea.not_close_fit(test.statistic, test.df, n, groups, h0=NOT_CLOSE),
        "rmsea.notclose.h0": NOT_CLOSE,
    }


def _residual(evidence: Evidence) -> dict[str, float]:
    found = evidence.residuals
    return {
        "rmr": found.rmr,
        "rmr_nomean": found.rmr_nomean,
        "srmr": found.srmr,
        "srmr_bentler": found.srmr,
        "srmr_bentler_nomean": found.srmr_nomean,
        "crmr": found.crmr,
        "crmr_nomean": found.crmr_nomean,
        "srmr_mplus": found.srmr_mplus,
        "srmr_mplus_nomean": found.srmr_mplus_nomean,
    }


FAMILIES: tuple[Callable[[Evidence], dict[str, float]], ...] = (
    _test,
    _incremental,
    _likelihood,
    _rmsea,
    _residual,
)
