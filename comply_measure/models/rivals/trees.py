"""What a rival structure is built from: dimensions over indicators, or dimensions over attributes over items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from comply_measure.errors import ComplyError
from comply_measure.instrument import Scale

Factors = Mapping[str, Sequence[str]]
Tree = Mapping[str, Factors]


def tree_of(
    scale: Scale, attribute_set: str | None = None, form: str = "full"
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Dimension → attribute → items of a scale.

    Parameters
    ----------
    scale : Scale
        The instrument.
    attribute_set, form : str, optional
        As in :meth:`Scale.measurement`.

    Raises
    ------
    ComplyError
        If the scale (or the form) has no attributes below its dimensions.
    """
    tree: dict[str, dict[str, tuple[str, ...]]] = {}
    for attribute, items in scale.measurement("attribute", attribute_set, form).items():
        dimension = scale.dimension_of(attribute)
        if dimension != attribute and items:
            tree.setdefault(dimension, {})[attribute] = tuple(items)
    if not tree:
        raise ComplyError(
            f"the scale '{scale.key}' has no attributes below its dimensions in the form '{form}'"
        )
    return tree


def is_tree(factors: Factors | Tree) -> bool:
    """Whether the entries are attributes with items of their own."""
    kinds = {isinstance(entry, Mapping) for entry in factors.values()}
    if len(kinds) > 1:
        raise ComplyError("either all dimensions list indicators, or all list attributes with items")
    return kinds == {True}


def items_of(factors: Factors | Tree) -> list[str]:
    """Observed variables in order."""
    found: list[str] = []
    for entry in factors.values():
        if isinstance(entry, Mapping):
            found += [item for items in entry.values() for item in items]
        else:
            found += list(entry)
    return found


def flattened(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Dimension → items."""
    return {
        dimension: tuple(i for items in parts.values() for i in items) for dimension, parts in tree.items()
    }


def attributes_of(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Attribute → items."""
    return {attribute: tuple(items) for parts in tree.values() for attribute, items in parts.items()}


def check_reference(reference: str, dimensions: Iterable[str]) -> None:
    """A reference dimension is one of them.

    Raises
    ------
    ComplyError
        Otherwise.
    """
    known = tuple(dimensions)
    if reference not in known:
        raise ComplyError(f"the reference dimension '{reference}' is unknown; given: {', '.join(known)}")


def check_factors(factors: Factors, name: str, least: int = 1) -> None:
    """Refuse structures that cannot be written down.

    Raises
    ------
    ComplyError
        For too few dimensions, dimensions without indicators, or names used twice.
    """
    if len(factors) < least:
        raise ComplyError(f"at least {least} dimensions are needed, not {len(factors)}")
    empty = [key for key, indicators in factors.items() if not indicators]
    if empty:
        raise ComplyError(f"every dimension needs an indicator; without: {', '.join(empty)}")
    names = [name, *factors, *(i for indicators in factors.values() for i in indicators)]
    twice = sorted({entry for entry in names if names.count(entry) > 1})
    if twice:
        raise ComplyError(f"names used more than once in the model: {', '.join(twice)}")
