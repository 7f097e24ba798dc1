"""Composites in the specification of Henseler and Ogasawara.

A composite ``c = x₁ + w₂ x₂ + … + w_K x_K`` of observed components is written with K − 1 excrescent
variables ν₂ … ν_K, which covary freely with each other and with nothing else, and without residuals
(Schuberth, 2023)::

    x₁ = λ₁ c + w₂ ν₂ + … + w_K ν_K
    x_k = λ_k c − ν_k                      k = 2 … K

The weights are thus ordinary path coefficients. ``λ₁ + w₂ λ₂ + … + w_K λ_K = 1`` makes c the weighted sum
itself, in the scale of its first component. Within a composite the covariances of its components are
free; between composites they run through the composites alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.expressions import Binary, Expression, Name, Number
from comply_measure.sem.language.records import Relation, Term


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite and its components, in the order of the model text."""

    name: str
    components: tuple[str, ...]

    @property
    def reference(self) -> str:
        """The component whose weight is one."""
        return self.components[0]

    @property
    def excrescent(self) -> tuple[str, ...]:
        """Names of the excrescent variables, one for every component but the first."""
        return tuple(excrescent_name(self.name, component) for component in self.components[1:])


def excrescent_name(composite: str, component: str) -> str:
    """Name under which the excrescent variable of a component is shown."""
    return f".{composite}.{component}"


def composites_of(terms: Sequence[Term]) -> tuple[Composite, ...]:
    """Composites of a model.

    Raises
    ------
    ModelError
        When a component is latent, belongs to two composites, or has a role that composites exclude.
    """
    components: dict[str, list[str]] = {}
    for term in terms:
        if term.op == "<~":
            components.setdefault(term.lhs, []).append(term.rhs)
    if not components:
        return ()
    _check(terms, components)
    return tuple(Composite(name, tuple(parts)) for name, parts in components.items())


def _check(terms: Sequence[Term], components: Mapping[str, Sequence[str]]) -> None:
    latent = {term.lhs for term in terms if term.op in ("=~", "<~")}
    owner: dict[str, str] = {}
    for name, parts in components.items():
        for part in parts:
            if part in latent:
                raise ModelError(f"'{part}' is latent: composites are formed of observed variables")
            if owner.setdefault(part, name) != name:
                raise ModelError(f"'{part}' is a component of two composites, {owner[part]} and {name}")
    for term in terms:
        if term.op == "=~" and term.lhs in components:
            raise ModelError(f"'{term.lhs}' stands before both '=~' and '<~'")
        taken = [n for n in (term.lhs, term.rhs) if n in owner]
        if term.op == "=~" and term.rhs in owner:
            raise ModelError(
                f"'{term.rhs}' is a component of {owner[term.rhs]} and cannot measure {term.lhs}"
            )
        if term.op in ("~", "~~", "|", "~*~") and taken:
            shown = f"{term.lhs} {term.op} {term.rhs}"
            raise ModelError(f"'{shown}': a component of a composite has no path or covariance of its own")


def default_keys(composites: Sequence[Composite]) -> Iterator[tuple[str, str, str]]:
    """Rows a model has because of its composites: loadings, (co)variances of excrescent variables."""
    for composite in composites:
        for component in composite.components:
            yield composite.name, "=~", component
        for i, first in enumerate(composite.excrescent):
            for second in composite.excrescent[i:]:
                yield first, "~~", second


def scale_relation(
    composite: Composite, plabels: Mapping[tuple[str, str, str], str], weights: Mapping[str, float | None]
) -> Relation:
    """``λ₁ + Σ w_k λ_k == 1`` of a composite.

    Parameters
    ----------
    composite : Composite
        The composite.
    plabels : mapping
        Plabel of every row of the group.
    weights : mapping
        Value of every fixed weight, None for free ones.

    Raises
    ------
    ModelError
        When the weight of the reference is not one.
    """
    name = composite.name
    if weights[composite.reference] != 1.0:
        raise ModelError(
            f"the weight of {composite.reference} in '{name} <~ …' must be 1: it gives the composite its scale"
        )
    text = plabels[name, "=~", composite.reference]
    left: Expression = Name(text)
    for component in composite.components[1:]:
        loading = plabels[name, "=~", component]
        fixed = weights[component]
        label = plabels[name, "<~", component]
        factor: Expression = Name(label) if fixed is None else Number(fixed)
        left = Binary("+", left, Binary("*", factor, Name(loading)))
        text += f"+{label if fixed is None else fixed}*{loading}"
    return Relation(text, "==", "1", left, Number(1.0))


def start_of_composite(block: Array, weights: Array) -> tuple[Array, float, Array]:
    """Loadings, variance and covariance matrix of the excrescent variables at given weights.

    Parameters
    ----------
    block : array (K, K)
        Covariance matrix of the components.
    weights : array (K,)
        Weights, the first one 1.

    Returns
    -------
    loadings : array (K,)
    variance : float
    excrescent : array (K − 1, K − 1)
    """
    along = block @ weights
    variance = float(weights @ along)
    loadings = along / variance
    rest = block - variance * np.outer(loadings, loadings)
    return loadings, variance, rest[1:, 1:]
