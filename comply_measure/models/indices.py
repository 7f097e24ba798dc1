"""Fit indices of a fit in the version that goes with its test, and differences of nested fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class DifferenceTest:
    """χ² difference of two nested models.

    Attributes
    ----------
    chisq, df, pvalue : float
        NaN where undefined.
    method : str
        ``standard`` or ``satorra.bentler.2001``.
    note : str
        Why values are undefined.
    """

    chisq: float
    df: float
    pvalue: float
    method: str
    note: str = ""


def fit_indices(fit: Fit) -> dict[str, Any]:
    """Indices for tables: robust where the test is scaled and the robust version is defined.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    dict
        chisq, df, pvalue (of the scaled test if there is one), scaling_factor, cfi, tli, rmsea, rmsea_lower,
        rmsea_upper (90 %), srmr, version of CFI, TLI and RMSEA ("standard", "scaled", "robust"), npar, logl,
        aic, bic, sabic; NaN where the estimator has none.
    """
    m = fit.measures

    def get(name: str) -> float:
        return float(m.get(name, _NAN))

    scaled = "chisq.scaled" in m
    version = "robust" if math.isfinite(get("cfi.robust")) else "scaled" if scaled else "standard"
    tail = "" if version == "standard" else f".{version}"
    middle = ".scaled" if scaled else ""
    return {
        "chisq": get(f"chisq{middle}"),
        "df": get("df"),
        "pvalue": get(f"pvalue{middle}"),
        "scaling_factor": get("chisq.scaling.factor") if scaled else 1.0,
        "cfi": get(f"cfi{tail}"),
        "tli": get(f"tli{tail}"),
        "rmsea": get(f"rmsea{tail}"),
        "rmsea_lower": get(f"rmsea.ci.lower{tail}"),
        "rmsea_upper": get(f"rmsea.ci.upper{tail}"),
        "srmr": get("srmr"),
        "version": version,
        "npar": get("npar"),
        "logl": get("logl"),
        "aic": get("aic"),
        "bic": get("bic"),
        "sabic": get("bic2"),
    }


def fit_notes(fit: Fit) -> str:
    """What a reader must know about a fit, in a line."""
    return "; ".join(finding.message for finding in fit.problems if finding.serious)


def difference_test(restricted: Fit, general: Fit) -> DifferenceTest:
    """χ² difference test of two nested fits to the same data.

    Standard: ``T₀ − T₁`` on ``df₀ − df₁``. With scaled tests ``(T₀ − T₁) / c_d`` of the *unscaled* statistics,
    ``c_d = (df₀ c₀ − df₁ c₁) / (df₀ − df₁)`` (Satorra & Bentler 2001). c_d may come out negative; the test is
    then undefined.

    Parameters
    ----------
    restricted, general : Fit
        The first is nested in the second.

    Raises
    ------
    ComplyError
        When the fits do not rest on the same number of cases, or on different kinds of test.
    """
    if restricted.n != general.n:
        raise ComplyError(f"difference tests need the same cases; {restricted.n} and {general.n} are given")
    kinds = {restricted.model.options.test, general.model.options.test}
    if len(kinds) > 1:
        raise ComplyError(f"difference tests need fits with one kind of test, not {', '.join(sorted(kinds))}")
    zero, one = restricted.measures, general.measures
    df = float(zero["df"] - one["df"])
    scaled = "chisq.scaled" in zero
    method = "satorra.bentler.2001" if scaled else "standard"
    if not (restricted.converged and general.converged):
        return DifferenceTest(_NAN, df, _NAN, method, "a model did not converge")
    if df <= 0:
        return DifferenceTest(_NAN, df, _NAN, method, "the models have the same degrees of freedom")
    gap = float(zero["chisq"] - one["chisq"])
    if scaled:
        if "scaled.shifted" in kinds or "mean.var.adjusted" in kinds:
            return DifferenceTest(
                _NAN, df, _NAN, method, "no simple difference of mean-and-variance adjusted tests"
            )
        c0, c1 = zero["chisq.scaling.factor"], one["chisq.scaling.factor"]
        factor = (zero["df"] * c0 - (one["df"] * c1 if one["df"] > 0 else 0.0)) / df
        if not factor > 0:
            return DifferenceTest(
                _NAN, df, _NAN, method, "the scaling factor of the difference is not positive"
            )
        gap /= factor
    return DifferenceTest(gap, df, chisq_tail(gap, df), method)


def chisq_tail(statistic: float, df: float) -> float:
    """Upper tail of the χ² distribution; 1 for a statistic at or below 0."""
    from scipy.special import chdtrc

    if not math.isfinite(statistic) or not df > 0:
        return _NAN
    return float(chdtrc(df, max(statistic, 0.0)))


def relative_weights(values: list[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Weights exp(−½ Δ) / Σ exp(−½ Δ) of information criteria (Wagenmakers & Farrell 2004); NaN stays NaN."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).any():
        return np.full(len(array), _NAN)
    weight = np.exp(-0.5 * (array - np.nanmin(array)))
    return np.asarray(weight / np.nansum(weight))
