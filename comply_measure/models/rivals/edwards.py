"""Superordinate against aggregate construct, judged by outcomes and causes (Edwards 2001).

Without variables outside, an aggregate of correlated dimensions restricts nothing: it fits like the
dimensions themselves. With criteria the two claims differ. Let d be the dimensions and y the criteria:

* *multidimensional*: every d has its own effect on every y (no construct in between);
* *superordinate*: the construct is behind the d and alone has effects on y; the effects of the d are zero
  given the construct;
* *aggregate, fixed weights*: the construct is the sum of the d, so all d have the same effect on y;
* *aggregate, free weights*: the construct is a weighted sum with the same weights for every y: effects are
  proportional across criteria. With a single criterion this is the multidimensional model.

The last three are nested in the first, so each claim has a χ² difference test; R² of the criteria shows what
the claim costs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import DifferenceTest, FitIndex, difference_test, fit_indices, fit_notes
from comply_measure.models.hierarchy import correlated_factors, one_factor, second_order
from comply_measure.models.rivals.trees import Factors, check_factors
from comply_measure.results import Result
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.sem.language.quoting import quoted
from comply_measure.sem.reasons import KEY
from comply_measure.statistics.reasons import undefined_because

_NAN = math.nan
_INDICES: tuple[FitIndex, ...] = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "aic", "bic")


@dataclass(frozen=True, slots=True)
class EdwardsTests(Result):
    """Multidimensional, superordinate and aggregate models with criteria.

    Attributes
    ----------
    fits : mapping of str to Fit
        ``multidimensional``, ``superordinate``, ``equal_loadings``, ``aggregate_fixed``, ``aggregate_free``.
    failures : mapping of str to str
    tests : mapping of str to DifferenceTest
        Each claim against the multidimensional model (``equal_loadings`` against ``superordinate``).
    criteria : tuple of str
    effects : DataFrame
        model, criterion, predictor, est, se, pvalue, est_std.
    r_squared : DataFrame
        model, criterion, r_squared.
    """

    fits: Mapping[str, Fit]
    failures: Mapping[str, str]
    tests: Mapping[str, DifferenceTest]
    criteria: tuple[str, ...]
    effects: pd.DataFrame
    r_squared: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """One row per model.

        Columns: model, chisq, df, pvalue, cfi, rmsea, srmr, aic, bic, chisq_difference, df_difference,
        pvalue_difference, against, r_squared_mean, n_informants, note. ``attrs["undefined"]`` says what is missing.
        """
        rows: list[dict[str, object]] = []
        for model in _TEXTS:
            if model not in self.fits:
                if model in self.failures:
                    rows.append({"model": model, "note": self.failures[model]})
                continue
            fit = self.fits[model]
            indices = fit_indices(fit)
            test = self.tests.get(model)
            means = self.r_squared.loc[self.r_squared["model"] == model, "r_squared"]
            rows.append(
                {
                    "model": model,
                    **{name: indices[name] for name in _INDICES},
                    "chisq_difference": _NAN if test is None else test.chisq,
                    "df_difference": _NAN if test is None else test.df,
                    "pvalue_difference": _NAN if test is None else test.pvalue,
                    "against": _AGAINST.get(model, ""),
                    "r_squared_mean": float(means.mean()) if len(means) else _NAN,
                    "n_informants": fit.n,
                    "note": "; ".join(t for t in (fit_notes(fit), "" if test is None else test.note) if t),
                }
            )
        return undefined_because(pd.DataFrame(rows), "; ".join([FIRST, *self.failures.values()]))


FIRST = "no differences: compared with no other model"
_TEXTS = ("multidimensional", "superordinate", "equal_loadings", "aggregate_fixed", "aggregate_free")
_AGAINST = {
    "superordinate": "multidimensional",
    "equal_loadings": "superordinate",
    "aggregate_fixed": "multidimensional",
    "aggregate_free": "multidimensional",
}


def edwards_models(
    factors: Factors, criteria: Mapping[str, Sequence[str]], name: str = "alignment"
) -> dict[str, str]:
    """Model texts of the comparison.

    Parameters
    ----------
    factors : mapping
        Dimension → indicators, at least three dimensions.
    criteria : mapping
        Criterion → its indicators; a criterion with one indicator is that observed variable itself.
    name : str
        Name of the construct.

    Raises
    ------
    ComplyError
        For too few dimensions, no criterion, or names used twice.
    """
    if not criteria or any(not indicators for indicators in criteria.values()):
        raise ComplyError("at least one criterion with an indicator is needed")
    measured_criteria = {key: list(v) for key, v in criteria.items() if len(v) > 1}
    observed = [key if key in measured_criteria else criteria[key][0] for key in criteria]
    check_factors(factors, name, least=3)
    taken = {name, *factors, *(indicator for indicators in factors.values() for indicator in indicators)}
    if clash := sorted(taken.intersection(observed)):
        raise ComplyError(f"names used more than once in the model: {', '.join(clash)}")
    check_factors({**factors, **measured_criteria}, name)
    y, construct = [quoted(key) for key in observed], quoted(name)
    outcome = [one_factor(key, indicators) for key, indicators in measured_criteria.items()]
    outcome += [f"{one} ~~ {two}" for one, two in combinations(y, 2)]
    measured = [correlated_factors(factors)]
    dimensions = [quoted(key) for key in factors]
    labels = [quoted(f"b_{key}") for key in observed]
    equal = [f"{k} ~ " + " + ".join(f"{b}*{d}" for d in dimensions) for k, b in zip(y, labels, strict=True)]
    texts = {
        "multidimensional": [*measured, *outcome, *(f"{k} ~ {' + '.join(dimensions)}" for k in y)],
        "superordinate": [second_order(factors, name), *outcome, *(f"{k} ~ {construct}" for k in y)],
        "equal_loadings": [
            *measured,
            f"{construct} =~ " + " + ".join(f"1*{d}" for d in dimensions),
            *outcome,
            *(f"{k} ~ {construct}" for k in y),
        ],
        "aggregate_fixed": [*measured, *outcome, *equal],
    }
    if len(y) > 1:
        texts["aggregate_free"] = [*measured, *outcome, *_free_weights(dimensions, y, construct)]
    return {key: "\n".join(lines) for key, lines in texts.items()}


def _free_weights(dimensions: Sequence[str], y: Sequence[str], name: str) -> list[str]:
    """A weighted sum without disturbance; its effect on the first criterion is 1, which sets its scale."""
    # a single indicator would lose its own variance by default: NA* keeps it
    paths = [f"{name} =~ 1*{y[0]}", f"{y[0]} ~~ NA*{y[0]}"] + [f"{k} ~ {name}" for k in y[1:]]
    return [f"{name} ~ {' + '.join(dimensions)}", f"{name} ~~ 0*{name}", *paths]


def edwards_tests(
    data: pd.DataFrame,
    factors: Factors,
    criteria: Mapping[str, Sequence[str]],
    *,
    name: str = "alignment",
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
) -> EdwardsTests:
    """Fit and test the claims of a superordinate and of an aggregate construct against criteria.

    Source: Edwards (2001), "Multidimensional constructs in organizational behavior research".
    ``equal_loadings`` adds his stricter superordinate model, in which all dimensions have the same loading.

    Parameters
    ----------
    data : DataFrame
        One row per case.
    factors, criteria, name
        As in :func:`edwards_models`.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`.

    Returns
    -------
    EdwardsTests

    Raises
    ------
    InputError
        For absent columns.
    ComplyError
        As in :func:`edwards_models`.
    """
    texts = edwards_models(factors, criteria, name)
    wanted = [i for group in (factors, criteria) for members in group.values() for i in members]
    wanted += [cluster] if cluster is not None else []
    absent = [Problem("column is absent", column=column) for column in wanted if column not in data.columns]
    if absent:
        raise InputError("The comparison cannot be made.", absent)
    fits: dict[str, Fit] = {}
    failures: dict[str, str] = {}
    for key, text in texts.items():
        try:
            fits[key] = fit_model(text, data, estimator=estimator, missing=missing, cluster=cluster)
        except ComplyError as error:
            failures[key] = " ".join(str(error).split())
    if "aggregate_free" not in texts:
        failures["aggregate_free"] = "with one criterion free weights restrict nothing: see multidimensional"
    tests = {
        key: difference_test(fits[key], fits[other])
        for key, other in _AGAINST.items()
        if key in fits and other in fits
    }
    names = tuple(key if len(indicators) > 1 else indicators[0] for key, indicators in criteria.items())
    effects = [_effects(key, fit, names, name) for key, fit in fits.items() if fit.has_optimum]
    shares = [_r_squared(key, fit, names) for key, fit in fits.items() if fit.has_optimum]
    return EdwardsTests(
        fits,
        failures,
        tests,
        names,
        _together(effects),
        pd.concat(shares, ignore_index=True) if shares else pd.DataFrame(columns=_SHARE_COLUMNS),
    )


_EFFECT_COLUMNS = ["model", "criterion", "predictor", "est", "se", "pvalue", "est_std"]
_SHARE_COLUMNS = ["model", "criterion", "r_squared"]


def _together(effects: list[pd.DataFrame]) -> pd.DataFrame:
    if not effects:
        return pd.DataFrame(columns=_EFFECT_COLUMNS)
    reasons = dict.fromkeys(part.attrs[KEY] for part in effects if KEY in part.attrs)
    return undefined_because(pd.concat(effects, ignore_index=True), "; ".join(reasons))


def _effects(key: str, fit: Fit, criteria: Sequence[str], name: str) -> pd.DataFrame:
    """Effects on the criteria, and the weights that form an aggregate."""
    table, std = fit.estimates, fit.standardized()
    rows = table["op"].eq("~") & table["lhs"].isin([*criteria, name])
    rows |= table["op"].eq("=~") & table["lhs"].eq(name) & table["rhs"].isin(list(criteria))
    found = table[rows]
    swapped = found["op"].eq("=~")
    effects = pd.DataFrame(
        {
            "model": key,
            "criterion": np.where(swapped, found["rhs"], found["lhs"]),
            "predictor": np.where(swapped, found["lhs"], found["rhs"]),
            "est": found["est"],
            "se": found["se"],
            "pvalue": found["pvalue"],
            "est_std": std.loc[found.index, "est_std"],
        }
    )
    return undefined_because(effects, "; ".join(filter(None, (table.attrs[KEY], std.attrs[KEY]))))


def _r_squared(key: str, fit: Fit, criteria: Sequence[str]) -> pd.DataFrame:
    """1 − standardised disturbance variance of each criterion."""
    std = fit.standardized()
    own = std[std["op"].eq("~~") & std["lhs"].eq(std["rhs"])].set_index("lhs")["est_std"]
    return pd.DataFrame(
        {"model": key, "criterion": list(criteria), "r_squared": [1.0 - float(own[c]) for c in criteria]}
    )
