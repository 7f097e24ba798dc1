"""Rules of convergent and discriminant validity."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

CONVERGENT = register_rule(
    VerdictRule(
        key="validity.convergent",
        question=Words(
            "Do the indicators of a dimension share enough of their variance?",
            "Teilen die Indikatoren einer Dimension genug Varianz?",
        ),
        decides=Words(
            "Supported where the whole 95% interval of the average variance extracted meets {ave:convention}; not "
            "supported where none of it does. Informants are pooled, careless ones stay in.",
            "Gestützt, wenn das ganze 95%-Intervall der durchschnittlich extrahierten Varianz die Konvention "
            "erfüllt, "
            "{ave:convention}; nicht gestützt, wenn kein Teil davon es tut. Informanten sind zusammengefasst, "
            "unachtsame bleiben enthalten.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, or AVE is undefined.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt oder AVE nicht definiert ist.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: the indicators share enough, AVE = {ave_value:bounded}, 95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Die Indikatoren teilen genug, AVE = {ave_value:bounded}, 95%-KI "
                    "{ci:bounded_interval}.",
                ),
                "not supported": Words(
                    "{subject}: the indicators share too little, AVE = {ave_value:bounded}, 95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Die Indikatoren teilen zu wenig, AVE = {ave_value:bounded}, 95%-KI "
                    "{ci:bounded_interval}.",
                ),
                "cannot say": Words(
                    "{subject}: whether the indicators share enough stays open, AVE = {ave_value:bounded}, 95% CI "
                    "{ci:bounded_interval}.",
                    "{subject}: Ob die Indikatoren genug teilen, bleibt offen, AVE = {ave_value:bounded}, 95%-KI "
                    "{ci:bounded_interval}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "The indicators of {n} of {of} dimensions share enough by AVE: {subjects}.",
                    "Die Indikatoren von {n} von {of} Dimensionen teilen nach AVE genug: {subjects}.",
                ),
                "not supported": Words(
                    "The indicators of {n} of {of} dimensions share too little by AVE: {subjects}.",
                    "Die Indikatoren von {n} von {of} Dimensionen teilen nach AVE zu wenig: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} dimensions AVE may lie on either side of the convention: {subjects}.",
                    "Bei {n} von {of} Dimensionen kann AVE auf beiden Seiten der Konvention liegen: {subjects}.",
                ),
            }
        ),
        number=(Words("AVE", "AVE"), "ave_value", "bounded"),
        source="Fornell and Larcker (1981); interval by the delta method",
        subject=("construct",),
        conventions=("ave",),
    )
)

DISTINCT = register_rule(
    VerdictRule(
        key="validity.distinct",
        question=Words("Are the two dimensions distinct?", "Sind die beiden Dimensionen verschieden?"),
        decides=Words(
            "Supported where the whole 95% interval of the factor correlation lies below {distinct:limit}, not "
            "supported where none of it does ({distinct:convention}). Informants are pooled, careless ones stay in.",
            "Gestützt, wenn das ganze 95%-Intervall der Faktorkorrelation unter {distinct:limit} liegt, nicht "
            "gestützt, "
            "wenn kein Teil davon es tut ({distinct:convention}). Informanten sind zusammengefasst, unachtsame "
            "bleiben "
            "enthalten.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, or the correlation has none. Distinct dimensions may "
            "still have one cause.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt oder es keines gibt. Verschiedene "
            "Dimensionen können dennoch eine Ursache haben.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} are distinct: correlation {r:bounded}, 95% CI {ci:bounded_interval}.",
                    "{subject} sind verschieden: Korrelation {r:bounded}, 95%-KI {ci:bounded_interval}.",
                ),
                "not supported": Words(
                    "{subject} are not distinct: correlation {r:bounded}, 95% CI {ci:bounded_interval}.",
                    "{subject} sind nicht verschieden: Korrelation {r:bounded}, 95%-KI {ci:bounded_interval}.",
                ),
                "cannot say": Words(
                    "Whether {subject} are distinct stays open: correlation {r:bounded}, 95% CI "
                    "{ci:bounded_interval}.",
                    "Ob {subject} verschieden sind, bleibt offen: Korrelation {r:bounded}, 95%-KI "
                    "{ci:bounded_interval}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} pairs of dimensions {n:is|are} distinct: {subjects}.",
                    "{n} von {of} Paaren von Dimensionen {n:ist|sind} verschieden: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} pairs of dimensions {n:is|are} not distinct: {subjects}.",
                    "{n} von {of} Paaren von Dimensionen {n:ist|sind} nicht verschieden: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} pairs of dimensions it stays open whether {n:it is|they are} distinct: "
                    "{subjects}.",
                    "Bei {n} von {of} Paaren von Dimensionen bleibt offen, ob "
                    "{n:es verschieden ist|sie verschieden sind}: {subjects}.",
                ),
            }
        ),
        number=(Words("r", "r"), "r", "bounded"),
        source="Rönkkö and Cho (2022)",
        subject=("construct", "construct"),
        joined=" – ",
        conventions=("distinct",),
        headline=True,
    )
)
