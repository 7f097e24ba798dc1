"""Ranges of answers, and which blocks share one answer scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comply_measure.responses.cells import folded
from comply_measure.responses.sketch.blocks import Block

#: Upper ends that answer scales seldom have: one below another range in use, they are taken for an unused category.
_SELDOM: Final = frozenset({2, 3, 4, 6, 8, 9})
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class AnswerScale:
    """Blocks that are answered on one scale.

    Parameters
    ----------
    minimum, maximum : int
        Range of answers.
    anchors : tuple of str
        A label per category, empty ones among them; no entry where none is known.
    blocks : tuple of Block
        In the order of the file.
    why : str
        How the range was found.
    language : str
        Language of the anchors.
    """

    minimum: int
    maximum: int
    anchors: tuple[str, ...]
    blocks: tuple[Block, ...]
    why: str
    language: str


def answer_scales(blocks: Sequence[Block]) -> list[AnswerScale]:
    """Blocks by the scale they are answered on: range, and labels where there are any.

    The range runs from the lowest to the highest code that is labelled or was given; from 1 where nobody gave 1 and
    the lowest is 2 or 3; one category further where nobody gave the highest one of another range of the file.
    """
    ranges = [_own_range(block) for block in blocks]
    used = set(ranges)
    for place, (low, high) in enumerate(ranges):
        if not blocks[place].seen.labels and high in _SELDOM and (low, high + 1) in used:
            ranges[place] = low, high + 1
    keys = [(*found, _anchors(block, *found)) for block, found in zip(blocks, ranges, strict=True)]
    labelled = {key for key in keys if key[2]}
    for place, key in enumerate(keys):
        same = [other for other in labelled if other[:2] == key[:2]]
        if not key[2] and len(same) == 1:
            keys[place] = same[0]
    found = []
    for key in dict.fromkeys(keys):
        members = tuple(block for block, other in zip(blocks, keys, strict=True) if other == key)
        language = next((block.language for block in members if block.language), "")
        found.append(AnswerScale(*key, members, _why(members, key[0], key[1]), language))
    return found


def _own_range(block: Block) -> tuple[int, int]:
    low, high = block.ends
    if low in (2, 3) and high > 3:
        low = 1
    if low < 0:
        low = -max(-low, high)
        high = -low
    return low, high


def _anchors(block: Block, low: int, high: int) -> tuple[str, ...]:
    labels = tuple(
        " ".join(block.seen.labels.get(code, "").split())[:_LONGEST] for code in range(low, high + 1)
    )
    words = [folded(label) for label in labels if label]
    return labels if words and len(set(words)) == len(words) else ()


def _why(blocks: Sequence[Block], low: int, high: int) -> str:
    given = [code for block in blocks for code in block.answers]
    seen = f"{low} to {high}: answers of {len(blocks)} blocks lie between {min(given)} and {max(given)}"
    if any(block.seen.labels for block in blocks):
        return f"{seen}, with labels"
    return f"{seen}; a category at an end that nobody chose would not show"
