"""Test statistics of a fit: the standard χ² and its corrections for non-normal data.

With U = V − V Δ P Δᵀ V (P the inverse information on the constraints' tangent space) the χ² statistic is
distributed as a mixture of χ²₁ with the eigenvalues of U Γ as weights:

* Satorra & Bentler (1994): T / c, c = tr(UΓ)/df.
* mean- and variance-adjusted (Satterthwaite): T · tr(UΓ)/tr((UΓ)²) on df* = tr(UΓ)²/tr((UΓ)²).
* scaled and shifted (Asparouhov & Muthén, 2010): a T + b, a = √(df/tr((UΓ)²)), b = df − a tr(UΓ).
* Yuan & Bentler (2000): T / c with tr(UΓ) as above for complete data; in Mplus' form
  c = (tr(A₁⁻¹B₁) − tr(P B₀))/df, from the saturated and the fitted model.

``scaling_factor`` is what the statistic is divided by (1/a for the scaled and shifted test, as in lavaan).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.blocks import block_product
from comply_measure.sem.discrepancy.base import CasewiseEvaluation
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.inference.covariance import standard_covariance
from comply_measure.sem.inference.parts import (
    first_order_information,
    observed_pieces_of,
    pieces_of,
    spread_groups,
    theta_places,
)
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point


@dataclass(frozen=True)
class TestStatistic:
    """A χ² test.

    Attributes
    ----------
    name : str
        lavaan's name of the test.
    statistic, df, pvalue : float
        NaN where not defined, with ``note`` saying why.
    scaling_factor : float
        By which the standard statistic was divided (1 for the standard test).
    shift : float
        What was added after scaling (scaled and shifted test only).
    trace : float
        tr(UΓ): expected value of the standard statistic; NaN for tests without scaling.
    factor_h0, factor_h1 : float
        Scaling factors of the fitted and the saturated log-likelihood; NaN but for Yuan-Bentler.
    note : str
        Why a value is missing.
    """

    name: str
    statistic: float
    df: float
    pvalue: float
    scaling_factor: float = 1.0
    shift: float = 0.0
    trace: float = math.nan
    factor_h0: float = math.nan
    factor_h1: float = math.nan
    note: str = ""

    __test__ = False  # not a test case of the test runner


NO_DF = "no degrees of freedom: nothing to test"


def chisquare_test(name: str, statistic: float, df: float) -> TestStatistic:
    """Test with its p value from the central χ² distribution; p is NaN when df is zero."""
    if df > 0:
        return TestStatistic(name, statistic, df, upper_tail(statistic, df))
    return TestStatistic(name, statistic, df, math.nan, note=NO_DF)


def scaled_test(
    model: Model, point: Point, standard: TestStatistic, jacobian: Array | None = None
) -> TestStatistic:
    """The correction of a standard test that the model's options ask for.

    Parameters
    ----------
    model : Model
        The model with its options.
    point : Point
        The optimum.
    standard : TestStatistic
        The standard test there.
    jacobian : array, optional
        Binding constraints that are not linear, in φ.
    """
    name = model.options.test
    if not standard.df > 0 or not math.isfinite(standard.statistic):
        note = standard.note or NO_DF
        return TestStatistic(name, standard.statistic, standard.df, math.nan, math.nan, note=note)
    kind = _information_of_test(model, point)
    if standard_covariance(point, kind, 1.0, jacobian).vcov is None:
        note = "the information matrix is singular: the model is not identified"
        return TestStatistic(name, math.nan, standard.df, math.nan, math.nan, note=note)
    if name in ("yuan.bentler", "yuan.bentler.mplus"):
        return _yuan_bentler(model, point, standard, jacobian)
    second_order = name != "satorra.bentler"
    trace, trace2 = mixture_traces(model, point, jacobian, second_order)
    return corrected(name, standard, trace, trace2)


def _information_of_test(model: Model, point: Point) -> str:
    """Which information a scaled test rests on.

    That asked for in Mplus' form; in those with U Γ the observed one is that of the saturated moments, weight and
    inverse alike, where it differs from the expected one (likelihoods of complete data; as lavaan 0.7).
    """
    options = model.options
    if options.test == "yuan.bentler.mplus":
        return options.information
    observed = options.information == "observed" and options.test != "yuan.bentler"
    return "observed.moments" if observed and point.is_curved else "expected"


def corrected(name: str, standard: TestStatistic, trace: float, trace2: float) -> TestStatistic:
    """Correction of a standard test by the traces of U Γ.

    Parameters
    ----------
    name : str
        ``satorra.bentler``, ``mean.var.adjusted`` or ``scaled.shifted``.
    standard : TestStatistic
        The standard test.
    trace, trace2 : float
        tr(UΓ) and tr((UΓ)²); the latter is not used by ``satorra.bentler``.
    """
    if not standard.df > 0:
        return TestStatistic(name, standard.statistic, standard.df, math.nan, math.nan, note=NO_DF)
    if name == "satorra.bentler":
        return _scaled(name, standard, trace / standard.df, standard.df, trace)
    if name == "mean.var.adjusted":
        df = trace**2 / trace2
        return _scaled(name, standard, trace / df, df, trace)
    a = math.sqrt(standard.df / trace2)
    shift = standard.df - a * trace
    return _scaled(name, standard, 1.0 / a, standard.df, trace, shift)


def _scaled(
    name: str, standard: TestStatistic, factor: float, df: float, trace: float, shift: float = 0.0
) -> TestStatistic:
    if not factor > 0.0:
        note = "the scaling factor is not positive"
        return TestStatistic(name, math.nan, df, math.nan, math.nan, shift, trace, note=note)
    statistic = standard.statistic / factor + shift
    return TestStatistic(name, statistic, df, upper_tail(statistic, df), factor, shift, trace)


def inverse_information(model: Model, point: Point, kind: str, jacobian: Array | None) -> Array:
    """P: inverse information per case, in θ (q, q).

    Raises
    ------
    ModelError
        When the information is singular.
    """
    found = standard_covariance(point, kind, 1.0, jacobian)
    if found.vcov is None:
        raise ModelError("the information matrix is singular; no robust test is possible")
    return found.vcov


def mixture_traces(
    model: Model, point: Point, jacobian: Array | None, second_order: bool
) -> tuple[float, float]:
    """tr(UΓ) and tr((UΓ)²) over all groups.

    V is the expected information of the moments or, where observed information is asked for, the observed one.
    With f_g = n_g/n, M = Σ f_g (ΔᵀVΓVΔ)_g and M₂ = Σ f_g (ΔᵀVΓVΓVΔ)_g::

        tr(UΓ)    = Σ tr(V_gΓ_g) − tr(P M)
        tr((UΓ)²) = Σ tr(V_gΓ_gV_gΓ_g) − 2 tr(P M₂) + tr(P M P M)

    Parameters
    ----------
    model, point, jacobian
        As in :func:`scaled_test`.
    second_order : bool
        Whether the second trace is needed (NaN otherwise).
    """
    kind = _information_of_test(model, point)
    P = inverse_information(model, point, kind, jacobian)
    pieces = (pieces_of if kind == "expected" else observed_pieces_of)(point, second_order)
    M = spread_groups(point, [part.meat for part in pieces])
    PM = block_product(theta_places(point, jacobian), P, M)
    trace = sum(part.trace for part in pieces) - float(np.trace(PM))
    if not second_order:
        return trace, math.nan
    seconds = [part.meat2 for part in pieces if part.meat2 is not None]
    M2 = spread_groups(point, seconds)
    square = sum(part.trace2 for part in pieces)
    return trace, square - 2.0 * float(np.vdot(P, M2)) + float(np.vdot(PM, PM.T))


def _yuan_bentler(
    model: Model, point: Point, standard: TestStatistic, jacobian: Array | None
) -> TestStatistic:
    if model.options.test == "yuan.bentler" and model.options.information != "expected":
        raise ModelError("test='yuan.bentler' needs information='expected'; use 'yuan.bentler.mplus'")
    evaluations = [e for e in point.evaluations if isinstance(e, CasewiseEvaluation)]
    if len(evaluations) < len(point.evaluations):
        raise ModelError("the Yuan-Bentler test needs maximum likelihood and raw data")
    P = inverse_information(model, point, _information_of_test(model, point), jacobian)
    h0 = float(np.vdot(P, first_order_information(model, point)))
    h1 = sum(evaluation.saturated_trace() for evaluation in evaluations)
    trace = h1 - h0
    if model.options.test == "yuan.bentler":
        trace, _ = mixture_traces(model, point, jacobian, False)
    found = _scaled(model.options.test, standard, trace / standard.df, standard.df, trace)
    return TestStatistic(
        found.name,
        found.statistic,
        found.df,
        found.pvalue,
        found.scaling_factor,
        trace=trace,
        factor_h0=h0 / max(model.table.n_free, 1),
        factor_h1=h1 / max(model.n_moments, 1),
        note=found.note,
    )
