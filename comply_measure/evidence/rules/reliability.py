"""Rules on the reliability of scores."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

SCORE = register_rule(
    VerdictRule(
        key="reliability.score",
        question=Words(
            "Is the score of a role's informants reliable enough?",
            "Ist der Wert der Informanten einer Rolle zuverlässig genug?",
        ),
        decides=Words(
            "By ω of the score in use: of a dimension's mean of attribute scores, in which what is "
            "particular to an "
            "attribute is error; of the mean of items elsewhere. Supported where its whole simultaneous "
            "95% interval meets "
            "{omega:convention}; not supported where none of it does.",
            "Nach ω des verwendeten Werts: des Mittels der Attributwerte einer Dimension, in dem das "
            "Besondere eines "
            "Attributs Fehler ist, sonst des Mittels der Items. Gestützt, wenn das ganze simultane "
            "95%-Intervall die Konvention "
            "erfüllt, {omega:convention}; nicht gestützt, wenn kein Teil davon es tut.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, or ω is undefined. What method gives all "
            "indicators of a "
            "score counts as true in ω, too.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt oder ω nicht definiert ist. "
            "Was die Methode "
            "allen Indikatoren eines Werts gibt, zählt auch in ω als wahr.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: the score is reliable enough, ω = {omega_value:bounded}, simultaneous 95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Der Wert ist zuverlässig genug, ω = {omega_value:bounded}, simultanes 95%-KI "
                    "{ci:bounded_interval}.",
                ),
                "not supported": Words(
                    "{subject}: the score is not reliable enough, ω = {omega_value:bounded}, simultaneous "
                    "95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Der Wert ist nicht zuverlässig genug, ω = {omega_value:bounded}, "
                    "simultanes 95%-KI "
                    "{ci:bounded_interval}.",
                ),
                "cannot say": Words(
                    "{subject}: whether the score is reliable enough stays open, ω = "
                    "{omega_value:bounded}, simultaneous 95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Ob der Wert zuverlässig genug ist, bleibt offen, ω = "
                    "{omega_value:bounded}, simultanes 95%-KI "
                    "{ci:bounded_interval}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} scores are reliable enough by ω: {subjects}.",
                    "{n} von {of} Werten sind nach ω zuverlässig genug: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} scores are not reliable enough by ω: {subjects}.",
                    "{n} von {of} Werten sind nach ω nicht zuverlässig genug: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} scores ω may lie on either side of the convention: {subjects}.",
                    "Bei {n} von {of} Werten kann ω auf beiden Seiten der Konvention liegen: {subjects}.",
                ),
            }
        ),
        source="McDonald (1999); Zinbarg, Revelle, Yovel, & Li (2005)",
        subject=("construct", "role"),
        joined=" · ",
        conventions=("omega",),
        family=Words(
            "Intervals simultaneous over the scores of a scale (Bonferroni)",
            "Intervalle simultan über die Werte einer Skala (Bonferroni)",
        ),
        headline=True,
    )
)
