"""Lookups by key; an unknown key is an error that names the nearest one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast, get_args

from comply_measure.framework.attribute_table import ATTRIBUTES
from comply_measure.framework.dimension_table import DIMENSIONS, INTERVENTIONS
from comply_measure.framework.journey import JOURNEY_STAGES, ROLES
from comply_measure.framework.smsc import BLOCKS, RELATIONS, SMSC_CONSTRUCTS
from comply_measure.framework.sources import INCONSISTENCIES
from comply_measure.framework.types import (
    DEFAULT_ATTRIBUTE_SET,
    Attribute,
    AttributeSet,
    Block,
    Dimension,
    Inconsistency,
    Intervention,
    JourneyStage,
    Lever,
    Relation,
    Role,
    SMSCConstruct,
)
from comply_measure.statistics.words import require_known

Entry = TypeVar("Entry", Attribute, Dimension, Intervention, JourneyStage, Role, SMSCConstruct)


def _find(kind: str, key: str, entries: Iterable[Entry]) -> Entry:
    by_key = {entry.key: entry for entry in entries}
    require_known(kind, key, by_key)
    return by_key[key]


def dimensions() -> tuple[Dimension, ...]:
    """The six dimensions in the order of COMPLY."""
    return DIMENSIONS


def dimension(key: str) -> Dimension:
    """One dimension by key (``C O M P L Y``); ComplyError if unknown."""
    return _find("dimension", key, DIMENSIONS)


def require_attribute_set(name: str) -> AttributeSet:
    """Return `name` as an attribute set; ComplyError unless it is ``20`` or ``21``."""
    require_known("attribute set", name, get_args(AttributeSet))
    return cast(AttributeSet, name)


def attributes(
    attribute_set: AttributeSet = DEFAULT_ATTRIBUTE_SET, dimension: str | None = None
) -> tuple[Attribute, ...]:
    """Attributes of a set, of one dimension if asked, in the order of table 3.

    Parameters
    ----------
    attribute_set : {"20", "21"}
        The rows of table 4 (default) or the labels of table 3.
    dimension : str, optional
        Key of a dimension.

    Returns
    -------
    tuple of Attribute

    Raises
    ------
    ComplyError
        If the set or the dimension is unknown.
    """
    chosen = require_attribute_set(attribute_set)
    if dimension is not None:
        _find("dimension", dimension, DIMENSIONS)
    return tuple(
        entry for entry in ATTRIBUTES if chosen in entry.sets and dimension in (None, entry.dimension)
    )


def attribute(key: str) -> Attribute:
    """One attribute by key, whatever the set; ComplyError if unknown."""
    return _find("attribute", key, ATTRIBUTES)


def levers(attribute: str) -> tuple[Lever, ...]:
    """Levers of one attribute; ComplyError if the attribute is unknown."""
    return _find("attribute", attribute, ATTRIBUTES).levers


def interventions(dimension: str | None = None) -> tuple[Intervention, ...]:
    """Interventions across dimensions, or those that involve one dimension."""
    if dimension is None:
        return INTERVENTIONS
    _find("dimension", dimension, DIMENSIONS)
    return tuple(entry for entry in INTERVENTIONS if dimension in entry.dimensions)


def intervention(key: str) -> Intervention:
    """One intervention by key; ComplyError if unknown."""
    return _find("intervention", key, INTERVENTIONS)


def journey_stages(phase: str | None = None) -> tuple[JourneyStage, ...]:
    """Stages of the customer journey in order, or those of one phase."""
    if phase is None:
        return JOURNEY_STAGES
    require_known("phase", phase, dict.fromkeys(stage.phase for stage in JOURNEY_STAGES))
    return tuple(stage for stage in JOURNEY_STAGES if stage.phase == phase)


def journey_stage(key: str) -> JourneyStage:
    """One stage of the customer journey by key; ComplyError if unknown."""
    return _find("journey stage", key, JOURNEY_STAGES)


def roles() -> tuple[Role, ...]:
    """The three roles of the triad: marketing, sales, IT."""
    return ROLES


def role(key: str) -> Role:
    """One role by key; ComplyError if unknown."""
    return _find("role", key, ROLES)


def smsc_constructs(block: Block | None = None) -> tuple[SMSCConstruct, ...]:
    """The twelve selling-center constructs, or those of one block; ComplyError if unknown."""
    if block is None:
        return SMSC_CONSTRUCTS
    require_known("block", block, BLOCKS)
    return tuple(entry for entry in SMSC_CONSTRUCTS if entry.block == block)


def smsc_construct(key: str) -> SMSCConstruct:
    """One selling-center construct by key; ComplyError if unknown."""
    return _find("construct", key, SMSC_CONSTRUCTS)


def relations() -> tuple[Relation, ...]:
    """Relations between alignment and the selling-center blocks that the sources suggest."""
    return RELATIONS


def inconsistencies() -> tuple[Inconsistency, ...]:
    """Contradictions inside the sources, and what this package does about each."""
    return INCONSISTENCIES
