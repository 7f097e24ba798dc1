"""Fit indices of a fit in the version that goes with its test, and differences of nested fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.sem.comparison.difference import MEAN_ONLY, Difference
from comply_measure.sem.comparison.difference import difference_test as engine_difference
from comply_measure.sem.comparison.same_data import check_comparable
from comply_measure.sem.options import SCALED_TESTS

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class DifferenceTest:
    """χ² difference of two nested models.

    Attributes
    ----------
    chisq, df, pvalue : float
        NaN where undefined.
    method : str
        ``standard``, ``satorra.bentler.2001``, ``satorra.bentler.2010`` or ``satorra.2000``.
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

    The plain difference for standard tests; Satorra & Bentler's (2001) scaled difference for mean-adjusted tests,
    and their strictly positive version (2010) where the first has a negative scaling factor; Satorra's (2000)
    for tests adjusted in mean and variance (see :mod:`comply_measure.sem.comparison.difference`).

    Parameters
    ----------
    restricted, general : Fit
        The first is nested in the second.

    Returns
    -------
    DifferenceTest
        NaN with a note when a model did not converge or the test is undefined.

    Raises
    ------
    ComplyError
        When the fits do not rest on the same data, or on different kinds of test.
    """
    df = float(restricted.model.df - general.model.df)
    if not (restricted.converged and general.converged):
        return DifferenceTest(_NAN, df, _NAN, "", "a model did not converge")
    if df <= 0:
        return DifferenceTest(_NAN, df, _NAN, "", "the models have the same degrees of freedom")
    check_comparable([restricted, general], ["restricted", "general"])
    test = restricted.model.options.test
    methods = ["satorra.2000"] if test in SCALED_TESTS else ["standard"]
    if test in MEAN_ONLY:
        methods = ["satorra.bentler.2001", "satorra.bentler.2010"]
    found, method = Difference(_NAN, df), ""
    for method in methods:
        try:
            found = engine_difference(general, restricted, method)
        except ComplyError as error:
            found = Difference(_NAN, df, note=" ".join(str(error).split()))
        if math.isfinite(found.statistic):
            return DifferenceTest(found.statistic, found.df, chisq_tail(found.statistic, found.df), method)
    return DifferenceTest(_NAN, df, _NAN, method, found.note)


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
