"""All conclusions of a run in one place: the last section of the report and ``tables/verdicts.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comply_measure.report.parts import Bullets, Details, Heading, Prose, Section
from comply_measure.report.tables import TableSpec
from comply_measure.report.verdicts import StatedVerdict, policy, rule_frame, verdict_frame

KEY = "verdicts"
#: What no analysis of one wave of one questionnaire can say, whatever its numbers.
_LIMITS = Bullets(
    (
        "Test–retest reliability and measurement error over time: there is one wave. A second one to the "
        "same informants "
        "would be needed.",
        "Causes: all answers are of one time; paths and relations to criteria are associations.",
        "Norms: whether a level is high or low needs values of comparable units, another wave or anchored "
        "items.",
        "Answers that depend on what was not answered: missing at random given what is known is an "
        "assumption.",
        "Replication: one sample; halves of it are not another one.",
    )
)


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
    opening = Prose(
        "Sentences of this report that conclude are verdicts: a rule decides from numbers and conventions "
        "whether a "
        "claim is supported, not supported, or whether the data cannot say. " + policy(language)
    )
    return Section(
        KEY,
        "Conclusions and their rules",
        (
            opening,
            rules,
            Details("All conclusions", (every,)),
            Heading("What this study cannot answer"),
            _LIMITS,
        ),
    )
