"""Rules of the structural model."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

PATH = register_rule(
    VerdictRule(
        key="structure.path",
        question=Words(
            "Does the predictor go with the outcome in the expected direction?",
            "Geht der Prädiktor in der erwarteten Richtung mit dem Kriterium einher?",
        ),
        decides=Words(
            "Supported where the path has the expected sign and its corrected p is at most the level "
            "({test_level:convention}); not supported where it has the other sign with such a p, or where "
            "its simultaneous interval excludes paths as large as {small_effect:limit} in the expected direction "
            "({small_effect:convention}).",
            "Gestützt, wenn der Pfad das erwartete Vorzeichen hat und sein korrigierter p-Wert das Niveau "
            "nicht "
            "überschreitet ({test_level:convention}); nicht gestützt, wenn er mit solchem p das andere "
            "Vorzeichen hat "
            "oder das simultane Intervall von β in der erwarteten Richtung Pfade der Größe {small_effect:limit} "
            "ausschließt "
            "({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise: the interval holds both no path and one worth having. A supported path "
            "is an "
            "association in cross-sectional data, no cause.",
            "Sonst nicht zu entscheiden: Das Intervall enthält sowohl keinen als auch einen nennenswerten "
            "Pfad. Ein "
            "gestützter Pfad ist ein Zusammenhang in Querschnittsdaten, keine Ursache.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject} is not found in the expected direction: β = {beta:bounded}, 95% CI "
                    "{ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject} zeigt sich nicht in der erwarteten Richtung: β = {beta:bounded}, 95%-KI "
                    "{ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: the data are compatible with no path and with one worth having, β = "
                    "{beta:bounded}, "
                    "95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Die Daten sind mit keinem und mit einem nennenswerten Pfad vereinbar, "
                    "β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} expected paths {n:is|are} found in the expected direction: {subjects}.",
                    "{n} von {of} erwarteten Pfaden {n:zeigt|zeigen} sich in der erwarteten Richtung: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} expected paths {n:is|are} not found in the expected direction: {subjects}.",
                    "{n} von {of} erwarteten Pfaden {n:zeigt|zeigen} sich nicht in der erwarteten Richtung: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} expected paths the data are compatible with none and with one worth "
                    "having: "
                    "{subjects}.",
                    "Bei {n} von {of} erwarteten Pfaden sind die Daten mit keinem und mit einem "
                    "nennenswerten "
                    "vereinbar: {subjects}.",
                ),
            }
        ),
        number=(Words("β", "β"), "beta", "bounded"),
        source="Holm (1979); Cohen (1988) for a small effect",
        subject=("variable", "variable"),
        joined=" → ",
        conventions=("test_level", "small_effect"),
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over the expected paths",
            "Nach Holm, Intervalle nach Bonferroni, über die erwarteten Pfade korrigiert",
        ),
        headline=True,
    )
)

MODERATION = register_rule(
    VerdictRule(
        key="structure.moderation",
        question=Words(
            "Does the moderator change the path in the expected direction?",
            "Verändert der Moderator den Pfad in der erwarteten Richtung?",
        ),
        decides=Words(
            "Supported where the product has the expected sign and its corrected p is at most the level "
            "({test_level:convention}); not supported where it has the other sign with such a p, or where its "
            "simultaneous interval excludes products as large as {small_effect:limit} in the expected direction "
            "({small_effect:convention}).",
            "Gestützt, wenn das Produkt das erwartete Vorzeichen hat und sein korrigierter p-Wert das Niveau nicht "
            "überschreitet ({test_level:convention}); nicht gestützt, wenn es mit solchem p das andere Vorzeichen "
            "hat "
            "oder das simultane Intervall von β in der erwarteten Richtung Produkte der Größe {small_effect:limit} "
            "ausschließt "
            "({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise: the interval holds both no moderation and one worth having. Products of unit "
            "scores "
            "need many units.",
            "Sonst nicht zu entscheiden: Das Intervall enthält sowohl keine als auch eine nennenswerte Moderation. "
            "Produkte von Werten der Einheiten brauchen viele Einheiten.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: product β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected "
                    "{p:p_phrase}.",
                    "{subject}: Produkt β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert "
                    "{p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject} is not found in the expected direction: product β = {beta:bounded}, 95% CI "
                    "{ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject} zeigt sich nicht in der erwarteten Richtung: Produkt β = {beta:bounded}, 95%-KI "
                    "{ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: the data are compatible with no moderation and with one worth having, product "
                    "β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Die Daten sind mit keiner und mit einer nennenswerten Moderation vereinbar, Produkt "
                    "β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} expected moderations {n:is|are} found in the expected direction: {subjects}.",
                    "{n} von {of} erwarteten Moderationen {n:zeigt|zeigen} sich in der erwarteten Richtung: "
                    "{subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} expected moderations {n:is|are} not found in the expected direction: {subjects}.",
                    "{n} von {of} erwarteten Moderationen {n:zeigt|zeigen} sich nicht in der erwarteten Richtung: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} expected moderations the data are compatible with none and with one worth "
                    "having: "
                    "{subjects}.",
                    "Bei {n} von {of} erwarteten Moderationen sind die Daten mit keiner und mit einer nennenswerten "
                    "vereinbar: {subjects}.",
                ),
            }
        ),
        number=(Words("β", "β"), "beta", "bounded"),
        source="Holm (1979); Wen et al. (2010) for β of a product; Cohen (1988) for a small effect",
        subject=("variable", "variable", "variable"),
        joined=(" × ", " → "),
        conventions=("test_level", "small_effect"),
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over the expected moderations",
            "Nach Holm, Intervalle nach Bonferroni, über die erwarteten Moderationen korrigiert",
        ),
        headline=True,
    )
)

INDIRECT = register_rule(
    VerdictRule(
        key="structure.indirect",
        question=Words(
            "Does the predictor act on the outcome through the mediator in the expected direction?",
            "Wirkt der Prädiktor in der erwarteten Richtung über den Mediator auf das Kriterium?",
        ),
        decides=Words(
            "Supported where the indirect effect has the expected sign and its corrected p is at most the level "
            "({test_level:convention}); not supported where it has the other sign with such a p, or where its "
            "simultaneous interval excludes the product of two small paths in the expected direction, "
            "{small_effect:limit} each "
            "({small_effect:convention}).",
            "Gestützt, wenn der indirekte Effekt das erwartete Vorzeichen hat und sein korrigierter "
            "p-Wert das Niveau nicht "
            "überschreitet ({test_level:convention}); nicht gestützt, wenn er mit solchem p das andere Vorzeichen "
            "hat "
            "oder sein simultanes Intervall in der erwarteten Richtung das Produkt zweier kleiner Pfade "
            "ausschließt, je "
            "{small_effect:limit} ({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise: the interval holds both no indirect effect and one worth having. A supported one "
            "is an association in cross-sectional data, no process.",
            "Sonst nicht zu entscheiden: Das Intervall enthält sowohl keinen als auch einen nennenswerten "
            "indirekten Effekt. Ein gestützter ist ein Zusammenhang in Querschnittsdaten, kein Prozess.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: indirect β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: indirekt β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject} is not found in the expected direction: indirect β = {beta:bounded}, 95% CI "
                    "{ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject} zeigt sich nicht in der erwarteten Richtung: indirekt β = {beta:bounded}, 95%-KI "
                    "{ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: the data are compatible with no indirect effect and with one worth having, indirect "
                    "β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Die Daten sind mit keinem und mit einem nennenswerten indirekten Effekt "
                    "vereinbar, indirekt "
                    "β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} expected indirect effects {n:is|are} found in the expected direction: {subjects}.",
                    "{n} von {of} erwarteten indirekten Effekten {n:zeigt|zeigen} sich in der erwarteten Richtung: "
                    "{subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} expected indirect effects {n:is|are} not found in the expected direction: "
                    "{subjects}.",
                    "{n} von {of} erwarteten indirekten Effekten {n:zeigt|zeigen} sich nicht in der erwarteten "
                    "Richtung: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} expected indirect effects the data are compatible with none and with "
                    "one worth having: "
                    "{subjects}.",
                    "Bei {n} von {of} erwarteten indirekten Effekten sind die Daten mit keinem und mit "
                    "einem nennenswerten "
                    "vereinbar: {subjects}.",
                ),
            }
        ),
        number=(Words("β", "β"), "beta", "bounded"),
        source=("Holm (1979); MacKinnon et al. (2004) for the interval; Cohen (1988) for a small effect"),
        subject=("variable", "variable", "variable"),
        joined=" → ",
        conventions=("test_level", "small_effect"),
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over the expected indirect effects",
            "Nach Holm, Intervalle nach Bonferroni, über die erwarteten indirekten Effekte korrigiert",
        ),
        headline=True,
    )
)

MODERATED_MEDIATION = register_rule(
    VerdictRule(
        key="structure.moderated_mediation",
        question=Words(
            "Does the moderator change the indirect effect in the expected direction?",
            "Verändert der Moderator den indirekten Effekt in der erwarteten Richtung?",
        ),
        decides=Words(
            "Supported where the index of moderated mediation has the expected sign and its corrected p is at most "
            "the level ({test_level:convention}); not supported where it has the other sign with such a p, or where "
            "its simultaneous interval excludes the product of a small path and a small moderation in the expected "
            "direction, {small_effect:limit} each ({small_effect:convention}).",
            "Gestützt, wenn der Index der moderierten Mediation das erwartete Vorzeichen hat und sein korrigierter "
            "p-Wert das Niveau nicht überschreitet ({test_level:convention}); nicht gestützt, wenn er mit solchem p "
            "das andere Vorzeichen hat oder sein simultanes Intervall in der erwarteten Richtung das Produkt eines "
            "kleinen Pfads und einer kleinen Moderation ausschließt, je {small_effect:limit} "
            "({small_effect:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise: the interval holds both no change and one worth having. Products of unit scores "
            "need many units, and a supported index is an association in cross-sectional data, no process.",
            "Sonst nicht zu entscheiden: Das Intervall enthält sowohl keine als auch eine nennenswerte Veränderung. "
            "Produkte von Werten der Einheiten brauchen viele Einheiten; ein gestützter Index ist ein Zusammenhang "
            "in Querschnittsdaten, kein Prozess.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: index β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Index β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject}: no change of the indirect effect is found in the expected direction, index β = "
                    "{beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Keine Veränderung des indirekten Effekts zeigt sich in der erwarteten Richtung, "
                    "Index β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: the data are compatible with no change of the indirect effect and with one worth "
                    "having, index β = {beta:bounded}, 95% CI {ci:bounded_interval}, corrected {p:p_phrase}.",
                    "{subject}: Die Daten sind mit keiner und mit einer nennenswerten Veränderung des indirekten "
                    "Effekts vereinbar, Index β = {beta:bounded}, 95%-KI {ci:bounded_interval}, korrigiert "
                    "{p:p_phrase}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} expected moderated mediations {n:is|are} found in the expected direction: "
                    "{subjects}.",
                    "{n} von {of} erwarteten moderierten Mediationen {n:zeigt|zeigen} sich in der erwarteten "
                    "Richtung: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} expected moderated mediations {n:is|are} not found in the expected direction: "
                    "{subjects}.",
                    "{n} von {of} erwarteten moderierten Mediationen {n:zeigt|zeigen} sich nicht in der erwarteten "
                    "Richtung: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} expected moderated mediations the data are compatible with none and with one "
                    "worth having: {subjects}.",
                    "Bei {n} von {of} erwarteten moderierten Mediationen sind die Daten mit keiner und mit einer "
                    "nennenswerten vereinbar: {subjects}.",
                ),
            }
        ),
        number=(Words("index β", "Index β"), "beta", "bounded"),
        source="Hayes (2015) for the index; Holm (1979); Cohen (1988) for a small effect",
        subject=("variable", "variable"),
        joined=" × ",
        conventions=("test_level", "small_effect"),
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over the expected moderated mediations",
            "Nach Holm, Intervalle nach Bonferroni, über die erwarteten moderierten Mediationen korrigiert",
        ),
        headline=True,
    )
)
