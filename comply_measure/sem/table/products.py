"""Factors that are products of variables: their scale and, where asked for, their mean.

``X:Z`` is the product of X and Z only when its indicators are scaled so: the loading of ``x₁z₁`` is the product of the
loadings of x₁ and z₁ (an observed variable has loading 1). Markers make all three 1. Where the scale of X or Z is set
otherwise (``std_lv``, effect coding, another marker), the loading follows from the two others, so that fit and
standardised solution do not depend on the choice of scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.expressions import Binary, Expression, Name, Number
from comply_measure.sem.language.records import Product, Relation
from comply_measure.sem.table.parameter_table import Row
from comply_measure.sem.table.variables import Variables

Places = Mapping[tuple[str, str, str], int]


def product_factors(variables: Variables) -> tuple[Product, ...]:
    """Latent variables that are products."""
    return tuple(name for name in variables.latent if isinstance(name, Product))


def scale_products(rows: Sequence[Row], variables: Sequence[Variables]) -> list[tuple[int, list[int], float]]:
    """Give every product factor its scale, in place.

    Parameters
    ----------
    rows : sequence of Row
        All rows.
    variables : sequence of Variables
        One per group.

    Returns
    -------
    list of (int, list of int, float)
        Rows whose value is that of other rows (free ones) times a constant; the others are fixed.
    """
    dependent = []
    for number, names in enumerate(variables, start=1):
        products = product_factors(names)
        if not products:
            continue
        places = _places(rows, number)
        for product in products:
            marker, loadings = _reference(product, rows, places)
            rows[marker].free, rows[marker].value = True, math.nan
            constant = math.prod(rows[i].value for i in loadings if not rows[i].free)
            free = [i for i in loadings if rows[i].free]
            if free:
                dependent.append((marker, free, constant))
            else:
                rows[marker].free, rows[marker].value = False, constant
    return dependent


def scale_relations(
    dependent: Sequence[tuple[int, list[int], float]], plabels: Sequence[str], sets: Sequence[Sequence[int]]
) -> list[Relation]:
    """``λ(x₁z₁) == λ(x₁) λ(z₁)`` for the rows of :func:`scale_products`; once for rows tied to the same ones."""
    owner = {i: group[0] for group in sets for i in group}
    seen: set[tuple[int, ...]] = set()
    relations = []
    for marker, free, constant in dependent:
        key = tuple(owner.get(i, i) for i in (marker, *free))
        if key in seen:
            continue
        seen.add(key)
        right: Expression = Name(plabels[free[0]])
        text = plabels[free[0]]
        for i in free[1:]:
            right, text = Binary("*", right, Name(plabels[i])), f"{text}*{plabels[i]}"
        if constant != 1.0:
            right, text = Binary("*", Number(constant), right), f"{constant:g}*{text}"
        relations.append(Relation(plabels[marker], "==", text, Name(plabels[marker]), right))
    return relations


def mean_relations(
    rows: Sequence[Row], plabels: Sequence[str], variables: Sequence[Variables]
) -> list[Relation]:
    """``E(XZ) == Cov(X, Z)`` for every product factor of centred variables.

    Raises
    ------
    ModelError
        When the covariance is no parameter of the model, because X or Z is predicted.
    """
    relations = []
    for number, names in enumerate(variables, start=1):
        places = _places(rows, number)
        for product in product_factors(names):
            mean, (first, second) = places[product, "~1", ""], product.parts
            at = places.get((first, "~~", second), places.get((second, "~~", first)))
            predicted = {row.lhs for row in rows if row.op == "~" and row.group == number}
            if at is None or predicted & {first, second}:
                raise ModelError(
                    f"the mean of '{product}' is a covariance that the model does not have as a parameter; "
                    "choose product_indicators='double_centred'"
                )
            if rows[at].free:
                right: Expression = Name(plabels[at])
                relations.append(Relation(plabels[mean], "==", plabels[at], Name(plabels[mean]), right))
            else:
                rows[mean].free, rows[mean].value = False, rows[at].value
    return relations


def _places(rows: Sequence[Row], number: int) -> dict[tuple[str, str, str], int]:
    return {(str(row.lhs), row.op, str(row.rhs)): i for i, row in enumerate(rows) if row.group == number}


def _reference(product: Product, rows: Sequence[Row], places: Places) -> tuple[int, list[int]]:
    """The first loading of a product factor, and those of the two indicators that are multiplied there."""
    first = {name: next((i for i, row in _loadings(rows, places, name)), None) for name in product.parts}
    marker = next(i for i, _ in _loadings(rows, places, product))
    return marker, [i for i in (first[name] for name in product.parts) if i is not None]


def _loadings(rows: Sequence[Row], places: Places, factor: str) -> Iterator[tuple[int, Row]]:
    return ((i, rows[i]) for (lhs, op, _), i in places.items() if lhs == factor and op == "=~")
