"""Blocks of items: columns whose names begin alike and that hold answers of one scale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from comply_measure.responses.files.header import BETWEEN
from comply_measure.responses.files.raw import Column
from comply_measure.responses.numerals import PLAIN
from comply_measure.responses.sketch.answer_scales import spelled
from comply_measure.responses.sketch.seen import (
    MOST_CATEGORIES,
    Seen,
    answer_texts,
    beside_words,
    codes_of,
    lone_codes,
    numbers_only,
    strays,
    together,
    words_of,
)
from comply_measure.responses.sketch.words import split_code
from comply_measure.responses.vocabulary import MissingReason

_BRACKETS: Final = re.compile(r"(?P<stem>.*\S)\s*\[(?P<part>.+)\]")
_NUMBER: Final = re.compile(r"(?P<stem>.+?)[_\-. ]*\d+[a-z]?([_\-. ]?(r|rev|R|REV|i))?")
_TWO_SCALES: Final = re.compile(r"(?P<stem>[^\[\]]*\S)\s*\[[^\[\]]+\]\s*\[(?P<scale>[^\[\]]+)\]")
#: Alchemer writes the row of a table before its question.
_ROW_OF: Final = re.compile(r"[^:]*\S:(?P<stem>\S+ [^:]+)")
_WORD: Final = re.compile(r"(?P<stem>.+?)[_\-.][A-Za-z]{1,12}")
_QUESTION: Final = 3
_SLIDER: Final = 100
_WORDS: Final = ("words",)
_CODES: Final = ("codes", ())


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that are taken for the items of one construct.

    Parameters
    ----------
    stem : str
        What their names share; empty where they only stand together.
    columns : tuple of str
        In the order of the file.
    seen : Seen
        Their answers together.
    lone : frozenset of int
        Codes that are taken for missing ones.
    language : str
        Language of the words of answers; empty for numbers.
    doubtful : bool
        Whether another answer scale in words fits too, with other codes.
    """

    stem: str
    columns: tuple[str, ...]
    seen: Seen
    lone: frozenset[int]
    language: str = ""
    doubtful: bool = False

    @property
    def answers(self) -> frozenset[int]:
        """Codes that are answers."""
        return self.seen.codes - self.lone

    @property
    def ends(self) -> tuple[int, int]:
        """Lowest and highest code that was given or is labelled."""
        codes = self.answers | set(self.seen.labels)
        return min(codes), max(codes)

    @property
    def missing(self) -> dict[str, MissingReason]:
        """Missing codes and words that the file does not declare as such."""
        return {**dict.fromkeys(map(str, sorted(self.lone)), "user_missing"), **self.seen.missing}


def find_blocks(columns: Mapping[str, Column]) -> list[Block]:
    """Blocks of at least two items among columns, in the order of the file.

    Names are compared without their brackets (``q1[SQ001]``), without what follows ``/``, without their number, and
    last without their last word (``trust_honest``). Questions that stand side by side with the same answers make a
    block without a name.

    Parameters
    ----------
    columns : mapping
        Name -> column; those that are known to be ids are left out by the caller.

    Returns
    -------
    list of Block
    """
    found: list[Block] = []
    ticks = {name for names in one_per_answer(columns) for name in names}
    left = {
        name: column for name, column in columns.items() if len(column.distinct) > 0 and name not in ticks
    }
    around = frozenset(spelled(text) for column in left.values() for text in answer_texts(column))
    for stems in (_stem, _word_stem):
        for stem, names in _grouped(left, stems).items():
            found += _of_one_scale(stem, [left[name] for name in names], around)
        taken = {name for block in found for name in block.columns}
        left = {name: column for name, column in left.items() if name not in taken}
    found += _questions(left, around)
    place = {name: number for number, name in enumerate(columns)}
    return sorted(found, key=lambda block: place[block.columns[0]])


