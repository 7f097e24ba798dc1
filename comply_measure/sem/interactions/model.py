"""Product terms of a model text: which equations have them, what their components are, the text without them.

A product ``X:Z`` of two observed columns is a column of its own and needs nothing from here. One with a factor in it
has no column: how it is estimated is said by ``interactions`` of :func:`comply_measure.sem.fit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError, fault
from comply_measure.sem.language.expressions import Expression, names
from comply_measure.sem.language.records import ModelRecords, Modifiers, Product, Relation, Term


@dataclass(frozen=True, slots=True)
class Component:
    """One of the two variables of a product.

    Attributes
    ----------
    name : str
    indicators : tuple of str
        What measures it, in the order of the text; empty for an observed variable.
    """

    name: str
    indicators: tuple[str, ...] = ()

    @property
    def latent(self) -> bool:
        """Whether it is a factor."""
        return bool(self.indicators)


@dataclass(frozen=True, slots=True)
class ProductTerm:
    """A product in a structural equation, ``outcome ~ first:second``.

    Attributes
    ----------
    outcome : str
        Left side of the equation.
    product : Product
        The product as written.
    components : pair of Component
        In the order of the text; equal for a quadratic term.
    modifiers : Modifiers
        Label, fixed value, starting value and bounds of its coefficient.
    line : int
        Line of the model text.
    block : str
        Its ``group:`` block; empty without such blocks.
    """

    outcome: str
    product: Product
    components: tuple[Component, Component]
    modifiers: Modifiers
    line: int
    block: str = ""

    @property
    def quadratic(self) -> bool:
        """Whether it is the square of one variable."""
        return self.components[0].name == self.components[1].name


@dataclass(frozen=True, slots=True)
class LatentProducts:
    """A model text whose structural equations have products with factors.

    Attributes
    ----------
    records : ModelRecords
        The text as parsed; ``Z:X`` reads ``X:Z`` where that was written first.
    terms : tuple of ProductTerm
        Products with at least one factor, in the order of the text, group blocks one after the other.
    linear : ModelRecords
        The text without these terms, without further parameters of these products (``~~``) and without relations that
        name a label which only they have. Products of two observed columns stay in it: they are columns.
    dropped : tuple of Relation
        The relations that ``linear`` lacks.
    notes : tuple of str
        What a reader of a fit should know, such as a product without the terms it is made of.
    """

    records: ModelRecords
    terms: tuple[ProductTerm, ...]
    linear: ModelRecords
    dropped: tuple[Relation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[Product, ...]:
        """The different products in order of appearance."""
        return tuple(dict.fromkeys(term.product for term in self.terms))

    @property
    def extra(self) -> tuple[Term, ...]:
        """Formulas beyond structural equations that name one of the products, such as ``X ~~ X:Z``."""
        return tuple(t for t in self.records.terms if t.op != "~" and _in_products(t, set(self.products)))


def latent_products(records: ModelRecords) -> LatentProducts | None:
    """Product terms of a model text that have a factor in them; None when there are none.

    Parameters
    ----------
    records : ModelRecords
        The parsed text.

    Raises
    ------
    InputError
        Naming every product that has no meaning: of a name with a colon, of a factor and its own indicator, of a
        composite, of the outcome itself or something that follows from it; or in a model of two levels.
    """
    records = _one_order(records)
    found: list[ProductTerm] = []
    problems: list[Problem] = []
    notes: list[str] = []
    for block in records.groups or ("",):
        terms = [term for term in records.terms if term.block == block]
        measured = _indicators(terms)
        for term in terms:
            if not isinstance(term.rhs, Product) or not measured.keys() & set(term.rhs.parts):
                continue
            first, second = (Component(name, measured.get(name, ())) for name in term.rhs.parts)
            made = ProductTerm(term.lhs, term.rhs, (first, second), term.modifiers, term.line, block)
            problems += [at_term(records, term, *said) for said in _objections(made, term, terms, records)]
            if term.op == "~":
                if any((t.outcome, t.product, t.block) == (term.lhs, term.rhs, block) for t in found):
                    said = f"'{term.rhs}' stands twice in the equation of '{term.lhs}'"
                    problems.append(at_term(records, term, said, "one term for both orders"))
                found.append(made)
                notes += _incomplete(made, terms)
    if problems:
        raise InputError("Products of the model cannot be formed.", problems)
    if not found:
        return None
    linear, dropped = without_products(records, (term.product for term in found))
    return LatentProducts(records, tuple(found), linear, dropped, tuple(dict.fromkeys(notes)))


def predicted_products(records: ModelRecords) -> tuple[Product, ...]:
    """Products of two columns that are predictors and of which one is predicted itself."""
    latent = {term.lhs for term in records.terms if term.op in ("=~", "<~")}
    outcomes = {term.lhs for term in records.terms if term.op == "~"} - latent
    found = (term.rhs for term in records.terms if term.op == "~" and isinstance(term.rhs, Product))
    return tuple(
        dict.fromkeys(
            name
            for name in found
            if not latent.intersection(name.parts) and outcomes.intersection(name.parts)
        )
    )


def without_products(
    records: ModelRecords, products: Iterable[Product]
) -> tuple[ModelRecords, tuple[Relation, ...]]:
    """A model text without some products, and the relations that go with them.

    Parameters
    ----------
    records : ModelRecords
    products : iterable of Product

    Returns
    -------
    ModelRecords
        Without formulas of the products and relations on labels that only these formulas have.
    tuple of Relation
        Those relations.
    """
    gone = set(products)
    kept = [term for term in records.terms if not _in_products(term, gone)]
    lost = _labels(t for t in records.terms if _in_products(t, gone)) - _labels(kept)
    relations, dropped = [], []
    for relation in records.relations:
        named = _named(relation.right) | (set() if relation.op == ":=" else _named(relation.left))
        if named & lost:
            dropped.append(relation)
            lost |= {relation.lhs} if relation.op == ":=" else set()
        else:
            relations.append(relation)
    return replace(records, terms=tuple(kept), relations=tuple(relations)), tuple(dropped)


def _one_order(records: ModelRecords) -> ModelRecords:
    """The records with one name for a product, whichever of its components is written first."""
    known: dict[frozenset[str], Product] = {}
    terms = []
    for term in records.terms:
        if isinstance(term.rhs, Product):
            term = replace(term, rhs=known.setdefault(frozenset(term.rhs.parts), term.rhs))
        terms.append(term)
    return replace(records, terms=tuple(terms))


def _in_products(term: Term, products: set[Product]) -> bool:
    return any(isinstance(name, Product) and name in products for name in (term.lhs, term.rhs))


def _named(side: Expression) -> set[str]:
    return {name.name for name in names(side)}


def _labels(terms: Iterable[Term]) -> set[str]:
    return {label for term in terms for label in term.modifiers.label if label}


def _indicators(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Indicators (of factors) or parts (of composites) by latent variable."""
    found: dict[str, tuple[str, ...]] = {}
    for term in terms:
        if term.op in ("=~", "<~"):
            found[term.lhs] = (*found.get(term.lhs, ()), term.rhs)
    return found


