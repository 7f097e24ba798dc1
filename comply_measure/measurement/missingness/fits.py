"""One model fitted to every imputed data set: pooled parameters and tests of fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.fits import fit_indices, is_two_level, number_of_groups
from comply_measure.measurement.missingness.pooling import (
    PooledTest,
    denominator_df,
    f_test,
    pool_chisquare,
    pool_scalars,
    undefined,
)
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.statistics.reasons import with_reasons

_ROUNDING = 1e-20
_KEY = ("lhs", "op", "rhs", "group")


@dataclass(frozen=True)
class PooledEstimates(Result):
    """A model pooled over imputed data sets.

    Attributes
    ----------
    table : DataFrame
        lhs, op, rhs, group (and level, of two-level models), est, se, t, df, pvalue, ci_lower, ci_upper, riv, fmi,
        n_informants, n_imputations, reason (why cells are empty).
    tests : tuple of PooledTest
        Tests of fit: D3 for unscaled likelihood tests, and D2 (of the scaled statistic where there is one).
    indices : DataFrame
        cfi, tli and rmsea (of the scaled statistics where there are scaled ones) from the pooled χ² (D2) of the model
        and of the baseline; mean, smallest and largest over the data sets, also of srmr. Means are too poor
        for CFI and RMSEA with many degrees of freedom: each data set takes its imputed values for data. ``reason``
        says why cells are empty.
    n_imputations : int
        Data sets pooled.
    n_failed : int
        Data sets whose fit did not converge; they are left out.
    n_informants, n_clusters : int
        Cases of each data set; clusters (−1 without).
    latent : frozenset of str
        Names of the latent variables.
    standardized : str or None
    note : str
    """

    table: pd.DataFrame
    tests: tuple[PooledTest, ...]
    indices: pd.DataFrame
    n_imputations: int
    n_failed: int
    n_informants: int
    n_clusters: int
    latent: frozenset[str]
    standardized: str | None
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per parameter."""
        return self.table.copy()

    def test_table(self) -> pd.DataFrame:
        """One row per pooled test; columns are the attributes of PooledTest."""
        return pd.DataFrame([asdict(test) for test in self.tests]).assign(n_informants=self.n_informants)


