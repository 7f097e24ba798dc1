"""Rules on the reliability of scores."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_BOTH = (
    "ω = {omega_value:bounded}, simultaneous 95% CI {ci:bounded_interval}, and without informants flagged as careless "
    "({n_flagged}) ω = {omega_attentive:bounded}, {ci_attentive:bounded_interval}"
)
_BEIDE = (
    "ω = {omega_value:bounded}, simultanes 95%-KI {ci:bounded_interval}, und ohne als unachtsam erkannte Informanten "
    "({n_flagged}) ω = {omega_attentive:bounded}, {ci_attentive:bounded_interval}"
)

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
            "{omega:convention}; not supported where none of it does. The score of informants who read the items is "
            "meant: where step quality flags careless informants, both must hold with them and without them.",
            "Nach ω des verwendeten Werts: des Mittels der Attributwerte einer Dimension, in dem das "
            "Besondere eines "
            "Attributs Fehler ist, sonst des Mittels der Items. Gestützt, wenn das ganze simultane "
            "95%-Intervall die Konvention "
            "erfüllt, {omega:convention}; nicht gestützt, wenn kein Teil davon es tut. Gemeint ist der Wert von "
            "Informanten, die die Items lesen: Wo der Schritt quality unachtsame erkennt, muss beides mit ihnen und "
            "ohne sie gelten.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, ω is undefined, or the answer depends on the careless "
            "informants. Careless informants who are not recognised stay in; their scores measure nothing, and equal "
            "answers of theirs count as true in ω, as does what method gives all indicators of a score.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt, ω nicht definiert ist oder die Antwort "
            "von den unachtsamen Informanten abhängt. Nicht erkannte bleiben enthalten; ihre Werte messen nichts, und "
            "was sie gleich beantworten, zählt in ω als wahr, wie das, was die Methode allen Indikatoren eines Werts "
            "gibt.",
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
                "supported: flagged": Words(
                    "{subject}: the score is reliable enough, " + _BOTH + ".",
                    "{subject}: Der Wert ist zuverlässig genug, " + _BEIDE + ".",
                ),
                "not supported: flagged": Words(
                    "{subject}: the score is not reliable enough, " + _BOTH + ".",
                    "{subject}: Der Wert ist nicht zuverlässig genug, " + _BEIDE + ".",
                ),
                "cannot say: flagged": Words(
                    "{subject}: whether the score is reliable enough stays open, " + _BOTH + ".",
                    "{subject}: Ob der Wert zuverlässig genug ist, bleibt offen, " + _BEIDE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} scores {n:is|are} reliable enough by ω: {subjects}.",
                    "{n} von {of} Werten {n:ist|sind} nach ω zuverlässig genug: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} scores {n:is|are} not reliable enough by ω: {subjects}.",
                    "{n} von {of} Werten {n:ist|sind} nach ω nicht zuverlässig genug: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} scores ω may lie on either side of the convention: {subjects}.",
                    "Bei {n} von {of} Werten kann ω auf beiden Seiten der Konvention liegen: {subjects}.",
                ),
            }
        ),
        number=(Words("ω", "ω"), "omega_value", "bounded"),
        source="McDonald (1999); Zinbarg et al. (2005)",
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
