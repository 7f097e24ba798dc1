"""A factor of reverse wording beside one of agreeing: what reverse-keyed items share beyond their factors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import pandas as pd
from scipy.special import ndtr

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import NO_INDICES, DifferenceTest, FitColumn, fit_indices, fit_notes
from comply_measure.models.hierarchy import Factors
from comply_measure.models.method_variance.marker import Series
from comply_measure.models.method_variance.texts import MethodTexts, loading_table
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.sem.language.quoting import quoted
from comply_measure.statistics.reasons import undefined_because
from comply_measure.statistics.words import require_known

_NAN = math.nan
_MODELS = ("traits", "agreeing", "wording", "both")
_SHOWN: tuple[FitColumn, ...] = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "bic", "version")
#: Labels of the variances of the factors whose loadings are fixed at ±1.
WORDING, AGREEING = "wording_variance", "agreeing_variance"
#: Models without the factor and with it, beside the other factor.
_TESTS = (("traits", "agreeing"), ("traits", "wording"), ("agreeing", "both"), ("wording", "both"))
CAVEATS = (
    "without the factor of agreeing, the wording factor takes up acquiescence, too: read it in the model with both",
    "reverse-keyed items may share content; what they share beyond their factors is not named by finding it",
)


@dataclass(frozen=True)
class WordingFactor(Result):
    """Substantive factors without and with a factor of reverse-keyed items, and one of agreeing with everything.

    Attributes
    ----------
    fits : mapping of str to Fit
        ``traits``; ``agreeing``: and a factor behind all items, with opposite sign for reverse-keyed ones; ``wording``:
        and one behind the reverse-keyed items; ``both``. Those that could be fitted.
    failures : mapping of str to str
    differences : mapping of (str, str) to DifferenceTest
        (restricted, general) → test.
    loadings : DataFrame
        Per model and item: model, item, factor, reverse_keyed, substantive, wording, agreeing (standardised; 0 where
        the model has no such loading, NaN where the variance of its factor is estimated below 0), note.
    effects : DataFrame
        Per model: ω² and γ² with standard errors and one-sided p values (``wording_variance``, ``_se``, ``_p``, and
        ``agreeing_``), the equal loadings ω and γ (``wording``, ``agreeing``; NaN for a variance below 0) with standard
        errors by the delta method, all in the units of the answers, and ``note``.
    n_informants, n_clusters : int
    notes : tuple of str
        What the model cannot tell.
    """

    fits: Mapping[str, Fit]
    failures: Mapping[str, str]
    differences: Mapping[tuple[str, str], DifferenceTest]
    loadings: pd.DataFrame
    effects: pd.DataFrame
    n_informants: int
    n_clusters: int
    notes: tuple[str, ...] = CAVEATS

    def tidy(self) -> pd.DataFrame:
        """One row per model: model, fit indices, the columns of `effects`, counts, note.

        ``attrs["undefined"]`` says why a model has no numbers of a factor.
        """
        rows: list[dict[str, object]] = []
        effects = self.effects.set_index("model")
        for name in _MODELS:
            fit = self.fits.get(name)
            indices = NO_INDICES if fit is None else fit_indices(fit)
            shown = {key: indices[key] for key in _SHOWN}
            found: dict[str, object] = {column: effects.loc[name, column] for column in _EFFECTS[1:-1]}
            note = self.failures[name] if fit is None else fit_notes(fit)
            counts = {"n_informants": self.n_informants, "n_clusters": self.n_clusters}
            rows.append({"model": name} | shown | found | counts | {"note": note})
        return undefined_because(pd.DataFrame(rows), "a factor that a model has not has no variance")

    def difference_table(self) -> pd.DataFrame:
        """One row per test: restricted, general, chisq, df, pvalue, method, note, n_informants."""
        rows = [{"restricted": a, "general": b, **asdict(t)} for (a, b), t in self.differences.items()]
        return pd.DataFrame(rows).assign(n_informants=self.n_informants)


_EFFECTS = [
    "model",
    *("wording_variance", "wording_variance_se", "wording_variance_p", "wording", "wording_se"),
    *("agreeing_variance", "agreeing_variance_se", "agreeing_variance_p", "agreeing", "agreeing_se"),
    "note",
]


def wording_factor(
    data: pd.DataFrame,
    factors: Factors,
    reversed_items: Collection[str],
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    names: tuple[str, str] = ("wording_factor", "agreeing_factor"),
    models: Collection[str] = _MODELS,
) -> WordingFactor:
    r"""Correlated factors with a factor of reverse wording and one of agreeing with everything.

    For recoded answers, with :math:`r_i = 1` for reverse-keyed items and 0 for others,

    .. math:: x_i = \lambda_i F_{(i)} + \omega\, r_i W + \gamma\,(1 - 2 r_i) A + e_i,

    W and A with variance 1, uncorrelated with each other and with the substantive factors, one ω and one γ in the units
    of the answers. Reverse-keyed items then share ω² beyond their factors, and agreeing moves them against the others.
    Estimated are ω² and γ², as variances of factors with loadings of ±1, which may come out below 0: the sign of a
    loading means nothing, so that at 0 neither its interval nor its test is regular, those of the variance are.
    ω² = 0 is tested by ``agreeing`` against ``both`` or by ω²/SE, one-sided (docs/models.md).
    γ is identified by pairs of a reverse-keyed and another item within and across factors; ω by pairs of reverse-keyed
    items of different factors. Sources: Marsh (1996) and Tomás & Oliver (1999) for the wording factor, Billiet &
    McClendon (2000) for the factor of agreeing.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    factors : mapping
        Substantive factor → indicators, at least three.
    reversed_items : collection of str
        The recoded items, of at least two factors; each of these factors also has other items.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`.
    names : tuple of str
        Names of the two factors.
    models : collection of str
        Which of the four are fitted; the others are failures with the reason "not asked for".

    Returns
    -------
    WordingFactor
        Numbers of a model that could not be fitted are NaN with the reason.

    Raises
    ------
    InputError
        For absent columns.
    ComplyError
        For names that clash, unknown reverse-keyed items, or too few of them to tell the factors apart.
    """
    texts = MethodTexts(factors, names[1], (), frozenset(reversed_items))
    wanted = [*texts.items, *([cluster] if cluster is not None else [])]
    absent = [Problem("column is absent", column=c) for c in wanted if c not in data.columns]
    if absent:
        raise InputError("The wording factor cannot be fitted.", absent)
    texts.check()
    MethodTexts(factors, names[0], ()).check()
    _require_told_apart(texts)
    for name in models:
        require_known("model", name, _MODELS)
    series = Series(data, {"estimator": estimator, "missing": missing, "cluster": cluster})
    for key, text in _texts(texts, names).items():
        if key in models:
            series.add(key, text)
        else:
            series.failures[key] = "not asked for"
    return WordingFactor(
        series.fits,
        series.failures,
        {pair: series.difference(*pair) for pair in _TESTS if set(pair) <= set(models)},
        pd.concat([_loadings(series, texts, names, key) for key in _MODELS], ignore_index=True),
        pd.DataFrame([_effects(series, names, key) for key in _MODELS], columns=_EFFECTS),
        max((fit.n for fit in series.fits.values()), default=0),
        int(data[cluster].nunique()) if cluster is not None else -1,
    )


def _require_told_apart(texts: MethodTexts) -> None:
    """Two factors with both kinds of items, or wording and agreeing cannot be told apart."""
    turned = texts.reversed_items
    mixed = [name for name, items in texts.factors.items() if turned & set(items) and set(items) - turned]
    if len(mixed) < 2:
        found = f"{len(mixed)} factor{'s' if len(mixed) != 1 else ''}"
        raise ComplyError(
            f"a wording factor needs two factors with reverse-keyed and other items; {found} found"
        )


def _texts(texts: MethodTexts, names: tuple[str, str]) -> dict[str, str]:
    """The four models."""
    turned = texts.reversed_items
    wording = _fixed_loadings(texts, names[0], {i: 1 for i in texts.items if i in turned}, WORDING)
    signs = {item: -1 if item in turned else 1 for item in texts.items}
    agreeing = _fixed_loadings(texts, names[1], signs, AGREEING)
    traits, apart = texts.traits(), f"{quoted(names[0])} ~~ 0*{quoted(names[1])}"
    written = {
        "traits": (traits,),
        "agreeing": (traits, agreeing),
        "wording": (traits, wording),
        "both": (traits, agreeing, wording, apart),
    }
    return {key: "\n".join(parts) for key, parts in written.items()}


def _fixed_loadings(texts: MethodTexts, name: str, signs: Mapping[str, int], variance: str) -> str:
    """Items on a factor with loadings of ±1 and a free variance, uncorrelated with the substantive factors."""
    loaded = " + ".join(f"{sign}*{quoted(item)}" for item, sign in signs.items())
    apart = " + ".join(f"0*{quoted(factor)}" for factor in texts.factors)
    factor = quoted(name)
    return f"{factor} =~ {loaded}\n{factor} ~~ NA*{factor} + {variance}*{factor}\n{factor} ~~ {apart}"


def _loadings(series: Series, texts: MethodTexts, names: tuple[str, str], key: str) -> pd.DataFrame:
    owner = {item: factor for factor, items in texts.factors.items() for item in items}
    table = pd.DataFrame({"model": key, "item": list(owner), "factor": list(owner.values())})
    table["reverse_keyed"] = [item in texts.reversed_items for item in owner]
    fit = series.fits.get(key)
    if fit is None:
        return table.assign(substantive=_NAN, wording=_NAN, agreeing=_NAN, note=series.failures[key])
    found = fit.standardized()
    rows = found[found["op"] == "=~"]
    at = {(lhs, rhs): float(v) for lhs, rhs, v in zip(rows["lhs"], rows["rhs"], rows["est_std"], strict=True)}
    own = {
        item: value
        for factor, items in texts.factors.items()
        for item, value in loading_table(found, factor, items, "est_std").items()
    }
    table["substantive"] = [own[item] for item in owner]
    for column, name in zip(("wording", "agreeing"), names, strict=True):
        table[column] = [at.get((name, item), 0.0) for item in owner]
    return table.assign(note=_below_zero(fit, names))


def _below_zero(fit: Fit, names: tuple[str, str]) -> str:
    """That a factor's variance is estimated below 0, so that it has no loadings."""
    table = fit.estimates
    own = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"]) & table["lhs"].isin(names)]
    below = own.loc[own["est"] < 0, "lhs"].tolist()
    return f"variance below 0, no loadings: {', '.join(below)}" if below else ""


def _effects(series: Series, names: tuple[str, str], key: str) -> list[object]:
    """Variances of the two factors and the loadings that they are squares of."""
    fit = series.fits.get(key)
    if fit is None:
        return [key, *(_NAN,) * 10, series.failures[key]]
    table = fit.estimates
    row: list[object] = [key]
    for name in names:
        of = table[(table["op"] == "~~") & (table["lhs"] == name) & (table["rhs"] == name)]
        variance, error = (float(of[c].iloc[0]) if len(of) else _NAN for c in ("est", "se"))
        loading = math.sqrt(variance) if variance >= 0 else _NAN
        at_loading = error / (2 * loading) if loading > 0 else _NAN
        p = 1 - float(ndtr(variance / error)) if error > 0 else _NAN
        row += [variance, error, p, loading, at_loading]
    lacking = "" if key == "both" else "the model has no such factor"
    return [*row, "; ".join(filter(None, (lacking, _below_zero(fit, names))))]
