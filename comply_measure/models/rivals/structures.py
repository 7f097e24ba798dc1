"""The rival structures of a scale with dimensions, each a claim with its model text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import require_one_block
from comply_measure.models.hierarchy import correlated_factors, one_factor, second_order, summed
from comply_measure.models.rivals.composites import composite_model, composite_start
from comply_measure.models.rivals.orthogonal import bifactor, bifactor_s1
from comply_measure.models.rivals.trees import (
    Factors,
    Tree,
    attributes_of,
    check_factors,
    check_reference,
    flattened,
    is_tree,
    items_of,
)
from comply_measure.sem.language.quoting import quoted

if TYPE_CHECKING:
    from comply_measure.sem import Fit

_Builder = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Structure:
    """A claim about how the indicators hang together.

    Attributes
    ----------
    key : str
        Short name.
    label : str
        Name for tables.
    claim : str
        What the structure says, in a sentence.
    text : str
        Model text for ``sem.fit``; empty when the structure cannot be written for this scale.
    reason : str
        Why ``text`` is empty.
    """

    key: str
    label: str
    claim: str
    text: str
    reason: str = ""


def rival_structures(
    factors: Factors | Tree, *, name: str = "alignment", reference: str | None = None
) -> dict[str, Structure]:
    """All rival structures at the level of scores or of items.

    Parameters
    ----------
    factors : mapping
        Dimension → indicators (level of attribute scores), or dimension → attribute → items.
    name : str
        Name of the general construct.
    reference : str, optional
        Reference dimension of the bifactor S−1 model; the first one if not given.

    Returns
    -------
    dict
        Key → structure, from the most restricted to the least. A structure that the scale does not admit (a
        second-order factor of two dimensions, say) is kept with its reason.

    Raises
    ------
    ComplyError
        If the mapping itself is unusable, or the reference is none of its dimensions.
    """
    if reference is not None:
        check_reference(reference, factors)
    if is_tree(factors):
        return _item_level(cast(Tree, factors), name)
    return _score_level(cast(Factors, factors), name, reference)


def _score_level(factors: Factors, name: str, reference: str | None) -> dict[str, Structure]:
    check_factors(factors, name)
    indicators = items_of(factors)
    return _collect(
        _independence(indicators),
        Structure(
            "one_factor", "One factor", "the dimensions cannot be told apart", one_factor(name, indicators)
        ),
        _second_order(factors, name),
        _attempt(
            "bifactor",
            "Bifactor",
            "a general factor, and beside it what each dimension has of its own",
            lambda: bifactor(factors, name),
        ),
        _s1(factors, reference, name),
        _correlated(
            "correlated", "Correlated dimensions", "dimensions without a construct above them", factors
        ),
        _attempt(
            "composite",
            "Dimensions as composites",
            "attributes form their dimension instead of reflecting it (aggregate)",
            lambda: composite_text(factors, name),
        ),
    )


def _item_level(tree: Tree, name: str) -> dict[str, Structure]:
    dimensions, attributes = flattened(tree), attributes_of(tree)
    check_factors({**{f"dim {k}": [k] for k in dimensions}, **attributes}, name)
    measured = correlated_factors(attributes)
    above = {key: tuple(parts) for key, parts in tree.items()}
    return _collect(
        _independence(items_of(tree)),
        Structure(
            "one_factor",
            "One factor",
            "neither attributes nor dimensions can be told apart",
            one_factor(name, items_of(tree)),
        ),
        _correlated(
            "correlated", "Correlated dimensions", "dimensions directly behind the items", dimensions
        ),
        _attempt(
            "bifactor",
            "Bifactor, dimensions",
            "a general factor, and beside it what each dimension has of its own",
            lambda: bifactor(dimensions, name),
        ),
        _attempt(
            "second_order_attributes",
            "Second order, attributes",
            "attributes manifest one construct, without dimensions in between",
            lambda: f"{measured}\n{_above(name, list(attributes))}",
        ),
        _attempt(
            "third_order",
            "Third order",
            "attributes manifest dimensions, dimensions manifest one construct",
            lambda: _third_order(tree, name),
        ),
        _attempt(
            "attributes_in_dimensions",
            "Attributes in correlated dimensions",
            "attributes manifest dimensions that have no construct above them",
            lambda: "\n".join([measured, *_dimension_lines(above)]),
        ),
        _attempt(
            "composite",
            "Dimensions as composites of attributes",
            "attributes form their dimension instead of reflecting it (aggregate)",
            lambda: composite_text(tree, name),
        ),
        _correlated(
            "correlated_attributes", "Correlated attributes", "attributes without dimensions", attributes
        ),
    )


def composite_text(factors: Factors | Tree, name: str = "alignment", base: Fit | None = None) -> str:
    """Dimensions as composites of their indicators, or of attributes that items reflect.

    Parameters
    ----------
    factors : mapping
        As in :func:`rival_structures`.
    name : str
        Reserved name of the general construct.
    base : Fit, optional
        Fit of the reflective counterpart (``correlated``, or ``attributes_in_dimensions``), whose implied
        moments a composite model can reproduce: starting values from there reach the optimum in few steps.
    """
    if is_tree(factors):
        tree = cast(Tree, factors)
        blocks: Factors = {key: tuple(parts) for key, parts in tree.items()}
        lines = [correlated_factors(attributes_of(tree))]
    else:
        blocks, lines = cast(Factors, factors), []
    if base is not None:
        require_one_block(base, "a composite's start")
    start = None if base is None else composite_start(base.estimates, blocks)
    return "\n".join([*lines, composite_model(blocks, name, start)])


def _independence(indicators: Sequence[str]) -> Structure:
    text = "\n".join(f"{i} ~~ {i}" for i in map(quoted, indicators))
    return Structure("independence", "Independence", "nothing is shared (baseline)", text)


def _second_order(factors: Factors, name: str) -> Structure:
    return _attempt(
        "second_order",
        "Second order",
        "dimensions manifest one construct",
        lambda: second_order(factors, name),
    )


def _s1(factors: Factors, reference: str | None, name: str) -> Structure:
    chosen = next(iter(factors)) if reference is None else reference
    return _attempt(
        "bifactor_s1",
        f"Bifactor S−1, reference {chosen}",
        f"{chosen} defines the general factor, the others add what they do not share with it",
        lambda: bifactor_s1(factors, chosen, name),
    )


def _correlated(key: str, label: str, claim: str, factors: Factors) -> Structure:
    return Structure(key, label, claim, correlated_factors(factors))


def _third_order(tree: Tree, name: str) -> str:
    above = {key: tuple(parts) for key, parts in tree.items()}
    if len(above) < 3:
        raise ComplyError(f"a third-order factor needs at least 3 dimensions, not {len(above)}")
    return "\n".join(
        [correlated_factors(attributes_of(tree)), *_dimension_lines(above), _above(name, list(above))]
    )


def _dimension_lines(above: Mapping[str, Sequence[str]]) -> list[str]:
    """Second-order factors; with one attribute the dimension is that attribute."""
    lines = []
    for key, attributes in above.items():
        lines.append(_above(key, attributes))
        if len(attributes) == 1:
            lines.append(f"{quoted(attributes[0])} ~~ 0*{quoted(attributes[0])}")
    return lines


def _above(name: str, parts: Sequence[str]) -> str:
    return f"{quoted(name)} =~ {summed(parts)}"


def _attempt(key: str, label: str, claim: str, build: _Builder) -> Structure:
    try:
        return Structure(key, label, claim, build())
    except ComplyError as error:
        return Structure(key, label, claim, "", str(error))


def _collect(*structures: Structure) -> dict[str, Structure]:
    return {structure.key: structure for structure in structures}
