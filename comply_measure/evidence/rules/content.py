"""Rules of content validity."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

BELONGS = register_rule(
    VerdictRule(
        key="content.belongs",
        question=Words(
            "Do experts and judges find that the item belongs to its construct?",
            "Finden Experten und Beurteilende, dass das Item zu seinem Konstrukt gehört?",
        ),
        decides=Words(
            "Supported where I-CVI meets the study's cut-off and c_sv is above its critical value, as far as there "
            "are "
            "ratings and sorts, and would still do so had one person answered otherwise; not supported where one of "
            "them misses its mark and would still do so.",
            "Gestützt, wenn I-CVI die Grenze der Studie erfüllt und c_sv über dem kritischen Wert liegt, soweit es "
            "Ratings und Zuordnungen gibt, und das auch gälte, wenn eine Person anders geantwortet hätte; nicht "
            "gestützt, wenn eines davon sein Maß verfehlt und das auch dann täte.",
        ),
        cannot_say=Words(
            "Cannot say where the answer of one person decides, or the item was neither rated nor sorted. The people "
            "are few and chosen: this says what they find, not what all experts would.",
            "Nicht zu entscheiden, wenn die Antwort einer Person entscheidet oder das Item weder bewertet noch "
            "zugeordnet wurde. Es sind wenige, ausgewählte Personen: Das sagt, was sie finden, nicht, was alle "
            "Experten "
            "fänden.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject} belongs to its construct (I-CVI = {i_cvi:bounded}, c_sv = {c_sv:bounded}).",
                    "{subject} gehört zu seinem Konstrukt (I-CVI = {i_cvi:bounded}, c_sv = {c_sv:bounded}).",
                ),
                "not supported": Words(
                    "{subject} does not belong to its construct (I-CVI = {i_cvi:bounded}, c_sv = {c_sv:bounded}).",
                    "{subject} gehört nicht zu seinem Konstrukt (I-CVI = {i_cvi:bounded}, c_sv = {c_sv:bounded}).",
                ),
                "cannot say": Words(
                    "Whether {subject} belongs to its construct hangs on one person (I-CVI = {i_cvi:bounded}, c_sv = "
                    "{c_sv:bounded}).",
                    "Ob {subject} zu seinem Konstrukt gehört, hängt an einer Person (I-CVI = {i_cvi:bounded}, c_sv = "
                    "{c_sv:bounded}).",
                ),
                "cannot say: unknown": Words(
                    "{subject} was neither rated nor sorted.",
                    "{subject} wurde weder bewertet noch zugeordnet.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "Experts and judges find that {n} of {of} items {n:belongs|belong} to {n:its|their} construct.",
                    "Experten und Beurteilende finden, dass {n} von {of} Items zu {n:seinem|ihrem} Konstrukt "
                    "{n:gehört|gehören}.",
                ),
                "not supported": Words(
                    "Experts and judges find that {n} of {of} items {n:does|do} not belong to {n:its|their} "
                    "construct: {subjects}.",
                    "Experten und Beurteilende finden, dass {n} von {of} Items nicht zu {n:seinem|ihrem} Konstrukt "
                    "{n:gehört|gehören}: "
                    "{subjects}.",
                ),
                "cannot say": Words(
                    "For {n} of {of} items it hangs on one person whether "
                    "{n:it belongs to its|they belong to their} construct: {subjects}.",
                    "Bei {n} von {of} Items hängt an einer Person, ob "
                    "{n:es zu seinem Konstrukt gehört|sie zu ihrem Konstrukt gehören}: {subjects}.",
                ),
            }
        ),
        number=(Words("I-CVI", "I-CVI"), "i_cvi", "bounded"),
        source="Lynn (1986); Anderson and Gerbing (1991)",
        subject=("item",),
        headline=True,
    )
)
