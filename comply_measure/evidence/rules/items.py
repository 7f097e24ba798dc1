"""Rules of single items."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_R = "r = {r:bounded}, 95% CI {ci:bounded_interval}"
_R_DE = "r = {r:bounded}, 95%-KI {ci:bounded_interval}"

_VIF = "VIF = {vif_value:number}, 95% CI {ci:interval}"
_VIF_DE = "VIF = {vif_value:number}, 95%-KI {ci:interval}"

ADDS = register_rule(
    VerdictRule(
        key="items.adds",
        question=Words(
            "Does the item add to what the other items of its index say?",
            "Trägt das Item zu dem bei, was die anderen Items seines Index sagen?",
        ),
        decides=Words(
            "For items that form their construct. By the variance inflation of the item by the others, over all "
            "informants, careless ones in. Supported where its whole 95% interval meets {vif:convention}; not "
            "supported where none of it does. The interval allows for informants of one firm (of one unit where firms "
            "are not known) being alike.",
            "Für Items, die ihr Konstrukt bilden. Nach der Varianzinflation des Items durch die anderen, über alle "
            "Informanten, unachtsame eingeschlossen. Gestützt, wenn ihr ganzes 95%-Intervall die Konvention erfüllt, "
            "{vif:convention}; nicht gestützt, wenn kein Teil davon es tut. Das Intervall berücksichtigt, dass "
            "Informanten einer Firma (einer Einheit, wenn Firmen nicht bekannt sind) einander ähneln.",
        ),
        cannot_say=Words(
            "Cannot say where the interval lies on both sides, or VIF is undefined. An item that adds something need "
            "not belong to the index: that is a question of content.",
            "Nicht zu entscheiden, wenn das Intervall auf beiden Seiten liegt oder VIF nicht definiert ist. Ein Item, "
            "das etwas beiträgt, muss nicht zum Index gehören: Das ist eine Frage des Inhalts.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} adds to the other items of its index, " + _VIF + ".",
                    "{subject} trägt zu den anderen Items seines Index bei, " + _VIF_DE + ".",
                ),
                "not supported": Words(
                    "{subject} repeats the other items of its index, " + _VIF + ".",
                    "{subject} wiederholt die anderen Items seines Index, " + _VIF_DE + ".",
                ),
                "cannot say": Words(
                    "Whether {subject} adds to the other items of its index stays open, " + _VIF + ".",
                    "Ob {subject} zu den anderen Items seines Index beiträgt, bleibt offen, " + _VIF_DE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} items that form an index {n:adds|add} to the other items of {n:it|theirs}.",
                    "{n} von {of} Items, die einen Index bilden, {n:trägt|tragen} zu dessen anderen Items bei.",
                ),
                "not supported": Words(
                    "{n} of {of} items that form an index {n:repeats|repeat} its other items: {subjects}.",
                    "{n} von {of} Items, die einen Index bilden, {n:wiederholt|wiederholen} dessen andere Items: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} items that form an index it stays open whether {n:it adds|they add} to the "
                    "others: {subjects}.",
                    "Bei {n} von {of} Items, die einen Index bilden, bleibt offen, ob {n:es|sie} zu den anderen "
                    "{n:beiträgt|beitragen}: {subjects}.",
                ),
            }
        ),
        number=(Words("VIF", "VIF"), "vif_value", "number"),
        source="Diamantopoulos and Siguaw (2006); interval after Binder (1983)",
        subject=("item",),
        conventions=("vif",),
    )
)

GOES_WITH = register_rule(
    VerdictRule(
        key="items.goes_with",
        question=Words(
            "Does the item go with the other items of its construct?",
            "Hängt das Item mit den anderen Items seines Konstrukts zusammen?",
        ),
        decides=Words(
            "For items that show a construct, not for those that form one. "
            "By the correlation of the item with the rest of its construct, over all informants, careless ones in. "
            "Supported where its whole 95% interval meets {item_rest_r:convention}; not supported where none of it "
            "does. The interval (Fisher's z) counts units, not informants, as those of one unit are alike.",
            "Für Items, die ein Konstrukt anzeigen, nicht für solche, die eines bilden. "
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
            "Ein Item, das mit den anderen zusammenhängt, muss nicht messen, was es soll.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} goes with the other items, " + _R + ".",
                    "{subject} hängt mit den anderen Items zusammen, " + _R_DE + ".",
                ),
                "not supported": Words(
                    "{subject} does not go with the other items, " + _R + ".",
                    "{subject} hängt nicht mit den anderen Items zusammen, " + _R_DE + ".",
                ),
                "cannot say": Words(
                    "Whether {subject} goes with the other items stays open, " + _R + ".",
                    "Ob {subject} mit den anderen Items zusammenhängt, bleibt offen, " + _R_DE + ".",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "{n} of {of} items {n:goes|go} with the other items of {n:its|their} construct.",
                    "{n} von {of} Items {n:hängt|hängen} mit den anderen Items {n:seines|ihres} Konstrukts zusammen.",
                ),
                "not supported": Words(
                    "{n} of {of} items {n:does|do} not go with the other items of {n:its|their} construct: "
                    "{subjects}.",
                    "{n} von {of} Items {n:hängt|hängen} nicht mit den anderen Items {n:seines|ihres} Konstrukts "
                    "zusammen: {subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} items it stays open whether {n:it goes|they go} with the others: {subjects}.",
                    "Bei {n} von {of} Items bleibt offen, ob "
                    "{n:es mit den anderen zusammenhängt|sie mit den anderen zusammenhängen}: {subjects}.",
                ),
            }
        ),
        number=(Words("item-rest r", "Trennschärfe r"), "r", "bounded"),
        source="Nunnally and Bernstein (1994)",
        subject=("item",),
        conventions=("item_rest_r",),
    )
)
