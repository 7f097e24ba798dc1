"""Constructs of the sales-marketing selling center (J17) and the relations the study suggests."""

from __future__ import annotations

from typing import Literal

from comply_measure.framework.types import Block, Direction, Provenance, Relation, SMSCConstruct

BLOCKS: dict[Block, str] = {
    "preparation": "Preparation",
    "follow_up": "Follow-up",
    "facilitator": "Facilitators",
    "positive_outcome": "Positive outcomes",
    "negative_outcome": "Negative outcomes",
}
_DIRECTION: dict[Block, Direction] = {
    "preparation": 1,
    "follow_up": 1,
    "facilitator": 0,
    "positive_outcome": 1,
    "negative_outcome": -1,
}


def _construct(
    block: Block,
    key: str,
    label: str,
    role: Literal["marketing", "sales", "customer"] | None,
    *indicators: str,
) -> SMSCConstruct:
    provenance = Provenance("J17", f"findings: {BLOCKS[block].lower()}")
    return SMSCConstruct(key, label, block, _DIRECTION[block], role, indicators, provenance)


SMSC_CONSTRUCTS: tuple[SMSCConstruct, ...] = (
    _construct(
        "preparation",
        "marketing_preparation",
        "Marketing preparation",
        "marketing",
        "homework done beforehand",
        "asks the salesperson questions",
        "prepares and organises",
        "customises the presentation",
    ),
    _construct(
        "preparation",
        "salesperson_preparation",
        "Salesperson preparation",
        "sales",
        "sets the agenda",
        "gives individual-level information on the customer's people",
        "customer-centric briefing",
    ),
    _construct(
        "preparation",
        "joint_preparation",
        "Joint preparation",
        None,
        "agree the desired outcome",
        "set goals",
        "define roles in the meeting",
        "discuss issues that may arise",
    ),
    _construct(
        "follow_up",
        "joint_follow_up",
        "Joint follow-up",
        None,
        "talk through how it went",
        "compare each other's take",
        "share lessons",
        "ways to improve",
        "clarify action items",
        "assign accountability with a timeline",
    ),
    _construct(
        "facilitator",
        "product_facilitator",
        "Product facilitator",
        None,
        "complexity of the offering",
        "new or difficult technology",
        "differentiated or value-adding rather than commodity or low price",
    ),
    _construct(
        "facilitator",
        "marketing_facilitator",
        "Marketing facilitator",
        "marketing",
        "brings content and the wow factor",
        "heavy hitters",
        "makes customer and salesperson shine",
        "handles data",
        "creates the story",
    ),
    _construct(
        "facilitator",
        "customer_facilitator",
        "Customer facilitator",
        "customer",
        "large, high-level",
        "strategic brand",
        "has complaints (agitated)",
        "business-savvy",
    ),
    _construct(
        "positive_outcome",
        "salesperson_benefits",
        "Salesperson benefits",
        "sales",
        "customer feels special",
        "lifeline for difficult questions",
        "bridge to the customer, especially for new salespeople",
        "easier job",
        "analytical and broader view",
    ),
    _construct(
        "positive_outcome",
        "marketer_benefits",
        "Marketer benefits",
        "marketing",
        "sees the real world",
        "understands customers at several levels",
        "reality check",
        "better strategies afterwards",
        "out of the silo",
    ),
    _construct(
        "negative_outcome",
        "customer_drawbacks",
        "Customer drawbacks",
        "customer",
        "data overload",
        "conflicting or repetitive messages",
        "loss of comfort, unnatural interaction",
    ),
    _construct(
        "negative_outcome",
        "marketer_drawbacks",
        "Marketer drawbacks",
        "marketing",
        "information not relevant",
        "too little detail",
        "time",
        "over-generalising",
    ),
    _construct(
        "negative_outcome",
        "salesperson_drawbacks",
        "Salesperson drawbacks",
        "sales",
        "disagreement shown",
        "opposing recommendations",
        "marketing countermands sales",
        "customers circumvent the salesperson",
    ),
)

_SUGGESTED = Provenance("J17", "discussion: suggested, not tested")
_LINK = Provenance("own", "link of both studies: alignment enables the selling center")

RELATIONS: tuple[Relation, ...] = (
    Relation("alignment", "preparation", 1, "path", _LINK),
    Relation("alignment", "follow_up", 1, "path", _LINK),
    Relation("preparation", "positive_outcome", 1, "path", _SUGGESTED),
    Relation("preparation", "negative_outcome", -1, "path", _SUGGESTED),
    Relation("follow_up", "positive_outcome", 1, "path", _SUGGESTED),
    Relation("follow_up", "negative_outcome", -1, "path", _SUGGESTED),
    Relation("facilitator", "positive_outcome", 0, "moderation", _SUGGESTED),
    Relation("facilitator", "negative_outcome", 0, "moderation", _SUGGESTED),
)
