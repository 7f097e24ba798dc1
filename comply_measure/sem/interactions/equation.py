"""One structural equation of a fit as a function of its predictors: slopes and values at any point.

``Y = α + Σ b_j t_j`` with terms ``t = X`` or ``t = (X − c_X)(Z − c_Z)``. The centre c is what the estimation took off
before it multiplied: the mean for products of factors by product indicators; nothing for products of columns; for
products of factors by their own likelihood the mean of a column and nothing of a factor. Everything here is linear in
b, so that standard errors follow from the covariance matrix of the estimates; points, centres and means are taken as
given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import Product, columns_of
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

RESIDUAL = "residual-centred products: slopes hold at the values told where the factors are symmetric about their means"
REACH = 3.0  # standard deviations that count as the range of a factor


@dataclass(frozen=True)
class Predictor:
    """A variable of an equation.

    Attributes
    ----------
    name : str
    latent : bool
    mean, sd : float
        Implied by the model for factors, of the cases for columns (divisor n − 1).
    centre : float
        What was taken off before multiplying.
    low, high : float
        Range of the cases; for a factor, three standard deviations to both sides of its mean.
    cases : array or None
        Values of the cases, NaN where missing; None for a factor.
    """

    name: str
    latent: bool
    mean: float
    sd: float
    centre: float
    low: float
    high: float
    cases: Array | None = None

    @property
    def two_valued(self) -> bool:
        """Whether the cases have two different values."""
        return self.cases is not None and len(np.unique(self.cases[~np.isnan(self.cases)])) == 2

    def usual(self) -> dict[str, float]:
        """Values at which slopes are usually told, by their names."""
        if self.two_valued:
            return {f"{value:g}": value for value in (self.low, self.high)}
        return {"-1 SD": self.mean - self.sd, "mean": self.mean, "+1 SD": self.mean + self.sd}

    def share(self, low: float, high: float) -> float:
        """Share of the cases between two values; of a normal distribution for a factor."""
        if self.cases is not None:
            known = self.cases[~np.isnan(self.cases)]
            return float(np.mean((known >= low) & (known <= high)))
        from scipy.special import ndtr

        return float(ndtr((high - self.mean) / self.sd) - ndtr((low - self.mean) / self.sd))


@dataclass(frozen=True)
class Equation:
    """The equation of one outcome in one group.

    Attributes
    ----------
    outcome : str
    group : int
        Number of the group, from 1.
    group_name : str
        Its value in the data; empty for a single group.
    terms : tuple of tuple of str
        Variables of each term: one, or the two of a product.
    coefficients : array (k,)
    covariance : array (k, k)
        NaN where the fit has none.
    variables : mapping of str to Predictor
    intercept : float
        So that the mean of the outcome is what the model (or, without means, the sample) says.
    notes : tuple of str
    """

    outcome: str
    group: int
    group_name: str
    terms: tuple[tuple[str, ...], ...]
    coefficients: Array
    covariance: Array
    variables: Mapping[str, Predictor]
    intercept: float
    notes: tuple[str, ...] = ()

    def means(self) -> dict[str, float]:
        """The point at which every variable has its mean."""
        return {name: variable.mean for name, variable in self.variables.items()}

    def slope_weights(self, predictor: str, point: Mapping[str, float]) -> Array:
        """``∂Y/∂X = wᵀ b`` at a point (k,)."""
        weights = np.zeros(len(self.terms))
        for j, term in enumerate(self.terms):
            for place, name in enumerate(term):
                if name == predictor:
                    rest = term[1 - place] if len(term) == 2 else ""
                    weights[j] += point[rest] - self.variables[rest].centre if rest else 1.0
        return weights

    def value_weights(self, point: Mapping[str, float]) -> Array:
        """``Y = α + wᵀ b`` at a point (k,)."""
        return np.array([math.prod(self._centred(term, point)) for term in self.terms])

    def _centred(self, term: tuple[str, ...], point: Mapping[str, float]) -> Iterator[float]:
        for name in term:
            yield point[name] - (self.variables[name].centre if len(term) == 2 else 0.0)

    def error(self, weights: Array) -> Array:
        """Standard errors of combinations of the coefficients, rows of ``weights`` (m, k)."""
        return np.asarray(
            np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", weights, self.covariance, weights), 0.0))
        )


@dataclass(frozen=True)
class Question:
    """Which slope is asked for: of which predictor, at values of which moderator."""

    outcome: str
    predictor: str
    moderator: str
    equations: tuple[Equation, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of all groups, once each."""
        return tuple(dict.fromkeys(note for equation in self.equations for note in equation.notes))


