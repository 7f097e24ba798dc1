"""Rules of calls on attributes: disputed, low."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_FAMILY = Words("Corrected after Holm over the attributes", "Nach Holm über die Attribute korrigiert")

DISPUTED = register_rule(
    VerdictRule(
        key="actions.disputed",
        question=Words(
            "Do the roles of a unit see the attribute farther apart than the study asks for?",
            "Sehen die Rollen einer Einheit das Attribut weiter auseinander, als die Studie verlangt?",
        ),
        decides=Words(
            "Supported where the root mean square latent gap between roles lies above the threshold of the study "
            "with a "
            "corrected p of at most its level, not supported where it lies below with such a p. The gap is free of "
            "measurement "
            "error and of items found to be answered differently; the uncertainty of reliability is in its error.",
            "Gestützt, wenn die mittlere quadratische latente Differenz zwischen den Rollen mit korrigiertem p von "
            "höchstens dem Niveau über der Schwelle der Studie liegt; nicht gestützt, wenn sie mit solchem p darunter "
            "liegt. Die Differenz ist "
            "frei von Messfehlern und von Items, bei denen die Suche verschiedene Antworten der Rollen fand; die "
            "Unsicherheit der Reliabilität "
            "ist in ihrem Fehler enthalten.",
        ),
        cannot_say=Words(
            "Cannot say where the interval covers the threshold, or without a latent model of the items. What "
            "remains in the "
            "gap: a habit of one informant that moves all answers alike, and items that the search did not find.",
            "Nicht zu entscheiden, wenn das Intervall die Schwelle einschließt oder ein latentes Modell der "
            "Items fehlt. In "
            "der Differenz bleiben: eine Gewohnheit, die alle Antworten einer Person gleich verschiebt, und Items, "
            "die die Suche nicht fand.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} is disputed: latent gap {distance:number} points, 95% CI {ci:interval}, threshold "
                    "{threshold:number}, corrected {p:p_phrase}.",
                    "{subject} ist umstritten: latente Differenz {distance:number} Punkte, 95%-KI {ci:interval}, "
                    "Schwelle "
                    "{threshold:number}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject} is less disputed than {threshold:number} points: latent gap {distance:number}, 95% CI "
                    "{ci:interval}, corrected {p:p_phrase}.",
                    "{subject} ist weniger umstritten als {threshold:number} Punkte: latente Differenz "
                    "{distance:number}, "
                    "95%-KI {ci:interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: the latent gap of {distance:number} points, 95% CI {ci:interval}, cannot be told "
                    "from "
                    "{threshold:number} (corrected {p:p_phrase}).",
                    "{subject}: Die latente Differenz von {distance:number} Punkten, 95%-KI {ci:interval}, ist von "
                    "{threshold:number} nicht zu unterscheiden (korrigiert {p:p_phrase}).",
                ),
                "cannot say: unknown": Words(
                    "{subject}: there is no latent model of the items, so that the gap between roles cannot be "
                    "freed of error "
                    "and shifted items.",
                    "{subject}: Es gibt kein latentes Modell der Items; die Differenz zwischen den Rollen lässt sich "
                    "nicht von "
                    "Fehlern und verschobenen Items befreien.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} attributes {n:is|are} disputed beyond the threshold: {subjects}.",
                    "{n} von {of} Attributen {n:ist|sind} über die Schwelle hinaus umstritten: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} attributes {n:is|are} less disputed than the threshold: {subjects}.",
                    "{n} von {of} Attributen {n:ist|sind} weniger umstritten als die Schwelle: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} attributes the latent gap cannot be told from the threshold: {subjects}.",
                    "Bei {n} von {of} Attributen ist die latente Differenz nicht von der Schwelle zu unterscheiden: "
                    "{subjects}.",
                ),
            }
        ),
        number=(Words("latent gap", "latenter Abstand"), "distance", "number"),
        source="Holm (1979); the threshold is a choice of the study",
        subject=("construct",),
        family=_FAMILY,
        headline=True,
    )
)

LOW = register_rule(
    VerdictRule(
        key="actions.low",
        question=Words(
            "Is the level of the attribute low?",
            "Ist die Ausprägung des Attributs niedrig?",
        ),
        decides=Words(
            "Supported where the level, the mean of the role means, lies below the attribute's norm with a "
            "corrected p of at most "
            "the level of the study; not supported where it lies above with such a p.",
            "Gestützt, wenn die Ausprägung (Mittel der Rollenmittel) mit korrigiertem p von höchstens dem Niveau unter "
            "der Norm des "
            "Attributs liegt; nicht gestützt, wenn sie mit solchem p darüber liegt.",
        ),
        cannot_say=Words(
            "Cannot say where level and norm cannot be told apart, and never without norms: means of different "
            "attributes "
            "mix the level with how hard the items are, so that neither the midpoint of the scale nor other "
            "attributes are "
            "a yardstick. Roles, groups and points in time can be compared within an attribute.",
            "Nicht zu entscheiden, wenn Ausprägung und Norm nicht zu unterscheiden sind, und nie ohne Normen: "
            "Mittelwerte "
            "verschiedener Attribute vermengen die Ausprägung mit der Schwierigkeit der Items; weder die Mitte "
            "der Skala "
            "noch andere Attribute sind ein Maßstab. Rollen, Gruppen und Zeitpunkte sind innerhalb eines Attributs "
            "vergleichbar.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} is low: {level:number}, 95% CI {ci:interval}, norm {norm:number}, corrected "
                    "{p:p_phrase}.",
                    "{subject} ist niedrig: {level:number}, 95%-KI {ci:interval}, Norm {norm:number}, korrigiert "
                    "{p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject} lies above its norm: {level:number}, 95% CI {ci:interval}, norm {norm:number}, "
                    "corrected "
                    "{p:p_phrase}.",
                    "{subject} liegt über der Norm: {level:number}, 95%-KI {ci:interval}, Norm {norm:number}, "
                    "korrigiert "
                    "{p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: {level:number}, 95% CI {ci:interval}, cannot be told from the norm of {norm:number} "
                    "(corrected {p:p_phrase}).",
                    "{subject}: {level:number}, 95%-KI {ci:interval}, ist von der Norm {norm:number} nicht zu "
                    "unterscheiden "
                    "(korrigiert {p:p_phrase}).",
                ),
                "cannot say: unanchored": Words(
                    "{subject}: without a norm the mean of {level:number} does not say whether the level is low "
                    "or the items "
                    "are hard.",
                    "{subject}: Ohne Norm sagt das Mittel {level:number} nicht, ob die Ausprägung niedrig ist "
                    "oder die Items "
                    "schwer sind.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} attributes {n:lies|lie} below {n:its|their} norm: {subjects}.",
                    "{n} von {of} Attributen {n:liegt|liegen} unter {n:seiner|ihrer} Norm: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} attributes {n:lies|lie} above {n:its|their} norm: {subjects}.",
                    "{n} von {of} Attributen {n:liegt|liegen} über {n:seiner|ihrer} Norm: {subjects}.",
                ),
                "cannot say": Words(
                    "{n} of {of} attributes {n:has|have} no norm, or cannot be told from it: whether {n:its|their} "
                    "level is low "
                    "or {n:its|their} "
                    "items are hard is open ({subjects}).",
                    "{n} von {of} Attributen {n:hat|haben} keine Norm oder {n:ist|sind} von ihr nicht zu "
                    "unterscheiden: Ob {n:seine|ihre} "
                    "Ausprägung "
                    "niedrig ist oder {n:seine|ihre} Items schwer sind, bleibt offen ({subjects}).",
                ),
            }
        ),
        number=(Words("mean", "Mittel"), "level", "number"),
        source="Holm (1979); norms as the study gives them",
        subject=("construct",),
        family=_FAMILY,
        headline=True,
    )
)
