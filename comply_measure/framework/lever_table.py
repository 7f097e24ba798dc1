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


#: The same in German, in the same order.
_GERMAN: dict[str, tuple[str, ...]] = {
    "digitalization": (
        "Den gesamten Weg des Kunden im CRM abbilden",
        "Die Kommunikation mit Kunden gemeinsam digitalisieren",
    ),
    "proactivity": (
        "Eine Kultur schaffen, in der die Bereiche voneinander lernen",
        "Schnittstellen und Formen des Informationsaustauschs vereinbaren",
    ),
    "transparency": (
        "Zugriff auf alle Informationen in Echtzeit geben",
        "Stand und Anlass von Kundenkontakten festhalten",
        "Auch geplante Aktivitäten zeigen",
    ),
    "definition": (
        "Ziele gemeinsam ermitteln",
        "Ziele für alle widerspruchsfrei halten",
    ),
    "prioritization": (
        "Gemeinsam Prioritäten setzen",
        "Bedingungen schaffen, die die Ziele aller Beteiligten fördern",
    ),
    "measurability": (
        "Ziele und Schlüsselergebnisse allen bekannt machen",
        "Kennzahlen (KPIs) gemeinsam nutzen",
        "Sich auf eine gemeinsame Messgröße einigen",
        "Fortschritt und Ergebnisse gemeinsam besprechen",
    ),
    "willingness_motivation": (
        "Bewusst machen, wie wichtig die Aufgaben jeder Rolle sind",
        "Alle Beteiligten über den gesamten Weg des Kunden einbinden",
    ),
    "attentiveness_self_efficacy": (
        "Selbstwirksamkeit ermöglichen, Einzelgängertum vermeiden",
        "Sichtweisen und Machbares der anderen bekannt machen",
        "Eine Kultur der Rücksicht und des Vertrauens schaffen",
        "Ein Wir-Gefühl fördern",
    ),
    "customer_orientation": (
        "Die IT-Entwicklung am Vertrieb ausrichten",
        "Ansprechpartner rund um Kundenkontakte miteinander verbinden",
        "Die Kommunikation nach außen bündeln und teilen",
    ),
    "innovativeness": (
        "Den Geist eines Start-ups fördern",
        "Eine digitale Denkweise fördern",
    ),
    "accessibility": (
        "Die Unternehmensleitung gemeinsam überzeugen",
        "Die Aufmerksamkeit der Unternehmensleitung gewinnen",
        "Die Zuständigkeiten der Leitungen bündeln",
    ),
    "responsibility": (
        "Über Werkzeuge, Inhalte und Aktivitäten gemeinsam entscheiden",
        "Einheitliche Verantwortung mit gemeinsamen Folgen festlegen",
        "Ein gemeinsames Verständnis von Aufgaben und Rollen schaffen",
    ),
    "equality": (
        "Die verschiedenen Rollen wertschätzen",
        "Unterschiedliche Charaktere achten",
        "Einen gemeinsamen Teamgeist schaffen",
    ),
    "availability": (
        "Kapazitäten gemeinsam planen",
        "Projekte gemeinsam priorisieren",
        "Tätigkeiten ohne Nutzen abbauen",
        "Den Abstimmungsaufwand für einzelne Projekte verringern",
    ),
    "frequency": (
        "Einen fortlaufenden Prozess mit allen nötigen Beteiligten einrichten",
        "Regelmäßige Treffen von fallweisen Projekten trennen",
    ),
    "proximity": (
        "Vertrieb und Marketing in den Regionen mit der zentralen IT in ein Gleichgewicht bringen",
        "Gebäude oder Büros näher zusammenlegen",
    ),
    "team_orientation": (
        "Teamgrenzen auflösen",
        "Agil arbeiten",
        "Das Unternehmen gemeinsam vertreten",
    ),
    "product_orientation": (
        "Funktionen und Anforderungen miteinander teilen",
        "Bewusst machen, welche Folgen Änderungswünsche von Kunden haben",
    ),
    "tool_orientation": (
        "Marketing und Vertrieb mit Funktionen und Grenzen der Werkzeuge vertraut machen",
        "Werkzeuge gemeinsam auswählen und entwickeln",
        "Marketing-Automatisierung zum gemeinsamen Ziel machen",
    ),
    "market_orientation": (
        "Digitale Marktforschung nutzen",
        "Dem Vertrieb Auswertungen von Kundendaten bereitstellen",
    ),
    "capability": (
        "Fähigkeiten schulen und verbinden",
        "Bewusst machen, wer welche Fähigkeiten hat",
        "Aufgaben nach Fähigkeiten verteilen",
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
        Lever(
            text, attribute, "reconstructed" if reconstructed else "printed", Provenance("G24", place), german
        )
        for text, german in zip(_TEXTS[attribute], _GERMAN[attribute], strict=True)
    )