def pooled_estimates(
    fits: Sequence[Fit],
    *,
    standardized: str | None = None,
    complete_df: float | None = None,
    level: float = 0.95,
) -> PooledEstimates:
    """Pool the estimates of one model by Rubin's rules.

    Parameters
    ----------
    fits : sequence of Fit
        The same model fitted to every imputed data set.
    standardized : {"all", "lv", "nox"}, optional
        Pool standardised estimates (with their delta-method errors) instead.
    complete_df : float, optional
        Complete-data degrees of freedom of Barnard & Rubin (1999); by default cases less free parameters, or
        clusters less one.
    level : float
        Of the intervals.

    Returns
    -------
    PooledEstimates

    Raises
    ------
    InputError
        For fewer than two fits that converged, or fits of different models.
    """
    usable = [fit for fit in fits if fit.has_optimum]
    _check(fits, usable)
    tables = [fit.estimates if standardized is None else fit.standardized(standardized) for fit in usable]
    column = "est" if standardized is None else "est_std"
    values, errors = (np.array([t[c].to_numpy(dtype=np.float64) for t in tables]) for c in (column, "se"))
    pool = pool_scalars(values, errors**2, _complete_df(usable[0]) if complete_df is None else complete_df)
    lower, upper = pool.interval(level)
    # fixed parameters have neither a standard error nor a test
    rounding = _ROUNDING * np.maximum(
        pool.estimate**2, 1.0
    )  # a standardised variance is 1 up to the last digit
    fixed = (pool.between <= rounding) & ~(pool.within > rounding)
    blank = np.where(fixed, math.nan, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = pool.estimate / pool.se * blank
    key = [*_KEY, *(["level"] if "level" in tables[0].columns else [])]
    table = tables[0][key].reset_index(drop=True)
    table = table.assign(
        est=pool.estimate,
        se=np.where(fixed, 0.0, pool.se),
        t=t,
        df=pool.df * blank,
        pvalue=pool.pvalue() * blank,
        ci_lower=np.where(fixed, pool.estimate, lower),
        ci_upper=np.where(fixed, pool.estimate, upper),
        riv=pool.riv * blank,
        fmi=pool.fmi * blank,
        n_informants=usable[0].n,
        n_imputations=len(usable),
    )
    tested = ("se", "t", "df", "pvalue", "ci_lower", "ci_upper", "riv", "fmi")
    table = with_reasons(table, dict.fromkeys(tested, "the parameter is fixed, or its error undefined"))
    failed = len(fits) - len(usable)
    tests = _tests(usable)
    note = f"{failed} of {len(fits)} data sets left out: no convergence" if failed else ""
    return PooledEstimates(
        table,
        tests,
        _indices(usable, tests[-1]),
        len(usable),
        failed,
        usable[0].n,
        n_clusters(usable[0]),
        latent_names(usable[0]),
        standardized,
        note,
    )


def pool_likelihood_ratio(fits: Sequence[Fit]) -> PooledTest:
    """Pool the likelihood-ratio test of a model against the saturated one (D3).

    With d̄ the mean of the statistics and d̃ the mean of the statistics at the pooled estimates of both models,
    ``r = (m + 1)/(k (m − 1)) · (d̄ − d̃)`` and ``D = d̃ / (k (1 + r))``; degrees of freedom as for D1. Source: Meng &
    Rubin (1992). The statistics are the unscaled ones.

    Parameters
    ----------
    fits : sequence of Fit
        Maximum-likelihood fits to completed data.

    Returns
    -------
    PooledTest
        NaN with the reason for other estimators, incomplete data, fixed exogenous variables or df = 0.
    """
    if not len(fits):
        raise InputError("Nothing can be pooled.", [Problem("fits", value=0, allowed="a fit per data set")])
    m, first = len(fits), fits[0]
    k = float(first.model.df)
    reason = _no_likelihood_test(fits)
    if reason:
        return undefined("D3", k, m, reason)
    statistics = np.array([fit.test.statistic for fit in fits])
    theta = np.mean([fit.theta for fit in fits], axis=0)
    held = np.array([_at_pooled(fit, theta) for fit in fits]) - _saturated_at_pooled(fits)
    if not np.isfinite(held).all():
        return undefined("D3", k, m, "the pooled estimates imply no covariance matrix")
    mean, pooled = float(statistics.mean()), float(held.mean())
    r = max((m + 1) / (k * (m - 1)) * (mean - pooled), 0.0)
    return f_test("D3", pooled / (k * (1 + r)), k, denominator_df(k, m, r), r, m)


def _no_likelihood_test(fits: Sequence[Fit]) -> str:
    if len(fits) < 2:
        return "fewer than two data sets"
    model = fits[0].model
    if is_two_level(fits[0]):
        return "a two-level model: its saturated moments are not pooled; see D2"
    if not model.family.one_level:
        return f"there is no saturated model beside {model.family.name}"
    if not model.df > 0:
        return "the model has no degrees of freedom"
    if not model.family.has_loglik:
        return "not a likelihood fit"
    if any(group.data is not None and np.isnan(group.data).any() for group in model.sample.groups):
        return "the imputed data are incomplete"
    if model.table.options.fixed_x and any(model.exogenous):
        return "fixed exogenous variables differ between the data sets"
    return ""


def _at_pooled(fit: Fit, theta: np.ndarray) -> float:
    """χ² of one data set at the pooled estimates, against its own saturated moments."""
    model = fit.model
    return float(model.statistic(model.objective.at(model.space.contract(theta))))


def _saturated_at_pooled(fits: Sequence[Fit]) -> np.ndarray:
    """The same for pooled saturated moments: n Σ_g w_g [log|S̄| + tr(S S̄⁻¹) − log|S| − p + (x̄ − m̄)'S̄⁻¹(x̄ − m̄)]."""
    with_means = fits[0].model.table.meanstructure
    total = np.zeros(len(fits))
    for g in range(len(fits[0].model.sample.groups)):
        groups = [fit.model.sample.groups[g] for fit in fits]
        covariances = np.array([group.cov for group in groups])
        pooled = covariances.mean(axis=0)
        inverse, logdet = np.linalg.inv(pooled), np.linalg.slogdet(pooled)[1]
        total += [
            group.n
            * (logdet + float(np.vdot(group.cov, inverse)) - np.linalg.slogdet(group.cov)[1] - group.p)
            for group in groups
        ]
        if with_means:
            means = np.array([group.mean for group in groups], dtype=np.float64)
            away = means - means.mean(axis=0)
            total += groups[0].n * np.einsum("mi,ij,mj->m", away, inverse, away)
    return total


def _tests(fits: Sequence[Fit]) -> tuple[PooledTest, ...]:
    indices = [fit_indices(fit) for fit in fits]
    scaled = "chisq.scaled" in fits[0].measures
    second = pool_chisquare([index["chisq"] for index in indices], indices[0]["df"])
    return (second,) if scaled else (pool_likelihood_ratio(fits), second)


def _indices(fits: Sequence[Fit], model: PooledTest) -> pd.DataFrame:
    """Fit indices from pooled χ² of model and baseline, and their spread over imputations."""
    tail = ".scaled" if "chisq.scaled" in fits[0].measures else ""
    measures = [fit.measures for fit in fits]
    df0 = float(measures[0].get("baseline.df", math.nan))
    baseline = pool_chisquare([m.get(f"baseline.chisq{tail}", math.nan) for m in measures], df0)
    pooled = indices_of_chisquares(
        model.chisq, model.df1, baseline.chisq, df0, fits[0].n, number_of_groups(fits[0])
    )
    values = pd.DataFrame({name: [m.get(name + tail, math.nan) for m in measures] for name in pooled})
    values["srmr"] = [m.get("srmr", math.nan) for m in measures]
    values = values.astype(float)
    table = pd.DataFrame(
        {
            "index": values.columns,
            "pooled": [*pooled.values(), math.nan],
            "mean": values.mean().to_numpy(),
            "smallest": values.min().to_numpy(),
            "largest": values.max().to_numpy(),
            "n_imputations": len(fits),
        }
    )
    undefined_in = "undefined in the data sets"
    why = {
        "pooled": model.note or "no index of χ² statistics, or the baseline model has none",
        **dict.fromkeys(("mean", "smallest", "largest"), undefined_in),
    }
    return with_reasons(table, why)


def indices_of_chisquares(
    chisq: float, df: float, baseline: float, baseline_df: float, n: int, groups: int = 1
) -> dict[str, float]:
    """CFI, TLI and RMSEA of given χ² statistics.

    ``CFI = 1 − max(χ² − k, 0)/max(χ²₀ − k₀, χ² − k, 0)``, ``TLI = (χ²₀/k₀ − χ²/k)/(χ²₀/k₀ − 1)``,
    ``RMSEA = √(G max(χ² − k, 0)/(n k))``; with pooled statistics as in Enders & Mansolf (2018).
    """
    if not (math.isfinite(chisq) and math.isfinite(baseline) and df > 0):
        return dict.fromkeys(("cfi", "tli", "rmsea"), math.nan)
    excess, worst = max(chisq - df, 0.0), max(baseline - baseline_df, chisq - df, 0.0)
    ratio = baseline / baseline_df
    return {
        "cfi": 1.0 - excess / worst if worst > 0 else 1.0,
        "tli": (ratio - chisq / df) / (ratio - 1.0) if ratio != 1.0 else math.nan,
        "rmsea": math.sqrt(groups * excess / (n * df)),
    }


def _complete_df(fit: Fit) -> float:
    clusters = n_clusters(fit)
    return float(clusters - 1 if clusters > 0 else fit.n - fit.npar)


def n_clusters(fit: Fit) -> int:
    """Clusters of a fit with cluster-robust inference or two levels, over all groups; −1 without."""
    if is_two_level(fit):
        return int(fit.model.sample.n_clusters)  # type: ignore[attr-defined]
    found = [getattr(group, "cluster", None) for group in fit.model.sample.groups]
    codes = [np.asarray(code) for code in found if code is not None]
    return len(np.unique(np.concatenate(codes))) if codes else -1


def latent_names(fit: Fit) -> frozenset[str]:
    """Names of a model's latent variables."""
    table = fit.estimates
    return frozenset(table.loc[table["op"].isin(["=~", "<~"]), "lhs"])


def _check(fits: Sequence[Fit], usable: Sequence[Fit]) -> None:
    if len(usable) < 2:
        problem = Problem("fits that converged", value=len(usable), allowed="at least 2")
        raise InputError("The fits cannot be pooled.", [problem])
    keys = [fit.estimates[[name for name in (*_KEY, "level") if name in fit.estimates]] for fit in usable]
    problems = [
        Problem("another model", row=number)
        for number, key in enumerate(keys)
        if not key.reset_index(drop=True).equals(keys[0].reset_index(drop=True))
    ]
    if len(fits) and len({fit.n for fit in usable}) > 1:
        problems.append(Problem("the data sets have different numbers of cases"))
    if problems:
        raise InputError("The fits cannot be pooled.", problems)
