"""Fit indices of a fit in the version that goes with its test, and differences of nested fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.sem.comparison.difference import (
    MEAN_ONLY,
    Difference,
    difference_test as engine_difference,
)
from comply_measure.sem.comparison.same_data import check_comparable
from comply_measure.sem.comparison.tangent import free_basis, lost_directions
from comply_measure.sem.inference.parts import first_order_information
from comply_measure.sem.options import SANDWICH, SCALED_TESTS

_NAN = math.nan
SATORRA_2000 = "satorra.2000"


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


class FitIndices(TypedDict):
    """Indices of a fit for tables; NaN where the estimator has none.

    ``chisq``, ``df``, ``pvalue`` are of the scaled test if there is one, ``rmsea_lower`` and ``rmsea_upper`` are the
    ends of the 90 % interval, ``version`` is that of CFI, TLI and RMSEA: "standard", "scaled" or "robust".
    """

    chisq: float
    df: float
    pvalue: float
    scaling_factor: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    srmr: float
    version: str
    npar: float
    logl: float
    aic: float
    bic: float
    sabic: float


FitIndex = Literal[
    "chisq", "df", "pvalue", "scaling_factor", "cfi", "tli", "rmsea", "rmsea_lower", "rmsea_upper", "srmr",
    "npar", "logl", "aic", "bic", "sabic",
]  # fmt: skip
FitColumn = Literal[
    "chisq", "df", "pvalue", "scaling_factor", "cfi", "tli", "rmsea", "rmsea_lower", "rmsea_upper", "srmr",
    "version", "npar", "logl", "aic", "bic", "sabic",
]  # fmt: skip

#: The row of a model that was not fitted.
NO_INDICES = FitIndices(
    chisq=_NAN, df=_NAN, pvalue=_NAN, scaling_factor=_NAN, cfi=_NAN, tli=_NAN, rmsea=_NAN, rmsea_lower=_NAN,
    rmsea_upper=_NAN, srmr=_NAN, version="", npar=_NAN, logl=_NAN, aic=_NAN, bic=_NAN, sabic=_NAN,
)  # fmt: skip


def fit_indices(fit: Fit) -> FitIndices:
    """Indices for tables: robust where the test is scaled and the robust version is defined."""
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


def is_two_level(fit: Fit) -> bool:
    """Whether a fit has a within and a between level."""
    return fit.model.family.two_levels


def number_of_groups(fit: Fit) -> int:
    """Groups of a fit; the two levels of a group count as one."""
    return len(fit.model.sample.groups) // (2 if is_two_level(fit) else 1)


def require_one_block(fit: Fit, what: str) -> None:
    """Refuse fits of several groups or levels, whose parameters share names.

    Raises
    ------
    ComplyError
    """
    if is_two_level(fit):
        raise ComplyError(f"{what} is for models of one level; this fit has a within and a between level")
    if not fit.model.family.one_level:
        raise ComplyError(f"{what} is not there for {fit.model.family.name}")
    if (groups := len(fit.model.sample.groups)) > 1:
        raise ComplyError(f"{what} is for models of one group; this fit has {groups}")


def fit_notes(fit: Fit) -> str:
    """What a reader must know about a fit, in a line."""
    return "; ".join(finding.message for finding in fit.problems if finding.serious)


def difference_test(restricted: Fit, general: Fit, *, method: str | None = None) -> DifferenceTest:
    """χ² difference test of two nested fits to the same data.

    The plain difference for standard tests; Satorra & Bentler's (2001) scaled difference for mean-adjusted tests,
    and where its scaling factor is negative their strictly positive version (2010), then Satorra's (2000), which is
    also taken for tests adjusted in mean and variance (see :mod:`comply_measure.sem.comparison.difference`).

    Parameters
    ----------
    restricted, general : Fit
        The first is nested in the second.
    method : str, optional
        Of scaled tests: the engine's word for one of these instead of this order.

    Returns
    -------
    DifferenceTest
        NaN with a note when a model has no optimum or the test is undefined.

    Raises
    ------
    ComplyError
        When the fits do not rest on the same data, or on different kinds of test.
    """
    df = float(restricted.model.df - general.model.df)
    if failed := restricted.unreached or general.unreached:
        return DifferenceTest(_NAN, df, _NAN, "", f"a model {failed}")
    if df <= 0:
        return DifferenceTest(_NAN, df, _NAN, "", "the models have the same degrees of freedom")
    check_comparable([restricted, general], ["restricted", "general"])
    test = restricted.model.options.test
    if test not in SCALED_TESTS:
        methods = ["standard"]
    elif method is not None:
        methods = [method]
    elif test in MEAN_ONLY:
        methods = ["satorra.bentler.2001", "satorra.bentler.2010", SATORRA_2000]
    else:
        methods = [SATORRA_2000]
    found, name = Difference(_NAN, df), ""
    for name in methods:
        try:
            found = _scaled(restricted, general, name)
        except ComplyError as error:
            found = Difference(_NAN, df, note=" ".join(str(error).split()))
        if math.isfinite(found.statistic):
            return DifferenceTest(found.statistic, found.df, chisq_tail(found.statistic, found.df), name)
    return DifferenceTest(_NAN, df, _NAN, name, found.note)


def _scaled(restricted: Fit, general: Fit, method: str) -> Difference:
    adjusted_in_mean = restricted.model.options.test in MEAN_ONLY
    if method == SATORRA_2000 and adjusted_in_mean and restricted.model.options.se in SANDWICH:
        return score_scaled_difference(restricted, general)
    # of mean-adjusted tests the mean-adjusted difference, not the scaled and shifted one
    return engine_difference(general, restricted, method, scaled_shifted=not adjusted_in_mean)


def score_scaled_difference(restricted: Fit, general: Fit) -> Difference:
    """Mean-adjusted difference of two likelihood fits, from casewise (or cluster) scores of the larger one.

    ``(T₀ − T₁) / c`` with ``c = tr[(A P Aᵀ)⁺ A P B P Aᵀ] / m``: A the m restrictions, P the inverse information and B
    the mean outer product of scores per case, in the larger model's free directions. For complete data this is
    Satorra's (2000) statistic with another consistent estimate of the same matrix; it also serves incomplete and
    clustered data.

    Parameters
    ----------
    restricted, general : Fit
        Likelihood fits of one level with sandwich standard errors.

    Raises
    ------
    ComplyError
        For two-level fits, and for estimators without a likelihood.
    """
    if not general.model.family.one_level:
        raise ComplyError(
            f"{general.model.family.name} have no difference test scaled by scores; use that of Satorra and Bentler "
            "(2001)"
        )
    m = float(restricted.model.df - general.model.df)
    plain = restricted.test.statistic - general.test.statistic
    point, basis = general.optimum.point, free_basis(general)
    A = lost_directions(general, restricted, "delta")
    P = np.linalg.pinv(basis.T @ (0.5 * point.theta_hessian) @ basis, hermitian=True)
    B = basis.T @ first_order_information(general.model, point) @ basis
    AP = A @ P
    inner = np.linalg.pinv(AP @ A.T, hermitian=True)
    factor = float(np.trace(inner @ AP @ B @ AP.T)) / m if m > 0 else 0.0
    if not factor > 0:
        return Difference(_NAN, m, _NAN, note="the restrictions take nothing away: no scaled difference")
    return Difference(plain / factor, m, factor)


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
