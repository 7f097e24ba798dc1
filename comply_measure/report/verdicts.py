"""Verdicts in print: each sentence follows the answer of its rule, in the language of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.verdicts import (
    ANSWERS,
    EVERYONE,
    MULTIPLICITY,
    Number,
    Verdict,
    VerdictRule,
    Words,
    rule_of,
)
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import FORMATS, UNDEFINED, p_phrase
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Conclusion, Conclusions
from comply_measure.report.translation.translator import translator

if TYPE_CHECKING:
    import pandas as pd

#: With more verdicts of one rule a chapter prints one sentence per answer; the table of verdicts holds all.
MOST_SENTENCES = 4
#: Subjects that such a sentence names.
MOST_SUBJECTS = 8
#: Where a rule says how often it is right.
CALIBRATION_PAGE = "docs/calibration.md"
_ANSWERS = {
    "supported": Words("Supported", "Gestützt"),
    "not supported": Words("Not supported", "Nicht gestützt"),
    "cannot say": Words("Cannot say", "Nicht zu entscheiden"),
}
_AND = Words("and", "und")
_ROLE = Words("role", "Rolle")
_LEVEL = Words("mean of the roles", "Mittel der Rollen")
_TESTS = {
    "stages": Words("stages (mean of the roles)", "Stufen (Mittel der Rollen)"),
    "parallel": Words("shape of the roles' profiles", "Form der Profile der Rollen"),
    "roles": Words("roles (mean of the stages)", "Rollen (Mittel der Stufen)"),
}
_REASONS = {
    "cannot_judge": Words("“cannot judge”", "„kann ich nicht beurteilen“"),
    "not_answered": Words("answers left out", "ausgelassene Antworten"),
    "user_missing": Words("answers declared missing", "als fehlend erklärte Antworten"),
    "does_not_apply": Words("“does not apply”", "„trifft nicht zu“"),
    "absent": Words("informants absent", "fehlende Informanten"),
}
_MORE = Words("{n} more", "{n} weitere")


@dataclass(frozen=True, slots=True)
class StatedVerdict:
    """A verdict as the report states it, with everything a reader needs to check it.

    Parameters
    ----------
    key, rule : str
        Of the verdict and of its rule.
    question, subject, answer, sentence : str
        In the language of the report, the answer as the rule calls it.
    numbers : mapping
        What the rule decided from.
    decides, cannot_say, source : str
        The rule.
    family : str
        Which tests were corrected together; empty for a single one.
    n_family : int
        How many they are.
    calibration : str
        Page and entry that say how often the rule is right.
    language : str
        Of the sentences.
    """

    key: str
    rule: str
    question: str
    subject: str
    answer: str
    sentence: str
    numbers: Mapping[str, Number]
    decides: str
    cannot_say: str
    source: str
    family: str
    n_family: int
    calibration: str
    language: str = "en"


def state(verdict: Verdict, labels: Labels, cutoffs: Cutoffs) -> StatedVerdict:
    """A verdict in words."""
    rule, language = rule_of(verdict.rule), labels.language
    words = _Words(labels)
    subject = subject_text(verdict, labels)
    fields = {**{key: cutoffs[key] for key in rule.conventions}, **verdict.numbers, "subject": subject}

    def said(text: Words) -> str:
        return words.format(text.of(language), **fields)

    return StatedVerdict(
        key=verdict.key,
        rule=rule.key,
        question=rule.question.of(language),
        subject=subject,
        answer=verdict.answer,
        sentence=_capital(said(rule.sentence(verdict.answer, verdict.case))),
        numbers=dict(verdict.numbers),
        decides=said(rule.decides),
        cannot_say=said(rule.cannot_say),
        source=translator(language)(rule.source),
        family=rule.family.of(language) if rule.family else "",
        n_family=verdict.n_family,
        calibration=f"{CALIBRATION_PAGE}#{rule.key}",
        language=language,
    )


def subject_text(verdict: Verdict, labels: Labels) -> str:
    """What a verdict is about, under the labels of the report."""
    rule = rule_of(verdict.rule)
    parts = [key_label(key, kind, labels) for key, kind in zip(verdict.subject, rule.subject, strict=True)]
    if isinstance(rule.joined, str):
        return rule.joined.join(parts)
    return "".join(part + after for part, after in zip(parts, (*rule.joined, ""), strict=True))


def answer_words(answer: str, language: str) -> str:
    """An answer as the report prints it."""
    return _ANSWERS[answer].of(language)


def conclusions(stated: Sequence[StatedVerdict]) -> Conclusions | None:
    """The sentences of a chapter: one per verdict, or one per answer where a rule has many; None without verdicts."""
    found: list[Conclusion] = []
    for key in dict.fromkeys(verdict.rule for verdict in stated):
        found += _of_rule([verdict for verdict in stated if verdict.rule == key])
    return Conclusions(tuple(found)) if found else None


def headlines(stated: Sequence[StatedVerdict]) -> tuple[str, ...]:
    """Sentences for the overview, each with its answer."""
    wanted = [verdict for verdict in stated if rule_of(verdict.rule).headline]
    shown = conclusions(wanted)
    return tuple(f"{item.answer}: {item.sentence}" for item in shown.items) if shown else ()


def _of_rule(verdicts: list[StatedVerdict]) -> list[Conclusion]:
    rule = rule_of(verdicts[0].rule)
    if len(verdicts) <= MOST_SENTENCES or not rule.listed:
        return [_conclusion(verdict, verdict.sentence) for verdict in verdicts]
    found = []
    for answer in ANSWERS:
        mine = [verdict for verdict in verdicts if verdict.answer == answer]
        if mine and answer in rule.listed:
            found.append(_conclusion(mine[0], _listed(rule, mine, len(verdicts))))
    return found


def _listed(rule: VerdictRule, mine: list[StatedVerdict], of: int) -> str:
    language = mine[0].language
    text = rule.listed[mine[0].answer].of(language)
    names = [verdict.subject for verdict in mine]
    if len(names) > MOST_SUBJECTS:
        rest = _MORE.of(language).format(n=len(names) - MOST_SUBJECTS)
        names = [*names[:MOST_SUBJECTS], rest]
    subjects = joined(names, language)
    return text.format(n=_Counted(len(mine)), of=of, subjects=subjects)


class _Counted(int):
    """A number that chooses its words: ``{n:is|are}``."""

    def __format__(self, words: str) -> str:
        one, bar, many = words.partition("|")
        return (one if self == 1 else many) if bar else super().__format__(words)


def _conclusion(verdict: StatedVerdict, sentence: str) -> Conclusion:
    family = f" {verdict.family} ({verdict.n_family})." if verdict.family else ""
    rule = f"{verdict.decides} {verdict.cannot_say}{family} {verdict.source}."
    return Conclusion(answer_words(verdict.answer, verdict.language), sentence, rule, verdict.calibration)


def verdict_frame(stated: Mapping[str, Sequence[StatedVerdict]]) -> pd.DataFrame:
    """All verdicts of a study by step, a row each: what ``verdicts.csv`` holds."""
    import json

    import pandas as pd

    columns = (
        "key", "question", "subject", "answer", "sentence", "rule", "family", "n_family", "source", "calibration"
    )  # fmt: skip
    rows = [
        {"step": step}
        | {name: getattr(verdict, name) for name in columns}
        | {"numbers": json.dumps(plain_numbers(verdict.numbers), ensure_ascii=False, sort_keys=True)}
        for step, verdicts in stated.items()
        for verdict in verdicts
    ]
    return pd.DataFrame(rows, columns=["step", *columns, "numbers"])


def rule_frame(stated: Mapping[str, Sequence[StatedVerdict]]) -> pd.DataFrame:
    """The rules that were used, a row each, with how many verdicts had which answer."""
    import pandas as pd

    every = [verdict for verdicts in stated.values() for verdict in verdicts]
    rows = []
    for key in dict.fromkeys(verdict.rule for verdict in every):
        mine = [verdict for verdict in every if verdict.rule == key]
        first = mine[0]
        answers = [verdict.answer for verdict in mine]
        rows.append(
            {
                **{
                    name: getattr(first, name)
                    for name in ("rule", "question", "decides", "cannot_say", "source")
                },
                "family": first.family,
                **{f"n_{answer.replace(' ', '_')}": answers.count(answer) for answer in ANSWERS},
                "calibration": first.calibration,
            }
        )
    names = ["rule", "question", "decides", "cannot_say", "source", "family"]
    return pd.DataFrame(rows, columns=[*names, *(f"n_{a.replace(' ', '_')}" for a in ANSWERS), "calibration"])


def plain_numbers(numbers: Mapping[str, Number]) -> dict[str, Any]:
    """Numbers of a verdict as JSON values; undefined ones are null."""
    return {name: _plain(value) for name, value in numbers.items()}


def policy(language: str) -> str:
    """How many tests at once are dealt with, and whose answers count."""
    return f"{MULTIPLICITY.of(language)} {EVERYONE.of(language)}"


def joined(words: Sequence[str], language: str) -> str:
    """``a``, ``a and b``, ``a, b, and c``; in German without the last comma."""
    if len(words) <= 1:
        return "".join(words)
    comma = "," if language != "de" and len(words) > 2 else ""
    return f"{', '.join(words[:-1])}{comma} {_AND.of(language)} {words[-1]}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not (abs(value) < float("inf")) else value


def key_label(key: str, kind: str, labels: Labels) -> str:
    """A key of evidence in print."""
    if kind == "construct":
        return labels.construct(key)
    if kind == "pair":
        return labels.pair(key)
    if kind == "role":
        return labels.role(key)
    if kind == "reason":
        return _REASONS[key].of(labels.language) if key in _REASONS else key
    if kind == "stage":
        return labels.stage(key)
    if kind == "test":
        return _TESTS[key].of(labels.language)
    if kind == "compared":  # a path, a pair of roles, or the level
        other = "variable" if " → " in key else "pair"
        return key_label(key, other, labels) if key else _LEVEL.of(labels.language)
    if kind == "variable":
        if " → " in key:
            return " → ".join(key_label(part, kind, labels) for part in key.split(" → "))
        return _ROLE.of(labels.language) if key == "role" else labels.variable(key)
    return key


class _Words(Formatter):
    """Fields in the formats of the report, or as labels of keys."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def format_field(self, value: Any, format_spec: str) -> Any:
        say = translator(self._labels.language)
        if format_spec == "convention":
            return say(value.describe())
        if format_spec == "limit":
            return value.limit
        if format_spec in ("construct", "role", "pair"):
            return key_label(str(value), format_spec, self._labels)
        if format_spec in ("constructs", "roles", "pairs", "texts"):
            parts = [key_label(key, format_spec[:-1], self._labels) for key in value]
            return joined(parts, self._labels.language) or UNDEFINED
        if format_spec == "p_phrase":
            return say(p_phrase(value))
        if format_spec == "structure":
            return say(str(value))
        if not format_spec:
            return str(value)
        shape = FORMATS[format_spec]  # type: ignore[index]
        return say(shape(*value) if isinstance(value, tuple) else shape(value))
