"""An unmeasured latent method factor (ULMC): its share of variance, and loadings with and without it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import NO_INDICES, DifferenceTest, FitColumn, fit_indices, fit_notes
from comply_measure.models.hierarchy import Factors
from comply_measure.models.method_variance.marker import Series
from comply_measure.models.method_variance.texts import MethodTexts, loading_table, residual_table
from comply_measure.results import Result
from comply_measure.sem import Fit

_NAN = math.nan
CAVEATS = (
    "the factor takes up whatever all indicators share beyond the factors' correlations, method or not: with "
    "dimensions of one construct this includes the construct",
    "it cannot be told from correlated factors when its loadings are proportional to the substantive ones "
    "within every factor; then standard errors are large or the model is not identified",
    "a source of variance that was not measured is not named by finding it (Chin et al., 2012; "
    "Richardson et al., 2009)",
)
_MODELS = ("traits", "equal", "free")
_ALL = "all"


@dataclass(frozen=True)
class LatentMethodFactor(Result):
    """Substantive factors without, with an equally and with a freely loading method factor.

    Attributes
    ----------
    fits : mapping of str to Fit
        ``traits``, ``equal``, ``free``; those that could be fitted.
    failures : mapping of str to str
    differences : mapping of (str, str) to DifferenceTest
        (restricted, general) → test.
    loadings : DataFrame
        Per model and indicator: model, item, factor, traits (standardised loading without the method factor),
        substantive, method, change (substantive − traits), note.
    shares : DataFrame
        Per model and factor (and ``all``): mean squared standardised loadings ``substantive`` and ``method``,
        ``residual``, ``method_of_common`` = method / (substantive + method), and ``note`` (why there are none).
    n_informants, n_clusters : int
    notes : tuple of str
        What the model cannot tell.
    """

    fits: Mapping[str, Fit]
    failures: Mapping[str, str]
    differences: Mapping[tuple[str, str], DifferenceTest]
    loadings: pd.DataFrame
    shares: pd.DataFrame
    n_informants: int
    n_clusters: int
    notes: tuple[str, ...] = CAVEATS

    def tidy(self) -> pd.DataFrame:
        """One row per model: model, fit indices, shares of all indicators' variance, counts, note."""
        rows: list[dict[str, object]] = []
        whole = self.shares[self.shares["factor"] == _ALL].set_index("model")
        for name in _MODELS:
            fit = self.fits.get(name)
            indices = NO_INDICES if fit is None else fit_indices(fit)
            shown = {key: indices[key] for key in _SHOWN}
            parts = {k: whole[k].get(name, _NAN) for k in ("substantive", "method", "method_of_common")}
            note = self.failures[name] if fit is None else fit_notes(fit)
            counts = {"n_informants": self.n_informants, "n_clusters": self.n_clusters}
            rows.append({"model": name} | shown | parts | counts | {"note": note})
        return pd.DataFrame(rows)

    def difference_table(self) -> pd.DataFrame:
        """One row per test: restricted, general, chisq, df, pvalue, method, note, n_informants."""
        rows = [{"restricted": a, "general": b, **asdict(t)} for (a, b), t in self.differences.items()]
        return pd.DataFrame(rows).assign(n_informants=self.n_informants)


_SHOWN: tuple[FitColumn, ...] = (
    "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "bic", "version",
)  # fmt: skip


