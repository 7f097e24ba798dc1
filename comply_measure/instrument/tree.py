"""The tree of constructs: levels from parents, and what is wrong with a tree."""

from __future__ import annotations

from collections.abc import Mapping

from comply_measure.instrument.types import Level

MAX_HEIGHT = 3


def ancestors(key: str, parents: Mapping[str, str | None]) -> list[str]:
    """Constructs above `key`, nearest first; a cycle ends the walk before it repeats."""
    found: dict[str, None] = {}
    above = parents.get(key)
    while above is not None and above in parents and above not in found and above != key:
        found[above] = None
        above = parents[above]
    return list(found)


def in_cycle(key: str, parents: Mapping[str, str | None]) -> bool:
    """Whether following parents from `key` comes back to it."""
    chain = ancestors(key, parents)
    return parents.get(chain[-1] if chain else key) == key


def levels(parents: Mapping[str, str | None]) -> dict[str, Level]:
    """Level that the tree gives each construct.

    A construct whose children have no children is a dimension and they are its attributes; a
    construct above dimensions, or without parent and children, is a construct in its own right.

    Parameters
    ----------
    parents : mapping
        Construct -> parent or None.

    Returns
    -------
    dict
        Construct -> ``attribute``, ``dimension`` or ``construct``.
    """
    above = {parent for parent in parents.values() if parent is not None}
    far_above = {parents[parent] for parent in above if parent in parents}
    groups = {key for key in parents if key in above and key not in far_above}
    found: dict[str, Level] = {}
    for key, parent in parents.items():
        if key in groups:
            found[key] = "dimension"
        else:
            found[key] = "attribute" if parent in groups and key not in above else "construct"
    return found
