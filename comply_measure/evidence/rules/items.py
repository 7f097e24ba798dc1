"""Rules of single items."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_R = "r = {r:bounded}, 95% CI {ci:bounded_interval}"
_R_DE = "r = {r:bounded}, 95%-KI {ci:bounded_interval}"

GOES_WITH = register_rule(
    VerdictRule(
        key="items.goes_with",
        question=Words(
            "Does the item go with the other items of its construct?",
            "Geht das Item mit den anderen Items seines Konstrukts?",
        ),
        decides=Words(
            "By the correlation of the item with the rest of its construct, over all informants, careless ones in. "
            "Supported where its whole 95% interval meets {item_rest_r:convention}; not supported where none of it "
            "does. The interval (Fisher's z) counts units, not informants, as those of one unit are alike.",
            "Nach der Korrelation des Items mit dem Rest seines Konstrukts, über alle Informanten, unachtsame "
            "eingeschlossen. Gestützt, wenn ihr ganzes 95%-Intervall die Konvention erfüllt, "
            "{item_rest_r:convention}; "
            "nicht gestützt, wenn kein Teil davon es tut. Das Intervall (Fishers z) zählt Einheiten, nicht "
            "Informanten, "
            "weil die einer Einheit sich ähneln.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, or the correlation is undefined. An item that goes "
            "with "
            "the others need not measure what it should.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt oder die Korrelation nicht definiert "
            "ist. "
            "Ein Item, das mit den anderen geht, muss nicht messen, was es soll.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} goes with the other items, " + _R + ".",
                    "{subject} geht mit den anderen Items, " + _R_DE + ".",
                ),
                "not supported": Words(
                    "{subject} does not go with the other items, " + _R + ".",
                    "{subject} geht nicht mit den anderen Items, " + _R_DE + ".",
                ),
                "cannot say": Words(
                    "Whether {subject} goes with the other items stays open, " + _R + ".",
                    "Ob {subject} mit den anderen Items geht, bleibt offen, " + _R_DE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} items {n:goes|go} with the other items of {n:its|their} construct.",
                    "{n} von {of} Items {n:geht|gehen} mit den anderen Items {n:seines|ihres} Konstrukts.",
                ),
                "not supported": Words(
                    "{n} of {of} items {n:does|do} not go with the other items of {n:its|their} construct: "
                    "{subjects}.",
                    "{n} von {of} Items {n:geht|gehen} nicht mit den anderen Items {n:seines|ihres} Konstrukts: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} items it stays open whether {n:it goes|they go} with the others: {subjects}.",
                    "Bei {n} von {of} Items bleibt offen, ob "
                    "{n:es mit den anderen geht|sie mit den anderen gehen}: {subjects}.",
                ),
            }
        ),
        number=(Words("item-rest r", "Trennschärfe r"), "r", "bounded"),
        source="Nunnally and Bernstein (1994)",
        subject=("item",),
        conventions=("item_rest_r",),
    )
)