def at_term(records: ModelRecords, term: Term, message: str, allowed: str) -> Problem:
    """A problem of a formula with a product, with its place in the text."""
    line = records.text.split("\n")[term.line - 1]
    place = line.find(term.rhs)
    place = place if place >= 0 else line.find(":") - 1
    return fault(message, term.line, line, max(place, 0) + 1, allowed)


def _objections(
    made: ProductTerm, term: Term, terms: list[Term], records: ModelRecords
) -> Iterator[tuple[str, str]]:
    """What stands against a product: message and what is allowed."""
    if records.levels:
        yield f"'{made.product}': products of factors are not available with 'level:' blocks", "one level"
    if term.op not in ("~", "~~"):
        yield f"'{made.product}' cannot measure or be measured", f"Y ~ {made.product}"
    composites = {t.lhs for t in terms if t.op == "<~"}
    names = [name for part in made.components for name in (part.name, *part.indicators) if ":" in name]
    if names:
        they = ", ".join(f"'{name}'" for name in dict.fromkeys(names))
        yield (
            f"'{made.product}': names with a colon, as of two waves, cannot be told from products: {they}",
            "other names for these columns",
        )
    for component, other in zip(made.components, reversed(made.components), strict=True):
        if component.name in composites:
            yield f"'{component.name}' is a composite: it has no product", "a factor (=~) or a column"
        if component.name in other.indicators:
            yield (
                f"'{component.name}' is an indicator of '{other.name}', which it multiplies",
                "a moderator that is not part of the factor",
            )
    if term.op == "~":
        after = _consequences(made.outcome, terms)
        for name in dict.fromkeys(component.name for component in made.components):
            if name in after:
                yield f"'{name}' is '{made.outcome}' itself or follows from it", "no products in loops"


def _consequences(outcome: str, terms: list[Term]) -> set[str]:
    """The variable and all that it predicts or measures, step by step."""
    reached: set[str] = set()
    waiting = [outcome]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for term in terms:
            if term.op == "~":
                parts = term.rhs.parts if isinstance(term.rhs, Product) else (term.rhs,)
                if name in parts:
                    waiting.append(term.lhs)
            elif term.op == "=~" and term.lhs == name:
                waiting.append(term.rhs)
    return reached


def _incomplete(made: ProductTerm, terms: list[Term]) -> Iterator[str]:
    """Notes for a product without the terms it is made of."""
    present = {term.rhs for term in terms if term.op == "~" and term.lhs == made.outcome}
    for name in dict.fromkeys(component.name for component in made.components):
        if name not in present:
            yield (
                f"'{made.outcome} ~ {made.product}' without '{made.outcome} ~ {name}': its coefficient depends on "
                f"where the zero of the other variable lies"
            )