def unread_groups(columns: Mapping[str, Column]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Columns of like names whose answers are words of no known answer scale, and columns of codes with words among
    them, each with these words.

    Parameters
    ----------
    columns : mapping
        Name -> column; those that are in no block.
    """
    found = []
    for names in _grouped(columns, _stem).values():
        texts: dict[str, int] = {}
        for name in names:
            for text in answer_texts(columns[name]):
                texts[text] = texts.get(text, 0) + 1
        shared = [text for text, count in texts.items() if count > 1]
        if len(names) > 1 and 3 <= len(texts) <= MOST_CATEGORIES + 2 and len(shared) > len(texts) / 2:
            found.append((tuple(names), tuple(texts)))
        else:
            found += [
                ((name,), tuple(answer_texts(columns[name]))) for name in names if _half_read(columns[name])
            ]
    return found


def scores_of_scales(columns: Mapping[str, Column]) -> list[str]:
    """Columns of numbers of which most have decimals: perhaps means of items."""
    found = []
    for name, column in columns.items():
        numbers = [PLAIN.number(cell) if isinstance(cell, str) else cell for cell in column.distinct]
        known = [number for number in numbers if isinstance(number, float)]
        if known and len(known) == len(numbers) and sum(not n.is_integer() for n in known) > len(known) / 2:
            found.append(name)
    return found


def sliders(columns: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Columns of like names with whole numbers from 0 to 100, more than an answer scale has: perhaps sliders."""
    groups = _grouped(columns, _stem).values()
    wide = [[name for name in names if _is_slider(columns[name])] for names in groups]
    return [tuple(names) for names in wide if len(names) > 1]


def _is_slider(column: Column) -> bool:
    seen = codes_of(column)
    codes = seen.codes - lone_codes(seen) if seen is not None else frozenset()
    return len(codes) > MOST_CATEGORIES and min(codes) >= 0 and max(codes) <= _SLIDER


def _half_read(column: Column) -> bool:
    """Whether most cells are codes of an answer scale and some are texts, which keep the column from being an item."""
    texts = answer_texts(column)
    seen = codes_of(numbers_only(column)) if texts else None
    if seen is None or len(seen.codes) < 3 or _too_wide(seen, lone_codes(seen)):
        return False
    places = [place for place, cell in enumerate(column.distinct) if cell in set(texts)]
    return 2 * int(np.isin(column.codes, places).sum()) < int((column.codes >= 0).sum())


def one_per_answer(columns: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Columns of like names that hold one word each, every one its own: a column per answer of one question."""
    groups = _grouped(columns, _stem).values()
    return [tuple(names) for names in groups if len(names) > 2 and _ticks([columns[name] for name in names])]


def _ticks(columns: Sequence[Column]) -> bool:
    """Whether each column holds one word, and all words differ."""
    texts = [answer_texts(column) for column in columns]
    single = all(
        len(words) == 1 == len(column.distinct) for words, column in zip(texts, columns, strict=True)
    )
    return single and len({words[0] for words in texts}) == len(columns)


def _stem(name: str) -> str | None:
    name, _ = split_code(name)
    if match := _TWO_SCALES.fullmatch(name):
        return f"{match['stem']} {match['scale']}"
    if match := _BRACKETS.fullmatch(name):
        return match["stem"]
    if BETWEEN in name:
        return name.rpartition(BETWEEN)[0]
    match = _ROW_OF.fullmatch(name) or _NUMBER.fullmatch(name)
    return match["stem"] if match else None


def _word_stem(name: str) -> str | None:
    match = _WORD.fullmatch(split_code(name)[0])
    return match["stem"] if match else None


def _grouped(names: Iterable[str], stems: object) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        if callable(stems) and (stem := stems(name)) is not None:
            groups.setdefault(stem, []).append(name)
    return groups


def _of_one_scale(stem: str, columns: Sequence[Column], around: frozenset[str]) -> Iterator[Block]:
    """The columns of one group, split where their answers are of several scales."""
    groups: dict[tuple[object, ...], list[Column]] = {}
    for column in columns:
        if (kind := _kind(column)) is not None:
            groups.setdefault(kind, []).append(column)
    words, plain = groups.get(_WORDS, []), groups.get(_CODES, [])
    if plain and any(len(answer_texts(column)) < len(column.distinct) for column in words):
        # Where ends of a scale of numbers have words, a column in which nobody chose an end has numbers only.
        mixed = [column for column in columns if column in (*words, *plain)]
        if _block(stem, mixed, around) is not None:
            groups = {**groups, _WORDS: mixed, _CODES: []}
    for members in groups.values():
        block = _block(stem, members, around) if len(members) > 1 else None
        if block is not None:
            yield block


def _kind(column: Column) -> tuple[object, ...] | None:
    """What tells answer scales apart: words or numbers, and labels of values; None for columns that hold no answers."""
    if answer_texts(column) and not strays(column):
        return _WORDS
    seen = codes_of(numbers_only(column))
    if seen is None or _too_wide(seen, lone_codes(seen)):
        return None
    return ("codes", tuple(sorted(seen.labels.items())))


def _too_wide(seen: Seen, lone: frozenset[int]) -> bool:
    codes = seen.codes - lone
    return not codes or max(codes) - min(codes) >= MOST_CATEGORIES or min(codes) < -5


def _block(stem: str, columns: Sequence[Column], around: frozenset[str] = frozenset()) -> Block | None:
    names = tuple(column.name for column in columns)
    if any(map(answer_texts, columns)):
        numbers = together(seen for column in columns if (seen := codes_of(numbers_only(column))) is not None)
        read = words_of(columns, around, beside_words(numbers)) or _beside(columns)
        if read is None:
            return None
        seen = together((read[0], numbers))
        block = Block(stem, names, seen, lone_codes(seen), read[1], read[2])
    else:
        seen = together(seen for column in columns if (seen := codes_of(column)) is not None)
        block = Block(stem, names, seen, lone_codes(seen))
    low, high = block.ends
    return block if 2 <= high - low < MOST_CATEGORIES and len(block.answers) > 2 else None


def _beside(columns: Sequence[Column]) -> tuple[Seen, str, bool] | None:
    """Texts beside numbers that all say that there is no answer; None if any says something else."""
    texts = [(column, answer_texts(column)) for column in columns]
    found = [strays(column) for column, told in texts if told]
    if not all(found):
        return None
    missing = {text: why for column in found for text, why in column.items()}
    return Seen(frozenset(), {}, missing), "", False


def _questions(columns: Mapping[str, Column], around: frozenset[str]) -> Iterator[Block]:
    """Neighbours whose names are sentences and whose answers are alike."""
    run: list[Column] = []
    for column in [*columns.values(), None]:
        fits = column is not None and len(column.name.split()) >= _QUESTION and _kind(column) is not None
        joined = _block("", [*run, column], around) if fits and column is not None else None
        if joined is not None and column is not None and (not run or _kind(run[0]) == _kind(column)):
            run.append(column)
            continue
        if len(run) > 1 and (block := _block("", run, around)) is not None:
            yield block
        run = [column] if joined is not None and column is not None else []
