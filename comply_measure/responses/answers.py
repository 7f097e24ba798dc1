"""Answer cells: from what the file holds to a code of the scale, or to the reason why there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.instrument import Scale
from comply_measure.responses.cells import (
    NOT_FINITE,
    NOTHING,
    add_cells,
    folded,
    is_stata_tag,
    looks_like_a_date,
    shown,
)
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Cell, Column, DateCell, RawTable
from comply_measure.responses.mapping import ColumnMapping
from comply_measure.responses.numerals import NO_VALUE, NO_VALUE_SETTLED, PLAIN, Numerals, looks_like_a_number
from comply_measure.responses.vocabulary import (
    ANSWERED,
    NOT_ANSWERED,
    REASONS,
    USER_MISSING,
)
from comply_measure.statistics.words import did_you_mean


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What the answer cells of one scale may hold.

    Parameters
    ----------
    minimum, maximum : int
        Range of the codes.
    words : mapping
        Folded label -> (code or NaN, reason code).
    codes : mapping
        Number outside the range -> reason code.
    allowed : str
        The same for people.
    """

    minimum: int
    maximum: int
    words: Mapping[str, tuple[float, int]]
    codes: Mapping[float, int]
    allowed: str


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One column of answers: codes of the scale (NaN where missing) and reason codes, one per record."""

    values: NDArray[np.float64]
    reasons: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Reading:
    value: float
    reason: int
    fault: str | None = None
    hint: str | None = None


def answer_key(scale: Scale, mapping: ColumnMapping, faults: Faults) -> AnswerKey:
    """Key of one scale: its codes, the labels of all its languages, and the user's labels and missing codes.

    Parameters
    ----------
    scale : Scale
        The instrument.
    mapping : ColumnMapping
        The user's labels and missing codes.
    faults : Faults
        Receives labels with two meanings and missing codes that are answers.
    """
    form = scale.response
    words: dict[str, tuple[float, int]] = {}
    codes: dict[float, int] = {}
    outside = {code: REASONS.index(option) for option, code in form.options.items()}
    codes.update({float(code): reason for code, reason in outside.items()})
    for language in form.anchors:
        for code, label in zip(form.categories, form.anchors[language], strict=True):
            _add_word(words, label, (float(code), ANSWERED), faults)
    for option, code in form.options.items():
        for label in form.option_labels(option).values():
            _add_word(words, label, (np.nan, outside[code]), faults)
    for labels in mapping.labels.values():
        for label, code in labels.items():
            if code in outside:
                _add_word(words, label, (np.nan, outside[code]), faults)
            else:
                _add_word(words, label, (float(code), ANSWERED), faults)
    for token, why in mapping.missing.items():
        number = PLAIN.number(token)
        if number is None:
            _add_word(words, token, (np.nan, REASONS.index(why)), faults)
        elif number in form.categories:
            allowed = f"a code outside {form.minimum} to {form.maximum}"
            faults.add(f"the missing code is an answer of scale {scale.key}", value=token, allowed=allowed)
        else:
            codes[number] = REASONS.index(why)
    for code, name in enumerate(REASONS[1:], start=1):
        words.setdefault(name, (np.nan, code))
    return AnswerKey(form.minimum, form.maximum, words, codes, _allowed(scale))


def _add_word(
    words: dict[str, tuple[float, int]], label: str, meaning: tuple[float, int], faults: Faults
) -> None:
    word = folded(label)
    if not word:
        return
    known = words.setdefault(word, meaning)
    if known[1] != meaning[1] or (known[1] == ANSWERED and known[0] != meaning[0]):
        faults.add("the label has two meanings", value=label, allowed="each label for one code")


def _allowed(scale: Scale) -> str:
    form = scale.response
    text = f"whole numbers {form.minimum} to {form.maximum}, their labels, or blank"
    return text + "".join(f"; {code} for {option.replace('_', ' ')}" for option, code in form.options.items())


def read_answers(
    table: RawTable, column: Column, key: AnswerKey, numerals: Numerals, faults: Faults
) -> Answers:
    """Codes and reasons of one column; each distinct cell is read once.

    Parameters
    ----------
    table : RawTable
        Gives the file rows for the problems.
    column : Column
        Answers of one item.
    key : AnswerKey
        What the cells may hold.
    numerals : Numerals
        How numbers are written as text.
    faults : Faults
        Receives one problem per cell that is no answer, and value labels that contradict the scale.

    Returns
    -------
    Answers
    """
    _check_value_labels(column, key, faults)
    readings = [_read_cell(cell, column, key, numerals) for cell in column.distinct]
    values = np.array([*(reading.value for reading in readings), np.nan], dtype=np.float64)
    reasons = np.array([*(reading.reason for reading in readings), NOT_ANSWERED], dtype=np.int8)
    wrong: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for position, reading in enumerate(readings):
        if reading.fault is not None:
            wrong[reading.fault, reading.hint].append(position)
    for (fault, hint), positions in wrong.items():
        allowed = f"{key.allowed}; {hint}" if hint else key.allowed
        add_cells(faults, fault, table, column, positions, allowed)
    return Answers(values[column.codes], reasons[column.codes])


def _read_cell(cell: Cell, column: Column, key: AnswerKey, numerals: Numerals) -> _Reading:
    if isinstance(cell, DateCell):
        return _DATE
    number = numerals.number(cell)
    if number is None:
        return _read_word(str(cell), column, key, numerals)
    if not np.isfinite(number):
        return _wrong("not a finite number")
    is_answer = number.is_integer() and key.minimum <= number <= key.maximum
    reason = key.codes.get(number)
    if reason is None:
        reason = _labelled_reason(number, column, key)
    if reason is None and column.is_declared_missing(number):
        reason = USER_MISSING
    if reason is not None:
        if is_answer:
            return _wrong(f"the file marks this answer as missing ({REASONS[reason]})")
        return _Reading(np.nan, reason)
    if is_answer:
        return _Reading(number, ANSWERED)
    return _wrong("outside the range of answers" if number.is_integer() else "not a whole number")


def _read_word(text: str, column: Column, key: AnswerKey, numerals: Numerals) -> _Reading:
    word = folded(text)
    if word in key.words:
        value, reason = key.words[word]
        if reason == ANSWERED and not key.minimum <= value <= key.maximum:
            return _wrong(f"the label stands for {value:g}, outside the range of answers")
        return _Reading(value, reason)
    if word in NOTHING:
        return _Reading(np.nan, NOT_ANSWERED)
    if column.is_declared_missing(text):
        return _Reading(np.nan, USER_MISSING)
    if is_stata_tag(word):
        labelled = _labelled_reason(text, column, key)
        return _Reading(np.nan, USER_MISSING if labelled is None else labelled)
    if looks_like_a_date(text):
        return _DATE
    if word in NOT_FINITE:
        return _wrong("not a finite number")
    return _wrong("not a number and not a label of the scale", _hint(text, word, key, numerals))


def _hint(text: str, word: str, key: AnswerKey, numerals: Numerals) -> str | None:
    if word in NO_VALUE:
        return NO_VALUE_SETTLED
    if what := looks_like_a_number(text, numerals):
        return f"it is {what}"
    return did_you_mean(word, key.words, lead="") or None


def _wrong(fault: str, hint: str | None = None) -> _Reading:
    return _Reading(np.nan, NOT_ANSWERED, fault, hint)


_DATE = _wrong("a date is no answer", "spreadsheets turn entries such as 3-5 into dates")


def _labelled_reason(cell: Cell, column: Column, key: AnswerKey) -> int | None:
    """Reason that the file's own value label gives, as in 99 = "cannot judge"."""
    meaning = key.words.get(folded(column.value_labels.get(cell, "")))
    return meaning[1] if meaning is not None and meaning[1] != ANSWERED else None


def _check_value_labels(column: Column, key: AnswerKey, faults: Faults) -> None:
    """A label of the scale on another code: the file counts differently, its codes would be wrong numbers."""
    for code, label in column.value_labels.items():
        value, reason = key.words.get(folded(label), (np.nan, NOT_ANSWERED))
        if (
            reason == ANSWERED
            and code != value
            and not (isinstance(code, str) and PLAIN.number(code) == value)
        ):
            faults.add(
                "the value label contradicts the scale: the codes may be shifted or reversed",
                column=column.name,
                value=f"{shown(code)} = {label}",
                allowed=f"{value:g} = {label}; recode the file",
            )
