"""Rules of pairs of roles."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_GAP = "difference {gap:number} scale points, 95% CI {ci:interval}, corrected {p:p_phrase}"
_LUECKE = "Unterschied {gap:number} Skalenpunkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}"
_B = "b = {b:number}, 95% CI {ci:interval}, {p:p_phrase}, R² greater by {gain:bounded}"
_B_DE = "b = {b:number}, 95%-KI {ci:interval}, {p:p_phrase}, R² um {gain:bounded} größer"

DIFFER = register_rule(
    VerdictRule(
        key="pairs.differ",
        question=Words(
            "Do two pairs of roles work together differently well?",
            "Arbeiten zwei Rollenpaare unterschiedlich gut zusammen?",
        ),
        decides=Words(
            "By the ratings of the members of each pair. Supported where p, corrected over pairs, is at most the level "
            "({test_level:convention}); not supported where the whole interval lies within a small difference "
            "({small_d:convention}).",
            "Nach den Urteilen der Mitglieder jedes Paars. Gestützt, wenn p, über die Paare korrigiert, höchstens auf "
            "dem Niveau liegt ({test_level:convention}); nicht gestützt, wenn das ganze Intervall innerhalb eines "
            "kleinen Unterschieds liegt ({small_d:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. Two pairs share a role, whose members may be more severe with both.",
            "Sonst nicht zu entscheiden. Zwei Paare haben eine Rolle gemeinsam, die beide strenger beurteilen kann.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} differ, " + _GAP + ".", "{subject} unterscheiden sich, " + _LUECKE + "."
                ),
                "not supported": Words(
                    "{subject} do not differ by a difference worth having, " + _GAP + ".",
                    "{subject} unterscheiden sich nicht nennenswert, " + _LUECKE + ".",
                ),
                "cannot say": Words(
                    "Whether {subject} differ stays open, " + _GAP + ".",
                    "Ob sich {subject} unterscheiden, bleibt offen, " + _LUECKE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "In {n} of {of} comparisons two pairs of roles differ: {subjects}.",
                    "In {n} von {of} Vergleichen unterscheiden sich zwei Rollenpaare: {subjects}.",
                ),
                "not supported": Words(
                    "In {n} of {of} comparisons two pairs of roles do not differ by a difference worth having: "
                    "{subjects}.",
                    "In {n} von {of} Vergleichen unterscheiden sich zwei Rollenpaare nicht nennenswert: {subjects}.",
                ),
                "cannot say": Words(
                    "In {n} of {of} comparisons it stays open whether two pairs of roles differ: {subjects}.",
                    "In {n} von {of} Vergleichen bleibt offen, ob sich zwei Rollenpaare unterscheiden: {subjects}.",
                ),
            }
        ),
        number=(Words("difference in points", "Unterschied in Punkten"), "gap", "number"),
        source="Holm (1979); Imbens and Kolesár (2016) for errors with few firms",
        subject=("text", "text"),
        joined=" – ",
        conventions=("test_level", "small_d"),
        family=Words(
            "Corrected by Holm over all pairs of pairs",
            "Nach Holm über alle Vergleiche von Paaren korrigiert",
        ),
        headline=True,
    )
)

MINIMUM = register_rule(
    VerdictRule(
        key="pairs.minimum_adds",
        question=Words(
            "Does the weakest pair tell the alignment of the triad beyond the mean of the pairs?",
            "Sagt das schwächste Paar mehr über die Abstimmung der Triade als das Mittel der Paare?",
        ),
        decides=Words(
            "By the coefficient of the minimum beside the mean, the triad rated by one role and the pairs by the "
            "others. Supported where p is at most the level ({test_level:convention}) and the coefficient positive; "
            "not supported where it is negative, or its interval lies below a small effect "
            "({small_effect:convention}).",
            "Nach dem Koeffizienten des Minimums neben dem Mittel, die Triade von einer Rolle beurteilt, die Paare von "
            "den anderen. Gestützt, wenn p höchstens auf dem Niveau liegt ({test_level:convention}) und der "
            "Koeffizient positiv ist; nicht gestützt, wenn er negativ ist oder sein Intervall unter einem kleinen "
            "Effekt liegt ({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. The minimum of scores with error is partly that of the error, which hides its "
            "effect.",
            "Sonst nicht zu entscheiden. Das Minimum fehlerhafter Werte ist zum Teil das der Fehler, was seine Wirkung "
            "verdeckt.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "The weakest pair tells the triad's alignment beyond the mean, " + _B + ".",
                    "Das schwächste Paar sagt mehr über die Abstimmung der Triade als das Mittel, "
                    + _B_DE
                    + ".",
                ),
                "not supported": Words(
                    "The weakest pair does not tell the triad's alignment beyond the mean, " + _B + ".",
                    "Das schwächste Paar sagt nicht mehr über die Abstimmung der Triade als das Mittel, "
                    + _B_DE
                    + ".",
                ),
                "cannot say": Words(
                    "Whether the weakest pair tells the triad's alignment beyond the mean stays open, "
                    + _B
                    + ".",
                    "Ob das schwächste Paar mehr über die Abstimmung der Triade sagt als das Mittel, bleibt offen, "
                    + _B_DE
                    + ".",
                ),
            }
        ),
        number=(Words("b", "b"), "b", "number"),
        source="least squares; Bell and McCaffrey (2002) for errors with few firms",
        subject=("text",),
        conventions=("test_level", "small_effect"),
    )
)
