"""Which scales and forms ask about one object of a kind, a pair of roles or a stage of the journey."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from comply_measure.instrument import Item, Scale

Kind = Literal["pair", "stage"]
_SAID: dict[Kind, str] = {"pair": "pairs of roles", "stage": "stages"}


def scale_asks(kind: Kind) -> Callable[[tuple[Scale, ...]], str]:
    """Condition of a topic: why no scale asks about these; empty if one does."""

    def applies(scales: tuple[Scale, ...]) -> str:
        if any(scale.pairs if kind == "pair" else scale.stages for scale in scales):
            return ""
        return f"no scale asks about {_SAID[kind]}"

    return applies


def form_asks(kind: Kind) -> Callable[[tuple[Scale, ...], tuple[str, ...]], str]:
    """Condition of a topic: why the forms hold no items about these; empty if one does, or no form of any scale."""

    def form(scales: tuple[Scale, ...], forms: tuple[str, ...]) -> str:
        with_items = {
            key
            for scale in scales
            for key in scale.forms
            if any(_about(item, kind) for item in scale.items_for(key, scale.collection_set))
        }
        if not with_items or with_items.intersection(forms):
            return ""
        return f"no form was asked that has items about {_SAID[kind]} ({', '.join(sorted(with_items))})"

    return form


def _about(item: Item, kind: Kind) -> bool:
    return (item.pair if kind == "pair" else item.stage) is not None
