"""Products of factors by product indicators: columns for the data, formulas for the model text.

The factor ``X:Z`` is measured by products of the indicators of X and Z. What is done to these products decides what
the coefficient of X means and whether means are needed:

* ``double_centred`` (Lin, Wen, Marsh & Lin 2010): ``(x − x̄)(z − z̄)``, centred once more; no means are needed;
* ``residual_centred`` (Little, Bovaird & Widaman 2006): what is left of ``x z`` after regression on all indicators of
  X and Z;
* ``unconstrained`` (Marsh, Wen & Hau 2004): ``(x − x̄)(z − z̄)`` as it is, the mean of the product factor being its
  covariance ``Cov(X, Z)``;
* ``constrained`` (Kenny & Judd 1984; Jöreskog & Yang 1996): double-centred, all moments of the products being those of
  products of normal variables.

Means and regressions are those of the group and of the cases that enter the fit. Products that share an indicator have
residuals that covary (``Cov(x₁z₁, x₁z₂) ⊇ Var(ε₁) λ₁ λ₂ Var(Z)``), so these covariances are free; an observed variable
has no error, and sharing it gives none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import InputError
from comply_measure.sem.interactions.model import Component, LatentProducts, ProductTerm
from comply_measure.sem.language.records import PLAIN, ModelRecords, Modifiers, Product, Term
from comply_measure.sem.table.variables import variables_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.families.base import Request

WORDS = {
    "double_centred": "double mean-centred",
    "residual_centred": "residual-centred",
    "unconstrained": "mean-centred (unconstrained approach)",
    "constrained": "double mean-centred (constrained approach, for normal factors)",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A product factor and its indicators.

    Attributes
    ----------
    term : ProductTerm
        Where it was met first in its block.
    pairs : tuple of pair of str
        Columns multiplied for each indicator; the first sets the scale.
    """

    term: ProductTerm
    pairs: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the product columns, ``x1:z1``."""
        return tuple(f"{first}:{second}" for first, second in self.pairs)

    @property
    def parts(self) -> tuple[str, ...]:
        """All columns of which the products are made."""
        return tuple(
            dict.fromkeys(name for component in self.term.components for name in _columns(component))
        )


def with_product_indicators(products: LatentProducts, request: Request) -> Request:
    """A request whose products of factors are factors with indicators of their own.

    Parameters
    ----------
    products : LatentProducts
        From the model text.
    request : Request
        As if the text had no such products; ``asked`` says which product indicators.

    Raises
    ------
    InputError
        For components whose indicators are factors or ordered, without variance, and for taken column names.
    """
    asked, records = request.asked, products.records
    measured = [
        Measured(term, _pairs(term, asked.match))
        for term in {(term.product, term.block): term for term in reversed(products.terms)}.values()
    ][::-1]
    _check(measured, records, request)
    frame = _with_columns(measured, records, request)
    means = asked.product_indicators == "unconstrained"
    added = [term for each in measured for term in _formulas(each, means)]
    added += _residual_covariances(measured, records)
    records = replace(records, terms=(*records.terms, *added))
    records = _with_observed_components(measured, records)
    table = request.table_options
    table = replace(
        table, meanstructure=table.meanstructure or means, product_indicators=asked.product_indicators
    )
    notes = (*request.options.notes, *products.notes, _note(measured, request))
    options = replace(request.options, notes=notes)
    return replace(request, records=records, frame=frame, options=options, table_options=table)


def _columns(component: Component) -> tuple[str, ...]:
    return component.indicators or (component.name,)


def _pairs(term: ProductTerm, match: bool) -> tuple[tuple[str, str], ...]:
    """All pairs of indicators, or the first with the first and so on; each unordered pair once."""
    first, second = (_columns(component) for component in term.components)
    if match:
        return tuple(zip(first, second, strict=False))
    if term.quadratic:
        return tuple((a, b) for i, b in enumerate(second) for a in first[: i + 1])
    return tuple((a, b) for b in second for a in first)


def _note(measured: Sequence[Measured], request: Request) -> str:
    """How the products are estimated, for a reader of the fit."""
    counts = ", ".join(
        f"{product}: {many}" for product, many in {m.term.product: len(m.pairs) for m in measured}.items()
    )
    how = "matched" if request.asked.match else "all pairs"
    words = WORDS[request.asked.product_indicators]
    return f"products of factors are measured by {words} products of their indicators, {how} ({counts})"


def _check(measured: Sequence[Measured], records: ModelRecords, request: Request) -> None:
    """Refuse what has no product indicators."""
    latent = {term.lhs for term in records.terms if term.op == "=~"}
    problems: dict[str, Problem] = {}
    for each in measured:
        for name in each.parts:
            if name in latent:
                message = f"'{each.term.product}': '{name}' is a factor and has no product column"
                problems[name] = Problem(message, allowed="interactions='lms' for factors of factors")
            elif name in request.ordered:
                message = f"'{each.term.product}': products of ordered variables have no meaning"
                problems[name] = Problem(message, column=name, allowed="items as numbers")
        for column in each.columns:
            if column in request.frame.columns:
                problems[column] = Problem("the data have a column of this name", column=column)
    if problems:
        raise InputError("Product indicators cannot be formed.", problems.values())


def _with_columns(measured: Sequence[Measured], records: ModelRecords, request: Request) -> pd.DataFrame:
    """The data with the product columns."""
    import pandas as pd

    from comply_measure.sem.data import collect

    names = list(dict.fromkeys(name for each in measured for name in each.parts))
    wanted = _observed(records) if request.options.complete_cases else names
    cases = collect(request.frame, [wanted] * len(request.groups[0]), request.groups, records)
    place = {name: i for i, name in enumerate(wanted)}
    columns = {
        column: pair for each in measured for column, pair in zip(each.columns, each.pairs, strict=True)
    }
    predictors = {column: dict[str, None]() for column in columns}
    for each in measured:
        for column in each.columns:
            predictors[column] |= dict.fromkeys(each.parts)
    made = np.full((len(request.frame), len(columns)), math.nan)
    problems: list[Problem] = []
    for group, rows, values in zip(cases.groups, cases.rows, cases.values, strict=True):
        used = ~np.isnan(values).any(axis=1) if request.options.complete_cases else np.ones(len(rows), bool)
        values, rows = values[used], rows[used]
        if len(rows) < 2:
            where = f"group '{group}'" if group else "the data"
            raise InputError(
                f"Too few complete cases in {where}.", [Problem("complete cases", value=len(rows))]
            )
        problems += _constant(values, names, place, group)
        if request.asked.product_indicators == "residual_centred":
            products = _residuals(values, columns, predictors, place)
        else:
            products = _centred(values, columns, place, request.asked.product_indicators != "unconstrained")
        made[rows] = products
    if problems:
        raise InputError("A product needs variables that vary.", problems)
    return pd.concat([request.frame, pd.DataFrame(made, request.frame.index, list(columns))], axis=1)


def _observed(records: ModelRecords) -> list[str]:
    """Columns that the model names, products apart: what complete cases are complete in."""
    latent = {term.lhs for term in records.terms if term.op in ("=~", "<~")}
    found: dict[str, None] = {}
    for term in records.terms:
        for name in (term.lhs, "" if term.op == "|" else term.rhs):
            for part in name.parts if isinstance(name, Product) else (name,):
                if part and part not in latent:
                    found[part] = None
    return list(found)


def _constant(values: Array, names: Sequence[str], place: dict[str, int], group: str) -> list[Problem]:
    where = f" in group '{group}'" if group else ""
    known = [values[:, place[name]] for name in names]
    return [
        Problem(f"no variance{where}", column=name)
        for name, column in zip(names, known, strict=True)
        if not np.nanmax(column, initial=-np.inf) > np.nanmin(column, initial=np.inf)
    ]


def _centred(values: Array, columns: dict[str, tuple[str, str]], place: dict[str, int], twice: bool) -> Array:
    """Products of centred columns (n, columns), centred again if ``twice``; NaN where a part is missing."""
    centred = values - _means(values)
    pairs = np.array([(place[a], place[b]) for a, b in columns.values()])
    products = centred[:, pairs[:, 0]] * centred[:, pairs[:, 1]]
    return products - _means(products) if twice else products


def _means(values: Array) -> Array:
    """Means of what is known, per column; 0 where nothing is."""
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _residuals(
    values: Array,
    columns: dict[str, tuple[str, str]],
    predictors: dict[str, dict[str, None]],
    place: dict[str, int],
) -> Array:
    """Residuals of products regressed on the indicators of both factors; NaN where one of these is missing."""
    made = np.full((len(values), len(columns)), math.nan)
    by_predictors: dict[tuple[str, ...], list[int]] = {}
    for i, name in enumerate(columns):
        by_predictors.setdefault(tuple(predictors[name]), []).append(i)
    pairs = list(columns.values())
    for names, places in by_predictors.items():
        x = values[:, [place[name] for name in names]]
        complete: Index = np.flatnonzero(~np.isnan(x).any(axis=1))
        x = x[complete] - x[complete].mean(axis=0) if len(complete) else x[complete]
        raw = values[complete]
        y = np.column_stack([raw[:, place[a]] * raw[:, place[b]] for a, b in (pairs[i] for i in places)])
        y = y - y.mean(axis=0) if len(complete) else y
        made[np.ix_(complete, np.array(places))] = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return made


FREE = Modifiers(fixed=(math.nan,))


def _formulas(measured: Measured, mean: bool) -> list[Term]:
    """How the product factor is measured; with a mean of its own where asked for."""
    term = measured.term
    found = [Term(term.product, "=~", column, PLAIN, term.line, term.block) for column in measured.columns]
    return [*found, Term(term.product, "~1", "", FREE, term.line, term.block)] if mean else found


def _with_observed_components(measured: Sequence[Measured], records: ModelRecords) -> ModelRecords:
    """Observed moderators that nothing predicts covary with the factors, as their products do.

    By default (as in lavaan) factors and exogenous columns are uncorrelated, which would be a claim about the
    moderator. A column that covaries is a variable of the model, so that its covariances with other columns are
    written too.
    """
    added: list[Term] = []
    for block in dict.fromkeys(each.term.block for each in measured):
        mine = [each.term for each in measured if each.term.block == block]
        terms = [term for term in records.terms if term.block == block]
        names = variables_of(terms)
        components = dict.fromkeys(c.name for term in mine for c in term.components if not c.latent)
        moderators = [c for c in components if c in names.exogenous or c not in names.observed]
        if not moderators:
            continue
        known = {frozenset((t.lhs, t.rhs)) for t in terms if t.op == "~~"}
        line = mine[0].line
        columns = tuple(dict.fromkeys((*names.exogenous, *moderators)))
        pairs = [(factor, name) for name in moderators for factor in names.latent_exogenous]
        pairs += list(combinations_with_replacement(columns, 2))
        added += [Term(a, "~~", b, PLAIN, line, block) for a, b in pairs if frozenset((a, b)) not in known]
    return replace(records, terms=(*records.terms, *added))


def _residual_covariances(measured: Sequence[Measured], records: ModelRecords) -> list[Term]:
    """Residual covariances of products that share an indicator measured with error.

    Where all products of a factor share one, their covariances follow from its error
    (:mod:`comply_measure.sem.table.product_moments`).
    """
    found: list[Term] = []
    for block in dict.fromkeys(each.term.block for each in measured):
        mine = [each for each in measured if each.term.block == block]
        with_error = _with_error(mine, [term for term in records.terms if term.block == block])
        pairs = {c: p for each in mine for c, p in zip(each.columns, each.pairs, strict=True)}
        line = {c: each.term.line for each in mine for c in each.columns}
        for first, second in combinations(pairs, 2):
            if set(pairs[first]) & set(pairs[second]) & with_error:
                found.append(Term(first, "~~", second, PLAIN, line[first], block))
    return found


def _with_error(measured: Sequence[Measured], terms: Sequence[Term]) -> set[str]:
    """Indicators measured with error: those of factors with two or more, and those whose error the text gives."""
    given = {t.lhs for t in terms if t.op == "~~" and t.lhs == t.rhs and t.modifiers.fixed != (0.0,)}
    components = [component for each in measured for component in each.term.components]
    return {name for c in components for name in c.indicators if len(c.indicators) > 1 or name in given}