def question(fit: Fit, term: str | None, group: str | None) -> Question:
    """What ``"Y ~ X:Z"`` asks of a fit.

    Parameters
    ----------
    fit : Fit
    term : str or None
        Outcome, predictor and moderator; the order within the product says which is which. None where the fit has
        one product only.
    group : str or None
        Only this group.

    Raises
    ------
    InputError
        When the fit has no such product or group.
    ModelError
        When the fit reached no finite optimum, or has two levels.
    """
    require_groups(fit, "simple slopes")
    if not fit.has_optimum:
        raise ModelError(f"the fit {fit.unreached}: there are no slopes to tell")
    outcome, (predictor, moderator) = _asked(fit, term)
    names = [each.name for each in fit.model.sample.groups]
    if group is not None and str(group) not in names:
        allowed = ", ".join(filter(None, names)) or "None: the fit has one group"
        problem = Problem("no such group", column="group", value=group, allowed=allowed)
        raise InputError("The slopes cannot be told.", [problem])
    wanted = {predictor, moderator}
    found = []
    for number, name in enumerate(names, start=1):
        if group is None or str(group) == name:
            equation = equation_of(fit, outcome, number)
            if any(set(each) == wanted and len(each) == 2 for each in equation.terms):
                found.append(equation)
    return Question(outcome, predictor, moderator, tuple(found))


def _asked(fit: Fit, term: str | None) -> tuple[str, tuple[str, str]]:
    """Outcome and the two variables of the product asked for."""
    table = fit.model.table
    known = list(
        dict.fromkeys(
            (lhs, rhs)
            for lhs, op, rhs in zip(table.lhs, table.op, table.rhs, strict=True)
            if op == "~" and isinstance(rhs, Product)
        )
    )
    allowed = ", ".join(f"{lhs} ~ {rhs}" for lhs, rhs in known)
    if not known:
        raise InputError("The fit has no product term.", [Problem("no product", allowed="Y ~ X + Z + X:Z")])
    if term is None:
        if len(known) > 1:
            problem = Problem("the fit has several products", column="term", allowed=allowed)
            raise InputError("Which product is meant?", [problem])
        return known[0][0], known[0][1].parts
    outcome, parts = product_of(term)
    if any(lhs == outcome and set(rhs.parts) == set(parts) for lhs, rhs in known):
        return outcome, parts
    hint = did_you_mean(term, [f"{lhs} ~ {rhs}" for lhs, rhs in known])
    raise InputError(
        "The fit has no such product.", [Problem(f"not in the fit{hint}", value=term, allowed=allowed)]
    )


def require_groups(fit: Fit, what: str) -> None:
    """Refuse models of two levels.

    Raises
    ------
    ModelError
        When there are levels.
    """
    if fit.model.family.serves("levels"):
        raise ModelError(f"{what} are not available for {fit.model.family.name}")


def product_of(text: str) -> tuple[str, tuple[str, str]]:
    """Outcome and variables of a product term as text, ``"Y ~ X:Z"``.

    Raises
    ------
    InputError
        When it is something else.
    """
    terms = parse_model(text).terms
    name = terms[0].rhs
    if len(terms) != 1 or terms[0].op != "~" or not isinstance(name, Product):
        raise InputError("A product term is meant.", [Problem("not one", value=text, allowed="Y ~ X:Z")])
    return terms[0].lhs, name.parts