def latent_method_factor(
    data: pd.DataFrame,
    factors: Factors,
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    reversed_items: Collection[str] = (),
    name: str = "method",
) -> LatentMethodFactor:
    """Correlated factors with a method factor behind all indicators, uncorrelated with them.

    ``x_ij = λ_ij F_j + γ_ij M + e_ij`` with all γ equal (``equal``) or free (``free``); variances of factors 1.
    Source: Podsakoff, MacKenzie, Lee & Podsakoff (2003); Williams, Cote & Buckley (1989) for the shares.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    factors : mapping
        Substantive factor → indicators.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`.
    reversed_items : collection of str
        Recoded indicators: their equal loading on the method factor has the opposite sign.
    name : str
        Name of the method factor.

    Returns
    -------
    LatentMethodFactor
        Numbers of a model that is not identified are NaN with the reason.

    Raises
    ------
    InputError
        For absent columns.
    ComplyError
        For names that clash; 'all' is that of all indicators in the shares.
    """
    texts = MethodTexts(factors, name, (), frozenset(reversed_items))
    wanted = [*texts.items, *([cluster] if cluster is not None else [])]
    absent = [Problem("column is absent", column=c) for c in wanted if c not in data.columns]
    if absent:
        raise InputError("The method factor cannot be fitted.", absent)
    texts.check()
    if _ALL in factors:
        raise ComplyError(
            f"the name '{_ALL}' is that of all indicators in the shares: give the factor another"
        )
    series = Series(data, {"estimator": estimator, "missing": missing, "cluster": cluster})
    series.add("traits", texts.traits())
    base = texts.unmeasured()
    for key, text in (("equal", texts.equal(base)), ("free", texts.free(base))):
        fit = series.add(key, text)
        if fit is not None and (reason := _unidentified(fit)):
            del series.fits[key]
            series.failures[key] = reason
    return LatentMethodFactor(
        series.fits,
        series.failures,
        {
            pair: series.difference(*pair)
            for pair in (("traits", "equal"), ("equal", "free"), ("traits", "free"))
        },
        pd.concat([_loadings(series, texts, key) for key in _MODELS[1:]], ignore_index=True),
        pd.DataFrame([row for key in _MODELS[1:] for row in _shares(series, texts, key)], columns=_SHARES),
        max((fit.n for fit in series.fits.values()), default=0),
        int(data[cluster].nunique()) if cluster is not None else -1,
    )


_SHARES = ["model", "factor", "n_items", "substantive", "method", "residual", "method_of_common", "note"]


def _unidentified(fit: Fit) -> str:
    found = [f.message for f in fit.problems if f.code in ("not_identified", "negative_df")]
    return "; ".join(found)


def _loadings(series: Series, texts: MethodTexts, key: str) -> pd.DataFrame:
    owner = {item: factor for factor, items in texts.factors.items() for item in items}
    table = pd.DataFrame({"model": key, "item": list(owner), "factor": list(owner.values())})
    for column, fit in (("traits", series.fits.get("traits")), ("substantive", series.fits.get(key))):
        table[column] = _NAN if fit is None else _own(fit, texts)
    fit = series.fits.get(key)
    table["method"] = (
        _NAN
        if fit is None
        else list(loading_table(fit.standardized(), texts.method, texts.items, "est_std").values())
    )
    table["change"] = table["substantive"] - table["traits"]
    return table.assign(note=series.failures.get(key, ""))


def _own(fit: Fit, texts: MethodTexts) -> list[float]:
    table = fit.standardized()
    return [
        v for f, items in texts.factors.items() for v in loading_table(table, f, items, "est_std").values()
    ]


def _shares(series: Series, texts: MethodTexts, key: str) -> list[tuple[object, ...]]:
    """Mean squared standardised loadings per factor and over all indicators."""
    fit = series.fits.get(key)
    parts = {**texts.factors, _ALL: texts.items}
    if fit is None:
        note = series.failures[key]
        return [(key, factor, len(items), *(_NAN,) * 4, note) for factor, items in parts.items()]
    table = fit.standardized()
    own = dict(zip(texts.items, _own(fit, texts), strict=True))
    method = loading_table(table, texts.method, texts.items, "est_std")
    residual = residual_table(table, texts.items, "est_std")
    rows: list[tuple[object, ...]] = []
    for factor, items in parts.items():
        s, m = (sum(v[i] ** 2 for i in items) / len(items) for v in (own, method))
        rows.append(
            (key, factor, len(items), s, m, sum(residual[i] for i in items) / len(items), m / (s + m), "")
        )
    return rows
