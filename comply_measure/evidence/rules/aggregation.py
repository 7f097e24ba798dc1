"""Rules on unit scores."""

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
                    "Ob {subject} über die Kontrollvariablen hinaus mit dem Einheitswert zusammenhängt, bleibt offen: "
                    + _ZAHLEN
                    + ".",
                ),
            }
        ),
        source="Hunsley & Meyer (2003)",
        subject=("variable",),
        conventions=("test_level", "small_effect"),
        family=Words("Corrected after Holm over the criteria", "Nach Holm über die Kriterien korrigiert"),
        headline=True,
    )
)
