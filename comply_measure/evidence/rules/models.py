"""Rules on fitted models: fit, prediction of other cases, confirmation in another half, superordinate or aggregate."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_REST = "CFI = {cfi_value:bounded3}, SRMR = {srmr_value:bounded3}"
_INDICES = "RMSEA = {rmsea_value:bounded3}, 90% CI {ci:bounded_interval3}, " + _REST
_INDIZES = "RMSEA = {rmsea_value:bounded3}, 90%-KI {ci:bounded_interval3}, " + _REST

FIT = register_rule(
    VerdictRule(
        key="models.fit",
        question=Words("Does the model fit by the conventions?", "Passt das Modell nach den Konventionen?"),
        decides=Words(
            "Supported where the whole 90% interval of RMSEA meets {rmsea:convention} and CFI and SRMR "
            "meet {cfi:convention} and {srmr:convention}; not supported where none of the interval does, "
            "or CFI and SRMR both miss theirs.",
            "Gestützt, wenn das ganze 90%-Intervall des RMSEA die Konvention erfüllt ({rmsea:convention}) "
            "und CFI und SRMR die ihren ({cfi:convention}; {srmr:convention}); nicht gestützt, wenn kein "
            "Teil des Intervalls es tut oder CFI und SRMR beide die ihren verfehlen.",
        ),
        cannot_say=Words(
            "Cannot say otherwise, or where an index is undefined or there are no degrees of freedom. The "
            "conventions were studied under "
            "other models and samples; that a model fits does not make it the only one that does.",
            "Sonst, oder wenn ein Index nicht definiert ist oder es keine Freiheitsgrade gibt, nicht zu entscheiden. "
            "Die Konventionen wurden "
            "an anderen Modellen und Stichproben untersucht; dass ein Modell passt, heißt nicht, dass nur "
            "dieses passt.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "“{subject:structure}” fits: " + _INDICES + ".",
                    "„{subject:structure}“ passt: " + _INDIZES + ".",
                ),
                "not supported": Words(
                    "“{subject:structure}” does not fit: " + _INDICES + ".",
                    "„{subject:structure}“ passt nicht: " + _INDIZES + ".",
                ),
                "cannot say": Words(
                    "Whether “{subject:structure}” fits stays open: " + _INDICES + ".",
                    "Ob „{subject:structure}“ passt, bleibt offen: " + _INDIZES + ".",
                ),
                "cannot say: saturated": Words(
                    "Whether “{subject:structure}” fits cannot be tested: it has no degrees of freedom and reproduces "
                    "any data.",
                    "Ob „{subject:structure}“ passt, lässt sich nicht prüfen: Es hat keine Freiheitsgrade und gibt "
                    "beliebige Daten wieder.",
                ),
            }
        ),
        number=(Words("RMSEA", "RMSEA"), "rmsea_value", "bounded3"),
        source="Browne and Cudeck (1993); Hu and Bentler (1999)",
        subject=("text",),
        conventions=("rmsea", "cfi", "srmr"),
    )
)

CONFIRMED = register_rule(
    VerdictRule(
        key="dimensionality.confirmed",
        question=Words(
            "Is the simple structure of one half of the firms or units that of the other?",
            "Ist die Einfachstruktur der einen Hälfte der Firmen oder Einheiten die der anderen?",
        ),
        decides=Words(
            "Supported where the test of exact fit in the other half is not significant "
            "({test_level:convention}) and the factors of both halves are equal, every congruence at least "
            "{tucker:limit} ({tucker:convention}); not supported where it is significant, none of the 90% interval of "
            "RMSEA meets {rmsea:convention}, a congruence lies below {tucker_alike:limit} "
            "({tucker_alike:convention}), and both halves have ten informants or more per indicator.",
            "Gestützt, wenn der Test auf exakte Passung in der anderen Hälfte nicht signifikant ist "
            "({test_level:convention}) und die Faktoren beider Hälften gleich sind, jede Kongruenz "
            "mindestens {tucker:limit} ({tucker:convention}); nicht gestützt, wenn er signifikant ist, kein Teil des "
            "90%-Intervalls des RMSEA die Konvention erfüllt ({rmsea:convention}), eine Kongruenz unter "
            "{tucker_alike:limit} liegt ({tucker_alike:convention}) und beide Hälften zehn oder mehr Informanten je "
            "Indikator haben.",
        ),
        cannot_say=Words(
            "Cannot say otherwise, or where nothing could be fitted: the halves agree in part. In halves with fewer "
            "informants an exploration often finds too few factors, and the test rejects right structures too: that "
            "they disagree then says nothing of the structure.",
            "Sonst, oder wenn nichts angepasst werden konnte, nicht zu entscheiden: Die Hälften stimmen "
            "teilweise überein. In Hälften mit weniger Informanten findet eine Exploration oft zu wenige Faktoren, und "
            "der Test verwirft auch richtige Strukturen: Dass sie nicht übereinstimmen, sagt dann nichts über die "
            "Struktur.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "The other half confirms the simple structure: {p:p_phrase}, congruence of the factors "
                    "{congruence:bounded_span}.",
                    "Die andere Hälfte bestätigt die Einfachstruktur: {p:p_phrase}, Kongruenz der Faktoren "
                    "{congruence:bounded_span}.",
                ),
                "not supported": Words(
                    "The other half does not confirm the simple structure: {p:p_phrase}, congruence of the "
                    "factors {congruence:bounded_span}.",
                    "Die andere Hälfte bestätigt die Einfachstruktur nicht: {p:p_phrase}, Kongruenz der "
                    "Faktoren {congruence:bounded_span}.",
                ),
                "cannot say": Words(
                    "The other half confirms the simple structure in part: {p:p_phrase}, congruence of the "
                    "factors {congruence:bounded_span}.",
                    "Die andere Hälfte bestätigt die Einfachstruktur teilweise: {p:p_phrase}, Kongruenz "
                    "der Faktoren {congruence:bounded_span}.",
                ),
                "cannot say: few": Words(
                    "The halves disagree but are too small to judge the simple structure ({n:count} informants in the "
                    "smaller one, {indicators:count} indicators): {p:p_phrase}, congruence of the factors "
                    "{congruence:bounded_span}.",
                    "Die Hälften stimmen nicht überein, sind aber zu klein für ein Urteil über die Einfachstruktur "
                    "({n:count} Informanten in der kleineren, {indicators:count} Indikatoren): {p:p_phrase}, "
                    "Kongruenz der Faktoren {congruence:bounded_span}.",
                ),
            }
        ),
        number=(Words("p", "p"), "p", "p"),
        source="Lorenzo-Seva and ten Berge (2006)",
        conventions=("test_level", "tucker", "tucker_alike", "rmsea"),
    )
)

_TESTS = "superordinate {p_superordinate:p_phrase}, aggregate {p_aggregate:p_phrase} (corrected)"
_PRUEFUNGEN = "übergeordnet {p_superordinate:p_phrase}, Aggregat {p_aggregate:p_phrase} (korrigiert)"

SUPERORDINATE = register_rule(
    VerdictRule(
        key="rivals.superordinate",
        question=Words(
            "Is the construct superordinate to its dimensions, rather than an aggregate of them?",
            "Steht das Konstrukt über seinen Dimensionen, statt aus ihnen zusammengesetzt zu sein?",
        ),
        decides=Words(
            "By effects on criteria. Supported where the superordinate model is not rejected and every "
            "aggregate model is, corrected p at most the level ({test_level:convention}); not supported "
            "where the superordinate model is rejected so and an aggregate is not.",
            "Nach den Wirkungen auf Kriterien. Gestützt, wenn das übergeordnete Modell nicht und jedes "
            "Aggregat-Modell abgelehnt wird, korrigierter p-Wert höchstens auf dem Niveau "
            "({test_level:convention}); nicht gestützt, wenn das übergeordnete Modell so abgelehnt wird "
            "und ein Aggregat nicht.",
        ),
        cannot_say=Words(
            "Cannot say where both or neither are rejected: the criteria do not tell them apart.",
            "Nicht zu entscheiden, wenn beide oder keines abgelehnt werden: Die Kriterien trennen sie nicht.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{construct:construct} is superordinate to its dimensions, not an aggregate: "
                    + _TESTS
                    + ".",
                    "{construct:construct} steht über seinen Dimensionen und ist kein Aggregat: "
                    + _PRUEFUNGEN
                    + ".",
                ),
                "not supported": Words(
                    "{construct:construct} is not superordinate to its dimensions: " + _TESTS + ".",
                    "{construct:construct} steht nicht über seinen Dimensionen: " + _PRUEFUNGEN + ".",
                ),
                "cannot say": Words(
                    "Whether {construct:construct} is superordinate or an aggregate stays open: "
                    + _TESTS
                    + ".",
                    "Ob {construct:construct} übergeordnet oder ein Aggregat ist, bleibt offen: "
                    + _PRUEFUNGEN
                    + ".",
                ),
            }
        ),
        number=(Words("p", "p"), "p_superordinate", "p"),
        source="Edwards (2001)",
        conventions=("test_level",),
        family=Words("Corrected after Holm over the claims", "Nach Holm über die Behauptungen korrigiert"),
        headline=True,
    )
)

_BETTER = (
    "deviance per informant {difference:number3} lower than that of “{baseline:structure}”, 95% CI {ci:interval3}, "
    "corrected {p:p_phrase}"
)
_BESSER = (
    "Devianz je Informant um {difference:number3} geringer als die von „{baseline:structure}“, 95%-KI {ci:interval3}, "
    "korrigiert "
    "{p:p_phrase}"
)

PREDICTS = register_rule(
    VerdictRule(
        key="models.predicts",
        question=Words(
            "Does the structure tell the answers of other firms (or units) better than the simplest one does?",
            "Sagt die Struktur Antworten anderer Firmen (oder Einheiten) besser voraus als die einfachste?",
        ),
        decides=Words(
            "By cross-validation on whole firms, or units where firms are not known: every informant is predicted by "
            "fits without its firm. Supported where the structure's deviance is lower with a corrected p of at "
            "most the "
            "level ({test_level:convention}); not supported where it is higher with such a p. Careless informants "
            "stay "
            "in.",
            "Durch Kreuzvalidierung an ganzen Firmen, oder Einheiten, wo Firmen nicht bekannt sind: Jeder "
            "Informant wird "
            "aus Anpassungen ohne seine Firma vorhergesagt. Gestützt, wenn die Devianz der Struktur mit "
            "korrigiertem p "
            "höchstens auf dem Niveau ({test_level:convention}) geringer ist; nicht gestützt, wenn sie mit solchem p "
            "höher ist. Unachtsame Informanten bleiben enthalten.",
        ),
        cannot_say=Words(
            "Cannot say otherwise: both predict about as well. Parts of one sample are not another sample.",
            "Sonst nicht zu entscheiden: Beide sagen etwa gleich gut voraus. Teile einer Stichprobe sind keine "
            "andere.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "“{subject:structure}” tells the answers of other firms or units better, "
                    + _BETTER
                    + ".",
                    "„{subject:structure}“ sagt Antworten anderer Firmen oder Einheiten besser voraus, "
                    + _BESSER
                    + ".",
                ),
                "not supported": Words(
                    "“{subject:structure}” tells the answers of other firms or units worse, " + _BETTER + ".",
                    "„{subject:structure}“ sagt Antworten anderer Firmen oder Einheiten schlechter voraus, "
                    + _BESSER
                    + ".",
                ),
                "cannot say": Words(
                    "Whether “{subject:structure}” tells the answers of other firms or units better stays open, "
                    + _BETTER
                    + ".",
                    "Ob „{subject:structure}“ Antworten anderer Firmen oder Einheiten besser voraussagt, bleibt offen, "
                    + _BESSER
                    + ".",
                ),
            }
        ),
        number=(Words("deviance lower by", "Devianz niedriger um"), "difference", "number"),
        source="Cudeck and Browne (1983)",
        subject=("text",),
        conventions=("test_level",),
        family=Words("Corrected after Holm over the structures", "Nach Holm über die Strukturen korrigiert"),
    )
)
