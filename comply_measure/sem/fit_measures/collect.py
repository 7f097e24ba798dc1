"""All fit measures of a fit under lavaan's names and in lavaan's order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from comply_measure.sem.arrays import Array
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.fit_measures import incremental, information_criteria, rmsea
from comply_measure.sem.fit_measures.absolute_family import absolute_measures
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.fit_measures.residual import Residuals
from comply_measure.sem.fit_measures.robust import RobustBasis
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import RESIDUAL_TESTS

RMSEA_LEVEL = 0.90
CLOSE = 0.05
NOT_CLOSE = 0.08
INCREMENTAL: dict[str, Callable[[float, float, float, float], float]] = {
    "cfi": incremental.cfi,
    "tli": incremental.tli,
    "nnfi": incremental.tli,
    "rfi": incremental.rfi,
    "nfi": incremental.nfi,
    "pnfi": incremental.pnfi,
    "ifi": incremental.ifi,
    "rni": incremental.rni,
}
ROBUST = {
    "cfi": incremental.cfi,
    "tli": incremental.tli,
    "nnfi": incremental.tli,
    "rni": incremental.rni,
}


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
    scaled : TestStatistic or None
        The corrected χ² test; None when the estimator has none.
    jacobian : array (c, r) or None
        Binding constraints that are not linear.
    """

    model: Model
    point: Point
    test: TestStatistic
    baseline: Baseline
    logl: LogLikelihoods | None
    scaled: TestStatistic | None = None
    jacobian: Array | None = None

    @property
    def n(self) -> float:
        """Number of cases in indices of fit: n, or n − groups for least squares."""
        return self.model.n_inference

    @cached_property
    def robust(self) -> RobustBasis | None:
        """What robust CFI, TLI and RMSEA rest on; None when they are not defined for the test."""
        return self.model.family.robust_basis(self)

    @cached_property
    def residuals(self) -> Residuals:
        """Root mean square residuals, averaged over groups with the groups' shares as weights."""
        return self.model.family.residual_measures(self.model, self.point)


def collect(evidence: Evidence, topics: Sequence[Topic]) -> dict[str, float]:
    """Measures topic by topic."""
    measures: dict[str, float] = {}
    for topic in topics:
        measures.update(topic(evidence))
    return measures


def all_measures(evidence: Evidence) -> dict[str, float]:
    """All measures of a model of one level; a new topic is one function in the lists below."""
    return collect(evidence, (*SHARED_TOPICS, *ONE_LEVEL_TOPICS))


def _test(evidence: Evidence) -> dict[str, float]:
    test, scaled = evidence.test, evidence.scaled
    measures = {
        "npar": float(evidence.model.n_parameters),
        "fmin": evidence.point.value / 2.0,
        "chisq": test.statistic,
        "df": float(test.df),
        "pvalue": test.pvalue,
    }
    if scaled is not None:
        measures |= {
            "chisq.scaled": scaled.statistic,
            "df.scaled": float(scaled.df),
            "pvalue.scaled": scaled.pvalue,
            "chisq.scaling.factor": scaled.scaling_factor,
        }
    return measures


def _incremental(evidence: Evidence) -> dict[str, float]:
    base, scaled, robust = evidence.baseline, evidence.scaled, evidence.robust
    residual_test = evidence.model.options.test in RESIDUAL_TESTS
    unweighted = not evidence.model.family.is_chisquare and not residual_test
    four = (evidence.test.statistic, evidence.test.df, base.chisq, float(base.df))
    measures = {
        "baseline.chisq": base.chisq,
        "baseline.df": float(base.df),
        "baseline.pvalue": math.nan if unweighted else upper_tail(base.chisq, base.df),
    }
    scaled_four = None
    if scaled is not None and base.scaled is not None:
        scaled_four = (scaled.statistic, scaled.df, base.scaled.statistic, base.scaled.df)
        measures |= {
            "baseline.chisq.scaled": base.scaled.statistic,
            "baseline.df.scaled": float(base.scaled.df),
            "baseline.pvalue.scaled": base.scaled.pvalue,
            "baseline.chisq.scaling.factor": base.scaled.scaling_factor,
        }
    for names in (("cfi", "tli"), ("nnfi", "rfi", "nfi", "pnfi", "ifi", "rni")):
        measures |= {name: INCREMENTAL[name](*four) for name in names}
        if scaled_four is not None:
            measures |= {f"{name}.scaled": INCREMENTAL[name](*scaled_four) for name in names}
        if robust is not None:
            measures |= {
                f"{name}.robust": ROBUST[name](
                    robust.chisq, robust.df, robust.chisq0, robust.df0, robust.c, robust.c0
                )
                for name in names
                if name in ROBUST
            }
    return measures


