"""Moderations of the structural model: an equation per outcome, with products of unit scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.sem.interactions.equation import REACH, Equation, Predictor, Question
from comply_measure.sem.interactions.johnson_neyman import JohnsonNeyman, regions_of
from comply_measure.sem.interactions.slopes import SimpleSlopes, slopes_of
from comply_measure.statistics.moderated_regression import ModeratedRegression, moderated_regression

if TYPE_CHECKING:
    from comply_measure.evidence.unit_variables import UnitVariables
    from comply_measure.models import Hypothesis

_Z95 = 1.959963984540054
NOTE = "Bands by t with the number of clusters less one degrees of freedom; values of the moderator are taken as given."


@dataclass(frozen=True, eq=False)
class Moderation:
    """What became of the expected moderations.

    Parameters
    ----------
    table : DataFrame
        ``outcome, predictor, moderator, sign, label, est, se, pvalue, est_std, ci_lower, ci_upper, df, r_squared,
        n_units, note``; ``est_std`` is ``b sd(X) sd(Z)/sd(Y)`` with its t interval, standard deviations taken as given.
    slopes, regions : sequence of SimpleSlopes, of JohnsonNeyman
        Of every estimated moderation, in the order of the table.
    corrected : bool
        Whether the error of unit scores was taken off.
    """

    table: pd.DataFrame
    slopes: Sequence[SimpleSlopes]
    regions: Sequence[JohnsonNeyman]
    corrected: bool


@dataclass(frozen=True, eq=False)
class EquationData:
    """Complete units of one equation."""

    names: list[str]
    X: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    codes: np.ndarray[Any, Any]
    errors: np.ndarray[Any, Any]
    influences: np.ndarray[Any, Any]
    outcome_error: float


@dataclass(frozen=True, eq=False)
class Solved:
    """An equation with the units it rests on."""

    result: ModeratedRegression
    data: EquationData


def moderations(
    hypotheses: Sequence[Hypothesis],
    variables: UnitVariables,
    *,
    corrected: bool,
    clusters: pd.Series[Any] | None,
) -> Moderation | None:
    """Estimate every expected moderation.

    Each outcome has one equation, with all its predictors, the moderators and the products, over the units that have
    all scores; nothing is assumed about the predictors. So it needs no more parameters than the equation has.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        All of them: their paths and moderations (:attr:`Hypothesis.parts`) make the equations; those with a moderator
        and no mediators are told.
    variables : UnitVariables
    corrected : bool
        Take the error of unit scores off (:mod:`comply_measure.statistics.moderated_regression`), with the reliability
        of the mean of the roles.
    clusters : Series, optional
        What makes units alike; by default every unit is a cluster.
    """
    wanted = [each for each in hypotheses if each.moderator and not each.through]
    if not wanted:
        return None
    parts = [part for each in hypotheses for part in each.parts]
    rows: list[dict[str, Any]] = []
    slopes: list[SimpleSlopes] = []
    regions: list[JohnsonNeyman] = []
    for outcome in dict.fromkeys(each.outcome for each in wanted):
        mine = [each for each in wanted if each.outcome == outcome]
        equation = [each for each in parts if each.outcome == outcome]
        found, why = attempt(lambda e=equation, o=outcome: _equation(e, o, variables, corrected, clusters))  # type: ignore[misc]
        for each in mine:
            rows.append(_row(each, None if found is None else found, why))
            if found is not None:
                asked = Question(outcome, each.predictor, each.moderator, (_told(outcome, *found),))
                slopes.append(slopes_of(asked))
                regions.append(regions_of(asked))
    return Moderation(pd.DataFrame(rows), tuple(slopes), tuple(regions), corrected)


def _terms(equation: Sequence[Hypothesis]) -> tuple[list[str], list[tuple[int, ...]]]:
    """Predictors and moderators, and the terms of the equation."""
    names = list(
        dict.fromkeys(name for each in equation for name in (each.predictor, each.moderator) if name)
    )
    terms: list[tuple[int, ...]] = [(place,) for place in range(len(names))]
    for each in equation:
        if each.moderator:
            a, b = names.index(each.predictor), names.index(each.moderator)
            if (a, b) not in terms and (b, a) not in terms:
                terms.append((a, b))
    return names, terms


def product_place(terms: Sequence[tuple[int, ...]], a: int, b: int) -> int:
    """Place of the product of two variables among the terms."""
    return terms.index((a, b)) if (a, b) in terms else terms.index((b, a))


def solved_equation(
    equation: Sequence[Hypothesis],
    outcome: str,
    variables: UnitVariables,
    corrected: bool,
    clusters: pd.Series[Any] | None,
    units: pd.Index[Any],
) -> Solved:
    """One equation over those of the given units that have all its scores.

    Raises
    ------
    NotApplicableError
        With the reason why it cannot be solved.
    """
    return Solved(*_equation(equation, outcome, variables, corrected, clusters, units))


def _equation(
    equation: Sequence[Hypothesis],
    outcome: str,
    variables: UnitVariables,
    corrected: bool,
    clusters: pd.Series[Any] | None,
    units: pd.Index[Any] | None = None,
) -> tuple[ModeratedRegression, EquationData]:
    names, terms = _terms(equation)
    data = _data(names, outcome, variables, corrected, clusters, units)
    n, k = len(data.y), len(terms) + 1
    if n <= k:
        raise NotApplicableError(f"{n} units have all scores; the equation has {k} coefficients")
    if not (data.X.std(axis=0) > 0).all() or not data.y.std() > 0:
        flat = [
            name
            for name, sd in zip([*names, outcome], [*data.X.std(axis=0), data.y.std()], strict=True)
            if not sd
        ]
        raise NotApplicableError(f"no variance: {', '.join(flat)}")
    found = _solved(data, terms)
    if not (found.variances > 0).all():
        raise NotApplicableError("a predictor has no variance left without its error")
    return found, data


def _solved(data: EquationData, terms: list[tuple[int, ...]]) -> ModeratedRegression:
    try:
        return moderated_regression(
            data.X,
            data.y,
            terms,
            data.codes,
            errors=data.errors,
            influences=data.influences,
            outcome_error=data.outcome_error,
        )
    except np.linalg.LinAlgError:
        what = "without their error the predictors" if data.errors.any() else "the predictors"
        raise NotApplicableError(
            f"{what} and products do not have a positive definite covariance matrix"
        ) from None


def _data(
    names: list[str],
    outcome: str,
    variables: UnitVariables,
    corrected: bool,
    clusters: pd.Series[Any] | None,
    only: pd.Index[Any] | None,
) -> EquationData:
    table = pd.DataFrame({name: variables.score(name) for name in [*names, outcome]}).dropna()
    if only is not None:
        table = table.loc[table.index.intersection(only, sort=False)]
    units = table.index
    groups = pd.Series(units, index=units) if clusters is None else clusters.reindex(units)
    errors, influences = np.zeros(len(names)), np.zeros((len(units), len(names)))
    outcome_error = 0.0
    if corrected:
        for place, name in enumerate([*names, outcome]):
            if name in variables.constructs or name in variables.overall:
                error, influence = variables.error_parts(name)
                if name == outcome:
                    outcome_error = error
                else:
                    errors[place] = error
                    influences[:, place] = influence.reindex(units).fillna(0.0)
    return EquationData(
        names,
        table[names].to_numpy(dtype=float),
        table[outcome].to_numpy(dtype=float),
        pd.factorize(groups)[0],
        errors,
        influences,
        outcome_error,
    )


def _row(
    each: Hypothesis, found: tuple[ModeratedRegression, EquationData] | None, why: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "outcome": each.outcome, "predictor": each.predictor, "moderator": each.moderator,
        "sign": each.sign, "label": each.label,
    }  # fmt: skip
    if found is None:
        lost = dict.fromkeys(
            ("est", "se", "pvalue", "est_std", "ci_lower", "ci_upper", "r_squared"), math.nan
        )
        return row | lost | {"df": 0, "n_units": 0, "note": why}
    from scipy.stats import t

    result, data = found
    a, b = data.names.index(each.predictor), data.names.index(each.moderator)
    place = product_place(result.terms, a, b)
    est, se = float(result.coefficients[place]), math.sqrt(float(result.covariance[place, place]))
    spread = data.y.var() - data.outcome_error
    scale = math.sqrt(float(result.variances[a] * result.variances[b]) / spread) if spread > 0 else math.nan
    half = float(t.ppf(0.975, result.df)) * se if result.df > 0 else math.nan
    p = 2 * float(t.sf(abs(est) / se, result.df)) if result.df > 0 and se > 0 else math.nan
    note = "" if p == p else "one cluster: no standard errors"
    return row | {
        "est": est, "se": se, "pvalue": p, "est_std": est * scale, "ci_lower": (est - half) * scale,
        "ci_upper": (est + half) * scale, "r_squared": result.explained, "df": result.df, "n_units": result.n,
        "note": note,
    }  # fmt: skip


def _told(outcome: str, result: ModeratedRegression, data: EquationData) -> Equation:
    """The equation for slopes and regions; its bands are made to be those of t."""
    from scipy.stats import t

    wider = float(t.ppf(0.975, result.df)) / _Z95 if result.df > 0 else math.nan
    predictors = {}
    for place, name in enumerate(data.names):
        values = data.X[:, place]
        mean, sd = (
            float(values.mean()),
            math.sqrt(float(result.variances[place]) * len(values) / (len(values) - 1)),
        )
        ends = (mean - REACH * sd, mean + REACH * sd) if data.errors[place] else (values.min(), values.max())
        cases = None if data.errors[place] else values
        predictors[name] = Predictor(
            name, bool(data.errors[place]), mean, sd, mean, float(ends[0]), float(ends[1]), cases
        )
    terms = tuple(tuple(data.names[place] for place in term) for term in result.terms)
    # The equation counts single terms from zero, the regression counted them from the means.
    single = sum(
        float(b) * float(data.X[:, term[0]].mean())
        for term, b in zip(result.terms, result.coefficients, strict=True)
        if len(term) == 1
    )
    return Equation(
        outcome, 1, "", terms, result.coefficients, result.covariance * wider**2, predictors,
        result.intercept - single, (NOTE,),
    )  # fmt: skip
