"""Rules on agreement within units and the reliability of their means."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_SHARES = (
    "{share:percent} of units against {share_rematched:percent} of re-matched ones (difference "
    "{difference:percent}, "
    "95% CI {ci:percent_interval}, corrected {p:p_phrase})"
)
_ANTEILE = (
    "{share:percent} der Einheiten gegen {share_rematched:percent} der neu zusammengestellten (Differenz "
    "{difference:percent}, 95%-KI {ci:percent_interval}, korrigiert {p:p_phrase})"
)

_FIRMS = (
    ", over all units of all firms ({ci_levels:bounded_interval} with firms as a level); between units of one firm "
    "{within:bounded}"
)
_FIRMEN = (
    ", über alle Einheiten aller Firmen ({ci_levels:bounded_interval} mit Firmen als Ebene); zwischen Einheiten einer "
    "Firma {within:bounded}"
)

MORE_THAN_REMATCHED = register_rule(
    VerdictRule(
        key="agreement.more_than_rematched",
        question=Words(
            "Do informants of a unit agree more than informants of different units put together?",
            "Stimmen Informanten einer Einheit mehr überein als Informanten verschiedener Einheiten?",
        ),
        decides=Words(
            "A unit agrees if its rwg(j) is too large for informants who answer at random, with items that "
            "correlate "
            "as they do. Supported where more units agree than units re-matched within roles and firms, "
            "corrected p "
            "at most the level ({test_level:convention}); not supported where fewer do with such a p, or "
            "where the "
            "interval excludes {share_margin:convention}.",
            "Eine Einheit stimmt überein, wenn ihr rwg(j) für Informanten, die zufällig antworten, zu groß "
            "ist, bei "
            "Items, die so korrelieren wie hier. Gestützt, wenn mehr Einheiten übereinstimmen als "
            "innerhalb von Rollen "
            "und Firmen neu zusammengestellte und der korrigierte p-Wert das Niveau nicht überschreitet "
            "({test_level:convention}); nicht gestützt, wenn es mit solchem p weniger sind oder das "
            "Intervall "
            "{share_margin:convention} ausschließt.",
        ),
        cannot_say=Words(
            "Cannot say otherwise, or where nothing could be re-matched: agreement beyond what all "
            "informants share "
            "may be there or not.",
            "Sonst, oder wenn nichts neu zusammengestellt werden konnte, nicht zu entscheiden: Ob "
            "Einheiten über das "
            "hinaus übereinstimmen, was alle Informanten teilen, bleibt offen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: informants of a unit agree more than re-matched ones, " + _SHARES + ".",
                    "{subject}: Informanten einer Einheit stimmen mehr überein als neu zusammengestellte, "
                    + _ANTEILE
                    + ".",
                ),
                "not supported": Words(
                    "{subject}: informants of a unit do not agree more than re-matched ones, "
                    + _SHARES
                    + ".",
                    "{subject}: Informanten einer Einheit stimmen nicht mehr überein als neu "
                    "zusammengestellte, " + _ANTEILE + ".",
                ),
                "cannot say": Words(
                    "{subject}: whether informants of a unit agree more than re-matched ones stays open, "
                    + _SHARES
                    + ".",
                    "{subject}: Ob Informanten einer Einheit mehr übereinstimmen als neu "
                    "zusammengestellte, bleibt "
                    "offen, " + _ANTEILE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "On {n} of {of} dimensions more units agree than re-matched ones: {subjects}.",
                    "Auf {n} von {of} Dimensionen stimmen mehr Einheiten überein als neu zusammengestellte: "
                    "{subjects}.",
                ),
                "not supported": Words(
                    "On {n} of {of} dimensions units do not agree more than re-matched ones: {subjects}.",
                    "Auf {n} von {of} Dimensionen stimmen Einheiten nicht mehr überein als neu "
                    "zusammengestellte: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "On {n} of {of} dimensions it stays open whether units agree more than re-matched ones: "
                    "{subjects}.",
                    "Auf {n} von {of} Dimensionen bleibt offen, ob Einheiten mehr übereinstimmen als neu "
                    "zusammengestellte: {subjects}.",
                ),
            }
        ),
        number=(Words("more units", "mehr Einheiten"), "difference", "percent"),
        source="Bliese and Halverson (1996); Dunlap et al. (2003)",
        subject=("construct",),
        conventions=("test_level", "share_margin"),
        family=Words("Corrected after Holm over the dimensions", "Nach Holm über die Dimensionen korrigiert"),
        headline=True,
    )
)

UNIT_MEAN = register_rule(
    VerdictRule(
        key="agreement.unit_mean_reliable",
        question=Words(
            "Is the mean of a unit's informants reliable enough to tell units apart?",
            "Unterscheidet das Mittel der Informanten einer Einheit Einheiten zuverlässig genug?",
        ),
        decides=Words(
            "Supported where the whole 95% interval of ICC(2) meets {icc2:convention}; not supported where "
            "none of it does. Where firms are known, the interval with firms as a level above units must say the same.",
            "Gestützt, wenn das ganze 95%-Intervall von ICC(2) die Konvention erfüllt, {icc2:convention}; "
            "nicht gestützt, wenn kein Teil davon es tut. Wo Firmen bekannt sind, muss das Intervall mit Firmen als "
            "Ebene über den Einheiten dasselbe sagen.",
        ),
        cannot_say=Words(
            "Cannot say where an interval lies on both sides, or is undefined. ICC(2) stands for the level of units: "
            "what units of one firm share counts as a difference between units.",
            "Nicht zu entscheiden, wenn ein Intervall auf beiden Seiten liegt oder nicht definiert ist. ICC(2) steht "
            "für die Ebene der Einheiten: Was Einheiten einer Firma teilen, zählt als Unterschied zwischen Einheiten.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: the unit mean is reliable enough, ICC(2) = {icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}.",
                    "{subject}: Das Mittel der Einheit ist zuverlässig genug, ICC(2) = {icc2_value:bounded}, "
                    "95%-KI {ci:bounded_interval}.",
                ),
                "not supported": Words(
                    "{subject}: the unit mean is not reliable enough, ICC(2) = {icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}.",
                    "{subject}: Das Mittel der Einheit ist nicht zuverlässig genug, ICC(2) = "
                    "{icc2_value:bounded}, "
                    "95%-KI {ci:bounded_interval}.",
                ),
                "cannot say": Words(
                    "{subject}: whether the unit mean is reliable enough stays open, ICC(2) = "
                    "{icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}.",
                    "{subject}: Ob das Mittel der Einheit zuverlässig genug ist, bleibt offen, "
                    "ICC(2) = {icc2_value:bounded}, 95%-KI {ci:bounded_interval}.",
                ),
                "supported: firms": Words(
                    "{subject}: the unit mean is reliable enough, ICC(2) = {icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}" + _FIRMS + ".",
                    "{subject}: Das Mittel der Einheit ist zuverlässig genug, ICC(2) = {icc2_value:bounded}, "
                    "95%-KI {ci:bounded_interval}" + _FIRMEN + ".",
                ),
                "not supported: firms": Words(
                    "{subject}: the unit mean is not reliable enough, ICC(2) = {icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}" + _FIRMS + ".",
                    "{subject}: Das Mittel der Einheit ist nicht zuverlässig genug, ICC(2) = "
                    "{icc2_value:bounded}, "
                    "95%-KI {ci:bounded_interval}" + _FIRMEN + ".",
                ),
                "cannot say: firms": Words(
                    "{subject}: whether the unit mean is reliable enough stays open, ICC(2) = "
                    "{icc2_value:bounded}, "
                    "95% CI {ci:bounded_interval}" + _FIRMS + ".",
                    "{subject}: Ob das Mittel der Einheit zuverlässig genug ist, bleibt offen, "
                    "ICC(2) = {icc2_value:bounded}, 95%-KI {ci:bounded_interval}" + _FIRMEN + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "On {n} of {of} dimensions the unit mean is reliable enough by ICC(2): {subjects}.",
                    "Auf {n} von {of} Dimensionen ist das Mittel der Einheit nach ICC(2) zuverlässig genug: "
                    "{subjects}.",
                ),
                "not supported": Words(
                    "On {n} of {of} dimensions the unit mean is not reliable enough by ICC(2): {subjects}.",
                    "Auf {n} von {of} Dimensionen ist das Mittel der Einheit nach ICC(2) nicht zuverlässig "
                    "genug: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "On {n} of {of} dimensions ICC(2) may lie on either side of the convention: {subjects}.",
                    "Auf {n} von {of} Dimensionen kann ICC(2) auf beiden Seiten der Konvention liegen: "
                    "{subjects}.",
                ),
            }
        ),
        number=(Words("ICC(2)", "ICC(2)"), "icc2_value", "bounded"),
        source="Bliese (2000)",
        subject=("construct",),
        conventions=("icc2",),
    )
)
