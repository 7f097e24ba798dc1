"""Rules of measurement invariance and of the gaps that rest on it."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

GAP = register_rule(
    VerdictRule(
        key="invariance.gap",
        question=Words(
            "Do the two roles see the dimension differently on average?",
            "Sehen die beiden Rollen die Dimension im Mittel verschieden?",
        ),
        decides=Words(
            "Supported where the latent gap, without items and attributes found to be answered differently, differs "
            "from zero with a corrected p of at most {test_level:limit}; not supported where its interval, in standard "
            "deviations, lies inside ±{small_effect:limit}.",
            "Gestützt, wenn die latente Differenz, ohne Items und Attribute, bei denen verschiedene Antworten der "
            "Rollen gefunden wurden, mit korrigiertem p von höchstens {test_level:limit} von null abweicht; nicht "
            "gestützt, wenn ihr Intervall, in Standardabweichungen, innerhalb von ±{small_effect:limit} liegt.",
        ),
        cannot_say=Words(
            "Cannot say otherwise: the interval holds both no gap and one worth having. A shift that all items "
            "of an attribute "
            "share cannot be told from a gap, and one that the search missed stays in it.",
            "Sonst nicht zu entscheiden: Das Intervall enthält sowohl keine als auch eine nennenswerte Differenz. Eine "
            "Verschiebung, die alle Items eines Attributs teilen, ist von einer Differenz nicht zu unterscheiden, und "
            "eine, die die Suche nicht fand, bleibt darin.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: {gap:number} points, 95% CI {ci:interval}, corrected {p:p_phrase}.",
                    "{subject}: {gap:number} Punkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject}: no gap worth having, {gap:number} points, 95% CI {ci:interval}.",
                    "{subject}: keine nennenswerte Differenz, {gap:number} Punkte, 95%-KI {ci:interval}.",
                ),
                "cannot say": Words(
                    "{subject}: {gap:number} points, 95% CI {ci:interval}, corrected {p:p_phrase}; no gap and "
                    "one worth having "
                    "are both compatible with the data.",
                    "{subject}: {gap:number} Punkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}; keine und eine "
                    "nennenswerte Differenz sind mit den Daten vereinbar.",
                ),
                "cannot say: unknown": Words(
                    "{subject}: the latent gap could not be estimated.",
                    "{subject}: Die latente Differenz war nicht zu schätzen.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} latent gaps between roles {n:differs|differ} from zero: {subjects}.",
                    "{n} von {of} latenten Differenzen zwischen Rollen {n:weicht|weichen} von null ab: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} latent gaps {n:is|are} smaller than one worth having: {subjects}.",
                    "{n} von {of} latenten Differenzen {n:ist|sind} kleiner als nennenswert: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} latent gaps none and one worth having are both compatible with the data: "
                    "{subjects}.",
                    "Bei {n} von {of} latenten Differenzen sind keine und eine nennenswerte mit den Daten vereinbar: "
                    "{subjects}.",
                ),
            }
        ),
        number=(Words("gap in points", "Abstand in Punkten"), "gap", "number"),
        source="Byrne et al. (1989); Holm (1979); Cohen (1988) for a small effect",
        subject=("construct", "pair"),
        joined=": ",
        conventions=("test_level", "small_effect"),
        family=Words(
            "Corrected after Holm over dimensions and pairs of roles",
            "Nach Holm über Dimensionen und Rollenpaare korrigiert",
        ),
        headline=True,
    )
)
