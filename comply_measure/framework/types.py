"""The vocabulary of the two sources as frozen types; the content is in the modules beside this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comply_measure.framework.frozen import FrozenMap

AttributeSet = Literal["20", "21"]
Assignment = Literal["printed", "reconstructed"]
Block = Literal["preparation", "follow_up", "facilitator", "positive_outcome", "negative_outcome"]
Direction = Literal[-1, 0, 1]

ATTRIBUTE_SETS: tuple[AttributeSet, ...] = ("20", "21")
DEFAULT_ATTRIBUTE_SET: AttributeSet = "20"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a statement comes from.

    Parameters
    ----------
    paper : str
        Key of the source (``G24``, ``J17``), or ``own`` for what this package adds.
    place : str
        Table, section or finding.
    """

    paper: str
    place: str

    def __str__(self) -> str:
        return f"{self.paper}, {self.place}"


@dataclass(frozen=True, slots=True)
class FocalConstruct:
    """The construct the scale measures: definition, claimed type, unit and theory."""

    key: str
    label: str
    definition: str
    construct_type: Literal["superordinate"]
    unit_of_analysis: str
    theory: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the six dimensions and its proposition."""

    key: str
    label: str
    label_short: str
    proposition_key: str
    proposition: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Lever:
    """What can be adjusted to improve one attribute.

    ``assignment`` is ``reconstructed`` where the printed table has lost the row border and the
    attribute is a reading of this package; ``german`` is the text in German.
    """

    text: str
    attribute: str
    assignment: Assignment
    provenance: Provenance
    german: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a dimension, the sets it belongs to, and its levers."""

    key: str
    label: str
    dimension: str
    sets: tuple[AttributeSet, ...]
    description: str
    levers: tuple[Lever, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Intervention:
    """A measure across dimensions, with the propositions and dimensions it combines; its text in German, too."""

    key: str
    propositions: tuple[str, ...]
    dimensions: tuple[str, ...]
    text: str
    provenance: Provenance
    german: str


@dataclass(frozen=True, slots=True)
class JourneyStage:
    """A stage of the customer journey; ``in_loop`` is false for the stage before the loop."""

    key: str
    label: FrozenMap[str]
    phase: Literal["pre_purchase", "purchase", "post_purchase"]
    in_loop: bool
    order: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Role:
    """One informant role of the triad."""

    key: str
    initial: str
    label: FrozenMap[str]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class SMSCConstruct:
    """One construct of the sales-marketing selling center.

    ``direction`` is the sign the study expects with a well-run selling center: +1 for preparation,
    follow-up and what they should raise, -1 for what they should lower, 0 for moderators.
    ``role`` is the party the construct is about; None where it is about both or about the offering.
    """

    key: str
    label: str
    block: Block
    direction: Direction
    role: Literal["marketing", "sales", "customer"] | None
    indicators: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between blocks that the sources suggest and did not test.

    ``sign`` is 0 for a moderation, whose direction the study leaves open; ``target`` is then the
    relation's outcome block.
    """

    source: str
    target: str
    sign: Direction
    kind: Literal["path", "moderation"]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """A contradiction inside a source, and what this package does about it."""

    key: str
    statement: str
    decision: str
    provenance: Provenance