def equation_of(fit: Fit, outcome: str, number: int) -> Equation:
    """The equation of an outcome in one group."""
    table, theta = fit.model.table, fit.theta
    rows = [
        i
        for i in range(len(table))
        if table.group[i] == number and table.op[i] == "~" and table.lhs[i] == outcome
    ]
    names = [table.rhs[i] for i in rows]
    coefficients = fit.model.values(theta)[rows]
    group = fit.model.sample.groups[number - 1]
    moments = _moments(fit, number)
    variables: dict[str, Predictor] = {}
    for name in names:
        centred = isinstance(name, Product) and name not in table.variables[number - 1].observed
        for part in columns_of(name):
            known = variables.get(part)
            if known is None or (centred and known.centre == 0.0):
                variables[part] = _predictor(part, fit, number, moments, centred)
    terms = tuple(columns_of(name) for name in names)
    expected = [_expected(term, variables, moments) for term in terms]
    mean = moments.mean(outcome, group)
    return Equation(
        outcome,
        number,
        group.name,
        terms,
        coefficients,
        _covariance(fit, rows),
        variables,
        mean - float(np.dot(coefficients, expected)),
        (RESIDUAL,) if table.options.product_indicators == "residual_centred" else (),
    )


def _covariance(fit: Fit, rows: list[int]) -> Array:
    """Covariance matrix of the coefficients; fixed ones have none."""
    places = fit.model.table.free[rows] - 1
    vcov = fit.vcov_array
    free = np.flatnonzero(places >= 0)
    found = np.zeros((len(rows), len(rows)))
    found[np.ix_(free, free)] = math.nan if vcov is None else vcov[np.ix_(places[free], places[free])]
    return found


@dataclass(frozen=True)
class Moments:
    """Implied means and covariances of observed variables and factors of one group."""

    names: tuple[str, ...]
    means: Array | None
    cov: Array

    def mean(self, name: str, group: Any) -> float:
        """Implied mean, else that of the sample; 0 for a factor without one."""
        if self.means is not None and name in self.names:
            return float(self.means[self.names.index(name)])
        if name in group.names and group.mean is not None:
            return float(group.mean[group.names.index(name)])
        return 0.0

    def covariance(self, first: str, second: str) -> float:
        """Implied covariance; NaN for a column that is no variable of the model."""
        if first not in self.names or second not in self.names:
            return math.nan
        return float(self.cov[self.names.index(first), self.names.index(second)])


def _moments(fit: Fit, number: int) -> Moments:
    return Moments(*fit.model.family.variable_moments(fit.model, fit.optimum.point, number - 1))


def _expected(term: tuple[str, ...], variables: Mapping[str, Predictor], moments: Moments) -> float:
    """Mean of a term: ``E (X − c)(Z − d) = Cov(X, Z) + (μ_X − c)(μ_Z − d)``."""
    if len(term) == 1:
        return variables[term[0]].mean
    first, second = (variables[name] for name in term)
    covariance = moments.covariance(first.name, second.name)
    return covariance + (first.mean - first.centre) * (second.mean - second.centre)


def _predictor(name: str, fit: Fit, number: int, moments: Moments, centred: bool) -> Predictor:
    """A variable of the equation with its mean, spread and range."""
    group = fit.model.sample.groups[number - 1]
    latent = name in fit.model.table.variables[number - 1].latent
    mean, sd = moments.mean(name, group), math.sqrt(max(moments.covariance(name, name), 0.0))
    if latent or group.data is None or name not in group.names:
        if math.isnan(sd):
            problem = Problem("no variable of the model by itself", column=name, allowed=f"Y ~ {name} + …")
            raise InputError("The slopes cannot be told.", [problem])
        options = fit.model.table.options
        uncentred = options.direct_products or options.product_variables
        centre = mean if centred and not uncentred else 0.0
        return Predictor(name, latent, mean, sd, centre, mean - REACH * sd, mean + REACH * sd)
    column = group.data[:, group.names.index(name)]
    known = column[~np.isnan(column)]
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    centre = mean if centred else 0.0
    return Predictor(name, False, mean, sd, centre, float(known.min()), float(known.max()), column)
