"""The first page of a report: what was measured on whom, an answer per question, and what limits the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comply_measure.evidence.verdicts import ANSWERS, Words, rule_of
from comply_measure.report.cutoffs import Cutoff, Cutoffs
from comply_measure.report.format import FORMATS, is_undefined
from comply_measure.report.parts import FirstPage, QuestionRow, Remark
from comply_measure.report.translation.translator import translator
from comply_measure.report.verdicts import StatedVerdict, answer_words

#: Conventions that nearly every rule reads; its own ones say more.
_COMMON = frozenset({"test_level"})
_TO = Words("to", "bis")
_MORE = Words("{n} more in the chapter", "{n} weitere im Kapitel")
_HEADS = (
    Words("Question", "Frage"),
    Words("Number", "Zahl"),
    Words("Convention or method", "Konvention oder Methode"),
    Words("Chapter", "Kapitel"),
)


def first_page(
    stated: Mapping[str, Sequence[StatedVerdict]],
    cutoffs: Cutoffs,
    *,
    measured: Sequence[str],
    remarks: Mapping[str, Sequence[str]],
    language: str,
) -> FirstPage | None:
    """The first page; None where nothing is concluded and nothing is to be said of any step.

    Parameters
    ----------
    stated : mapping of str to sequence of StatedVerdict
        Verdicts by step, in the order of the report.
    cutoffs : Cutoffs
        Conventions in force.
    measured : sequence of str
        Sentences that say what was measured on whom.
    remarks : mapping of str to sequence of str
        By step, why it has no result or what a reader must know before trusting it.
    language : str
        Language of the report.
    """
    rows = tuple(
        _row(step, [verdict for verdict in verdicts if verdict.rule == rule], cutoffs, language)
        for step, verdicts in stated.items()
        for rule in dict.fromkeys(verdict.rule for verdict in verdicts)
    )
    risks = tuple(_remark(step, texts, language) for step, texts in remarks.items() if texts)
    if not (rows or risks):
        return None
    heads = tuple(words.of(language) for words in _HEADS)
    answers = tuple((answer, answer_words(answer, language)) for answer in ANSWERS)
    return FirstPage(tuple(measured), heads, answers, rows, risks)


def _row(step: str, verdicts: list[StatedVerdict], cutoffs: Cutoffs, language: str) -> QuestionRow:
    rule = rule_of(verdicts[0].rule)
    given = [verdict.answer for verdict in verdicts]
    return QuestionRow(
        verdicts[0].question,
        tuple(given.count(answer) for answer in ANSWERS),
        _numbers(verdicts, language),
        _conventions([cutoffs[key] for key in rule.conventions if key not in _COMMON], language)
        or translator(language)(rule.source),
        rule.key,
        step,
    )


def _conventions(own: Sequence[Cutoff], language: str) -> str:
    """Conventions, those of one source together: ``CFI ≥ .95, SRMR ≤ .08 (Hu & Bentler, 1999)``."""
    say = translator(language)
    by_source: dict[str, list[str]] = {}
    for cutoff in own:
        by_source.setdefault(say(cutoff.source), []).append(say(cutoff.bound))
    return "; ".join(f"{', '.join(bounds)} ({source})" for source, bounds in by_source.items())


def _numbers(verdicts: Sequence[StatedVerdict], language: str) -> str:
    """The number that the rule decided by: with its interval, or from the smallest to the largest of many."""
    shown = rule_of(verdicts[0].rule).number
    if shown is None:
        return ""
    symbol, key, form = shown
    given = (verdict.numbers.get(key) for verdict in verdicts)
    values = [value for value in given if isinstance(value, int | float) and not is_undefined(value)]
    if not values:
        return ""
    shape = FORMATS[form]  # type: ignore[index]
    printed = [shape(value) for value in (min(values), max(values))]
    if len(verdicts) > 1 and printed[0] != printed[1]:
        return f"{symbol.of(language)} {printed[0]} {_TO.of(language)} {printed[1]}"
    text = (
        f"{symbol.of(language)} {printed[0]}"
        if printed[0][0] in "<>"
        else f"{symbol.of(language)} = {printed[0]}"
    )
    bounds = verdicts[0].numbers.get("ci")
    if len(verdicts) == 1 and isinstance(bounds, tuple) and not any(is_undefined(b) for b in bounds):
        text += f" [{', '.join(shape(bound) for bound in bounds)}]"
    return text


def _remark(step: str, texts: Sequence[str], language: str) -> Remark:
    rest = f" ({_MORE.of(language).format(n=len(texts) - 1)})" if len(texts) > 1 else ""
    return Remark(texts[0] + rest, step)
