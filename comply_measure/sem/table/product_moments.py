"""Moments of products of normal variables as constraints (Kenny & Judd, 1984; Jöreskog & Yang, 1996).

With indicators ``a = λ_a ξ_a + ε_a`` (a column is its own ξ, with λ = 1 and no ε) the residual of the product ``ab`` is
``λ_a ξ_a ε_b + λ_b ξ_b ε_a + ε_a ε_b``, so that::

    Cov(ab, cd) = [b=d] θ_b λ_a λ_c φ_ac + [b=c] θ_b λ_a λ_d φ_ad + [a=d] θ_a λ_b λ_c φ_bc + [a=c] θ_a λ_b λ_d φ_bd
                  + ([a=c][b=d] + [a=d][b=c]) θ_a θ_b
    Cov(ξ_a ξ_b, ξ_c ξ_d) = φ_ac φ_bd + φ_ad φ_bc,     Cov(ξ, ξ_a ξ_b) = 0

Products that leave a residual moment unidentified need them (single indicators with a known error); the constrained
approach takes them all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple

from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.expressions import Binary, Expression, Name, Number
from comply_measure.sem.language.records import Product, Relation
from comply_measure.sem.table.parameter_table import Row
from comply_measure.sem.table.variables import Variables


class Factor(NamedTuple):
    """One column of a product: its name, what it measures (itself for an observed variable)."""

    name: str
    source: str


def product_moments(
    rows: Sequence[Row], plabels: Sequence[str], variables: Sequence[Variables], constrained: bool
) -> list[Relation]:
    """Constraints on the moments of product factors and their indicators; rows are freed or fixed in place.

    Parameters
    ----------
    rows, plabels
        All rows and their names.
    variables : sequence of Variables
        One per group.
    constrained : bool
        All moments, or only those that nothing else identifies.

    Raises
    ------
    ModelError
        When they rest on variances that are no parameters, because a component is predicted.
    """
    relations: list[Relation] = []
    for number, names in enumerate(variables, start=1):
        products = [name for name in names.latent if isinstance(name, Product)]
        if products:
            relations += _Moments(rows, plabels, number, names).relations(products, constrained)
    return relations


class _Moments:
    """The rows of one group, looked up by name."""

    def __init__(self, rows: Sequence[Row], plabels: Sequence[str], number: int, names: Variables) -> None:
        self.rows, self.plabels = rows, plabels
        self.at = {(str(r.lhs), r.op, str(r.rhs)): i for i, r in enumerate(rows) if r.group == number}
        self.predicted = {lhs for lhs, op, _ in self.at if op == "~"}
        self.latent = set(names.latent)
        self.exogenous = names.latent_exogenous

    def relations(self, products: Sequence[Product], constrained: bool) -> list[Relation]:
        """What the products of the group need."""
        columns = {product: self.columns(product) for product in products}
        found: list[Relation] = []
        every = [pair for product in products for pair in columns[product]]
        for product in products:
            mine = columns[product]
            if constrained:
                found += self.of_factor(product, mine)
            elif not self.leaves_free(mine):
                found += self.residuals(mine)
        if constrained:
            found += self.residuals(every)
            found += self.between(products)
        return found

    def columns(self, product: Product) -> list[tuple[str, Factor, Factor]]:
        """Product columns of a product factor with what is multiplied."""
        first, second = (self.indicators(part) for part in product.parts)
        found = [(f"{a.name}:{b.name}", a, b) for b in second for a in first]
        return [each for each in found if (str(product), "=~", each[0]) in self.at]

    def indicators(self, part: str) -> list[Factor]:
        if part not in self.latent:
            return [Factor(part, part)]
        return [Factor(rhs, part) for lhs, op, rhs in self.at if op == "=~" and lhs == part]

    def leaves_free(self, columns: Sequence[tuple[str, Factor, Factor]]) -> bool:
        """Whether some pair of the columns shares no error, so that residual moments are identified."""
        if len(columns) == 1:
            return not any(self.has_error(each) for each in columns[0][1:])
        pairs = combinations_with_replacement(columns, 2)
        return any(
            not any(self.has_error(each) and each in second[1:] for each in first[1:])
            for first, second in pairs
            if first is not second
        )

    def has_error(self, factor: Factor) -> bool:
        place = self.at.get((factor.name, "~~", factor.name))
        return factor.name != factor.source and place is not None and self.is_not_zero(place)

    def is_not_zero(self, place: int) -> bool:
        return self.rows[place].free or self.rows[place].value != 0.0

    def residuals(self, columns: Sequence[tuple[str, Factor, Factor]]) -> list[Relation]:
        """Constraints on residual variances and on the residual covariances that the table has."""
        found = []
        for (name, a, b), (other, c, d) in combinations_with_replacement(columns, 2):
            place = self.covariance_row(name, other)
            if place is not None:
                found.append(self.relation(place, self.residual(a, b, c, d)))
        return found

    def residual(self, a: Factor, b: Factor, c: Factor, d: Factor) -> list[list[Expression]]:
        """Residual covariance of the products ab and cd as a sum of products."""
        terms: list[list[Expression]] = []
        for shared, (rest, other) in (
            ((b, d), (a, c)),
            ((b, c), (a, d)),
            ((a, d), (b, c)),
            ((a, c), (b, d)),
        ):
            if shared[0] == shared[1] and self.has_error(shared[0]):
                moment = self.moment(rest.source, other.source)
                terms.append([self.error(shared[0]), self.loading(rest), self.loading(other), moment])
        if self.has_error(a) and self.has_error(b):
            alike = ((a, b) == (c, d)) + ((a, b) == (d, c))
            terms += [[self.error(a), self.error(b)]] * alike
        return terms

    def of_factor(self, product: Product, columns: Sequence[tuple[str, Factor, Factor]]) -> list[Relation]:
        """Loadings and variance of a product factor; it covaries with no other factor or column."""
        found = [
            self.relation(self.at[str(product), "=~", name], [[self.loading(a), self.loading(b)]])
            for name, a, b in columns[1:]
        ]
        for (lhs, op, rhs), place in self.at.items():
            other = {lhs, rhs} - {str(product)}
            if op == "~~" and str(product) in (lhs, rhs) and len(other) == 1 and ":" not in next(iter(other)):
                self.rows[place].free, self.rows[place].value = False, 0.0
        return found

    def between(self, products: Sequence[Product]) -> list[Relation]:
        """Variances and covariances of product factors."""
        found = []
        for one, other in combinations_with_replacement(products, 2):
            place = self.covariance_row(str(one), str(other))
            if place is not None:
                (a, b), (c, d) = one.parts, other.parts
                terms = [
                    [self.moment(a, c), self.moment(b, d)],
                    [self.moment(a, d), self.moment(b, c)],
                ]
                found.append(self.relation(place, terms))
        return found

    def covariance_row(self, first: str, second: str) -> int | None:
        return self.at.get((first, "~~", second), self.at.get((second, "~~", first)))

    def moment(self, first: str, second: str) -> Expression:
        """Variance or covariance of two components.

        Raises
        ------
        ModelError
            When it is no parameter.
        """
        if self.predicted & {first, second}:
            name = first if first in self.predicted else second
            raise ModelError(
                f"the error of a product with '{name}' follows from its variance, which is no parameter because "
                "it is predicted; measure it by several items, or choose interactions='lms'"
            )
        place = self.covariance_row(first, second)
        return Number(0.0) if place is None else self.value(place)

    def loading(self, factor: Factor) -> Expression:
        place = self.at.get((factor.source, "=~", factor.name))
        return Number(1.0) if place is None else self.value(place)

    def error(self, factor: Factor) -> Expression:
        return self.value(self.at[factor.name, "~~", factor.name])

    def value(self, place: int) -> Expression:
        row = self.rows[place]
        return Name(self.plabels[place]) if row.free or math.isnan(row.value) else Number(row.value)

    def relation(self, place: int, terms: Sequence[Sequence[Expression]]) -> Relation:
        """``row == Σ Π`` with the row free."""
        self.rows[place].free, self.rows[place].value = True, math.nan
        total: Expression = Number(0.0)
        for factors in terms:
            product: Expression = factors[0]
            for factor in factors[1:]:
                product = Binary("*", product, factor)
            total = product if total == Number(0.0) else Binary("+", total, product)
        text = "+".join("*".join(_shown(factor) for factor in factors) for factors in terms) or "0"
        name = self.plabels[place]
        return Relation(name, "==", text, Name(name), total)


def _shown(factor: Expression) -> str:
    return (
        factor.name if isinstance(factor, Name) else f"{factor.value:g}" if isinstance(factor, Number) else ""
    )
