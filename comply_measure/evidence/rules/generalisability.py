"""Rule on what holds for all kinds of units."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_NUMBERS = (
    "largest difference {largest:number}, at most {upper:number} by its interval, corrected {p:p_phrase}"
)
_ZAHLEN = (
    "größter Unterschied {largest:number}, nach seinem Intervall höchstens {upper:number}, "
    "korrigiert {p:p_phrase}"
)

HOLDS = register_rule(
    VerdictRule(
        key="generalisability.holds",
        question=Words(
            "Is the level, role gap or path the same in all kinds of units?",
            "Ist das Niveau, die Rollenlücke oder der Pfad in allen Arten von Einheiten gleich?",
        ),
        decides=Words(
            "Supported where the intervals of all differences between groups, simultaneous over their pairs, lie "
            "within ±{small_d:limit} standard deviations ({small_d:convention}), of changes along a number and of "
            "standardised paths within ±{small_effect:limit} ({small_effect:convention}); not supported where the "
            "corrected p of the joint test is at most the level ({test_level:convention}).",
            "Gestützt, wenn die Intervalle aller Unterschiede zwischen Gruppen, simultan über ihre Paare, innerhalb "
            "von ±{small_d:limit} Standardabweichungen liegen ({small_d:convention}), die von Veränderungen entlang "
            "einer Zahl und von standardisierten Pfaden innerhalb von ±{small_effect:limit} "
            "({small_effect:convention}); nicht gestützt, wenn der korrigierte p-Wert des gemeinsamen Tests das "
            "Niveau nicht überschreitet ({test_level:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise: no difference and one worth having are both compatible with the data. Groups of "
            "units may differ in what else goes with them.",
            "Sonst nicht zu entscheiden: Kein und ein nennenswerter Unterschied sind mit den Daten vereinbar. Gruppen "
            "von Einheiten können sich in anderem unterscheiden, was mit ihnen einhergeht.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: no difference worth having, " + _NUMBERS + ".",
                    "{subject}: kein nennenswerter Unterschied, " + _ZAHLEN + ".",
                ),
                "not supported": Words(
                    "{subject}: not the same in all kinds of units, " + _NUMBERS + ".",
                    "{subject}: nicht in allen Arten von Einheiten gleich, " + _ZAHLEN + ".",
                ),
                "cannot say": Words(
                    "{subject}: whether it is the same in all kinds of units stays open, " + _NUMBERS + ".",
                    "{subject}: Ob es in allen Arten von Einheiten gleich ist, bleibt offen, "
                    + _ZAHLEN
                    + ".",
                ),
                "cannot say: unknown": Words(
                    "{subject}: kinds of units could not be compared.",
                    "{subject}: Arten von Einheiten waren nicht zu vergleichen.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} comparisons over kinds of units {n:shows|show} no difference worth having: "
                    "{subjects}.",
                    "{n} von {of} Vergleichen über Arten von Einheiten {n:zeigt|zeigen} keinen nennenswerten "
                    "Unterschied: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} comparisons over kinds of units {n:differs|differ}: {subjects}.",
                    "{n} von {of} Vergleichen über Arten von Einheiten {n:zeigt|zeigen} einen Unterschied: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} comparisons over kinds of units no difference and one worth having are both "
                    "compatible with the data: {subjects}.",
                    "Bei {n} von {of} Vergleichen über Arten von Einheiten sind kein und ein nennenswerter Unterschied "
                    "mit den Daten vereinbar: {subjects}.",
                ),
            }
        ),
        number=(Words("largest difference", "größter Unterschied"), "largest", "number"),
        source="Pustejovsky and Tipton (2018) for the test; Holm (1979); Cohen (1988) for a small difference",
        subject=("compared", "variable"),
        joined=": ",
        conventions=("test_level", "small_d", "small_effect"),
        family=Words(
            "Corrected after Holm within levels, gaps and paths",
            "Nach Holm innerhalb von Niveaus, Abständen und Pfaden korrigiert",
        ),
        headline=True,
    )
)
