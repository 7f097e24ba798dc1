"""Levers by attribute, from table 4 of G24, in this package's words.

The printed table has lost some row borders. Where the attribute of a lever is our reading,
the attribute stands in ``RECONSTRUCTED``.
"""

from __future__ import annotations

from comply_measure.framework.types import Lever, Provenance

RECONSTRUCTED: frozenset[str] = frozenset(
    {
        "customer_orientation",
        "innovativeness",
        "accessibility",
        "responsibility",
        "equality",
        "availability",
        "frequency",
        "proximity",
    }
)

_TEXTS: dict[str, tuple[str, ...]] = {
    "digitalization": (
        "Put the whole customer journey into the CRM",
        "Digitalise customer communication jointly",
    ),
    "proactivity": (
        "Build a culture of learning from each other",
        "Agree on interfaces and forms of sharing",
    ),
    "transparency": (
        "Give real-time access to all information",
        "Track status and reasons of customer interactions",
        "Show planned activities too",
    ),
    "definition": (
        "Identify objectives mutually",
        "Keep objectives consistent for all",
    ),
    "prioritization": (
        "Prioritise mutually",
        "Create an environment that supports every actor's goals",
    ),
    "measurability": (
        "Make the objectives and key results known to all",
        "Share KPIs",
        "Agree on a consensus metric",
        "Discuss progress and results jointly",
    ),
    "willingness_motivation": (
        "Raise awareness of the importance of each role's tasks",
        "Engage all actors throughout the journey",
    ),
    "attentiveness_self_efficacy": (
        "Allow self-efficacy, avoid self-reliance",
        "Spread awareness of perspectives and feasibility",
        "Build a culture of care and trust",
        "Foster identification as 'we'",
    ),
    "customer_orientation": (
        "Let sales drive IT development",
        "Connect counterparts around customer interactions",
        "Streamline and share external communication",
    ),
    "innovativeness": (
        "Encourage a start-up spirit",
        "Encourage a digital mindset",
    ),
    "accessibility": (
        "Convince top management jointly",
        "Attract top management's attention",
        "Bundle the managements' responsibilities",
    ),
    "responsibility": (
        "Decide jointly on tools, content and activities",
        "Set uniform responsibilities with shared consequences",
        "Create a common understanding of tasks and roles",
    ),
    "equality": (
        "Show appreciation of the various roles",
        "Respect different characters",
        "Build a uniform esprit de corps",
    ),
    "availability": (
        "Manage capacities jointly",
        "Prioritise projects jointly",
        "Cut activities that add no value",
        "Reduce the coordination effort for single projects",
    ),
    "frequency": (
        "Set up a continuous process that involves all necessary actors",
        "Tell regular meetings from case-by-case projects",
    ),
    "proximity": (
        "Balance regional sales and marketing with central IT",
        "Bring buildings or offices nearer to each other",
    ),
    "team_orientation": (
        "Blur team lines",
        "Work agile",
        "Represent the organisation together",
    ),
    "product_orientation": (
        "Share features and requirements",
        "Raise awareness of the consequences of customers' feature requests",
    ),
    "tool_orientation": (
        "Improve marketing's and sales' knowledge of the features and limits of tools",
        "Choose and create tools together",
        "Make marketing automation a common goal",
    ),
    "market_orientation": (
        "Use digital market intelligence",
        "Offer customer-data analytics for sales",
    ),
    "capability": (
        "Train and combine skill sets",
        "Raise awareness of different skill sets",
        "Match tasks to skills",
    ),
}


def levers_of(attribute: str) -> tuple[Lever, ...]:
    """Levers of one attribute, in the order of the table.

    Parameters
    ----------
    attribute : str
        Key of an attribute.

    Returns
    -------
    tuple of Lever
        Each carries its ``assignment``.
    """
    reconstructed = attribute in RECONSTRUCTED
    place = "table 4 (row border lost: assignment reconstructed)" if reconstructed else "table 4"
    return tuple(
        Lever(text, attribute, "reconstructed" if reconstructed else "printed", Provenance("G24", place))
        for text in _TEXTS[attribute]
    )
