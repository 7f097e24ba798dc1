"""The focal construct, its six dimensions and the interventions across them."""

from __future__ import annotations

from comply_measure.framework.types import Dimension, FocalConstruct, Intervention, Provenance

ALIGNMENT = FocalConstruct(
    key="alignment",
    label="Marketing-sales-IT alignment",
    definition=(
        "The degree to which needs, demands, goals, objectives and/or structures of one actor are "
        "consistent with those of another (after Nadler & Tushman 1977)."
    ),
    construct_type="superordinate",
    unit_of_analysis="A triad: one marketing, one sales and one IT informant of the same business unit.",
    theory="Social exchange theory (Homans 1961; Blau 1964).",
    provenance=Provenance("G24", "definition and method"),
)


def _dimension(key: str, label: str, short: str, number: int, proposition: str) -> Dimension:
    name = f"P{number}"
    return Dimension(key, label, short, name, proposition, Provenance("G24", f"table 3; proposition {name}"))


DIMENSIONS: tuple[Dimension, ...] = (
    _dimension(
        "C",
        "Communication & information",
        "Communication",
        1,
        "Alignment rests on transparent communication and digitalised information sharing, "
        "set up proactively.",
    ),
    _dimension(
        "O",
        "Objectives",
        "Objectives",
        2,
        "Alignment rests on objectives defined across disciplines, with key results that are "
        "prioritised jointly and measurable.",
    ),
    _dimension(
        "M",
        "Mindset & orientations",
        "Mindset",
        3,
        "Alignment rests on a joint motivation made of customer orientation, attentive collaboration "
        "and an innovative mindset.",
    ),
    _dimension(
        "P",
        "Power",
        "Power",
        4,
        "Alignment rests on responsibilities divided equally and on an accessible top management.",
    ),
    _dimension(
        "L",
        "Linkages & resources",
        "Linkages",
        5,
        "Alignment rests on close proximity and frequently used linkages, by available teams, "
        "in joint processes.",
    ),
    _dimension(
        "Y",
        "Yielded knowledge & skills",
        "Knowledge & skills",
        6,
        "Alignment rests on the capability to respect, select and combine skills, and on shared knowledge "
        "of product, market and tools.",
    ),
)

_DIMENSION_OF = {dimension.proposition_key: dimension.key for dimension in DIMENSIONS}


def _intervention(key: str, propositions: tuple[str, ...], text: str, german: str) -> Intervention:
    dimensions = tuple(_DIMENSION_OF[name] for name in propositions)
    return Intervention(key, propositions, dimensions, text, Provenance("G24", f"intervention {key}"), german)


INTERVENTIONS: tuple[Intervention, ...] = (
    _intervention(
        "I_A",
        ("P1", "P2", "P3", "P4"),
        "One coordinator in the parent top management (for example a chief customer success manager) "
        "who bundles activities and objectives.",
        "Eine Person in der Leitung des Gesamtunternehmens (etwa ein Chief Customer Success Manager), die Aktivitäten "
        "und Ziele bündelt.",
    ),
    _intervention(
        "I_B",
        ("P1", "P2", "P5"),
        "One digital tool used jointly for communication, information, linkages and the measurement of KPIs.",
        "Ein gemeinsam genutztes digitales Werkzeug für Kommunikation, Information, Verbindungen und die Messung von "
        "Kennzahlen (KPIs).",
    ),
    _intervention(
        "I_C",
        ("P3", "P5", "P6"),
        "Interdisciplinary, flexible (agile) teams with a common orientation.",
        "Interdisziplinäre, flexible (agile) Teams mit gemeinsamer Ausrichtung.",
    ),
)
