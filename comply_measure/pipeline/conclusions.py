"""All conclusions of a run in one place: the last section of the report and ``tables/verdicts.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comply_measure.evidence.verdicts import Words
from comply_measure.report.parts import Bullets, Details, Heading, Prose, Section
from comply_measure.report.tables import TableSpec
from comply_measure.report.verdicts import StatedVerdict, policy, rule_frame, verdict_frame

KEY = "verdicts"
#: What no analysis of one wave of one questionnaire can say, whatever its numbers.
LIMITS = (
    Words(
        "Test–retest reliability and measurement error over time: there is one wave. A second one to the same "
        "informants would be needed.",
        "Wiederholungszuverlässigkeit und Messfehler über die Zeit: Es gibt nur eine Erhebung. Nötig wäre eine zweite "
        "bei denselben Informanten.",
    ),
    Words(
        "Causes: all answers are of one time; paths and relations to criteria are associations.",
        "Ursachen: Alle Antworten stammen aus einer Zeit; Pfade und Beziehungen zu Kriterien sind Zusammenhänge.",
    ),
    Words(
        "Norms: whether a level is high or low needs values of comparable units, another wave or anchored items.",
        "Normen: Ob eine Ausprägung hoch oder niedrig ist, zeigen erst Werte vergleichbarer Einheiten, eine weitere "
        "Erhebung oder verankerte Items.",
    ),
    Words(
        "Answers that depend on what was not answered: missing at random given what is known is an assumption.",
        "Fehlende Antworten, die von dem abhängen, was nicht beantwortet wurde: Dass sie bei gegebenem Bekannten "
        "zufällig fehlen, ist eine Annahme.",
    ),
    Words(
        "Replication: one sample; halves of it are not another one.",
        "Replikation: Es ist eine Stichprobe; ihre Hälften sind keine zweite.",
    ),
)
_OPENING = Words(
    "Sentences of this report that conclude are verdicts: a rule decides from numbers and conventions whether a claim "
    "is supported, not supported, or whether the data cannot say.",
    "Sätze dieses Berichts, die etwas schließen, sind Urteile: Eine Regel entscheidet aus Zahlen und Konventionen, ob "
    "eine Aussage gestützt ist, nicht gestützt oder nach den Daten nicht zu entscheiden.",
)
_NOT_ANSWERED = Words("What this study cannot answer", "Was diese Studie nicht beantworten kann")


def conclusion_section(stated: Mapping[str, Sequence[StatedVerdict]], language: str) -> Section | None:
    """Every verdict with its rule; None where no step concludes anything.

    Parameters
    ----------
    stated : mapping of str to sequence of StatedVerdict
        Verdicts by step, in the order of the report.
    language : str
        Language of the report.
    """
    if not any(stated.values()):
        return None
    rules = TableSpec(
        "verdict_rules",
        "Rules by which this report concludes",
        rule_frame(stated),
        ("question", "decides", "cannot_say", "tested_together", "origin", "n_supported", "n_not_supported",
         "n_cannot_say", "calibration"),
    )  # fmt: skip
    every = TableSpec(
        KEY,
        "Conclusions of this report",
        verdict_frame(stated),
        ("subject", "answer", "sentence", "n_family"),
        ("The CSV file holds the numbers each verdict was decided from, and its rule.",),
        group="question",
    )
    return Section(
        KEY,
        "Conclusions and their rules",
        (
            Prose(f"{_OPENING.of(language)} {policy(language)}"),
            rules,
            Details("All conclusions", (every,)),
            Heading(_NOT_ANSWERED.of(language)),
            Bullets(tuple(words.of(language) for words in LIMITS)),
        ),
    )
