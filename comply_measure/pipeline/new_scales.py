"""Scales of the blocks of a file: names, texts and guesses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents.safe_yaml import Key
from comply_measure.instrument.naming import Names, plain_name
from comply_measure.instrument.new import NewItem, NewScale, scale_key
from comply_measure.responses.files.header import BETWEEN
from comply_measure.responses.sketch.words import split_code

if TYPE_CHECKING:
    from comply_measure.responses import AnswersSketch
    from comply_measure.responses.sketch.blocks import Block
    from comply_measure.responses.sketch.ranges import AnswerScale

_SHORTEST_STEM: Final = 8


def named_scales(
    sketch: AnswersSketch, kinds: Sequence[AnswerScale], language: str
) -> list[tuple[NewScale, dict[str, str]]]:
    """A scale for every answer scale, with item id -> column; names differ over all scales.

    Parameters
    ----------
    sketch : AnswersSketch
        What the file holds.
    kinds : sequence of AnswerScale
        Its answer scales.
    language : str
        Language of texts.
    """
    names = Names()
    every = [name for block in sketch.blocks for name in block.columns]
    columns = {name: names.take(name, "item") for name in every if plain_name(name) == name}
    found = []
    base = scale_key(sketch.path.stem)[:50]
    for place, kind in enumerate(kinds):
        items: list[NewItem] = []
        labels: dict[str, str] = {}
        of_scale: dict[str, str] = {}
        guesses: dict[Key, str] = {("response",): kind.why}
        for block in kind.blocks:
            construct = names.take(block.stem, "block")
            labels[construct] = " ".join(block.stem.split())[:400] or construct
            for number, column in enumerate(block.columns, 1):
                id = columns.get(column) or names.take(
                    _wanted(column, construct, number), f"{construct}_{number}"
                )
                of_scale[id] = column
            items += _items(sketch, block, construct, of_scale)
        guesses["constructs",] = "a construct per block of columns whose names begin alike"
        guesses["items",] = "texts are what the file says about each column, or its name; nothing is reversed"
        response: dict[str, Any] = {"minimum": kind.minimum, "maximum": kind.maximum}
        if kind.anchors:
            response["anchors"] = list(kind.anchors)
        key = base if not place else f"{base}_{place + 1}"
        found.append(
            (NewScale(key, sketch.path.stem or key, language, response, labels, items, guesses), of_scale)
        )
    return found


def _wanted(column: str, construct: str, number: int) -> str:
    """Short names of columns and codes before texts stand for themselves; sentences are numbered in their block."""
    column = split_code(column)[0]
    return column if len(column.split()) < 3 and len(column) <= 40 else f"{construct}_{number}"


def _items(sketch: AnswersSketch, block: Block, construct: str, ids: dict[str, str]) -> list[NewItem]:
    id_of = {column: id for id, column in ids.items()}
    texts = [_text(column, sketch.labels.get(column, "")) for column in block.columns]
    texts = _without_stem(texts)
    items = []
    for column, text in zip(block.columns, texts, strict=True):
        guess = ""
        if column in sketch.reversed_items:
            r = sketch.reversed_items[column]
            guess = f"not reversed, though it correlates {r:.2f} with the rest of its block; keying: -1 reverses it"
        items.append(NewItem(id_of[column], construct, text, 1, guess))
    return items


def _text(column: str, label: str) -> str:
    """What a file says about a column; else the part of its name that differs; else its name."""
    if label:
        return label
    part = column.rpartition(BETWEEN)[2]
    if part == column and column.endswith("]") and " " in column:
        part = column.rpartition("[")[2].removesuffix("]")
    return part or column


def _without_stem(texts: Sequence[str]) -> list[str]:
    """Texts without the question that all begin with, where it ends in ``-``, ``:``, ``/`` or ``[``."""
    first, last = min(texts), max(texts)
    shared = next(
        (n for n, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1), len(first)
    )
    common = first[:shared]
    cut = max(common.rfind(sign) for sign in ("- ", ": ", "/ ", "["))
    if cut < _SHORTEST_STEM or len(set(texts)) < len(texts):
        return list(texts)
    rests = [text[cut + 1 :].strip().removesuffix("]") for text in texts]
    return rests if all(rests) else list(texts)
