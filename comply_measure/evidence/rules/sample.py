"""Rules on who answered."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_NUMBERS = "{gap:number} points, 95% CI {ci:interval}, corrected {p:p_phrase}"
_ZAHLEN = "{gap:number} Punkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}"

ROLES_DIFFER = register_rule(
    VerdictRule(
        key="sample.roles_differ",
        question=Words(
            "Do the roles differ in what informants say of themselves, such as their competence?",
            "Unterscheiden sich die Rollen in dem, was Informanten über sich sagen, etwa ihre Kompetenz?",
        ),
        decides=Words(
            "Paired within units. Supported where the corrected p is at most the level "
            "({test_level:convention}); not supported where the interval of the standardised difference "
            "lies within ±{small_d:limit} ({small_d:convention}).",
            "Gepaart in Einheiten. Gestützt, wenn der korrigierte p-Wert das Niveau nicht überschreitet "
            "({test_level:convention}); nicht gestützt, wenn das Intervall der standardisierten Differenz "
            "innerhalb ±{small_d:limit} liegt ({small_d:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. Where it is supported, differences between these roles' views may be "
            "differences in what they know.",
            "Sonst nicht zu entscheiden. Wo es gestützt ist, können Unterschiede der Sichten Unterschiede "
            "im Wissen sein.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: the roles differ, " + _NUMBERS + ".",
                    "{subject}: Die Rollen unterscheiden sich, " + _ZAHLEN + ".",
                ),
                "not supported": Words(
                    "{subject}: no difference worth mentioning, " + _NUMBERS + ".",
                    "{subject}: kein nennenswerter Unterschied, " + _ZAHLEN + ".",
                ),
                "cannot say": Words(
                    "{subject}: whether the roles differ stays open, " + _NUMBERS + ".",
                    "{subject}: Ob sich die Rollen unterscheiden, bleibt offen, " + _ZAHLEN + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "Roles differ in {n} of {of} comparisons of what informants say of themselves: "
                    "{subjects}.",
                    "Rollen unterscheiden sich in {n} von {of} Vergleichen dessen, was Informanten über "
                    "sich sagen: {subjects}.",
                ),
                "not supported": Words(
                    "In {n} of {of} comparisons roles do not differ in what informants say of themselves: "
                    "{subjects}.",
                    "In {n} von {of} Vergleichen unterscheiden sich Rollen nicht in dem, was Informanten "
                    "über sich sagen: {subjects}.",
                ),
                "cannot say": Words(
                    "{n} of {of} comparisons of what informants say of themselves {n:stays|stay} open: {subjects}.",
                    "{n} von {of} Vergleichen dessen, was Informanten über sich sagen, {n:bleibt|bleiben} offen: "
                    "{subjects}.",
                ),
            }
        ),
        number=(Words("gap in points", "Abstand in Punkten"), "gap", "number"),
        source="Kumar et al. (1993)",
        subject=("construct", "pair"),
        joined=": ",
        conventions=("test_level", "small_d"),
        family=Words(
            "Corrected after Holm over constructs and pairs of roles",
            "Nach Holm über Konstrukte und Rollenpaare korrigiert",
        ),
    )
)
