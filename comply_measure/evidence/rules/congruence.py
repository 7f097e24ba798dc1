"""Rules of congruence between roles."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

BROAD = register_rule(
    VerdictRule(
        key="congruence.broad",
        question=Words(
            "Does the outcome fall as the two roles' views differ?",
            "Fällt das Kriterium, wenn die Sichten der beiden Rollen auseinandergehen?",
        ),
        decides=Words(
            "Supported where all conditions of a broad congruence effect hold, the curvature along opposite "
            "views with its p "
            "corrected over the surfaces; not supported where the curvature is significantly upward or another "
            "condition "
            "fails.",
            "Gestützt, wenn alle Bedingungen eines breiten Kongruenzeffekts gelten, die Krümmung entlang "
            "entgegengesetzter "
            "Sichten mit über die Flächen korrigiertem p; nicht gestützt, wenn die Krümmung signifikant nach "
            "oben geht oder "
            "eine andere Bedingung verletzt ist.",
        ),
        cannot_say=Words(
            "Cannot say where no condition fails but the curvature cannot be told from none, or the ridge is "
            "undetermined. "
            "Error in the views shrinks the curvature.",
            "Nicht zu entscheiden, wenn keine Bedingung verletzt ist, die Krümmung aber von keiner nicht zu "
            "unterscheiden oder "
            "der Grat unbestimmt ist. Messfehler der Sichten verkleinern die Krümmung.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: the outcome falls as the views differ (a4 = {a4:number}, 95% CI {ci:interval}, "
                    "corrected "
                    "{p:p_phrase}).",
                    "{subject}: Das Kriterium fällt, wenn die Sichten auseinandergehen (a4 = {a4:number}, 95%-KI "
                    "{ci:interval}, korrigiert {p:p_phrase}).",
                ),
                "not supported": Words(
                    "{subject}: no congruence effect (a4 = {a4:number}, 95% CI {ci:interval}, corrected "
                    "{p:p_phrase}; a "
                    "condition fails).",
                    "{subject}: kein Kongruenzeffekt (a4 = {a4:number}, 95%-KI {ci:interval}, korrigiert "
                    "{p:p_phrase}; eine "
                    "Bedingung ist verletzt).",
                ),
                "cannot say": Words(
                    "{subject}: the data cannot tell a congruence effect from none (a4 = {a4:number}, 95% CI "
                    "{ci:interval}, "
                    "corrected {p:p_phrase}).",
                    "{subject}: Ein Kongruenzeffekt ist von keinem nicht zu unterscheiden (a4 = {a4:number}, 95%-KI "
                    "{ci:interval}, korrigiert {p:p_phrase}).",
                ),
            }
        ),
        number=(Words("a4", "a4"), "a4", "number"),
        source="Humberg et al. (2019); Holm (1979)",
        subject=("role", "role", "variable"),
        conventions=("test_level",),
        family=Words("Corrected after Holm over the surfaces", "Nach Holm über die Flächen korrigiert"),
        headline=True,
    )
)
