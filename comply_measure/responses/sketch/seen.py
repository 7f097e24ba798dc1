"""What the cells of one column are: codes of an answer scale, words of one, or something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from comply_measure.responses.cells import NOTHING, folded, is_stata_tag
from comply_measure.responses.files.raw import Cell, Column, DateCell
from comply_measure.responses.numerals import PLAIN, Numerals
from comply_measure.responses.sketch.answer_scales import ANSWER_SCALES, LIMESURVEY, NUMBERED, spelled
from comply_measure.responses.sketch.words import no_answer, no_number
from comply_measure.responses.vocabulary import MissingReason

MOST_CATEGORIES: Final = 11
_HIGH: Final = frozenset({8, 9, 66, 77, 88, 96, 97, 98, 99, 888, 996, 997, 998, 999, 9999})
_LOW: Final = frozenset({-1, -2, -3, -4, -5, -6, -7, -8, -9, -66, -77, -88, -97, -98, -99, -999, -9999})
_ONE_DIGIT: Final = frozenset({8, 9})


@dataclass(frozen=True, slots=True)
class Seen:
    """Answers that one column, or several of a block, hold.

    Parameters
    ----------
    codes : frozenset of int
        Codes seen, missing ones that nobody declared among them.
    words : mapping
        Text cell -> code.
    missing : mapping
        Cell that the file or its label says is no answer -> why.
    labels : mapping
        Code -> label, where the file has labels.
    """

    codes: frozenset[int]
    words: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, MissingReason] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)


def answer_texts(column: Column, numerals: Numerals = PLAIN) -> list[str]:
    """Distinct text cells that are no numbers and mean something."""
    return [
        cell
        for cell in column.distinct
        if isinstance(cell, str)
        and numerals.number(cell) is None
        and folded(cell) not in NOTHING
        and not is_stata_tag(folded(cell))
    ]


def strays(column: Column) -> dict[str, MissingReason]:
    """Texts among the numbers of a column, if all of them say that there is no answer; empty otherwise.

    ``Don't know``, ``#N/A`` or REDCap's ``UNK`` beside 1 to 5. Signs and codes of programs are taken for missing where
    most cells are numbers, labels that say so always.
    """
    texts = answer_texts(column)
    found = {text: why for text in texts if (why := no_number(text)) is not None}
    if len(found) < len(texts) or len(texts) == len(column.distinct):
        return {}
    at = {cell: place for place, cell in enumerate(column.distinct)}
    codes = [at[text] for text in texts if no_answer(text) is None]
    few = 2 * int(np.isin(column.codes, codes).sum()) < int((column.codes >= 0).sum()) if codes else True
    return found if few else {}


def numbers_only(column: Column) -> Column:
    """The column without its texts; only its distinct cells, no records."""
    texts = set(answer_texts(column))
    return replace(
        column, codes=column.codes[:0], distinct=tuple(cell for cell in column.distinct if cell not in texts)
    )


def codes_of(column: Column) -> Seen | None:
    """Whole numbers of a column with what its value labels say; None if it holds anything else."""
    if answer_texts(column) or any(isinstance(cell, DateCell) for cell in column.distinct):
        return None
    labels, missing = _labelled(column.value_labels)
    codes = set()
    for cell in column.distinct:
        number = PLAIN.number(cell)
        if number is None or column.is_declared_missing(number):
            continue
        if not number.is_integer() or abs(number) > 9999:
            return None
        if str(int(number)) not in missing:
            codes.add(int(number))
    labels = {code: text for code, text in labels.items() if not column.is_declared_missing(float(code))}
    return Seen(frozenset(codes), {}, missing, labels) if codes else None


def _labelled(value_labels: Mapping[Cell, str]) -> tuple[dict[int, str], dict[str, MissingReason]]:
    labels: dict[int, str] = {}
    missing: dict[str, MissingReason] = {}
    for cell, text in value_labels.items():
        number = PLAIN.number(cell)
        if number is None or not number.is_integer():
            continue
        if (why := no_answer(text)) is not None:
            missing[str(int(number))] = why
        else:
            labels[int(number)] = text
    return labels, missing


def words_of(
    columns: Sequence[Column], around: frozenset[str] = frozenset(), numbers: frozenset[int] = frozenset()
) -> tuple[Seen, str, bool] | None:
    """Labels of an answer scale in the columns of a block, their language, and whether another scale fits too.

    None if there are texts that belong to no known answer scale and carry no number. Of several scales that fit, the
    one that gives every text a code of its own, then the one that knows most of the words around, then the shortest.

    Parameters
    ----------
    columns : sequence of Column
        Of the block.
    around : frozenset of str
        Answers of the whole file, :func:`~comply_measure.responses.sketch.answer_scales.spelled`.
    numbers : frozenset of int
        Answers of the block that are written as numbers: words are then the labelled ends of a scale of numbers, or
        labels and codes of one scale stand side by side.
    """
    texts = list(dict.fromkeys(text for column in columns for text in answer_texts(column)))
    missing = {text: why for text in texts if (why := no_answer(text)) is not None}
    answers = [text for text in texts if text not in missing]
    if not answers:
        return None
    for pattern in (*NUMBERED, LIMESURVEY):
        matches = {text: pattern.fullmatch(text) for text in answers}
        if all(matches.values()):
            words = {text: int(match["code"]) for text, match in matches.items() if match}
            labels = {} if pattern is LIMESURVEY else {code: text for text, code in words.items()}
            return Seen(frozenset(words.values()), words, missing, labels), "en", False
    if (ordered := _ordered(columns, missing)) is not None and not numbers:
        return ordered, "", False
    fitting = []
    different = len({*map(spelled, answers)})
    for language, categories in ANSWER_SCALES:
        code = {word: place for place, words in enumerate(categories, 1) for word in words}
        if all(spelled(text) in code for text in answers):
            words = {text: code[spelled(text)] for text in answers}
            shared = different - len({*words.values()})
            known = sum(word in code for word in around)
            fitting.append(((shared, -known, len(categories)), language, words))
    if numbers:
        return _beside_numbers(fitting, numbers, missing)
    if not fitting:
        return None
    (shared, _, size), language, words = min(fitting, key=lambda found: found[0])
    doubtful = shared > 0 or any(other != words for _, _, other in fitting)
    labels = {code: text for text, code in words.items()}
    seen = Seen(
        frozenset(range(1, size + 1)), words, missing, {c: labels.get(c, "") for c in range(1, size + 1)}
    )
    return seen, language, doubtful


def _ordered(columns: Iterable[Column], missing: Mapping[str, MissingReason]) -> Seen | None:
    """Categories that the file itself orders, the same in all columns, with their places as codes; None without."""
    orders = {column.ordered for column in columns}
    order = [str(text) for text in next(iter(orders)) if str(text) not in missing] if len(orders) == 1 else []
    if not 1 < len(order) <= MOST_CATEGORIES or len({*map(folded, order)}) < len(order):
        return None
    words = {text: code for code, text in enumerate(order, 1)}
    return Seen(frozenset(words.values()), words, missing, {code: text for text, code in words.items()})


_Fit = tuple[tuple[int, int, int], str, dict[str, int]]


def _beside_numbers(
    fitting: list[_Fit], numbers: frozenset[int], missing: Mapping[str, MissingReason]
) -> tuple[Seen, str, bool] | None:
    """Words among numbers. Words of the ends only: the lowest is the number below all others, the highest the one above
    them, unless 1 and the lowest word both occur; then, and with words of the middle, words and codes are mixed.
    """
    low, high = min(numbers), max(numbers)
    ends = [fit for fit in fitting if {*fit[2].values()} <= {1, fit[0][2]}]
    if ends:
        (_, _, size), language, found = min(ends, key=lambda fit: fit[0])
        first = 1 if low > 0 else low
        mixed = low == 1 and 1 in found.values()
        last = high if mixed or size not in found.values() else high + 1
        words = {text: first if code == 1 else last for text, code in found.items()}
    else:
        wide = [fit for fit in fitting if low >= 1 and high <= fit[0][2]]
        if not wide:
            return None
        (_, _, last), language, words = min(wide, key=lambda fit: fit[0])
        first = 1
    labels = {code: text for text, code in words.items()}
    return Seen(numbers | {first, last, *words.values()}, words, missing, labels), language, True


def beside_words(numbers: Seen) -> frozenset[int]:
    """Codes of a block of words that are answers: no missing codes, and 8 and 9 only with others."""
    codes = frozenset(code for code in numbers.codes - lone_codes(numbers) if 0 <= code <= MOST_CATEGORIES)
    return codes if codes - _ONE_DIGIT else frozenset()


def together(parts: Iterable[Seen]) -> Seen:
    """What several columns hold as one."""
    codes: set[int] = set()
    words: dict[str, int] = {}
    missing: dict[str, MissingReason] = {}
    labels: dict[int, str] = {}
    for part in parts:
        codes |= part.codes
        words |= part.words
        missing |= part.missing
        labels |= part.labels
    return Seen(frozenset(codes), words, missing, labels)


def lone_codes(seen: Seen) -> frozenset[int]:
    """Codes that stand apart from the answers as missing codes do: -9, 9, 99, 999 and their like.

    8 and 9 only where the answers below run without a gap from 0 or 1; codes that the file labels as answers never.
    """
    core = set(seen.codes)
    lone: set[int] = set()
    free = core - set(seen.labels)
    negative = {code for code in free if code < 0}
    mirrored = {-code for code in core if code > 0}
    others = mirrored - negative  # of answers, or of missing codes such as 99
    paired = {code for code in negative & mirrored if code > -10}
    if len(paired) > 1 and others <= {-code for code in _HIGH}:
        free -= paired | {-code for code in paired}  # answers on both sides of zero
    elif negative <= _LOW and core - negative and min(core - negative) >= 0:
        lone |= negative
        core -= negative
    while len(core) > 2:
        top = _run(core, 1)
        rest = core - top
        if not rest or not top <= _HIGH & free or max(rest) >= min(top) - 1:
            break
        if top & _ONE_DIGIT and rest != set(range(min(rest), max(rest) + 1)) | {min(rest)}:
            break
        if top & _ONE_DIGIT and (min(rest) not in (0, 1) or len(rest) < 3):
            break
        lone |= top
        core = rest
    bottom = _run(core, -1) if core else set()
    while core - bottom and bottom <= _LOW & free and min(core - bottom) > max(bottom) + 1:
        lone |= bottom
        core -= bottom
        bottom = _run(core, -1)
    return frozenset(lone)


def _run(codes: set[int], step: int) -> set[int]:
    """The codes that follow each other without a gap at the upper (1) or lower (-1) end."""
    code = max(codes) if step == 1 else min(codes)
    run = {code}
    while code - step in codes:
        code -= step
        run.add(code)
    return run
