"""Rules on unit scores: incremental validity, known groups."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_NUMBERS = "β = {beta:bounded}, 95% CI {ci:bounded_interval}, ΔR² = {delta:bounded}, corrected {p:p_phrase}"
_ZAHLEN = "β = {beta:bounded}, 95%-KI {ci:bounded_interval}, ΔR² = {delta:bounded}, korrigiert {p:p_phrase}"

INCREMENTAL = register_rule(
    VerdictRule(
        key="aggregation.incremental",
        question=Words(
            "Does the unit's score tell the criterion beyond the controls?",
            "Sagt der Einheitswert über die Kontrollvariablen hinaus etwas über das Kriterium?",
        ),
        decides=Words(
            "Supported where the corrected p of the score beside the controls is at most the level "
            "({test_level:convention}); not supported where the interval of β lies within "
            "±{small_effect:limit} ({small_effect:convention}).",
            "Gestützt, wenn der korrigierte p-Wert des Werts neben den Kontrollvariablen das Niveau nicht "
            "überschreitet ({test_level:convention}); nicht gestützt, wenn das Intervall von β innerhalb "
            "±{small_effect:limit} liegt ({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. Where it is supported it is an association; what else goes with score "
            "and criterion may be behind it.",
            "Sonst nicht zu entscheiden. Wo es gestützt ist, ist es ein Zusammenhang; was sonst mit Wert "
            "und Kriterium einhergeht, kann dahinterstehen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} goes with the unit's score beyond the controls: " + _NUMBERS + ".",
                    "{subject} hängt über die Kontrollvariablen hinaus mit dem Einheitswert zusammen: "
                    + _ZAHLEN
                    + ".",
                ),
                "not supported": Words(
                    "{subject} does not go with the unit's score beyond the controls: " + _NUMBERS + ".",
                    "{subject} hängt nicht über die Kontrollvariablen hinaus mit dem Einheitswert zusammen: "
                    + _ZAHLEN
                    + ".",
                ),
                "cannot say": Words(
                    "Whether {subject} goes with the unit's score beyond the controls stays open: "
                    + _NUMBERS
                    + ".",
                    "Ob {subject} über die Kontrollvariablen hinaus mit dem Einheitswert zusammenhängt, bleibt "
                    "offen: " + _ZAHLEN + ".",
                ),
            }
        ),
        number=(Words("β", "β"), "beta", "bounded"),
        source="Hunsley and Meyer (2003)",
        subject=("variable",),
        conventions=("test_level", "small_effect"),
        family=Words("Corrected after Holm over the criteria", "Nach Holm über die Kriterien korrigiert"),
        headline=True,
    )
)

_GROUPS = (
    "{higher} against {lower}: {difference:number} points, 95% CI {ci:interval}, d = {d:number} {d_ci:interval}, "
    "corrected "
    "{p:p_phrase}"
)
_GRUPPEN = (
    "{higher} gegen {lower}: {difference:number} Punkte, 95%-KI {ci:interval}, d = {d:number} {d_ci:interval}, "
    "korrigiert "
    "{p:p_phrase}"
)

KNOWN_GROUPS = register_rule(
    VerdictRule(
        key="aggregation.known_groups",
        question=Words(
            "Do groups of units that should differ on the score differ in the expected order?",
            "Unterscheiden sich Gruppen von Einheiten, die es sollten, in der erwarteten Reihenfolge?",
        ),
        decides=Words(
            "Supported where the last group of the expected order lies above the first with a corrected p of at most "
            "the level ({test_level:convention}) and no group lies below the one before it with such a p; not "
            "supported "
            "where the last lies below the first with such a p, or the interval of d excludes {small_d:limit} and "
            "more "
            "({small_d:convention}).",
            "Gestützt, wenn die letzte Gruppe der erwarteten Reihenfolge mit korrigiertem p höchstens auf dem Niveau "
            "({test_level:convention}) über der ersten liegt und keine mit solchem p unter der vor ihr; nicht "
            "gestützt, "
            "wenn die letzte mit solchem p unter der ersten liegt oder das Intervall von d {small_d:limit} und mehr "
            "ausschließt ({small_d:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. The order is the study's expectation; groups may differ in what else goes with "
            "them.",
            "Sonst nicht zu entscheiden. Die Reihenfolge ist die Erwartung der Studie; Gruppen können sich in "
            "anderem "
            "unterscheiden, was mit ihnen einhergeht.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "Units differ by {subject} as expected, " + _GROUPS + ".",
                    "Einheiten unterscheiden sich nach {subject} wie erwartet, " + _GRUPPEN + ".",
                ),
                "not supported": Words(
                    "Units do not differ by {subject} as expected, " + _GROUPS + ".",
                    "Einheiten unterscheiden sich nach {subject} nicht wie erwartet, " + _GRUPPEN + ".",
                ),
                "cannot say": Words(
                    "Whether units differ by {subject} as expected stays open, " + _GROUPS + ".",
                    "Ob Einheiten sich nach {subject} wie erwartet unterscheiden, bleibt offen, "
                    + _GRUPPEN
                    + ".",
                ),
            }
        ),
        number=(Words("d", "d"), "d", "number"),
        source="Hattie and Cooksey (1984); Cohen (1988) for a small difference",
        subject=("variable",),
        conventions=("test_level", "small_d"),
        family=Words(
            "Corrected after Holm over the groupings", "Nach Holm über die Gruppierungen korrigiert"
        ),
        headline=True,
    )
)
