"""The attributes of the six dimensions in both named sets.

Set ``21`` is what table 3 of G24 prints. Set ``20`` has the rows of table 4: the same labels without
*innovativeness*. The text of the paper counts twenty, so ``20`` is the default everywhere.
"""

from __future__ import annotations

from comply_measure.framework.lever_table import levers_of
from comply_measure.framework.types import ATTRIBUTE_SETS, Attribute, AttributeSet, Provenance


def _attribute(
    dimension: str, key: str, label: str, description: str, sets: tuple[AttributeSet, ...] = ATTRIBUTE_SETS
) -> Attribute:
    place = "tables 3 and 4; findings" if "20" in sets else "table 3 only; findings"
    return Attribute(key, label, dimension, sets, description, levers_of(key), Provenance("G24", place))


ATTRIBUTES: tuple[Attribute, ...] = (
    _attribute(
        "C",
        "digitalization",
        "Digitalization",
        "Information from and to customers flows digitally: the CRM is a shared working tool and not only "
        "an archive; digital events and experience centres are used.",
    ),
    _attribute(
        "C",
        "proactivity",
        "Proactivity",
        "An actor shares information with the others unasked, at agreed points.",
    ),
    _attribute(
        "C",
        "transparency",
        "Transparency",
        "Any actor can see customer information and status at any time, and messages to the customer are "
        "consistent. The effort of sharing is the problem, not withholding.",
    ),
    _attribute(
        "O",
        "definition",
        "Definition",
        "Objectives are set together and do not contradict each other.",
    ),
    _attribute(
        "O",
        "prioritization",
        "Prioritization",
        "What comes first is agreed, and each actor's goals are supported.",
    ),
    _attribute(
        "O",
        "measurability",
        "Measurability",
        "KPIs and key results are shared, rather than each function being measured differently.",
    ),
    _attribute(
        "M",
        "willingness_motivation",
        "Willingness & motivation",
        "How actors judge requests of customers and of other actors, and whether they engage.",
    ),
    _attribute(
        "M",
        "attentiveness_self_efficacy",
        "Attentiveness & self-efficacy",
        "Caring about the other actors, against self-reliance.",
    ),
    _attribute(
        "M",
        "customer_orientation",
        "Customer orientation",
        "All actors, IT included, think from the customer.",
    ),
    _attribute(
        "M",
        "innovativeness",
        "Innovativeness",
        "Start-up-like, digital and open, with blurred role lines, against mature silos.",
        sets=("21",),
    ),
    _attribute(
        "P",
        "accessibility",
        "Accessibility",
        "Top management is reachable for the joint matter and interested in it.",
    ),
    _attribute(
        "P",
        "responsibility",
        "Responsibility",
        "Accountability for customer touchpoints is clear, does not overlap and is shared.",
    ),
    _attribute(
        "P",
        "equality",
        "Equality",
        "Roles meet at eye level, with mutual appreciation and esprit de corps.",
    ),
    _attribute(
        "L",
        "availability",
        "Availability",
        "People and capacities exist when they are needed.",
    ),
    _attribute(
        "L",
        "frequency",
        "Frequency",
        "Exchange is regular rather than ad hoc and driven by outages.",
    ),
    _attribute(
        "L",
        "proximity",
        "Proximity",
        "Closeness of places and teams; regional sales against central IT.",
    ),
    _attribute(
        "L",
        "team_orientation",
        "Team orientation",
        "Silos are dissolved, and joint teams work in an agile way.",
    ),
    _attribute(
        "Y",
        "product_orientation",
        "Product orientation",
        "Knowledge of the (digital) products is shared.",
    ),
    _attribute(
        "Y",
        "tool_orientation",
        "Tool orientation",
        "Knowledge of IT tools is shared.",
    ),
    _attribute(
        "Y",
        "market_orientation",
        "Market orientation",
        "Knowledge of markets and of customer data is shared.",
    ),
    _attribute(
        "Y",
        "capability",
        "Capability",
        "Skills, unlike knowledge, must be owned or developed, and are combined across roles.",
    ),
)
