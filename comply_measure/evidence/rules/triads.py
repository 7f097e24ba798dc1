"""Rules of the triad as a measure."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_NUMBERS = (
    "mean absolute gap {real:number} against {pseudo:number} of re-matched pairs (95% of them within "
    "{ci:interval}), corrected {p:p_phrase}"
)
_ZAHLEN = (
    "mittlere absolute Differenz {real:number} gegen {pseudo:number} neu zusammengestellter Paare (95 % von ihnen in "
    "{ci:interval}), korrigiert {p:p_phrase}"
)

CLOSER = register_rule(
    VerdictRule(
        key="triads.closer",
        question=Words(
            "Do the two roles of a unit see the dimension more alike than two of different units?",
            "Sehen die beiden Rollen einer Einheit die Dimension ähnlicher als zwei aus verschiedenen Einheiten?",
        ),
        decides=Words(
            "Supported where real pairs are closer than pairs re-matched within firms, p corrected over all "
            "comparisons "
            "at most the level ({test_level:convention}); not supported where they are farther apart than 97.5% of "
            "the "
            "re-matched ones. Careless informants stay in.",
            "Gestützt, wenn echte Paare ähnlicher sind als in Firmen neu zusammengestellte, p über alle Vergleiche "
            "korrigiert höchstens auf dem Niveau ({test_level:convention}); nicht gestützt, wenn sie weiter "
            "auseinander "
            "liegen als 97,5 % der neu zusammengestellten. Unachtsame Informanten bleiben enthalten.",
        ),
        cannot_say=Words(
            "Cannot say otherwise: a test that finds nothing does not show that units share nothing.",
            "Sonst nicht zu entscheiden: Ein Test, der nichts findet, zeigt nicht, dass Einheiten nichts teilen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: closer, " + _NUMBERS + ".", "{subject}: ähnlicher, " + _ZAHLEN + "."
                ),
                "not supported": Words(
                    "{subject}: not closer, " + _NUMBERS + ".", "{subject}: nicht ähnlicher, " + _ZAHLEN + "."
                ),
                "cannot say": Words(
                    "{subject}: stays open, " + _NUMBERS + ".", "{subject}: bleibt offen, " + _ZAHLEN + "."
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "In {n} of {of} comparisons the roles of a unit see a dimension more alike than re-matched ones: "
                    "{subjects}.",
                    "In {n} von {of} Vergleichen sehen die Rollen einer Einheit eine Dimension ähnlicher als neu "
                    "zusammengestellte: {subjects}.",
                ),
                "not supported": Words(
                    "In {n} of {of} comparisons the roles of a unit are not closer than re-matched ones: {subjects}.",
                    "In {n} von {of} Vergleichen sind die Rollen einer Einheit nicht ähnlicher als neu "
                    "zusammengestellte: {subjects}.",
                ),
                "cannot say": Words(
                    "In {n} of {of} comparisons it stays open whether the roles of a unit are closer than re-matched "
                    "ones: {subjects}.",
                    "In {n} von {of} Vergleichen bleibt offen, ob die Rollen einer Einheit ähnlicher sind als neu "
                    "zusammengestellte: {subjects}.",
                ),
            }
        ),
        number=(Words("gap in points", "Abstand in Punkten"), "real", "number"),
        source="Kenny et al. (2006); Westfall and Young (1993) for the correction",
        subject=("construct", "pair"),
        joined=": ",
        conventions=("test_level",),
        family=Words(
            "Corrected by Westfall and Young's maximum over dimensions, pairs of roles and profiles",
            "Nach Westfall und Youngs Maximum über Dimensionen, Rollenpaare und Profile korrigiert",
        ),
    )
)
