"""The marker-variable technique of Williams, Hartman & Cavazotte (2010, Organizational Research Methods 13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import DifferenceTest, difference_test
from comply_measure.models.hierarchy import Factors
from comply_measure.models.method_variance.marker_result import (
    FIXED_VALUES,
    MarkerAnalysis,
    ReliabilityParts,
)
from comply_measure.models.method_variance.texts import (
    MethodTexts,
    correlation_table,
    loading_table,
    residual_table,
)
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.multiplicity import rejects

_NAN = float("nan")
LEVELS = (0.05, 0.01)


class Series:
    """Fits that are tried one after the other; a failure keeps its reason and the rest goes on."""

    def __init__(self, data: pd.DataFrame, options: Mapping[str, Any]) -> None:
        self.data, self.options = data, options
        self.fits: dict[str, Fit] = {}
        self.failures: dict[str, str] = {}

    def add(self, name: str, text: str) -> Fit | None:
        """Fit a model; None when that is impossible or did not converge."""
        try:
            fit = fit_model(text, self.data, std_lv=True, **self.options)
        except ComplyError as error:
            self.failures[name] = " ".join(str(error).split())
            return None
        if fit.unreached:
            self.failures[name] = f"the search {fit.unreached}"
            return None
        self.fits[name] = fit
        return fit

    def skip(self, name: str, needed: str) -> None:
        """Note a model that rests on one that failed."""
        self.failures[name] = f"rests on {needed}, which could not be fitted"

    def difference(self, restricted: str, general: str) -> DifferenceTest:
        """Test of two fits; NaN with the reason when one is missing."""
        missing = [name for name in (restricted, general) if name not in self.fits]
        if missing:
            return DifferenceTest(_NAN, _NAN, _NAN, "", f"no fit of {', '.join(missing)}")
        return difference_test(self.fits[restricted], self.fits[general])


def marker_analysis(
    data: pd.DataFrame,
    factors: Factors,
    marker: Sequence[str],
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    alpha: float = 0.05,
    reversed_items: Collection[str] = (),
    name: str = "marker",
) -> MarkerAnalysis:
    """Method variance by a marker variable: five models, reliability decomposition, sensitivity.

    All factors have variance 1. Phase I compares

    * ``cfa``: substantive factors and marker, all correlated;
    * ``baseline``: the marker uncorrelated with the rest, its loadings and residual variances at their values
      in ``cfa``;
    * ``method_c``: one loading of all substantive indicators on the marker; ``method_u``: a loading for each;
    * ``method_r``: the retained one of these (``method_u`` if it fits better at ``alpha``), with the substantive
      factors' correlations at their values in ``baseline``.

    Phase II takes the reliability of each factor's sum apart (:class:`ReliabilityParts`). Phase III repeats the
    retained model with method loadings fixed at the ends of their 95 % and 99 % intervals that are farther from
    zero, ``λ ± z(1 − α/2)·SE`` (``method_s_05``, ``method_s_01``).

    The marker carries method variance only as far as its own answers do; a marker without it finds nothing.
    Equal loadings are equal in the units of the answers: use indicators with one response format.

    Parameters
    ----------
    data : DataFrame
        One row per informant; items recoded to one direction, or scores.
    factors : mapping
        Substantive factor → indicators.
    marker : sequence of str
        Indicators of the marker, at least two.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`, likelihood estimators; differences are scaled where the tests are.
    alpha : float
        Level at which ``method_u`` is preferred to ``method_c``.
    reversed_items : collection of str
        Substantive indicators that were recoded: method moves them the other way.
    name : str
        Name of the marker factor.

    Returns
    -------
    MarkerAnalysis
        A model that cannot be fitted keeps its reason.

    Raises
    ------
    InputError
        For absent columns, fewer than two marker items or an impossible ``alpha``.
    ComplyError
        For names that clash.
    """
    texts = MethodTexts(factors, name, tuple(marker), frozenset(reversed_items))
    _check(data, texts, cluster, alpha)
    series = Series(data, {"estimator": estimator, "missing": missing, "cluster": cluster})
    base, retained = _phase_one(series, texts, alpha)
    sensitivity = _phase_three(series, texts, base, retained)
    pairs = [("baseline", "method_c"), ("method_c", "method_u"), ("baseline", "method_u")]
    if retained:
        pairs.append(("method_r", retained))
    n = max((fit.n for fit in series.fits.values()), default=0)
    clusters = int(data[cluster].nunique()) if cluster is not None else -1
    return MarkerAnalysis(
        series.fits,
        series.failures,
        {pair: series.difference(*pair) for pair in pairs},
        retained,
        _reliability(series, texts, retained),
        _loadings(series, texts, retained),
        _correlations(series, texts, sensitivity, retained),
        tuple(factors),
        alpha,
        n,
        clusters,
        (FIXED_VALUES,),
    )


def _check(data: pd.DataFrame, texts: MethodTexts, cluster: str | None, alpha: float) -> None:
    wanted = [*texts.items, *texts.marker, *([cluster] if cluster is not None else [])]
    problems = [Problem("column is absent", column=c) for c in wanted if c not in data.columns]
    if len(texts.marker) < 2:
        problems.append(Problem("a marker factor needs at least two items", value=", ".join(texts.marker)))
    problems += share_faults("alpha", alpha)
    if problems:
        raise InputError("The marker models cannot be fitted.", problems)
    texts.check()


def _phase_one(series: Series, texts: MethodTexts, alpha: float) -> tuple[str, str]:
    """Text of the baseline model and name of the retained method model; empty without."""
    later = ("baseline", "method_c", "method_u", "method_r")
    cfa = series.add("cfa", texts.cfa())
    if cfa is None:
        for name in later:
            series.skip(name, "cfa")
        return "", ""
    table = cfa.estimates
    base = texts.baseline(
        loading_table(table, texts.method, texts.marker, "est"), residual_table(table, texts.marker, "est")
    )
    baseline = series.add("baseline", base)
    common = series.add("method_c", texts.equal(base))
    free = series.add("method_u", texts.free(base))
    if free is not None and (
        common is None or rejects(series.difference("method_c", "method_u").pvalue, alpha)
    ):
        retained, text = "method_u", texts.free(base)
    elif common is not None:
        retained, text = "method_c", texts.equal(base)
    else:
        series.skip("method_r", "method_c or method_u")
        return base, ""
    if baseline is None:
        series.skip("method_r", "baseline")
    elif not texts.pairs():
        series.failures["method_r"] = "a single factor has no correlations"
    else:
        held = correlation_table(baseline.estimates, texts.pairs(), "est")
        series.add("method_r", texts.restricted(text, held))
    return base, retained


def _phase_three(series: Series, texts: MethodTexts, base: str, retained: str) -> list[str]:
    """Models with larger method loadings; their names."""
    from scipy.special import ndtri

    names = []
    for level in LEVELS:
        name = f"method_s_{round(100 * level):02d}"
        if not retained:
            series.skip(name, "method_c or method_u")
            continue
        table = series.fits[retained].estimates
        value = loading_table(table, texts.method, texts.items, "est")
        error = loading_table(table, texts.method, texts.items, "se")
        z = float(ndtri(1 - level / 2))
        far = {i: v + (z if v >= 0 else -z) * error[i] for i, v in value.items()}
        if any(v != v for v in far.values()):
            series.failures[name] = f"{retained} has no standard errors"
            continue
        series.add(name, texts.fixed(base, far))
        names.append(name)
    return names


def _reliability(series: Series, texts: MethodTexts, retained: str) -> tuple[ReliabilityParts, ...]:
    """Phase II from standardised estimates of the baseline and the retained model."""
    baseline, model = series.fits.get("baseline"), series.fits.get(retained)
    if baseline is None or model is None:
        return ()
    before, after = baseline.standardized(), model.standardized()
    parts = []
    for factor, items in {**texts.factors, texts.method: texts.marker}.items():
        total = _square(before, factor, items)
        total /= total + sum(residual_table(before, items, "est_std").values())
        own = _square(after, factor, items)
        method = _square(after, texts.method, items) if factor != texts.method else 0.0
        whole = own + method + sum(residual_table(after, items, "est_std").values())
        share = method / (own + method)
        parts.append(
            ReliabilityParts(factor, total, own / whole, method / whole, (own + method) / whole, share)
        )
    return tuple(parts)


def _square(table: pd.DataFrame, factor: str, items: Sequence[str]) -> float:
    return float(sum(loading_table(table, factor, items, "est_std").values()) ** 2)


def _loadings(series: Series, texts: MethodTexts, retained: str) -> pd.DataFrame:
    """Loadings of the substantive indicators without and with the method factor."""
    owner = {item: factor for factor, items in texts.factors.items() for item in items}
    table = pd.DataFrame({"item": list(owner), "factor": list(owner.values())})
    columns = ("baseline", "substantive", "method", "method_est", "method_se", "method_pvalue")
    table = table.assign(**dict.fromkeys(columns, _NAN))
    baseline, model = series.fits.get("baseline"), series.fits.get(retained)
    if baseline is not None:
        table["baseline"] = _own_loadings(baseline, texts)
    if model is not None:
        table["substantive"] = _own_loadings(model, texts)
        std = loading_table(model.standardized(), texts.method, texts.items, "est_std")
        table["method"] = list(std.values())
        for column in ("est", "se", "pvalue"):
            found = loading_table(model.estimates, texts.method, texts.items, column)
            table[f"method_{column}"] = list(found.values())
    return table.assign(n_informants=max((f.n for f in series.fits.values()), default=0))


def _own_loadings(fit: Fit, texts: MethodTexts) -> list[float]:
    """Standardised loadings on the indicators' own factors."""
    table = fit.standardized()
    return [
        v for f, items in texts.factors.items() for v in loading_table(table, f, items, "est_std").values()
    ]


def _correlations(
    series: Series, texts: MethodTexts, sensitivity: Sequence[str], retained: str
) -> pd.DataFrame:
    pairs = texts.pairs()
    table = pd.DataFrame(pairs, columns=["factor_1", "factor_2"])
    for name in ("cfa", "baseline", retained, "method_r", *sensitivity):
        fit = series.fits.get(name)
        if fit is not None:
            table[name] = list(correlation_table(fit.estimates, pairs, "est").values())
    return table