def _likelihood(evidence: Evidence) -> dict[str, float]:
    n, npar = float(evidence.model.sample.n), float(evidence.model.n_parameters)
    if evidence.logl is None:
        return {}
    logl = evidence.logl.model
    known = math.isfinite(logl)
    measures = {
        "logl": logl,
        "unrestricted.logl": evidence.logl.saturated,
        "aic": information_criteria.aic(logl, npar) if known else math.nan,
        "bic": information_criteria.bic(logl, npar, n) if known else math.nan,
        "ntotal": n,
        "bic2": information_criteria.bic2(logl, npar, n) if known else math.nan,
    }
    scaled = evidence.scaled
    if scaled is not None and scaled.name.startswith("yuan.bentler"):
        measures |= {"scaling.factor.h1": scaled.factor_h1, "scaling.factor.h0": scaled.factor_h0}
    return measures


def _rmsea(evidence: Evidence) -> dict[str, float]:
    test, scaled, robust, n = evidence.test, evidence.scaled, evidence.robust, evidence.n
    groups = evidence.model.sample.n_groups
    low, high = rmsea.interval(test.statistic, test.df, n, groups, level=RMSEA_LEVEL)
    measures = {
        "rmsea": rmsea.rmsea(test.statistic, test.df, n, groups),
        "rmsea.ci.lower": low,
        "rmsea.ci.upper": high,
        "rmsea.ci.level": RMSEA_LEVEL,
        "rmsea.pvalue": rmsea.close_fit(test.statistic, test.df, n, groups, h0=CLOSE),
        "rmsea.close.h0": CLOSE,
        "rmsea.notclose.pvalue": rmsea.not_close_fit(test.statistic, test.df, n, groups, h0=NOT_CLOSE),
        "rmsea.notclose.h0": NOT_CLOSE,
    }
    if scaled is not None:
        # the scaled RMSEA puts tr(UΓ) in the place of df, except for the scaled and shifted test
        shifted = scaled.name == "scaled.shifted"
        statistic = scaled.statistic if shifted else test.statistic
        df = test.df if shifted else scaled.trace
        point = rmsea.rmsea(statistic, df, n, groups)
        measures |= _rmsea_set("scaled", point, statistic, df, n, groups, 1.0)
    if robust is not None:
        n = evidence.model.family.robust_cases(evidence.model)
        point = rmsea.rmsea(robust.chisq, robust.df, n, groups, robust.c)
        measures |= _rmsea_set("robust", point, robust.statistic, robust.df, n, groups, robust.factor)
    return measures


def _rmsea_set(
    kind: str, point: float, statistic: float, df: float, n: float, groups: int, c: float
) -> dict[str, float]:
    low, high = rmsea.interval(statistic, df, n, groups, c, RMSEA_LEVEL)
    return {
        f"rmsea.{kind}": point,
        f"rmsea.ci.lower.{kind}": low,
        f"rmsea.ci.upper.{kind}": high,
        f"rmsea.pvalue.{kind}": rmsea.close_fit(statistic, df, n, groups, c, CLOSE),
        f"rmsea.notclose.pvalue.{kind}": rmsea.not_close_fit(statistic, df, n, groups, c, NOT_CLOSE),
    }


def _residual(evidence: Evidence) -> dict[str, float]:
    found = evidence.residuals
    return {
        "rmr": found.rmr,
        "rmr_nomean": found.rmr_nomean,
        "srmr": evidence.model.family.srmr(found),
        "srmr_bentler": found.srmr,
        "srmr_bentler_nomean": found.srmr_nomean,
        "crmr": found.crmr,
        "crmr_nomean": found.crmr_nomean,
        "srmr_mplus": found.srmr_mplus,
        "srmr_mplus_nomean": found.srmr_mplus_nomean,
    }


Topic = Callable[[Evidence], dict[str, float]]
SHARED_TOPICS: tuple[Topic, ...] = (_test, _incremental, _likelihood, _rmsea)
ONE_LEVEL_TOPICS: tuple[Topic, ...] = (_residual, absolute_measures)
