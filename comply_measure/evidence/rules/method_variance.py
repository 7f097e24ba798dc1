"""Rules of common method variance."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

MARKER = register_rule(
    VerdictRule(
        key="method_variance.marker",
        question=Words(
            "Does the marker carry method variance into the answers?",
            "Trägt die Markervariable Methodenvarianz in die Antworten?",
        ),
        decides=Words(
            "Supported where equal effects of the marker fit better than none (p at most {test_level:limit}) and the "
            "clusters, where informants are clustered, are not few (40 or more). Not supported "
            "only where the study states how closely the marker goes with the method (option marker_correlation) "
            "and the test "
            "then has a power of .80 for the share of variance that it cares for (option worth).",
            "Gestützt, wenn gleiche Effekte der Markervariable besser passen als keine (p höchstens "
            "{test_level:limit}) und es, wo Informanten in Clustern stehen, nicht wenige sind (40 oder mehr). Nicht "
            "gestützt nur, wenn die Studie angibt, wie eng die Markervariable mit der Methode zusammenhängt (Option "
            "marker_correlation), und der Test dann für den Varianzanteil, auf den es ankommt (Option worth), eine "
            "Teststärke von .80 hat.",
        ),
        cannot_say=Words(
            "Cannot say otherwise: a marker that has little to do with the method finds nothing, whatever there is, "
            "and with few clusters the test rejects too often.",
            "Sonst nicht zu entscheiden: Eine Markervariable, die mit der Methode wenig zu tun hat, findet "
            "nichts, gleich wie viel Methodenvarianz da ist, und mit wenigen Clustern lehnt der Test zu oft ab.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "The marker carries method variance: {share:percent} of the variance of the indicators "
                    "({p:p_phrase}); a "
                    "marker that holds only part of the method carries less than there is.",
                    "Die Markervariable trägt Methodenvarianz: {share:percent} der Varianz der Indikatoren "
                    "({p:p_phrase}); "
                    "erfasst sie die Methode nur zum Teil, so ist es mehr.",
                ),
                "not supported": Words(
                    "The marker carries no method variance worth {worth:percent} ({p:p_phrase}; power "
                    "{power:bounded} with a "
                    "marker that correlates {correlation:bounded} with the method).",
                    "Die Markervariable trägt keine Methodenvarianz von {worth:percent} ({p:p_phrase}; Teststärke "
                    "{power:bounded} bei einer Markervariable, die {correlation:bounded} mit der Methode korreliert).",
                ),
                "cannot say": Words(
                    "The marker hardly carries method variance here ({share:percent}, {p:p_phrase}); this test "
                    "cannot exclude "
                    "it: {worth:percent} of method variance would be found with power {power_pure:bounded} by a "
                    "marker of "
                    "nothing but method, with {power_weak:bounded} by one that correlates {weak:bounded} with "
                    "the method.",
                    "Die Markervariable trägt hier kaum Methodenvarianz ({share:percent}, {p:p_phrase}); "
                    "ausschließen kann "
                    "der Test sie nicht: {worth:percent} Methodenvarianz fände eine reine Methodenmarkervariable mit "
                    "Teststärke {power_pure:bounded}, eine, die {weak:bounded} mit der Methode korreliert, mit "
                    "{power_weak:bounded}.",
                ),
                "cannot say: few": Words(
                    "The marker seems to carry method variance ({share:percent}, {p:p_phrase}), but with {clusters} "
                    "clusters the test rejects too often to say so.",
                    "Die Markervariable scheint Methodenvarianz zu tragen ({share:percent}, {p:p_phrase}), doch bei "
                    "{clusters} Clustern lehnt der Test zu oft ab, um das zu sagen.",
                ),
                "cannot say: untested": Words(
                    "Method variance could not be tested by the marker: no model with its effects could be fitted.",
                    "Methodenvarianz ließ sich mit der Markervariable nicht testen: Kein Modell mit ihren Effekten war "
                    "anpassbar.",
                ),
            }
        ),
        number=(Words("variance", "Varianz"), "share", "percent"),
        source="Williams et al. (2010); Satorra and Saris (1985) for the power",
        conventions=("test_level",),
        headline=True,
    )
)

_WITHOUT = (
    "; without informants flagged as careless ({n_flagged}) {share_attentive:percent}, 95% CI "
    "{ci_attentive:percent_interval}"
)
_OHNE = (
    "; ohne als unachtsam erkannte Informanten ({n_flagged}) {share_attentive:percent}, 95%-KI "
    "{ci_attentive:percent_interval}"
)
_SHARE = "{share:percent} of their variance, 95% CI {ci:percent_interval}"
_ANTEIL = "{share:percent} ihrer Varianz, 95%-KI {ci:percent_interval}"
_YES = "The {n_reverse} reverse-keyed items share something beyond what they measure and agreeing: "
_JA = "Die {n_reverse} umgepolten Items haben über das Gemessene und Zustimmung hinaus etwas gemeinsam: "
_NO = (
    "The {n_reverse} reverse-keyed items share nothing worth {worth:percent} of their variance beyond what they "
    "measure and agreeing: "
)
_NEIN = (
    "Die {n_reverse} umgepolten Items haben über das Gemessene und Zustimmung hinaus nichts gemeinsam, was "
    "{worth:percent} ihrer Varianz wert wäre: "
)
_OPEN = "Whether the {n_reverse} reverse-keyed items share something beyond what they measure and agreeing stays open: "
_OFFEN = (
    "Ob die {n_reverse} umgepolten Items über das Gemessene und Zustimmung hinaus etwas gemeinsam haben, "
    "bleibt offen: "
)

WORDING = register_rule(
    VerdictRule(
        key="method_variance.wording",
        question=Words(
            "Do reverse-keyed items share something for being reverse-keyed?",
            "Haben umgepolte Items etwas gemeinsam, weil sie umgepolt sind?",
        ),
        decides=Words(
            "By the variance of a factor behind all reverse-keyed items, beside the factors of what they measure and "
            "one of agreeing with everything. Supported where it lies above 0 (one-sided p below half of "
            "{test_level:limit}). Not supported where its 95% interval lies below the share that the study cares for "
            "(option worth). Where step quality flags careless informants, the answer must be the same without them.",
            "Nach der Varianz eines Faktors hinter allen umgepolten Items, neben den Faktoren dessen, was sie messen, "
            "und einem der Zustimmung zu allem. Gestützt, wenn sie über 0 liegt (einseitiges p unter der Hälfte von "
            "{test_level:limit}). Nicht gestützt, wenn ihr 95%-Intervall unter dem Anteil liegt, auf den es ankommt "
            "(Option worth). Wo der Schritt quality unachtsame Informanten erkennt, muss die Antwort ohne sie dieselbe "
            "sein.",
        ),
        cannot_say=Words(
            "Cannot say otherwise. The factor is not named by being found: reverse-keyed items may also share content, "
            "and careless informants who are not recognised answer them like the others.",
            "Sonst nicht zu entscheiden. Was der Faktor ist, sagt der Fund nicht: Umgepolte Items können auch Inhalt "
            "gemeinsam haben, und nicht erkannte unachtsame Informanten beantworten sie wie die anderen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(_YES + _SHARE + ".", _JA + _ANTEIL + "."),
                "not supported": Words(_NO + _SHARE + ".", _NEIN + _ANTEIL + "."),
                "cannot say": Words(_OPEN + _SHARE + ".", _OFFEN + _ANTEIL + "."),
                "supported: flagged": Words(_YES + _SHARE + _WITHOUT + ".", _JA + _ANTEIL + _OHNE + "."),
                "not supported: flagged": Words(_NO + _SHARE + _WITHOUT + ".", _NEIN + _ANTEIL + _OHNE + "."),
                "cannot say: flagged": Words(_OPEN + _SHARE + _WITHOUT + ".", _OFFEN + _ANTEIL + _OHNE + "."),
            }
        ),
        number=(Words("variance", "Varianz"), "share", "percent"),
        source="Marsh (1996); Tomás and Oliver (1999); Billiet and McClendon (2000) for agreeing",
        conventions=("test_level",),
        headline=True,
    )
)
